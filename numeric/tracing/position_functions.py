"""NumPy's functions that read and write at given positions: take, take_along_axis, put_along_axis, append, flips."""

from __future__ import annotations

from typing import Any

from .array import SymbolicArray, grid_of, is_array, kind_of, wrap
from .fancy import store
from .grids import dropped, inserted
from .labels import Count, Labels
from .lengthening import one_after_another
from .options import as_array, at_least, refuse_options
from .picking import locate, picked
from .refusal import NotCovered
from .shape_functions import flip
from .sizes import polynomial_of
from .ufuncs import noted


def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    """a[..., indices, ...], a copy"""
    if mode != "raise":
        raise NotCovered(f"np.take with mode={mode!r}")
    refuse_options((out,), {})
    x = as_array(a) if axis is not None else as_array(a).flatten()
    at = 0 if axis is None else int(axis) % x.ndim
    found = x[(*[slice(None)] * at, indices)]
    return noted(found.grid, found.kind)


def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    """x[n, y_n] as a column, labels y of shape (N, 1)"""
    x, key, at = _along(arr, indices, axis, "take_along_axis")
    return noted(inserted(picked(x.grid, locate(x.grid, key)), at), x.kind)


def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    """x[n, y_n] = v_n, labels y of shape (N, 1)"""
    if not is_array(arr):
        raise NotCovered("np.put_along_axis into an array of numbers", "make it with np.zeros_like")
    x, key, at = _along(arr, indices, axis, "put_along_axis")
    g = grid_of(values)
    store(x, key, wrap(dropped(g, at) if len(g.axes) == 2 else g, kind_of(values)))


def _along(arr: Any, indices: Any, axis: Any, name: str) -> tuple[SymbolicArray, tuple[Any, ...], int]:
    """The matrix, x[np.arange(N), y] as a key, and the axis along which the labels run."""
    x = as_array(arr)
    if not isinstance(indices, Labels) or x.ndim != 2 or indices.ndim != 2 or axis not in (0, 1, -1, -2):
        raise NotCovered(f"np.{name} with these indices", "a matrix and labels of shape (N, 1) are followed")
    at = int(axis) % 2
    if indices.axes[at] != () or indices.axes[1 - at] != x.axes[1 - at]:
        raise NotCovered(f"np.{name} with several positions in a row", "labels of shape (N, 1) are followed")
    y = Labels(dropped(indices.hot, at))
    count = Count(polynomial_of(x.shape[1 - at], "a size"), x.axes[1 - at])
    return x, (count, y) if at == 1 else (y, count), at


def append(arr: Any, values: Any, axis: Any = None) -> Any:
    """np.concatenate of two"""
    parts = [as_array(arr), as_array(values)]
    parts = [p.flatten() for p in parts] if axis is None else parts
    return noted(one_after_another([p.grid for p in parts], 0 if axis is None else int(axis)), kind_of(parts))


def dstack(arrays: Any, **options: Any) -> Any:
    """Along a third axis"""
    refuse_options((), options)
    parts = list(arrays)
    grids = [g if len((g := at_least(grid_of(p), 2)).axes) > 2 else inserted(g, 2) for p in parts]
    return noted(one_after_another(grids, 2), kind_of(parts))


def flipud(m: Any) -> Any:
    """Rows turned around"""
    return flip(m, 0)


def fliplr(m: Any) -> Any:
    """Columns turned around"""
    return flip(m, 1)


def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """An axis moved to stand before another"""
    x = as_array(a)
    axis, start = axis % x.ndim, start + x.ndim if start < 0 else start
    order = [k for k in range(x.ndim) if k != axis]
    order.insert(start - (axis < start), axis)
    return x.transpose(order)
