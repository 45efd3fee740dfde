"""prove_backward and prove_gradient: how functions are called, what comes out, what is said of wrong use."""

import numpy as np
import pytest

from derive import Proved, Refuted, Unknown
from numeric import prove_backward, prove_gradient
from numeric.tracing import WrongUse

AFFINE = {"x": ("N", "D"), "w": ("D", "M"), "b": ("M",)}


def affine(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def transposed(dout, cache):
    x, w = cache
    return dout @ w, x.T @ dout, dout.sum(axis=0)


def halved(dout, cache):
    x, w = cache
    return dout @ w.T, 0.5 * x.T @ dout, dout.sum(axis=0)


def test_a_right_backward_is_proved():
    report = prove_backward(affine, affine_backward, shapes=AFFINE)
    assert report.holds
    assert all(isinstance(report[name], Proved) for name in "xwb")
    assert list(report) == ["x", "w", "b"]


def test_a_wrong_one_is_refuted_and_the_others_are_proved():
    report = prove_backward(affine, halved, shapes=AFFINE)
    assert not report.holds
    assert isinstance(report["w"], Refuted)
    assert isinstance(report["x"], Proved)
    assert isinstance(report["b"], Proved)


def test_what_fits_square_shapes_alone_is_refuted_by_shapes():
    report = prove_backward(affine, transposed, shapes=AFFINE)
    assert isinstance(report["x"], Refuted)
    assert "ValueError" in report["x"].reason
    square = {"x": ("N", "N"), "w": ("N", "N"), "b": ("N",)}
    report = prove_backward(affine, transposed, shapes=square)
    assert isinstance(report["x"], Refuted)
    assert isinstance(report["w"], Proved)


# --- ways to call -----------------------------------------------------------------------------------------------------


def square(x):
    return x * x


def square_backward(dout, x):
    return 2 * x * dout


def by_keys(dout, cache):
    return dict(zip(("dx", "w", "db"), affine_backward(dout, cache), strict=True))


def by_other_keys(dout, cache):
    return {"x": affine_backward(dout, cache)[0], "bias": affine_backward(dout, cache)[2]}


def cache_first(cache, dout):
    return affine_backward(dout, cache)


def two_outputs(x, y):
    return x * y, x + y, (x, y)


def two_outputs_backward(dprod, dsum, cache):
    x, y = cache
    return dprod * y + dsum, dprod * x + dsum


def with_flag(x, activation="tanh"):
    out = np.tanh(x) if activation == "tanh" else np.maximum(x, 0)
    return out, (x, out)


def with_flag_backward(dout, cache, activation="tanh"):
    x, out = cache
    return dout * (1 - out**2) if activation == "tanh" else dout * (x > 0)


def scaled(x, alpha):
    return alpha * x, (x, alpha)


def scaled_backward(dout, cache):
    x, alpha = cache
    return alpha * dout, np.sum(x * dout)


class Affine:
    """forward keeps what backward needs."""

    def __init__(self, w=None):
        self.w = w

    def forward(self, x, w):
        self.x, self.w = x, w
        return x @ w

    def backward(self, dout):
        return dout @ self.w.T, self.x.T @ dout


def keyword(*, x):
    return np.exp(x)


def keyword_backward(dout, *, x):
    return dout * np.exp(x)


def lists(weights, x):
    """Layers in a list, caches in a list."""
    a, cache = x, [x]
    for w in weights:
        a = np.tanh(a @ w)
        cache.append(a)
    return a, (weights, cache)


def lists_backward(dout, cache):
    weights, activations = cache
    grads = []
    for k in reversed(range(len(weights))):
        dout = dout * (1 - activations[k + 1] ** 2)
        grads.insert(0, activations[k].T @ dout)
        dout = dout @ weights[k].T
    return grads, dout


def params_dict(params, x):
    return x @ params["W"] + params["b"], (params, x)


def params_dict_backward(dout, cache):
    params, x = cache
    return {"dW": x.T @ dout, "db": dout.sum(axis=0)}


WAYS = {
    "out without a cache": (square, square_backward, {"x": ("N",)}, {}),
    "gradients by keys": (affine, by_keys, AFFINE, {}),
    "the cache first": (affine, cache_first, AFFINE, {}),
    "two outputs": (two_outputs, two_outputs_backward, {"x": ("N",), "y": ("N",)}, {}),
    "a flag": (with_flag, with_flag_backward, {"x": ("N", "D")}, {"activation": "relu"}),
    "a flag by given": (with_flag, with_flag_backward, {"x": ("N", "D")}, {"given": {"activation": "relu"}}),
    "a flag that is left out": (with_flag, with_flag_backward, {"x": ("N", "D")}, {}),
    "a symbolic scalar": (scaled, scaled_backward, {"x": ("N", "D"), "alpha": ()}, {"wrt": ["x", "alpha"]}),
    "methods": (Affine().forward, (lambda layer: layer.backward)(Affine()), {"x": ("N", "D"), "w": ("D", "M")}, {}),
    "keywords only": (keyword, keyword_backward, {"x": ("N",)}, {}),
    "lists of layers": (lists, lists_backward, {"weights": [("D", "H"), ("H", "M")], "x": ("N", "D")},
                        {"wrt": ["weights", "x"]}),
    "a dict of parameters": (params_dict, params_dict_backward,
                             {"params": {"W": ("D", "M"), "b": ("M",)}, "x": ("N", "D")}, {"wrt": ["params"]}),
    "one name in wrt": (square, square_backward, {"x": ("N",)}, {"wrt": "x"}),
    "integers": (affine, affine_backward, {"x": (4, 3), "w": (3, 2), "b": (2,)}, {}),
    "large integers": (affine, affine_backward, {"x": (100, 784), "w": (784, 30), "b": (30,)}, {}),
    "size 1": (affine, affine_backward, {"x": ("N", 1), "w": (1, "M"), "b": ("M",)}, {}),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_way_to_call(way):
    forward, backward, shapes, more = WAYS[way]
    if way == "methods":
        layer = Affine()
        forward, backward = layer.forward, layer.backward
    report = prove_backward(forward, backward, shapes=shapes, **more)
    assert report.holds, report


def test_the_object_of_a_method_is_left_alone():
    layer = Affine(w="mine")
    assert prove_backward(layer.forward, layer.backward, shapes={"x": ("N", "D"), "w": ("D", "M")}).holds
    assert vars(layer) == {"w": "mine"}


def loss(w, x, y):
    return np.mean((x @ w - y) ** 2)


def gradient(w, x, y):
    return 2 * x.T @ (x @ w - y) / x.shape[0]


def test_a_loss_and_its_gradient():
    shapes = {"w": ("D",), "x": ("N", "D"), "y": ("N",)}
    assert isinstance(prove_gradient(loss, gradient, shapes=shapes, wrt=["w"])["w"], Proved)
    assert isinstance(prove_gradient(loss, lambda w, x, y: gradient(w, x, y) * 2, shapes=shapes, wrt="w")["w"], Refuted)
    by_name = prove_gradient(loss, lambda w, x, y: {"w": gradient(w, x, y)}, shapes=shapes)
    assert list(by_name) == ["w"]
    assert by_name.holds


def test_an_assumption_is_used_and_printed():
    shapes = {"p": ("N",), "eps": ()}
    report = prove_gradient(lambda p, eps: np.sum(np.sqrt(p * p + eps)), lambda p, eps: p / np.sqrt(p * p + eps),
                            shapes=shapes, wrt="p", assume="eps > 0")  # fmt: skip
    assert report.holds
    assert "assumed: eps > 0" in str(report)


def test_what_was_taken_as_given_is_said():
    report = prove_backward(with_flag, with_flag_backward, shapes={"x": ("N", 3)}, activation="relu")
    assert "as given: activation = 'relu'" in str(report)
    assert "for all N >= 1, sizes 3 as given" in str(report)


def test_what_holds_for_other_sizes_alone_is_not_refuted():
    """1/4 is right for four samples and for no other number."""

    def average(x):
        return np.mean(x)

    assert prove_gradient(average, lambda x: np.full(x.shape, 0.25), shapes={"x": (4,)}).holds
    report = prove_gradient(average, lambda x: np.full(x.shape, 0.25), shapes={"x": (5,)})
    assert isinstance(report["x"], Refuted)


def test_a_wrong_shape_is_refuted():
    report = prove_backward(affine, lambda dout, cache: (*affine_backward(dout, cache)[:2], dout.sum(axis=0)[None]),
                            shapes=AFFINE)  # fmt: skip
    assert isinstance(report["b"], Refuted)
    assert "(1, M)" in report["b"].reason


def test_no_gradient_is_unknown():
    report = prove_backward(affine, lambda dout, cache: (None, *affine_backward(dout, cache)[1:]), shapes=AFFINE)
    assert isinstance(report["x"], Unknown)
    assert isinstance(report["w"], Proved)


ONE_ORDER = {
    # one size, spelled in two orders
    "elementwise": (lambda x, w: x * w, lambda dout, x, w: (dout * w, dout * x), {"x": ("N", "H*K"), "w": ("N", "K*H")}),
    "contracted": (lambda x, w: x @ w, lambda dout, x, w: (dout @ w.T, x.T @ dout), {"x": ("N", "4*H"), "w": ("H*4", "M")}),
    "the gradient": (
        lambda x, w: x + w.reshape(x.shape), lambda dout, x, w: (dout, dout.reshape(w.shape)),
        {"x": ("H*K",), "w": ("K*H",)}),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_ORDER)
def test_products_of_sizes_may_be_spelled_in_any_order(name):
    forward, backward, shapes = ONE_ORDER[name]
    report = prove_backward(forward, backward, shapes=shapes)
    assert report.holds, str(report)
    wrong = prove_backward(forward, lambda dout, x, w: [2 * g for g in backward(dout, x, w)], shapes=shapes)
    assert isinstance(wrong["x"], Refuted)


WRONG_USE = {
    "unknown wrt": (lambda: prove_backward(affine, affine_backward, shapes=AFFINE, wrt=["x", "W"]), "wrt names 'W'"),
    "no shapes": (lambda: prove_backward(affine, affine_backward, shapes={"x": ("N", "D")}), "affine takes w, b"),
    "a wrong size": (lambda: prove_backward(square, square_backward, shapes={"x": ("N+1",)}), "'N+1' is no size"),
    "a negative size": (lambda: prove_backward(square, square_backward, shapes={"x": (-1,)}), "-1 is no size"),
    "no mapping": (lambda: prove_backward(square, square_backward, shapes=[("N",)]), "shapes is a mapping"),
    "a name twice": (lambda: prove_backward(square, square_backward, shapes={"x": ("x",)}), "an array and a dimension"),
    "given and shaped": (lambda: prove_backward(square, square_backward, shapes={"x": ("N",)}, x=1), "one of them"),
    "labels without a shape": (
        lambda: prove_backward(square, square_backward, shapes={"x": ("N",)}, labels={"y": "C"}),
        "labels speaks of y",
    ),
    "wrt labels": (
        lambda: prove_gradient(lambda y: 0, lambda y: 0, shapes={"y": ("N",)}, labels={"y": "C"}, wrt="y"),
        "holds labels",
    ),
    "too few gradients": (
        lambda: prove_backward(affine, lambda dout, cache: affine_backward(dout, cache)[:2], shapes=AFFINE),
        "2 gradients are returned for 3 arrays",
    ),
    "no such key": (
        lambda: prove_backward(affine, by_other_keys, shapes=AFFINE, wrt=["b"]), "no gradient is called 'b'",
    ),
    "an array as loss": (
        lambda: prove_gradient(lambda x: x, lambda x: x, shapes={"x": ("N",)}), "the loss has one element",
    ),
    "too few outputs": (
        lambda: prove_backward(square, two_outputs_backward, shapes={"x": ("N",)}), "takes 2 gradients",
    ),
    "a false assumption": (
        lambda: prove_backward(square, square_backward, shapes={"x": ("N",)}, assume="z > 0"), "unknown name 'z'",
    ),
    "an unknown specification": (
        lambda: prove_backward(square, square_backward, shapes={"x": ("N",)}, spec="cube"), "no specification is called",
    ),
}  # fmt: skip


@pytest.mark.parametrize("use", WRONG_USE)
def test_wrong_use_raises_and_says_so(use):
    call, message = WRONG_USE[use]
    with pytest.raises(WrongUse) as caught:
        call()
    assert message in str(caught.value)
