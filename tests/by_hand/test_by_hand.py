"""The two hand-written versions agree with each other, with the definition by complex step, and with differences."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from numeric.by_hand import caches, per_sample

Array = np.ndarray[Any, Any]
BOTH = pytest.mark.parametrize("by_hand", [caches, per_sample], ids=["caches", "per_sample"])

HIDDEN = ["sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity"]
OUTPUT_AND_LOSS = [
    *((output, "squared_error") for output in [*HIDDEN, "softmax"]),
    ("sigmoid", "cross_entropy"),
    ("softmax", "softmax_cross_entropy"),
]
SIZES = [  # layers, samples
    ([1, 1], 1),
    ([3, 2], 4),
    ([1, 1, 1], 1),
    ([2, 3, 1], 1),
    ([1, 4, 2], 5),
    ([4, 1, 3], 3),
    ([3, 5, 2, 4], 6),
    ([2, 3, 1, 3, 2], 7),
]


def example(layers: Sequence[int], m: int, dtype: str = "float64", spread: float = 1.0) -> tuple[Any, Array, Array]:
    """params, X, Y: normal entries times spread; the columns of Y are one-hot (0 or 1 for one output)."""
    rng = np.random.default_rng([m, *layers])
    params = {}
    for l, (p, n) in enumerate(itertools.pairwise(layers), start=1):
        params[f"W{l}"] = (spread * rng.standard_normal((n, p))).astype(dtype)
        params[f"b{l}"] = (spread * rng.standard_normal((n, 1))).astype(dtype)
    X = rng.standard_normal((layers[0], m)).astype(dtype)
    n = layers[-1]
    Y = np.eye(n)[:, rng.integers(n, size=m)] if n > 1 else rng.integers(2, size=(1, m))
    return params, X, Y.astype(dtype)


# --- the definition, in plain formulas that also hold for complex numbers ---------------------------------------------

PLAIN = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.where(z.real > 0, z, 0),
    "leaky_relu": lambda z: np.where(z.real > 0, z, 0.01 * z),
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "identity": lambda z: z,
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=0),
}
PLAIN_LOSS = {
    "squared_error": lambda A, Y: ((A - Y) ** 2).sum() / 2,
    "cross_entropy": lambda A, Y: -(Y * np.log(A) + (1 - Y) * np.log(1 - A)).sum(),
    "softmax_cross_entropy": lambda A, Y: -(Y * np.log(A)).sum(),
}


def by_definition(params: Any, X: Array, Y: Array, hidden: Any, output: str, loss: str, l2: float = 0.0) -> Any:
    """J = 1/m sum over samples of the loss + l2/(2m) sum W^2"""
    L, m, A = len(params) // 2, X.shape[1], X
    names = [hidden] * (L - 1) if isinstance(hidden, str) else hidden
    for l, name in enumerate([*names, output], start=1):
        A = PLAIN[name](params[f"W{l}"] @ A + params[f"b{l}"])
    return PLAIN_LOSS[loss](A, Y) / m + l2 / (2 * m) * sum((params[f"W{l}"] ** 2).sum() for l in range(1, L + 1))


def moved(params: Any, name: str, at: tuple[int, ...], by: complex) -> Any:
    changed = params[name] + np.zeros(params[name].shape, dtype=type(by))
    changed[at] += by
    return params | {name: changed}


def complex_step(J: Any, params: Any, h: float = 1e-100) -> dict[str, Array]:
    """dJ/dx = Im J(x + ih) / h, exact to rounding: no difference is taken."""
    grads = {name: np.zeros(value.shape) for name, value in params.items()}
    for name, grad in grads.items():
        for at in np.ndindex(grad.shape):
            grad[at] = J(moved(params, name, at, h * 1j)).imag / h
    return grads


def defined(params: Any, X: Array, Y: Array, *case: Any) -> tuple[Any, dict[str, Array]]:
    """(J, gradients) from the definition alone, which loses a few digits in 1 - A where A is near 1."""
    return by_definition(params, X, Y, *case), complex_step(lambda p: by_definition(p, X, Y, *case), params)


def central_differences(J: Any, params: Any, h: float = 1e-5) -> dict[str, Array]:
    """dJ/dx = (J(x + h) - J(x - h)) / 2h + O(h^2)"""
    grads = {name: np.zeros(value.shape) for name, value in params.items()}
    for name, grad in grads.items():
        for at in np.ndindex(grad.shape):
            grad[at] = (J(moved(params, name, at, h)) - J(moved(params, name, at, -h))) / (2 * h)
    return grads


def assert_close(found: Any, expected: Any, rtol: float, atol: float) -> None:
    (J, grads), (J_expected, grads_expected) = found, expected
    np.testing.assert_allclose(J, J_expected, rtol=rtol, atol=atol)
    assert sorted(grads) == sorted(grads_expected)
    for name in grads:
        np.testing.assert_allclose(grads[name], grads_expected[name], rtol=rtol, atol=atol, err_msg=name)


# --- agreement --------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(("layers", "m"), SIZES)
@pytest.mark.parametrize(("output", "loss"), OUTPUT_AND_LOSS)
def test_equals_complex_step_of_the_definition(by_hand, layers, m, output, loss):
    params, X, Y = example(layers, m)
    for hidden in HIDDEN if len(layers) > 2 else ["sigmoid"]:
        case = (hidden, output, loss, 0.3)
        found = by_hand.loss_and_gradients(params, X, Y, *case)
        assert_close(found, defined(params, X, Y, *case), rtol=1e-9, atol=1e-11)


@BOTH
@pytest.mark.parametrize(("output", "loss"), OUTPUT_AND_LOSS)
def test_gradients_are_those_of_its_own_loss(by_hand, output, loss):
    params, X, Y = example([3, 4, 2, 2], 5)
    case = (["tanh", "softplus"], output, loss)
    J, grads = by_hand.loss_and_gradients(params, X, Y, *case)
    differences = central_differences(lambda p: by_hand.loss_and_gradients(p, X, Y, *case)[0], params)
    assert_close((J, grads), (J, differences), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("spread", [1.0, 1e3])
@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-10), ("float32", 2e-4)])
@pytest.mark.parametrize(("layers", "m"), [*SIZES, ([30, 20, 10], 40)])
@pytest.mark.parametrize(("output", "loss"), OUTPUT_AND_LOSS)
def test_the_two_agree(layers, m, output, loss, dtype, rtol, spread):
    params, X, Y = example(layers, m, dtype, spread)
    for hidden in HIDDEN:
        case = ([hidden] * (len(layers) - 2), output, loss, 0.3)
        one, other = (by_hand.loss_and_gradients(params, X, Y, *case) for by_hand in (caches, per_sample))
        size = max(np.max(np.abs(grad)) for grad in one[1].values())
        assert_close(one, other, rtol=rtol, atol=rtol * (1 + float(size)))


@BOTH
@pytest.mark.parametrize(("output", "loss"), OUTPUT_AND_LOSS)
def test_labels_need_not_be_one_hot(by_hand, output, loss):
    params, X, _ = example([2, 3, 3], 4)
    Y = np.random.default_rng(7).uniform(size=(3, 4))
    case = ("tanh", output, loss)
    found = by_hand.loss_and_gradients(params, X, Y, *case)
    assert_close(found, defined(params, X, Y, *case), rtol=1e-9, atol=1e-11)


FAULTS = {  # of dW2, (2, 4), the mean over 5 samples
    "one part in a million": lambda dW: dW * (1 + 1e-6),
    "no mean":               lambda dW: dW * 5,
    "sign":                  lambda dW: -dW,
    "one row for all":       lambda dW: dW[:1] + 0 * dW,
    "not a number":          lambda dW: dW * np.nan,
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_gradient_would_be_seen(fault):
    params, X, Y = example([3, 4, 2], 5)
    case = ("tanh", "sigmoid", "cross_entropy")
    J, grads = caches.loss_and_gradients(params, X, Y, *case)
    wrong = J, grads | {"W2": FAULTS[fault](grads["W2"])}
    with pytest.raises(AssertionError, match="W2"):
        assert_close(wrong, defined(params, X, Y, *case), rtol=1e-9, atol=1e-11)


# --- extreme values ---------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", [50.0, 800.0, 1e4, -1e4])
@pytest.mark.parametrize(("output", "loss"), OUTPUT_AND_LOSS)
def test_large_z_gives_finite_numbers_and_no_warning(by_hand, output, loss, scale, dtype):
    """|z| up to 1e4, right and wrong answers alike; an overflow, 0/0 or log(0) would raise."""
    X = np.array([[1, -1, 1, -1, 0]], dtype=dtype)
    Y = np.array([[1, 0, 0, 1, 1], [0, 1, 1, 0, 0]], dtype=dtype)
    deep = {"W1": np.ones((2, 1)), "b1": np.zeros((2, 1)), "W2": np.array([[1.0, 0.0], [0.0, -1.0]]) * scale}
    for hidden, W1 in [("identity", 1.0), ("tanh", scale), ("sigmoid", scale), ("softplus", 1.0), ("relu", 1.0)]:
        params = {name: value.astype(dtype) for name, value in (deep | {"b2": np.zeros((2, 1))}).items()}
        params["W1"] *= W1
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            J, grads = by_hand.loss_and_gradients(params, X, Y, hidden, output, loss, 0.1)
        assert all(np.isfinite(value).all() for value in (J, *grads.values()))


@BOTH
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("y", "cost", "slope"), [(0, 1e4, 1.0), (1, 0.0, 0.0)])
def test_a_confident_answer_costs_what_it_should(by_hand, y, cost, slope, dtype):
    """z = 1e4: -log(1 - sigmoid(z)) = 1e4, dz = 1;  -log(sigmoid(z)) = 0, dz = 0"""
    params = {"W1": np.array([[1e4]], dtype=dtype), "b1": np.zeros((1, 1), dtype=dtype)}
    one = np.ones((1, 1), dtype=dtype)
    J, grads = by_hand.loss_and_gradients(params, one, y * one, output="sigmoid", loss="cross_entropy")
    assert (J, grads["W1"].item(), grads["b1"].item()) == (cost, slope, slope)


# --- types, shapes, errors --------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("labels", ["uint8", "int64", "bool"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("output", "loss"), OUTPUT_AND_LOSS)
def test_the_dtype_of_the_parameters_is_kept(by_hand, output, loss, dtype, labels):
    params, X, Y = example([3, 4, 2], 5, dtype)
    for hidden in HIDDEN:
        J, grads = by_hand.loss_and_gradients(params, X, Y.astype(labels), hidden, output, loss, 0.3)
        assert {J.dtype, *(grad.dtype for grad in grads.values())} == {np.dtype(dtype)}
        assert {name: grad.shape for name, grad in grads.items()} == {name: p.shape for name, p in params.items()}


@BOTH
def test_nothing_that_was_given_is_changed(by_hand):
    params, X, Y = example([3, 4, 2], 5)
    for array in (*params.values(), X, Y):
        array.setflags(write=False)
    for (output, loss), hidden in itertools.product(OUTPUT_AND_LOSS, HIDDEN):
        by_hand.loss_and_gradients(params, X, Y, hidden, output, loss, 0.3)


ERRORS = [
    ({"hidden": "swish"}, "no .*activation 'swish'; known: sigmoid, tanh"),
    ({"hidden": "softmax"}, "softmax"),
    ({"hidden": ["tanh", "tanh"]}, "2 hidden activations for 1 hidden layers"),
    ({"loss": "hinge"}, "no loss 'hinge'; known: squared_error"),
    ({"output": "tanh", "loss": "cross_entropy"}, "cross_entropy goes with sigmoid outputs, not with tanh"),
    ({"output": "sigmoid", "loss": "softmax_cross_entropy"}, "goes with softmax outputs, not with sigmoid"),
]


@BOTH
@pytest.mark.parametrize(("choice", "message"), ERRORS)
def test_what_does_not_exist_is_refused(by_hand, choice, message):
    with pytest.raises(ValueError, match=message):
        by_hand.loss_and_gradients(*example([3, 4, 2], 5), **choice)


@BOTH
def test_labels_of_another_shape_are_refused(by_hand):
    params, X, Y = example([3, 4, 2], 5)
    with pytest.raises(ValueError, match=r"the network gives \(2, 5\), but Y is \(1, 5\)"):
        by_hand.loss_and_gradients(params, X, Y[:1])
