"""Index expressions as NumPy code: products that are summed become @ or einsum, the rest is broadcast.

sum_k x_ki dout_kj   ->   x.T @ dout
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..errors import UnknownNode
from ..kernel.index import (
    Add,
    Apply,
    Delta,
    Dim,
    Entry,
    Expr,
    Index,
    Largest,
    Mul,
    Number,
    Positive,
    Pow,
    Sum,
)
from ..kernel.partial import define

SUM, PRODUCT, POWER, ATOM = range(4)
Axes = tuple[Index, ...]
NAMES = {"abs": "np.abs", "erf": "erf", "sigmoid": "sigmoid", "pi": "np.pi"}
SLOPES = {
    "tanh": "1 - np.tanh({u}) ** 2",
    "exp": "np.exp({u})",
    "sigmoid": "sigmoid({u}) * (1 - sigmoid({u}))",
    "softplus": "sigmoid({u})",
    "log": "1 / {u}",
    "abs": "np.sign({u})",
    "expm1": "np.exp({u})",
}
LEVELS = {"tanh": SUM, "sigmoid": PRODUCT, "log": PRODUCT}


@dataclass(frozen=True)
class Code:
    """A piece of code, how tightly it binds, and the index of each axis."""

    text: str
    level: int
    axes: Axes
    turned: str = ""  # the transpose, where it is written in another way than .T

    def at(self, level: int) -> str:
        """In brackets where it binds less tightly."""
        return self.text if self.level >= level else f"({self.text})"


def numpy_text(e: Expr, order: Axes) -> str:
    """Code for the array whose axes are the free indices in this order; raises UnknownNode for what has no code."""
    return _aligned(_code(e), order).text


def _code(e: Expr) -> Code:
    match e:
        case Number(value):
            return _number(value)
        case Dim(name):
            return Code(name, ATOM, ())
        case Entry(name, at):
            return _entry(name, at)
        case Delta(Index() as left, Index() as right):
            return Code(f"np.eye({left.size})", ATOM, (left, right))
        case Add(terms):
            return _sum([_code(t) for t in terms])
        case Mul(factors):
            return _product([_code(f) for f in factors])
        case Pow(base, exponent):
            return _power(_code(base), exponent)
        case Sum():
            return _summed(e)
        case Largest(index, body):
            return _along("np.max", _code(body), index)
        case Positive(arg):
            inner = _code(arg)
            return Code(f"({inner.text} > 0)", ATOM, inner.axes)
        case Apply("is_largest", 0, arg):  # of max e - e
            inner = _code(arg)
            return Code(f"({inner.text} <= 0)", ATOM, inner.axes)
        case Apply(f, 0, arg):
            inner = _code(arg)
            return Code("np.pi" if f == "pi" else f"{NAMES.get(f, f'np.{f}')}({inner.text})", ATOM, inner.axes)
        case Apply(f, 1, arg) if f in SLOPES:
            inner = _code(arg)
            u = inner.at(ATOM) if f == "log" else inner.text
            return Code(SLOPES[f].format(u=u), LEVELS.get(f, ATOM), inner.axes)
        case Apply(f, order, arg):
            defined = define(f, order, arg)
            if defined is not None:
                return _code(defined)
    raise UnknownNode("NumPy code", e)


def _number(value: Fraction) -> Code:
    if value.denominator == 1:
        return Code(str(value), ATOM if value >= 0 else SUM, ())
    return Code(f"{value.numerator} / {value.denominator}", PRODUCT if value >= 0 else SUM, ())


def _entry(name: str, at: tuple[object, ...]) -> Code:
    axes = tuple(p for p in at if isinstance(p, Index))
    if len(set(axes)) < len(axes) or any(not isinstance(p, Index | int) for p in at):
        raise UnknownNode("NumPy code", at)
    if len(axes) == len(at):
        return Code(name, ATOM, axes)
    return Code(f"{name}[{', '.join(':' if isinstance(p, Index) else str(p) for p in at)}]", ATOM, axes)


def _order(parts: Sequence[Code]) -> Axes:
    """The axes of a broadcast result: of the widest part first."""
    found: list[Index] = []
    for part in sorted(parts, key=lambda p: -len(p.axes)):
        found = [*(i for i in part.axes if i not in found), *found] if not set(part.axes) <= set(found) else found
    return tuple(found)


def _aligned(part: Code, order: Axes) -> Code:
    """With its axes moved and put in, so that broadcasting fits the order; leading axes may be missing."""
    mine = tuple(i for i in order if i in part.axes)
    text, level = part.text, part.level
    if mine == part.axes[::-1] and part.turned:
        text = part.turned
    elif mine != part.axes:
        text = (
            f"{part.at(ATOM)}.T"
            if mine == part.axes[::-1]
            else (f"{part.at(ATOM)}.transpose({', '.join(str(part.axes.index(i)) for i in mine)})")
        )
        level = ATOM
    if mine and order[-len(mine) :] != mine:
        start = order.index(mine[0])
        inside = ", ".join(":" if i in mine else "None" for i in order[start:])
        text, level = f"{text if level == ATOM else f'({text})'}[{inside}]", ATOM
    return Code(text, level, mine)


def _sum(parts: list[Code]) -> Code:
    order = _order(parts)
    out = ""
    for part in parts:
        text = _aligned(part, order).at(SUM)
        out += f" - {text[1:]}" if out and text.startswith("-") else f" + {text}" if out else text
    return Code(out, SUM, order)


def _product(parts: list[Code]) -> Code:
    order = _order(parts)
    sign = ""
    if parts[0].text == "-1" and len(parts) > 1:
        parts, sign = parts[1:], "-"
    above = [p for p in parts if not p.text.startswith("1 / ")]
    below = [p for p in parts if p.text.startswith("1 / ")]
    text = " * ".join(_aligned(p, order).at(PRODUCT) for p in above) or "1"
    for p in below:
        text += f" / {_aligned(Code(p.text.removeprefix('1 / '), ATOM, p.axes), order).text}"
    return Code(sign + text, SUM if sign else PRODUCT, order)


def _power(base: Code, exponent: Fraction) -> Code:
    if exponent == -1:
        return Code(f"1 / {base.at(ATOM)}", PRODUCT, base.axes)
    if exponent == Fraction(1, 2):
        return Code(f"np.sqrt({base.text})", ATOM, base.axes)
    if exponent == Fraction(-1, 2):
        return Code(f"1 / np.sqrt({base.text})", PRODUCT, base.axes)
    shown = str(exponent) if exponent.denominator == 1 and exponent > 0 else f"({exponent})"
    return Code(f"{base.at(ATOM)} ** {shown}", POWER, base.axes)


def _along(function: str, part: Code, index: Index) -> Code:
    if index not in part.axes:
        raise UnknownNode("NumPy code", index)
    axis = "" if len(part.axes) == 1 else f", axis={part.axes.index(index)}"
    return Code(f"{function}({part.text}{axis})", ATOM, tuple(i for i in part.axes if i != index))


def _summed(e: Expr) -> Code:
    """Nested sums of a product: a matrix product, an einsum, or a sum along axes"""
    bound: list[Index] = []
    while isinstance(e, Sum):
        bound.append(e.index)
        e = e.body
    factors = [_code(f) for f in (e.factors if isinstance(e, Mul) else (e,))]
    scalars = [f for f in factors if not f.axes]
    arrays = [f for f in factors if f.axes]
    missing = [i for i in bound if all(i not in a.axes for a in arrays)]
    scalars += [Code(str(i.size), ATOM, ()) for i in missing]
    bound = [i for i in bound if i not in missing]
    arrays = _grouped(arrays)
    found = arrays[0] if len(arrays) == 1 else _contracted(arrays, bound)
    for index in bound if len(arrays) == 1 else ():
        found = _along("np.sum", found, index)
    return _product([*scalars, found]) if scalars else found


def _grouped(arrays: list[Code]) -> list[Code]:
    """Factors that fit into the axes of another are multiplied with it first."""
    groups: list[list[Code]] = []
    for a in sorted(arrays, key=lambda a: -len(a.axes)):
        home = next((g for g in groups if set(a.axes) <= set(g[0].axes)), None)
        if home is None:
            groups.append([a])
        else:
            home.append(a)
    return [g[0] if len(g) == 1 else _product(g) for g in groups]


def _contracted(arrays: list[Code], bound: list[Index]) -> Code:
    if len(arrays) == 2 and len(bound) == 1 and _chain(arrays[0], arrays[1], bound[0]):
        a, b = arrays
        k = bound[0]
        left = _aligned(a, (*(i for i in a.axes if i != k), k))
        right = _aligned(b, (k, *(i for i in b.axes if i != k)))
        turned = f"{_aligned(b, right.axes[::-1]).at(POWER)} @ {_aligned(a, left.axes[::-1]).at(POWER)}"
        free = tuple(i for i in (*a.axes, *b.axes) if i != k)
        return Code(f"{left.at(POWER)} @ {right.at(POWER)}", PRODUCT, free, turned if len(free) == 2 else "")
    every = list(dict.fromkeys(i for a in arrays for i in a.axes))
    letters = dict(zip(every, "ijklmnopqrstuvw", strict=False))
    free = tuple(i for i in every if i not in bound)
    terms = ",".join("".join(letters[i] for i in a.axes) for a in arrays)
    out = "".join(letters[i] for i in free)
    given = ", ".join(a.text for a in arrays)
    return Code(f'np.einsum("{terms}->{out}", {given})', ATOM, free)


def _chain(a: Code, b: Code, k: Index) -> bool:
    """A matrix product: k in both, nothing else in common."""
    return set(a.axes) & set(b.axes) == {k} and max(len(a.axes), len(b.axes)) <= 2
