"""Index expressions as NumPy code: products that are summed become @ or einsum, the rest is broadcast.

sum_k x_ki dout_kj   ->   x.T @ dout
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce

from ..errors import UnknownNode
from ..kernel.index import (
    Add,
    Apply,
    Delta,
    Dim,
    Entry,
    Expr,
    Greatest,
    Index,
    Largest,
    Mul,
    Number,
    Positive,
    Pow,
    Sum,
)
from ..kernel.partial import define, product

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
class Written:
    """How the caller writes an array: code, and for each axis whether the formula knows it; others have size 1."""

    code: str
    axes: tuple[bool, ...]
    left: str = ""  # where it is assigned to, if that is written in another way
    shape: str = ""  # what is assigned is brought to this shape

    def assigned(self, right: str) -> str:
        """A line that gives its gradient."""
        return f"d{self.left or self.code} = {f'({right}).reshape({self.shape})' if self.shape else right}"


Vocabulary = Mapping[str, Written]


@dataclass(frozen=True)
class Code:
    """A piece of code, how tightly it binds, and the index of each axis.

    `wide` is the same with axes of size 1 (None in `pattern`) in it.  `truth`: it gives booleans.
    """

    text: str
    level: int
    axes: Axes
    turned: str = ""  # the transpose, where it is written in another way than .T
    wide: str = ""
    pattern: tuple[Index | None, ...] = ()
    truth: bool = False
    matrix: bool = False  # a product by @, which reads badly among others by *

    def at(self, level: int) -> str:
        """In brackets where it binds less tightly."""
        return self.text if self.level >= level else f"({self.text})"

    @property
    def widened(self) -> Code:
        """The wide text in place of the other."""
        return replace(self, text=self.wide, wide="", turned="") if self.wide else self


def numpy_text(e: Expr, order: Axes, words: Vocabulary | None = None, wanted: Sequence[bool] = ()) -> str:
    """Code for the array whose axes are the free indices in this order; raises UnknownNode for what has no code.

    `wanted`: for each axis of the result whether it is one of them; others have size 1.
    """
    found = _as_number(_code(e, words or {}))
    axes = iter(order)
    pattern = tuple(next(axes) if named else None for named in wanted) or order
    if found.wide and found.pattern == pattern:
        return found.wide
    made = _aligned(found, order)
    if len(found.axes) < len(order):
        sizes = [str(i.size) if i else "1" for i in pattern]
        shape = f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"
        return f"np.broadcast_to({made.text}, {shape})" if found.axes else f"np.full({shape}, {made.text})"
    if None not in pattern:
        return made.text
    return f"{made.at(ATOM)}[{', '.join(':' if i else 'None' for i in pattern)}]"


def _code(e: Expr, words: Vocabulary) -> Code:
    match e:
        case Number(value):
            return _number(value)
        case Dim(name):
            return Code(name, ATOM, ())
        case Entry(name, at):
            return _entry(name, at, words)
        case Delta(Index() as left, Index() as right):
            return Code(f"np.eye({left.size})", ATOM, (left, right))
        case Add(terms):
            return _wide(_sum, [_code(t, words) for t in terms])
        case Mul(factors):
            return _wide(_product, [_code(f, words) for f in factors])
        case Pow(base, exponent):
            return _each(_code(base, words), lambda c: _power(c, exponent))
        case Sum():
            return _summed(e, words)
        case Largest(index, body):
            return _along("np.max", _code(body, words), index)
        case Greatest(terms):
            return _greatest([_code(t, words) for t in terms])
        case Positive(arg):
            above, below = _sides(arg, words)
            return _compared(above, ">", below)
        case Apply("is_largest", 0, arg):  # of max e - e
            above, below = _sides(arg, words)
            return _compared(below, "==", above)
        case Apply(f, 0, arg):
            call = "np.pi" if f == "pi" else NAMES.get(f, f"np.{f}") + "({u})"
            return _each(_code(arg, words), lambda c: Code(call.format(u=c.text), ATOM, c.axes))
        case Apply(f, 1, arg) if f in SLOPES:
            return _each(_code(arg, words), lambda c: _slope(f, c))
        case Apply(f, order, arg):
            defined = define(f, order, arg)
            if defined is not None:
                return _code(defined, words)
    raise UnknownNode("NumPy code", e)


def _greatest(parts: list[Code]) -> Code:
    order = _order(parts)
    texts = [_aligned(p, order).text for p in parts]
    if all(p.axes == order for p in parts):
        return Code(f"np.max([{', '.join(texts)}]{', axis=0' if order else ''})", ATOM, order)
    return Code(reduce(lambda a, b: f"np.maximum({a}, {b})", texts), ATOM, order)


def _slope(f: str, c: Code) -> Code:
    return Code(SLOPES[f].format(u=c.at(ATOM) if f == "log" else c.text), LEVELS.get(f, ATOM), c.axes)


# --- booleans, and axes of size 1 -------------------------------------------------------------------------------------


def _as_number(c: Code) -> Code:
    """Booleans as numbers: NumPy adds them by `or`, and does not negate them."""
    if not c.truth:
        return c
    return replace(c, text=f"1.0 * {c.at(PRODUCT)}", level=PRODUCT, truth=False, wide="", turned="")


def _each(inner: Code, write: Callable[[Code], Code]) -> Code:
    """An elementwise function, also of the wide text."""
    inner = _as_number(inner)
    found = write(inner)
    return replace(found, wide=write(inner.widened).text, pattern=inner.pattern) if inner.wide else found


def _wide(write: Callable[[list[Code]], Code], parts: list[Code]) -> Code:
    """A sum or product, also of the wide texts, if all that has axes has the same."""
    found = write(parts)
    arrays = [p for p in parts if p.axes]
    if not arrays or not all(p.wide and p.pattern == arrays[0].pattern for p in arrays):
        return found
    return replace(found, wide=write([p.widened for p in parts]).text, pattern=arrays[0].pattern)


def _sides(e: Expr, words: Vocabulary) -> tuple[list[Code], list[Code]]:
    """a - b: what is added, and what is taken away"""
    terms = e.terms if isinstance(e, Add) else (e,)
    turned = [_negated(t) for t in terms]
    left = [_code(t, words) for t, n in zip(terms, turned, strict=True) if n is None]
    return left, [_code(n, words) for n in turned if n is not None]


def _negated(e: Expr) -> Expr | None:
    """-e of what is written with a minus."""
    first, *rest = e.factors if isinstance(e, Mul) else (e,)
    if isinstance(first, Number) and first.value < 0:
        return product(Number(-first.value), *rest)
    return None


def _compared(left: list[Code], sign: str, right: list[Code]) -> Code:
    order = _order([*left, *right])
    sides = [_aligned(_sum(side), order).at(SUM) if side else "0" for side in (left, right)]
    return Code(f"({sides[0]} {sign} {sides[1]})", ATOM, order, truth=True)


# --- pieces -----------------------------------------------------------------------------------------------------------


def _number(value: Fraction) -> Code:
    decimal = repr(float(value)) if value.denominator > 100 else ""
    if value.denominator == 1 or (decimal and Fraction(decimal) == value):
        return Code(decimal or str(value), ATOM if value >= 0 else SUM, ())
    return Code(f"{value.numerator} / {value.denominator}", PRODUCT if value >= 0 else SUM, ())


def _entry(name: str, at: tuple[object, ...], words: Vocabulary) -> Code:
    axes = tuple(p for p in at if isinstance(p, Index))
    if len(set(axes)) < len(axes) or any(not isinstance(p, Index | int) for p in at):
        raise UnknownNode("NumPy code", at)
    word = words.get(name)
    if word is not None and sum(word.axes) == len(axes) == len(at):
        if all(word.axes):
            return Code(word.code, ATOM, axes)
        named = iter(axes)
        pattern = tuple(next(named) if k else None for k in word.axes)
        places = ", ".join(":" if k else "0" for k in word.axes)
        return Code(f"{word.code}[{places}]", ATOM, axes, wide=word.code, pattern=pattern)
    name = name if word is None else word.code
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
    if part.wide and len(part.pattern) <= len(order) and all(
        p is None or p == i for p, i in zip(part.pattern[::-1], order[::-1], strict=False)
    ):  # fmt: skip
        return Code(part.wide, part.level, mine)
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
    """What is taken away last"""
    parts = sorted(map(_as_number, parts), key=lambda p: p.text.startswith("-"))
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
    truth = all(p.truth for p in parts)
    if truth and sign:
        parts, truth = [_as_number(parts[0]), *parts[1:]], False
    above = [p for p in parts if not p.text.startswith("1 / ")]
    below = [p for p in parts if p.text.startswith("1 / ")]
    texts = [_aligned(p, order) for p in above]
    text = " * ".join(t.at(PRODUCT if k == 0 or not p.matrix else ATOM)
                      for k, (t, p) in enumerate(zip(texts, above, strict=True))) or "1"  # fmt: skip
    for p in below:
        wide = p.wide.removeprefix("1 / ")
        under = Code(p.text.removeprefix("1 / "), POWER, p.axes, wide=wide, pattern=p.pattern)
        text += f" / {_aligned(under, order).text}"
    return Code(sign + text, SUM if sign else PRODUCT, order, truth=truth)


def _power(base: Code, exponent: Fraction) -> Code:
    if exponent == Fraction(1, 2):
        return Code(f"np.sqrt({base.text})", ATOM, base.axes)
    if exponent < 0:
        below = base.at(ATOM) if exponent == -1 else _power(base, -exponent).text
        return Code(f"1 / {below}", PRODUCT, base.axes)
    shown = str(exponent) if exponent.denominator == 1 else f"({exponent})"
    return Code(f"{base.at(ATOM)} ** {shown}", POWER, base.axes)


def _along(function: str, part: Code, index: Index) -> Code:
    if index not in part.axes:
        raise UnknownNode("NumPy code", index)
    if len(part.axes) == 1:
        return Code(f"{function}({part.text})", ATOM, ())
    call = f"{function}({part.text}, axis={part.axes.index(index)}"
    pattern = tuple(None if i == index else i for i in part.axes)
    return Code(f"{call})", ATOM, tuple(i for i in pattern if i), wide=f"{call}, keepdims=True)", pattern=pattern)


def _summed(e: Expr, words: Vocabulary) -> Code:
    """Nested sums of a product: a matrix product, an einsum, or a sum along axes"""
    bound: list[Index] = []
    while isinstance(e, Sum):
        bound.append(e.index)
        e = e.body
    factors = [_code(f, words) for f in (e.factors if isinstance(e, Mul) else (e,))]
    scalars = [f for f in factors if not f.axes]
    arrays = [f for f in factors if f.axes]
    missing = [i for i in bound if all(i not in a.axes for a in arrays)]
    scalars += [Code(str(i.size), ATOM, ()) for i in missing]
    bound = [i for i in bound if i not in missing]
    arrays = [*_grouped(arrays)]
    if len(arrays) > 1 and all(a.truth for a in arrays):
        arrays[0] = _as_number(arrays[0])
    found = arrays[0] if len(arrays) == 1 else _contracted(arrays, bound)
    for index in bound if len(arrays) == 1 else ():
        found = _along("np.sum", found, index)
    return _wide(_product, [*scalars, found]) if scalars else found


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
        turned = turned if len(free) == 2 else ""
        return Code(f"{left.at(POWER)} @ {right.at(POWER)}", PRODUCT, free, turned, matrix=True)
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
