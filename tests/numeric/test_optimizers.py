"""Optimizers against their formulas, written once more by hand on the gradients of the plain form."""

import math

import numpy as np
import pytest
from sympy import sqrt

from derive import DeriveError, backprop, mlp
from numeric import initialize, lambdify, schedules, training_step
from numeric.optimizers import OPTIMIZERS, t

RATE = 0.05


def sgd(w, g, s, t):
    return w - RATE * g


def momentum(w, g, s, t):
    s["v"] = 0.9 * s["v"] + g
    return w - RATE * s["v"]


def nesterov(w, g, s, t):
    s["v"] = 0.9 * s["v"] + g
    return w - RATE * (g + 0.9 * s["v"])


def rmsprop(w, g, s, t):
    s["r"] = 0.99 * s["r"] + 0.01 * g**2
    return w - RATE * g / (np.sqrt(s["r"]) + 1e-8)


def adam(w, g, s, t):
    s["s"] = 0.9 * s["s"] + 0.1 * g
    s["r"] = 0.999 * s["r"] + 0.001 * g**2
    return w - RATE * (s["s"] / (1 - 0.9**t)) / (np.sqrt(s["r"] / (1 - 0.999**t)) + 1e-8)


BY_HAND = {"sgd": sgd, "momentum": momentum, "nesterov": nesterov, "rmsprop": rmsprop, "adam": adam, "adamw": adam}
NETS = {
    "small": mlp([3, 5, 2], "tanh"),
    "l2": mlp([3, 5, 2], "sigmoid", l2=0.3),
    "in blocks of rows": mlp([300, 256, 2], "tanh"),  # W1 is large
}


def follow(name, net, steps=3, **options):
    """What `steps` steps give, planned and by hand."""
    d = backprop(net)
    f, n = lambdify(d), dict(net.recipe)["sizes"]
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(n[0], 6)), rng.random((n[-1], 6))
    found, params = initialize(d, scale="xavier"), initialize(d, scale="xavier")
    step = training_step(d, name, learning_rate=RATE, dtype="float64", **options)
    state = {k: {part: np.zeros_like(p) for part in "vrs"} for k, p in params.items()}
    decay = options.get("weight_decay", 0.01 if name == "adamw" else 0.0)
    for number in range(1, steps + 1):
        step(found, X, Y)
        gradients = f(params, X, Y)[1]
        if limit := options.get("clip_norm"):
            length = math.sqrt(sum((g**2).sum() for g in gradients.values()))
            gradients = {k: g * min(1, limit / length) for k, g in gradients.items()}
        for k, g in gradients.items():
            shrink = decay if k.startswith("W") else 0.0  # biases are left alone
            if limit := options.get("clip_value"):
                g = np.clip(g, -limit, limit)
            w = params[k] * (1 - RATE * shrink) if name == "adamw" else params[k]
            g = g if name == "adamw" else g + shrink * params[k]
            params[k] = BY_HAND[name](w, g, state[k], number)
    return step, found, params


@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.1}, {"clip_norm": 0.01}, {"clip_value": 1e-3}], ids=str)
@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_is_its_formula(name, net, options):
    step, found, expected = follow(name, NETS[net], **options)
    for k in expected:
        assert np.abs(found[k] - expected[k]).max() < 1e-11, (k, step.source)
    if net.startswith("in blocks") and name not in ("sgd", "momentum") and "clip_norm" not in options:
        assert "for k in range(0, 256, " in step.source


def test_what_is_remembered_is_an_array_for_each_parameter():
    step, found, _ = follow("adam", NETS["small"])
    assert step.state["t"] == 3
    assert {k: set(v) for k, v in step.state.items() if k != "t"} == {k: {"s", "r"} for k in found}
    assert step.state["W1"]["s"].shape == found["W1"].shape
    assert step.state["W1"]["s"].any()


def test_a_momentum_takes_the_product_in():
    source = training_step(backprop(NETS["small"]), "momentum").source
    assert 'update_v_W1 = Gemm(np.float32, "NT", alpha=1 / m, beta=momentum)' in source


SCHEDULES = [
    (schedules.exponential(0.1, 0.9), [0.1 * 0.9**k for k in range(4)]),
    (schedules.inverse(0.1, 0.5), [0.1 / (1 + 0.5 * k) for k in range(4)]),
    (schedules.steps(0.1, 0.5, every=2), [0.1, 0.1, 0.05, 0.05]),
    (schedules.cosine(0.1, total=2), [0.1, 0.05, 0.0, 0.0]),
    (schedules.warmup(0.1, 4), [0.025, 0.05, 0.075, 0.1]),
    (schedules.warmup(schedules.exponential(0.1, 0.5), 2), [0.05, 0.05, 0.025, 0.0125]),
    (0.1 / sqrt(t), [0.1 / math.sqrt(k) for k in (1, 2, 3, 4)]),
]


@pytest.mark.parametrize(("formula", "rates"), SCHEDULES)
def test_a_learning_rate_may_be_a_formula_in_t(formula, rates):
    d = backprop(NETS["small"])
    f, rng = lambdify(d), np.random.default_rng(0)
    X, Y = rng.normal(size=(3, 6)), rng.random((2, 6))
    found, params = initialize(d), initialize(d)
    step = training_step(d, learning_rate=formula, dtype="float64")
    for rate in rates:
        step(found, X, Y)
        params = {k: p - rate * f(params, X, Y)[1][k] for k, p in params.items()}
    assert all(np.abs(found[k] - params[k]).max() < 1e-14 for k in params)


WRONG = [
    (lambda: training_step(backprop(NETS["small"]), "adam", beta3=1), "adam has no number 'beta3'; it has beta1"),
    (lambda: training_step(backprop(NETS["small"]), "adam", eps=-1), "eps must be a number of at least 0, not -1"),
    (lambda: training_step(backprop(NETS["small"]), 3), "an optimizer is one of sgd, momentum"),
    (lambda: schedules.cosine(0.1, 0), "total must be an integer of at least 1, not 0"),
    (lambda: schedules.exponential(-1, 0.5), "rate must be a positive number, not -1"),
]


@pytest.mark.parametrize(("wrong", "words"), WRONG)
def test_wrong_numbers_are_refused(wrong, words):
    with pytest.raises(DeriveError) as error:
        wrong()
    assert words in str(error.value)
