"""Counterexamples are small, exact where they can be, and true."""

from __future__ import annotations

from fractions import Fraction
from time import monotonic

import pytest
from flint import fmpq

from derive.claims import check_claims, read
from derive.claims.equations import equation
from derive.claims.simplest import point_of, simplest
from derive.kernel.claim import Claim
from derive.kernel.decide import decide
from derive.kernel.elementary import ZERO
from derive.kernel.index import ScalarFunction
from derive.kernel.points import points
from derive.kernel.refute import at_point, readable
from derive.kernel.verdict import Refuted

HEAD = """
n, m = dims
w: (n, 1)
b: ()
X: (n, m)
Y: (1, m)
S: (n, n)
g = function
Z = w.T @ X + b
A = sigmoid(Z)
J = -sum(Y * log(A) + (1 - Y) * log(1 - A)) / m
x: (n,)
y: (n,)
T: (n, m, 3)
"""
SIMPLE = [
    # claim                                   at,                                                       left, right
    ("grad(J, w) == X @ (A - Y).T",
     {"n": 1, "m": 2, "w": [0], "b": 0, "X": [0, 1], "Y": [0, 0]},                                      "1/4", "1/2"),
    ("S == S.T",                              {"n": 2, "S": [0, 0, 1, 0]},                              "0", "1"),
    ("x * y == x + y",                        {"n": 1, "x": [0], "y": [1]},                             "0", "1"),
    ("1 / x == 2 / x",                        {"n": 1, "x": [1]},                                       "1", "2"),
    ("g(x) == x ** 2",                        {"n": 1, "x": [2], "g": "x"},                             "2", "4"),
    ("exp(x) == 1 + x",                       {"n": 1, "x": [1]},                            "2.71828182845905", "2"),
    ("sum(x) == n",                           {"n": 1, "x": [0]},                                       "0", "1"),
    ("sum(X, axis=0) == sum(X)",              {"n": 1, "m": 2, "X": [0, 1]},                            "0", "1"),
    ("sum(T) == sum(T[:, :, 0])",             {"n": 1, "m": 1, "T": [0, 0, 1]},                         "1", "0"),
]  # fmt: skip


def flat(value):
    return [part for item in value for part in flat(item)] if isinstance(value, tuple) else [value]


@pytest.mark.parametrize(("claim", "at", "left", "right"), SIMPLE, ids=[row[0] for row in SIMPLE])
def test_simple(claim, at, left, right):
    (result,) = check_claims(HEAD + f"assert {claim}")
    verdict = result.verdict
    found = {name: flat(value) if isinstance(value, tuple) else value for name, value in verdict.at.items()}
    if "g" in found:
        found["g"] = found["g"].removeprefix("1*").removesuffix("**1")
    assert (found, verdict.left, verdict.right) == (at, left, right)


KINKS = ["relu(x) == x * (x >= 1)", "abs(x) == x", "maximum(x, y) == x", "max(x) == sum(x)", "sign(x) == 1"]


@pytest.mark.parametrize("claim", KINKS)
def test_a_counterexample_does_not_stand_on_a_kink(claim):
    (result,) = check_claims(HEAD + f"assert {claim}")
    assert isinstance(result.verdict, Refuted)
    assert not result.verdict.at_kink


def test_assumptions_stay_satisfied():
    text = HEAD + "P: (n, m)\nassume(sum(P, axis=1) == 1)\nassume(b > 0)\nassert P * b == P"
    (result,) = check_claims(text)
    at = result.verdict.at
    assert all(sum(row) == 1 for row in at["P"])
    assert at["b"] > 0
    assert "assumed: sum(P, axis=1) == 1" in result.conditions


def test_the_values_are_those_of_the_point():
    (result,) = check_claims(HEAD + "assert S @ x == x @ S")
    at, (i,) = result.verdict.at, result.verdict.index
    left = sum(at["S"][i][k] * at["x"][k] for k in range(at["n"]))
    right = sum(at["S"][k][i] * at["x"][k] for k in range(at["n"]))
    assert (str(left), str(right)) == (result.verdict.left, result.verdict.right)
    assert isinstance(left, Fraction)


def test_without_time_the_first_counterexample_stays():
    script = read(HEAD + "assert grad(J, w) == X @ (A - Y).T")
    (assertion,) = script.assertions
    claim = equation(script.reader.scope, assertion.left, assertion.right)
    refuted = decide(claim)

    def judge(point):
        return at_point(claim, point, 200_000)

    assert simplest(claim, refuted, judge, 100, monotonic()) is refuted
    assert simplest(claim, refuted, judge, 0, monotonic() + 20) is refuted
    assert simplest(claim, refuted, judge, 100, monotonic() + 20).at["n"] < refuted.at["n"]


def test_a_judge_that_never_refutes_changes_nothing():
    refuted = Refuted("they differ", at={"n": 2, "x": (Fraction(7), Fraction(1, 2))}, left="63", right="16")
    about = Claim(ZERO, ZERO, arrays={"x": ("n",)})
    assert simplest(about, refuted, lambda point: False, 100, monotonic() + 20) is refuted


def test_the_point_that_a_counterexample_shows():
    at = {"n": 2, "s": Fraction(1, 3), "x": ((Fraction(7),), (Fraction(1, 2),)), "g": "1/3*x**0 + -2/5*x**2", "h": "0"}
    point = point_of(Refuted("they differ", at=at))
    assert point.dims == {"n": 2}
    assert point.arrays == {"s": {(): fmpq(1, 3)}, "x": {(0, 0): fmpq(7), (1, 0): fmpq(1, 2)}}
    assert point.functions == {"g": (fmpq(1, 3), fmpq(0), fmpq(-2, 5)), "h": (fmpq(0),)}
    claim = Claim(ScalarFunction("g", ()), ZERO, arrays={"x": ("n", 1), "s": ()}, generic=("h",))
    for drawn in points(claim):
        assert readable(point_of(Refuted("they differ", at=readable(drawn)))) == readable(drawn)
