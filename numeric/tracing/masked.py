"""x[mask]: the elements where a mask is true.  How many there are hangs on values, so only what keeps them in place is
followed: elementwise formulas, sums, and putting them back with y[mask] = ...
"""

from __future__ import annotations

from typing import Any

import numpy as np

from derive.arrays.values import Value, children

from .context import active
from .grids import Grid, broadcast_axes, inserted
from .operators import Operators
from .refusal import NotCovered


class Masked(Operators):
    """The elements of `whole` where `mask` is 1; both have the same axes."""

    __slots__ = ("kind", "mask", "whole")

    def __init__(self, whole: Grid, mask: Grid, kind: str) -> None:
        self.whole, self.mask, self.kind = whole, mask, kind

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "sum":
            return lambda *given, **options: active().function(np.sum, (self, *given), options)
        raise NotCovered(f"{name} of x[mask]", "how many elements a mask picks hangs on values: write np.where")

    def __bool__(self) -> bool:
        raise NotCovered("control flow on the values of an array")

    def __len__(self) -> int:
        raise NotCovered("len(x[mask])", "how many elements a mask picks hangs on values")


def over(mask: Grid, g: Grid) -> Grid:
    """A mask of the leading axes, with axes of size 1 for the others."""
    while len(mask.axes) < len(g.axes):
        mask = inserted(mask, len(mask.axes))
    if broadcast_axes(mask.axes, g.axes) != g.axes:
        raise NotCovered("a mask of another shape than the array")
    return mask


def same_grid(a: Grid, b: Grid) -> bool:
    """The same formulas in the same places?"""
    if a.axes != b.axes:
        return False
    return all(same_value(x, y) for x, y in zip(a.cells.ravel(), b.cells.ravel(), strict=True))


def same_value(a: Value, b: Value) -> bool:
    """The same formula, written in the same way?"""
    stack, seen = [(a, b)], set()
    while stack:
        x, y = stack.pop()
        if x is y or (id(x), id(y)) in seen:
            continue
        seen.add((id(x), id(y)))
        if type(x) is not type(y) or len(children(x)) != len(children(y)):
            return False
        mine, other = (
            ({k: v for k, v in vars(n).items() if not isinstance(v, Value) and k not in ("children", "_shape")})
            for n in (x, y)
        )
        if mine != other:
            return False
        stack += zip(children(x), children(y), strict=True)
    return True
