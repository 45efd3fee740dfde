"""Arrays one after the other along an axis, (T, 1) for instance: T + 1 zeros, and each part put in its place.

np.pad(x, 1), np.hstack([np.ones((N, 1)), X])
"""

from __future__ import annotations

from collections.abc import Sequence

from . import formulas as form
from .context import active
from .grids import Axis, Grid, full, integers, names, shown, size
from .joining import concatenated
from .polynomials import constant
from .refusal import WantsInteger
from .selecting import Part, Selection, added_to, read, selection
from .stretches import named_axis, position, stretch


def one_after_another(parts: Sequence[Grid], at: int) -> Grid:
    """np.concatenate; one axis of named size among axes of given size is followed by its positions."""
    width = len(parts[0].axes)
    along = [p.axes[at % width] for p in parts] if all(len(p.axes) == width for p in parts) else []
    if not active().cuts or sum(bool(names([a])) for a in along) != 1 or not any(not names([a]) for a in along):
        return concatenated(parts, at)
    total = constant(0)
    for a in along:
        total = total.plus(size(a))
    new = named_axis(total)
    others = {tuple(axis for k, axis in enumerate(p.axes) if k != at % width) for p in parts}
    if new is None or len(others) != 1:
        raise WantsInteger(f"sizes {' and '.join(shown((a,)) for a in along)} one after the other", names(along))
    out = full((*parts[0].axes[: at % width], new, *parts[0].axes[at % width + 1 :]), form.ZERO)
    return _filled(out, parts, at % width, along)


def _filled(out: Grid, parts: Sequence[Grid], at: int, along: Sequence[Axis]) -> Grid:
    """Each part added to the zeros at its place: positions from the front, the stretch, positions from the end."""
    sizes = [_count(a) for a in along]
    middle = sizes.index(0)
    before = sum(sizes[:middle])
    k = -sum(sizes[middle + 1 :])
    places = [*range(before), None, *range(k, 0)]
    pieces: list[Grid] = []
    for p, n in zip(parts, sizes, strict=True):
        pieces += [_row(p, at, j) for j in range(n)] if n else [p]
    for place, piece in zip(places, pieces, strict=True):
        out = added_to(out, _place(out, at, place, before, k), piece)
    return out


def _count(axis: Axis) -> int:
    """How many positions of given number; 0 for the named axis."""
    if names([axis]):
        return 0
    (n,) = integers([axis]) or (1,)
    return n


def _row(p: Grid, at: int, j: int) -> Grid:
    return read(p, selection(p.axes, (*[slice(None)] * at, j)))


def _place(out: Grid, at: int, k: int | None, before: int, after: int) -> Selection:
    """Where a piece goes; None is the stretch in the middle."""
    axis = out.axes[at]
    chosen = list(selection(out.axes, ()).parts)
    if k is None:
        found = stretch(axis, constant(before), size(axis).plus(constant(after)))
        assert found is not None
        chosen[at] = Part((), False, found[1], found[0])
    elif k == 0:
        chosen[at] = selection(out.axes, (*[slice(None)] * at, 0)).parts[at]
    else:
        single = position(axis, k)
        assert single is not None
        chosen[at] = Part((), False, None, single)
    return Selection(tuple(chosen))
