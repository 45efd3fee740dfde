"""Small concrete arrays that satisfy what is assumed: exact values to run a function at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ..kernel.claim import Claim, Fact, IsNonNegative, IsOneHot, IsPositive, arrays_of, sides
from ..kernel.elementary import ZERO
from ..kernel.index import Add, Entry, Index
from ..kernel.points import as_fraction, points
from .shapes import Shape


@dataclass(frozen=True)
class Draw:
    """Sizes of the dimensions, and the elements of every array by position."""

    dims: Mapping[str, int]
    arrays: Mapping[str, Mapping[tuple[int, ...], Fraction]]


def arrays_in(fact: Fact) -> frozenset[str]:
    """The arrays that a fact speaks of."""
    return arrays_of(*sides(fact))


def is_sign(fact: Fact) -> bool:
    """x > 0 or x >= 0, for an array itself?"""
    return isinstance(fact, IsPositive | IsNonNegative) and isinstance(fact.expr, Entry)


def one_hot(name: str, shape: Shape) -> Fact:
    """The rows of an array, along its last axis, hold one 1 and zeros."""
    return IsOneHot(Entry(name, tuple(0 if s == 1 else Index(f"r{k}", s) for k, s in enumerate(shape))))


def draws(
    arrays: Mapping[str, Shape], dims: Iterable[str] = (), facts: Iterable[Fact] = (), seed: int = 0
) -> Iterator[Draw]:
    """One draw after the other; those for which no values are found that satisfy the facts are left out."""
    every = Add((ZERO, *(Entry(name, (0,) * len(shape)) for name, shape in arrays.items())))
    claim = Claim(every, ZERO, arrays=arrays, dims=tuple(dims), facts=tuple(facts))
    for point in points(claim, seed):
        cells = {name: {at: as_fraction(v) for at, v in values.items()} for name, values in point.arrays.items()}
        yield Draw(dict(point.dims), cells)
