"""What a gradient is where the function has a kink: the derivative from one side, something between, or nothing of it.

The subgradients of Clarke are the convex hull of the limits of nearby gradients.  Points where numbers tie are tried
until an indicator of the forward function jumps; the gradients nearby are taken by the complex step.
Source: Clarke, Optimization and Nonsmooth Analysis (1983).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from derive.arrays.values import Declared, Value, in_order

from .assumptions import Assumptions
from .numbers import Numbers, gradient, slope
from .reproduction import Point, points, sizes_of
from .run import Traced

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

    def at(self, variable: Declared, value: Value) -> str:
        """The worst of what is found at points with kinks; "" where no such point was found."""
        worst, work, nodes = "", 0, len(in_order(self.traced.loss))
        for point in self._points():
            if work > WORK:
                break
            work += nodes * (FIRST + np.size(point.declared[variable.name]))
            found = _at(self.traced, point, variable, value)
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
                if k in (0, 5, 8):
                    yield point


def _at(traced: Traced, point: Point, variable: Declared, value: Value) -> str:
    """ "" without a kink; EQUAL where the gradient is what the derivation gives there too."""
    shape = np.shape(point.declared[variable.name])
    claimed = np.broadcast_to(Numbers(point.dims, point.declared).of(value), shape)
    along = np.random.default_rng(1).uniform(-1, 1, shape)
    slopes = [slope(traced.loss, p, variable.name, along) for p in islice(_nearby(point), FIRST)]
    close = CLOSE * max(1.0, *map(abs, slopes))
    if not np.isfinite([*slopes, *claimed.ravel()]).all() or _alike(slopes, close):
        return ""
    if _alike([gradient(traced.loss, point, variable.name), claimed], close):
        return EQUAL
    limits = [gradient(traced.loss, p, variable.name) for p in _nearby(point)]
    if not all(np.isfinite(g).all() for g in limits):
        return ""
    close = CLOSE * max(1.0, *(float(np.max(np.abs(g), initial=0)) for g in limits))
    return ANOTHER if in_hull(claimed.ravel(), np.array([g.ravel() for g in limits]), close) else NONE


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
