"""x[...] with integers, slices, None and Ellipsis, read and written.

Positions are picked among the cells.  On an axis of named size there are the whole axis, position 0, and on (4*H) the
blocks of H.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from derive import ShapeError
from derive.arrays.values import Along, Constant, Reduced, Unit, Value, View

from . import formulas as form
from .grids import Axes, Axis, Factor, Grid, broadcast_to, elementwise, grid, merged, names, shown, size
from .polynomials import Polynomial, constant
from .refusal import NotCovered, WantsInteger
from .sizes import SymbolicSize, as_polynomial
from .stretches import Stretch, backwards, covered, from_the_second, gathered, outside, position, scattered, stretch
from .wording import several


@dataclass(frozen=True)
class Part:
    """What is taken of one axis: an index for each integer factor, position 0 of its names?, and the axis that is left.

    `left` is None where the axis disappears.
    """

    index: tuple[Any, ...]
    first: bool
    left: Axis | None
    stretch: Stretch | None = None


@dataclass(frozen=True)
class Selection:
    """Parts in the order of the axes; None is a new axis."""

    parts: tuple[Part | None, ...]

    def left(self) -> Axes:
        """The axes of what is selected."""
        left = [() if p is None else p.left for p in self.parts]
        return tuple(axis for axis in left if axis is not None)

    @property
    def cut(self) -> list[tuple[int, Stretch]]:
        """The stretches, and where they stand while their axes are whole, last first."""
        kept = [p for p in self.parts if p is None or p.left is not None or p.stretch]
        return [(k, p.stretch) for k, p in enumerate(kept) if p is not None and p.stretch][::-1]

    def whole(self) -> Selection:
        """The same with whole axes in place of stretches."""
        return Selection(tuple(Part((), False, (p.stretch.axis,)) if p and p.stretch else p for p in self.parts))


def is_basic(parts: Sequence[Any]) -> bool:
    """Only integers, slices, None and Ellipsis?  The rest is fancy."""
    return all(
        k is None
        or k is Ellipsis
        or isinstance(k, slice | SymbolicSize)
        or (isinstance(k, int | np.integer) and not isinstance(k, bool))
        for k in parts
    )


def leaves_one_piece(parts: Sequence[Any]) -> bool:
    """Does an index leave one piece of memory?  Integers first, then at most one slice, then whole axes."""
    seen = False
    for k in parts:
        if (isinstance(k, slice) and k == slice(None)) or k is None or k is Ellipsis:
            seen = True
        elif seen or (isinstance(k, slice) and k.step not in (None, 1)):
            return False
        elif isinstance(k, slice):
            seen = True
    return True


def selection(axes: Axes, key: Sequence[Any]) -> Selection:
    """The parts of a key; axes that it does not speak of are kept."""
    given = sum(k is not None and k is not Ellipsis for k in key)
    if given > len(axes):
        raise ShapeError(f"{several(given, 'index')} for an array of shape {shown(axes)}")
    if sum(k is Ellipsis for k in key) > 1:
        raise ShapeError("an index has at most one '...'")
    full = [slice(None)] * (len(axes) - given)
    if not any(k is Ellipsis for k in key):
        key = [*key, Ellipsis]
    spread = [part for k in key for part in (full if k is Ellipsis else [k])]
    rest = iter(axes)
    return Selection(tuple(None if k is None else _part(next(rest), k, axes) for k in spread))


def _part(axis: Axis, k: Any, axes: Axes) -> Part:
    whole = tuple(slice(None) for f in axis if isinstance(f, int))
    if isinstance(k, slice):
        return Part(whole, False, axis) if k == slice(None) else _sliced(axis, k, axes)
    if isinstance(k, SymbolicSize):
        raise WantsInteger(f"position {k} of an axis", k.polynomial.names)
    k = int(k)
    if axis == () and k in (0, -1):
        return Part((), False, None)
    if all(isinstance(f, int) for f in axis):
        n = int(axis[0]) if axis else 1
        if not -n <= k < n:
            raise ShapeError(f"position {k} is outside of an axis of size {n}")
        return Part((k,), False, None)
    if k == 0:
        return Part(tuple(0 for _ in whole), True, None)
    if (found := position(axis, k)) is not None:
        return Part((), False, None, found)
    raise WantsInteger(f"position {k} of an axis of size {size(axis)}", names([axis]))


def _sliced(axis: Axis, k: slice, axes: Axes) -> Part:
    """start:stop:step"""
    if all(isinstance(f, int) for f in axis):
        return _sliced_cells(axis, _concrete(k))
    length = size(axis)
    start = _bound(k.start, constant(0), length)
    stop = _bound(k.stop, length, length)
    whole = tuple(slice(None) for f in axis if isinstance(f, int))
    if k.step in (None, 1):
        if start == constant(0) and stop == length:
            return Part(whole, False, axis)
        if start == constant(0) and stop == constant(1):
            return Part(tuple(0 for _ in whole), True, ())
        blocks = _blocks(axis, start, stop)
        if blocks is not None:
            return blocks
        if (cut := stretch(axis, start, stop)) is not None:
            return Part((), False, cut[1], cut[0])
    if (every := _every(axis, k, whole)) is not None:
        return every
    if (k.start, k.stop, k.step) == (None, None, -1) and (turned := backwards(axis)) is not None:
        return Part((), False, axis, turned)
    raise WantsInteger(f"the slice [{_show(k)}] of an axis of size {length}", names([axis]))


def _sliced_cells(axis: Axis, k: slice) -> Part:
    n = axis[0] if axis else 1
    assert isinstance(n, int)
    count = len(range(*k.indices(n)))
    if count == 0:
        raise NotCovered(f"the slice [{_show(k)}] of an axis of size {n} is empty")
    if not axis:
        return Part((), False, ())
    return Part((k,), False, merged([count]))


def _blocks(axis: Axis, start: Polynomial, stop: Polynomial) -> Part | None:
    """[H:3*H] of an axis (4, H): blocks 1 and 2."""
    first: Factor = axis[0]
    if not isinstance(first, int):
        return None
    block = size(axis[1:])
    a, b = start.divided_by(block), stop.divided_by(block)
    if a is None or b is None or a.number is None or b.number is None or not 0 <= a.number < b.number <= first:
        return None
    others = tuple(slice(None) for f in axis[1:] if isinstance(f, int))
    return Part((slice(a.number, b.number), *others), False, merged((b.number - a.number, *axis[1:])))


def _every(axis: Axis, k: slice, whole: tuple[Any, ...]) -> Part | None:
    """[0::2] or [1::2] of an axis (h, 2): one position of the last factor."""
    start = 0 if k.start is None else k.start
    if k.stop is not None or type(k.step) is not int or type(start) is not int:
        return None
    if axis[-1] != k.step or not 0 <= start < k.step:
        return None
    return Part((*whole[:-1], start), False, merged(axis[:-1]))


def _bound(x: Any, default: Polynomial, length: Polynomial) -> Polynomial:
    if x is None:
        return default
    p = as_polynomial(x)
    if p is None:
        raise NotCovered(f"{x!r} as the bound of a slice")
    return length.plus(p) if p.sign() == -1 else p


def _concrete(k: slice) -> slice:
    for x in (k.start, k.stop, k.step):
        if isinstance(x, SymbolicSize):
            raise WantsInteger(f"the bound {x} of a slice", x.polynomial.names)
    return k


def _show(k: slice) -> str:
    parts = ["" if x is None else str(x) for x in (k.start, k.stop)]
    return ":".join(parts if k.step is None else [*parts, str(k.step)])


# --- reading and writing ----------------------------------------------------------------------------------------------


def _index(chosen: Selection) -> tuple[Any, ...]:
    return tuple(i for p in chosen.parts if p is not None for i in p.index)


def _firsts(axes: Axes, chosen: Selection) -> list[bool]:
    """For every axis of a formula: is only position 0 taken?"""
    parts = [p for p in chosen.parts if p is not None]
    return [p.first for axis, p in zip(axes, parts, strict=True) for f in axis if isinstance(f, str)]


def read(g: Grid, chosen: Selection) -> Grid:
    """What is selected."""
    if chosen.cut:
        g = read(g, chosen.whole())
        for k, s in chosen.cut:
            g = gathered(g, k, s)
        return g
    cells = g.cells[_index(chosen)]
    if not isinstance(cells, np.ndarray):
        box = np.empty((), dtype=object)
        box[()] = cells
        cells = box
    firsts = _firsts(g.axes, chosen)
    left = chosen.left()
    if not any(firsts):
        return grid(left, cells)
    kept = [k for k, first in enumerate(firsts) if not first]
    sources = tuple(0 if first else Along(kept.index(k)) for k, first in enumerate(firsts))
    shape = tuple(g.names[k] for k in kept)
    out = np.empty(cells.shape, dtype=object)
    for at in np.ndindex(cells.shape):
        out[at] = cells[at] if isinstance(cells[at], Constant) else form.view(cells[at], shape, sources)
    return grid(left, out)


def written(g: Grid, chosen: Selection, new: Grid) -> Grid:
    """The grid in which what is selected is replaced; `new` is broadcast."""
    axes = chosen.left()
    while len(new.axes) > len(axes) and new.axes[0] == ():
        new = Grid(new.axes[1:], new.cells)
    new = broadcast_to(new, axes)
    if chosen.cut:
        old = read(g, chosen.whole())
        rest = outside(old, [covered(s, at, len(old.axes)) for at, s in chosen.cut])
        return written(g, chosen.whole(), elementwise(form.add, rest, _spread(new, chosen)))
    out = g.cells.copy()
    index = _index(chosen)
    before: Any = out[index]
    firsts = _firsts(g.axes, chosen)
    if not any(firsts):
        out[index] = new.cells.reshape(np.shape(before)) if isinstance(before, np.ndarray) else new.cells[()]
        return Grid(g.axes, out)
    here = _at_first(g.names, firsts)
    kept = [k for k, first in enumerate(firsts) if not first]
    named = tuple(g.names[k] if k in kept else 1 for k in range(len(firsts)))

    def mixed(was: Value, now: Value) -> Value:
        spread = now if isinstance(now, Constant) else form.view(now, named, tuple(map(Along, kept)))
        return form.widened(form.choose(here, spread, was), g.names)

    if isinstance(before, np.ndarray):
        fresh: Any = new.cells.reshape(before.shape)
        block = np.empty(before.shape, dtype=object)
        for at in np.ndindex(before.shape):
            was: Any = before[at]
            block[at] = mixed(was, fresh[at])
        out[index] = block
    else:
        out[index] = mixed(before, new.cells[()])
    return Grid(g.axes, out)


def added_to(g: Grid, chosen: Selection, change: Grid) -> Grid:
    """The grid in which something is added to what is selected."""
    spread = _spread(broadcast_to(change, chosen.left()), chosen)
    return written(g, chosen.whole(), elementwise(form.add, read(g, chosen.whole()), spread))


def _spread(new: Grid, chosen: Selection) -> Grid:
    """What is written into stretches, zero outside of them."""
    for at, s in reversed(chosen.cut):
        new = scattered(new, at, s)
    return new


def _at_first(shape: tuple[str, ...], firsts: list[bool]) -> Value:
    """1 where every marked axis is at position 0, else 0."""
    marks = []
    for k, first in enumerate(firsts):
        if first:
            sizes = tuple(name if j == k else 1 for j, name in enumerate(shape))
            marks.append(_first_of(shape[k], sizes, k))
    return form.multiply(*marks)


def _first_of(name: str, shape: tuple[int | str, ...], k: int) -> Value:
    """1 at position 0 of an axis; where x[1:] was taken of it, what is not in that stretch."""
    rest = from_the_second(name)
    if rest is None:
        return View(Unit(name), shape, (Along(k), 0))
    return form.opposite(form.view(Reduced(rest.matrix, (0,)), shape, (Along(k),)))
