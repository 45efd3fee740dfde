"""NumPy's functions that multiply, and those of matrices: dot, einsum, outer, diag, trace, tril."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from derive import ShapeError

from . import formulas as form
from .array import grid_of, kind_of
from .creation import identity
from .grids import Grid, elementwise, inserted
from .options import (
    as_array,
    into,
    refuse_options,
    widest,
)
from .products import diagonal, dot, einsum, tensordot
from .reductions import total
from .refusal import NotCovered, WantsInteger
from .ufuncs import noted


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
        raise ShapeError(f"np.einsum({subscripts!r}) speaks of {len(terms)} arrays, {len(grids)} are given")
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


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, **_: Any) -> Any:
    g = diagonal_(a, offset, axis1, axis2).grid
    return noted(total(g, (len(g.axes) - 1,)), kind_of(a))


def triangle(keep: Callable[[int, int, int], bool]) -> Callable[..., Any]:
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
