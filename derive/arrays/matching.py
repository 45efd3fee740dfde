"""Cut points, found by their values: which array of a backward pass seems to be which gradient, up to a factor.

u = c dJ/dv      at two points, for c = 1, -1, m, 1/m, ...     is a guess: the kernel proves it, or does not use it
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement
from math import isclose, isfinite, isnan

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

MOST_DIMENSIONS = 40  # that a factor is looked for among
NEAR = 1e-9
POSITIVE = tuple(recipe for recipe in SMALL if recipe[3] == "positive")
MIXED = tuple(recipe for recipe in SMALL if recipe[3] != "positive")
WIDE: tuple[Recipe, ...] = tuple(((7, 6, 8), 7, 8, "any", "cubic") for _ in range(3))  # no layer of relu dies there

Cells = tuple[float, ...]
Directions = tuple[Cells, ...]


def guesses(about: Claim, forward: tuple[Definition, ...], backward: tuple[Definition, ...]) -> tuple[Goal, ...]:
    """A goal for each backward array that looks like a gradient, in the order of the backward pass.

    `about` says arrays, dimensions and facts; the last forward array is the loss.  Of several forward arrays with the
    same gradient, the one nearest to the loss is meant.
    """
    every = (*forward, *adjoints(forward, dict(about.shapes)), *backward)
    seen = _seen(about, every, [adjoint(v.name) for v in forward[:-1] if v.sizes])
    scales = list(_scales(about.dims, seen))
    known = {v.name: (v, _directions(seen, adjoint(v.name))) for v in reversed(forward[:-1])}
    found: list[Goal] = []
    for u in backward:
        mine = _directions(seen, u.name)
        for v, other in known.values():
            if u.sizes == v.sizes and _parallel(mine, other):
                scale = _scale(scales, [_ratio(point, u.name, adjoint(v.name)) for point in seen])
                if scale is not None:
                    found.append(Goal(u.name, v.name, scale=scale))
                    del known[v.name]
                    break
    return tuple(found)


def _seen(about: Claim, every: tuple[Definition, ...], gradients: list[str]) -> list[Point]:
    """All arrays at points of both signs, and positive ones; at wide ones too, while a gradient is zero everywhere."""
    mixed = [run.everything for run in runs(about, every, MIXED)]
    for run in runs(about, every, WIDE):
        if all(any(_direction(point, name) for point in mixed) for name in gradients):
            break
        mixed.append(run.everything)
    return mixed + [run.everything for run in runs(about, every, POSITIVE)]


def _cells(point: Point, name: str) -> Cells:
    """The elements as floating-point numbers, in order."""
    cells = point.arrays.get(name, {})
    return tuple(float(arb(cells[at]).mid()) for at in sorted(cells))


def _directions(seen: list[Point], name: str) -> Directions:
    return tuple(_direction(point, name) for point in seen)


def _parallel(mine: Directions, other: Directions) -> bool:
    """Is it one direction at every point where both have one, and is there such a point?"""
    both = [(a, b) for a, b in zip(mine, other, strict=True) if a and b]
    return bool(both) and all(a == b for a, b in both)


def _direction(point: Point, name: str) -> Cells:
    """The elements divided by the largest, rounded; () for what is zero, undefined or a single number."""
    cells = _cells(point, name)
    most = max(cells, key=abs, default=0.0)
    if most == 0 or not isfinite(most) or len(cells) == 1:
        return ()
    return tuple(round(cell / most, 7) + 0.0 for cell in cells)


def _ratio(point: Point, name: str, other: str) -> float:
    """The factor between two arrays of one direction; nan if they have none."""
    cells, others = _cells(point, name), _cells(point, other)
    k = max(range(len(others)), key=lambda i: abs(others[i]), default=None)
    return cells[k] / others[k] if k is not None and others[k] and len(cells) == len(others) else float("nan")


def _scales(dims: tuple[str, ...], seen: list[Point]) -> Iterator[tuple[Expr, list[float]]]:
    """Factors with their values: 1, d, 1/d, d e, 1/(d e), and their negatives."""
    few = dims[:MOST_DIMENSIONS]
    for sign in (1, -1):
        yield number(sign), [float(sign)] * len(seen)
        for count in (1, 2):
            for names in combinations_with_replacement(few, count):
                size = product(*map(Dim, names))
                values = [float(_product(point, names)) for point in seen]
                yield product(number(sign), size), [sign * v for v in values]
                yield product(number(sign), power(size, -1)), [sign / v for v in values]


def _product(point: Point, names: tuple[str, ...]) -> int:
    found = 1
    for name in names:
        found *= point.dims[name]
    return found


def _scale(scales: list[tuple[Expr, list[float]]], ratios: list[float]) -> Expr | None:
    """The first factor that has these values, where they are known."""
    for scale, values in scales:
        if all(isclose(v, r, rel_tol=NEAR) for v, r in zip(values, ratios, strict=True) if not isnan(r)):
            return scale
    return None
