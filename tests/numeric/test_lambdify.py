"""Generated code against backpropagation written by hand, and against numerical derivatives."""

import itertools

import numpy as np
import pytest
from sympy import Lambda, Symbol, exp, log, tanh

from derive import DeriveError, backprop, mlp, neuron
from numeric import by_hand, check_gradient, forward, initialize, lambdify

HIDDEN = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity")
OUTPUTS = [*((output, "squared_error") for output in (*HIDDEN, "softmax")),
           ("sigmoid", "cross_entropy"), ("softmax", "softmax_cross_entropy")]  # fmt: skip
SIZES = [((1, 1), 1), ((1, 1, 1), 1), ((2, 4, 3), 5), ((3, 1, 2), 1), ((4, 3, 3, 2), 7)]
TOLERANCE = {"float64": 1e-12, "float32": 2e-5}


def data(sizes, m, dtype="float64", seed=0, one_hot=False):
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(sizes[0], m)), rng.random((sizes[-1], m))
    if one_hot:
        Y = np.eye(sizes[-1])[rng.integers(sizes[-1], size=m)].T
    return X.astype(dtype), Y.astype(dtype)


def close(found, expected, tolerance):
    return np.abs(found - expected).max() <= tolerance * max(1.0, np.abs(expected).max())


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(("output", "loss"), OUTPUTS)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_agrees_with_both_ways_by_hand(hidden, output, loss, dtype):
    for (sizes, m), l2 in itertools.product(SIZES, (None, 0.3)):
        f = lambdify(backprop(mlp(sizes, hidden, output, loss, l2=l2)))
        params, (X, Y) = initialize(f, seed=1, dtype=dtype), data(sizes, m, dtype, one_hot=output == "softmax")
        J, gradients = f(params, X, Y)
        assert J.dtype == dtype
        for way in (by_hand.caches, by_hand.per_sample):
            J_hand, by_name = way.loss_and_gradients(params, X, Y, hidden, output, loss, l2 or 0.0)
            assert close(J, J_hand, TOLERANCE[dtype])
            for name, gradient in gradients.items():
                assert gradient.shape == params[name].shape
                assert gradient.dtype == dtype
                assert close(gradient, by_name[name], TOLERANCE[dtype]), (sizes, m, l2, name)


X_ = Symbol("x")
VARIANTS = {
    "columns": {"weights": "columns"},
    "one sample": {"samples": 1},
    "three samples": {"samples": 3},
    "one per layer": {"hidden": ["tanh", "relu"], "sizes": (2, 3, 4, 2)},
    "silu by a Lambda": {"hidden": Lambda(X_, X_ / (1 + exp(-X_)))},
    "square": {"hidden": Lambda(X_, X_**2), "output": "identity", "loss": "squared_error"},
    "log of 1 + e^x": {"hidden": Lambda(X_, log(1 + exp(X_)))},
    "mish": {"hidden": Lambda(X_, X_ * tanh(log(1 + exp(X_))))},
    "erf": {"hidden": "erf"},
    "sign": {"hidden": "sign"},
    "exp": {"output": "exp", "loss": "squared_error"},
    "erf, squared": {"output": "erf", "loss": "squared_error", "hidden": "softplus"},
}


@pytest.mark.parametrize("mean", ["late", "early"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_agrees_with_numerical_derivatives(variant, mean):
    options = {"sizes": (2, 4, 2), **VARIANTS[variant]}
    sizes = options.pop("sizes")
    f = lambdify(backprop(mlp(sizes, **options), mean=mean))
    X, Y = data(sizes, {"one sample": 1}.get(variant, 3))
    report = check_gradient(f, initialize(f, seed=2), X, Y)
    assert report.compared > 0
    assert report.error < 1e-8, report


def test_the_source_is_readable_and_runs_as_it_stands():
    f = lambdify(backprop(mlp([2, 4, 1])))
    for line in ("Z1 = W1 @ X + b1 ", "A1 = np.tanh(Z1) ", "A2 = sigmoid(Z2) ", "dZ2 = A2 - Y ",
                 "dW2 = dZ2 @ A1.T / m ", "db2 = dZ2.sum(axis=1, keepdims=True) / m ",
                 "dZ1 = dA1 * (1 - A1**2) ", "m = X.shape[1]",
                 "np.sum(Y * np.logaddexp(0, -Z2) + (1 - Y) * np.logaddexp(0, Z2)) / m"):  # fmt: skip
        assert line in f.source, f.source
    assert "dA2" not in f.source  # nothing needs it
    assert "for " not in f.source.split("def loss_and_gradients")[1].replace("for parameters", "")
    assert max(map(len, f.source.splitlines())) <= 120
    scope: dict = {}
    exec(f.source, scope)
    params, (X, Y) = initialize(f), data((2, 4, 1), 3)
    J, gradients = scope["loss_and_gradients"](params, X, Y)
    assert f(params, X, Y)[0] == J
    assert list(gradients) == ["W1", "b1", "W2", "b2"]


def test_relu_takes_its_derivative_from_the_output():
    assert "dZ1 = dA1 * (A1 > 0)" in lambdify(backprop(mlp([2, 3, 1], "relu"))).source


def test_a_repeated_value_is_computed_once():
    source = lambdify(backprop(mlp([2, 3, 1], Lambda(X_, X_ / (1 + exp(-X_)))))).source
    assert source.count("sigmoid(Z1)") == 1


@pytest.mark.parametrize("name", ["dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1"])
def test_one_equation_is_a_function_of_the_arrays_that_it_names(name):
    d = backprop(mlp(["n0", "n1", "n2"]))
    rng, sizes = np.random.default_rng(0), {"n0": 2, "n1": 4, "n2": 3, "m": 5}
    symbols = {**d.program.symbols, **{str(e.lhs): e.lhs for e in d}}
    g = lambdify(d[name])
    arrays = {a: rng.normal(size=[sizes.get(str(s), s) for s in symbols[a].shape]) for a in g.arguments}
    by_name = g(**arrays)
    assert by_name.shape == tuple(int(sizes.get(str(s), s)) for s in symbols[name].shape)
    assert np.array_equal(by_name, g(*arrays.values()))


def test_arguments_of_an_equation_are_in_the_order_of_writing():
    d = backprop(mlp(["n0", "n1", "n2"]))
    assert lambdify(d["dW1"]).arguments == ("dZ1", "X")
    dZ1, X = np.ones((4, 5)), np.arange(10.0).reshape(2, 5)
    assert np.allclose(lambdify(d["dW1"])(dZ1, X), dZ1 @ X.T / 5)


def test_free_numbers_are_arguments_by_keyword():
    f, fixed = (lambdify(backprop(mlp([2, 3, 1], l2=l2))) for l2 in ("lambda", 0.3))
    params, (X, Y) = initialize(f, dtype="float32"), data((2, 3, 1), 4, "float32")
    J, gradients = f(params, X, Y, lambda_=np.float64(0.3))
    assert gradients["W1"].dtype == "float32"
    assert np.allclose(gradients["W1"], fixed(params, X, Y)[1]["W1"])
    assert f(params, X, Y, **{"lambda": 0.3})[0] == J


def test_predict_gives_the_output_and_needs_no_labels():
    net = mlp([2, 4, 1])
    f, (X, Y) = lambdify(backprop(net)), data((2, 4, 1), 3)
    params = initialize(net)
    assert f.predict.arguments == ("params", "X")
    assert np.array_equal(f.predict(params, X), forward(net)(params, X))
    assert np.array_equal(forward(net, "A1")(params, X), np.tanh(params["W1"] @ X + params["b1"]))
    assert f.loss(params, X, Y) == f(params, X, Y)[0]


def test_gradients_are_arrays_of_their_own():
    f = lambdify(backprop(mlp([2, 3], samples=1, output="identity", loss="squared_error")))
    params, (X, Y) = initialize(f), data((2, 3), 1)
    before = {k: v.copy() for k, v in params.items()}
    _, gradients = f(params, X, Y)
    for gradient in gradients.values():
        gradient[...] = 7.0
    assert all(np.array_equal(before[k], params[k]) for k in params)
    assert not (Y == 7.0).any()


def test_integer_data_take_the_type_of_the_parameters():
    f = lambdify(backprop(mlp([2, 3, 1])))
    params = initialize(f, dtype="float32")
    _, gradients = f(params, np.array([[0, 1], [2, 3]]), np.array([[True, False]]))
    assert all(g.dtype == "float32" for g in gradients.values())


REFUSED = [
    (lambda: backprop(mlp([2, 3, 1], "g")), "generic function g"),
    (lambda: backprop(mlp([2, 3, 1], ["g1"])), "generic function g1"),
    (lambda: backprop(mlp([2, 3, 1], loss="generic")), "generic loss C"),
    (lambda: backprop(neuron()), "generic function C_"),
    (lambda: backprop(mlp("L")), "symbolic depth"),
    (lambda: mlp([2, 3, 1]), "did you mean lambdify(backprop(program))"),
    (lambda: "dW1", "lambdify takes a derivation or one of its equations, not str"),
]


@pytest.mark.parametrize(("formulas", "words"), REFUSED)
def test_what_has_no_formula_is_refused(formulas, words):
    with pytest.raises(DeriveError) as error:
        lambdify(formulas()).source  # noqa: B018
    assert words in str(error.value)
