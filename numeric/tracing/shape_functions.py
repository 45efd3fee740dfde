"""NumPy's functions that move elements: stack, split, roll, pad, repeat, squeeze."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from derive import ShapeError

from .array import SymbolicArray, grid_of, kind_of, wrap
from .creation import axes_of, filled
from .grids import Grid, broadcast_to, inserted, normal_axes
from .lengthening import one_after_another
from .options import (
    as_array,
    at_least,
    condition,
    into,
    refuse_options,
)
from .refusal import NotCovered, WantsInteger
from .ufuncs import noted


def squeeze(a: Any, axis: Any = None) -> Any:
    x = as_array(a)
    axes = normal_axes(x.grid, axis) if axis is not None else tuple(k for k, s in enumerate(x.axes) if s == ())
    if any(x.axes[k] != () for k in axes):
        raise ShapeError(f"squeeze of axis {axis} of an array of shape {x.shape}")
    if axis is None and any(s for s in x.axes if not any(isinstance(f, int) for f in s)):
        from_names = sorted({str(f) for s in x.axes for f in s if isinstance(f, str)})
        condition(f"squeeze() keeps an axis of named size: {', '.join(from_names)} other than 1")
    return x[tuple(0 if k in axes else slice(None) for k in range(x.ndim))] if axes else x


def expand_dims(a: Any, axis: Any) -> Any:
    x = as_array(a)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    width = x.ndim + len(axes)
    new = {k % width for k in axes}
    return x[tuple(None if k in new else slice(None) for k in range(width))]


def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    x = as_array(a)
    source = [k % x.ndim for k in ([source] if isinstance(source, int) else source)]
    destination = [k % x.ndim for k in ([destination] if isinstance(destination, int) else destination)]
    order = [k for k in range(x.ndim) if k not in source]
    for to, k in sorted(zip(destination, source, strict=True)):
        order.insert(to, k)
    return x.transpose(order)


def broadcast_to_(a: Any, shape: Any, **_: Any) -> Any:
    made = wrap(broadcast_to(grid_of(a), axes_of(shape)), kind_of(a))
    made.buffer.locked = "a change in place of what np.broadcast_to gives"
    return made


def stack(build: Callable[[list[Grid], int], Grid], default: int) -> Callable[..., Any]:
    def function(arrays: Any, axis: Any = default, out: Any = None, **options: Any) -> Any:
        refuse_options((), options)
        parts = list(arrays)
        return into(out, noted(build([grid_of(p) for p in parts], axis), kind_of(parts)))

    return function


def vstack(arrays: Any, **_: Any) -> Any:
    parts = list(arrays)
    return noted(one_after_another([at_least(grid_of(p), 2) for p in parts], 0), kind_of(parts))


def hstack(arrays: Any, **_: Any) -> Any:
    parts = list(arrays)
    grids = [at_least(grid_of(p), 1) for p in parts]
    return noted(one_after_another(grids, 0 if len(grids[0].axes) == 1 else 1), kind_of(parts))


def column_stack(arrays: Any, **_: Any) -> Any:
    parts = list(arrays)
    grids = [inserted(g, 1) if len((g := grid_of(p)).axes) == 1 else g for p in parts]
    return noted(one_after_another(grids, 1), kind_of(parts))


def split(a: Any, parts: Any, axis: int = 0) -> list[Any]:
    x = as_array(a)
    if isinstance(parts, int | np.integer):
        whole = x.shape[axis]
        step = whole // int(parts)
        bounds = [k * step for k in range(int(parts) + 1)]
    else:
        bounds = [0, *parts, x.shape[axis]]
    before = (slice(None),) * (axis % x.ndim)
    return [x[(*before, slice(lo, hi))] for lo, hi in pairwise(bounds)]


def diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    """Differences of neighbours along an axis"""
    x = as_array(a)
    if type(n) is not int or n < 1:
        raise NotCovered(f"np.diff of order {n!r}")
    before = (slice(None),) * (axis % x.ndim)
    for _ in range(n):
        x = x[(*before, slice(1, None))] - x[(*before, slice(None, -1))]
    return x


def flip(a: Any, axis: Any = None) -> Any:
    x = as_array(a)
    axes = normal_axes(x.grid, axis)
    return x[tuple(slice(None, None, -1) if k in axes else slice(None) for k in range(x.ndim))]


def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """The elements moved along axes of given size, the last ones to the front"""
    x = as_array(a)
    if axis is None:
        return roll(x.flatten(), shift, 0).reshape(x.shape)
    pairs = zip(np.atleast_1d(shift), np.atleast_1d(axis), strict=True)
    for s, k in pairs:
        at = int(k) % x.ndim
        n = x.shape[at]
        order = [(j - int(s)) % n for j in range(n)] if type(n) is int else _unrolled(x, at)
        x = x[(slice(None),) * at + (order,)] if n != 1 else x
    return x


def _unrolled(x: SymbolicArray, at: int) -> list[int]:
    raise WantsInteger("a permutation of an axis of named size", tuple(f for f in x.axes[at] if isinstance(f, str)))


def pad(a: Any, pad_width: Any, mode: str = "constant", **options: Any) -> Any:
    """Numbers put around an array, zeros unless told otherwise"""
    value = options.pop("constant_values", 0)
    if mode != "constant" or options or not isinstance(value, int | float):
        raise NotCovered(f"np.pad in mode {mode!r}")
    x = as_array(a)
    widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2))
    for k, (before, after) in enumerate(widths):
        sides = [filled((*x.shape[:k], int(n), *x.shape[k + 1 :]), value) if n else None for n in (before, after)]
        parts = [p for p in (sides[0], x, sides[1]) if p is not None]
        x = wrap(one_after_another([grid_of(p) for p in parts], k), x.kind) if len(parts) > 1 else x
    return noted(x.grid, x.kind)


def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    """Each element several times, one after the other"""
    x = as_array(a) if axis is not None else as_array(a).flatten()
    at = 0 if axis is None else int(axis) % x.ndim
    copies = inserted(x.grid, at + 1)
    (count,) = axes_of((repeats,))
    wide = broadcast_to(copies, (*copies.axes[: at + 1], count, *copies.axes[at + 2 :]))
    shape = [*x.shape[:at], -1, *x.shape[at + 1 :]]
    return noted(wrap(wide).reshape(shape).grid, x.kind)


def tile(a: Any, reps: Any) -> Any:
    """The whole array several times along its axes"""
    x = as_array(a)
    counts = list(reps) if isinstance(reps, tuple | list) else [reps]
    g = at_least(x.grid, len(counts))
    counts = [1] * (len(g.axes) - len(counts)) + counts
    for k, count in enumerate(counts):
        (axis,) = axes_of((count,))
        wide = inserted(g, k)
        wide = broadcast_to(wide, (*wide.axes[:k], axis, *wide.axes[k + 1 :]))
        shape = wrap(g).shape
        g = wrap(wide).reshape([*shape[:k], -1, *shape[k + 1 :]]).grid
    return noted(g, x.kind)
