"""Layers as classes, as books have them: backward(dout=1) of a loss, im2col with sizes by /, pooling by argmax."""

import re

import numpy as np
import pytest

from derive import Proved, Refuted
from numeric import prove_backward
from numeric.tracing import WrongUse


class Squares:
    """A loss; k = 2 is right"""

    def __init__(self, k=2):
        self.k = k

    def forward(self, x):
        self.x = x
        return (x * x).sum()

    def backward(self):
        return self.k * self.x


class SquaresTimes(Squares):
    def backward(self, dout=1):
        return self.k * self.x * dout


class SquaresAlone(Squares):
    def backward(self, dout=1):
        return self.k * self.x


class EachSquare(SquaresTimes):
    def forward(self, x):
        self.x = x
        return x * x


class EachSquareAlone(EachSquare):
    def backward(self, dout=1):
        return self.k * self.x


@pytest.mark.parametrize(("layer", "asked"), [
    (Squares, "prove_gradient"), (SquaresTimes, "prove_backward"), (SquaresAlone, "prove_gradient"),
    (EachSquare, "prove_backward"),
])  # fmt: skip
def test_a_gradient_by_default(layer, asked):
    """What a loss receives is 1; what any other layer receives is free."""
    right, wrong = layer(), layer(3)
    report = prove_backward(right.forward, right.backward, shapes={"x": ("N",)})
    assert report.holds
    assert str(report).startswith(asked)
    assert isinstance(prove_backward(wrong.forward, wrong.backward, shapes={"x": ("N",)})["x"], Refuted)


def test_a_gradient_that_is_not_used():
    layer = EachSquareAlone()
    assert isinstance(prove_backward(layer.forward, layer.backward, shapes={"x": ("N",)})["x"], Refuted)


@pytest.mark.parametrize(("forward", "backward", "message"), [
    (lambda x: x * x, lambda x: 2 * x, "takes no gradients, the forward function has 1 output"),
    (lambda x: (x.sum(), x), lambda x: x, "the forward function returns 2 values"),
])  # fmt: skip
def test_no_gradient_arrives_at_what_is_no_loss(forward, backward, message):
    with pytest.raises(WrongUse, match=message):
        prove_backward(forward, backward, shapes={"x": ("N",)})


class SoftmaxLoss:
    """Targets as rows with one 1"""

    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.t, self.y = t, e / e.sum(axis=1, keepdims=True)
        return -np.sum(t * np.log(self.y)) / t.shape[0]

    def backward(self, dout=1):
        return dout * (self.y - self.t) / self.t.shape[0]


def test_the_loss_of_a_book():
    layer, shapes = SoftmaxLoss(), {"x": ("N", "C"), "t": ("N", "C")}
    assume = "sum(t, axis=1) == 1"
    assert prove_backward(layer.forward, layer.backward, shapes=shapes, wrt="x", assume=assume).holds
    assert isinstance(prove_backward(layer.forward, layer.backward, shapes=shapes, wrt="x")["x"], Refuted)


def columns_of(x, size, stride, rows, columns):
    """Each window as a row"""
    found = np.zeros((x.shape[0], x.shape[1], size, size, rows, columns))
    for i in range(size):
        for j in range(size):
            found[:, :, i, j] = x[:, :, i : i + stride * rows : stride, j : j + stride * columns : stride]
    return found.transpose(0, 4, 5, 1, 2, 3).reshape(x.shape[0] * rows * columns, -1)


def image_of(found, shape, size, stride, rows, columns):
    """The windows added up"""
    x = np.zeros(shape)
    parts = found.reshape(shape[0], rows, columns, shape[1], size, size).transpose(0, 3, 4, 5, 1, 2)
    for i in range(size):
        for j in range(size):
            x[:, :, i : i + stride * rows : stride, j : j + stride * columns : stride] += parts[:, :, i, j]
    return x


class Pool:
    def __init__(self, size, stride, share=1):
        self.size, self.stride, self.share = size, stride, share

    def forward(self, x):
        n, c, height, width = x.shape
        self.rows = int(1 + (height - self.size) / self.stride)
        self.columns = int(np.floor((width - self.size) / self.stride)) + 1
        self.shape = x.shape
        windows = columns_of(x, self.size, self.stride, self.rows, self.columns).reshape(-1, self.size**2)
        self.best = np.argmax(windows, axis=1)
        return np.max(windows, axis=1).reshape(n, self.rows, self.columns, c).transpose(0, 3, 1, 2)

    def backward(self, dout):
        dout = dout.transpose(0, 2, 3, 1)
        picked = np.zeros((dout.size, self.size**2))
        picked[np.arange(self.best.size), self.best.flatten()] = self.share * dout.flatten()
        windows = picked.reshape(dout.shape[0] * self.rows * self.columns, -1)
        return image_of(windows, self.shape, self.size, self.stride, self.rows, self.columns)


def test_pooling_by_argmax():
    """Sizes by / and int() want integers, and get those that were given."""
    shapes = {"x": (1, 2, 2, 4)}
    layer = Pool(2, 2)
    report = prove_backward(layer.forward, layer.backward, shapes=shapes)
    assert isinstance(report["x"], Proved)
    assert "the largest element is unique" in str(report)
    assert report.part("x").kink == ""              # at ties NumPy takes the first, the trace all
    wrong = Pool(2, 2, share=2)
    assert isinstance(prove_backward(wrong.forward, wrong.backward, shapes=shapes)["x"], Refuted)


@pytest.mark.parametrize(("classes", "shape"), [(4, ("N", 4)), (None, ("N", 4)), (None, ("N", "D"))])
def test_rows_of_an_identity_by_argmax(classes, shape):
    def forward(x):
        return x.max(axis=1), x

    def backward(dout, x):
        return np.eye(classes or x.shape[1])[x.argmax(axis=1)] * dout[:, None]

    assert isinstance(prove_backward(forward, backward, shapes={"x": shape})["x"], Proved)


def tiles(x):
    return [(at, slice(2 * i, 2 * i + 2), slice(2 * j, 2 * j + 2), i, j)
            for at in np.ndindex(x.shape[:2]) for i in range(x.shape[2] // 2) for j in range(x.shape[3] // 2)]  # fmt: skip


def pooled(x):
    out = np.zeros((x.shape[0], x.shape[1], x.shape[2] // 2, x.shape[3] // 2))
    for at, rows, columns, i, j in tiles(x):
        out[(*at, i, j)] = x[at][rows, columns].max()
    return out, x


def by_shifted_place(dout, x, k=1):
    dx = np.zeros_like(x)
    for (n, c), rows, columns, i, j in tiles(x):
        r, s = np.unravel_index(np.argmax(x[n, c, rows, columns]), (2, 2))
        dx[n, c, 2 * i + r, 2 * j + s] += k * dout[n, c, i, j]
    return dx


def by_place_in_window(dout, x):
    dx = np.zeros_like(x)
    for (n, c), rows, columns, i, j in tiles(x):
        w = x[n, c, rows, columns]
        dx[n, c, rows, columns][np.unravel_index(w.argmax(), w.shape)] = dout[n, c, i, j]
    return dx


def one_element(x):
    return x[np.unravel_index(np.argmax(x), x.shape)], x


@pytest.mark.parametrize("backward", [by_shifted_place, by_place_in_window])
def test_the_place_of_the_largest_element(backward):
    assert isinstance(prove_backward(pooled, backward, shapes={"x": (1, 1, 2, 4)})["x"], Proved)


def test_the_element_at_a_place():
    def backward(dout, x):
        return dout * (x == x.max())

    assert isinstance(prove_backward(one_element, backward, shapes={"x": (2, 3)})["x"], Proved)


def test_faults_beside_a_place():
    """The counterexample has no ties, where NumPy takes the first of the largest."""
    report = prove_backward(pooled, lambda dout, x: by_shifted_place(dout, x, 2), shapes={"x": (1, 1, 2, 4)})
    assert isinstance(report["x"], Refuted)


REFUSED = [
    (lambda x, r, s: x[s, r], "coordinates of np.unravel_index apart"),
    (lambda x, r, s: x[r, 0], "coordinates of np.unravel_index apart"),
    (lambda x, r, s: x[2 * r, s], "arithmetic with a coordinate|unsupported operand"),
    (lambda x, r, s: x[0] if r == 0 else x[1], "a coordinate of np.unravel_index compared"),
    (lambda x, r, s: x[int(r), s], "a coordinate of np.unravel_index as an integer"),
    (lambda x, r, s: x * r, "."),
]  # fmt: skip


@pytest.mark.parametrize(("use", "message"), REFUSED)
def test_other_uses_of_a_place_are_unknown(use, message):
    def forward(x):
        return np.sum(use(x, *np.unravel_index(np.argmax(x), x.shape))), x

    report = prove_backward(forward, lambda dout, x: dout * x, shapes={"x": (3, 3)})
    assert not isinstance(report["x"], Proved)
    assert re.search(message, report["x"].reason), report["x"].reason


class Places:
    """A maximum by the place of the largest; if `stale`, the place of the first call is kept."""

    def __init__(self, stale):
        self.stale, self.hot = stale, None

    def forward(self, x):
        if self.hot is None or not self.stale:
            self.hot = np.eye(4)[np.argmax(x, axis=1)]
        return x.max(axis=1)

    def backward(self, dout):
        return dout[:, None] * self.hot


@pytest.mark.parametrize("stale", [False, True])
def test_a_place_of_an_earlier_call(stale):
    layer = Places(stale)
    report = prove_backward(layer.forward, layer.backward, shapes={"x": ("N", 4)})
    assert isinstance(report["x"], Proved) != stale
