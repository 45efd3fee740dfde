"""The door of compiled functions: arrays and numbers are checked against the shapes that the program declares.

Sizes that are symbols get their values from the first array that has them; every later array must agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from derive import DeriveError, ShapeError

Array = np.ndarray[Any, Any]


def as_arrays(given: Mapping[Any, Any]) -> dict[Any, Any]:
    """{variable: value} -> {variable: array or number}, integers as floats of the type of the other arrays.

    Raises ShapeError, naming what was given and what was expected, and DeriveError for what holds no numbers.
    """
    values = {v: _numbers(v, value) for v, value in given.items()}
    floats = [x.dtype for x in values.values() if isinstance(x, np.ndarray) and x.dtype.kind in "fc"]
    check_shapes(values)
    dtype = np.result_type(*floats) if floats else np.dtype(float)
    return {v: x.astype(dtype) if isinstance(x, np.ndarray) and x.dtype.kind in "iub" else x for v, x in values.items()}


def _numbers(variable: Any, value: Any) -> Any:
    if type(value) is not np.ndarray:
        if isinstance(value, np.ma.MaskedArray):
            raise DeriveError(f"{variable} is a masked array; fill it first, e.g. {variable}.filled(0)")
        value = np.asarray(value)
    if value.dtype.kind not in "fciub":
        raise DeriveError(f"{variable} holds {value.dtype}; expected an array of numbers")
    if variable.is_Matrix:
        return value
    if value.shape not in ((), (1, 1)):
        raise ShapeError(f"{variable} has shape {value.shape}; expected a number")
    return value.reshape(())[()] if value.dtype.kind in "fc" else np.float64(value.reshape(()))


def check_shapes(values: Mapping[Any, Any]) -> dict[Any, int]:
    """The value of every size.  Raises ShapeError for arrays that do not fit each other."""
    matrices = {v: x for v, x in values.items() if v.is_Matrix}
    sizes: dict[Any, int] = {}
    source: dict[Any, Any] = {}
    for variable, x in matrices.items():
        for size, actual in zip(variable.shape, x.shape, strict=False):
            if x.ndim == 2 and size.is_Symbol and size not in sizes and actual > 0:
                sizes[size], source[size] = actual, variable
    for variable, x in matrices.items():
        if x.shape != _expected(variable, sizes):
            known = {s: n for s, n in sizes.items() if source[s] is not variable}
            reasons = [f"{s} = {known[s]} from {source[s]}: {matrices[source[s]].shape}"
                       for s in dict.fromkeys(variable.shape) if s in known]  # fmt: skip
            raise ShapeError(_message(variable, x, _expected(variable, known), reasons))
    return sizes


def _expected(variable: Any, sizes: Mapping[Any, int]) -> tuple[Any, ...]:
    """The shape, with the known sizes filled in."""
    filled = (sizes.get(s, s) if s.is_Symbol or s.is_Integer else s.subs(sizes) for s in variable.shape)
    return tuple(s if isinstance(s, int) else int(s) if s.is_Integer else s for s in filled)


def _message(variable: Any, x: Array, expected: tuple[Any, ...], reasons: list[str]) -> str:
    """What was given, what was expected and why, what to do."""
    text = f"{variable} has shape {x.shape}; expected ({expected[0]}, {expected[1]})"
    if reasons:
        text += f", that is ({variable.shape[0]}, {variable.shape[1]}) with {', '.join(reasons)}"
    if 0 in x.shape:
        return f"{text}\n  every size is at least 1"
    if x.ndim == 2 and _fits(x.shape[::-1], expected):
        return f"{text}\n  did you mean {variable}.T, of shape {x.shape[::-1]}?"
    if x.ndim == 1:
        for call, shape in (("reshape(-1, 1)", (len(x), 1)), ("reshape(1, -1)", (1, len(x)))):
            if _fits(shape, expected):
                return f"{text}\n  did you mean {variable}.{call}, of shape {shape}?"
    rows = expected[0]
    integers = x.dtype.kind in "iub" and x.shape in ((x.size,), (1, x.size), (x.size, 1))
    if integers and isinstance(rows, int) and rows > 1:
        flat = str(variable) if x.ndim == 1 else f"{variable}.ravel()"
        return f"{text}\n  are these classes? numeric.datasets.one_hot({flat}, {rows}) has shape ({rows}, {x.size})"
    return text


def _fits(shape: tuple[int, ...], expected: tuple[Any, ...]) -> bool:
    return all(a == b or not isinstance(b, int) for a, b in zip(shape, expected, strict=True))
