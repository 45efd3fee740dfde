"""Near misses: what a refuted claim is told, and misfits with the shapes and the repair."""

from __future__ import annotations

import pytest

from derive.claims import check_claims
from derive.kernel.verdict import Refuted

HEAD = """
n0, n1, n2, m = dims
W1: (n1, n0)
W2: (n2, n1)
b1: (n1, 1)
X: (n0, m)
Y: (n2, m)
lam: ()
S: (n1, n1)
v: (n1, 1)
g = function
Z1 = W1 @ X + b1
A1 = g(Z1)
Z2 = W2 @ A1
A2 = sigmoid(Z2)
J = -sum(Y * log(A2) + (1 - Y) * log(1 - A2)) / m
K = J + lam * sum(W2 ** 2) / 2
dZ2 = A2 - Y
dZ1 = W2.T @ dZ2 * diff(g)(Z1)
"""
NEAR_MISSES = [
    # claim, hint
    ("grad(J, W2) == dZ2 @ A1 / m",
     "it holds with dZ2 @ A1.T / m (a transpose)"),
    ("grad(J, W2) == A1 @ dZ2.T / m",
     "it holds with dZ2 @ A1.T / m (the order of a product)"),
    ("grad(J, W2) == dZ2 @ A1.T",
     "it holds with dZ2 @ A1.T / m (a factor)"),
    ("grad(J, W2) == 2 * dZ2 @ A1.T / m",
     "it holds with dZ2 @ A1.T / m (a number too much)"),
    ("grad(J, W2) == (Y - A2) @ A1.T / m",
     "it holds with (A2 - Y) @ A1.T / m (a sign)"),
    ("grad(J, Z2) == (A2 + Y) / m",
     "it holds with (A2 - Y) / m (a sign)"),
    ("grad(J, b1) == sum(dZ1, axis=0, keepdims=True) / m",
     "it holds with sum(dZ1, axis=1, keepdims=True) / m (an axis)"),
    ("grad(J, b1) == sum(dZ1, axis=1) / m",
     "it holds with sum(dZ1, axis=1, keepdims=True) / m (an axis)"),
    ("grad(J, Z1) == W2.T @ dZ2 / m",
     "it holds with W2.T @ dZ2 / m * diff(g)(Z1) (the derivative of an activation)"),
    ("grad(J, Z1) == W2.T @ dZ2 @ diff(g)(Z1) / m",
     "it holds with W2.T @ dZ2 * diff(g)(Z1) / m (@ and * confused)"),
    ("grad(J, Z1) == W2.T @ (dZ2 * diff(g)(Z1)) / m",
     "it holds with W2.T @ dZ2 * diff(g)(Z1) / m (@ and * confused)"),
    ("grad(K, W2) == dZ2 @ A1.T / m",
     "it holds with dZ2 @ A1.T / m + lam * W2 (a missing term)"),
    ("grad(v.T @ S @ S.T @ v, v) == S @ S.T @ v",
     "it holds with S @ S.T @ v * 2 (a factor)"),
    ("W2 @ A1 == A1 @ W2", ""),
    ("log(v + 1) == log(v)", ""),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "hint"), NEAR_MISSES, ids=[row[0] for row in NEAR_MISSES])
def test_near_miss(claim, hint):
    (result,) = check_claims(HEAD + f"assert {claim}")
    assert isinstance(result.verdict, Refuted)
    assert result.holds is False
    assert result.hint == hint


MISFITS = [
    # claim                              reason
    ("W1 @ W2 == X",                     "cannot multiply (n1, n0) @ (n2, n1): the inner dimensions n0 and n2 differ"),
    ("W1.T == W1",                       "the left side has shape (n0, n1), the right side (n1, n0)"),
    ("(W2 @ W1).shape == (n0, n2)",      "the shape is (n2, n0), not (n0, n2)"),
    ("(W1 * W2).shape == (n1, n1)",      "shapes (n1, n0) and (n2, n1) do not broadcast: n1 is not n2"),
    ("X.shape == (n0, m, 1)",            "the shape is (n0, m), not (n0, m, 1)"),
    ("sum(X, axis=1) == sum(X, axis=1, keepdims=True)",
     "the left side has shape (n0,), the right side (n0, 1)"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "reason"), MISFITS, ids=[row[0] for row in MISFITS])
def test_misfit(claim, reason):
    plain, denied = check_claims(HEAD + f"assert {claim}\nassert not {claim}")
    assert isinstance(plain.verdict, Refuted)
    assert (plain.verdict.reason, plain.holds, denied.holds) == (reason, False, True)


def test_a_refuted_claim_is_shown_the_proved_one():
    text = "n = dims\nx: (n,)\nassert grad(sum(x ** 3), x) == 3 * x ** 2\nassert grad(sum(x ** 3), x) == log(x)"
    _, wrong = check_claims(text)
    assert wrong.hint == "line 3 proves grad(sum(x ** 3), x) == 3 * x ** 2"
