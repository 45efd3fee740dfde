"""What a formula says, before it is known what its names stand for: variables with layers and indices, sums, calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class Formula:
    """A part of a formula; `at` is its offset in the text."""

    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True)
class Place:
    """The number of a layer, an entry or a sample: 2, l, l+1, L-1."""

    letter: str
    offset: int = 0

    def __str__(self) -> str:
        if not self.letter:
            return str(self.offset)
        return self.letter + (f"{self.offset:+d}" if self.offset else "")


@dataclass(frozen=True)
class Num(Formula):
    """An exact number."""

    value: Fraction


@dataclass(frozen=True)
class Var(Formula):
    """Z^[l], dZ^[l], w^l_jk, x^(i): a letter, its layer, entry and sample; `sub` is the subscript as it is written."""

    letter: str
    layer: Place | None = None
    entry: tuple[Place, ...] | None = None
    sample: Place | None = None
    is_gradient: bool = False
    sub: str = ""


@dataclass(frozen=True)
class Add(Formula):
    """a + b + ..."""

    terms: tuple[Formula, ...]


@dataclass(frozen=True)
class Neg(Formula):
    """-a"""

    inner: Formula


@dataclass(frozen=True)
class Mul(Formula):
    """a b c, side by side or with a dot: the matrix product, or numbers times something."""

    factors: tuple[Formula, ...]


@dataclass(frozen=True)
class Hadamard(Formula):
    """a * b, entry by entry."""

    factors: tuple[Formula, ...]


@dataclass(frozen=True)
class Div(Formula):
    """a / b, entry by entry."""

    top: Formula
    bottom: Formula


@dataclass(frozen=True)
class Power(Formula):
    """a^p; with a circle entry by entry; `unclear` where it may be an entry of the power: S^2_{jk}."""

    base: Formula
    exponent: Formula
    circle: bool = False
    unclear: bool = False


@dataclass(frozen=True)
class Transposed(Formula):
    """a^T"""

    inner: Formula


@dataclass(frozen=True)
class Apply(Formula):
    """f(a), f'(a), f^[l](a): a function by its letter or name."""

    function: str
    layer: Place | None
    order: int
    arguments: tuple[Formula, ...]
    options: tuple[tuple[str, Formula], ...] = ()


@dataclass(frozen=True)
class Over(Formula):
    """sum or prod over an index from `lower` to `upper`, where they are written."""

    sign: str
    index: str
    lower: Formula | None
    upper: Formula | None
    body: Formula


@dataclass(frozen=True)
class Entry(Formula):
    """[a]_jk"""

    inner: Formula
    entry: tuple[Place, ...]


@dataclass(frozen=True)
class Partial(Formula):
    """d of / d by"""

    of: Formula
    by: Formula


@dataclass(frozen=True)
class Norm(Formula):
    """The 2-norm, or the absolute value of a number; of a matrix the Frobenius norm, so `kind` may be F, and not 2."""

    inner: Formula
    kind: str = ""


@dataclass(frozen=True)
class Kronecker(Formula):
    """1 where both places are the same, else 0; `size` is how far both go, where that is known."""

    left: Place
    right: Place
    size: int | str | None = None


@dataclass(frozen=True)
class Ones(Formula):
    """The column of ones 1_m, its transpose, or 1_{n x m}."""

    sizes: tuple[Formula, ...]
    transposed: bool = False


@dataclass(frozen=True)
class Unit(Formula):
    """I_n"""

    size: Formula | None


@dataclass(frozen=True)
class Indicator(Formula):
    """[a > b]"""

    sign: str
    left: Formula
    right: Formula


@dataclass(frozen=True)
class Tuple(Formula):
    """(a, b): a shape."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True)
class Primed(Formula):
    """( ... )': the derivative of what is written, by what the other side says."""

    inner: Formula


@dataclass(frozen=True)
class Statement:
    """a = b = c, from `start` to `end` in the text; the first side is None where it goes on from the one before."""

    sides: tuple[Formula | None, ...]
    signs: tuple[str, ...]
    start: int
    end: int


def parts(formula: Any) -> Iterator[Formula]:
    """A formula and all that it is made of, outermost first."""
    yield formula
    for f in fields(formula):
        value = getattr(formula, f.name)
        for part in value if isinstance(value, tuple) else (value,):
            part = part[1] if isinstance(part, tuple) else part
            if isinstance(part, Formula):
                yield from parts(part)


def layered(formula: Any, letter: str, number: int) -> Any:
    """The same with a number in the place of a letter, in layers, indices and bounds: l+1 -> 3."""

    def put(part: Any) -> Any:
        if isinstance(part, Place):
            return Place("", number + part.offset) if part.letter == letter else part
        if isinstance(part, tuple):
            return tuple(map(put, part))
        if isinstance(part, Var) and part.letter == letter and part.layer is None and part.entry is None:
            return Num(Fraction(number), at=part.at)
        if is_dataclass(part) and not isinstance(part, type):
            return replace(part, **{f.name: put(getattr(part, f.name)) for f in fields(part)})
        return part

    return put(formula)
