"""The traps that a kernel of this kind has fallen into, each with its way out: what is not proved, and what is."""

from __future__ import annotations

import pytest

from derive.claims import check_claims
from derive.kernel.algebra import Algebra
from derive.kernel.chain import Definition
from derive.kernel.cuts import decide_network
from derive.kernel.elementary import mul, number
from derive.kernel.index import Apply, Entry, Index, Sum
from derive.kernel.lower import Lowering
from derive.kernel.network import Goal, Network
from derive.kernel.opening import opened
from derive.kernel.verdict import Proved, Refuted, Unknown

HEAD = """
n, m = dims
x: (n,)
y: (n,)
d: (n,)
A: (n, m)
B: (n, m)
S: (n, n)
s: ()
f = scalar_function
g = function
F = sqrt(3 + 2 * sqrt(2)) - 1 - sqrt(2)
G = sum(S, axis=1) - sum(relu(S), axis=1)
O = S @ A
"""
NEVER = "proved but for a null set"

FACTS = [
    # trap, assumption, claim, verdict
    (1, "", "(F > 0) + (F < 0) == 1", Unknown),
    (1, "", "(x > 0) + (x < 0) == 1", NEVER),
    (1, "", "(sqrt(2) > 7/5) == 1", Proved),
    (1, "", "(sqrt(2) > 3/2) == 1", Refuted),
    (2, "", "(G > 0) + (G < 0) == 1", Refuted),
    (2, "", "(norm2(relu(d)) > 0) == 1", Refuted),
    (2, "", "(g(x)**2 > 0) == 1", Refuted),
    (2, "", "(norm2(d) > 0) == 1", NEVER),
    (2, "", "(sum(exp(S), axis=1) > 0) == 1", Proved),
    (2, "", "relu(-g(x)) == relu(g(x)) - g(x)", Proved),
    (3, "", "(x > 0) * log(x) + abs(x) == (x > 0) * log(x) + x", Refuted),
    (3, "", "where(x > 0, log(x), 0) + abs(x) == where(x > 0, log(x), 0) + x", Refuted),
    (3, "", "log(x) + abs(x) == log(x) + x", Proved),
    (3, "", "where(x > 0, log(abs(x)), 0) == where(x > 0, log(x), 0)", Proved),
    (4, "", "sum(log(x**2)) + abs(x) == sum(log(x**2)) + x", Refuted),
    (4, "", "sum(log(x)) + abs(x) == sum(log(x)) + x", Proved),
    (5, "", "sum((d[:, None] > d[None, :]) + (d[None, :] > d[:, None])) == n * n", Refuted),
    (5, "", "sum((d[:, None] - d[None, :]) / (d[:, None] - d[None, :])) == n * n", Unknown),
    (5, "", "sum(eye(n) / (d[:, None] - d[None, :])) == n", Unknown),
    (5, "", "sum(d[:, None] > d[None, :]) == sum(d[None, :] > d[:, None])", Proved),
    (6, "", "sqrt(x**2) == x", Refuted),
    (6, "", "sqrt(x**2) == abs(x)", Proved),
    (6, "", "exp(log(x**2) / 2) == x", Refuted),
    (6, "", "exp(log(x**2) / 2) == abs(x)", Proved),
    (6, "", "exp(log(x)) == x", Proved),
    (6, "", "sqrt(x**2 * y**2) == x * y", Refuted),
    (6, "", "sqrt(x)**2 == x", Proved),
    (6, "s >= 0", "abs(s) == s", Proved),
    (6, "s >= 0", "(s > 0) == 1", NEVER),
    (6, "s > 0", "(s > 0) == 1", Proved),
    (6, "", "sqrt(x**2 * y) + abs(y) == sqrt(x**2 * y) + y", Refuted),
    (6, "", "sqrt((x > 0) * y) + abs(y) == sqrt((x > 0) * y) + y", Refuted),
    (7, "", "sum(y[:, None] * exp(S) / sum(exp(S), axis=1, keepdims=True)) == sum(y)", Proved),
    (7, "", "sum(exp(x) / (2 * sum(exp(x)) + 1)) == (1 - 1 / (2 * sum(exp(x)) + 1)) / 2", Proved),
    (7, "", "sum(y * exp(x) / sum(exp(x))) == sum(y)", Refuted),
    (8, "", "sum(exp(x) / (1 + exp(x))) == n - sum(1 / (1 + exp(x)))", Proved),
    (8, "", "sum(1 / (x * (x + 1))) == sum(1 / x) - sum(1 / (x + 1))", Proved),
    (9, "", "exp(x / (1 + x)) * exp(1 / (1 + x)) == exp(1)", Proved),
    (9, "", "exp(x / (1 + x)) * exp(2 / (1 + x)) == exp(1)", Refuted),
    (10, "", "sum(1 / (d[:, None] - d[None, :] + s)) == sum(1 / (d[None, :] - d[:, None] + s))", Proved),
    (10, "", "sum(1 / (d[:, None] - d[None, :] + s)) == sum(1 / (d[:, None] - d[None, :] - s))", Refuted),
    (12, "", "trace(S @ S @ S @ S @ S @ S @ S @ S) == trace((S @ S @ S @ S) @ (S @ S @ S @ S))", Proved),
    (12, "", "trace(S @ S @ S @ S @ S @ S @ S @ S) == trace(S @ S @ S @ S @ S @ S @ S @ S.T)", Refuted),
    (13, "", "abs(norm2(O)) == norm2(O)", Proved),
    (13, "", "norm2(O)**2 == sum(O**2)", Proved),
    (13, "", "grad(norm2(O), A) == S.T @ O / norm2(O)", Proved),
    (14, "", "sigmoid(40 * x) == 1", Refuted),
    (14, "", "tanh(8 * x) == sign(x)", Refuted),
    (14, "", "max(x) == sum(x)", Refuted),
    (14, "", "sum(x * y) == sum(x) * sum(y)", Refuted),
    (14, "", "maximum(x, y) + minimum(x, y) == maximum(x, y) * 2", Refuted),
    (14, "sum(A, axis=1) == 1", "sum(A) == n", Proved),
    (14, "sum(A, axis=1) == 1", "sum(A) == m", Refuted),
    (15, "", "max(-A, axis=1) == -max(A, axis=1)", Refuted),
    (15, "", "max(2 * A, axis=1) == 2 * max(A, axis=1)", Proved),
    (15, "s > 0", "max(s * A, axis=1) == s * max(A, axis=1)", Proved),
    (15, "", "max(s * A, axis=1) == s * max(A, axis=1)", Refuted),
    (15, "", "max(A + s, axis=1) == max(A, axis=1) + s", Proved),
    (16, "", "sum(eye(n) / (x[:, None] * x[None, :] + 2 * x[None, :] + 1)) == sum(1 / (x + 1)**2)", Proved),
    (16, "", "sum(eye(n) / (x[:, None] - 2 * x[None, :])) == -sum(1 / x)", Proved),
    (16, "", "sum(eye(n) / (x[:, None] - 2 * x[None, :])) == sum(1 / x)", Refuted),
    (17, "", "f(x) == f(y)", Refuted),
    (17, "", "f(x + y) == f(y + x)", Proved),
    (17, "", "grad(f(x, y), x) == grad(f(y, x), x)", Refuted),
    (18, "", "0 * log(-exp(x)) == 0", Unknown),
    (18, "", "(x - x) / (x - x) == 1", Unknown),
    (18, "", "x / x == 1", Proved),
    # met by the fuzzer, or never tried before
    (20, "", "maximum(maximum(x, y), d) == maximum(x, maximum(y, d))", Proved),
    (20, "", "minimum(maximum(x, y), d) == maximum(minimum(x, d), minimum(y, d))", Proved),
    (20, "", "minimum(maximum(x, y), d) == maximum(minimum(x, d), y)", Refuted),
    (20, "", "(x >= y) * (y >= d) * (x < d) == 0", Proved),
    (20, "s >= 0", "relu(s) == s", Proved),
    (20, "s >= 0", "maximum(s, 0) == s", Proved),
    (20, "s >= 0", "exp(relu(s)) == exp(s)", Proved),
    (20, "s >= 0", "where(s > 0, 1 / s, 0) * s == 1", NEVER),
    (20, "x - y >= 0", "maximum(x, y) == x", Proved),
    (20, "x - y >= 0", "maximum(x, y) == y", Refuted),
    (21, "", "grad(sum(abs(x)), x) == sign(x)", Proved),
    (21, "", "grad(sum(relu(x)), x) == (x >= 0)", NEVER),
    (21, "", "grad(sum(max(A, axis=1)), A) == (A >= max(A, axis=1, keepdims=True))", NEVER),
    (21, "", "grad(sum(max(A, axis=1)), A) == (A > max(A, axis=1, keepdims=True))", Refuted),
    (21, "", "(A >= max(A, axis=1, keepdims=True)) == 1 - (A < max(A, axis=1, keepdims=True))", Proved),
    (20, "", "(s > 0) / (s > 0) == 1", Unknown),         # where s <= 0 it is 0 / 0: no guard saves that
    (20, "", "(s > 0) / relu(s) == 1 / s", Unknown),
    (20, "", "(s > 0) / (s > 0) == (s > 0)", Proved),
    (20, "", "(s > 0) / abs(s) == 1 / s", Refuted),
    (20, "", "where(s > 0, 1 / s, 0) == 1 / s + (s < 0)", Refuted),
    (20, "", "where(1 - (s > 0), x, y) == where(s > 0, y, x)", Proved),
    (20, "", "where((s > 0) * (1 - (s > 1)), 1, 0) == (s > 0) - (s > 1)", Proved),
    (20, "", "where(1 - (s > 0), x, y) == where(s > 0, x, y)", Refuted),
    (21, "", "grad(log(abs(det(S))), S) == inv(S).T", Proved),
    (21, "", "grad(log(abs(det(S))), S) == inv(S)", Refuted),
    (21, "", "grad(sum(log(abs(x))), x) == 1 / x", Proved),
    (21, "", "grad(sum(log(abs(x))), x) == 1 / abs(x)", Refuted),
    (21, "", "diff(gelu)(x) == (1 + erf(x / sqrt(2))) / 2 + x * exp(-x**2 / 2) / sqrt(2 * pi)", Proved),
    (21, "", "pi == 3.14159265358979", Refuted),
    (22, "", "det(S @ S) == det(S)**2", Proved),
    (22, "", "det(2 * S) == 2 * det(S)", Refuted),
    (22, "", "inv(S @ S.T) == inv(S).T @ inv(S)", Proved),
    (22, "", "inv(S @ S.T) == inv(S) @ inv(S).T", Refuted),
    (22, "", "det(inv(S)) * det(S) == 1", Proved),
    (22, "", "inv(inv(S)) == S", Proved),
    (22, "", "inv(A.T @ A) == inv(A.T @ A).T", Proved),
    (22, "", "inv(S) == inv(S).T", Refuted),
    (22, "S == S.T", "inv(A.T @ S @ A) == inv(A.T @ S @ A).T", Proved),
    (22, "", "inv(eye(n) + O @ O.T) @ (eye(n) + O @ O.T) == eye(n)", Proved),
    (22, "", "inv(diag(exp(x)) @ S) == inv(S) @ diag(exp(-x))", Proved),
    (22, "", "inv(diag(exp(x)) @ S) == diag(exp(-x)) @ inv(S)", Refuted),
]


@pytest.mark.parametrize(("trap", "assumed", "claim", "expected"), FACTS, ids=[f"{row[0]}: {row[2]}" for row in FACTS])
def test_trap(trap, assumed, claim, expected):
    (result,) = check_claims(HEAD + (f"assume({assumed})\n" if assumed else "") + f"assert {claim}")
    verdict = result.verdict
    assert isinstance(verdict, Proved if expected is NEVER else expected)
    assert bool(getattr(verdict, "except_on", None)) == (expected is NEVER)


def test_every_trap_has_a_row():
    elsewhere = {11, 19}
    assert {row[0] for row in FACTS} >= set(range(1, 20)) - elsewhere


def test_what_is_left_out_is_named():
    """The conditions of a verdict: a logarithm needs its argument, ties of a maximum are where its slope is not."""
    (positive,) = check_claims(HEAD + "assert log(x) + abs(x) == log(x) + x")
    assert positive.verdict.conditions == ("where x[i] > 0",)
    (ties,) = check_claims(HEAD + "assert grad(sum(max(A, axis=1)), A) == (A >= max(A, axis=1, keepdims=True))")
    assert ties.verdict.except_on == "where a maximum over A is attained twice"
    shifted = "A - max(A, axis=1, keepdims=True)"
    (cancelled,) = check_claims(
        HEAD + f"assert grad(sum(log(sum(exp({shifted}), axis=1)) + max(A, axis=1)), A) == softmax(A, axis=1)"
    )
    assert isinstance(cancelled.verdict, Proved)
    assert cancelled.verdict.except_on is None          # whichever element counts as the largest


def test_depth_takes_few_templates():
    """Trap 11: renamed copies of nested sums share their templates."""
    def layers(tag, count):
        e = Entry("a", (Index(f"{tag}0", "n"),))
        for k in range(1, count + 1):
            i, j = Index(f"{tag}{k}", "n"), Index(f"{tag}{k - 1}", "n")
            e = Apply("tanh", 0, Sum(j, mul(Entry(f"W{k}", (i, j)), e)))
        return Sum(Index(f"{tag}{count}", "n"), e)

    al = Algebra(200_000, opened)
    low = Lowering(al, ())
    assert low.lower(layers("i", 8)) == low.lower(layers("k", 8))
    assert len(al.templates) < 60


def test_free_arrays_do_not_refute():
    """Trap 19: as free arrays u and v may differ, as computed ones they are both x."""
    i = Index("i", "n")
    x, u, v = (Entry(name, (i,)) for name in "xuv")
    forward = (Definition("u", (i,), x), Definition("v", (i,), x), Definition("J", (), Sum(i, mul(u, v))))
    right = Definition("du", (i,), mul(number(2), x))
    wrong = Definition("du", (i,), mul(number(3), x))
    for claimed, expected in ((right, Proved), (wrong, Refuted)):
        network = Network(forward, (claimed,), (Goal("du", "x"),), {"x": ("n",)})
        assert isinstance(decide_network(network)["du"], expected)
