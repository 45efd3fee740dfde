"""Learning rates that change: formulas in t = 1, 2, ..., the number of the step.

    exponential(0.1, 0.99)              0.1 * 0.99^(t - 1)
    inverse(0.1, 0.01)                  0.1 / (1 + 0.01 (t - 1))
    steps(0.1, 0.5, every=100)          0.1 * 0.5^floor((t - 1) / 100)
    cosine(0.1, total=1000)             from 0.1 to 0 along half a cosine, then 0
    warmup(formula, 100)                the formula, times t / 100 in the first 100 steps

Any other SymPy formula in `t` will do: training_step(d, learning_rate=0.1 / sqrt(t)).
"""

from __future__ import annotations

from typing import Any

from sympy import Expr, Float, Min, cos, floor, pi, sympify

from derive import DeriveError

from .optimizers import t


def exponential(rate: Any, factor: float) -> Expr:
    """rate * factor^(t - 1)"""
    return _positive("rate", rate) * _positive("factor", factor) ** (t - 1)


def inverse(rate: Any, decay: float) -> Expr:
    """rate / (1 + decay (t - 1)).  Source: Robbins, Monro (1951)."""
    return _positive("rate", rate) / (1 + _positive("decay", decay) * (t - 1))


def steps(rate: Any, factor: float, every: int) -> Expr:
    """rate * factor^floor((t - 1) / every)"""
    return _positive("rate", rate) * _positive("factor", factor) ** floor((t - 1) / _count("every", every))


def cosine(rate: Any, total: int) -> Expr:
    """rate (1 + cos(pi min(t - 1, total) / total)) / 2.  Source: Loshchilov, Hutter (2017)."""
    return _positive("rate", rate) * (1 + cos(pi * Min(t - 1, _count("total", total)) / total)) / 2


def warmup(formula: Any, first: int) -> Expr:
    """formula * min(1, t / first)"""
    return sympify(formula) * Min(1, t / _count("first", first))


def _positive(name: str, value: Any) -> Expr:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise DeriveError(f"{name} must be a positive number, not {value!r}")
    return Float(value)


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise DeriveError(f"{name} must be an integer of at least 1, not {value!r}")
    return value
