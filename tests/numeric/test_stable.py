"""Extreme values: no warning, no nan, no logarithm of 0, up to |z| = 10,000.  Warnings are errors in these tests."""

import math

import numpy as np
import pytest
from sympy import HadamardPower, HadamardProduct, Lambda, MatrixSymbol, Symbol, exp, log, symbols

from derive import Program, Softmax, backprop, elementwise, mlp, ones, total
from derive.functions import z
from numeric import initialize, lambdify
from numeric.helpers import erf, logsumexp, sigmoid, softmax
from numeric.stable import stable

EXTREME = np.array([-1e4, -745.2, -709.8, -100.0, -88.8, -1.0, 0.0, 1e-30, 1.0, 16.7, 40.0, 88.8, 709.8, 745.2, 1e4])
HIDDEN = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity", "sign", "erf", "gelu")
OUTPUTS = [*((output, "squared_error") for output in (*HIDDEN, "softmax")),
           ("sigmoid", "cross_entropy"), ("softmax", "softmax_cross_entropy")]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("output", "loss"), OUTPUTS)
def test_an_output_of_any_size_gives_finite_costs_and_gradients(output, loss, dtype):
    f = lambdify(backprop(mlp([1, 3], output=output, loss=loss)))
    params = {"W1": np.array([[1.0], [-1.0], [0.5]], dtype), "b1": np.zeros((3, 1), dtype)}
    for k in range(3):
        Y = np.zeros((3, len(EXTREME)), dtype)
        Y[k] = 1
        J, gradients = f(params, EXTREME[None, :].astype(dtype), Y)
        assert np.isfinite(J)
        assert J.dtype == dtype
        assert all(np.isfinite(g).all() for g in gradients.values())


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "hidden", [*HIDDEN, *(Lambda(z, f) for f in (z / (1 + exp(-z)), 1 / (1 + exp(-z)), log(1 + exp(z))))]
)
def test_a_hidden_layer_of_any_size_gives_finite_gradients(hidden, dtype):
    f = lambdify(backprop(mlp([1, 2, 2], hidden)))
    params = initialize(f, dtype=dtype)
    params["W1"] = np.array([[1.0], [-1.0]], dtype)
    X = EXTREME[None, :].astype(dtype)
    J, gradients = f(params, X, np.ones((2, len(EXTREME)), dtype))
    assert np.isfinite(J)
    assert all(np.isfinite(g).all() and g.dtype == dtype for g in gradients.values())


EXACT = [  # z     y    -log A or -log(1 - A)
    (1e4, 0.0, 1e4),
    (-1e4, 1.0, 1e4),
    (1e4, 1.0, 0.0),
    (40.0, 1.0, math.exp(-40)),
    (0.0, 1.0, math.log(2)),
]


@pytest.mark.parametrize(("x", "y", "expected"), EXACT)
def test_cross_entropy_is_exact_where_the_output_rounds_to_0_or_1(x, y, expected):
    f = lambdify(backprop(mlp([1, 1], loss="cross_entropy")))
    J, gradients = f({"W1": np.ones((1, 1)), "b1": np.zeros((1, 1))}, np.array([[x]]), np.array([[y]]))
    assert pytest.approx(expected, rel=1e-14) == J
    assert gradients["b1"][0, 0] == pytest.approx((x > 0) + (x == 0) / 2 - y, abs=1e-16)


def test_softmax_cross_entropy_is_exact_far_out():
    f = lambdify(backprop(mlp([2, 2], output="softmax")))
    params = {"W1": np.eye(2), "b1": np.zeros((2, 1))}
    J, _ = f(params, np.array([[1e4], [-1e4]]), np.array([[0.0], [1.0]]))
    assert J == 2e4


n, m = symbols("n m", integer=True, positive=True)
Z, A, Y, b = (MatrixSymbol(name, n, m) for name in "ZAYb")
J = Symbol("J")


UNSAFE = {
    # an equation more that uses Z keeps derive from cancelling 1/A: the code has to do it
    "sigmoid": (
        elementwise("sigmoid", Z),
        lambda A: elementwise("log", A),
        lambda A: elementwise("log", ones(n, m) - A),
    ),
    "softmax": (Softmax(Z), lambda A: elementwise("log", A), None),
    "exp": (elementwise("exp", Z / 100), lambda A: elementwise("log", A), None),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_denominators_that_round_to_0_are_cancelled(name):
    formula, log_A, log_rest = UNSAFE[name]
    entries = HadamardProduct(Y, log_A(A))
    if log_rest:
        entries += HadamardProduct(ones(n, m) - Y, log_rest(A))
    f = lambdify(backprop(Program([(Z, b), (A, formula), (J, total(HadamardPower(Z, 2)) / 2 - total(entries))], [b])))
    values = np.array([[-1e4, 1e4, 0.5], [1e4, -1e4, 2.0]])
    labels = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    cost, gradients = f({"b": values}, labels)
    assert np.isfinite(cost)
    shift = {"sigmoid": sigmoid(values) - labels, "softmax": softmax(values, axis=0) - labels, "exp": -labels / 100}
    assert np.allclose(gradients["b"], values + shift[name])


# --- the helpers ------------------------------------------------------------------------------------------------------

x = EXTREME
HELPERS = [
    (sigmoid(x), [1 / (1 + math.exp(-v)) if v > -700 else 0.0 for v in x]),
    (erf(x), [math.erf(v) for v in x]),
    (erf(np.linspace(-7, 7, 1001)), [math.erf(v) for v in np.linspace(-7, 7, 1001)]),
    (softmax(np.array([[1e4], [1e4], [-1e4]]), axis=0), [[0.5], [0.5], [0.0]]),
    (softmax(np.array([[1e4, 1e4]]), axis=1), [[0.5, 0.5]]),
    (logsumexp(np.array([[1e4], [1e4]]), axis=0), [[1e4 + math.log(2)]]),
]


@pytest.mark.parametrize(("found", "expected"), HELPERS)
def test_helpers_are_exact_and_never_overflow(found, expected):
    assert np.allclose(found, expected, rtol=1e-14, atol=1e-300)


@pytest.mark.parametrize("helper", [sigmoid, erf])
def test_helpers_keep_the_type(helper):
    assert helper(EXTREME.astype("float32")).dtype == "float32"


u = Symbol("u", real=True)
FORMS = [
    (1 / (1 + exp(-u)), "sigmoid(u)"),
    (exp(u) / (1 + exp(u)), "sigmoid(u)"),
    (exp(-u) / (1 + exp(-u)) ** 2, "sigmoid(-u)*sigmoid(u)"),
    (log(1 + exp(u)), "softplus(u)"),
    (log(1 / (1 + exp(-u))), "-softplus(-u)"),
    (log(1 - 1 / (1 + exp(-u))), "-softplus(u)"),
    (u + 1, "u + 1"),
]


@pytest.mark.parametrize(("body", "expected"), FORMS)
def test_stable_forms(body, expected):
    assert str(stable(body)) == expected
