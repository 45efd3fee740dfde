"""Trees of arrays -> one line of code: NumPy, or the language of claims.

    ("*", ("number", 1, m), ("@", dZ, ("T", X)))   ->   dZ @ X.T / m

A column times a row of ones is a broadcast where another term has the full shape, and a product with ones is a sum.
The texts are for people to copy: NumPy's functions as they are defined, without the stable forms of `numeric`.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from .array_tree import Tree
from .errors import UnknownNode

SUM, PRODUCT, NEGATIVE, POWER, ATOM = range(5)  # how tightly a text binds
ONE: Tree = ("number", 1, 1)


@dataclass(frozen=True)
class Dialect:
    """How a language spells functions; {z} is the argument, {axis} and {slope} what else they have."""

    functions: dict[str, str]
    default: str  # of a function that has no row
    sums: str
    softmax: str
    logsumexp: str
    reserved: frozenset[str]
    derivative: Callable[[str, int], str]  # of a generic function


SPELLED = {
    "sigmoid": "1 / (1 + np.exp(-{z}))",
    "relu": "np.maximum(0, {z})",
    "leaky_relu": "np.maximum({slope} * {z}, {z})",
    "softplus": "np.logaddexp(0, {z})",
    "step": "({z} > 0)",
    "erf": "erf({z})",
    "ones": "np.ones(({z}))",
    "zeros": "np.zeros(({z}))",
    "diag": "np.diagflat({z})",
}
NUMPY = Dialect(
    SPELLED,
    "np.{name}({z})",
    "np.sum({z}, axis={axis}, keepdims=True)",
    "np.exp({z}) / np.sum(np.exp({z}), axis={axis}, keepdims=True)",
    "np.log(np.sum(np.exp({z}), axis={axis}, keepdims=True))",
    frozenset({"np", "erf"}),
    lambda name, order: name + "_prime" * order,
)
CLAIMS_NAMES = (
    "abs assume dims det diag diff dot erf exp expm1 eye function grad index inv jac leaky_relu log log1p max maximum "
    "mean minimum norm2 ones outer relu scalar_function sigmoid sign softmax softplus sqrt sum tanh trace where zeros"
)
CLAIMS = Dialect(
    {"step": "({z} > 0)", "leaky_relu": "maximum({slope} * {z}, {z})", "ones": "ones(({z}))", "zeros": "zeros(({z}))"},
    "{name}({z})",
    "sum({z}, axis={axis}, keepdims=True)",
    "softmax({z}, axis={axis})",
    "log(sum(exp({z}), axis={axis}, keepdims=True))",
    frozenset(CLAIMS_NAMES.split()),
    lambda name, order: "diff(" * order + name + ")" * order,
)


def identifier(name: str, dialect: Dialect) -> str:
    """W^[1] -> W_1,  lambda -> lambda_,  Zl+1 -> Zl_plus_1: a name that the language reads as a name."""
    plain = unicodedata.normalize("NFKC", name).replace("'", "_prime").replace("+", "_plus_").replace("-", "_minus_")
    plain = re.sub(r"\W+", "_", plain).strip("_")
    plain = plain if plain.isidentifier() else "x" + plain
    return plain + "_" if keyword.iskeyword(plain) or plain in dialect.reserved else plain


def code(tree: Tree, dialect: Dialect = NUMPY) -> str:
    """One expression as text.  Raises UnknownNode for what the language cannot say."""
    return _Writer(dialect).text(tree)


class _Writer:
    """Writes one expression."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def text(self, tree: Tree, level: int = SUM) -> str:
        """The text, in brackets where it binds less tightly than `level`."""
        own, found = self.write(tree)
        return f"({found})" if own < level else found

    def write(self, tree: Tree) -> tuple[int, str]:
        """(how tightly it binds, text)"""
        match tree:
            case ("name", "pi") if self.dialect is NUMPY:
                return ATOM, "np.pi"
            case ("name", name):
                return ATOM, identifier(name, self.dialect)
            case ("number", p, q):
                return (ATOM if p >= 0 else NEGATIVE, str(p)) if q == 1 else (PRODUCT if p >= 0 else SUM, f"{p} / {q}")
            case ("T", A):
                return ATOM, f"{self.text(A, ATOM)}.T"
            case ("+", *terms):
                return SUM, self.sum(terms)
            case ("*", *factors):
                return self.times(factors)
            case ("@", *factors):
                return self.product(factors)
            case ("**", A, ("number", -1, 1)):
                return PRODUCT, f"1 / {self.text(A, POWER)}"
            case ("**", A, ("number", p, 1)) if p < 0:
                return PRODUCT, f"1 / {self.text(A, ATOM)} ** {-p}"
            case ("**", A, p):
                return POWER, f"{self.text(A, ATOM)} ** {self.text(p, ATOM)}"
            case ("sum" | "trace" as name, A):
                return ATOM, self.call(name, self.text(A))
            case ("softmax" | "logsumexp" as name, axis, A):
                return self.spelled(getattr(self.dialect, name), A, axis=axis)
        return self.function(tree)

    def function(self, tree: Tree) -> tuple[int, str]:
        match tree:
            case ("ones" | "zeros" as name, rows, columns):
                return ATOM, self.call(name, f"{self.text(rows)}, {self.text(columns)}")
            case ("eye" | "diag" as name, A):
                return ATOM, self.call(name, self.text(A))
            case ("f", name, A):
                return self.spelled(self.dialect.functions.get(name, self.dialect.default), A, name=name)
            case ("leaky_relu", slope, A):
                return self.spelled(self.dialect.functions["leaky_relu"], A, slope=self.text(slope, POWER))
            case ("g", name, order, A):
                return ATOM, f"{self.dialect.derivative(name, order)}({self.text(A)})"
            case ("loss", name, *arrays):
                return ATOM, f"{identifier(name, self.dialect)}({', '.join(map(self.text, arrays))})"
            case ("loss'", name, *arrays) if self.dialect is NUMPY:
                return ATOM, f"grad_{identifier(name, self.dialect)}({', '.join(map(self.text, arrays))})"
            case ("loss'", name, A, *more) if A[0] == "name":
                inside = ", ".join(map(self.text, (A, *more)))
                return ATOM, f"grad({identifier(name, self.dialect)}({inside}), {self.text(A)})"
        raise UnknownNode("code", tree)

    def call(self, name: str, inside: str) -> str:
        return self.dialect.functions.get(name, self.dialect.default).format(name=name, z=inside)

    def spelled(self, form: str, A: Tree, **more: object) -> tuple[int, str]:
        """A function in its form; the argument is bracketed where the form needs it."""
        alone = re.search(r"\({z}[,)]", form.replace("(({z}))", "({z})")) and form.count("{z}") == form.count("({z}")
        found = form.format(z=self.text(A, SUM if alone else ATOM), **more)
        return (PRODUCT if " / " in form else ATOM), found

    def sum(self, terms: list[Tree]) -> str:
        """a + b - c; what is broadcast is written without its ones, if another term has the full shape."""
        bare = [_without_ones(t) for t in terms]
        if all(b is not None for b in bare):
            bare[0] = None
        text = ""
        for term, short in zip(terms, bare, strict=True):
            sign, positive = _sign(term if short is None else short)
            text += f" {sign} " if text else "-" if sign == "-" else ""
            text += self.text(positive, PRODUCT)
        return text

    def times(self, factors: list[Tree]) -> tuple[int, str]:
        """c A * B / D: signs first, negative powers below."""
        sign, positive = _sign(("*", *factors))
        if sign == "-":
            return SUM, f"-{self.text(positive, PRODUCT)}"
        above: list[Tree] = []
        below: list[Tree] = []
        for factor in factors:
            match factor:
                case ("number", 1, 1):
                    continue
                case ("number", p, q):
                    above += [("number", p, 1)] if p != 1 else []
                    below += [("number", q, 1)] if q != 1 else []
                case ("**", A, ("number", p, 1)) if p < 0:
                    below.append(A if p == -1 else ("**", A, ("number", -p, 1)))
                case ("*", *inner) if factor is factors[0]:  # the coefficient: l2 / m
                    for part in inner:
                        split = part[0] == "**" and part[2][0] == "number" and part[2][1] < 0
                        (below if split else above).append(part[1] if split and part[2][1] == -1 else part)
                case _:
                    above.append(factor)
        text = " * ".join(self.text(f, PRODUCT if f is above[0] and f[0] != "*" else NEGATIVE) for f in above) or "1"
        for factor in below:
            text += f" / {self.text(factor, NEGATIVE)}"
        return PRODUCT, text

    def product(self, factors: list[Tree]) -> tuple[int, str]:
        """A @ B;  A 1 = sum(A, axis=1),  1^T A = sum(A, axis=0)"""
        if len(factors) == 1:
            return self.write(factors[0])
        if _is_ones(factors[-1], 2) and not all(f[0] == "ones" for f in factors):
            return ATOM, self.dialect.sums.format(z=self.product(factors[:-1])[1], axis=1)
        if _is_ones(factors[0], 1) and not all(f[0] == "ones" for f in factors):
            return ATOM, self.dialect.sums.format(z=self.product(factors[1:])[1], axis=0)
        if _is_ones(factors[0], 2) and not _is_ones(factors[0], 1):
            return PRODUCT, f"{self.text(factors[0])} @ {self._right(factors[1:])}"
        first, *rest = factors
        return PRODUCT, " @ ".join([self.text(first, PRODUCT), *(self.text(f, NEGATIVE) for f in rest)])

    def _right(self, factors: list[Tree]) -> str:
        level, text = self.product(factors)
        return f"({text})" if level < NEGATIVE else text


def _is_ones(tree: Tree, axis: int) -> bool:
    """Ones of length 1 along this axis: 2 is a column, 1 a row."""
    return tree[0] == "ones" and tree[axis] == ONE


def _without_ones(tree: Tree) -> Tree | None:
    """b 1^T -> b,  1 r -> r,  c 1 1^T -> c: what NumPy broadcasts; None for anything else."""
    match tree:
        case ("ones", *_):
            return ONE
        case ("*", ("number", *_) as c, A):
            inner = _without_ones(A)
            return None if inner is None else (c if inner == ONE else ("*", c, inner))
        case ("@", *factors):
            kept = factors
            kept = kept[:-1] if _is_ones(kept[-1], 1) else kept
            kept = kept[1:] if len(kept) > 1 and _is_ones(kept[0], 2) and len(kept) == len(factors) else kept
            if len(kept) < len(factors):
                return kept[0] if len(kept) == 1 else ("@", *kept)
    return None


def _sign(tree: Tree) -> tuple[str, Tree]:
    """-3 A -> ("-", 3 A)"""
    match tree:
        case ("number", p, q) if p < 0:
            return "-", ("number", -p, q)
        case ("*", ("number", -1, 1), A):
            return "-", A
        case ("*", ("number", p, q), *rest) if p < 0:
            return "-", ("*", *(() if (p, q) == (-1, 1) else (("number", -p, q),)), *rest)
        case ("*", ("*", *inner), *rest) if inner:
            sign, positive = _sign(("*", *inner))
            return sign, ("*", positive, *rest)
    return "+", tree
