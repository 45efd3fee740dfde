"""Python's own names while code is traced: len, range, float, int, type and print know symbols."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from .array import grid_of, is_array, is_symbolic, wrap
from .context import tracing
from .creation import counting
from .labels import Labels
from .sizes import SymbolicSize


def _length(x: Any) -> Any:
    """len that may be a size"""
    if tracing() and is_symbolic(x):
        if isinstance(x, SymbolicSize) or not x.shape:
            raise TypeError("object has no len()")
        return x.shape[0]
    return builtins.len(x)


def _range(*given: Any) -> Any:
    if tracing() and any(isinstance(x, SymbolicSize) for x in given):
        return counting(*given)
    return builtins.range(*given)


def _print(*given: Any, **options: Any) -> None:
    """What is printed decides nothing; sizes and arrays are left out."""
    if not tracing():
        builtins.print(*given, **options)


class _OfSymbols(type):
    """A type that asks something else of what is traced; it stands for the original in isinstance too."""

    original: type
    version: Callable[[Any], Any]

    def __call__(cls, *given: Any, **options: Any) -> Any:
        if len(given) == 1 and not options and tracing() and (is_symbolic(given[0]) or cls.original is type):
            return cls.version(given[0])
        return cls.original(*given, **options)

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, cls.original)

    def __subclasscheck__(cls, x: type) -> bool:
        return issubclass(x, cls.original)

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls.original

    def __hash__(cls) -> int:
        return hash(cls.original)

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls.original, name)


def _standing_for(original: type, version: Callable[[Any], Any], dtype: Any = None) -> Any:
    space = {"original": original, "version": staticmethod(version), "dtype": dtype}
    return _OfSymbols(original.__name__, (), space)


def _as_float(x: Any) -> Any:
    """float(a number of the trace) is the same number."""
    if isinstance(x, SymbolicSize):
        return wrap(grid_of(x))
    if is_array(x) and not x.axes:
        return x.copy() if x.kind == "f" else x.astype(float)
    return float(x)


def number_type(original: Any) -> Any:
    """np.int64(x > 0), np.float64(x): the same as x.astype(...)"""
    return _standing_for(original, lambda x: wrap(grid_of(x)) if isinstance(x, SymbolicSize) else x.astype(original),
                         np.dtype(original))  # fmt: skip


def _as_int(x: Any) -> Any:
    """int(N) is N."""
    return x if isinstance(x, SymbolicSize) else int(x)


def _as_list(x: Any) -> Any:
    """list(y) of labels: used as an index, it says the same as y."""
    return x if isinstance(x, Labels) and x.ndim == 1 else list(x)


_LIST = _standing_for(list, _as_list)
_FLOAT = _standing_for(float, _as_float, np.dtype(float))
_INT = _standing_for(int, _as_int, np.dtype(int))


def _type_of(x: Any) -> Any:
    """type(x), which traced code compares with names that mean something else here"""
    found = x.__class__ if is_symbolic(x) else type(x)
    return {int: _INT, float: _FLOAT, list: _LIST}.get(found, found)


BUILTINS = {
    "len": _length, "range": _range, "print": _print,
    "float": _FLOAT, "int": _INT, "list": _LIST, "type": _standing_for(type, _type_of),
}  # fmt: skip
