"""NumPy's functions: what `__array_function__` answers, in one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import formulas as form
from .array import grid_of, is_array, kind_of, wrap
from .coordinates import unravel_index
from .creation import filled, unset
from .grids import broadcast_axes, broadcast_to, elementwise
from .inverses import det, inv, slogdet, solve
from .joining import stacked
from .lengthening import one_after_another
from .options import (
    as_array,
    into,
    method_of,
    refuse_options,
    widest_or_bool,
)
from .position_functions import append, dstack, fliplr, flipud, put_along_axis, rollaxis, take, take_along_axis
from .product_functions import (
    diag,
    diagflat,
    diagonal_,
    dot_,
    einsum_,
    inner,
    kron,
    matrix_power,
    multi_dot,
    outer,
    tensordot_,
    trace,
    triangle,
    vdot,
)
from .reduction_functions import among_real_numbers, argmax, average, cumsum, norm, reduction, std, truths, var
from .reductions import largest, mean, product, smallest, total
from .refusal import NotCovered
from .shape_functions import (
    broadcast_to_,
    column_stack,
    diff,
    expand_dims,
    flip,
    hstack,
    moveaxis,
    pad,
    repeat,
    roll,
    split,
    squeeze,
    stack,
    tile,
    vstack,
)
from .triangles import lower, upper
from .ufuncs import as_truth, call, nan_to_num, noted


def _where(condition: Any, *choices: Any) -> Any:
    if len(choices) != 2:
        raise NotCovered("np.where(condition) alone", "positions depend on values: write np.where(condition, a, b)")
    mask = as_truth(grid_of(condition), kind_of(condition))
    yes, no = choices
    return noted(elementwise(form.choose, mask, grid_of(yes), grid_of(no)), widest_or_bool(yes, no))


def _clip(
    a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None, **options: Any
) -> Any:
    refuse_options((), options)
    low = min if a_min is None or a_min is np._NoValue else a_min
    high = max if a_max is None or a_max is np._NoValue else a_max
    found = as_array(a)
    for bound, name in ((low, "maximum"), (high, "minimum")):
        if bound is not None and bound is not np._NoValue and not _unbounded(bound):
            found = call(name, (found, bound))
    return into(out, found)


def _unbounded(x: Any) -> bool:
    return isinstance(x, float) and x in (np.inf, -np.inf)


def _like(value: Any) -> Callable[..., Any]:
    def function(a: Any, dtype: Any = None, *_: Any, shape: Any = None, **__: Any) -> Any:
        like = kind_of(a) if dtype is None else np.dtype(dtype).kind
        return filled(a.shape if shape is None else shape, value, like)

    return function


def _full_like(a: Any, fill_value: Any, dtype: Any = None, *_: Any, **__: Any) -> Any:
    return filled(a.shape, fill_value, kind_of(a) if dtype is None else np.dtype(dtype).kind)


def _empty_like(a: Any, *_: Any, **__: Any) -> Any:
    return unset(a.shape)


def _copyto(dst: Any, src: Any, where: Any = True, **_: Any) -> None:
    if not is_array(dst):
        raise NotCovered("np.copyto into an array of numbers")
    dst[... if where is True else where] = src


def _copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    return method_of("copy")(a)


def _iscomplex(a: Any) -> bool:
    return False


def _shape(a: Any) -> Any:
    return a.shape


def _ndim(a: Any) -> int:
    return len(a.shape)


def _size(a: Any, axis: Any = None) -> Any:
    return a.size if axis is None else a.shape[axis]


TABLE: dict[Any, Callable[..., Any]] = {
    np.sum: reduction(total), np.mean: reduction(mean, "f"), np.prod: reduction(product),
    np.max: reduction(largest), np.min: reduction(smallest), np.amax: reduction(largest),
    np.amin: reduction(smallest), np.var: var, np.std: std, np.linalg.norm: norm, np.average: average,
    np.argmax: argmax(1), np.argmin: argmax(-1), np.unravel_index: unravel_index,
    np.nansum: among_real_numbers(reduction(total)), np.nanmean: among_real_numbers(reduction(mean, "f")),
    np.nanmax: among_real_numbers(reduction(largest)), np.nanmin: among_real_numbers(reduction(smallest)),
    np.nanvar: among_real_numbers(var), np.nanstd: among_real_numbers(std),
    np.any: truths(largest), np.all: truths(smallest),
    np.dot: dot_, np.outer: outer, np.inner: inner, np.vdot: vdot, np.tensordot: tensordot_, np.einsum: einsum_,
    np.transpose: lambda a, axes=None: as_array(a).transpose(axes),
    np.swapaxes: lambda a, axis1, axis2: as_array(a).swapaxes(axis1, axis2),
    np.reshape: method_of("reshape"), np.ravel: method_of("ravel"), np.copy: _copy,
    np.squeeze: squeeze, np.expand_dims: expand_dims, np.moveaxis: moveaxis, np.broadcast_to: broadcast_to_,
    np.atleast_1d: lambda a: as_array(a).reshape(1) if not len(a.shape) else a,
    np.atleast_2d: lambda a: as_array(a).reshape(1, -1) if len(a.shape) < 2 else a,
    np.stack: stack(stacked, 0), np.concatenate: stack(one_after_another, 0), np.vstack: vstack, np.hstack: hstack,
    np.column_stack: column_stack, np.split: split, np.array_split: split,
    np.hsplit: lambda a, parts: split(a, parts, 1 if len(a.shape) > 1 else 0),
    np.vsplit: lambda a, parts: split(a, parts, 0),
    np.flip: flip, np.diff: diff, np.roll: roll, np.pad: pad, np.repeat: repeat, np.tile: tile,
    np.diag: diag, np.diagonal: diagonal_, np.trace: trace,
    np.tril: triangle(lambda i, j, k: j - i <= k, lower), np.triu: triangle(lambda i, j, k: j - i >= k, upper),
    np.diagflat: diagflat, np.kron: kron, np.linalg.multi_dot: multi_dot, np.linalg.matrix_power: matrix_power,
    np.take: take, np.take_along_axis: take_along_axis, np.put_along_axis: put_along_axis, np.append: append,
    np.dstack: dstack, np.flipud: flipud, np.fliplr: fliplr, np.rollaxis: rollaxis, np.nan_to_num: nan_to_num,
    np.linalg.inv: inv, np.linalg.det: det, np.linalg.solve: solve, np.linalg.slogdet: slogdet,
    np.where: _where, np.clip: _clip, np.cumsum: cumsum, np.copyto: _copyto,
    np.zeros_like: _like(0), np.ones_like: _like(1), np.full_like: _full_like, np.empty_like: _empty_like,
    np.shape: _shape, np.ndim: _ndim, np.size: _size, np.iscomplexobj: _iscomplex,
    np.real: lambda a: a,
    np.broadcast_arrays: lambda *arrays, **_: [
        wrap(broadcast_to(grid_of(a), broadcast_axes(*(grid_of(b).axes for b in arrays))), kind_of(a)) for a in arrays],
}  # fmt: skip


ON_VALUES = "what is asked of values is not followed: take the check out of the function"
PLACES = "which positions those are hangs on values"
ADVICE: dict[Any, str] = {
    np.allclose: ON_VALUES, np.isclose: ON_VALUES, np.array_equal: ON_VALUES, np.array_equiv: ON_VALUES,
    np.sort: PLACES, np.argsort: PLACES, np.partition: PLACES, np.argpartition: PLACES, np.median: PLACES,
    np.nonzero: PLACES, np.argwhere: PLACES, np.flatnonzero: PLACES, np.unique: PLACES, np.count_nonzero: PLACES,
    np.select: "write np.where(condition, a, b)", np.piecewise: "write np.where(condition, a, b)",
}  # fmt: skip


def function(called: Any, given: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What `__array_function__` answers."""
    row = TABLE.get(called)
    if row is None:
        module = (called.__module__ or "numpy").replace("numpy", "np")
        raise NotCovered(f"{module}.{called.__name__}", ADVICE.get(called, ""))
    return row(*given, **options)
