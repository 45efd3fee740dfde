"""Exact rationals, and balls (flint.arb) that certainly contain a value: the arithmetic of both.

What cannot be decided with balls raises `Ambiguous`, what the reals do not have raises `Undefined`.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from typing import Any

import flint
from flint import arb, fmpq

from ..errors import DeriveError
from .precision import precision

Value = Any                                         # fmpq or arb
LONG = 30_000                                       # bits of a rational


class Undefined(DeriveError):
    """A value that the reals do not have: 1/0, log 0, an element outside its array."""


class Ambiguous(DeriveError):
    """A ball too wide to decide a sign."""


def is_zero(u: Value) -> bool:
    """Exactly 0?"""
    return isinstance(u, fmpq) and u == 0


def plus(a: Value, b: Value) -> Value:
    """a + b"""
    return a + b if type(a) is type(b) else arb(a) + arb(b)


def times(a: Value, b: Value) -> Value:
    """a b"""
    if is_zero(a) or is_zero(b):
        return fmpq(0)
    return a * b if type(a) is type(b) else arb(a) * arb(b)


def larger(a: Value, b: Value) -> Value:
    """max(a, b)"""
    if isinstance(a, fmpq) and isinstance(b, fmpq):
        return a if a > b else b
    return arb(a).max(arb(b))


def sign(u: Value) -> int:
    """-1, 0 or 1; Ambiguous if a ball leaves it open."""
    if u > 0:
        return 1
    if u < 0:
        return -1
    if isinstance(u, fmpq) or u.is_zero():
        return 0
    raise Ambiguous("the sign of a ball")


def raised(base: Value, exponent: Fraction) -> Value:
    """base ** exponent; a root needs base >= 0, a negative exponent base != 0."""
    if exponent == 0:
        return fmpq(1)
    if exponent < 0 and sign(base) == 0:
        raise Undefined("division by zero")
    if exponent.denominator == 1:
        return _short(base, abs(int(exponent))) ** int(exponent)
    if sign(base) < 0:
        raise Undefined("a root of a negative number")
    if sign(base) == 0:
        return fmpq(0)
    if isinstance(base, fmpq):
        exact = _exact_root(base, exponent.denominator)
        if exact is not None:
            return exact ** exponent.numerator
    if exponent.denominator == 2:
        return arb(base).sqrt() ** exponent.numerator
    return arb(base) ** (arb(exponent.numerator) / arb(exponent.denominator))


def _short(base: Value, k: int) -> Value:
    """The base; a ball of it, if its k-th power would be a long rational."""
    return arb(base) if isinstance(base, fmpq) and k * (base.p.height_bits() + base.q.height_bits()) > LONG else base


def _exact_root(u: fmpq, q: int) -> fmpq | None:
    """The rational q-th root of u > 0, if there is one."""
    top, bottom = flint.fmpz(u.p).root(q), flint.fmpz(u.q).root(q)
    return fmpq(top, bottom) if top ** q == u.p and bottom ** q == u.q else None


def matrix(n: int, entries: list[Value]) -> Any:
    """An n by n matrix of flint."""
    if all(isinstance(v, fmpq) for v in entries):
        return flint.fmpq_mat(n, n, entries)
    return flint.arb_mat(n, n, [arb(v) for v in entries])


def inverted(rows: Any) -> Any:
    """The inverse matrix."""
    try:
        return rows.inv()
    except ZeroDivisionError:
        if isinstance(rows, flint.fmpq_mat):
            raise Undefined("the inverse of a singular matrix") from None
        raise Ambiguous("the inverse of a matrix of balls") from None


def elementary(f: str, u: Value) -> Value | None:
    """exp, log, erf, sin, cos, pi; None for any other name."""
    if f == "exp":
        return fmpq(1) if is_zero(u) else arb(u).exp()
    if f == "log":
        if sign(u) <= 0:
            raise Undefined("log of a number that is not positive")
        return fmpq(0) if isinstance(u, fmpq) and u == 1 else arb(u).log()
    if f == "erf":
        return fmpq(0) if is_zero(u) else arb(u).erf()
    if f in ("sin", "cos"):
        at_zero = fmpq(f == "cos")
        return at_zero if is_zero(u) else arb(u).sin() if f == "sin" else arb(u).cos()
    return arb.pi() if f == "pi" else None


def polynomial(c: tuple[fmpq, ...], order: int, u: Value) -> Value:
    """d^order/du^order of sum_k c_k u^k"""
    for _ in range(order):
        c = tuple(k * ck for k, ck in enumerate(c))[1:]
    out: Value = fmpq(0)
    for ck in reversed(c):
        out = plus(times(out, u), ck)
    return out


def scalar_function(c: tuple[fmpq, ...], tables: list[list[Value]], by: list[tuple[int, int]]) -> Value:
    """f = q(s) + sum v_k a_k^2,  s = sum w_k a_k,  q(s) = sum c_k s^k, or its partial derivatives."""

    def w(k: int, i: int) -> fmpq:
        return fmpq(1 + (2 * i + 3 * k) % 5, 2)

    def v(k: int, i: int) -> fmpq:
        return fmpq(1 + (i + k) % 3, 3)

    s = reduce(plus, (times(w(k, i), a) for k, t in enumerate(tables) for i, a in enumerate(t)), fmpq(0))
    out = polynomial(c, len(by), s)
    for k, i in by:
        out = times(out, w(k, i))
    if not by:
        squares = (times(v(k, i), times(a, a)) for k, t in enumerate(tables) for i, a in enumerate(t))
        return reduce(plus, squares, out)
    if len(by) == 1:
        k, i = by[0]
        return plus(out, times(2 * v(k, i), tables[k][i]))
    if len(by) == 2 and by[0] == by[1]:
        return plus(out, 2 * v(*by[0]))
    return out


__all__ = ["Ambiguous", "Undefined", "Value", "elementary", "inverted", "is_zero", "larger", "matrix", "plus",
           "polynomial", "precision", "raised", "scalar_function", "sign", "times"]
