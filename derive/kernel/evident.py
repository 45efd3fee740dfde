"""Signs that show in what is written: squares and their sums, exponentials, dimensions, what is assumed positive.

The normal form multiplies out, and (x - mean)^2 + eps is no longer seen to be positive there.
"""

from __future__ import annotations

from collections.abc import Iterable

from .claim import Fact, IsNonNegative, IsPositive
from .index import Add, Apply, Dim, Entry, Expr, Mul, Number, Pow, Sum
from .tree import fold

Sign = tuple[bool, bool]                    # (never negative, always positive)
NOTHING: Sign = (False, False)


def evident_sign(e: Expr, facts: Iterable[Fact]) -> Sign:
    """(e >= 0 shows, e > 0 shows), wherever e is defined."""
    known = {f.expr.array: (True, isinstance(f, IsPositive)) for f in facts
             if isinstance(f, IsPositive | IsNonNegative) and isinstance(f.expr, Entry)}

    def sign(node: Expr, below: tuple[Sign, ...]) -> Sign:
        match node:
            case Number(value):
                return value >= 0, value > 0
            case Dim():
                return True, True
            case Entry(array, _):
                return known.get(array, NOTHING)
            case Add():
                return all(low for low, _ in below), all(low for low, _ in below) and any(high for _, high in below)
            case Mul():
                return all(low for low, _ in below), all(high for _, high in below)
            case Pow(_, exponent):
                even = exponent.denominator == 1 and exponent.numerator % 2 == 0
                return even or below[0][0], below[0][1]
            case Sum():
                return below[0]
            case Apply("exp", 0, _):
                return True, True
        return NOTHING

    found: Sign = fold(e, sign)
    return found
