"""Elementwise functions: each by its definition, or by its derivative if nothing simpler defines it.

    sigmoid u = 1 / (1 + e^-u),   tanh u = (e^u - e^-u) / (e^u + e^-u),   d log u = 1 / u,
    d erf u = 2 e^(-u^2) / sqrt(pi),   d sin u = cos u
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from .index import Add, Apply, Entry, Expr, Mul, Number, Positive, Pow

ONE = Number(Fraction(1))
ZERO = Number(Fraction(0))
PI = Apply("pi", 0, ZERO)               # the constant, as a function of nothing


def number(value: int | str | Fraction) -> Number:
    """An exact rational; text means its decimal value."""
    return Number(Fraction(value))


def add(*terms: Expr) -> Expr:
    """a + b + ..."""
    return Add(terms)


def mul(*factors: Expr) -> Expr:
    """a b ..."""
    return Mul(factors)


def negative(e: Expr) -> Expr:
    """-e"""
    return Mul((number(-1), e))


def minus(a: Expr, b: Expr) -> Expr:
    """a - b"""
    return Add((a, negative(b)))


def power(e: Expr, exponent: int | Fraction) -> Expr:
    """e ** exponent"""
    return Pow(e, Fraction(exponent))


def divide(a: Expr, b: Expr) -> Expr:
    """a / b"""
    return Mul((a, power(b, -1)))


def total(*terms: Expr) -> Expr:
    """A sum without zeros."""
    flat = [t for e in terms for t in (e.terms if isinstance(e, Add) else (e,)) if t is not ZERO and t != ZERO]
    return ZERO if not flat else flat[0] if len(flat) == 1 else Add(tuple(flat))


def product(*factors: Expr) -> Expr:
    """A product without ones, numbers first; zero if a factor is zero."""
    flat = [t for e in factors for t in (e.factors if isinstance(e, Mul) else (e,))]
    value = Fraction(1)
    rest: list[Expr] = []
    for f in flat:
        if isinstance(f, Number):
            value *= f.value
        else:
            rest.append(f)
    if value == 0:
        return ZERO
    if value != 1 or not rest:
        rest.insert(0, Number(value))
    return rest[0] if len(rest) == 1 else Mul(tuple(rest))


def exp(u: Expr) -> Expr:
    """e^u"""
    return Apply("exp", 0, u)


def log(u: Expr) -> Expr:
    """The natural logarithm of u > 0."""
    return Apply("log", 0, u)


def where(condition: Expr, yes: Expr, no: Expr) -> Expr:
    """c yes + (1 - c) no, c an indicator"""
    return add(mul(condition, yes), mul(minus(ONE, condition), no))


def maximum(a: Expr, b: Expr) -> Expr:
    """a where a > b, else b"""
    return where(Positive(minus(a, b)), a, b)


def minimum(a: Expr, b: Expr) -> Expr:
    """b where a > b, else a"""
    return where(Positive(minus(a, b)), b, a)


def _tanh(u: Expr) -> Expr:
    return divide(minus(exp(u), exp(negative(u))), add(exp(u), exp(negative(u))))


def _sigmoid(u: Expr) -> Expr:
    return divide(ONE, add(ONE, exp(negative(u))))


HALF = number(Fraction(1, 2))
LARGEST = "is_largest"                  # of max - e: 1 where e is the largest; only derivatives of max have it

DEFINITIONS: dict[str, Callable[[Expr], Expr]] = {
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "softplus": lambda u: log(add(ONE, exp(u))),
    "log1p": lambda u: log(add(ONE, u)),
    "expm1": lambda u: minus(exp(u), ONE),
    "sqrt": lambda u: power(u, Fraction(1, 2)),
    "square": lambda u: power(u, 2),
    "reciprocal": lambda u: power(u, -1),
    "sinh": lambda u: mul(HALF, minus(exp(u), exp(negative(u)))),
    "cosh": lambda u: mul(HALF, add(exp(u), exp(negative(u)))),
    "relu": lambda u: mul(u, Positive(u)),
    "leaky_relu": lambda u: mul(u, add(number("0.01"), mul(number("0.99"), Positive(u)))),
    "abs": lambda u: minus(mul(number(2), u, Positive(u)), u),
    "sign": lambda u: minus(Positive(u), Positive(negative(u))),
    "step": Positive,
    LARGEST: lambda gap: minus(ONE, Positive(gap)),
    "elu": lambda u: where(Positive(u), u, minus(exp(u), ONE)),
    "silu": lambda u: mul(u, _sigmoid(u)),
    "gelu": lambda u: mul(HALF, u, add(ONE, Apply("erf", 0, mul(u, power(number(2), Fraction(-1, 2)))))),
}

PRIMITIVE_DERIVATIVES: dict[str, Callable[[Expr], Expr]] = {
    "exp": exp,
    "log": lambda u: power(u, -1),
    "erf": lambda u: mul(number(2), power(PI, Fraction(-1, 2)), exp(negative(power(u, 2)))),
    "sin": lambda u: Apply("cos", 0, u),
    "cos": lambda u: negative(Apply("sin", 0, u)),
    "pi": lambda u: ZERO,
}

# where a kink leaves a choice: |u|' = 0 at 0
AT_KINKS: dict[str, Callable[[Expr], Expr]] = {"abs": lambda u: minus(Positive(u), Positive(negative(u)))}

# f' as people write it, for formulas that are read; the definitions above say the same, and a test compares them
DERIVATIVES: dict[str, Callable[[Expr], Expr]] = PRIMITIVE_DERIVATIVES | {
    "sqrt": lambda u: mul(HALF, power(u, Fraction(-1, 2))),
    "relu": Positive,
    "leaky_relu": lambda u: add(number("0.01"), mul(number("0.99"), Positive(u))),
    "abs": lambda u: Apply("sign", 0, u),
    "sign": lambda u: ZERO,
    "step": lambda u: ZERO,
    "log1p": lambda u: power(add(ONE, u), -1),
}

KINKS = frozenset({"relu", "leaky_relu", "abs", "sign", "step", LARGEST})
KNOWN = frozenset(DEFINITIONS) | frozenset(PRIMITIVE_DERIVATIVES)
ARGUMENT = Entry("~argument", ())       # the variable of a derivative of higher order
