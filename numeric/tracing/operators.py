"""Python's operators, handed to NumPy's ufuncs of the same meaning."""

from __future__ import annotations

from typing import Any

import numpy as np

from .context import active
from .refusal import NotCovered

VALUELESS = "values are symbols while the code is traced"
NUMBERS_WANTED = "a function that wants numbers was given an array that is traced"


class Operators:
    """a + b, a @ b, a > b, -a ... by the ufunc table of the active trace."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return active().ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, _types: Any, given: Any, options: Any) -> Any:
        return active().function(function, given, options)

    def __add__(self, other: Any) -> Any:
        return _call(np.add, self, other)

    def __radd__(self, other: Any) -> Any:
        return _call(np.add, other, self)

    def __sub__(self, other: Any) -> Any:
        return _call(np.subtract, self, other)

    def __rsub__(self, other: Any) -> Any:
        return _call(np.subtract, other, self)

    def __mul__(self, other: Any) -> Any:
        return _call(np.multiply, self, other)

    def __rmul__(self, other: Any) -> Any:
        return _call(np.multiply, other, self)

    def __truediv__(self, other: Any) -> Any:
        return _call(np.true_divide, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _call(np.true_divide, other, self)

    def __floordiv__(self, other: Any) -> Any:
        return _call(np.floor_divide, self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _call(np.floor_divide, other, self)

    def __mod__(self, other: Any) -> Any:
        return _call(np.remainder, self, other)

    def __rmod__(self, other: Any) -> Any:
        return _call(np.remainder, other, self)

    def __matmul__(self, other: Any) -> Any:
        return _call(np.matmul, self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return _call(np.matmul, other, self)

    def __pow__(self, other: Any) -> Any:
        return _call(np.power, self, other)

    def __rpow__(self, other: Any) -> Any:
        return _call(np.power, other, self)

    def __and__(self, other: Any) -> Any:
        return _call(np.bitwise_and, self, other)

    def __rand__(self, other: Any) -> Any:
        return _call(np.bitwise_and, other, self)

    def __or__(self, other: Any) -> Any:
        return _call(np.bitwise_or, self, other)

    def __ror__(self, other: Any) -> Any:
        return _call(np.bitwise_or, other, self)

    def __xor__(self, other: Any) -> Any:
        return _call(np.bitwise_xor, self, other)

    def __rxor__(self, other: Any) -> Any:
        return _call(np.bitwise_xor, other, self)

    def __invert__(self) -> Any:
        return _call(np.invert, self)

    def __neg__(self) -> Any:
        return _call(np.negative, self)

    def __pos__(self) -> Any:
        return _call(np.positive, self)

    def __abs__(self) -> Any:
        return _call(np.absolute, self)

    def __gt__(self, other: Any) -> Any:
        return _call(np.greater, self, other)

    def __ge__(self, other: Any) -> Any:
        return _call(np.greater_equal, self, other)

    def __lt__(self, other: Any) -> Any:
        return _call(np.less, self, other)

    def __le__(self, other: Any) -> Any:
        return _call(np.less_equal, self, other)

    def __eq__(self, other: object) -> Any:
        return _call(np.equal, self, other)

    def __ne__(self, other: object) -> Any:
        return _call(np.not_equal, self, other)


class InPlace:
    """a += b: the array's own memory changes; a scalar, which NumPy does not change, becomes a new one."""

    __slots__ = ()

    def in_place(self, ufunc: Any, other: Any) -> Any:
        """What the array says to a ufunc that writes into it."""
        raise NotImplementedError

    def __iadd__(self, other: Any) -> Any:
        return self.in_place(np.add, other)

    def __isub__(self, other: Any) -> Any:
        return self.in_place(np.subtract, other)

    def __imul__(self, other: Any) -> Any:
        return self.in_place(np.multiply, other)

    def __itruediv__(self, other: Any) -> Any:
        return self.in_place(np.true_divide, other)

    def __ifloordiv__(self, other: Any) -> Any:
        return self.in_place(np.floor_divide, other)

    def __imod__(self, other: Any) -> Any:
        return self.in_place(np.remainder, other)

    def __ipow__(self, other: Any) -> Any:
        return self.in_place(np.power, other)

    def __imatmul__(self, other: Any) -> Any:
        return self.in_place(np.matmul, other)

    def __iand__(self, other: Any) -> Any:
        return self.in_place(np.bitwise_and, other)

    def __ior__(self, other: Any) -> Any:
        return self.in_place(np.bitwise_or, other)

    def __ixor__(self, other: Any) -> Any:
        return self.in_place(np.bitwise_xor, other)


class Valueless:
    """What asks for numbers gets none: the values are symbols while the code is traced."""

    __slots__ = ()

    def __complex__(self) -> complex:
        raise NotCovered("complex() of an array", VALUELESS)

    def __index__(self) -> int:
        raise NotCovered("an element of an array used as an index", "labels=... says that an array holds class labels")

    def __contains__(self, _: Any) -> bool:
        raise NotCovered("control flow on the values of an array: 'in'")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise NotCovered(NUMBERS_WANTED)


def _call(ufunc: Any, *inputs: Any) -> Any:
    if any(isinstance(x, str) for x in inputs) or any(x is None for x in inputs):
        if ufunc in (np.equal, np.not_equal):
            return ufunc is np.not_equal
        raise NotCovered(f"{ufunc.__name__} with {inputs!r}")
    return active().ufunc(ufunc, "__call__", inputs, {})
