"""NumPy's functions: what `__array_function__` answers, one function each, in one table."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from derive import ShapeError

from . import formulas as form
from .array import SymbolicArray, grid_of, is_array, kind_of, wrap
from .context import UNIQUE, active
from .creation import axes_of, filled, identity, unset
from .grids import Grid, broadcast_axes, broadcast_to, elementwise, inserted, map_cells, normal_axes, permuted
from .joining import concatenated, stacked
from .labels import Labels
from .masked import Masked
from .products import diagonal, dot, einsum, tensordot
from .reductions import largest, mean, product, smallest, total, variance
from .refusal import NotCovered, WantsInteger
from .selecting import read, selection
from .ufuncs import as_truth, call, noted


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    """The options that mean something; refused where they would change the result."""
    left = {}
    for name, value in options.items():
        if value is None or value is np._NoValue or (name == "where" and value is True):
            continue
        if name in ("dtype", "subok", "casting", "order", "optimize"):
            continue
        left[name] = value
    return left


def _reduction(build: Callable[..., Grid], kind: str = "") -> Callable[..., Any]:
    """f(a, axis=None, keepdims=False)"""

    def function(a: Any, axis: Any = None, *rest: Any, keepdims: Any = False, **options: Any) -> Any:
        refuse_options(rest, options)
        if isinstance(a, Masked):
            a = _masked_sum(a, build, axis)
        g = grid_of(a)
        own = kind_of(a)
        found = kind or ("i" if own == "b" and build in (total, product) else own)
        return noted(build(g, normal_axes(g, axis), _flag(keepdims)), found)

    return function


def _masked_sum(a: Masked, build: Callable[..., Grid], axis: Any) -> SymbolicArray:
    """x[mask].sum() as the sum of mask * x"""
    if build is not total or axis not in (None, 0):
        raise NotCovered("a reduction of x[mask] that is no sum", "how many elements a mask picks hangs on values")
    return wrap(elementwise(form.multiply, a.mask, a.whole), a.kind)


def refuse_options(rest: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Options without a meaning here must not be there; None, and dtype, mean nothing."""
    left = _plain(options)
    if left or any(r is not None and not _is_type(r) for r in rest):
        raise NotCovered(f"the options {', '.join(left) or rest}", "leave them out")


def _is_type(x: Any) -> bool:
    return isinstance(x, type | np.dtype)


def _flag(keepdims: Any) -> bool:
    return False if keepdims is np._NoValue else bool(keepdims)


def _var(
    a: Any, axis: Any = None, *rest: Any, ddof: Any = 0, correction: Any = None, keepdims: Any = False, **options: Any
) -> Any:
    refuse_options(rest, options)
    g = grid_of(a)
    ddof = ddof if correction is None or correction is np._NoValue else correction
    return noted(variance(g, normal_axes(g, axis), int(ddof), _flag(keepdims)), "f")


def _std(*given: Any, **options: Any) -> Any:
    return noted(map_cells(_var(*given, **options).grid, lambda v: form.to_the(v, Fraction(1, 2))), "f")


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
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


def _argmax(sign: int) -> Callable[..., Any]:
    """The first position of the largest element, as labels"""

    def function(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
        g = grid_of(a)
        if axis is None and len(g.axes) != 1:
            g = as_array(a).reshape(-1).grid
        at = 0 if axis is None else normal_axes(g, axis)[0]
        g = permuted(g, [*(k for k in range(len(g.axes)) if k != at), at])
        hot = positions_of_largest(map_cells(g, form.negative) if sign < 0 else g)
        if any(isinstance(f, str) for f in g.axes[-1]):
            condition(UNIQUE)
        return Labels(inserted(hot, at) if _flag(keepdims) else hot)

    return function


def positions_of_largest(g: Grid) -> Grid:
    """1 at the first largest element along the last axis, else 0; on an axis of named size at all largest ones."""
    if not all(isinstance(f, int) for f in g.axes[-1]):
        return elementwise(form.not_below, g, largest(g, (len(g.axes) - 1,), True))
    cells = g.cells if g.axes[-1] else g.cells[..., None]
    out = np.empty(cells.shape, dtype=object)
    for at in np.ndindex(cells.shape):
        row, j = cells[at[:-1]], at[-1]
        earlier = [form.above(row[j], row[i]) for i in range(j)]
        later = [form.not_below(row[j], row[i]) for i in range(j + 1, len(row))]
        out[at] = form.multiply(form.ONE, *earlier, *later)
    return Grid(g.axes, out.reshape(g.cells.shape))


def _average(a: Any, axis: Any = None, weights: Any = None, **options: Any) -> Any:
    refuse_options((), options)
    g = grid_of(a)
    axes = normal_axes(g, axis)
    if weights is None:
        return noted(mean(g, axes), "f")
    w = broadcast_to(grid_of(weights), g.axes)
    return noted(elementwise(form.divide, total(elementwise(form.multiply, g, w), axes), total(w, axes)), "f")


def _truths(build: Callable[..., Grid]) -> Callable[..., Any]:
    """any and all, as booleans"""

    def function(a: Any, axis: Any = None, *rest: Any, keepdims: Any = False, **options: Any) -> Any:
        refuse_options(rest, options)
        g = as_truth(grid_of(a), kind_of(a))
        return noted(build(g, normal_axes(g, axis), _flag(keepdims)), "b")

    return function


# --- products ---------------------------------------------------------------------------------------------------------


def _dot(a: Any, b: Any, out: Any = None) -> Any:
    return into(out, noted(dot(grid_of(a), grid_of(b)), _widest(a, b)))


def _widest(*xs: Any) -> str:
    kinds = {kind_of(x) for x in xs}
    return "f" if "f" in kinds else "i"


def into(out: Any, found: SymbolicArray) -> SymbolicArray:
    """out="""
    if out is None:
        return found
    if not is_array(out):
        raise NotCovered("out= with an array of numbers")
    out.put(found.grid, found.kind)
    return out  # type: ignore[no-any-return]


def _outer(a: Any, b: Any, out: Any = None) -> Any:
    x, y = (grid_of(SymbolicArray.reshape(as_array(v), -1)) for v in (a, b))
    return into(out, noted(elementwise(form.multiply, inserted(x, 1), y), _widest(a, b)))


def as_array(x: Any) -> SymbolicArray:
    """A symbolic array, if it is not one."""
    return x if is_array(x) else wrap(grid_of(x), kind_of(x))


def _inner(a: Any, b: Any) -> Any:
    x, y = grid_of(a), grid_of(b)
    if not x.axes or not y.axes:
        return noted(elementwise(form.multiply, x, y), _widest(a, b))
    return noted(tensordot(x, y, [len(x.axes) - 1], [len(y.axes) - 1]), _widest(a, b))


def _vdot(a: Any, b: Any) -> Any:
    return _dot(as_array(a).reshape(-1), as_array(b).reshape(-1))


def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    x, y = grid_of(a), grid_of(b)
    if isinstance(axes, int):
        left, right = list(range(len(x.axes) - axes, len(x.axes))), list(range(axes))
    else:
        left, right = ([k] if isinstance(k, int) else list(k) for k in axes)
    left, right = [k % len(x.axes) for k in left], [k % len(y.axes) for k in right]
    return noted(tensordot(x, y, left, right), _widest(a, b))


def _einsum(subscripts: Any, *operands: Any, out: Any = None, **options: Any) -> Any:
    refuse_options((), options)
    if not isinstance(subscripts, str):
        raise NotCovered("np.einsum with lists of axes", "write letters: 'ij,jk->ik'")
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms, grids = left.split(","), [grid_of(x) for x in operands]
    if len(terms) != len(grids):
        raise ShapeError(f"np.einsum({subscripts!r}) speaks of {len(terms)} arrays, {len(grids)} are given")
    if "..." in subscripts:
        terms, right = _dots(terms, right, bool(arrow), grids)
    elif not arrow:
        right = "".join(sorted(x for x in set(left) - {","} if left.count(x) == 1))
    return into(out, noted(einsum(terms, right, grids), _widest(*operands)))


def _dots(terms: list[str], right: str, arrow: bool, grids: list[Grid]) -> tuple[list[str], str]:
    """'...ij' with letters of its own for the axes that are left out"""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    free = [x for x in letters if not any(x in term for term in terms)]
    most = max(len(g.axes) - len(t.replace("...", "")) for t, g in zip(terms, grids, strict=True) if "..." in t)
    extra = free[:most]
    out = []
    for term, g in zip(terms, grids, strict=True):
        n = len(g.axes) - len(term.replace("...", ""))
        out.append(term.replace("...", "".join(extra[len(extra) - n :])) if "..." in term else term)
    if not arrow:
        plain = "".join(t.replace("...", "") for t in terms)
        right = "..." + "".join(sorted(x for x in set(plain) if plain.count(x) == 1))
    return out, right.replace("...", "".join(extra))


# --- shapes -----------------------------------------------------------------------------------------------------------


def _squeeze(a: Any, axis: Any = None) -> Any:
    x = as_array(a)
    axes = normal_axes(x.grid, axis) if axis is not None else tuple(k for k, s in enumerate(x.axes) if s == ())
    if any(x.axes[k] != () for k in axes):
        raise ShapeError(f"squeeze of axis {axis} of an array of shape {x.shape}")
    if axis is None and any(s for s in x.axes if not any(isinstance(f, int) for f in s)):
        from_names = sorted({str(f) for s in x.axes for f in s if isinstance(f, str)})
        condition(f"squeeze() keeps an axis of named size: {', '.join(from_names)} other than 1")
    return x[tuple(0 if k in axes else slice(None) for k in range(x.ndim))] if axes else x


def condition(text: str) -> None:
    """Something that the verdict takes for granted."""
    active().conditions.setdefault(text)


def _expand_dims(a: Any, axis: Any) -> Any:
    x = as_array(a)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    width = x.ndim + len(axes)
    new = {k % width for k in axes}
    return x[tuple(None if k in new else slice(None) for k in range(width))]


def _moveaxis(a: Any, source: Any, destination: Any) -> Any:
    x = as_array(a)
    source = [k % x.ndim for k in ([source] if isinstance(source, int) else source)]
    destination = [k % x.ndim for k in ([destination] if isinstance(destination, int) else destination)]
    order = [k for k in range(x.ndim) if k not in source]
    for to, k in sorted(zip(destination, source, strict=True)):
        order.insert(to, k)
    return x.transpose(order)


def _broadcast_to(a: Any, shape: Any, **_: Any) -> Any:
    made = wrap(broadcast_to(grid_of(a), axes_of(shape)), kind_of(a))
    made.buffer.locked = "a change in place of what np.broadcast_to gives"
    return made


def _stack(build: Callable[[list[Grid], int], Grid], default: int) -> Callable[..., Any]:
    def function(arrays: Any, axis: Any = default, out: Any = None, **options: Any) -> Any:
        refuse_options((), options)
        parts = list(arrays)
        return into(out, noted(build([grid_of(p) for p in parts], axis), kind_of(parts)))

    return function


def _at_least(g: Grid, width: int) -> Grid:
    while len(g.axes) < width:
        g = inserted(g, 0)
    return g


def _vstack(arrays: Any, **_: Any) -> Any:
    parts = list(arrays)
    return noted(concatenated([_at_least(grid_of(p), 2) for p in parts], 0), kind_of(parts))


def _hstack(arrays: Any, **_: Any) -> Any:
    parts = list(arrays)
    grids = [_at_least(grid_of(p), 1) for p in parts]
    return noted(concatenated(grids, 0 if len(grids[0].axes) == 1 else 1), kind_of(parts))


def _column_stack(arrays: Any, **_: Any) -> Any:
    parts = list(arrays)
    grids = [inserted(g, 1) if len((g := grid_of(p)).axes) == 1 else g for p in parts]
    return noted(concatenated(grids, 1), kind_of(parts))


def _split(a: Any, parts: Any, axis: int = 0) -> list[Any]:
    x = as_array(a)
    if isinstance(parts, int | np.integer):
        whole = x.shape[axis]
        step = whole // int(parts)
        bounds = [k * step for k in range(int(parts) + 1)]
    else:
        bounds = [0, *parts, x.shape[axis]]
    before = (slice(None),) * (axis % x.ndim)
    return [x[(*before, slice(lo, hi))] for lo, hi in pairwise(bounds)]


def _flip(a: Any, axis: Any = None) -> Any:
    x = as_array(a)
    axes = normal_axes(x.grid, axis)
    return x[tuple(slice(None, None, -1) if k in axes else slice(None) for k in range(x.ndim))]


def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """The elements moved along axes of given size, the last ones to the front"""
    x = as_array(a)
    if axis is None:
        return _roll(x.reshape(-1), shift, 0).reshape(x.shape)
    pairs = zip(np.atleast_1d(shift), np.atleast_1d(axis), strict=True)
    for s, k in pairs:
        at = int(k) % x.ndim
        n = x.shape[at]
        order = [(j - int(s)) % n for j in range(n)] if isinstance(n, int) else _unrolled(x, at)
        x = x[(slice(None),) * at + (order,)] if n != 1 else x
    return x


def _unrolled(x: SymbolicArray, at: int) -> list[int]:
    raise WantsInteger("a permutation of an axis of named size", tuple(f for f in x.axes[at] if isinstance(f, str)))


def _pad(a: Any, pad_width: Any, mode: str = "constant", **options: Any) -> Any:
    """Numbers put around an array, zeros unless told otherwise"""
    value = options.pop("constant_values", 0)
    if mode != "constant" or options or not isinstance(value, int | float):
        raise NotCovered(f"np.pad in mode {mode!r}")
    x = as_array(a)
    widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2))
    for k, (before, after) in enumerate(widths):
        sides = [filled((*x.shape[:k], int(n), *x.shape[k + 1 :]), value) if n else None for n in (before, after)]
        parts = [p for p in (sides[0], x, sides[1]) if p is not None]
        x = wrap(concatenated([grid_of(p) for p in parts], k), x.kind) if len(parts) > 1 else x
    return noted(x.grid, x.kind)


def _repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    """Each element several times, one after the other"""
    x = as_array(a) if axis is not None else as_array(a).reshape(-1)
    at = 0 if axis is None else int(axis) % x.ndim
    copies = inserted(x.grid, at + 1)
    (count,) = axes_of((repeats,))
    wide = broadcast_to(copies, (*copies.axes[: at + 1], count, *copies.axes[at + 2 :]))
    shape = [*x.shape[:at], -1, *x.shape[at + 1 :]]
    return noted(wrap(wide).reshape(shape).grid, x.kind)


def _tile(a: Any, reps: Any) -> Any:
    """The whole array several times along its axes"""
    x = as_array(a)
    counts = list(reps) if isinstance(reps, tuple | list) else [reps]
    g = _at_least(x.grid, len(counts))
    counts = [1] * (len(g.axes) - len(counts)) + counts
    for k, count in enumerate(counts):
        (axis,) = axes_of((count,))
        wide = inserted(g, k)
        wide = broadcast_to(wide, (*wide.axes[:k], axis, *wide.axes[k + 1 :]))
        shape = wrap(g).shape
        g = wrap(wide).reshape([*shape[:k], -1, *shape[k + 1 :]]).grid
    return noted(g, x.kind)


def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    g = grid_of(a)
    if offset:
        raise NotCovered("a diagonal with an offset")
    first, second = sorted((axis1 % len(g.axes), axis2 % len(g.axes)))
    found = noted(diagonal(g, first, second), kind_of(a))
    return _moveaxis(found, first, -1)


def _diag(a: Any, k: int = 0) -> Any:
    g = grid_of(a)
    if k:
        raise NotCovered("np.diag with an offset")
    if len(g.axes) == 2:
        return _diagonal(a)
    return noted(elementwise(form.multiply, identity(g.axes[0]), inserted(g, 1)), kind_of(a))


def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, **_: Any) -> Any:
    g = _diagonal(a, offset, axis1, axis2).grid
    return noted(total(g, (len(g.axes) - 1,)), kind_of(a))


def _triangle(keep: Callable[[int, int, int], bool]) -> Callable[..., Any]:
    def function(a: Any, k: int = 0) -> Any:
        g = grid_of(a)
        if any(isinstance(f, str) for axis in g.axes[-2:] for f in axis):
            named = tuple(f for axis in g.axes[-2:] for f in axis if isinstance(f, str))
            raise WantsInteger("a triangle of a matrix of named size", named)
        x = as_array(a).copy()
        rows, columns = x.shape[-2:]
        for i in range(rows):
            for j in range(columns):
                if not keep(i, j, k):
                    x[..., i, j] = 0
        return x

    return function


# --- elementwise ------------------------------------------------------------------------------------------------------


def _where(condition: Any, *choices: Any) -> Any:
    if len(choices) != 2:
        raise NotCovered("np.where(condition) alone", "positions depend on values: write np.where(condition, a, b)")
    mask = as_truth(grid_of(condition), kind_of(condition))
    yes, no = choices
    return noted(elementwise(form.choose, mask, grid_of(yes), grid_of(no)), _widest_or_bool(yes, no))


def _widest_or_bool(*xs: Any) -> str:
    kinds = {kind_of(x) for x in xs}
    return "f" if "f" in kinds else "i" if "i" in kinds else "b"


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


def _cumsum(a: Any, axis: Any = None, *_: Any, **__: Any) -> Any:
    x = as_array(a) if axis is not None else as_array(a).reshape(-1)
    at = 0 if axis is None else int(axis) % x.ndim
    rows = [
        read(x.grid, selection(x.axes, (*[slice(None)] * at, k)))
        for k in range(len(x.transpose([at, *[k for k in range(x.ndim) if k != at]])))
    ]
    for k in range(1, len(rows)):
        rows[k] = elementwise(form.add, rows[k - 1], rows[k])
    return noted(stacked(rows, at), x.kind)


def _copyto(dst: Any, src: Any, where: Any = True, **_: Any) -> None:
    if not is_array(dst):
        raise NotCovered("np.copyto into an array of numbers")
    dst[... if where is True else where] = src


def _iscomplex(a: Any) -> bool:
    return False


def _shape(a: Any) -> Any:
    return a.shape


def _ndim(a: Any) -> int:
    return len(a.shape)


def _size(a: Any, axis: Any = None) -> Any:
    return a.size if axis is None else a.shape[axis]


def _labels_only(name: str) -> Callable[..., Any]:
    def function(a: Any, *given: Any, **options: Any) -> Any:
        if isinstance(a, Labels):
            return getattr(a, name)(*given, **options)
        return getattr(as_array(a), name)(*given, **options)

    return function


TABLE: dict[Any, Callable[..., Any]] = {
    np.sum: _reduction(total), np.mean: _reduction(mean, "f"), np.prod: _reduction(product),
    np.max: _reduction(largest), np.min: _reduction(smallest), np.amax: _reduction(largest),
    np.amin: _reduction(smallest), np.var: _var, np.std: _std, np.linalg.norm: _norm, np.average: _average,
    np.argmax: _argmax(1), np.argmin: _argmax(-1),
    np.any: _truths(largest), np.all: _truths(product),
    np.dot: _dot, np.outer: _outer, np.inner: _inner, np.vdot: _vdot, np.tensordot: _tensordot, np.einsum: _einsum,
    np.transpose: lambda a, axes=None: as_array(a).transpose(axes),
    np.swapaxes: lambda a, axis1, axis2: as_array(a).swapaxes(axis1, axis2),
    np.reshape: _labels_only("reshape"), np.ravel: _labels_only("ravel"), np.copy: _labels_only("copy"),
    np.squeeze: _squeeze, np.expand_dims: _expand_dims, np.moveaxis: _moveaxis, np.broadcast_to: _broadcast_to,
    np.atleast_1d: lambda a: wrap(_at_least(grid_of(a), 1), kind_of(a)) if not len(a.shape) else a,
    np.atleast_2d: lambda a: wrap(_at_least(grid_of(a), 2), kind_of(a)) if len(a.shape) < 2 else a,
    np.stack: _stack(stacked, 0), np.concatenate: _stack(concatenated, 0), np.vstack: _vstack, np.hstack: _hstack,
    np.column_stack: _column_stack, np.split: _split, np.array_split: _split,
    np.hsplit: lambda a, parts: _split(a, parts, 1 if len(a.shape) > 1 else 0),
    np.vsplit: lambda a, parts: _split(a, parts, 0),
    np.flip: _flip, np.roll: _roll, np.pad: _pad, np.repeat: _repeat, np.tile: _tile,
    np.diag: _diag, np.diagonal: _diagonal, np.trace: _trace,
    np.tril: _triangle(lambda i, j, k: j - i <= k), np.triu: _triangle(lambda i, j, k: j - i >= k),
    np.where: _where, np.clip: _clip, np.cumsum: _cumsum, np.copyto: _copyto,
    np.zeros_like: _like(0), np.ones_like: _like(1), np.full_like: _full_like, np.empty_like: _empty_like,
    np.shape: _shape, np.ndim: _ndim, np.size: _size, np.iscomplexobj: _iscomplex,
    np.real: lambda a: a,
    np.broadcast_arrays: lambda *arrays, **_: [
        wrap(broadcast_to(grid_of(a), broadcast_axes(*(grid_of(b).axes for b in arrays))), kind_of(a)) for a in arrays],
}  # fmt: skip


def function(called: Any, given: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What `__array_function__` answers."""
    row = TABLE.get(called)
    if row is None:
        module = (called.__module__ or "numpy").replace("numpy", "np")
        raise NotCovered(f"{module}.{called.__name__}")
    return row(*given, **options)
