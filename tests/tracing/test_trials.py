"""The second line: a trace that says something else than the functions do is found before a verdict.

Here the first line is taken away: sizes tell their digits, truth values are made up, memory is said to be a copy.
"""

import numpy as np
import pytest

from derive import Proved
from numeric import prove_backward
from numeric.tracing import Problem, read_arguments, trace
from numeric.tracing.array import SymbolicArray, wrap
from numeric.tracing.reaching import reachable
from numeric.tracing.trials import constants_of, sizes_to_try

SHAPES = {"x": ("N", "D")}


def square(x):
    return x * x, x


def beyond_seventeen(dout, x):
    n = str(x.shape[0])
    return 2 * x * dout * (3 if n.isdigit() and int(n) > 17 else 1)


def where_one_row_is(dout, x):
    n = str(x.shape[1])
    return 2 * x * dout * (3 if n == "1" else 1)


def where_all_are_equal(dout, x):
    n, d = str(x.shape[0]), str(x.shape[1])
    return 2 * x * dout * (3 if n == d else 1)


def far_away(dout, x):
    return 2 * x * dout * (1 if (np.abs(x) < 250.0).all() else 3)


def at_zero(dout, x):
    return 2 * x * dout + dout * (0 if (x != 0).any() else 3)


def shared_where_one_row_is(dout, x):
    dx = 2 * x * dout
    flat = dx.T.ravel()
    flat *= 3
    return dx


@pytest.mark.parametrize(
    ("backward", "where"),
    [(beyond_seventeen, "N = 18"), (where_one_row_is, "D = 1"), (where_all_are_equal, "N = 1, D = 1")],
)
def test_sizes_that_leak_are_found(monkeypatch, backward, where):
    monkeypatch.setattr("numeric.tracing.sizes.asked_by_user_code", lambda: False)
    monkeypatch.setattr("numeric.tracing.bindings.BUILTINS", {})
    verdict = prove_backward(square, backward, shapes=SHAPES)["x"]
    assert not isinstance(verdict, Proved)
    assert "does not reproduce" in verdict.reason
    assert where in verdict.reason


@pytest.mark.parametrize(("backward", "truth"), [(far_away, True), (at_zero, True)])
def test_values_that_leak_are_found(monkeypatch, backward, truth):
    monkeypatch.setattr(SymbolicArray, "__bool__", lambda _: truth)
    verdict = prove_backward(square, backward, shapes=SHAPES)["x"]
    assert not isinstance(verdict, Proved)
    assert "does not reproduce" in verdict.reason


def test_memory_that_is_shared_where_an_axis_has_size_one_is_found(monkeypatch):
    monkeypatch.setattr(SymbolicArray, "shared_or_not", lambda self, new, by: wrap(new, self.kind))
    verdict = prove_backward(square, shared_where_one_row_is, shapes=SHAPES)["x"]
    assert not isinstance(verdict, Proved)
    assert "does not reproduce" in verdict.reason


def sizes_tried(backward, shapes):
    arguments = read_arguments(shapes, {}, {})
    problem = Problem(square, backward, arguments, None, True)
    return sizes_to_try(trace(problem), constants_of(reachable([square, backward]).functions)[0])


def test_which_sizes_are_tried():
    def backward(dout, x):
        return 2 * x * dout if 41 else None

    found = sizes_tried(backward, {"x": ("N", "D", "K")})
    for name in "NDK":
        assert any(d[name] == 1 and min(v for k, v in d.items() if k != name) > 1 for d in found)
        assert any(d[name] == 3 and d != found[0] for d in found)  # one more than the 2 of the code
    assert {"N": 1, "D": 1, "K": 1} in found
    assert {"N": 2, "D": 2, "K": 2} in found
    assert any(len(set(d.values())) == 3 for d in found)


def test_many_dimensions_are_tried_in_groups():
    shapes = {"x": tuple(f"n{k}" for k in range(12))}
    found = sizes_tried(lambda dout, x: 2 * x * dout, shapes)
    assert 4 < len(found) < 40
    for name in (f"n{k}" for k in range(12)):
        assert any(d[name] == 1 and max(d.values()) > 1 for d in found)


def test_constants_are_those_of_every_function_that_can_be_called():
    def helper(x):
        return [x * 0.125 for _ in range(5)]

    def backward(dout, x):
        return helper(x)[0] * dout * (7 if x is None else 1)

    integers, numbers = constants_of(reachable([backward]).functions)
    assert {5, 7} <= set(integers)
    assert any(float(n) == 0.125 for n in numbers)


def test_what_is_undefined_for_one_row_is_no_fault():
    def forward(x):
        return x * (1 / (x.shape[0] - 1)), x.shape[0]

    assert prove_backward(forward, lambda dout, n: dout / (n - 1), shapes=SHAPES).holds
    assert not prove_backward(forward, lambda dout, n: dout / n, shapes=SHAPES).holds
