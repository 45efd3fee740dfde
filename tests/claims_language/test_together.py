"""Gradients of one loss, decided together with cut points: the same verdicts as alone, and linear in depth."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import by_numpy
import numpy as np
import pytest
from by_numpy import ByNumpy

from derive.claims import check_claims, read
from derive.claims.checking import judge
from derive.claims.together import decide_together
from derive.kernel.verdict import Proved, Refuted, Unknown

FILES = sorted((Path(__file__).parents[1] / "claims").glob("*.claims"))


def together(script, end):
    """Number of an assert -> its verdict"""
    return decide_together(script.reader.scope, script.assertions, end)


def network(depth: int, output: str = "sigmoid") -> str:
    """The claims of a network of any depth: dZ, dW and db of every layer."""
    lines = ["n0, m = dims", "X: (n0, m)", "g = function", "A0 = X"]
    for k in range(1, depth + 1):
        lines += [f"n{k} = dims", f"W{k}: (n{k}, n{k - 1})", f"b{k}: (n{k}, 1)", f"Z{k} = W{k} @ A{k - 1} + b{k}"]
        lines += [f"A{k} = {'g' if k < depth else output}(Z{k})"]
    lines += [f"Y: (n{depth}, m)", f"J = -sum(Y * log(A{depth}) + (1 - Y) * log(1 - A{depth})) / m"]
    lines += [f"dZ{depth} = A{depth} - Y"]
    lines += [f"dZ{k} = W{k + 1}.T @ dZ{k + 1} * diff(g)(Z{k})" for k in range(depth - 1, 0, -1)]
    for k in range(depth, 0, -1):
        lines += [f"assert grad(J, Z{k}) == dZ{k} / m", f"assert grad(J, W{k}) == dZ{k} @ A{k - 1}.T / m"]
        lines += [f"assert grad(J, b{k}) == sum(dZ{k}, axis=1, keepdims=True) / m"]
    return "\n".join(lines)


def values_at(text: str, number: int, at: Mapping[str, Any]) -> list[np.ndarray]:
    """Both sides of an assert at a counterexample, by NumPy alone."""
    found = ByNumpy(text)
    found.sizes = {name: value for name, value in at.items() if isinstance(value, int)}
    found.arrays = {name: np.array(value, float) for name, value in at.items() if isinstance(value, tuple)}
    terms = re.findall(r"(-?[\d/]+)\*x\*\*(\d+)", at["g"])
    g = np.polynomial.Polynomial([sum(float(Fraction(c)) for c, k in terms if int(k) == n) for n in range(5)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(by_numpy.FUNCTIONS, "g", g)
        patch.setitem(by_numpy.SLOPES, "g", g.deriv())
        found.generic = set()
        equation = found.asserts[number]
        return [np.asarray(found.value(side, {})) for side in (equation.left, equation.comparators[0])]


@pytest.mark.parametrize("depth", [2, 3, 6])
def test_every_gradient_of_a_network_is_proved_together(depth):
    script = read(network(depth))
    found = together(script, monotonic() + 60)
    assert found.keys() == set(range(3 * depth))
    assert all(isinstance(verdict, Proved) for verdict in found.values())


def test_the_work_is_linear_in_depth():
    times = []
    for depth in (4, 16):
        start = process_time()
        assert all(result.holds for result in check_claims(network(depth)))
        times.append(process_time() - start)
    assert times[1] < 10 * times[0]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_together_and_alone_agree(file):
    script = read(file.read_text())
    for number, verdict in together(script, monotonic() + 60).items():
        alone = judge(script.reader.scope, script.assertions[number], monotonic() + 60)
        assert type(verdict) is type(alone), script.assertions[number].text
        assert not isinstance(verdict, Unknown)


def test_there_is_something_to_agree_on():
    assert sum(len(together(read(file.read_text()), monotonic() + 60)) for file in FILES) >= 20


WRONG = ["dZ2 @ A1.T", "-dZ2 @ A1.T / m", "2 * dZ2 @ A1.T / m", "dZ2 @ A1.T / m + W2"]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_formula_is_refuted_as_it_is_alone(wrong):
    text = network(3).replace("grad(J, W2) == dZ2 @ A1.T / m", f"grad(J, W2) == {wrong}")
    script = read(text)
    found = together(script, monotonic() + 60)
    (number,) = [k for k, verdict in found.items() if not isinstance(verdict, Proved)]
    alone = judge(script.reader.scope, script.assertions[number], monotonic() + 60)
    verdict = found[number]
    assert isinstance(verdict, Refuted)
    assert isinstance(alone, Refuted)
    assert verdict.reason == alone.reason == "the sides differ at i = 0, j = 0"
    assert max(size for name, size in verdict.at.items() if name[0] in "nm") <= 2
    left, right = values_at(text, number, verdict.at)
    assert left[verdict.index] == pytest.approx(float(Fraction(verdict.left)), abs=1e-6)
    assert right[verdict.index] == pytest.approx(float(Fraction(verdict.right)), abs=1e-6)


ALONE = [
    # a claim that is not decided together
    "grad(J, W1)[:, i] == (dZ1 @ X.T / m)[:, i]",
    "grad(J, W1) == grad(J, Z1) @ X.T",
    "dZ1 @ X.T / m == grad(J, W1)",
    "grad(J, W1) == X",
    "jac(W1 @ X[:, :1], b1) == 0",
    "grad(2 * J, W1) == 2 * dZ1 @ X.T / m",
]


@pytest.mark.parametrize("claim", ALONE)
def test_what_is_decided_alone(claim):
    text = network(2).partition("assert")[0] + f"i = index(n0)\nassert {claim}"
    assert together(read(text), monotonic() + 60) == {}


ASSUMED = """
m, k, n = dims
X: (n, m)
W: (k, n)
Y: (k, m)
Z = W @ X
E = exp(Z)
P = E / sum(E, axis=0, keepdims=True)
L = log(P)
J = -sum(Y * L) / m
dZ = P - Y
assert not grad(J, Z) == dZ / m
assume(sum(Y, axis=0) == 1)
assert grad(J, Z) == dZ / m
assert grad(J, W) == dZ @ X.T / m
"""


def test_an_assumption_holds_for_what_follows_only():
    results = check_claims(ASSUMED)
    assert [result.holds for result in results] == [True, True, True]
    assert [result.conditions for result in results[1:]] == [("assumed: sum(Y, axis=0) == 1",)] * 2
    found = together(read(ASSUMED), monotonic() + 60)
    assert [type(found[k]) for k in range(3)] == [Refuted, Proved, Proved]


def test_large_sizes_are_left_to_lifting():
    text = network(3).replace("n0, m = dims", "n0, m = dims").replace("n1 = dims\n", "").replace("n1", "300")
    assert together(read(text), monotonic() + 60) == {}
    assert all(result.holds for result in check_claims(text))


def test_a_scale_that_is_written_is_a_cut_point_and_is_not_trusted():
    script = read(network(4).replace("grad(J, Z3) == dZ3 / m", "grad(J, Z3) == dZ3 / 2"))
    found = together(script, monotonic() + 60)
    assert [script.assertions[k].text for k, verdict in found.items() if isinstance(verdict, Refuted)] == [
        "grad(J, Z3) == dZ3 / 2"
    ]
    assert sum(isinstance(verdict, Proved) for verdict in found.values()) == 11
