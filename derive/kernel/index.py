"""Index expressions: what one element of an array is.

    z_kt  =  sum_i W_ki A_it + b_k      Add(Sum(i, Mul(Entry("W", k, i), Entry("A", i, t))), Entry("b", k, 0))

A name stands for a whole array; an index runs from 0 to its size minus 1.  Every node is frozen, and
nothing here simplifies: an index expression says what was written, the normal form says what it means.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Index:
    """An index i with 0 <= i < size.  Equal when name and size are equal."""

    name: str
    size: int | str


@dataclass(frozen=True)
class Shifted:
    """i + offset: what a slice x[:, 1:] does to an index."""

    index: Index
    offset: int


Position = Index | Shifted | int


class Expr:
    """An index expression: a real number for each value of its free indices."""


@dataclass(frozen=True)
class Number(Expr):
    """An exact rational."""

    value: Fraction


@dataclass(frozen=True)
class Dim(Expr):
    """A dimension as a number: the m of 1/m."""

    name: str


@dataclass(frozen=True)
class Entry(Expr):
    """X_ij: one element of the array called `array`; no position for a scalar."""

    array: str
    at: tuple[Position, ...]


@dataclass(frozen=True)
class Add(Expr):
    """e1 + e2 + ..."""

    terms: tuple[Expr, ...]


@dataclass(frozen=True)
class Mul(Expr):
    """e1 e2 ..."""

    factors: tuple[Expr, ...]


@dataclass(frozen=True)
class Pow(Expr):
    """base ** exponent, the exponent an exact rational; real roots, defined where the reals define them."""

    base: Expr
    exponent: Fraction


@dataclass(frozen=True)
class Sum(Expr):
    """sum over index of body."""

    index: Index
    body: Expr


@dataclass(frozen=True)
class Largest(Expr):
    """max over index of body."""

    index: Index
    body: Expr


@dataclass(frozen=True)
class Greatest(Expr):
    """max(e1, e2, ...)"""

    terms: tuple[Expr, ...]


@dataclass(frozen=True)
class Delta(Expr):
    """Kronecker delta: 1 if both positions are equal, else 0."""

    left: Position
    right: Position


@dataclass(frozen=True)
class Positive(Expr):
    """[e > 0]: 1 where e is positive, else 0."""

    arg: Expr


@dataclass(frozen=True)
class Apply(Expr):
    """f^(order)(arg): an elementwise function by name (exp, log, tanh, sigmoid, ... or generic), or its derivative."""

    function: str
    order: int
    arg: Expr


@dataclass(frozen=True)
class Array:
    """A whole array given by its elements: (i, j) |-> body.  The argument of what is not elementwise."""

    indices: tuple[Index, ...]
    body: Expr


@dataclass(frozen=True)
class ScalarFunction(Expr):
    """f(A, B, ...) of whole arrays, or its partial derivative by elements: by = ((argument number, positions), ...)."""

    function: str
    arguments: tuple[Array, ...]
    by: tuple[tuple[int, tuple[Position, ...]], ...] = ()


@dataclass(frozen=True)
class InverseEntry(Expr):
    """(M^-1)_ij for a square matrix M."""

    matrix: Array
    row: Position
    column: Position


@dataclass(frozen=True)
class Determinant(Expr):
    """det M for a square matrix M."""

    matrix: Array
