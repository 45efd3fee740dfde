"""Sizes at which the forward function gives numbers and the backward function does not; shapes that are products."""

import numpy as np
import pytest

from derive import Proved, Refuted
from numeric import prove_backward, prove_gradient


def mean(x):
    return x.mean(axis=0), x


def unused(dout, x):
    N = x.shape[0]
    _ = 1.0 / (N - 1)
    return np.ones_like(x) * dout / N


def times_zero(dout, x):
    N = x.shape[0]
    return np.ones_like(x) * dout / N + 0 * x * (1.0 / (N - 1))


def one_less(dout, x):
    return np.ones_like(x) * dout / (len(x) - 1.0)


def over_itself(dout, x):
    N = x.shape[0]
    return np.ones_like(x) * dout * (N - 1) / (N * (N - 1))


def asked(backward, rows="N", forward=mean):
    return prove_backward(forward, backward, shapes={"x": (rows, "D")}, wrt=["x"])


@pytest.mark.parametrize("backward", [unused, times_zero])
def test_code_that_raises_for_one_row_is_refuted_there(backward):
    report = asked(backward)
    assert isinstance(report["x"], Refuted)
    assert "raises ZeroDivisionError" in report["x"].reason
    assert report["x"].at["N"] == 1
    assert "N = 1" in str(report)


@pytest.mark.parametrize("backward", [unused, times_zero])
def test_it_is_proved_for_three_rows(backward):
    assert asked(backward, rows=3).holds


def test_a_wrong_value_is_said_rather_than_the_error():
    report = asked(one_less)
    assert isinstance(report["x"], Refuted)
    assert report.part("x").values == ("1/2", "1")


def test_where_it_gives_no_numbers_is_left_out_and_said():
    report = asked(over_itself)
    assert isinstance(report["x"], Proved)
    assert "left out: the backward function gives no numbers where N = 1" in str(report)


def test_where_the_forward_function_gives_none_either_nothing_is_said():
    def forward(x):
        return x.mean(axis=0) / (x.shape[0] - 1.0), x

    def backward(dout, x):
        return np.ones_like(x) * dout / (len(x) * (len(x) - 1.0))

    report = asked(backward, forward=forward)
    assert report.holds
    assert "left out" not in str(report)


@pytest.mark.parametrize("zeros", [np.zeros_like, lambda w: np.zeros(w.shape), lambda w: 0 * w, lambda w: w - w])
def test_a_zero_gradient_of_a_product_of_sizes(zeros):
    """The order of the factors is that of the shape: K*H was once refuted as H*K."""
    report = prove_gradient(
        lambda x, w: x.sum(),
        lambda x, w: {"x": np.ones_like(x), "w": zeros(w)},
        shapes={"x": ("N", "K*H"), "w": ("K*H", "M")},
        wrt=["x", "w"],
    )
    assert report.holds, report


def test_the_conditions_of_a_slice_can_be_read():
    def forward(x):
        return x[:, 1:] * 2.0, x

    def backward(dout, x):
        dx = np.zeros_like(x)
        dx[:, 1:] += 2 * dout
        return dx

    report = prove_backward(forward, backward, shapes={"x": ("N", "T")})
    assert isinstance(report["x"], Proved)
    said = report["x"].conditions
    assert said == ("assumed: each row of the array that picks T-1 positions of T, from 1 on, holds one 1, else zeros",)
