"""Indicators that differ in a narrow band alone: no random point falls into it."""

import pytest

from derive import Proved, Refuted, check_claims
from derive.kernel import decide
from derive.kernel.refute import Trial

HEAD = "n, m = dims\nx: (n, 1)\nW: (m, n)\np: (n, 1)\nassume(p > 0)\n"
FALSE = [
    "(x > 0) == (x > 1/1000000)",
    "relu(x - 1/1000000000) == relu(x) - (x > 0)/1000000000",
    "relu(W @ x) == relu(W @ x) + (W @ x > 1000) * (W @ x < 1001)",
    "(exp(p) > 5) == (exp(p) > 5 + 1/1000000)",
    "(sum(x) + n > 0) == (sum(x) + n + 1/1000000 > 0)",
]
TRUE = [
    "relu(x) == x * (x > 0)",
    "(x > 0) * (x > 1/1000000) == (x > 1/1000000)",
    "(W @ x > 1) == (2 * W @ x > 2)",
]


def verdict(text):
    return check_claims(HEAD + f"assert {text}\n")[0].verdict


@pytest.mark.parametrize("text", FALSE)
def test_a_narrow_band_is_found(text):
    assert isinstance(found := verdict(text), Refuted), found.reason
    assert not found.at_kink


@pytest.mark.parametrize("text", FALSE[:2])
def test_no_other_point_finds_it(text, monkeypatch):
    monkeypatch.setattr(decide, "refute_beside_jumps", lambda *_: Trial(None, 0, 0))
    assert not isinstance(verdict(text), Refuted)


@pytest.mark.parametrize("text", TRUE)
def test_what_is_true_stays_true(text):
    assert isinstance(verdict(text), Proved)
