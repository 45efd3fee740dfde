"""np.linalg.inv, solve, det, slogdet of square matrices of one name.

solve(A, b) = A^-1 b          slogdet(A) = sign(det A), log |det A|
"""

from __future__ import annotations

from typing import Any, NamedTuple

from derive import ShapeError
from derive.arrays.values import DeterminantOf, Inverted, Value

from . import formulas as form
from .array import SymbolicArray, grid_of, kind_of
from .grids import Grid, shown, single
from .products import matmul
from .refusal import NotCovered
from .ufuncs import noted


class SignAndLog(NamedTuple):
    """What np.linalg.slogdet gives."""

    sign: Any
    logabsdet: Any


def inv(a: Any) -> SymbolicArray:
    """A^-1,  (n, n) -> (n, n)"""
    return noted(_inverted(a, "inv"), "f")


def det(a: Any) -> SymbolicArray:
    """The determinant, (n, n) -> ()"""
    return noted(single(DeterminantOf(_cell(a, "det"))), "f")


def solve(a: Any, b: Any) -> SymbolicArray:
    """A^-1 b,  (n, n) (n,) or (n, k)"""
    _ = kind_of(b)
    return noted(matmul(_inverted(a, "solve"), grid_of(b)), "f")


def slogdet(a: Any) -> SignAndLog:
    """The sign of the determinant, and the logarithm of its size"""
    value = DeterminantOf(_cell(a, "slogdet"))
    size = form.mapped("log")(form.mapped("abs")(value))
    return SignAndLog(noted(single(form.mapped("sign")(value)), "f"), noted(single(size), "f"))


def _inverted(a: Any, name: str) -> Grid:
    g = grid_of(a)
    return Grid(g.axes, single(Inverted(_cell(a, name))).cells)


def _cell(a: Any, name: str) -> Value:
    """The matrix as one formula."""
    g = grid_of(a)
    if len(g.axes) == 2 and g.axes[0] != g.axes[1]:
        raise ShapeError(f"np.linalg.{name} of an array of shape {shown(g.axes)}")
    if len(g.axes) != 2 or g.cells.shape != () or len(g.axes[0]) != 1:
        raise NotCovered(f"np.linalg.{name} of shape {shown(g.axes)}", "a matrix (N, N) of a named size is followed")
    found: Value = g.cells[()]
    return form.filled(found, g.names)
