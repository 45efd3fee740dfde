"""Sums, maxima, means along axes, of whole arrays of symbols."""

from __future__ import annotations

from fractions import Fraction

from derive.arrays.values import Constant, Reduced, Value

from . import formulas as form
from .grids import Grid, elementwise, map_cells, number_of_elements, reduced, single, size_value
from .refusal import WantsInteger


def total(g: Grid, axes: tuple[int, ...], keepdims: bool = False) -> Grid:
    """The sum over axes."""
    return reduced(g, axes, form.sums, lambda parts: form.add(*parts), keepdims)


def _largest(a: Value, axes: tuple[int, ...], _sizes: tuple[str, ...]) -> Value:
    return a if isinstance(a, Constant) else form.along(a, axes, lambda v, k: Reduced(v, k, largest=True))


def largest(g: Grid, axes: tuple[int, ...], keepdims: bool = False) -> Grid:
    """The largest element along axes."""
    return reduced(g, axes, _largest, form.greatest, keepdims)


def smallest(g: Grid, axes: tuple[int, ...], keepdims: bool = False) -> Grid:
    """min a = -max(-a)"""
    return map_cells(largest(map_cells(g, form.negative), axes, keepdims), form.negative)


def product(g: Grid, axes: tuple[int, ...], keepdims: bool = False) -> Grid:
    """The product over axes of given size."""

    def refused(_a: Value, _axes: tuple[int, ...], sizes: tuple[str, ...]) -> Value:
        raise WantsInteger("a product over an axis of named size", sizes)

    return reduced(g, axes, refused, lambda parts: form.multiply(*parts), keepdims)


def mean(g: Grid, axes: tuple[int, ...], keepdims: bool = False) -> Grid:
    """(1/m) sum, m elements"""
    count = single(size_value(number_of_elements(g, axes)))
    return elementwise(form.divide, total(g, axes, keepdims), count)


def variance(g: Grid, axes: tuple[int, ...], ddof: int, keepdims: bool = False) -> Grid:
    """1/(m - ddof) sum (x - mean)^2"""
    centred = elementwise(form.subtract, g, mean(g, axes, True))
    squares = map_cells(centred, lambda v: form.to_the(v, Fraction(2)))
    count = form.subtract(size_value(number_of_elements(g, axes)), form.number(ddof))
    return elementwise(form.divide, total(squares, axes, keepdims), single(count))
