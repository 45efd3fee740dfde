"""Arrays whose sizes are integers or names: arrays of cells over the integers, each cell a formula over the names.

    x: (N, 3)        ->   3 cells, each a formula of shape (N,)
    w: (D, 4*H)      ->   4 cells of shape (D, H): an axis is a product of factors, the first one the slowest

What picks positions (x[:, 1:], stack, loops) moves cells about; formulas only know whole axes of named size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from derive import DeriveError, ShapeError
from derive.arrays.values import Along, Constant, Dimension, Value

from . import formulas as form
from .context import active, tracing
from .polynomials import Polynomial, collect
from .refusal import NotCovered, WantsInteger

Factor = int | str
Axis = tuple[Factor, ...]  # () is size 1
Axes = tuple[Axis, ...]
MOST_CELLS = 4_000
OTHER_FACTORS = "made of other factors"


@dataclass(frozen=True, eq=False)
class Grid:
    """Axes, and the cells over all integers among their factors, in order."""

    axes: Axes
    cells: Any  # np.ndarray of Value, its shape is `integers(axes)`

    @property
    def names(self) -> tuple[str, ...]:
        """The shape of every cell."""
        return names(self.axes)


def integers(axes: Iterable[Axis]) -> tuple[int, ...]:
    """The integers among the factors."""
    return tuple(f for axis in axes for f in axis if isinstance(f, int))


def names(axes: Iterable[Axis]) -> tuple[str, ...]:
    """The names among the factors."""
    return tuple(f for axis in axes for f in axis if isinstance(f, str))


def size(axis: Axis) -> Polynomial:
    """The number of positions on an axis."""
    scale, own, derived = 1, [], active().derived if tracing() else {}
    for f in axis:
        scale *= f if isinstance(f, int) else 1
        own += [f] if isinstance(f, str) and f not in derived else []
    found = collect({tuple(sorted(own)): scale})
    for f in axis:
        found = found.times(derived[f]) if f in derived else found
    return found


def shown(axes: Axes) -> str:
    """(N, 4*H)"""
    sizes = ["*".join(map(str, axis)) or "1" for axis in axes]
    return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"


def merged(axis: Iterable[Factor]) -> Axis:
    """Neighbouring integers as one, no ones."""
    out: list[Factor] = []
    for f in axis:
        if f == 1:
            continue
        if out and isinstance(f, int) and isinstance(out[-1], int):
            out[-1] *= f
        else:
            out.append(f)
    return tuple(out)


def new_cells(shape: tuple[int, ...]) -> Any:
    """An empty array of cells, if it is not too large."""
    if int(np.prod(shape, dtype=object)) > MOST_CELLS:
        raise NotCovered(
            f"an array of {np.prod(shape, dtype=object):,} elements of given size",
            "give dimensions as names, or smaller integers",
        )
    return np.empty(shape, dtype=object)


def grid(axes: Axes, cells: Any) -> Grid:
    """A grid in canonical form; `cells` in the order of the factors."""
    canonical = tuple(merged(axis) for axis in axes)
    return Grid(canonical, cells.reshape(integers(canonical)))


def single(value: Value) -> Grid:
    """A scalar."""
    cells = np.empty((), dtype=object)
    cells[()] = value
    return Grid((), cells)


def full(axes: Axes, value: Value) -> Grid:
    """Every element the same scalar."""
    axes = tuple(merged(axis) for axis in axes)
    cells = new_cells(integers(axes))
    for at in np.ndindex(cells.shape):
        cells[at] = form.widened(value, names(axes))
    return Grid(axes, cells)


def map_cells(g: Grid, build: Callable[[Value], Value]) -> Grid:
    """The same axes, every cell exchanged."""
    cells = np.empty(g.cells.shape, dtype=object)
    for at in np.ndindex(cells.shape):
        cells[at] = build(g.cells[at])
    return Grid(g.axes, cells)


# --- broadcasting -----------------------------------------------------------------------------------------------------


def broadcast_axes(*shapes: Axes) -> Axes:
    """NumPy's rule: aligned at the right, size 1 is stretched."""
    width = max(map(len, shapes))
    out = []
    for k in range(-width, 0):
        here = [axes[k] for axes in shapes if len(axes) >= -k]
        out.append(_common(here, shapes))
    return tuple(out)


def _common(here: Sequence[Axis], shapes: Sequence[Axes]) -> Axis:
    others = list(dict.fromkeys(axis for axis in here if axis != ()))
    if len(others) > 1:
        given = " and ".join(shown(axes) for axes in dict.fromkeys(shapes))
        raise misfit(f"shapes {given} do not broadcast", others[0], others[1])
    return others[0] if others else ()


def misfit(what: str, a: Axis, b: Axis) -> DeriveError:
    """Two sizes that should be equal: they differ, or they are equal and made of other factors."""
    mine = tuple(dict.fromkeys(names((a, b))))
    if tracing() and any(name in active().known for name in mine):
        return WantsInteger(f"{what}: {size(a)} and {size(b)}", mine)
    if size(a) == size(b):
        return WantsInteger(f"{what}: {size(a)} is {OTHER_FACTORS} in one of them", mine)
    return ShapeError(f"{what}: {size(a)} is not {size(b)}")


def _present(axes: Axes, target: Axes) -> tuple[bool, ...]:
    """For every axis of the target: has the array that axis, not of size 1?"""
    missing = len(target) - len(axes)
    return tuple(k >= missing and axes[k - missing] != () for k in range(len(target)))


def aligned(g: Grid, target: Axes) -> Any:
    """The cells with axes of size 1 put in, so that NumPy's broadcasting of cells and of formulas fits the target."""
    present = _present(g.axes, target)
    if all(present):
        return g.cells
    shape, named = [], []
    for here, axis in zip(present, target, strict=True):
        for f in axis:
            if isinstance(f, int):
                shape.append(f if here else 1)
            else:
                named.append(f if here else 1)
    cells = g.cells.reshape(shape)
    kept = tuple(k for k, f in enumerate(named) if f != 1)
    if named[: len(named) - len(kept)] == [1] * (len(named) - len(kept)):
        return cells  # only leading axes are missing
    out = np.empty(cells.shape, dtype=object)
    for at in np.ndindex(cells.shape):
        value = cells[at]
        out[at] = value if isinstance(value, Constant) else form.view(value, tuple(named), tuple(map(Along, kept)))
    return out


def elementwise(build: Callable[..., Value], *grids: Grid) -> Grid:
    """build(a, b, ...) for all elements of broadcast arrays."""
    axes = broadcast_axes(*(g.axes for g in grids))
    parts = np.broadcast_arrays(*(aligned(g, axes) for g in grids)) if len(grids) > 1 else [aligned(grids[0], axes)]
    shape, named = integers(axes), names(axes)
    cells = new_cells(shape)
    for at in np.ndindex(shape):
        here: tuple[Any, ...] = tuple(part[at] for part in parts)
        cells[at] = form.widened(form.pulled(build, here), named)
    return Grid(axes, cells)


def broadcast_to(g: Grid, axes: Axes) -> Grid:
    """The array stretched to given axes; refused where it would have to shrink."""
    if g.axes == axes:
        return g
    if broadcast_axes(g.axes, axes) != axes or len(g.axes) > len(axes):
        raise ShapeError(f"cannot broadcast shape {shown(g.axes)} to {shown(axes)}")
    cells: Any = np.broadcast_to(aligned(g, axes), integers(axes))
    out = new_cells(integers(axes))
    for at in np.ndindex(out.shape):
        out[at] = form.widened(cells[at], names(axes))
    return Grid(axes, out)


# --- axes moved, reduced ----------------------------------------------------------------------------------------------


def _slots(axes: Axes) -> tuple[list[list[int]], list[list[int]]]:
    """For every axis: its axes among the cells, and its axes in the formulas."""
    ints: list[list[int]] = []
    named: list[list[int]] = []
    i = n = 0
    for axis in axes:
        ints.append([])
        named.append([])
        for f in axis:
            if isinstance(f, int):
                ints[-1].append(i)
                i += 1
            else:
                named[-1].append(n)
                n += 1
    return ints, named


def permuted(g: Grid, order: Sequence[int]) -> Grid:
    """Axis k of the result is axis order[k]."""
    ints, named = _slots(g.axes)
    axes = tuple(g.axes[k] for k in order)
    cells = g.cells.transpose([s for k in order for s in ints[k]])
    moved = [s for k in order for s in named[k]]
    if moved == sorted(moved):
        return Grid(axes, cells)
    shape = names(axes)
    sources = tuple(Along(moved.index(k)) for k in range(len(moved)))
    return map_cells(Grid(axes, cells), lambda v: v if isinstance(v, Constant) else form.view(v, shape, sources))


def inserted(g: Grid, at: int) -> Grid:
    """A new axis of size 1."""
    return Grid((*g.axes[:at], (), *g.axes[at:]), g.cells)


def dropped(g: Grid, at: int) -> Grid:
    """Without an axis of size 1."""
    if g.axes[at] != ():
        raise ShapeError(f"axis {at} of shape {shown(g.axes)} has not size 1")
    return Grid((*g.axes[:at], *g.axes[at + 1 :]), g.cells)


def normal_axes(g: Grid, axis: Any) -> tuple[int, ...]:
    """None, an integer or several -> axes from 0."""
    width = len(g.axes)
    given = tuple(range(width)) if axis is None else tuple(axis) if isinstance(axis, tuple | list) else (axis,)
    for k in given:
        if not isinstance(k, int | np.integer) or not -width <= k < width:
            raise ShapeError(f"an array of shape {shown(g.axes)} has no axis {k}")
    found = tuple(int(k) % width for k in given)
    if len(set(found)) < len(found):
        raise ShapeError(f"axis {axis} names an axis twice")
    return found


def reduced(
    g: Grid,
    axes: tuple[int, ...],
    along: Callable[[Value, tuple[int, ...], tuple[str, ...]], Value],
    join: Callable[[list[Value]], Value],
    keepdims: bool = False,
) -> Grid:
    """`along` runs over named factors inside a cell, `join` over cells."""
    ints, named = _slots(g.axes)
    mine = [s for k in axes for s in ints[k]]
    inside = tuple(sorted(s for k in axes for s in named[k]))
    sizes = tuple(g.names[s] for s in inside)
    left = tuple(() if k in axes else axis for k, axis in enumerate(g.axes))
    rest = [s for s in range(g.cells.ndim) if s not in mine]
    cells = g.cells.transpose([*rest, *mine]).reshape((*(g.cells.shape[s] for s in rest), -1))
    out = new_cells(cells.shape[:-1])
    for at in np.ndindex(out.shape):
        out[at] = join([along(value, inside, sizes) if inside else value for value in cells[at]])
    kept = tuple(axis for k, axis in enumerate(left) if keepdims or k not in axes)
    return Grid(kept, out)


def number_of_elements(g: Grid, axes: Iterable[int]) -> Polynomial:
    """The product of some sizes."""
    total = collect({(): 1})
    for k in axes:
        total = total.times(size(g.axes[k]))
    return total


def size_value(p: Polynomial) -> Value:
    """A size as a formula."""
    return form.add(form.ZERO, *(form.multiply(form.number(c), *map(Dimension, ns)) for ns, c in p.terms))
