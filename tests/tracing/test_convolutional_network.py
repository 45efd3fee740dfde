"""Convolution, relu, pooling, a dense layer, softmax and cross-entropy, from the loss down to the image."""

import numpy as np

from derive import Proved
from numeric import prove_gradient

SHAPES = {"x": ("N", "C", 3, 2), "w": ("F", "C", 2, 1), "b": ("F",), "v": ("F", "K"), "y": ("N",)}


def places(x, w):
    _, _, h, k = x.shape
    steps = [(i, j) for i in range(h - w.shape[2] + 1) for j in range(k - w.shape[3] + 1)]
    return [(i, j, (slice(None), slice(None), slice(i, i + w.shape[2]), slice(j, j + w.shape[3]))) for i, j in steps]


def convolution(x, w, b):
    out = np.zeros((x.shape[0], w.shape[0], x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1))
    for i, j, window in places(x, w):
        out[:, :, i, j] = np.tensordot(x[window], w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out


def convolution_backward(dout, x, w):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i, j, window in places(x, w):
        dw += np.tensordot(dout[:, :, i, j], x[window], axes=([0], [0]))
        dx[window] += np.tensordot(dout[:, :, i, j], w, axes=([1], [0]))
    return dx, dw, dout.sum(axis=(0, 2, 3))


def features(x, w, b):
    z = convolution(x, w, b)
    a = np.maximum(0, z)
    return z, a, a.max(axis=(2, 3))


def loss(x, w, b, v, y):
    scores = features(x, w, b)[2] @ v
    scores = scores - scores.max(axis=1, keepdims=True)
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return -logs[np.arange(len(y)), y].mean()


def gradients(x, w, b, v, y):
    z, a, p = features(x, w, b)
    e = np.exp(p @ v)
    d = e / e.sum(axis=1, keepdims=True)
    d[np.arange(len(y)), y] -= 1
    d /= len(y)
    da = (a == p[:, :, None, None]) * (d @ v.T)[:, :, None, None]
    dx, dw, db = convolution_backward(da * (z > 0), x, w)
    return {"x": dx, "w": dw, "b": db, "v": p.T @ d}


def test_a_whole_network_is_proved():
    report = prove_gradient(loss, gradients, SHAPES, labels={"y": "K"})
    assert all(isinstance(report[name], Proved) for name in "xwbv"), report
    assert "for all N, C, F, K >= 1" in str(report)
