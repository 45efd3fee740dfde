"""A counterexample made simple enough to read: small sizes, zeros and ones, g(x) = x.

Every step is judged by the kernel's exact evaluation of the claim as it stands; what no longer refutes is taken back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from time import monotonic
from typing import Any

from flint import fmpq

from ..kernel.claim import Claim, arrays_of, sides
from ..kernel.evaluate import Point
from ..kernel.verdict import Refuted

MOST_MOVES = 150
MANY = 12  # elements
SIMPLE = tuple(map(fmpq, (0, 1, 2)))
FUNCTIONS = ((0, 1), (0, 0, 1), (0, 0, 0, 1))  # x, x^2, x^3

Move = Callable[[Point], Point | None]
Judge = Callable[[Point], Refuted | bool]


def simplest(about: Claim, refuted: Refuted, judge: Judge, moves: int, end: float) -> Refuted:
    """The same refutation at a simpler point, or as it is.

    `about` says sizes and facts; `judge` what comes out at a point; at most so many `moves` are judged, and none after
    `end` (monotonic clock).  A point at a kink is not simpler: what differs there alone refutes nothing.
    """
    point, left = point_of(refuted), min(moves, MOST_MOVES)
    for move in _moves(about, point):
        simpler = move(point)
        if simpler is None:
            continue
        if left <= 0 or monotonic() > end:
            break
        left -= 1
        found = judge(simpler)
        if isinstance(found, Refuted) and (refuted.at_kink or not found.at_kink):
            refuted, point = found, simpler
    return refuted


# --- the point of a counterexample ------------------------------------------------------------------------------------


def point_of(refuted: Refuted) -> Point:
    """The point that a counterexample shows."""
    kinds: dict[type, dict[str, Any]] = {int: {}, str: {}, tuple: {}, Fraction: {}}
    for name, value in refuted.at.items():
        kinds[type(value)][name] = value
    arrays = {name: dict(_cells(value)) for name, value in refuted.at.items() if isinstance(value, tuple | Fraction)}
    return Point(kinds[int], arrays, {name: _polynomial(text) for name, text in kinds[str].items()})


def _cells(value: Any, at: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], fmpq]]:
    """Nested tuples of rationals, element by element."""
    if not isinstance(value, tuple):
        yield at, fmpq(value.numerator, value.denominator)
        return
    for k, part in enumerate(value):
        yield from _cells(part, (*at, k))


def _polynomial(text: str) -> tuple[fmpq, ...]:
    """1/3*x**0 + 1*x**2  ->  1/3, 0, 1"""
    found = {int(power): Fraction(factor) for factor, power in re.findall(r"(-?\d+(?:/\d+)?)\*x\*\*(\d+)", text)}
    factors = [found.get(k, Fraction(0)) for k in range(max(found, default=0) + 1)]
    return tuple(fmpq(f.numerator, f.denominator) for f in factors)


# --- moves ------------------------------------------------------------------------------------------------------------


def _moves(about: Claim, point: Point) -> Iterator[Move]:
    """Large steps first.  Arrays that a fact speaks of stay as they are, and so do the sizes then."""
    tied = arrays_of(*(side for fact in about.facts for side in sides(fact)))
    if not about.facts:
        for name, size in point.dims.items():
            yield from (_resize(about.shapes, name, smaller) for smaller in range(1, size))
    yield from (_define(name, polynomial) for name in point.functions for polynomial in FUNCTIONS)
    loose = [name for name in point.arrays if name not in tied]
    yield from (_fill(name, SIMPLE[0]) for name in loose)
    yield from (_fill(name, SIMPLE[1]) for name in loose if len(point.arrays[name]) > MANY)
    yield from (_put(name, at, value) for name in loose for at in sorted(point.arrays[name]) for value in SIMPLE)


def _resize(shapes: Mapping[str, tuple[int | str, ...]], name: str, size: int) -> Move:
    """A dimension becomes smaller; what stands beyond falls away."""

    def move(point: Point) -> Point | None:
        if point.dims[name] <= size:
            return None
        smaller = replace(point, dims={**point.dims, name: size})

        def stays(array: str, at: tuple[int, ...]) -> bool:
            return all(p < smaller.size(s) for p, s in zip(at, shapes[array], strict=True))

        kept = {array: {at: v for at, v in cells.items() if stays(array, at)} for array, cells in point.arrays.items()}
        return replace(smaller, arrays=kept)

    return move


def _define(name: str, polynomial: tuple[int, ...]) -> Move:
    """g(x) = x, unless it is as simple already"""

    def move(point: Point) -> Point | None:
        if point.functions[name] in [tuple(map(fmpq, known)) for known in FUNCTIONS]:
            return None
        return replace(point, functions={**point.functions, name: tuple(map(fmpq, polynomial))})

    return move


def _fill(name: str, value: fmpq) -> Move:
    """All elements of an array become the same."""

    def move(point: Point) -> Point | None:
        cells = point.arrays[name]
        if not any(cells.values()) or all(v == value for v in cells.values()):
            return None
        return replace(point, arrays={**point.arrays, name: dict.fromkeys(cells, value)})

    return move


def _put(name: str, at: tuple[int, ...], value: fmpq) -> Move:
    """One element becomes simpler."""

    def move(point: Point) -> Point | None:
        cells = point.arrays[name]
        if at not in cells or cells[at] in SIMPLE[: SIMPLE.index(value) + 1]:
            return None
        return replace(point, arrays={**point.arrays, name: {**cells, at: value}})

    return move
