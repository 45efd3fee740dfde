"""x[np.arange(N), y], W[y]: positions that labels name, read and written.

x[n, y_n] = sum_k Y_nk x_nk          x[n, y_n] = v_n   ->   Y_nk v_n + (1 - Y_nk) x_nk
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from derive import ShapeError
from derive.arrays.values import Along, Constant, Picked, Value

from . import formulas as form
from .context import active
from .grids import (
    Axes,
    Grid,
    broadcast_axes,
    broadcast_to,
    elementwise,
    grid,
    inserted,
    integers,
    merged,
    names,
    new_cells,
    permuted,
    shown,
    size,
)
from .labels import Count, Labels
from .polynomials import constant
from .products import einsum
from .reductions import total
from .refusal import NotCovered, WantsInteger
from .selecting import read, selection


@dataclass(frozen=True)
class Place:
    """One labelled index of a grid: which axes are rows of the labels, and which one the labels run along."""

    rows: tuple[int, ...]  # for every axis of the labels: the axis of the array that np.arange puts there, or -1
    along: int
    labels: Labels


def locate(g: Grid, parts: Sequence[Any]) -> Place:
    """x[np.arange(N), y] -> rows (0,), along 1;  W[y] -> rows (-1,), along 0"""
    parts = [p if (count := as_count(p)) is None else count for p in parts]
    counts = {k: p for k, p in enumerate(parts) if isinstance(p, Count)}
    labels = {k: p for k, p in enumerate(parts) if isinstance(p, Labels)}
    others = [p for k, p in enumerate(parts) if k not in counts and k not in labels]
    if (
        len(labels) != 1
        or any(p != slice(None) for p in others if isinstance(p, slice))
        or any(not isinstance(p, slice) for p in others)
        or len(parts) > len(g.axes)
    ):
        raise NotCovered("this mixture of indices", "x[np.arange(N), y] and x[y] are followed")
    ((along, y),) = labels.items()
    if g.axes[along] != y.classes:
        gap, known = size(g.axes[along]).plus(size(y.classes), -1), active().known
        if gap.names and all(name in known for name in gap.names) and gap.at(known) == 0:
            raise WantsInteger("labels below a size, and an axis of that size", gap.names)
        raise ShapeError(f"labels below {shown((y.classes,))} index an axis of size {shown((g.axes[along],))}")
    if counts and len(y.axes) > 1:
        raise NotCovered("np.arange beside labels of several axes")
    rows = [-1] * len(y.axes)
    for k, c in counts.items():
        if y.axes == ():
            raise NotCovered("np.arange beside one label")
        if g.axes[k] != c.axis or y.axes[0] != c.axis or len(counts) > 1:
            raise ShapeError(f"np.arange({c.polynomial}) and labels of shape {shown(y.axes)} index {shown(g.axes)}")
        rows[0] = k
    if counts and abs(along - next(iter(counts))) != 1:
        raise NotCovered("np.arange and labels with an axis between them")
    return Place(tuple(rows), along, y)


def picked(g: Grid, place: Place) -> Grid:
    """The elements that the labels name; the axes of the labels stand where the first index stood."""
    y = place.labels
    rest = [k for k in range(len(g.axes)) if k != place.along and k not in place.rows]
    start = min([place.along, *(r for r in place.rows if r >= 0)])
    before = [k for k in rest if k < start]
    after = [k for k in rest if k > start]
    child = permuted(g, [*before, *(r for r in place.rows if r >= 0), *after, place.along])
    for j, r in enumerate(place.rows):
        if r < 0:
            child = inserted(child, len(before) + j)
    axes = (*(g.axes[k] for k in before), *y.axes, *(g.axes[k] for k in after))
    child = broadcast_to(child, (*axes, y.classes))
    hot = y.hot
    for _ in after:
        hot = inserted(hot, len(y.axes))
    hot = Grid((*((),) * len(before), *hot.axes), hot.cells)
    return _contracted(child, hot, y.hot, len(before), axes)


def _contracted(child: Grid, hot: Grid, source: Grid, shift: int, axes: Axes) -> Grid:
    """sum over the last axis of hot * child, as Picked cells"""
    classes = child.axes[-1]
    if len(classes) != 1 or isinstance(classes[0], int):
        letters = "abcdefghijklmnop"[: len(child.axes)]
        own = "".join(x for x, axis in zip(letters, hot.axes, strict=True) if axis != () or x == letters[-1])
        return einsum(
            [letters, own],
            letters[:-1],
            [child, grid(tuple(a for x, a in zip(letters, hot.axes, strict=True) if x in own), hot.cells)],
        )
    named = [(k, f) for k, axis in enumerate(axes) for f in axis if isinstance(f, str)]
    mine = [(k, f) for k, axis in enumerate(source.axes[:-1]) for f in axis if isinstance(f, str)]
    rows = tuple(named.index((k + shift, f)) for k, f in mine)
    counted = [len(integers((axis,))) for axis in axes]
    out = new_cells(integers(axes))
    for at in np.ndindex(out.shape):
        hot_at = at[sum(counted[:shift]) : sum(counted[:shift]) + len(integers(source.axes[:-1]))]
        value = child.cells[at]
        out[at] = value if isinstance(value, Constant) else Picked(value, source.cells[hot_at], rows)
    return Grid(axes, out)


def put(g: Grid, place: Place, new: Grid) -> Grid:
    """The grid with the elements replaced that the labels name; each row names one."""
    if any(r < 0 for r in place.rows):
        one_each = "x[np.arange(N), y] names one element of each row; np.add.at(x, y, ...) counts what is named twice"
        raise NotCovered("x[y] = ... with labels that may name a position twice", one_each)
    y, rows = place.labels, place.rows
    rest = [k for k in range(len(g.axes)) if k not in rows and k != place.along]
    start = min(*rows, place.along) if rows else place.along
    order = [*(k for k in rest if k < start), *rows, *(k for k in rest if k > start)]
    new = broadcast_to(new, tuple(g.axes[k] for k in order))
    back = [order.index(k) for k in range(len(g.axes)) if k != place.along]
    spread = inserted(permuted(new, back), place.along)
    mask = permuted(y.hot, (1, 0)) if rows and place.along < rows[0] else y.hot
    for k in rest:
        mask = inserted(mask, k)
    return elementwise_in_place(g, mask, spread, y.hot, rows, place.along)


def elementwise_in_place(g: Grid, mask: Grid, new: Grid, hot: Grid, rows: tuple[int, ...], along: int) -> Grid:
    """mask new + (1 - mask) g;  where `new` was picked by the same labels, what it was picked from stands for it"""
    named = names(g.axes)
    if len(g.axes[along]) == 1 and isinstance(g.axes[along][0], str) and hot.cells.ndim == 0:
        column = len(names(g.axes[:along]))
        inside = tuple(k for row in rows for k in range(len(names(g.axes[:row])), len(names(g.axes[: row + 1]))))
        cells = new_cells(new.cells.shape)
        for at in np.ndindex(cells.shape):
            cells[at] = _unpicked(new.cells[at], hot.cells[()], inside, column, named)
        new = Grid((*new.axes[:along], g.axes[along], *new.axes[along + 1 :]), cells)
    return elementwise(form.choose, mask, new, g)


def _unpicked(v: Value, hot: Value, rows: tuple[int, ...], column: int, named: tuple[str, ...]) -> Value:
    """The value at every position of the column;  sum_k Y_nk c_nk, where Y_nj = 1, is c_nj"""
    if isinstance(v, Constant):
        return v
    others = tuple(Along(k + (k >= column)) for k in range(len(v.shape)))
    if isinstance(v, Picked) and v.hot is hot and v.rows == tuple(row - (row > column) for row in rows):
        return form.view(v.child, named, (*others, Along(column)))
    return form.view(v, named, others)


def added(g: Grid, place: Place, new: Grid) -> Grid:
    """np.add.at(W, y, v):  W_kd + sum_n Y_nk v_nd"""
    y = place.labels
    if any(r >= 0 for r in place.rows):
        return put(g, place, elementwise(form.add, picked(g, place), new))
    if place.along != 0:
        raise NotCovered("np.add.at along another axis than the first")
    rest = g.axes[1:]
    new = broadcast_to(new, (*y.axes, *rest))
    rows = "abcdefgh"[: len(y.axes)]
    others = "ijklmnop"[: len(rest)]
    return elementwise(form.add, g, einsum([f"{rows}z", f"{rows}{others}"], f"z{others}", [y.hot, new]))


def compared(y: Labels, other: Any) -> Grid:
    """y == k, y[:, None] == np.arange(C): 1 where they are equal"""
    if isinstance(other, Labels) and other.classes == y.classes:
        return _agreeing(y, other)
    if isinstance(other, int | np.integer):
        return read(y.hot, selection(y.hot.axes, (Ellipsis, int(other))))
    count = as_count(other)
    if count is None or count.axis != y.classes or y.axes[-1:] != ((),):
        raise NotCovered(f"labels compared with {other!r}", "y == 2 and y[:, None] == np.arange(C) are followed")
    return Grid((*y.axes[:-1], y.classes), y.hot.cells)


def as_count(x: Any) -> Count | None:
    """np.arange(N), whatever N is; None for another index"""
    if isinstance(x, Count):
        return x
    if isinstance(x, range | np.ndarray | list) and not isinstance(x, str) and type(x) in (range, np.ndarray, list):
        n = len(x)
        if n and np.ndim(x) == 1 and all(isinstance(k, int | np.integer) and k == j for j, k in enumerate(x)):
            return Count(constant(n), merged((n,)))
    return None


def _agreeing(y: Labels, other: Labels) -> Grid:
    axes = broadcast_axes(y.hot.axes, other.hot.axes)
    return total(elementwise(form.multiply, y.hot, other.hot), (len(axes) - 1,))
