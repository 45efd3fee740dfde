"""stack and concatenate: cells put side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from derive import ShapeError

from .grids import Axis, Factor, Grid, broadcast_axes, grid, integers, merged, names, new_cells, shown
from .refusal import WantsInteger


def stacked(parts: Sequence[Grid], at: int) -> Grid:
    """Arrays of one shape along a new axis."""
    axes = parts[0].axes
    if any(p.axes != axes for p in parts):
        given = " and ".join(dict.fromkeys(shown(p.axes) for p in parts))
        if len({p.axes for p in parts}) > 1 and len({len(p.axes) for p in parts}) == 1:
            broadcast_axes(*(p.axes for p in parts))
        raise ShapeError(f"arrays of shapes {given} cannot be stacked")
    at = at % (len(axes) + 1)
    new = (*axes[:at], (len(parts),), *axes[at:])
    before = len(integers(axes[:at]))
    cells = new_cells((*integers(axes[:at]), len(parts), *integers(axes[at:])))
    for k, p in enumerate(parts):
        cells[(slice(None),) * before + (k,)] = p.cells if p.cells.ndim else p.cells[()]
    return grid(new, cells)


def concatenated(parts: Sequence[Grid], at: int) -> Grid:
    """Arrays one after the other along an axis: blocks of one named size, or integers."""
    width = len(parts[0].axes)
    if any(len(p.axes) != width for p in parts):
        raise ShapeError("arrays to concatenate have different numbers of axes")
    at = at % width
    others = [(*p.axes[:at], *p.axes[at + 1 :]) for p in parts]
    if any(o != others[0] for o in others):
        given = " and ".join(dict.fromkeys(shown(p.axes) for p in parts))
        raise ShapeError(f"arrays of shapes {given} cannot be concatenated along axis {at}")
    block, counts = _blocks([p.axes[at] for p in parts])
    rest = [f for f in block if isinstance(f, int)]
    axes = parts[0].axes
    before, after = integers(axes[:at]), integers(axes[at + 1 :])
    pieces = [p.cells.reshape((*before, n, *rest, *after)) for p, n in zip(parts, counts, strict=True)]
    joined = np.concatenate(pieces, axis=len(before))
    new_cells(joined.shape)
    return grid((*axes[:at], merged((sum(counts), *block)), *axes[at + 1 :]), joined)


def _blocks(axes: Sequence[Axis]) -> tuple[Axis, list[int]]:
    """(4*H), (H) -> blocks of H, 4 and 1 of them"""
    tails: list[Axis] = []
    counts: list[int] = []
    for axis in axes:
        first: Factor = axis[0] if axis else 1
        count = first if isinstance(first, int) else 1
        counts.append(count)
        tails.append(axis[1:] if isinstance(first, int) else axis)
    if any(t != tails[0] for t in tails):
        given = " and ".join(dict.fromkeys(shown((axis,)) for axis in axes))
        raise WantsInteger(f"sizes {given} one after the other", names(axes))
    return tails[0], counts
