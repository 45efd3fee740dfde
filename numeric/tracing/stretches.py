"""x[1:], x[:-1], x[k:k + T - 2], x[-1], x[::-1] on an axis of named size T: the positions as a matrix.

    S[u, t] = [t = start + u]        x[start:start + U]_u = sum_t S_ut x_t
    x[start:start + U] = v   ->   sum_u S_ut v_u + (1 - sum_u S_ut) x_t          += v   ->   x_t + sum_u S_ut v_u

To the kernel S is a free matrix, and U = T - 1 a dimension of its own: what is proved for every S holds for this one.
Nothing is refuted that way; where no proof is found, T has to be an integer.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from derive.arrays.values import Along, Constant, Declared, Reduced, Value

from . import formulas as form
from .context import active
from .grids import Axis, Grid, elementwise, map_cells, names, size
from .polynomials import Polynomial, constant

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Stretch:
    """Positions of an axis: `length` of them from `start` on; without a length one, from the end if it is negative."""

    axis: str
    start: int
    length: str = ""
    backwards: bool = False

    @property
    def one_hot(self) -> bool:
        """Has every row of the matrix one 1?  Backwards that would say nothing that is needed."""
        return not self.backwards

    @property
    def name(self) -> str:
        """Of the matrix."""
        if not self.length:
            return f"the array that picks position {self.start} of {self.axis}"
        if self.backwards:
            return f"the array that turns {self.axis} around"
        return f"the array that picks {self.length} positions of {self.axis}, from {self.start} on,"

    @property
    def matrix(self) -> Declared:
        """S: (length, axis), or (axis,)"""
        return Declared(self.name, (self.length, self.axis) if self.length else (self.axis,))

    def numbers(self, dims: Mapping[str, int]) -> Any:
        """S for given sizes."""
        whole = np.eye(dims[self.axis])
        if not self.length:
            return whole[self.start]
        return whole[::-1] if self.backwards else whole[self.start : self.start + dims[self.length]]


def named_axis(p: Polynomial) -> Axis | None:
    """T - 1 as an axis with a name of its own; None where it may not be one."""
    trace = active()
    dims = [names for names, _ in p.terms if names]
    if not trace.cuts or len(dims) != 1 or len(dims[0]) != 1 or p.terms[-1][1] != 1 or dims[0][0] in trace.known:
        return None
    (name,) = dims[0]
    rest = p.plus(Polynomial((((name,), 1),)), -1).number
    if rest is None:
        return None
    if rest == 0:
        return (name,)
    at_least(name, 1 - rest)
    derived = str(p).replace(" ", "")
    trace.derived[derived] = p
    return (derived,)


def at_least(name: str, least: int) -> None:
    """A dimension that has to be as large: the verdict says so."""
    trace = active()
    trace.least[name] = max(least, trace.least.get(name, 1))


def stretch(axis: Axis, start: Polynomial, stop: Polynomial) -> tuple[Stretch, Axis] | None:
    """start:stop of an axis of one name; None where that is no stretch."""
    if not may_be_cut(axis):
        return None
    whole = size(axis)
    gap = whole.plus(stop, -1).number
    if gap is None or start.number is None or start.number < 0:
        return None
    length = whole.plus(constant(start.number + max(gap, 0)), -1)
    left = length.terms[0][0] if len(length.terms) == 1 and length.terms[0][1] == 1 else named_axis(length)
    if left is None:
        return None
    return _noted(Stretch(str(axis[0]), start.number, str(left[0]))), tuple(left)


def backwards(axis: Axis) -> Stretch | None:
    """[::-1]"""
    return _noted(Stretch(str(axis[0]), 0, str(axis[0]), backwards=True)) if may_be_cut(axis) else None


def position(axis: Axis, k: int) -> Stretch | None:
    """[k] or [-k]"""
    if not may_be_cut(axis):
        return None
    whole = size(axis)
    c = sum(n for names_, n in whole.terms if not names_)
    (name,) = whole.names
    at_least(name, (k + 1 if k >= 0 else -k) - c)
    return _noted(Stretch(str(axis[0]), k))


def may_be_cut(axis: Axis) -> bool:
    """A single name whose positions may stand as a matrix."""
    return active().cuts and len(axis) == 1 and isinstance(axis[0], str) and axis[0] not in active().known


def from_the_second(name: str) -> Stretch | None:
    """[1:] of an axis, if it was taken before."""
    axis = (name,)
    seen = (s for s in active().stretches.values() if s.axis == name and s.start == 1 and s.length and not s.backwards)
    return next((s for s in seen if size((s.length,)).plus(constant(1)) == size(axis)), None)


def _noted(found: Stretch) -> Stretch:
    active().stretches.setdefault(found.name, found)
    return found


# --- reading and writing ----------------------------------------------------------------------------------------------


def gathered(g: Grid, at: int, s: Stretch) -> Grid:
    """sum_t S_ut x_t on an axis; it is left out where S is one position."""
    k = len(names(g.axes[:at]))
    before, after = g.names[:k], g.names[k + 1 :]
    new = (s.length,) if s.length else ()
    axes = (*g.axes[:at], *((new,) if s.length else ()), *g.axes[at + 1 :])

    def build(v: Value) -> Value:
        if isinstance(v, Constant):
            return v
        shape = (*before, *new, *after, s.axis)
        last = len(shape) - 1
        others = [Along(j) for j in (*range(k), *range(k + len(new), last))]
        child = form.view(v, shape, (*others[:k], Along(last), *others[k:]))
        own = _entries(s, shape, k, last)
        return Reduced(form.multiply(own, child), (last,))

    return Grid(axes, map_cells(g, build).cells)


def _entries(s: Stretch, shape: tuple[int | str, ...], row: int, column: int) -> Value:
    """S at positions of two axes; backwards it is symmetric, so (S + S^T) / 2"""
    if not s.length:
        return form.view(s.matrix, shape, (Along(column),))
    own = form.view(s.matrix, shape, (Along(row), Along(column)))
    if not s.backwards:
        return own
    return form.multiply(
        form.number(Fraction(1, 2)), form.add(own, form.view(s.matrix, shape, (Along(column), Along(row))))
    )


def scattered(g: Grid, at: int, s: Stretch) -> Grid:
    """sum_u S_ut v_u on an axis; with one position the axis is new."""
    k = len(names(g.axes[:at]))
    rest = g.axes[at + 1 :] if s.length else g.axes[at:]
    axes = (*g.axes[:at], (s.axis,), *rest)
    before, after = g.names[:k], names(rest)
    shape = (*before, s.axis, *after, *((s.length,) if s.length else ()))
    last = len(shape) - 1
    outer = [Along(j) for j in (*range(k), *range(k + 1, k + 1 + len(after)))]
    own = _entries(s, shape, last, k)

    def build(v: Value) -> Value:
        if form.is_number(v, 0):
            return v
        sources = (*outer[:k], *((Along(last),) if s.length else ()), *outer[k:])
        spread = v if isinstance(v, Constant) else form.view(v, shape, sources)
        both = form.multiply(own, spread)
        return Reduced(both, (last,)) if s.length else both

    return Grid(axes, map_cells(g, build).cells)


def covered(s: Stretch, at: int, width: int) -> Grid:
    """sum_u S_ut: which positions are in the stretch, on one axis of several"""
    one = np.empty((), dtype=object)
    one[()] = Reduced(s.matrix, (0,)) if s.length else s.matrix
    return Grid(tuple((s.axis,) if k == at else () for k in range(width)), one)


def outside(g: Grid, covers: list[Grid]) -> Grid:
    """What is not in all of the stretches keeps its value."""
    mask = covers[0]
    for c in covers[1:]:
        mask = elementwise(form.multiply, mask, c)
    return elementwise(lambda m, v: form.multiply(form.opposite(m), v), mask, g)
