"""Products that sum over shared axes: all are einsum.

C_ik = sum_j A_ij B_jk
"""

from __future__ import annotations

from collections.abc import Sequence

from derive import ShapeError
from derive.arrays.values import Along, Constant

from . import formulas as form
from .grids import Axis, Grid, elementwise, inserted, map_cells, misfit, permuted, shown
from .reductions import total
from .refusal import NotCovered
from .wording import several


def einsum(terms: Sequence[str], out: str, grids: Sequence[Grid]) -> Grid:
    """sum over the letters that are not in `out` of the product of the arrays; one letter for each axis."""
    sizes: dict[str, Axis] = {}
    for term, g in zip(terms, grids, strict=True):
        if len(term) != len(g.axes):
            raise ShapeError(f"{term!r} names {several(len(term), 'axis')} of an array of shape {shown(g.axes)}")
        for letter, axis in zip(term, g.axes, strict=True):
            if sizes.setdefault(letter, axis) != axis:
                if () not in (sizes[letter], axis):
                    raise misfit(f"axis {letter!r} of a product", sizes[letter], axis)
                sizes[letter] = sizes[letter] or axis
    summed = [letter for letter in sizes if letter not in out]
    order = [*out, *summed]
    spread = [_spread(*_without_repeats(term, g), order) for term, g in zip(terms, grids, strict=True)]
    both = elementwise(form.multiply, *spread)
    return total(both, tuple(range(len(out), len(order))))


def _spread(term: str, g: Grid, order: Sequence[str]) -> Grid:
    """The array with its axes in the order of the letters, size 1 where it has none."""
    mine = [letter for letter in order if letter in term]
    g = permuted(g, [term.index(letter) for letter in mine])
    for k, letter in enumerate(order):
        if letter not in term:
            g = inserted(g, k)
    return g


def _without_repeats(term: str, g: Grid) -> tuple[str, Grid]:
    """ii -> i: diagonals"""
    for letter in term:
        if term.count(letter) > 1:
            first = term.index(letter)
            second = term.index(letter, first + 1)
            return _without_repeats(term[:second] + term[second + 1 :], diagonal(g, first, second))
    return term, g


def diagonal(g: Grid, a: int, b: int) -> Grid:
    """Elements whose positions on axes a < b are the same; the diagonal stands at a."""
    axis = g.axes[a]
    if g.axes[b] != axis:
        raise ShapeError(f"a diagonal of axes of sizes {shown((axis,))} and {shown((g.axes[b],))}")
    if len(axis) > 1:
        raise NotCovered(f"a diagonal of an axis of size {shown((axis,))}")
    rest = [k for k in range(len(g.axes)) if k != b]
    left = tuple(g.axes[k] for k in rest)
    if axis == ():
        return Grid(left, g.cells)
    before = [sum(isinstance(f, int) for x in g.axes[:k] for f in x) for k in (a, b)]
    if isinstance(axis[0], int):
        cells = g.cells.diagonal(axis1=before[0], axis2=before[1])  # the diagonal comes last
        ranks = cells.ndim
        order = [*range(before[0]), ranks - 1, *range(before[0], ranks - 1)]
        return Grid(left, cells.transpose(order))
    named = [(k, f) for k, x in enumerate(g.axes) for f in x if isinstance(f, str)]
    kept = [k for k, _ in named if k != b]
    shape = tuple(f for k, f in named if k != b)
    sources: list[Along] = []
    seen = {k: [j for j, x in enumerate(kept) if x == k] for k in set(kept)}
    used = dict.fromkeys(seen, 0)
    for k, _ in named:
        if k == b:
            sources.append(Along(kept.index(a)))
        else:
            sources.append(Along(seen[k][used[k]]))
            used[k] += 1
    return map_cells(
        Grid(left, g.cells), lambda v: v if isinstance(v, Constant) else form.view(v, shape, tuple(sources))
    )


def matmul(a: Grid, b: Grid) -> Grid:
    """NumPy's @: 1-D arrays are vectors, leading axes broadcast."""
    if not a.axes or not b.axes:
        raise ShapeError("a scalar is multiplied with *, not with @")
    _inner(a, b, a.axes[-1], b.axes[-2] if len(b.axes) > 1 else b.axes[0])
    lead = "ABCDEFGH"
    left = lead[-len(a.axes[:-2]) :] if len(a.axes) > 2 else ""
    right = lead[-len(b.axes[:-2]) :] if len(b.axes) > 2 else ""
    batch = max(left, right, key=len)
    row, column = "i" if len(a.axes) > 1 else "", "k" if len(b.axes) > 1 else ""
    return einsum([f"{left}{row}j", f"{right}j{column}"], f"{batch}{row}{column}", [a, b])


def dot(a: Grid, b: Grid) -> Grid:
    """NumPy's dot: the last axis of a with the last but one of b."""
    if not a.axes or not b.axes:
        return elementwise(form.multiply, a, b)
    _inner(a, b, a.axes[-1], b.axes[-2] if len(b.axes) > 1 else b.axes[0])
    left, right = "ABCDEFGH"[: len(a.axes) - 1], "IJKLMNOP"[: max(len(b.axes) - 2, 0)]
    column = "z" if len(b.axes) > 1 else ""
    return einsum([f"{left}j", f"{right}j{column}"], f"{left}{right}{column}", [a, b])


def tensordot(a: Grid, b: Grid, left: Sequence[int], right: Sequence[int]) -> Grid:
    """Sum over pairs of axes."""
    letters = "ABCDEFGHIJKLMNOP"
    first = list(letters[: len(a.axes)])
    second = list(letters.lower()[: len(b.axes)])
    for p, q in zip(left, right, strict=True):
        _inner(a, b, a.axes[p], b.axes[q])
        second[q] = first[p]
    out = [x for x in first if x not in second] + [x for x in second if x not in first]
    return einsum(["".join(first), "".join(second)], "".join(out), [a, b])


def _inner(a: Grid, b: Grid, p: Axis, q: Axis) -> None:
    """The sizes that are summed over must be the same."""
    if p != q:
        raise misfit(f"a product of shapes {shown(a.axes)} and {shown(b.axes)}", p, q)
