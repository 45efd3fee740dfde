"""prove() of SymPy's own functions, beside numbers from SymPy's own evaluation."""

import random

import pytest
from sympy import (
    Abs,
    Heaviside,
    Lambda,
    MatrixSymbol,
    Max,
    Min,
    Piecewise,
    Symbol,
    cos,
    cosh,
    diff,
    exp,
    log,
    sign,
    sin,
    sinh,
    sqrt,
    symbols,
    tan,
    tanh,
)

from derive import Proved, Refuted, Unknown, prove
from derive.sympy_functions import by_ours

x, y = symbols("x y", real=True)
u = Symbol("u")
A = MatrixSymbol("A", *symbols("n m", integer=True, positive=True))
TRUE = [
    (Abs(x), Max(x, -x)), (Max(x, y), (x + y + Abs(x - y)) / 2), (Min(x, y), -Max(-x, -y)), (sqrt(u**2), Abs(u)),
    (0.5 * x + x / 2, x), (0.1 * x * 10, x), (exp(1) * exp(x), exp(x + 1)), (x * sign(x), Abs(x)),
    (Piecewise((x, x > 0), (0, True)), Max(0, x)), (Piecewise((x, x >= y), (y, True)), Max(x, y)),
    (Piecewise((1, x < y), (2, x < y + 1), (3, True)), 3 - Heaviside(y - x, 0) - Heaviside(y + 1 - x, 0)),
    (Piecewise((1, (x > 0) & (y > 0)), (0, True)), Heaviside(x, 0) * Heaviside(y, 0)),
    (Piecewise((1, (x > 0) | (y > 0)), (0, True)), Heaviside(Max(x, y), 0)),
    (Heaviside(x), (1 + sign(x)) / 2), (sin(x) ** 2 + cos(x) ** 2, 1), (diff(sin(x) ** 2, x), sin(2 * x)),
    (cos(x + y), cos(x) * cos(y) - sin(x) * sin(y)), (sinh(x) + cosh(x), exp(x)), (tanh(x), sinh(x) / cosh(x)),
    (log(u**2), 2 * log(Abs(u))), (A.applyfunc(Lambda(x, Max(0, x))), A.applyfunc(Lambda(x, (x + Abs(x)) / 2))),
]  # fmt: skip
FALSE = [
    (Abs(x), x), (Max(x, y), x), (Min(x, 0), Max(x, 0)), (0.1 * x, x / 11), (Heaviside(x, 1), Heaviside(-x, 0)),
    (Piecewise((x, x > y), (y, True)), Min(x, y)), (sin(2 * x), 2 * sin(x)), (cos(x + y), cos(x) * cos(y)),
    (Piecewise((1, (x > 0) & (y > 0)), (0, True)), Heaviside(x, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), TRUE, ids=str)
def test_what_is_true_is_proved(left, right):
    assert isinstance(prove(left, right), Proved)


@pytest.mark.parametrize(("left", "right"), FALSE, ids=str)
def test_what_is_false_is_refuted(left, right):
    assert isinstance(prove(left, right), Refuted)


@pytest.mark.parametrize("expr", [side for row in TRUE + FALSE for side in row if not hasattr(side, "shape")], ids=str)
def test_ours_have_the_values_of_theirs(expr):
    """Both evaluated by SymPy, also where sides meet."""
    from derive.functions import relu, step

    rng, ours = random.Random(0), by_ours(expr + 0 * x)
    for _ in range(12):
        at = {s: rng.choice((-2, -1, 0, 1, 2)) + rng.choice((0, 0, 0.25)) for s in (x, y, u)}
        at[u] = at[u] or 1
        values = ours.subs(at).replace(relu, lambda v: Max(0, v)).replace(step, lambda v: Heaviside(v, 0))
        assert abs(complex(values) - complex((expr + 0 * x).subs(at))) < 1e-12


def test_what_has_no_row_is_unknown():
    for strange in (tan(x), Piecewise((x, x > 0))):
        assert isinstance(prove(strange, x), Unknown)
