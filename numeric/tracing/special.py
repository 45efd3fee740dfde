"""scipy.special's functions that are no ufuncs: softmax, log_softmax, logsumexp."""

from __future__ import annotations

import sys
from typing import Any

from . import formulas as form
from .array import grid_of
from .grids import Grid, elementwise, map_cells, normal_axes
from .reductions import total
from .refusal import NotCovered
from .ufuncs import noted


def _log_sum(g: Grid, axis: Any, keepdims: bool, weights: Any = None) -> Grid:
    powers = map_cells(g, form.mapped("exp"))
    if weights is not None:
        powers = elementwise(form.multiply, powers, grid_of(weights))
    return map_cells(total(powers, normal_axes(g, axis), keepdims), form.mapped("log"))


def _logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    if return_sign:
        raise NotCovered("scipy.special.logsumexp with return_sign")
    return noted(_log_sum(grid_of(a), axis, keepdims, b), "f")


def _softmax(x: Any, axis: Any = None) -> Any:
    g = grid_of(x)
    powers = map_cells(g, form.mapped("exp"))
    return noted(elementwise(form.divide, powers, total(powers, normal_axes(g, axis), True)), "f")


def _log_softmax(x: Any, axis: Any = None) -> Any:
    g = grid_of(x)
    return noted(elementwise(form.subtract, g, _log_sum(g, axis, True)), "f")


def versions() -> dict[Any, Any]:
    """SciPy's function -> its tracing version, if SciPy is loaded."""
    special = sys.modules.get("scipy.special")
    if special is None:
        return {}
    return {special.logsumexp: _logsumexp, special.softmax: _softmax, special.log_softmax: _log_softmax}
