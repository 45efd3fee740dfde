"""Numbers of the traced code as exact values.

A float means its shortest decimal.  pi and what is made of it, and roots and logarithms of numbers, are floats that
remember what they are: np.sqrt(2 / np.pi) is the root of 2 / pi.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from derive.arrays.values import Constant, Mapped, Value

from . import formulas as form
from .context import active, tracing
from .refusal import NotCovered, place

PI = Mapped((form.ZERO,), "pi")
MANY_DIGITS = 13  # a float with as many digits was computed, not typed
LARGEST, SMALLEST = 1e60, 1e-60


class Known(float):
    """A float that knows its exact value."""

    __slots__ = ("value",)
    value: Value

    def __new__(cls, number: float, value: Value) -> Known:
        made = super().__new__(cls, number)
        made.value = value
        return made

    def __reduce__(self) -> Any:
        return float, (float(self),)

    def __add__(self, other: Any) -> Any:
        return _both(self, other, float.__add__, form.add)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return _both(self, other, float.__sub__, form.subtract)

    def __rsub__(self, other: Any) -> Any:
        return _both(self, other, float.__rsub__, lambda a, b: form.subtract(b, a))

    def __mul__(self, other: Any) -> Any:
        return _both(self, other, float.__mul__, form.multiply)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return _both(self, other, float.__truediv__, form.divide)

    def __rtruediv__(self, other: Any) -> Any:
        return _both(self, other, float.__rtruediv__, lambda a, b: form.divide(b, a))

    def __pow__(self, other: Any, _modulo: Any = None) -> Any:
        return _both(self, other, float.__pow__, form.power)

    def __neg__(self) -> Known:
        return Known(-float(self), form.negative(self.value))

    def __pos__(self) -> Known:
        return self


def _both(a: Known, b: Any, on_floats: Callable[..., Any], on_values: Callable[[Value, Value], Value]) -> Any:
    if not issubclass(type(b), int | float):
        return NotImplemented
    found = on_floats(float(a), float(b))
    return found if found is NotImplemented else Known(found, on_values(a.value, exact(b)))


def exact(x: Any) -> Value:
    """The exact value of a number."""
    if isinstance(x, Known):
        return x.value
    if isinstance(x, bool | np.bool_):
        return form.number(int(x))
    if issubclass(type(x), int | np.integer):
        return form.number(int(x))
    if isinstance(x, Fraction):
        return form.number(x)
    if isinstance(x, float | np.floating):
        return _decimal(x)
    raise NotCovered(f"{type(x).__name__} as a number: {x!r}", "numbers are integers and floats")


def _decimal(x: Any) -> Value:
    """The shortest decimal that a float is the nearest float to."""
    if not math.isfinite(x):
        raise NotCovered(f"{x} as a number", "real arithmetic has no infinity: a mask with -1e9 gives the same softmax")
    if x and not SMALLEST < abs(float(x)) < LARGEST:
        raise NotCovered(f"{x!r} as a number", f"numbers are between {SMALLEST} and {LARGEST}")
    text = np.format_float_scientific(x, unique=True, trim="-")
    value = Fraction(text)
    if tracing() and sum(map(str.isdigit, text.partition("e")[0])) >= MANY_DIGITS:
        active().numbers.setdefault(value, place())
    return Constant(value)


def known(function: str, x: Any) -> Any:
    """sqrt(2), log(10), exp(1) of a plain number: a float that knows what it is; None if it is not defined there."""
    if not issubclass(type(x), int | float | np.integer | np.floating) or isinstance(x, bool):
        return None
    with np.errstate(all="ignore"):
        found = float(FLOATS[function](float(x)))
    if not math.isfinite(found):
        return None
    value = exact(x)
    made = form.to_the(value, Fraction(1, 2)) if function == "sqrt" else form.mapped(function)(value)
    return Known(found, made)


FLOATS: dict[str, Callable[[float], Any]] = {"sqrt": np.sqrt, "log": np.log, "exp": np.exp}
