"""A gradient that is wrong on a null set alone: proved where the function has a kink there, else refuted."""

import numpy as np
import pytest

from derive import Proved, Refuted
from numeric import prove_backward

ANY = {"x": ("N", "D")}
NO_KINK = "on a set of measure zero, where the function itself has no kink"


def square(x):
    return x * x


def product_backward(fault):
    return lambda dout, x, w: (fault(dout) @ w.T, x.T @ dout)


WRONG = {
    # name: forward, backward, shapes
    "where x is zero": (square, lambda dout, x: np.where(x == 0, 1, 2 * x * dout), ANY),
    "where x is one": (square, lambda dout, x: 2 * x * dout * (x != 1), ANY),
    "where dout is zero": (square, lambda dout, x: np.where(dout == 0, x, 2 * x * dout), ANY),
    "among given sizes": (square, lambda dout, x: np.where(x == 0, 1, 2 * x * dout), {"x": (2, 3)}),
    "inside a sum": (
        lambda x, w: x @ w, product_backward(lambda dout: np.where(dout == 0, 7, dout)),
        {"x": ("N", "D"), "w": ("D", "M")}),
    "away from the kink": (
        lambda x: np.maximum(x, 0), lambda dout, x: np.where(x == 1, 0, dout * (x > 0)), ANY),
}  # fmt: skip
RIGHT = {
    "relu at zero": (lambda x: np.maximum(x, 0), lambda dout, x: dout * (x >= 0)),
    "abs at zero": (np.abs, lambda dout, x: np.where(x >= 0, dout, -dout)),
    "clip at its bounds": (lambda x: np.clip(x, -1, 1), lambda dout, x: dout * ((x >= -1) & (x <= 1))),
    "the value that is there anyway": (square, lambda dout, x: np.where(x == 0, 0, 2 * x * dout)),
    "a row's ties": (
        lambda x: x.max(axis=1), lambda dout, x: dout[:, None] * (x >= x.max(axis=1, keepdims=True))),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_jump_of_the_gradient_alone_is_refuted(name):
    forward, backward, shapes = WRONG[name]
    report = prove_backward(forward, backward, shapes=shapes)
    assert isinstance(report["x"], Refuted), str(report)
    assert NO_KINK in report.part("x").verdict.reason
    assert not report.holds


@pytest.mark.parametrize("name", RIGHT)
def test_a_kink_of_the_function_is_none(name):
    forward, backward = RIGHT[name]
    assert isinstance(prove_backward(forward, lambda dout, x: backward(dout, x), shapes=ANY)["x"], Proved)


def test_the_example_shows_it():
    forward, backward, shapes = WRONG["where x is one"]
    part = prove_backward(forward, backward, shapes=shapes).part("x")
    assert part.values[1] == "0"
    assert part.values[0] != "0"
