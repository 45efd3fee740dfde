"""N = x.shape[0]: a dimension as the traced code sees it.

Arithmetic with integers stays a size; with other numbers it becomes a scalar of the trace.  Comparisons are answered if
the answer is the same for all dimensions >= 1.  Whatever else would tell one size from another (digits, hashes, bits)
is refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .context import active, asked_by_user_code
from .operators import Operators
from .polynomials import Polynomial, constant
from .refusal import NotCovered, WantsInteger
from .wording import as_integers


class SymbolicSize(Operators):
    """A polynomial in the dimensions."""

    __slots__ = ("polynomial",)

    def __init__(self, polynomial: Polynomial) -> None:
        self.polynomial = polynomial

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # isinstance(n, int) is what traced code asks
        return int

    def __repr__(self) -> str:
        if asked_by_user_code():
            raise WantsInteger(f"the digits of {self.polynomial} as a text", self.polynomial.names)
        return str(self.polynomial)

    def __str__(self) -> str:
        if asked_by_user_code():
            raise WantsInteger(f"the digits of {self.polynomial} as a text", self.polynomial.names)
        return str(self.polynomial)

    def __format__(self, _spec: str) -> str:
        if asked_by_user_code():
            raise WantsInteger(f"the digits of {self.polynomial} as a text", self.polynomial.names)
        return str(self.polynomial)

    def __sizeof__(self) -> int:
        raise WantsInteger("sys.getsizeof()", self.polynomial.names)

    def __getattr__(self, name: str) -> Any:
        if not hasattr(int, name) or name.startswith("__"):
            raise AttributeError(f"'int' object has no attribute {name!r}")
        raise WantsInteger(f"({self.polynomial}).{name}", self.polynomial.names)

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(self._by_value(self.polynomial, f"the place of {self} in a set or a dictionary"))

    # ---- a size stays a size

    def _exact(self, other: Any, how: Any, otherwise: Any) -> Any:
        p = as_polynomial(other)
        if p is None:
            return otherwise(other)
        return as_size(how(p))

    def __add__(self, other: Any) -> Any:
        return self._exact(other, self.polynomial.plus, super().__add__)

    def __radd__(self, other: Any) -> Any:
        return self._exact(other, self.polynomial.plus, super().__radd__)

    def __sub__(self, other: Any) -> Any:
        return self._exact(other, lambda p: self.polynomial.plus(p, -1), super().__sub__)

    def __rsub__(self, other: Any) -> Any:
        return self._exact(other, lambda p: p.plus(self.polynomial, -1), super().__rsub__)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, list | tuple):
            raise WantsInteger(f"a list repeated {self} times", self.polynomial.names)
        return self._exact(other, self.polynomial.times, super().__mul__)

    def __rmul__(self, other: Any) -> Any:
        if isinstance(other, list | tuple):
            raise WantsInteger(f"a list repeated {self} times", self.polynomial.names)
        return self._exact(other, self.polynomial.times, super().__rmul__)

    def __neg__(self) -> Any:
        return as_size(constant(0).plus(self.polynomial, -1))

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self if self >= 0 else -self

    def __pow__(self, other: Any) -> Any:
        if type(other) is int and 0 <= other <= 8:
            p = constant(1)
            for _ in range(other):
                p = p.times(self.polynomial)
            return as_size(p)
        return super().__pow__(other)

    def __floordiv__(self, other: Any) -> Any:
        p = as_polynomial(other)
        quotient = None if p is None else self.polynomial.divided_by(p)
        if quotient is None:
            raise self._unknown(f"{self} // {other}")
        return as_size(quotient)

    def __rfloordiv__(self, other: Any) -> Any:
        raise self._unknown(f"{other} // ({self})")

    def __mod__(self, other: Any) -> Any:
        p = as_polynomial(other)
        if p is None or self.polynomial.divided_by(p) is None:
            raise self._unknown(f"{self} % {other}")
        return 0

    def __rmod__(self, other: Any) -> Any:
        raise self._unknown(f"{other} % ({self})")

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    # ---- comparisons

    def _difference(self, other: Any) -> Polynomial | None:
        p = as_polynomial(other)
        return None if p is None else self.polynomial.plus(p, -1)

    def __eq__(self, other: object) -> Any:
        gap = self._difference(other)
        if gap is None:
            return False if other is None or isinstance(other, str | tuple | list) else super().__eq__(other)
        sign = gap.sign()
        if sign is None:
            return self._by_value(gap, f"whether {self} equals {other}") == 0
        return sign == 0

    def __ne__(self, other: object) -> Any:
        return not self == other

    def __gt__(self, other: Any) -> Any:
        gap = self._difference(other)
        if gap is None:
            return super().__gt__(other)
        sign = gap.sign()
        if sign is not None:
            return sign > 0
        if constant(0).plus(gap, -1).not_negative():
            return False
        return self._by_value(gap, f"whether {self} > {other}") > 0

    def __ge__(self, other: Any) -> Any:
        gap = self._difference(other)
        if gap is None:
            return super().__ge__(other)
        sign = gap.sign()
        if sign is not None:
            return sign >= 0
        if gap.not_negative():
            return True
        return self._by_value(gap, f"whether {self} >= {other}") >= 0

    def __lt__(self, other: Any) -> Any:
        return super().__lt__(other) if as_polynomial(other) is None else not self >= other

    def __le__(self, other: Any) -> Any:
        return super().__le__(other) if as_polynomial(other) is None else not self > other

    def _by_value(self, gap: Polynomial, what: str) -> int:
        """The value of a difference, if all its dimensions were given as integers."""
        known = active().known
        if all(name in known for name in gap.names):
            active().asked.update(gap.names)
            return gap.at(known)
        names = tuple(name for name in gap.names if name not in known)
        raise WantsInteger(f"control flow hangs on {what}", names, as_integers(names))

    def __bool__(self) -> bool:
        return bool(self != 0)

    # ---- an integer is wanted

    def _unknown(self, what: str) -> NotCovered:
        return WantsInteger(f"{what} has no value for all sizes", self.polynomial.names)

    def __index__(self) -> int:
        raise WantsInteger(f"{self} is used as an integer", self.polynomial.names)

    def __int__(self) -> int:
        raise WantsInteger(f"int({self})", self.polynomial.names)

    def __float__(self) -> float:
        raise WantsInteger(f"float({self})", self.polynomial.names)

    def __round__(self, digits: Any = None) -> Any:
        return self if digits is None or digits >= 0 else self._refused("round()")

    def __floor__(self) -> Any:
        return self

    __ceil__ = __trunc__ = __floor__

    def _refused(self, what: str) -> Any:
        raise WantsInteger(f"{what} of {self.polynomial}", self.polynomial.names)

    def __lshift__(self, _: Any) -> Any:
        return self._refused("bits")

    __rlshift__ = __rshift__ = __rrshift__ = __and__ = __rand__ = __or__ = __ror__ = __lshift__
    __xor__ = __rxor__ = __lshift__

    def __invert__(self) -> Any:
        return -self - 1

    def item(self) -> Any:
        """As NumPy's integers have it."""
        return self


def as_size(p: Polynomial) -> Any:
    """An integer if it is one, else a SymbolicSize."""
    return SymbolicSize(p) if p.number is None else p.number


def as_polynomial(x: Any) -> Polynomial | None:
    """The polynomial of a size or an integer, None for anything else."""
    if isinstance(x, SymbolicSize):
        return x.polynomial
    return constant(int(x)) if issubclass(type(x), int | np.integer) else None


def polynomial_of(x: Any, what: str) -> Polynomial:
    """A size that is wanted."""
    p = as_polynomial(x)
    if p is None:
        raise NotCovered(f"{x!r} as {what}", "sizes are integers or dimensions")
    return p
