"""L-BFGS driven by derived gradients, and activations with derived derivatives."""

import sys

import numpy as np
import pytest

from derive import DeriveError, backprop, mlp
from numeric import initialize, lambdify
from numeric.datasets import planar_flower
from numeric.derivatives import activation
from numeric.quasi_newton import lbfgs

SLOPES = {
    "sigmoid": lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
    "tanh": lambda z: 1 / np.cosh(z) ** 2,
    "relu": lambda z: (z > 0) * 1.0,
    "leaky_relu": lambda z: np.where(z > 0, 1, 0.01),
    "softplus": lambda z: 1 / (1 + np.exp(-z)),
}


@pytest.mark.parametrize("name", SLOPES)
def test_the_slope_of_an_activation(name):
    z = np.array([[-3.0, -0.5, 0.2], [1.0, 2.0, 4.0]])
    g, slope = activation(name)
    np.testing.assert_allclose(slope(z), SLOPES[name](z), rtol=1e-13)
    np.testing.assert_allclose((g(z + 1e-6) - g(z - 1e-6)) / 2e-6, slope(z), rtol=1e-8)


def test_an_unknown_activation_is_refused():
    with pytest.raises(DeriveError):
        activation("staircase")


def test_a_quadratic_is_minimised(needs_extra):
    """Squared error without hidden layers: the normal equations say where the minimum is."""
    needs_extra("scipy")
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(3, 40)), rng.normal(size=(2, 40))
    d = backprop(mlp([3, 2], output="identity", loss="squared_error"))
    start = initialize(d, 0)
    found = lbfgs(d, start, X, Y, iterations=500)
    ones = np.vstack([X, np.ones(40)])
    best = np.linalg.lstsq(ones.T, Y.T, rcond=None)[0].T  # (2, 4)
    np.testing.assert_allclose(np.hstack([found.params["W1"], found.params["b1"]]), best, atol=1e-3)
    assert all(a >= b for a, b in zip(found.history, found.history[1:], strict=False))
    assert (start["W1"] == initialize(d, 0)["W1"]).all()


def test_the_history_is_that_of_the_cost(needs_extra):
    needs_extra("scipy")
    flower = planar_flower()
    d = backprop(mlp([2, 4, 1]))
    f, start = lambdify(d), initialize(d, scale=0.5)
    found = lbfgs(d, start, flower.X, flower.Y, iterations=30)
    assert found.history[0] == pytest.approx(float(f.loss(start, flower.X, flower.Y)))
    assert found.history[-1] == pytest.approx(float(f.loss(found.params, flower.X, flower.Y)))
    assert found.evaluations >= len(found.history)


def test_without_scipy_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    d = backprop(mlp([2, 1]))
    with pytest.raises(DeriveError, match=r"backproof\[optimize\]"):
        lbfgs(d, initialize(d), np.ones((2, 3)), np.ones((1, 3)))
