"""What is no null set: arrays that hang together, half of them left by a logarithm or a division, or nothing left."""

import pytest

from derive.claims import check_claims
from derive.kernel.verdict import Proved

HEAD = "n = dims\nx: (n,)\ny: (n,)\na: ()\nb: ()\n"
COMPUTED = {  # definitions, and claims about the last of them; a > relu(a) nowhere, though a and relu(a) look free
    "relu of itself": ("r1 = relu(a); r2 = maximum(a, r1); r3 = 2*r2; J = 3*r3",
                       ("grad(J, r1) == 6*(a < r1)", "grad(J, a) == 0")),
    "mean of one": ("s = mean(x); h = x - s; r = relu(h); q = r*y; J = sum(q)", ("grad(J, h) == y*(h >= 0)",)),
    "always zero": ("s = a + 0; r2 = relu(s - a); r3 = 2*r2; J = b*r3", ("grad(J, s) == 2*b*(s >= a)",)),
    "always tied": ("s = -x; h = max(x + s); q = h*a; r = q + b; J = 2*r",
                    ("grad(J, s) == 2*a*(x + s >= max(x + s))",)),
}  # fmt: skip
HALVES = [
    # x > 0 where log(x) is; sum(x) = x and norm2(x) = x for one x
    "sign(log(sum(x)) - log(x))**2 == 1", "log(sum(x)) + (sum(x) >= x) == log(sum(x)) + (sum(x) > x)",
    "sqrt(sum(x)) + (sum(x) >= x) == sqrt(sum(x)) + (sum(x) > x)", "0*sum(log(x)) + sign(norm2(x) - sum(x))**2 == 1",
    "sign(log(x @ y) - log(x) - log(y))**2 == 1", "log(x @ y) + sign(x @ y - x*y)**2 == 1 + log(x @ y)",
    # 1/x has two halves
    "sign(norm2(1/x) - sum(1/x))**2 == 1", "sign(norm2(1/x) - sum(x)/sum(x**2))**2 == 1",
    "sign(sqrt(sum(x**2) + sum(1/x**2) + 2) - sum(x) - sum(1/x))**2 == 1",
    # defined on a null set alone
    "0*sqrt(-a**2) + sign(a)**2 == 1", "0*sqrt(a - b) + 0*sqrt(b - a) + (a >= b) == (a > b)",
]  # fmt: skip
STILL_PROVED = [
    "log(x) + (x > a) == log(x) + (x >= a)", "sign(norm2(x))**2 == 1", "sign(log(a))**2 == 1",
    "sqrt(a) + (a > b) == sqrt(a) + (a >= b)", "sign(x / sum(exp(x)))**2 == 1",
]  # fmt: skip


def verdicts(claims, definitions=()):
    text = HEAD + "\n".join((*definitions, *(f"assert {claim}" for claim in claims)))
    return [result.verdict for result in check_claims(text)]


@pytest.mark.parametrize("name", COMPUTED)
def test_what_is_computed_is_not_free(name):
    definitions, claims = COMPUTED[name]
    assert not any(isinstance(v, Proved) for v in verdicts(claims, definitions.split("; ")))


@pytest.mark.parametrize("claim", HALVES)
def test_half_of_the_arrays_is_no_choice(claim):
    assert not isinstance(verdicts([claim])[0], Proved)


@pytest.mark.parametrize("claim", STILL_PROVED)
def test_null_sets_are_left_out(claim):
    (verdict,) = verdicts([claim])
    assert isinstance(verdict, Proved)
    assert verdict.except_on
