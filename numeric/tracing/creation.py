"""New arrays: np.zeros(x.shape) and its relatives, with sizes that are symbols."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

import numpy as np

from derive.arrays.values import Declared, Unit

from . import formulas as form
from .array import SymbolicArray, grid_of, is_array, is_symbolic, kind_of, wrap
from .context import active
from .grids import Axes, Axis, Factor, Grid, elementwise, full, grid, inserted, integers, names, new_cells, single, size
from .labels import Count, Labels
from .polynomials import Polynomial
from .refusal import NotCovered, WantsInteger
from .sizes import SymbolicSize, polynomial_of
from .stretches import named_axis

UNSET = "unset "
_NUMBERS = count()


def axes_of(shape: Any) -> Axes:
    """The axes of a shape that traced code asks for: products of integers and dimensions."""
    sizes = shape if isinstance(shape, tuple | list) else (shape,)
    return tuple(axis_of(polynomial_of(s, "a size")) for s in sizes)


def axis_of(p: Polynomial) -> Axis:
    """4*H -> (4, H)"""
    if (named := named_axis(p) if len(p.terms) > 1 else None) is not None:
        return named
    several = len(p.names) > 1 or any(scale != 1 for _, scale in p.terms)
    alike = {axis for axis in active().axes if size(axis) == p} if several else set()
    if len(alike) == 1:
        return next(iter(alike))
    if len(p.terms) != 1 or p.terms[0][1] < 1:
        raise WantsInteger(f"an array of size {p}", p.names)
    ((named, scale),) = p.terms
    return (*((scale,) if scale != 1 else ()), *named)


def filled(shape: Any, value: Any, kind: str = "f") -> SymbolicArray:
    """np.full"""
    g = grid_of(value)
    axes = axes_of(shape)
    if g.axes == ():
        return wrap(full(axes, g.cells[()]), kind)
    return wrap(elementwise(lambda _, v: v, full(axes, form.ZERO), g), kind)


def unset(shape: Any) -> SymbolicArray:
    """np.empty: elements that nobody has set; a result that still contains one has no value."""
    axes = axes_of(shape)
    cells = new_cells(integers(axes))
    for at in np.ndindex(cells.shape):
        cells[at] = Declared(f"{UNSET}{next(_NUMBERS)}", names(axes))
    return wrap(Grid(axes, cells))


def identity(axis: Axis) -> Grid:
    """1 where both positions are equal, else 0."""
    out = single(form.ONE)
    out = Grid(((), ()), out.cells)
    for f in axis:
        out = _kronecker(out, _unit(f))
    return out


def _unit(f: Factor) -> Grid:
    """The identity of one factor."""
    if isinstance(f, str):
        return Grid(((f,), (f,)), single(Unit(f)).cells)
    cells = new_cells((f, f))
    for i, j in np.ndindex(f, f):
        cells[i, j] = form.number(int(i == j))
    return Grid(((f,), (f,)), cells)


def _kronecker(a: Grid, b: Grid) -> Grid:
    """(m, m) and (n, n) -> (m*n, m*n)"""
    left = inserted(inserted(a, 1), 3)  # (m, 1, m, 1)
    right = inserted(inserted(b, 0), 2)  # (1, n, 1, n)
    both = elementwise(form.multiply, left, right)
    axes = (both.axes[0] + both.axes[1], both.axes[2] + both.axes[3])
    return grid(axes, both.cells)


def _kind(dtype: Any, default: str = "f") -> str:
    kind = default if dtype is None else np.dtype(dtype).kind
    if kind not in "fiub":
        raise NotCovered(f"an array of {np.dtype(dtype)}")
    return "i" if kind == "u" else kind


def _zeros(shape: Any, dtype: Any = None, *_: Any, **__: Any) -> Any:
    return filled(shape, 0, _kind(dtype))


def _ones(shape: Any, dtype: Any = None, *_: Any, **__: Any) -> Any:
    return filled(shape, 1, _kind(dtype))


def _full(shape: Any, fill_value: Any, dtype: Any = None, *_: Any, **__: Any) -> Any:
    return filled(shape, fill_value, _kind(dtype, kind_of(fill_value)))


def _empty(shape: Any, dtype: Any = None, *_: Any, **__: Any) -> Any:
    return unset(shape) if _kind(dtype) == "f" else filled(shape, 0, _kind(dtype))


def _eye(N: Any, M: Any = None, k: int = 0, dtype: Any = None, **_: Any) -> Any:
    if k or (M is not None and M != N):
        raise NotCovered("np.eye that is not square, or with an offset")
    (axis,) = axes_of((N,))
    return wrap(identity(axis), _kind(dtype))


def _tri(N: Any, M: Any = None, k: int = 0, dtype: Any = float, **_: Any) -> Any:
    """Ones on and below a diagonal."""
    return np.tril(filled((N, N if M is None else M), 1, _kind(dtype)), k)


def _arange(*given: Any, dtype: Any = None, **_: Any) -> Any:
    return _count("np.arange", given)


def counting(*given: Any) -> Any:
    """range(N)"""
    return _count("range", given)


def _count(what: str, given: tuple[Any, ...]) -> Any:
    if len(given) == 2 and not isinstance(given[0], SymbolicSize) and given[0] == 0:
        given = given[1:]
    if len(given) == 1 and isinstance(given[0], SymbolicSize):
        p = given[0].polynomial
        return Count(p, axis_of(p))
    sizes = tuple(name for x in given if isinstance(x, SymbolicSize) for name in x.polynomial.names)
    raise WantsInteger(f"{what}({', '.join(map(str, given))})", sizes)


def _array(a: Any, dtype: Any = None, *, copy: Any = True, order: Any = "K", ndmin: int = 0, subok: Any = None) -> Any:
    """np.array(x), np.array([a, b])"""
    if isinstance(a, Labels | Count):
        return a
    if is_array(a) and not copy:
        return _as_it_is(a, dtype, order)
    if is_array(a) and dtype is not None:
        return a.astype(dtype)
    found = wrap(grid_of(a), kind_of(a) if dtype is None else _kind(dtype))
    if ndmin > len(found.axes):
        raise NotCovered(f"np.array with ndmin={ndmin}")
    return found


def _as_it_is(a: SymbolicArray, dtype: Any, order: Any) -> Any:
    """The array itself where type and order are its own; else a copy, where that can be told."""
    if dtype is not None and np.dtype(dtype) != a.dtype:
        if np.dtype(dtype).kind == a.kind:
            raise NotCovered(f"np.asarray(..., {np.dtype(dtype)})", "precision is not followed: write float, or astype")
        return a.astype(dtype)
    if order in ("C", "F") and not (a.contiguous and (order == "C" or a.ndim < 2)):
        return a.shared_or_not(a.grid, "another order of its memory is asked for")
    return a


def _asarray(a: Any, dtype: Any = None, order: Any = "K", *, copy: Any = False, like: Any = None) -> Any:
    return _array(a, dtype, copy=copy, order=order)


def _ascontiguous(a: Any, dtype: Any = None, *, like: Any = None) -> Any:
    """At least one axis, in one piece"""
    if is_array(a) and not a.axes:
        return _array(a, dtype).reshape(1)
    return _array(a, dtype, copy=False, order="C")


def _asfortran(a: Any, dtype: Any = None, *, like: Any = None) -> Any:
    return _array(a, dtype, copy=False, order="F")


NEW: dict[Any, Any] = {
    # called with anything, give an array of this trace: it may be filled with symbols later
    np.zeros: _zeros, np.ones: _ones, np.full: _full, np.empty: _empty, np.eye: _eye, np.identity: _eye,
    np.tri: _tri,
}  # fmt: skip
OF_SYMBOLS: dict[Any, Any] = {
    # called with symbols only; else NumPy's own
    np.arange: _arange, np.array: _array, np.asarray: _asarray, np.asanyarray: _asarray,
    np.ascontiguousarray: _ascontiguous, np.asfortranarray: _asfortran, np.asarray_chkfinite: _asarray,
}  # fmt: skip


def mentions_symbols(x: Any) -> bool:
    """Is one in there, also inside lists?"""
    if isinstance(x, list | tuple):
        return any(map(mentions_symbols, x))
    return is_symbolic(x)


def makes_integers(options: dict[str, Any], given: tuple[Any, ...]) -> bool:
    """np.zeros(3, dtype=int): numbers that are used as indices stay NumPy's own; of named size they are symbols."""
    positional = next((x for x in given[1:] if isinstance(x, type | np.dtype | str)), None)
    dtype = options.get("dtype", positional)
    if dtype is None or np.dtype(dtype).kind not in "iuOSU":
        return False
    return np.dtype(dtype) != np.int64 or not _of_named_size((*given, *options.values()))


def _of_named_size(parts: Iterable[Any]) -> bool:
    """Is a size among them that was not given as an integer?"""
    known = active().known
    for part in parts:
        if isinstance(part, tuple | list) and _of_named_size(part):
            return True
        if isinstance(part, SymbolicSize) and any(name not in known for name in part.polynomial.names):
            return True
    return False
