"""What check_claims gives back, and assumptions."""

from __future__ import annotations

import pytest

from derive.claims import ClaimsError, check_claims, facts
from derive.kernel.claim import AreEqual, IsNonNegative, IsPositive
from derive.kernel.verdict import Proved, Refuted

TEXT = """\
n = dims
x: (n,)
S: (n, n)

assert sum(x * x) == x @ x, "a scalar product"
assert not S == S.T
assert (S @ x).shape == (n,)
assert not (S @ x).shape == (n, 1)
assert (
    S @ x ==
    x @ S
)
"""


def test_one_result_for_each_assert():
    results = check_claims(TEXT)
    assert [(r.line, r.text, type(r.verdict), r.holds, r.note) for r in results] == [
        (5, "sum(x * x) == x @ x", Proved, True, "a scalar product"),
        (6, "not S == S.T", Refuted, True, ""),
        (7, "(S @ x).shape == (n,)", Proved, True, ""),
        (8, "not (S @ x).shape == (n, 1)", Refuted, True, ""),
        (9, "S @ x == x @ S", Refuted, False, ""),
    ]


def test_an_empty_file_claims_nothing():
    assert check_claims("") == ()
    assert check_claims("# nothing\n\n") == ()


SCALARS = [
    # left                right                 both sides count as equal in shape
    ("s",                 "s * ones((1, 1))"),
    ("x[0] * ones((1,))", "x[0]"),
    ("c.T @ c",           "sum(c * c)"),
    ("ones((n, n))",      "1"),
    ("0",                 "zeros(n)"),
    ("c.T @ c",           "ones(1) * sum(c ** 2)"),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), SCALARS)
def test_scalars_on_one_side(left, right):
    (result,) = check_claims(f"n = dims\ns: ()\nx: (n,)\nc: (n, 1)\nassert {left} == {right}")
    assert isinstance(result.verdict, Proved)


ASSUMED = [
    # assumption                 makes true
    ("sum(p) == 1",              "sum(p * s) == s"),
    ("S == S.T",                 "S @ p == p @ S"),
    ("s > 0",                    "abs(s) == s"),
    ("0 < s",                    "sqrt(s ** 2) == s"),
    ("s >= 0",                   "abs(s + 1) == s + 1"),
]  # fmt: skip


@pytest.mark.parametrize(("assumption", "claim"), ASSUMED)
def test_assumptions_hold_for_what_follows(assumption, claim):
    text = f"n = dims\ns: ()\np: (n,)\nS: (n, n)\nassert not {claim}\nassume({assumption})\nassert {claim}"
    assert [result.holds for result in check_claims(text)] == [True, True]


def test_facts_for_code_that_is_traced():
    shapes = {"eps": (), "Y": ("N", "C"), "S": ("n", "n")}
    found = facts(["eps > 0", "0 <= eps", "sum(Y, axis=1) == 1", "S == S.T"], shapes)
    assert list(map(type, found)) == [IsPositive, IsNonNegative, AreEqual, AreEqual]


def test_a_fact_that_cannot_be_read():
    with pytest.raises(ClaimsError, match="unknown name 'Q'"):
        facts(["eps > Q"], {"eps": ()})


REACH = [
    # the definition is replaced by a free variable: what holds then
    ("grad(z * x, z) == x", True),  # x stays
    ("grad(z * x, x) == 2 * x * y", True),  # the total derivative
    ("grad(z * x, x) == z", False),
    ("grad(t, z) == exp(z)", True),
    ("grad(grad(t * z, z), z) == 2 * exp(z) + z * exp(z)", True),
    ("grad(grad(t, x), y) == exp(x * y) * (1 + x * y)", True),
    ("grad(t, same) == grad(t, z)", None),  # t reaches z by name, and not same
]


@pytest.mark.parametrize(("claim", "holds"), REACH)
def test_grad_in_a_definition(claim, holds):
    text = f"x: ()\ny: ()\nz = x * y\nsame = z\nt = exp(z)\nassert {claim}"
    if holds is None:
        with pytest.raises(ClaimsError, match="t does not use same by name"):
            check_claims(text)
    else:
        assert [result.holds for result in check_claims(text)] == [holds]


LARGE = """
W: (30, 784)
b: (30, 1)
X: (784, 1000)
G: (30, 1000)
Z = W @ X + b
J = sum(G * sigmoid(Z))
dZ = G * sigmoid(Z) * (1 - sigmoid(Z))
assert grad(J, W) == dZ @ X.T
assert grad(J, b) == sum(dZ, axis=1, keepdims=True)
assert mean(X, axis=0) == sum(X, axis=0) / 784
assert sum(ones((784, 3))) == 784 * 3
"""


def test_large_sizes_are_proved_for_all_sizes():
    assert [result.holds for result in check_claims(LARGE)] == [True] * 4
