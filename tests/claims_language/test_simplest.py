"""Counterexamples are small, exact where they can be, and true."""

from __future__ import annotations

from fractions import Fraction
from time import monotonic

import pytest

from derive.claims import check_claims, read
from derive.claims.equations import equation
from derive.claims.simplest import simplest
from derive.kernel.decide import decide
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
    assert simplest(claim, refuted, monotonic()) is refuted
    assert simplest(claim, refuted, monotonic() + 20).at["n"] < refuted.at["n"]


def test_a_point_that_is_not_known_stays():
    script = read(HEAD + "assert x * y == x + y")
    (assertion,) = script.assertions
    claim = equation(script.reader.scope, assertion.left, assertion.right)
    elsewhere = Refuted("they differ", at={"n": 1, "x": (Fraction(7),), "y": (Fraction(9),)}, left="63", right="16")
    assert simplest(claim, elsewhere, monotonic() + 20) is elsewhere
