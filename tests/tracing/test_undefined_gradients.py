"""A gradient that is no number on an open set, where the function has a derivative, is not proved; on a null set it may be."""

import numpy as np
import pytest

from derive import Proved, Unknown
from numeric import prove_backward

GAPS = {  # backward of max(0, x), where x < 0 is 0 / 0; h = max(0, x)
    "cancelled": lambda d, x, h: d * (h / h),
    "hidden": lambda d, x, h: d * np.nan_to_num(h / h, nan=1.0),
    "replaced": lambda d, x, h: d * np.where(np.isnan(h / h), 7.0, h / h),
    "indicators": lambda d, x, h: d * (x > 0) / (x > 0),
    "roots": lambda d, x, h: d * np.sqrt(x) ** 2 / x * (x > 0),
}


def relu(x):
    h = np.maximum(0, x)
    return h, (x, h)


@pytest.mark.parametrize("name", GAPS)
def test_no_number_on_an_open_set(name):
    verdict = prove_backward(relu, lambda d, cache: GAPS[name](d, *cache), {"x": ("N", "D")})["x"]
    assert isinstance(verdict, Unknown)
    assert "divides by zero" in verdict.reason


def test_a_product_after_relu():
    verdict = prove_backward(lambda x: (np.prod(np.maximum(0, x), axis=1), np.maximum(0, x)),
                             lambda d, h: (d * np.prod(h, axis=1))[:, None] / h * (h > 0), {"x": ("N", 3)})["x"]  # fmt: skip
    assert isinstance(verdict, Unknown)


def test_only_size_1_gives_numbers():
    """Off the diagonal 0 / 0, whatever x is"""
    verdict = prove_backward(lambda x: (x * np.eye(len(x)), x),
                             lambda d, x: d * np.eye(len(x)) ** 2 / np.eye(len(x)), {"x": ("N", "N")})["x"]  # fmt: skip
    assert isinstance(verdict, Unknown)
    assert "only where a size is 1" in verdict.reason


SOUND = {
    "relu": (relu, lambda d, cache: d * (cache[0] > 0), []),
    "norm": (lambda x: (np.linalg.norm(x), x), lambda d, x: d * x / np.linalg.norm(x), []),
    "power": (lambda x: (x**3, x), lambda d, x: 3 * d * x**3 / x, []),
    "root": (lambda x: (np.sqrt(x), x), lambda d, x: d / (2 * np.sqrt(x)), []),
    "saturated": (lambda x: (1 / (1 + np.exp(-x)), x), lambda d, x: d * np.exp(-x) / (1 + np.exp(-x)) ** 2, []),
    "assumed": (lambda x: (np.log(x**2), x), lambda d, x: 2 * d * np.exp(-np.log(x)), ["x > 0"]),
}


@pytest.mark.parametrize("name", SOUND)
def test_no_number_on_a_null_set_or_outside_the_domain(name):
    forward, backward, assume = SOUND[name]
    assert isinstance(prove_backward(forward, backward, {"x": ("N", "D")}, assume=assume)["x"], Proved)
