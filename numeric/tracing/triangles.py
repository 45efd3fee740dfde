"""np.tril, np.triu of matrices of named size: the triangle as a matrix.

    L[i, j] = [j - i <= k],       tril(x, k) = L * x,       triu(x, k) = (1 - L') * x   with k - 1 in L'

To the kernel L is [M > 1/2] for a free matrix M: what is proved for every M holds for L.  Nothing is refuted that way.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from derive.arrays.values import Declared

from . import formulas as form
from .context import active
from .grids import Grid, elementwise, single
from .refusal import WantsInteger
from .stretches import may_be_cut

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Triangle:
    """1 on and below a diagonal, which is `offset` above the main one."""

    rows: str
    columns: str
    offset: int
    one_hot = False

    @property
    def name(self) -> str:
        """Of the matrix."""
        return f"the lower triangle of ({self.rows}, {self.columns}) with offset {self.offset}"

    @property
    def matrix(self) -> Declared:
        """L: (rows, columns)"""
        return Declared(self.name, (self.rows, self.columns))

    def numbers(self, dims: Mapping[str, int]) -> Any:
        """L for given sizes."""
        return np.tri(dims[self.rows], dims[self.columns], self.offset)


def lower(g: Grid, offset: int) -> Grid:
    """tril(g, offset), the last two axes of named size"""
    return elementwise(form.multiply, _mask(g, offset), g)


def upper(g: Grid, offset: int) -> Grid:
    """triu(g, offset), the last two axes of named size"""
    return elementwise(lambda m, v: form.multiply(form.opposite(m), v), _mask(g, offset - 1), g)


def _mask(g: Grid, offset: int) -> Grid:
    rows, columns = g.axes[-2:]
    if not (may_be_cut(rows) and may_be_cut(columns)):
        named = tuple(f for axis in (rows, columns) for f in axis if isinstance(f, str))
        raise WantsInteger("a triangle of a matrix of named size", named)
    found = Triangle(str(rows[0]), str(columns[0]), offset)
    active().stretches.setdefault(found.name, found)
    return Grid((rows, columns), single(form.above(found.matrix, form.number(Fraction(1, 2)))).cells)
