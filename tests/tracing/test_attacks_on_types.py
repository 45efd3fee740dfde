"""Types, masks, given sizes, views: wrong code among them is not proved, right code is not refuted."""

import numpy as np
import pytest

from derive import Refuted
from numeric import prove_backward

ANY, SQUARE, VECTOR = {"x": ("N", "D")}, {"x": ("N", "N")}, {"x": ("N",)}
ROWS = {"x": ("N", "C"), "y": ("N",)}


def square(x):
    return x * x


def relu(x):
    return x * (x > 0)


def changed(change, factor):
    """2 x dout / factor after dout has been changed through what may be a view of it."""

    def backward(dout, x):
        change(dout)
        return factor * x * dout

    return backward


def doubled(a):
    a *= 2


def scattered(dout, x, y):
    dx = np.zeros_like(x)
    np.put_along_axis(dx, y[:, None], dout, axis=1)
    return dx


def integers(fill):
    def backward(dout, x):
        m = np.zeros(x.shape, dtype=int)
        fill(m, x)
        return dout * m

    return backward


def assigned(m, x):
    m[x > 0] = 1


def added(m, x):
    m += x > 0


def cut_off(m, x):
    m[...] = 1.7


RIGHT = {
    # a comparison of a mask is a mask
    "mask >= 1": (relu, lambda dout, x: dout * ((x > 0) >= 1), ANY, {}),
    "mask != 0": (relu, lambda dout, x: dout * ((x > 0) != 0), ANY, {}),
    "mask == True": (relu, lambda dout, x: dout * ((x > 0) == True), ANY, {}),  # noqa: E712
    "0.3 < mask": (relu, lambda dout, x: dout * (0.3 < (x > 0)), ANY, {}),  # noqa: SIM300
    "mask + mask is or": (relu, lambda dout, x: dout * ((x > 0) + (x > 0)), ANY, {}),
    # integers of named size
    "integers assigned": (relu, integers(assigned), ANY, {}),
    "integers added to": (relu, integers(added), ANY, {}),
    "integers divided": (square, lambda dout, x: 4 * x * dout * (np.ones(x.shape, dtype=int) / 2), ANY, {}),
    "tril of integers": (
        lambda x: x * np.tril(np.ones((len(x), len(x)), dtype=int)), lambda dout: np.tril(dout), SQUARE, {}),
    "tril of booleans": (
        lambda x: x * np.tril(np.ones((len(x), len(x)), dtype=bool)), lambda dout: np.tril(dout), SQUARE, {}),
    # equal for the given sizes alone
    "two columns": (lambda x: 2 * x[:, 0], lambda dout: np.stack([2 * dout, 0 * dout], axis=1), {"x": ("N", 2)}, {}),
    "two elements": (lambda x: 2 * x[0], lambda dout: np.array([2 * dout, 0 * dout]), {"x": (2,)}, {}),
    # views and copies
    "flipud is a view": (square, changed(lambda d: doubled(np.flipud(d)), 1), {"x": (3, 4)}, {}),
    "rollaxis is a view": (square, changed(lambda d: doubled(np.rollaxis(d, 1)), 1), ANY, {}),
    "take is a copy": (square, changed(lambda d: doubled(np.take(d, 0, axis=0)), 2), {"x": (3, 4)}, {}),
    "tril is a copy": (square, changed(lambda d: doubled(np.tril(d)), 2), SQUARE, {}),
    "nan_to_num is a copy": (square, changed(lambda d: doubled(np.nan_to_num(d)), 2), ANY, {}),
    # labels
    "take_along_axis in a logarithm": (
        lambda x, y: np.log(np.take_along_axis(x, y[:, None], 1)),
        lambda dout, x, y: scattered(dout / np.take_along_axis(x, y[:, None], 1), x, y), ROWS,
        {"labels": {"y": "C"}, "wrt": "x"}),
    "put twice": (
        lambda x, y: np.take_along_axis(x, y[:, None], 1), lambda dout, x, y: scattered(dout, x, y), ROWS,
        {"labels": {"y": "C"}, "wrt": "x"}),
    # triangles
    "tril of a rectangle": (lambda x: np.tril(x) ** 2, lambda dout, x: np.tril(2 * x * dout), ANY, {}),
    "both triangles": (lambda x: (np.triu(x, 1) + np.tril(x)) ** 2, lambda dout, x: 2 * x * dout, SQUARE, {}),
    "one triangle twice": (
        lambda x: np.tril(x) + np.tril(x).T, lambda dout: np.tril(dout + dout.T), SQUARE, {}),
    "running sums": (lambda x: np.tri(len(x)) @ x, lambda dout: np.tri(len(dout)).T @ dout, ANY, {}),
    "a mask of a triangle": (
        lambda x: np.where(np.tri(len(x)) > 0, x * x, 0), lambda dout, x: 2 * np.tril(dout) * x, SQUARE, {}),
}  # fmt: skip
WRONG = {
    "mask >= 0": (relu, lambda dout, x: dout * ((x > 0) >= 0), ANY, {}),
    "mask < 1": (relu, lambda dout, x: dout * ((x > 0) < 1), ANY, {}),
    "mask == 0.5": (relu, lambda dout, x: dout * ((x > 0) == 0.5), ANY, {}),
    "1 < mask": (relu, lambda dout, x: dout * (1 < (x > 0)), ANY, {}),  # noqa: SIM300
    "mask + mask is two": (relu, lambda dout, x: dout * ((x > 0) + (x > 0)) / 2, ANY, {}),
    "integers cut off": (lambda x: 1.7 * x, integers(cut_off), ANY, {}),
    "full cut off": (square, lambda dout, x: x * dout * (np.full(x.shape, 2.7, dtype=int) - 0.7), ANY, {}),
    "bytes wrap around": (square, lambda dout, x: x * dout * (np.ones(x.shape, np.uint8) * 255 + 3 - 256), ANY, {}),
    "three columns": (lambda x: 2 * x[:, 0], lambda dout: np.stack([2 * dout, 0 * dout], axis=1), {"x": ("N", 3)}, {}),
    "flipud taken as a copy": (square, changed(lambda d: doubled(np.flipud(d)), 2), {"x": (3, 4)}, {}),
    "take taken as a view": (square, changed(lambda d: doubled(np.take(d, 0, axis=0)), 1), {"x": (3, 4)}, {}),
    "other labels": (
        lambda x, y, z: np.take_along_axis(x, y[:, None], 1), lambda dout, x, y, z: scattered(dout, x, z),
        ROWS | {"z": ("N",)}, {"labels": {"y": "C", "z": "C"}, "wrt": "x"}),
    "another diagonal": (lambda x: np.tril(x, -1) ** 2, lambda dout, x: np.tril(2 * x * dout), SQUARE, {}),
    "the other triangle": (lambda x: np.tril(x), lambda dout: np.tril(dout.T).T, ANY, {}),
    "the diagonal twice": (lambda x: (np.triu(x) + np.tril(x)) ** 2, lambda dout, x: 2 * x * dout, SQUARE, {}),
    "running sums forwards": (lambda x: np.tri(len(x)) @ x, lambda dout: np.tri(len(dout)) @ dout, ANY, {}),
    "a finite branch": (square, lambda dout, x: np.where(np.isfinite(x), 3 * x * dout, 2 * x * dout), ANY, {}),
    "an inverse without its transpose": (
        np.linalg.inv, lambda dout, a: -np.linalg.inv(a) @ dout @ np.linalg.inv(a), {"a": ("N", "N")}, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_is_proved(name):
    forward, backward, shapes, options = RIGHT[name]
    report = prove_backward(forward, backward, shapes=shapes, **options)
    assert report.holds, str(report)


@pytest.mark.parametrize("name", WRONG)
def test_wrong_code_is_not_proved(name):
    forward, backward, shapes, options = WRONG[name]
    assert not prove_backward(forward, backward, shapes=shapes, **options).holds


def test_a_shape_is_shown_where_it_is_another_one():
    forward, backward, shapes, _ = WRONG["three columns"]
    verdict = prove_backward(forward, backward, shapes=shapes)["x"]
    assert isinstance(verdict, Refuted)
    assert verdict.reason == "x has shape (N, 3), its gradient (N, 2)"
