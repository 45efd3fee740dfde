"""NumPy's functions that multiply, and those of matrices: dot, einsum, outer, diag, trace, tril."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from derive import ShapeError

from . import formulas as form
from .array import grid_of, kind_of
from .creation import identity
from .grids import Grid, broadcast_to, elementwise, inserted
from .options import (
    as_array,
    into,
    refuse_options,
    widest,
)
from .products import diagonal, dot, einsum, tensordot
from .reductions import total
from .refusal import NotCovered
from .ufuncs import noted
from .wording import several


def dot_(a: Any, b: Any, out: Any = None) -> Any:
    return into(out, noted(dot(grid_of(a), grid_of(b)), widest(a, b)))


def outer(a: Any, b: Any, out: Any = None) -> Any:
    x, y = (grid_of(as_array(v).flatten()) for v in (a, b))
    return into(out, noted(elementwise(form.multiply, inserted(x, 1), y), widest(a, b)))


def inner(a: Any, b: Any) -> Any:
    x, y = grid_of(a), grid_of(b)
    if not x.axes or not y.axes:
        return noted(elementwise(form.multiply, x, y), widest(a, b))
    return noted(tensordot(x, y, [len(x.axes) - 1], [len(y.axes) - 1]), widest(a, b))


def vdot(a: Any, b: Any) -> Any:
    return dot_(as_array(a).flatten(), as_array(b).flatten())


def tensordot_(a: Any, b: Any, axes: Any = 2) -> Any:
    x, y = grid_of(a), grid_of(b)
    if isinstance(axes, int):
        left, right = list(range(len(x.axes) - axes, len(x.axes))), list(range(axes))
    else:
        left, right = ([k] if isinstance(k, int) else list(k) for k in axes)
    left, right = [k % len(x.axes) for k in left], [k % len(y.axes) for k in right]
    return noted(tensordot(x, y, left, right), widest(a, b))


def einsum_(subscripts: Any, *operands: Any, out: Any = None, **options: Any) -> Any:
    refuse_options((), options)
    if not isinstance(subscripts, str):
        raise NotCovered("np.einsum with lists of axes", "write letters: 'ij,jk->ik'")
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms, grids = left.split(","), [grid_of(x) for x in operands]
    if len(terms) != len(grids):
        raise ShapeError(f"np.einsum({subscripts!r}) speaks of {several(len(terms), 'array')}, given: {len(grids)}")
    if "..." in subscripts:
        terms, right = _dots(terms, right, bool(arrow), grids)
    elif not arrow:
        right = "".join(sorted(x for x in set(left) - {","} if left.count(x) == 1))
    return into(out, noted(einsum(terms, right, grids), widest(*operands)))


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


def diagonal_(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    g = grid_of(a)
    if offset:
        raise NotCovered("a diagonal with an offset")
    first, second = sorted((axis1 % len(g.axes), axis2 % len(g.axes)))
    found = noted(diagonal(g, first, second), kind_of(a))
    return found.transpose([*(k for k in range(found.ndim) if k != first), first])


def diag(a: Any, k: int = 0) -> Any:
    g = grid_of(a)
    if k:
        raise NotCovered("np.diag with an offset")
    if len(g.axes) == 2:
        return diagonal_(a)
    return noted(elementwise(form.multiply, identity(g.axes[0]), inserted(g, 1)), kind_of(a))


def diagflat(v: Any, k: int = 0) -> Any:
    """The diagonal matrix of all elements"""
    return diag(as_array(v).flatten(), k)


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, **_: Any) -> Any:
    g = diagonal_(a, offset, axis1, axis2).grid
    return noted(total(g, (len(g.axes) - 1,)), kind_of(a))


def triangle(keep: Callable[[int, int, int], bool], named: Callable[[Grid, int], Grid]) -> Callable[..., Any]:
    def function(m: Any, k: int = 0) -> Any:
        g = at_least_two(grid_of(m))
        if any(isinstance(f, str) for axis in g.axes[-2:] for f in axis):
            return noted(named(g, k), kind_of(m))
        x = noted(g, kind_of(m))
        rows, columns = x.shape[-2:]
        for i in range(rows):
            for j in range(columns):
                if not keep(i, j, k):
                    x[..., i, j] = 0
        return x

    return function


def at_least_two(g: Grid) -> Grid:
    """A vector stands for rows that are all the same."""
    if len(g.axes) == 1:
        return broadcast_to(inserted(g, 0), (g.axes[0], g.axes[0]))
    return g


def kron(a: Any, b: Any) -> Any:
    """C_(ip)(jq) = a_ij b_pq,  (m, n) (p, q) -> (m*p, n*q)"""
    x, y = as_array(a), as_array(b)
    if x.ndim != 2 or y.ndim != 2:
        raise NotCovered("np.kron of other than two matrices")
    both = x[:, None, :, None] * y[None, :, None, :]
    rows, columns = (x.shape[k] * y.shape[k] for k in range(2))
    return both.reshape(rows, columns)


def multi_dot(arrays: Any, *, out: Any = None) -> Any:
    """a @ b @ c"""
    return into(out, reduce(dot_, arrays))


def matrix_power(a: Any, n: Any) -> Any:
    """a @ a @ ..., n a positive integer"""
    if type(n) is not int or n < 1:
        raise NotCovered(f"np.linalg.matrix_power of power {n!r}", "positive integers are followed")
    return reduce(dot_, [as_array(a)] * n)
