"""NumPy's functions along axes: sums, moments, norms, positions of the largest."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from . import formulas as form
from .array import SymbolicArray, grid_of, kind_of, wrap
from .context import UNIQUE, active
from .grids import Grid, broadcast_to, elementwise, inserted, map_cells, normal_axes, permuted
from .joining import stacked
from .labels import Labels
from .masked import Masked
from .options import (
    as_array,
    condition,
    flag,
    refuse_options,
)
from .reductions import largest, mean, product, total, variance
from .refusal import NotCovered, WantsInteger
from .selecting import read, selection
from .ufuncs import FINITE, as_truth, noted


def reduction(build: Callable[..., Grid], kind: str = "") -> Callable[..., Any]:
    """f(a, axis=None, keepdims=False)"""

    def function(a: Any, axis: Any = None, *rest: Any, keepdims: Any = False, **options: Any) -> Any:
        refuse_options(rest, options)
        if isinstance(a, Masked):
            a = _masked_sum(a, build, axis)
        g = grid_of(a)
        own = kind_of(a)
        found = kind or ("i" if own == "b" and build in (total, product) else own)
        return noted(build(g, normal_axes(g, axis), flag(keepdims)), found)

    return function


def among_real_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    """np.nansum, np.nanmax: of real numbers the same as np.sum, np.max"""

    def of_all(*given: Any, **options: Any) -> Any:
        active().conditions.setdefault(FINITE)
        return function(*given, **options)

    return of_all


def _masked_sum(a: Masked, build: Callable[..., Grid], axis: Any) -> SymbolicArray:
    """x[mask].sum() as the sum of mask * x"""
    if build is not total or axis not in (None, 0):
        raise NotCovered("a reduction of x[mask] that is no sum", "how many elements a mask picks hangs on values")
    return wrap(elementwise(form.multiply, a.mask, a.whole), a.kind)


def var(
    a: Any, axis: Any = None, *rest: Any, ddof: Any = 0, correction: Any = None, keepdims: Any = False, **options: Any
) -> Any:
    refuse_options(rest, options)
    g = grid_of(a)
    ddof = ddof if correction is None or correction is np._NoValue else correction
    return noted(variance(g, normal_axes(g, axis), int(ddof), flag(keepdims)), "f")


def std(*given: Any, **options: Any) -> Any:
    return noted(map_cells(var(*given, **options).grid, lambda v: form.to_the(v, Fraction(1, 2))), "f")


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """sqrt(sum of squares), and the norms that are sums or maxima of |x|"""
    g = grid_of(x)
    axes = normal_axes(g, axis)
    if ord in (None, "fro", 2) and (ord != 2 or len(axes) == 1):
        squares = map_cells(g, lambda v: form.to_the(v, Fraction(2)))
        return noted(map_cells(total(squares, axes, keepdims), lambda v: form.to_the(v, Fraction(1, 2))), "f")
    sizes = map_cells(g, form.mapped("abs"))
    if len(axes) == 1 and ord == 1:
        return noted(total(sizes, axes, keepdims), "f")
    if len(axes) == 1 and ord == np.inf:
        return noted(largest(sizes, axes, keepdims), "f")
    raise NotCovered(f"np.linalg.norm of order {ord!r}")


def argmax(sign: int) -> Callable[..., Any]:
    """The first position of the largest element, as labels"""

    def function(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
        g = grid_of(a)
        if axis is None and len(g.axes) != 1:
            g = as_array(a).flatten().grid
        at = 0 if axis is None else normal_axes(g, axis)[0]
        g = permuted(g, [*(k for k in range(len(g.axes)) if k != at), at])
        hot = positions_of_largest(map_cells(g, form.negative) if sign < 0 else g)
        if _many(g):
            condition(UNIQUE)
            active().choices.append(hot)
        return Labels(inserted(hot, at) if flag(keepdims) else hot)

    return function


def _many(g: Grid) -> bool:
    return any(isinstance(f, str) for f in g.axes[-1]) or (bool(g.axes[-1]) and g.cells.shape[-1] > 2)


def positions_of_largest(g: Grid) -> Grid:
    """1 at the first largest of two elements along the last axis, else 0; of more elements at all largest ones."""
    cells = g.cells if g.axes[-1] else g.cells[..., None]
    if _many(g):
        return elementwise(form.not_below, g, largest(g, (len(g.axes) - 1,), True))
    out = np.empty(cells.shape, dtype=object)
    for at in np.ndindex(cells.shape):
        row, j = cells[at[:-1]], at[-1]
        earlier = [form.above(row[j], row[i]) for i in range(j)]
        later = [form.not_below(row[j], row[i]) for i in range(j + 1, len(row))]
        out[at] = form.multiply(form.ONE, *earlier, *later)
    return Grid(g.axes, out.reshape(g.cells.shape))


def average(a: Any, axis: Any = None, weights: Any = None, **options: Any) -> Any:
    refuse_options((), options)
    g = grid_of(a)
    axes = normal_axes(g, axis)
    if weights is None:
        return noted(mean(g, axes), "f")
    w = broadcast_to(grid_of(weights), g.axes)
    return noted(elementwise(form.divide, total(elementwise(form.multiply, g, w), axes), total(w, axes)), "f")


def truths(build: Callable[..., Grid]) -> Callable[..., Any]:
    """any and all, as booleans"""

    def function(a: Any, axis: Any = None, *rest: Any, keepdims: Any = False, **options: Any) -> Any:
        refuse_options(rest, options)
        g = as_truth(grid_of(a), kind_of(a))
        return noted(build(g, normal_axes(g, axis), flag(keepdims)), "b")

    return function


def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running sums along an axis of given size"""
    refuse_options((dtype, out), {})
    x = as_array(a) if axis is not None else as_array(a).flatten()
    at = 0 if axis is None else int(axis) % x.ndim
    if named := tuple(f for f in x.axes[at] if isinstance(f, str)):
        raise WantsInteger("np.cumsum along an axis of named size", named)
    rows = [read(x.grid, selection(x.axes, (*[slice(None)] * at, k))) for k in range(x.shape[at])]
    for k in range(1, len(rows)):
        rows[k] = elementwise(form.add, rows[k - 1], rows[k])
    return noted(stacked(rows, at), x.kind)
