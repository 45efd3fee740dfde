"""A counterexample made simple enough to read: small sizes, zeros and ones, g(x) = x.

Every step is judged by the kernel's exact evaluation of the claim as it stands; what no longer refutes is taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from time import monotonic

from flint import fmpq

from ..arrays.rewriting import weight
from ..kernel.claim import Claim, arrays_of, sides
from ..kernel.decide import EVALUATION
from ..kernel.evaluate import Plan, Point
from ..kernel.points import RECIPES, points
from ..kernel.refute import at_point, readable
from ..kernel.verdict import Refuted

WORK = 200_000  # nodes of expressions that are evaluated on the way
MOST_MOVES = 150
MANY = 12  # elements
MOST_SEEDS = 16
SIMPLE = tuple(map(fmpq, (0, 1, 2)))
FUNCTIONS = ((0, 1), (0, 0, 1), (0, 0, 0, 1))  # x, x^2, x^3

Move = Callable[[Point], Point | None]


def simplest(claim: Claim, refuted: Refuted, end: float) -> Refuted:
    """The same refutation at a simpler point, or as it is; `end` by the monotonic clock.

    A point at a kink is not simpler: what differs there alone refutes nothing.
    """
    point = _point_of(claim, refuted)
    if point is None:
        return refuted
    plan, left = Plan(), min(MOST_MOVES, WORK // (weight(claim.left) + weight(claim.right)))
    for move in _moves(claim, point):
        simpler = move(point)
        if simpler is None:
            continue
        if left == 0 or monotonic() > end:
            break
        left -= 1
        found = at_point(claim, simpler, EVALUATION, plan)
        if isinstance(found, Refuted) and (refuted.at_kink or not found.at_kink):
            refuted, point = found, simpler
    return refuted


def _point_of(claim: Claim, refuted: Refuted) -> Point | None:
    """The point of a counterexample, among those that are tried."""
    for seed in range(MOST_SEEDS):
        for point in points(claim, seed, len(RECIPES)):
            if readable(point) == refuted.at:
                return point
    return None


def _moves(claim: Claim, point: Point) -> Iterator[Move]:
    """Large steps first.  Arrays that a fact speaks of stay as they are, and so do the sizes then."""
    tied = arrays_of(*(side for fact in claim.facts for side in sides(fact)))
    if not claim.facts:
        for name, size in point.dims.items():
            yield from (_resize(claim, name, smaller) for smaller in range(1, size))
    yield from (_define(name, polynomial) for name in point.functions for polynomial in FUNCTIONS)
    loose = [name for name in point.arrays if name not in tied]
    yield from (_fill(name, SIMPLE[0]) for name in loose)
    yield from (_fill(name, SIMPLE[1]) for name in loose if len(point.arrays[name]) > MANY)
    yield from (_put(name, at, value) for name in loose for at in sorted(point.arrays[name]) for value in SIMPLE)


def _resize(claim: Claim, name: str, size: int) -> Move:
    """A dimension becomes smaller; what stands beyond falls away."""

    def move(point: Point) -> Point | None:
        if point.dims[name] <= size:
            return None
        dims = {**point.dims, name: size}
        smaller = replace(point, dims=dims)
        arrays = {
            array: {at: v for at, v in cells.items()
                    if all(p < smaller.size(s) for p, s in zip(at, claim.shapes[array], strict=True))}
            for array, cells in point.arrays.items()
        }
        return replace(smaller, arrays=arrays)

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
