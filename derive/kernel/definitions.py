"""Elementwise functions and their derivatives, written out by definitions.

    sigmoid' (u) = e^-u / (1 + e^-u)^2,    primitives stay: exp, log, erf, sin, cos, and generic functions
"""

from __future__ import annotations

from ..errors import UnknownNode
from .elementary import ARGUMENT, AT_KINKS, DEFINITIONS, ONE, PRIMITIVE_DERIVATIVES, ZERO, product, total
from .index import Add, Apply, Entry, Expr, Mul, Number, Positive, Pow
from .tree import fold, with_children

_DEFINED: dict[tuple[str, int], Expr] = {}


def define(f: str, order: int, arg: Expr) -> Expr | None:
    """f^(order)(arg) by definitions; None for a primitive of order 0 and for a generic function."""
    if f in DEFINITIONS and order == 0:
        return DEFINITIONS[f](arg)
    if f not in DEFINITIONS and (f not in PRIMITIVE_DERIVATIVES or order == 0):
        return None
    if (f, order) not in _DEFINED:
        first = AT_KINKS.get(f) or PRIMITIVE_DERIVATIVES.get(f)
        body = first(ARGUMENT) if first else DEFINITIONS[f](ARGUMENT)
        for _ in range(order - 1 if first else order):
            body = _derived(body)
        _DEFINED[f, order] = body
    return fold(_DEFINED[f, order], lambda e, below: arg if e == ARGUMENT else with_children(e, below))


def _derived(e: Expr) -> Expr:
    """d e / d argument"""
    found: Expr = fold(e, _rule)
    return found


def _rule(e: Expr, d: tuple[Expr, ...]) -> Expr:
    """The derivative of one node; d are those of its children."""
    match e:
        case Number() | Positive():
            return ZERO
        case Entry():
            return ONE if e == ARGUMENT else ZERO
        case Add():
            return total(*d)
        case Mul(factors):
            return total(*(product(*factors[:k], dk, *factors[k + 1:]) for k, dk in enumerate(d)))
        case Pow(base, exponent):
            outer = ONE if exponent == 1 else base if exponent == 2 else Pow(base, exponent - 1)
            return product(Number(exponent), outer, d[0])
        case Apply(f, order, arg):
            derived = define(f, order + 1, arg)
            if derived is not None:
                return product(derived, d[0])
    raise UnknownNode("the derivative of a definition", e)
