"""SymPy's own functions by ours, for numbers and inside of elementwise functions.

    |a| = relu(a) + relu(-a),   max(a, b) = b + relu(a - b),   min(a, b) = b - relu(b - a),
    Piecewise((a, p > q), (b, True)) = [p > q] a + (1 - [p > q]) b
"""

from __future__ import annotations

from functools import reduce
from typing import Any

from sympy import (
    Abs,
    And,
    Eq,
    Float,
    Ge,
    Gt,
    Heaviside,
    Le,
    Lt,
    Max,
    Min,
    Mul,
    Ne,
    Not,
    Or,
    Piecewise,
    Rational,
    true,
)

from .errors import UnknownNode
from .functions import relu, step

OTHERS = (Abs, Max, Min, Heaviside, Piecewise, Float)


def by_ours(expr: Any) -> Any:
    """The same expression without SymPy's functions that jump or have a kink; a Float is the number that it shows."""
    return expr.replace(lambda e: isinstance(e, OTHERS), _one) if expr.has(*OTHERS) else expr


def _one(e: Any) -> Any:
    match e:
        case Float():
            return Rational(str(e))
        case Abs():
            return relu(e.args[0]) + relu(-e.args[0])
        case Max():
            return reduce(lambda b, a: b + relu(a - b), e.args)
        case Min():
            return reduce(lambda b, a: b - relu(b - a), e.args)
        case Heaviside():
            above, at_zero = e.args
            return step(above) + at_zero * (1 - step(above) - step(-above))
    (last, always), *others = reversed([(pair.expr, pair.cond) for pair in e.args])
    if always != true:
        raise UnknownNode("prove", e)
    return reduce(lambda rest, case: where(indicator(case[1]), case[0], rest), others, last)


def where(condition: Any, yes: Any, no: Any) -> Any:
    """c a + (1 - c) b, c an indicator"""
    return condition * yes + (1 - condition) * no


def indicator(condition: Any) -> Any:
    """1 where the condition holds, else 0."""
    match condition:
        case Gt():
            return step(condition.lhs - condition.rhs)
        case Lt():
            return step(condition.rhs - condition.lhs)
        case Ge() | Le() | Ne():
            return 1 - indicator(condition.negated)
        case Not():
            return 1 - indicator(condition.args[0])
        case Eq():
            gap = condition.lhs - condition.rhs
            return (1 - step(gap)) * (1 - step(-gap))
        case And():
            return Mul(*map(indicator, condition.args))
        case Or():
            return 1 - Mul(*(1 - indicator(part) for part in condition.args))
    raise UnknownNode("prove", condition)
