"""Numbers of a plan as source: learning_rate / m, 1 - learning_rate * l2 / m."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Symbol, pycode

from ..scalars import SCALARS
from ..writer import Writer

LAST = "~"  # arrays are written after numbers: learning_rate * dW


class _Names(dict[Any, str]):
    """Every symbol is written as it is named."""

    def __contains__(self, key: object) -> bool:
        return True

    def __getitem__(self, key: Any) -> str:
        return str(key).removeprefix(LAST)


def array_symbol(name: str) -> Symbol:
    """What stands for the entries of an array."""
    return Symbol(LAST + name)


def text_of(value: Expr) -> str:
    """An expression of numbers, or of entries of arrays, as NumPy source."""
    return str(Writer(SCALARS, _Names(), frozenset(), "float").write(value))


def python_text(value: Expr) -> str:
    """A formula of numbers alone, with any function of Python's math."""
    return str(pycode(value))
