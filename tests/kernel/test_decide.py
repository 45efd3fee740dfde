"""Who may say Proved, what stops a proof, and that the fuzzer notices a kernel that is wrong."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derive.errors import DeriveError, UnknownNode
from derive.kernel import ratio
from derive.kernel.claim import AreEqual, Claim, IsNonNegative, IsPositive
from derive.kernel.decide import decide
from derive.kernel.elementary import ONE, ZERO, add, exp, log, minus, mul, negative, number, power
from derive.kernel.index import Apply, Delta, Entry, Expr, Greatest, Index, Largest, Number, Positive, Sum
from derive.kernel.verdict import Proved, Refuted, Unknown

from . import fuzz
from .faults import FAULTS
from .fuzz import run
from .planted import PLANTED

CASES = 120
I, J = Index("i", "n"), Index("j", "n")
x, S = Entry("x", (I,)), Entry("S", (I, J))


def claim(left, right, *facts, free=(I,)):
    return Claim(left, right, free, {"x": ("n",), "S": ("n", "n")}, facts=tuple(facts))


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_noticed(name, monkeypatch):
    module, attribute, fault, kind, rows = PLANTED[name]
    monkeypatch.setattr(module, attribute, fault)
    monkeypatch.setattr(fuzz, "FAULTS", {row: FAULTS[row] for row in rows} or FAULTS)
    assert run(kind, CASES, 5, most_wrong=1)[1]


@pytest.mark.parametrize("row", sorted({row for *_, rows in PLANTED.values() for row in rows}))
def test_the_same_cases_find_nothing_without_it(row, monkeypatch):
    monkeypatch.setattr(fuzz, "FAULTS", {row: FAULTS[row]})
    outcomes, wrong = run("false", CASES if "through max" in row else 80 if "inverse" in row else 25, 5)
    assert not wrong
    assert outcomes["refuted"]


def test_only_the_kernel_says_proved():
    with pytest.raises(DeriveError, match="made by the kernel alone"):
        Proved("because I say so")


VERDICTS = [
    (claim(Sum(J, S), Sum(J, S)), Proved),
    (claim(Sum(J, S), Sum(J, Entry("S", (J, I)))), Refuted),
    (claim(Sum(J, S), Sum(J, Entry("S", (J, I))), AreEqual(S, Entry("S", (J, I)))), Proved),
    (claim(Apply("abs", 0, x), x), Refuted),
    (claim(Apply("abs", 0, x), x, IsNonNegative(x)), Proved),
    (claim(log(exp(x)), x), Proved),
    (claim(mul(ZERO, log(negative(exp(x)))), ZERO), Unknown),
    (claim(x, add(x, number(Fraction(1, 10**9)))), Refuted),
    (claim(x, add(x, number(Fraction(1, 10**5000)))), Refuted),
    (claim(number(10**5000), number(10**5000 + 1)), Refuted),
    (claim(Largest(I, x), Sum(I, x), free=()), Refuted),
    (claim(power(x, 2), x, AreEqual(power(x, 2), x)), Proved),
    (claim(Positive(x), ONE, IsPositive(minus(x, ONE))), Unknown),
]


@pytest.mark.parametrize(("question", "expected"), VERDICTS, ids=lambda row: "")
def test_verdict(question, expected):
    assert isinstance(decide(question), expected)


def test_the_name_of_an_index_below_a_maximum_does_not_matter():
    """delta_kj x_k = delta_kj x_j: which of both stands there must not depend on who came first."""
    first, other = (Largest(k, add(Entry("y", (k,)), mul(Entry("x", (k,)), Delta(k, J)))) for k in (I, Index("w", "n")))
    claim = Claim(exp(first), exp(other), (J,), {"x": ("n",), "y": ("n",)})
    assert isinstance(decide(claim), Proved)


def test_a_maximum_in_a_maximum_is_one():
    a, b, c = (Entry(name, ()) for name in "abc")
    claim = Claim(Greatest((a, b, c)), Greatest((Greatest((c, Greatest((a, b)))), b, c)), (), dict.fromkeys("abc", ()))
    assert isinstance(decide(claim), Proved)


def test_an_unknown_node_raises():
    class Strange(Expr):
        pass

    for strange in (Strange(), Apply("nobody knows me", 0, x)):
        with pytest.raises(UnknownNode):
            decide(claim(strange, x))


def test_a_budget_ends_in_unknown():
    """Never in an exception, and never in a verdict."""
    hard = power(add(*(Entry("x", (Index(f"i{k}", "n"),)) for k in range(4))), 6)
    total = hard
    for k in range(4):
        total = Sum(Index(f"i{k}", "n"), total)
    verdict = decide(claim(total, mul(ONE, total), free=()), budget=300)
    assert isinstance(verdict, Unknown)
    assert "budget" in verdict.reason


def test_a_refutation_can_be_read():
    verdict = decide(claim(number(10**5000), number(10**5000 + 1)))
    assert len(verdict.left) < 100
    verdict = decide(claim(Sum(J, S), Sum(J, Entry("S", (J, I)))))
    assert verdict.left != verdict.right
    assert set(verdict.at) == {"n", "S"}
    assert verdict.reason == "the sides differ at i = 0"


def test_many_cases_stay_one_function(monkeypatch):
    """With more indicators than cases are split into, a function is kept as it stands, and is still itself."""
    monkeypatch.setattr(ratio, "MOST_SWITCHES", 1)
    inside = add(mul(Positive(x), S), mul(Positive(S), x))
    assert isinstance(decide(claim(exp(inside), exp(add(inside, ZERO)), free=(I, J))), Proved)
    assert isinstance(decide(claim(exp(inside), exp(minus(inside, Number(Fraction(1)))), free=(I, J))), Refuted)
