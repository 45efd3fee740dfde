"""Cut points, found by their values: which array of a backward pass seems to be which gradient, up to a factor.

u = c dJ/dv      at all points, for c = 1, -1, m, 1/m, ...     is a guess: the kernel proves it, or does not use it
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import isclose, isfinite, isnan, nan

from flint import arb

from ..kernel.chain import Definition, adjoint, adjoints
from ..kernel.claim import Claim
from ..kernel.elementary import number, power
from ..kernel.evaluate import Point
from ..kernel.index import Dim, Expr
from ..kernel.network import Goal
from ..kernel.partial import product
from ..kernel.points import SMALL, Recipe
from ..kernel.run import runs

MOST_DIMENSIONS = 40  # whose products in pairs are tried as factors
NEAR = 1e-9
BITS = 40  # that are certain, of an element that counts
POSITIVE = tuple(recipe for recipe in SMALL if recipe[3] == "positive")
MIXED = tuple(recipe for recipe in SMALL if recipe[3] != "positive")
DEEP: tuple[Recipe, ...] = tuple(  # of many layers of relu none dies there, and nothing grows or fades
    ((3, 4, 2), 7, 8, "mostly positive", "cubic") for _ in range(6)
)

Cells = tuple[float, ...]
Directions = tuple[Cells, ...]


def guesses(about: Claim, forward: tuple[Definition, ...], backward: tuple[Definition, ...]) -> tuple[Goal, ...]:
    """A goal for each backward array that looks like a gradient, in the order of the backward pass.

    `about` says arrays, dimensions and facts; the last forward array is the loss.  Of several forward arrays with the
    same gradient, the one nearest to the loss is meant.
    """
    every = (*forward, *adjoints(forward, dict(about.shapes)), *backward)
    seen = _seen(about, every, [adjoint(v.name) for v in forward[:-1] if v.sizes])
    scales: list[_Scale] = []  # of all sizes; many, and hardly ever needed
    known = {v.name: (v, _directions(seen, adjoint(v.name))) for v in reversed(forward[:-1])}
    found: list[Goal] = []
    for u in backward:
        mine = _directions(seen, u.name)
        for v, other in known.values():
            if u.sizes == v.sizes and _parallel(mine, other):
                ratios = [_ratio(point, u.name, adjoint(v.name)) for point in seen]
                own = _scales(tuple(d for d in about.dims if d in u.sizes), seen)
                scale = _scale(own, ratios)  # of so many sizes some are equal by accident: its own first
                if scale is None:
                    scales = scales or list(_scales(about.dims, seen))
                    scale = _scale(scales, ratios)
                if scale is not None:
                    found.append(Goal(u.name, v.name, scale=scale))
                    del known[v.name]
                    break
    return tuple(found)


def _seen(about: Claim, every: tuple[Definition, ...], gradients: list[str]) -> list[Point]:
    """All arrays at points of both signs, and positive ones; at mostly positive ones too, while a gradient is zero."""
    mixed = [run.everything for run in runs(about, every, MIXED)]
    for run in runs(about, every, DEEP):
        if all(any(any(_direction(point, name)) for point in mixed) for name in gradients):
            break
        mixed.append(run.everything)
    return mixed + [run.everything for run in runs(about, every, POSITIVE)]


def _cells(point: Point, name: str) -> Cells:
    """The elements as floating-point numbers, in order; nan for what is known to few digits only."""
    cells = point.arrays.get(name, {})
    return tuple(_number(arb(cells[at])) for at in sorted(cells))


def _number(ball: arb) -> float:
    return float(ball.mid()) if ball.is_exact() or ball.rel_accuracy_bits() > BITS else nan


def _directions(seen: list[Point], name: str) -> Directions:
    return tuple(_direction(point, name) for point in seen)


def _parallel(mine: Directions, other: Directions) -> bool:
    """Is it one direction at every point where both are known, and not always zero?"""
    both = [(a, b) for a, b in zip(mine, other, strict=True) if a and b]
    return all(a == b for a, b in both) and any(any(a) for a, _ in both)


def _direction(point: Point, name: str) -> Cells:
    """The elements divided by the largest, rounded, or zeros; () for what is undefined or a single number."""
    cells = _cells(point, name)
    most = max(cells, key=abs, default=0.0)
    if len(cells) < 2 or not all(map(isfinite, cells)):
        return ()
    return tuple(round(cell / most, 7) + 0.0 if most else 0.0 for cell in cells)


def _ratio(point: Point, name: str, other: str) -> float:
    """The factor between two arrays of one direction; nan if they have none."""
    cells, others = _cells(point, name), _cells(point, other)
    k = max(range(len(others)), key=lambda i: abs(others[i]), default=None)
    return cells[k] / others[k] if k is not None and others[k] and len(cells) == len(others) else float("nan")


@dataclass(frozen=True)
class _Scale:
    """A factor, and its values at the points."""

    factor: Expr
    values: tuple[float, ...]


def _scales(dims: tuple[str, ...], seen: list[Point]) -> Iterator[_Scale]:
    """1, d, 1/d, d e, 1/(d e), and their negatives."""
    for sign in (1, -1):
        yield _Scale(number(sign), (float(sign),) * len(seen))
        for count, few in ((1, dims), (2, dims[:MOST_DIMENSIONS])):
            for names in combinations_with_replacement(few, count):
                size = product(*map(Dim, names))
                values = [float(_product(point, names)) for point in seen]
                yield _Scale(product(number(sign), size), tuple(sign * v for v in values))
                inverse = product(number(sign), power(size, -1))
                yield _Scale(inverse, tuple(sign / v for v in values))


def _product(point: Point, names: tuple[str, ...]) -> int:
    found = 1
    for name in names:
        found *= point.dims[name]
    return found


def _scale(scales: Iterable[_Scale], ratios: list[float]) -> Expr | None:
    """The first factor that has these values, where they are known."""
    for scale in scales:
        if all(isclose(v, r, rel_tol=NEAR) for v, r in zip(scale.values, ratios, strict=True) if not isnan(r)):
            return scale.factor
    return None
