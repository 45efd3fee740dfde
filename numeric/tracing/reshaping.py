"""reshape: the factors stay in their order and are put into other groups; an integer factor may be split.

(N, C, H, W) -> (N, C*H*W)      (N, 12) -> (N, 3, 4)      (N, 4*H) -> (N, 4, H)
"""

from __future__ import annotations

from collections.abc import Sequence

from derive import ShapeError

from .context import active
from .grids import Axes, Axis, Factor, Grid, grid, integers, merged, names, number_of_elements, shown, size
from .polynomials import Polynomial, constant
from .refusal import NotCovered, WantsInteger

UNKNOWN = -1


def reshaped(g: Grid, sizes: Sequence[Polynomial | int]) -> Grid:
    """The grid with axes of these sizes; one of them may be -1."""
    wanted = completed(g, sizes)
    groups, factors = _grouped(g, wanted)
    cells = g.cells.reshape(integers([tuple(factors)]))
    return grid(groups, cells)


def completed(g: Grid, sizes: Sequence[Polynomial | int]) -> list[Polynomial]:
    """The sizes with -1 worked out; refused unless they multiply to the number of elements."""
    whole = number_of_elements(g, range(len(g.axes)))
    open_places = [k for k, s in enumerate(sizes) if s == UNKNOWN]
    known = constant(1)
    for s in sizes:
        if s != UNKNOWN:
            known = known.times(_polynomial(s))
    given = ", ".join(str(s) for s in sizes)
    if len(open_places) > 1:
        raise ShapeError(f"reshape({given}): only one size can be -1")
    mine = names(g.axes)
    if not open_places:
        if known != whole and any(n in active().known for n in (*mine, *known.names)):
            raise WantsInteger(f"reshape({given}) of {shown(g.axes)}", (*mine, *known.names))
        if known != whole:
            raise ShapeError(f"cannot reshape {shown(g.axes)}, of {whole} elements, to ({given})")
        return [_polynomial(s) for s in sizes]
    missing = whole.divided_by(known)
    if missing is None:
        if any(n in active().known for n in (*mine, *known.names)):
            raise WantsInteger(f"reshape({given}) of {shown(g.axes)}", (*mine, *known.names))
        raise ShapeError(f"cannot reshape {shown(g.axes)}, of {whole} elements, to ({given})")
    return [missing if s == UNKNOWN else _polynomial(s) for s in sizes]


def _polynomial(s: Polynomial | int) -> Polynomial:
    return s if isinstance(s, Polynomial) else constant(s)


def _grouped(g: Grid, wanted: Sequence[Polynomial]) -> tuple[Axes, list[Factor]]:
    """The factors put into groups of the wanted sizes, and all factors; neighbouring integers are cut anywhere."""
    rest: list[Factor] = list(merged(f for axis in g.axes for f in axis))
    groups: list[Axis] = []
    for target in wanted:
        group: list[Factor] = []
        while (need := target.divided_by(size(tuple(group)))) is not None and need != constant(1):
            if not rest:
                break
            group.append(_next(rest, need, g, wanted))
        groups.append(tuple(group))
    if rest:
        raise _other_order(g, wanted)
    return tuple(groups), [f for group in groups for f in group]


def _next(rest: list[Factor], need: Polynomial, g: Grid, wanted: Sequence[Polynomial]) -> Factor:
    """The next factor of a group that still needs this size; a part of it, if it is a larger integer."""
    f = rest.pop(0)
    if len(need.terms) != 1:
        raise _other_order(g, wanted)
    ((named, scale),) = need.terms
    if isinstance(f, str):
        if f not in named:
            raise _other_order(g, wanted)
        return f
    if scale % f == 0:
        return f
    if f % scale == 0 and scale > 1:
        rest.insert(0, f // scale)
        return scale
    raise _other_order(g, wanted)


def _other_order(g: Grid, wanted: Sequence[Polynomial]) -> NotCovered:
    sizes = ", ".join(map(str, wanted))
    return WantsInteger(f"reshape from {shown(g.axes)} to ({sizes}) cuts through an axis of named size", names(g.axes))
