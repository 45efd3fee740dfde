"""The gradient check says no to planted faults, yes to what is right, and leaves out kinks."""

import numpy as np
import pytest

from derive import DeriveError, backprop, mlp
from numeric import by_hand, check_gradient, initialize, lambdify

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(2, 6)), (RNG.random((3, 6)) > 0.5).astype(float)

FAULTS = {
    "sign flipped": lambda g: -g,
    "averaged twice": lambda g: g / 6,
    "one entry off": lambda g: g + 1e-3 * np.eye(*g.shape),
    "forgotten": lambda g: 0 * g,
    "nan": lambda g: g * np.nan,
}


def wrong(f, fault, name="W1"):
    def faulty(*arguments):
        J, gradients = f(*arguments)
        return J, {**gradients, name: FAULTS[fault](gradients[name])}

    return faulty


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen_where_it_is(fault):
    f = lambdify(backprop(mlp([2, 4, 3])))
    report = check_gradient(wrong(f, fault), initialize(f), X, Y)
    assert report["W1"].error > 1e-4
    assert max(report[name].error for name in ("b1", "W2", "b2")) < 1e-8


METHODS = [
    ("tanh", "identity", "squared_error", "complex step", 1e-13),
    ("sigmoid", "sigmoid", "squared_error", "complex step", 1e-13),
    ("relu", "softmax", "squared_error", "complex step", 1e-13),
    ("leaky_relu", "identity", "squared_error", "complex step", 1e-13),
    ("tanh", "sigmoid", "cross_entropy", "central differences", 1e-8),
    ("softplus", "identity", "squared_error", "central differences", 1e-8),
    ("erf", "identity", "squared_error", "central differences", 1e-8),
    ("silu", "identity", "squared_error", "complex step", 1e-13),
    ("gelu", "identity", "squared_error", "central differences", 1e-8),
    ("sign", "identity", "squared_error", "central differences", 1e-8),
]


@pytest.mark.parametrize(("hidden", "output", "loss", "method", "tolerance"), METHODS)
def test_complex_step_where_the_code_takes_complex_numbers(hidden, output, loss, method, tolerance):
    f = lambdify(backprop(mlp([2, 4, 3], hidden, output, loss)))
    report = check_gradient(f, initialize(f, seed=1), X, Y)
    assert report.method == method
    assert report.error < tolerance, report
    assert check_gradient(f, initialize(f, seed=1), X, Y, method="central differences").error < 1e-8


@pytest.mark.parametrize("method", ["complex step", "central differences"])
def test_entries_at_a_kink_are_counted_and_left_out(method):
    f = lambdify(backprop(mlp([2, 3, 1], "relu", "identity", "squared_error")))
    params = initialize(f, scale="he")
    X = np.array([[0.0, 1.0], [0.0, 2.0]])  # the first sample is at the kink of every hidden unit, since b1 = 0
    report = check_gradient(f, params, X, np.ones((1, 2)), method=method)
    assert report.kinks == report["b1"].kinks == 3
    assert report["b1"].compared == 0
    assert report.compared == 10
    assert np.isnan(report["b1"].errors).all()
    assert report["W2"].errors.max() == report["W2"].error
    assert report.error < 1e-8


def test_single_precision_is_compared_with_double():
    f = lambdify(backprop(mlp([2, 4, 3])))
    params = initialize(f, dtype="float32")
    assert 0 < check_gradient(f, params, X.astype("float32"), Y.astype("float32")).error < 1e-4


def test_free_numbers_are_passed_on():
    f = lambdify(backprop(mlp([2, 4, 3], l2="lambda")))
    assert check_gradient(f, initialize(f), X, Y, lambda_=0.3).error < 1e-8
    assert check_gradient(f, initialize(f), X, Y, **{"lambda": 0.3}).error < 1e-8


def test_any_function_of_this_form_can_be_checked():
    report = check_gradient(by_hand.caches.loss_and_gradients, initialize(mlp([2, 4, 3])), X, Y, hidden="tanh")
    assert report.error < 1e-8
    assert str(report).startswith("compared by central differences\nW1: relative error")


def test_an_unknown_method_is_refused():
    f = lambdify(backprop(mlp([2, 4, 3])))
    with pytest.raises(DeriveError, match="unknown method 'guess'; expected one of auto, complex step"):
        check_gradient(f, initialize(f), X, Y, method="guess")
    with pytest.raises(KeyError, match="no parameter 'W9'; there are W1, b1, W2, b2"):
        check_gradient(f, initialize(f), X, Y)["W9"]
