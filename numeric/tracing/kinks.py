"""What a gradient is where the function has a kink: the derivative from one side, something between, or nothing of it.

The subgradients of Clarke are the convex hull of the limits of nearby gradients.  Points where numbers tie are tried
until an indicator of the forward function jumps; the gradients nearby are taken by the complex step.
Source: Clarke, Optimization and Nonsmooth Analysis (1983).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from derive.arrays.values import Declared, Value, in_order

from .assumptions import Assumptions
from .numbers import Numbers, gradient, slope
from .reproduction import Point, points, sizes_of
from .run import Traced

Cells = Sequence[tuple[Declared, Value]]  # the parts of a variable, and what is claimed for each
EQUAL, ANOTHER, NONE = "equal", "another subgradient", "not a subgradient"
SEEDS = 6
FIRST, NEARBY = 5, 40  # points nearby: whether there is a kink, and what the gradients are there
RADIUS, CLOSE = 1e-7, 1e-4
WORK = 6000  # nodes worked out for one gradient, after which no further point is tried: deep networks have many


class Kinks:
    """Points where numbers tie, drawn once for all gradients of a report."""

    def __init__(self, traced: Traced, assumptions: Assumptions) -> None:
        self.traced, self.assumptions = traced, assumptions
        self._drawn: list[Point] = []
        self._fresh = self._draw()

    def at(self, cells: Cells) -> str:
        """The worst of what is found at points with kinks; "" where no such point was found."""
        worst, work, nodes = "", 0, len(in_order(self.traced.loss))
        for point in self._points():
            if work > WORK:
                break
            work += nodes * (FIRST + sum(np.size(point.declared[v.name]) for v, _ in cells))
            found = _at(self.traced, point, cells)
            if found == NONE:
                return found
            worst = ANOTHER if ANOTHER in (worst, found) else found or worst
        return worst

    def _points(self) -> Iterator[Point]:
        yield from self._drawn
        for point in self._fresh:
            self._drawn.append(point)
            yield point

    def _draw(self) -> Iterator[Point]:
        """Points of small whole numbers: ties and zeros are frequent."""
        for seed in range(SEEDS):
            dims = sizes_of(self.traced.dimensions, seed % 3, self.traced.asked)
            for k, point in enumerate(points(self.traced, self.assumptions, dims, seed)):
                if k in (0, 2, 5, 6, 8):
                    yield point


def _at(traced: Traced, point: Point, cells: Cells) -> str:
    """ "" without a kink; EQUAL where the gradient is what the derivation gives there too."""
    shapes = {v.name: np.shape(point.declared[v.name]) for v, _ in cells}
    numbers, rng = Numbers(point.dims, point.declared), np.random.default_rng(1)
    claimed = _flat(np.broadcast_to(numbers.of(value), shapes[v.name]) for v, value in cells)
    along = {name: rng.uniform(-1, 1, shape) for name, shape in shapes.items()}
    slopes = [slope(traced.loss, p, along) for p in islice(_nearby(point), FIRST)]
    close = CLOSE * max(1.0, *map(abs, slopes))
    if not np.isfinite([*slopes, *claimed]).all() or _alike(slopes, close):
        return ""

    def derived(p: Point) -> Any:
        return _flat(gradient(traced.loss, p, name) for name in shapes)

    if _alike([derived(point), claimed], close):
        return EQUAL
    limits = np.array([derived(p) for p in _nearby(point)])
    if not np.isfinite(limits).all():
        return ""
    return ANOTHER if in_hull(claimed, limits, CLOSE * max(1.0, float(np.max(np.abs(limits), initial=0)))) else NONE


def _flat(parts: Iterator[Any]) -> Any:
    return np.concatenate([np.ravel(part) for part in parts])


def _alike(arrays: list[Any], close: float) -> bool:
    return all(np.max(np.abs(a - arrays[0]), initial=0) < close for a in arrays)


def _nearby(point: Point) -> Iterator[Point]:
    rng = np.random.default_rng(0)
    for _ in range(NEARBY):
        moved = {
            n: x + RADIUS * rng.uniform(-1, 1, np.shape(x)) if not _is_one_hot(x) else x
            for n, x in point.declared.items()
        }
        yield Point(point.dims, point.leaves, point.douts, moved)


def _is_one_hot(x: Any) -> bool:
    return bool(np.ndim(x) and np.isin(x, (0, 1)).all() and (np.sum(x, axis=-1) == 1).all())


def in_hull(x: Any, corners: Any, close: float) -> bool:
    """Is x within `close` of the convex hull?  Frank and Wolfe's steps towards the nearest point."""
    at = corners[int(np.argmin(np.sum((corners - x) ** 2, axis=1)))].astype(float)
    for _ in range(2000):
        if np.max(np.abs(at - x), initial=0) < close:
            return True
        corner = corners[int(np.argmin(corners @ (at - x)))]
        direction = corner - at
        length = float(direction @ direction)
        if length == 0 or float((at - x) @ direction) >= -1e-15:
            break
        at = at + min(1.0, float((x - at) @ direction) / length) * direction
    return bool(np.max(np.abs(at - x), initial=0) < 10 * close)
