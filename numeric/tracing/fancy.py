"""x[...] beyond integers and slices: masks, labels, lists of positions."""

from __future__ import annotations

from typing import Any

import numpy as np

from derive import ShapeError

from . import coordinates
from . import formulas as form
from .array import SymbolicArray, grid_of, is_array, kind_into, kind_of, wrap
from .coordinates import are_coordinates
from .grids import Axis, Grid, broadcast_to, elementwise, grid
from .labels import Count, Labels
from .masked import Masked, over, same_grid
from .picking import added, locate, picked, put
from .refusal import NotCovered, WantsInteger
from .wording import several


def fetch(x: SymbolicArray, parts: tuple[Any, ...]) -> Any:
    """x[parts]"""
    if are_coordinates(parts):
        return coordinates.fetch(x, parts)
    if _is_mask(parts):
        return Masked(x.grid, broadcast_to(over(grid_of(parts[0]), x.grid), x.axes), x.kind)
    if _are_labels(parts):
        x, parts = _integers_first(x, parts)
        return wrap(picked(x.grid, locate(x.grid, parts)), x.kind)
    index, axes = _positions(x.grid, parts)
    return wrap(grid(axes, x.grid.cells[index]), x.kind)


def store(x: SymbolicArray, parts: tuple[Any, ...], new: Any) -> None:
    """x[parts] = new;  parts = ("at", name, key) is np.add.at"""
    if are_coordinates(parts):
        coordinates.store(x, parts, new)
    elif parts and isinstance(parts[0], str):
        _at(x, parts[1], parts[2], new)
    elif _is_mask(parts):
        x.put(_masked(x.grid, grid_of(parts[0]), new), new.kind if isinstance(new, Masked) else kind_into(x, new))
    elif _are_labels(parts):
        x, parts = _integers_first(x, parts)
        x.put(put(x.grid, locate(x.grid, parts), grid_of(new)), kind_into(x, new))
    else:
        index, axes = _positions(x.grid, parts)
        cells = x.grid.cells.copy()
        fresh = broadcast_to(grid_of(new), axes).cells
        cells[index] = fresh.reshape(np.shape(cells[index])) if isinstance(cells[index], np.ndarray) else fresh[()]
        x.put(Grid(x.axes, cells), kind_into(x, new))


def _is_mask(parts: tuple[Any, ...]) -> bool:
    return (
        len(parts) == 1
        and not isinstance(parts[0], Labels | Count)
        and (
            (is_array(parts[0]) and parts[0].kind == "b")
            or (
                isinstance(parts[0], np.ndarray | list)
                and not is_array(parts[0])
                and np.asarray(parts[0]).dtype == bool
            )
        )
    )


def _are_labels(parts: tuple[Any, ...]) -> bool:
    return any(isinstance(p, Labels) for p in parts)


def _integers_first(x: SymbolicArray, parts: tuple[Any, ...]) -> tuple[SymbolicArray, tuple[Any, ...]]:
    """x[y, 0] as x[:, 0][y]: the same where the integers stand beside the labels, without a slice between."""
    parts = tuple(slice(None) if p is Ellipsis and len(parts) == len(x.axes) else p for p in parts)
    fixed = [k for k, p in enumerate(parts) if isinstance(p, int | np.integer) and not isinstance(p, bool | np.bool_)]
    advanced = [k for k, p in enumerate(parts) if not isinstance(p, slice)]
    if not fixed or len(parts) > len(x.axes):
        return x, parts
    if advanced[-1] - advanced[0] >= len(advanced) or any(p is None or p is Ellipsis for p in parts):
        raise NotCovered("labels and integers with an axis between them", "take the integers first: x[:, 0][y]")
    column = tuple(p if k in fixed else slice(None) for k, p in enumerate(parts))
    return x[column], tuple(p for k, p in enumerate(parts) if k not in fixed)


def _masked(g: Grid, mask: Grid, new: Any) -> Grid:
    """where(mask, new, g)"""
    mask = over(mask, g)
    if isinstance(new, Masked):
        if not same_grid(broadcast_to(mask, g.axes), new.mask):
            raise NotCovered("x[mask] = y[other mask]", "how many elements a mask picks hangs on values")
        return elementwise(form.choose, mask, new.whole, g)
    value = grid_of(new)
    if any(axis != () for axis in value.axes):
        raise NotCovered("x[mask] = an array", "how many elements a mask picks hangs on values: write np.where")
    return elementwise(form.choose, mask, Grid((), value.cells.reshape(())), g)


def _at(x: SymbolicArray, name: str, key: Any, new: Any) -> None:
    """np.add.at, np.subtract.at"""
    if not is_array(x):
        raise NotCovered(f"np.{name}.at on an array of numbers")
    parts = key if isinstance(key, tuple) else (key,)
    if not _are_labels(parts):
        raise NotCovered(f"np.{name}.at with these indices", "integer labels are followed")
    change = grid_of(new)
    if name == "subtract":
        change = elementwise(form.negative, change)
    x.put(added(x.grid, locate(x.grid, parts), change), kind_of(new))


# --- lists of positions, on axes of given size ------------------------------------------------------------------------


def _positions(g: Grid, parts: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Axis, ...]]:
    """An index of the cells, and the axes of the result, by NumPy's rules."""
    if any(p is None for p in parts):
        raise NotCovered("None among lists of positions")
    given = len([p for p in parts if p is not Ellipsis])
    spread: list[Any] = []
    for p in parts if any(p is Ellipsis for p in parts) else (*parts, Ellipsis):
        spread += [slice(None)] * (len(g.axes) - given) if p is Ellipsis else [p]
    if len(spread) != len(g.axes):
        raise ShapeError(f"{several(given, 'index')} for an array of {several(len(g.axes), 'axis')}")
    index: list[Any] = []
    chosen: list[int] = []
    kept: dict[int, Axis] = {}
    lists: list[Any] = []
    for k, (p, axis) in enumerate(zip(spread, g.axes, strict=True)):
        if isinstance(p, slice):
            _slice(p, axis, index)
            kept[k] = _sliced(p, axis)
            continue
        at = np.asarray(_concrete(p))
        if at.dtype.kind not in "iu":
            raise NotCovered(f"the index {p!r}")
        if any(isinstance(f, str) for f in axis):
            raise WantsInteger(
                "a list of positions on an axis of named size", tuple(f for f in axis if isinstance(f, str))
            )
        if axis:
            index.append(at)
        elif np.any(at):
            raise ShapeError("a position outside of an axis of size 1")
        chosen.append(k)
        lists.append(at)
    shape = np.broadcast_shapes(*(a.shape for a in lists))
    new = tuple((n,) if n != 1 else () for n in shape)
    together = chosen == list(range(chosen[0], chosen[0] + len(chosen)))
    if not together and len({id(i) for i in index if isinstance(i, np.ndarray)}) != len(chosen):
        raise NotCovered("lists of positions on axes of size 1")
    if any(not g.axes[k] for k in chosen):
        raise NotCovered("a list of positions on an axis of size 1")
    start = chosen[0] if together else 0
    left = [axis for k, axis in kept.items() if k < start], [axis for k, axis in kept.items() if k >= start]
    if not together:
        return tuple(index), (*new, *(axis for axis in kept.values()))
    return tuple(index), (*left[0], *new, *left[1])


def _concrete(p: Any) -> Any:
    if is_array(p) or isinstance(p, Labels | Count | Masked):
        raise NotCovered("an index that hangs on values", "x[np.arange(N), y] with labels is followed")
    return p


def _slice(p: slice, axis: Axis, index: list[Any]) -> None:
    for f in axis:
        if isinstance(f, int):
            index.append(p)


def _sliced(p: slice, axis: Axis) -> Axis:
    if p == slice(None):
        return axis
    if len(axis) == 1 and isinstance(axis[0], int):
        n = len(range(*p.indices(axis[0])))
        return (n,) if n != 1 else ()
    raise NotCovered("a slice beside a list of positions")
