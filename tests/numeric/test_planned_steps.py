"""Planned steps against the plain form: the same numbers to the last few ulps, in place, without allocation."""

import itertools
import tracemalloc

import numpy as np
import pytest
from sympy import HadamardPower, HadamardProduct, Lambda, MatrixSymbol, Symbol, exp, symbols

from derive import DeriveError, Program, ShapeError, backprop, mlp, total
from numeric import initialize, lambdify, training_step
from numeric.blas import routine

HIDDEN = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity", "erf", "silu", "gelu")
OUTPUTS = [("identity", "squared_error"), ("softmax", "squared_error"), ("tanh", "squared_error"),
           ("sigmoid", "cross_entropy"), ("softmax", "softmax_cross_entropy")]  # fmt: skip
ULPS = 20
x = Symbol("x")


def data(sizes, m, dtype="float64", seed=0, one_hot=False):
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(sizes[0], m)), rng.random((sizes[-1], m))
    if one_hot:
        Y = np.eye(sizes[-1])[rng.integers(sizes[-1], size=m)].T
    return X.astype(dtype), Y.astype(dtype)


def ulps(found, expected):
    """The largest difference, in units of the last place of the largest entry (at least 1)."""
    return np.abs(found - expected).max() / (np.finfo(expected.dtype).eps * max(1.0, np.abs(expected).max()))


def descend(f, params, rate, *data):
    """W - rate dW, by the plain form."""
    J, gradients = f(params, *data)
    return J, {k: p - p.dtype.type(rate) * gradients[k] for k, p in params.items()}


@pytest.mark.parametrize("library", ["numpy", "none"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("output", "loss"), OUTPUTS)
def test_a_step_is_the_plain_form_and_the_written_rule(output, loss, dtype, library):
    for hidden, ((sizes, m), l2, mean) in zip(
        itertools.cycle(HIDDEN),
        itertools.product([((1, 1), 1), ((2, 4, 3), 5), ((4, 3, 3, 2), 7)], (None, 0.3), ("late", "early")),
        strict=False,
    ):
        d = backprop(mlp(sizes, hidden, output, loss, l2=l2), mean=mean)
        f, step = lambdify(d), training_step(d, learning_rate=0.5, dtype=dtype, loss=True, library=library)
        X, Y = data(sizes, m, dtype, one_hot=output == "softmax")
        params = initialize(f, seed=1, dtype=dtype)
        kept = dict(params)
        for _ in range(2):
            J, expected = descend(f, {k: p.copy() for k, p in params.items()}, 0.5, X, Y)
            found = step(params, X, Y)
            assert abs(found - J) <= ULPS * np.finfo(dtype).eps * max(1.0, abs(J))
            for name, p in params.items():
                assert p is kept[name]
                assert ulps(p, expected[name]) <= ULPS, (hidden, sizes, l2, mean, name)


PROGRAMS = {
    "columns": mlp((2, 4, 2), weights="columns"),
    "three samples": mlp((2, 4, 2), samples=3),
    "one sample": mlp((2, 4, 2), samples=1),
    "symbols": mlp(("n0", "n1", "n2")),
    "silu": mlp((2, 4, 2), Lambda(x, x / (1 + exp(-x)))),
    "a name of everything": mlp((2, 4, 4, 2), ["erf", "sign"], "softmax"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_other_programs(name):
    d = backprop(PROGRAMS[name])
    f, m = lambdify(d), {"three samples": 3, "one sample": 1}.get(name, 5)
    step = training_step(d, learning_rate=0.1, dtype="float64")
    X, Y = data((2, 4, 2), m, one_hot=name.startswith("a name"))
    params = initialize(f, seed=1, sizes={"n0": 2, "n1": 4, "n2": 2})
    _, expected = descend(f, {k: p.copy() for k, p in params.items()}, 0.1, X, Y)
    assert step(params, X, Y) is None
    assert all(ulps(params[k], expected[k]) <= ULPS for k in params)


def test_parameters_that_appear_in_each_others_gradients_are_read_before_they_are_written():
    k, n = symbols("k n", integer=True, positive=True)
    V, W, J = MatrixSymbol("V", k, n), MatrixSymbol("W", k, n), Symbol("J")
    for loss in (total(HadamardProduct(V, W)), total(V * W.T * V * W.T), total(HadamardPower(V * W.T, 2))):
        d = backprop(Program([(J, loss)], [V, W]))
        rng = np.random.default_rng(0)
        params = {name: rng.normal(size=(3, 2)) for name in "VW"}
        _, expected = descend(lambdify(d), dict(params), 0.1)
        training_step(d, learning_rate=0.1, dtype="float64")(params)
        assert all(ulps(params[name], expected[name]) <= ULPS for name in params)


def test_the_source_is_readable_and_runs_as_it_stands():
    d = backprop(mlp([784, 30, 10], "sigmoid"))
    step = training_step(d, learning_rate=3.0, batch_size=10)
    for line in ("# Z1 = W1 @ X + b1", "np.dot(W1, X, out=Z1)", "np.divide(A1, T2, out=A1)",
                 "# dZ2 = A2 - Y    sigmoid + cross-entropy", "np.subtract(A2, Y, out=dZ2)",
                 "# dW2 = dZ2 @ A1.T / m    product", "# W2 = W2 - learning_rate * dW2", "update_W2(dZ2, A1, W2)",
                 "# dA1 = W2.T @ dZ2    product", "np.dot(W2.T, dZ2, out=dA1)", "update_W1(dZ1, X, W1)",
                 'update_W1 = Gemm(np.float32, "NT", alpha=-learning_rate / m)'):  # fmt: skip
        assert line in step.source, step.source
    assert "J" not in step.source
    assert "Z2 = A2 = dZ2 = " in step.source  # one place for all three
    order = [step.source.index(line) for line in ("np.dot(W2.T, dZ2", "update_W2(dZ2", "update_W1(dZ1")]
    assert order == sorted(order)  # W2 is read before it is written
    scope: dict = {}
    exec(step.source, scope)
    params, again = (initialize(d, dtype="float32") for _ in range(2))
    X, Y = data((784, 30, 10), 10, "float32")
    scope["make_step"](scope["memory"](10), 10)(params, X, Y)
    step(again, X, Y)
    assert all(np.array_equal(params[k], again[k]) for k in params)


def test_masks_come_from_activations():
    d = backprop(mlp([2, 3, 1], "relu"))
    for m, mask in ((1000, "np.greater(A1, 0, out="), (10, "np.sign(A1, out=")):        # 1 or 0, for A1 is not negative
        source = training_step(d, batch_size=m).source
        assert mask in source
        assert "(Z1, 0, out=" not in source


@pytest.mark.parametrize(("sizes", "hidden", "m", "limit"), [
    ([784, 30, 10], "sigmoid", 10, 4_000),  # Python's own objects; a hidden array takes 1200 bytes, all together more
    ([784, 256, 256, 10], "relu", 128, 60_000),  # what NumPy takes to convert truth values; a hidden array takes 131 kB
])  # fmt: skip
def test_a_step_allocates_nothing(sizes, hidden, m, limit):
    d = backprop(mlp(sizes, hidden, "softmax"))
    step, params = training_step(d, batch_size=m), initialize(d, dtype="float32", scale="he")
    X, Y = data(sizes, m, "float32", one_hot=True)
    for _ in range(2):
        step(params, X, Y)
    tracemalloc.start()
    step(params, X, Y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < limit


def test_a_short_batch_uses_the_same_memory_and_a_long_one_is_refused():
    d = backprop(mlp([3, 5, 2], "tanh"))
    f, step = lambdify(d), training_step(d, learning_rate=0.5, batch_size=8, dtype="float64")
    params = initialize(d)
    for m in (3, 8, 1, 8, 3):
        X, Y = data((3, 5, 2), m, seed=m)
        _, expected = descend(f, {k: p.copy() for k, p in params.items()}, 0.5, X, Y)
        step(params, X, Y)
        assert all(ulps(params[k], expected[k]) <= ULPS for k in params)
    with pytest.raises(ShapeError, match=r"at most 8 samples, but got 9\n  use training_step\(..., batch_size=9\)"):
        step(params, *data((3, 5, 2), 9))


def test_without_a_batch_size_memory_grows():
    d = backprop(mlp([3, 5, 2], "tanh"))
    step, other = training_step(d, dtype="float64"), training_step(d, dtype="float64", batch_size=9)
    params, expected = initialize(d), initialize(d)
    for m in (2, 9, 4, 9, 2):
        step(params, *data((3, 5, 2), m, seed=m))
        other(expected, *data((3, 5, 2), m, seed=m))
    assert all(np.array_equal(params[k], expected[k]) for k in params)


LAYOUTS = {
    "rows": np.ascontiguousarray,
    "columns": np.asfortranarray,
    "every second": lambda A: np.repeat(A, 2, axis=1)[:, ::2],
    "a slice": lambda A: np.pad(A, 2)[2:-2, 2:-2],
    "backwards": lambda A: A[::-1].copy()[::-1],
    "read only": lambda A: np.frombuffer(A.tobytes(), A.dtype).reshape(A.shape),
    "one column": lambda A: np.asfortranarray(A),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_data_may_lie_in_memory_in_any_way(layout):
    d = backprop(mlp([3, 5, 2], "tanh"))
    X, Y = data((3, 5, 2), 1 if layout == "one column" else 6)
    params, expected = initialize(d), initialize(d)
    step = training_step(d, learning_rate=0.5, dtype="float64")
    other = training_step(d, learning_rate=0.5, dtype="float64")
    for _ in range(3):  # twice the same arrays, then new ones
        step(params, LAYOUTS[layout](X), LAYOUTS[layout](Y))
        other(expected, X.copy(), Y.copy())
    assert all(np.allclose(params[k], expected[k], rtol=1e-14, atol=1e-14) for k in params)


def test_data_of_another_type_are_converted_and_parameters_are_not():
    d = backprop(mlp([2, 3, 1]))
    params, step = initialize(d, dtype="float32"), training_step(d)
    expected, other = initialize(d, dtype="float32"), training_step(d)
    step(params, np.array([[0, 1], [2, 3]]), [[True, False]])
    other(expected, np.array([[0, 1], [2, 3]], "float32"), np.array([[1, 0]], "float32"))
    assert all(np.array_equal(params[k], expected[k]) for k in params)


def test_parameters_may_be_replaced_between_steps():
    d = backprop(mlp([2, 3, 1]))
    step, (X, Y) = training_step(d, dtype="float64"), data((2, 3, 1), 4)
    first, second = initialize(d, 1), initialize(d, 2)
    expected = {k: p.copy() for k, p in second.items()}
    training_step(d, dtype="float64")(expected, X, Y)
    step(first, X, Y)
    step(second, X, Y)
    assert all(np.array_equal(second[k], expected[k]) for k in second)


NET = backprop(mlp([2, 3, 1]))
POINTS = data((2, 3, 1), 4, "float32")
PARAMS = initialize(NET, dtype="float32")
WRONG = [
    ({}, (PARAMS, POINTS[0].T, POINTS[1]), "X has shape (4, 2); expected (2, m)\n  did you mean X.T"),
    ({}, (initialize(NET), *POINTS), "W1 is float64, but this step works in float32\n  use training_step(..."),
    ({}, ({**PARAMS, "W1": np.asfortranarray(PARAMS["W1"])}, *POINTS), "W1 is updated in place and must be a writable"),
    ({}, ({**PARAMS, "b1": [[0.0]] * 3}, *POINTS), "b1 is updated in place and must be a writable, C-contiguous array"),
    ({}, ({"W1": PARAMS["W1"]}, *POINTS), "params lacks b1, W2, b2"),
    ({}, (PARAMS, POINTS[0]), "lacks Y"),
    ({"optimizer": "sdg"}, None, "unknown optimizer 'sdg'; expected one of sgd, momentum"),
    ({"dtype": "float16"}, None, "a training step works in float32 or float64, not float16"),
    ({"learning_rate": 0}, None, "learning_rate must be a positive number, not 0"),
    ({"learning_rate": x}, None, "a learning rate is a number or a formula in t, not x"),
    ({"batch_size": 0}, None, "batch_size must be an integer of at least 1, not 0"),
    ({"momentum": 0.5}, None, "sgd has no number 'momentum'; it has weight_decay"),
    ({"clip_norm": -1}, None, "clip_norm must be a positive number"),
    ({"library": "atlas"}, None, "unknown library 'atlas'; expected one of numpy, mkl, none"),
]


@pytest.mark.parametrize(("options", "arguments", "words"), WRONG)
def test_wrong_input_is_refused_at_the_door(options, arguments, words):
    with pytest.raises(DeriveError) as error:
        training_step(NET, **options)(*arguments or ())
    assert words in str(error.value)


def test_the_product_of_the_blas_is_found_on_this_machine():
    """Elsewhere NumPy may be built otherwise, and steps go on by NumPy alone."""
    if "openblas" not in np.show_config("dicts")["Build Dependencies"]["blas"]["name"]:
        pytest.skip("needs a NumPy that is built with OpenBLAS")
    assert all(routine("numpy", np.dtype(t)) is not None for t in ("float32", "float64"))
