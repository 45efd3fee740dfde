"""Exact evaluation: what a ball is only near to, and what the points show of generic functions."""

from fractions import Fraction

import pytest
from flint import fmpq

from derive.kernel.balls import Ambiguous
from derive.kernel.claim import Claim
from derive.kernel.elementary import ONE, ZERO, add, exp, log, minus, mul, number, power
from derive.kernel.evaluate import Point, evaluate
from derive.kernel.index import Apply, Entry, Greatest, Index, Largest, Positive
from derive.kernel.points import points

NOWHERE = Point({}, {})
NEARLY_ZERO = Apply("sin", 0, Apply("pi", 0, ZERO))


def at(e):
    return evaluate(e, NOWHERE)[1][()]


def test_the_logarithm_of_a_product_of_powers_of_e_is_exact():
    assert at(add(ONE, log(exp(number(-1))))) == 0
    assert at(add(ONE, log(mul(exp(number(-2)), exp(ONE))))) == 0
    assert at(Positive(add(ONE, log(mul(exp(number(-2)), mul(exp(number(3)), exp(number(-2)))))))) == 0
    with pytest.raises(Ambiguous):
        at(Positive(add(ONE, log(add(exp(number(-1)), NEARLY_ZERO)))))


def test_the_root_of_a_square_is_an_absolute_value():
    assert at(power(power(NEARLY_ZERO, 2), Fraction(1, 2))).contains(0)
    assert at(power(power(number(-8), 2), Fraction(1, 2))) == 8
    assert at(power(power(number(-8), 2), Fraction(1, 6))) == 2
    with pytest.raises(Ambiguous):
        at(power(NEARLY_ZERO, Fraction(1, 2)))


def test_a_maximum_minus_its_element_is_exactly_zero():
    k, i = Index("k", "n"), Index("i", "n")

    def e(at, factor=1):
        return Apply("tanh", 0, mul(number(factor), Entry("x", (at,))))

    point = Point({"n": 3}, {"x": {(0,): fmpq(1), (1,): fmpq(3), (2,): fmpq(2)}})
    for most in (Largest(k, e(k)), Greatest((e(0), Largest(k, e(k)), e(2)))):
        for gap, expected in ((minus(most, e(i)), [1, 0, 1]), (minus(e(i), most), [0, 0, 0])):
            assert list(evaluate(Positive(gap), point)[1].values()) == expected
    assert list(evaluate(Positive(minus(Largest(k, e(k, -1)), e(i, -1))), point)[1].values()) == [0, 1, 1]


def test_balls_that_were_made_otherwise_are_not_taken_for_equal():
    """exp(1) exp(1) and exp(2) are equal, exp(1e-40) and exp(1e-41) are not; balls of 53 bits tell neither."""
    powers = minus(exp(number(2)), mul(exp(ONE), exp(ONE)))
    for gap in (powers, minus(Greatest((exp(number(2)), mul(exp(ONE), exp(ONE)))), exp(number(2)))):
        with pytest.raises(Ambiguous):
            at(Positive(gap))
    near = exp(number(Fraction(1, 10**40)))
    assert at(Positive(minus(near, exp(number(Fraction(1, 10**15)))))) == 0
    with pytest.raises(Ambiguous):
        at(Positive(minus(near, exp(number(Fraction(1, 10**41))))))


def test_generic_functions_take_all_signs_and_vanish():
    u = Apply("g", 0, Entry("x", (Index("i", "n"),)))
    claim = Claim(u, ZERO, (Index("i", "n"),), {"x": ("n",)}, generic=("g",))
    first = {p.functions["g"] for p in points(claim)}
    later = {p.functions["g"] for seed in range(1, 6) for p in points(claim, seed)}
    signs = {tuple((c > 0) - (c < 0) for c in g) for g in later}
    assert len(later) > 3 * len(first)
    assert {s[0] for s in signs if len(s) == 4} == {-1, 0, 1}
    assert any(not any(s) for s in signs)
    assert max(max(abs(v) for v in p.arrays["x"].values()) for p in points(claim) if p.dims["n"] == 1) > 3
