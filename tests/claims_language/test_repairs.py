"""Near misses: what a refuted claim is told, and misfits with the shapes and the repair."""

from __future__ import annotations

from time import monotonic, process_time

import pytest

from derive.claims import check_claims, explain, read
from derive.claims.screening import Screen
from derive.kernel.verdict import Proved, Refuted

HEAD = """
n0, n1, n2, m = dims
W1: (n1, n0)
W2: (n2, n1)
b1: (n1, 1)
b2: (n2, 1)
X: (n0, m)
Y: (n2, m)
lam: ()
S: (n1, n1)
v: (n1, 1)
g = function
Z1 = W1 @ X + b1
A1 = tanh(Z1)
Z2 = W2 @ A1 + b2
A2 = sigmoid(Z2)
J = -sum(Y * log(A2) + (1 - Y) * log(1 - A2)) / m
K = J + lam * (sum(W2 ** 2) + sum(W1 ** 2)) / (2 * m)
Q = sum((A2 - Y) ** 2) / (2 * m)
dZ2 = A2 - Y
dZ1 = W2.T @ dZ2 * (1 - A1 ** 2)
P = softmax(Z2, axis=0)
C: (n2, m)
assume(sum(C, axis=0) == 1)
M = -sum(C * log(P)) / m
N, D = dims
x: (N, D)
w: (D, n2)
bb: (n2,)
out = x @ w + bb
dout: (N, n2)
F = sum(out * dout)
R = relu(out)
FR = sum(R * dout)
"""
SLIPS = """
grad(J, b2) == dZ2 / m
    sum(dZ2 / m, axis=1, keepdims=True) (a missing sum)
grad(J, b2) == sum(dZ2) / m
    sum(dZ2, axis=1, keepdims=True) / m (an axis)
grad(J, b2) == sum(dZ2, axis=1) / m
    sum(dZ2, axis=1, keepdims=True) / m (an axis)
grad(J, b2) == mean(dZ2, axis=0)
    mean(dZ2, axis=1, keepdims=True) (an axis)
grad(J, W1) == dZ1 @ X / m
    dZ1 @ X.T / m (a transpose)
grad(J, W1) == X @ dZ1.T / m
    dZ1 @ X.T / m (the order of a product)
grad(J, W1) == dZ1 * X.T / m
    dZ1 @ X.T / m (@ and * confused)
grad(J, W1) == dZ1 @ X.T
    dZ1 @ X.T / m (a missing factor 1/m)
grad(J, W1) == -dZ1 @ X.T / m
    dZ1 @ X.T / m (a sign)
grad(J, W1) == (W2.T @ dZ2) @ X.T / m
    W2.T @ dZ2 * diff(tanh)(Z1) @ X.T / m (a missing diff(tanh)(Z1))
grad(J, Z1) == W2.T @ dZ2 * (1 - A1) / m
    W2.T @ dZ2 * (1 - A1 ** 2) / m (a power)
grad(J, Z1) == W2.T @ dZ2 * A1 * (1 - A1) / m
    W2.T @ dZ2 * diff(tanh)(Z1) / m (the derivative of tanh)
grad(J, Z1) == W2.T @ dZ2 / m
    W2.T @ dZ2 / m * diff(tanh)(Z1) (a missing diff(tanh)(Z1))
grad(J, Z1) == W2 @ dZ2 * (1 - A1 ** 2) / m
    W2.T @ dZ2 * (1 - A1 ** 2) / m (a transpose)
grad(J, Z1) == dZ2 @ W2.T * (1 - A1 ** 2) / m
    W2.T @ dZ2 * (1 - A1 ** 2) / m (the order of a product)
grad(J, Z1) == W2.T * dZ2 * (1 - A1 ** 2) / m
    W2.T @ dZ2 * (1 - A1 ** 2) / m (@ and * confused)
grad(J, Z1) == W2.T @ (dZ2 * (1 - A1 ** 2)) / m
    W2.T @ dZ2 * (1 - A1 ** 2) / m (@ and * confused)
grad(J, Z1) == W2.T @ dZ2 @ (1 - A1 ** 2) / m
    W2.T @ dZ2 * (1 - A1 ** 2) / m (@ and * confused)
grad(J, Z2) == Y - A2
    -(Y - A2) / m (a sign and a missing factor 1/m)
grad(J, Z2) == (Y - A2) / m
    (A2 - Y) / m (a sign)
grad(J, Z2) == A2 - Y
    (A2 - Y) / m (a missing factor 1/m)
grad(J, Z2) == (A2 - Y) * A2 * (1 - A2) / m
    (A2 - Y) / m (something too much)
grad(Q, Z2) == 2 * (A2 - Y) * A2 * (1 - A2) / m
    (A2 - Y) * A2 * (1 - A2) / m (a factor too much)
grad(K, W2) == dZ2 @ A1.T / m
    (dZ2 @ A1.T + lam * W2) / m (a missing term)
grad(K, W2) == dZ2 @ A1.T / m + lam * W2
    dZ2 @ A1.T / m + lam * W2 / m (a missing factor 1/m in a term)
grad(K, W2) == (dZ2 @ A1.T + 2 * lam * W2) / m
    (dZ2 @ A1.T + lam * W2) / m (a factor too much)
grad(K, W1) == (dZ1 @ X.T + lam * W2) / m
    (dZ1 @ X.T + lam * W1) / m (another name)
grad(M, Z2) == P - C
    (P - C) / m (a missing factor 1/m)
grad(F, x) == dout @ w
    dout @ w.T (a transpose)
grad(F, w) == dout.T @ x
    x.T @ dout (the order of a product)
grad(F, bb) == sum(dout, axis=1)
    sum(dout, axis=0) (an axis)
grad(F, bb) == dout
    sum(dout, axis=0) (a missing sum)
grad(F, bb) == mean(dout, axis=0)
    mean(dout, axis=0) * N (a missing factor N)
grad(F, bb) == sum(dout, axis=0, keepdims=True)
    sum(dout, axis=0) (an axis)
grad(FR, x) == dout @ w.T
    dout * diff(relu)(out) @ w.T (a missing diff(relu)(out))
grad(FR, out) == dout * R
    dout * diff(relu)(out) (the derivative of relu)
grad(FR, out) == dout * (R > 0) + dout
    dout * (R > 0) (something too much)
grad(FR, out) == dout * (x > 0)
    dout * diff(relu)(out) (the derivative of relu)
grad(v.T @ S @ v, v) == 2 * S @ v
    (S + S.T) @ v (a missing transpose of a part)
grad(v.T @ S @ v, v) == S @ v
    (S + S.T) @ v (a missing transpose of a part)
grad(v.T @ S @ v, v) == S + S.T @ v
    (S + S.T) @ v (brackets)
grad(v.T @ S @ v, S) == v.T @ v
    v @ v.T (the order of a product)
grad(trace(S @ S.T), S) == S
    S * 2 (a missing factor 2)
grad(trace(S @ S), S) == 2 * S
    2 * S.T (a transpose)
grad(norm2(v), v) == v / norm2(v) ** 2
    v / norm2(v) (a power)
grad(sum(softplus(v)), v) == sigmoid(v) * (1 - sigmoid(v))
    sigmoid(v) (something too much)
grad(sum(tanh(v)), v) == 1 - tanh(v)
    1 - tanh(v) ** 2 (a power)
grad(sum(tanh(v)), v) == 1 + tanh(v) ** 2
    1 - tanh(v) ** 2 (a sign)
grad(sum(v ** 3), v) == v ** 2
    v ** 2 * 3 (a missing factor 3)
grad(sum(v ** 3), v) == 3 * v ** 3
    3 * v ** 2 (a power)
jac(S @ v, v) == S
    S.T (a transpose)
grad(det(S), S) == det(S) * inv(S)
    det(S) * inv(S).T (a transpose)
(W2 @ W1).T == W2.T @ W1.T
    W1.T @ W2.T (the order of a product)
sum(W2 @ A1, axis=1) == W2 @ sum(A1, axis=0)
    W2 @ sum(A1, axis=1) (an axis)
softmax(Z2, axis=0) == exp(Z2) / sum(exp(Z2))
    exp(Z2) / sum(exp(Z2), axis=0) (an axis)
sum(Z2 ** 2) == trace(Z2 @ Z2)
    trace(Z2.T @ Z2) (a transpose)
"""
ROWS = [line.strip() for line in SLIPS.strip().splitlines()]
CASES = list(zip(ROWS[::2], ROWS[1::2], strict=True))  # claim, what it is told


@pytest.mark.parametrize(("claim", "hint"), CASES, ids=ROWS[::2])
def test_a_slip_is_named(claim, hint):
    (result,) = check_claims(HEAD + f"assert {claim}")
    assert isinstance(result.verdict, Refuted)
    assert (result.holds, result.hint) == (False, f"it holds with {hint}")


GENERIC = """
a, b, c = dims
U: (c, b)
V: (b, a)
x: (a, 1)
g = function
z = V @ x
h = g(z)
J = sum((U @ h) ** 2)
"""


def test_a_missing_slope_of_a_generic_function():
    (result,) = check_claims(GENERIC + "assert grad(J, z) == 2 * U.T @ U @ h")
    assert result.hint == "it holds with 2 * U.T @ U @ h * diff(g)(z) (a missing diff(g)(z))"


NOTHING_NEAR = ["W2 @ A1 == A1 @ W2", "log(v + 1) == log(v)", "sum(exp(v)) == exp(sum(v))"]


@pytest.mark.parametrize("claim", NOTHING_NEAR)
def test_nothing_is_made_up(claim):
    (result,) = check_claims(HEAD + f"assert {claim}")
    assert isinstance(result.verdict, Refuted)
    assert "it holds" not in result.hint


@pytest.mark.parametrize(("claim", "hint"), CASES[::7])
def test_what_a_hint_says_is_proved_as_a_claim(claim, hint):
    formula = hint.rpartition(" (")[0]
    (result,) = check_claims(HEAD + f"assert {claim.partition(' == ')[0]} == {formula}")
    assert isinstance(result.verdict, Proved)


def test_no_time_left_no_hint():
    script = read(HEAD + "assert grad(J, W1) == dZ1 @ X.T")
    start = process_time()
    assert explain(script, 0, monotonic()) == ""
    assert process_time() - start < 0.5


SCREENED = ["grad(J, W1)", "dZ1 @ X.T / m", "sum(dZ1) * W1"]


@pytest.mark.parametrize("left", SCREENED)
def test_formulas_that_differ_are_screened_at_points(left):
    claims = [f"{left} == {left} * 1", f"{left} == -{left}", f"{left} == W1 / W1 - 1 + {left}"]
    script = read(HEAD + "".join(f"assert {claim}\n" for claim in claims))
    same, other, unclear = script.assertions
    names = [script.reader.scope.names[name] for name in ("dZ1", "X")]
    screen = Screen(script.reader.scope, same, same.left, names)
    assert [screen.may_be_equal(claim.right) for claim in (same, other, unclear)] == [True, False, True]


MISFITS = [
    # claim                              reason,  hint
    ("W1 @ W2 == X",
     "cannot multiply (n1, n0) @ (n2, n1): the inner dimensions n0 and n2 differ", ""),
    ("dZ1 @ X == W1",
     "cannot multiply (n1, m) @ (n0, m): the inner dimensions m and n0 differ",
     "dZ1 @ X.T has shape (n1, n0)"),
    ("W1.T == W1",                       "the left side has shape (n0, n1), the right side (n1, n0)", ""),
    ("X == X.T @ S",
     "cannot multiply (m, n0) @ (n1, n1): the inner dimensions n0 and n1 differ", ""),
    ("(W2 @ W1).shape == (n0, n2)",      "the shape is (n2, n0), not (n0, n2)", "W1.T @ W2.T has shape (n0, n2)"),
    ("(W2 @ W1.T).shape == (n2, n0)",
     "cannot multiply (n2, n1) @ (n0, n1): the inner dimensions n1 and n0 differ",
     "W2 @ W1 has shape (n2, n0)"),
    ("(W1 * W2).shape == (n1, n1)",      "shapes (n1, n0) and (n2, n1) do not broadcast: n1 is not n2", ""),
    ("X.shape == (n0, m, 1)",            "the shape is (n0, m), not (n0, m, 1)", ""),
    ("sum(X, axis=1) == sum(X, axis=1, keepdims=True)",
     "the left side has shape (n0,), the right side (n0, 1)", ""),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "reason", "hint"), MISFITS, ids=[row[0] for row in MISFITS])
def test_misfit(claim, reason, hint):
    plain, denied = check_claims(HEAD + f"assert {claim}\nassert not {claim}")
    assert isinstance(plain.verdict, Refuted)
    assert (plain.verdict.reason, plain.holds, denied.holds) == (reason, False, True)
    assert plain.hint == hint


def test_a_refuted_claim_is_shown_the_proved_one():
    text = "n = dims\nx: (n,)\nassert grad(sum(x ** 3), x) == 3 * x ** 2\nassert grad(sum(x ** 3), x) == log(x)"
    _, wrong = check_claims(text)
    assert wrong.hint == "line 3 proves grad(sum(x ** 3), x) == 3 * x ** 2"


CHAIN = """
a, b, c = dims
U: (c, b)
V: (b, a)
x: (a, 1)
z = V @ x
h = tanh(z)
y = U @ h
J = sum(exp(y))
dy = exp(y) + 1
dz = U.T @ dy * (1 - h ** 3)
assert grad(J, y) == dy
assert grad(J, z) == dz
assert grad(J, V) == dz @ x.T
assert not grad(J, z) == 2 * dz
"""


def test_a_claim_that_is_computed_from_a_wrong_one_says_so():
    first, second, third, denied = check_claims(CHAIN)
    assert first.hint == ""
    assert second.hint == third.hint == "it is computed from dy, which line 12 refutes"
    assert denied.holds is True
