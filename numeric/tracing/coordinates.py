"""r, s = np.unravel_index(np.argmax(w), w.shape): the place of one element as an index of each axis.

dx[r, s] = v    ->    every element of dx becomes h v + (1 - h) dx, h the one-hot array of the place
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import formulas as form
from .array import SymbolicArray, grid_of, kind_into, wrap
from .grids import Grid, elementwise, inserted, names
from .labels import Labels
from .reductions import total
from .refusal import NotCovered, WantsInteger
from .sizes import SymbolicSize

INDEX = "x[r, s] with all of them, in order, is followed, also shifted by integers"


class Coordinate:
    """The index of one axis; all those of a place belong together."""

    __slots__ = ("axis", "hot", "offset", "shape")

    def __init__(self, hot: Grid, shape: tuple[int, ...], axis: int, offset: int = 0) -> None:
        self.hot, self.shape, self.axis, self.offset = hot, shape, axis, offset

    def __add__(self, other: Any) -> Coordinate:
        if isinstance(other, bool) or not isinstance(other, int | np.integer) or isinstance(other, SymbolicSize):
            raise NotCovered("arithmetic with a coordinate of np.unravel_index", INDEX)
        return Coordinate(self.hot, self.shape, self.axis, self.offset + int(other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Coordinate:
        return self + -other

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotCovered(f"{name} of a coordinate of np.unravel_index", INDEX)

    def __bool__(self) -> bool:
        raise NotCovered("control flow on a coordinate of np.unravel_index")

    def __index__(self) -> int:
        raise NotCovered("a coordinate of np.unravel_index as an integer", INDEX)

    __int__ = __index__

    def __eq__(self, other: object) -> bool:
        raise NotCovered("a coordinate of np.unravel_index compared", INDEX)

    __hash__ = None  # type: ignore[assignment]


def unravel_index(indices: Any, shape: Any, order: str = "C") -> Any:
    """The coordinates of one position that is not known."""
    sizes = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    if unknown := [n for s in sizes if isinstance(s, SymbolicSize) for n in s.polynomial.names]:
        raise WantsInteger("np.unravel_index in a shape of named sizes", tuple(unknown))
    if not isinstance(indices, Labels) or indices.axes or order != "C":
        raise NotCovered("np.unravel_index", "of one np.argmax(...) it is followed")
    if wanted := names(indices.hot.axes):
        raise WantsInteger("np.unravel_index along an axis of named size", wanted)
    if indices.hot.cells.size != int(np.prod(sizes)):
        raise NotCovered("np.unravel_index in another shape", "expected the shape of what argmax was taken of")
    return tuple(Coordinate(indices.hot, sizes, k) for k in range(len(sizes)))


def are_coordinates(parts: Sequence[Any]) -> bool:
    """Is one of the indices a coordinate?"""
    return any(isinstance(p, Coordinate) for p in parts)


def fetch(x: SymbolicArray, parts: tuple[Any, ...]) -> Any:
    """x[r, s] = sum of h x"""
    window, hot = _window(x, parts)
    ends = tuple(range(len(window.grid.axes) - len(hot.axes), len(window.grid.axes)))
    return wrap(total(elementwise(form.multiply, window.grid, hot), ends), x.kind)


def store(x: SymbolicArray, parts: tuple[Any, ...], new: Any) -> None:
    """x[r, s] = v"""
    window, hot = _window(x, parts)
    value = grid_of(new)
    for _ in hot.axes:
        value = inserted(value, len(value.axes))
    window.put(elementwise(form.choose, hot, value, window.grid), kind_into(x, new))


def _window(x: SymbolicArray, parts: tuple[Any, ...]) -> tuple[SymbolicArray, Grid]:
    """The part of x where the place may be, its axes last, and the one-hot array."""
    found = [p for p in parts if isinstance(p, Coordinate)]
    first = found[0]
    ends = parts[len(parts) - len(found) :]
    if [p.axis for p in found] != list(range(len(first.shape))) or any(p.hot is not first.hot for p in found):
        raise NotCovered("coordinates of np.unravel_index apart", INDEX)
    if not are_coordinates(ends) or len(parts) != x.ndim or any(not isinstance(p, Coordinate) for p in ends):
        raise NotCovered("coordinates of np.unravel_index before other indices", INDEX)
    spans = [slice(p.offset, p.offset + p.shape[p.axis]) for p in found]
    window = x[(*parts[: -len(found)], *spans)]
    return window, Grid(tuple((s,) for s in first.shape), first.hot.cells.reshape(first.shape))
