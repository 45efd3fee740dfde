"""NumPy functions that real backward code uses: right code is proved, and code with a fault in it is not."""

import re

import numpy as np
import pytest

from derive import Proved, Refuted, Unknown
from numeric import prove_backward
from numeric.tracing import functions, ufuncs

ANY, SQUARE, VECTOR = {"x": ("N", "D")}, {"x": ("N", "N")}, {"x": ("N",)}
FIXED, THREE = {"x": (3, 4)}, {"x": (3, 3)}
TABLE = {"W": ("V", "D"), "y": ("N",)}
ROWS = {"x": ("N", "C"), "y": ("N",)}
EMBEDDED = {"labels": {"y": "V"}, "wrt": "W"}
PICKED = {"labels": {"y": "C"}, "wrt": "x"}


def softmax(x):
    e = np.exp(x)
    return e / e.sum()


def jacobian(dout, x):
    s = softmax(x).reshape(-1, 1)
    return np.dot(np.diagflat(s) - np.dot(s, s.T), dout)


def jacobian_wrong(dout, x):
    s = softmax(x).reshape(-1, 1)
    return np.dot(np.diagflat(s) + np.dot(s, s.T), dout)


def embedding_backward(dout, W, y):
    dW = np.zeros_like(W)
    np.add.at(dW, y, dout)
    return dW


def embedding_backward_wrong(dout, W, y):
    dW = np.zeros_like(W)
    dW[y] = dout  # a row that is picked twice gets one of its gradients
    return dW


def along_backward(dout, x, y):
    dx = np.zeros_like(x)
    np.put_along_axis(dx, y[:, None], dout, axis=1)
    return dx


def along_backward_wrong(dout, x, y):
    dx = np.ones_like(x)
    np.put_along_axis(dx, y[:, None], dout, axis=1)
    return dx


def product_of_blocks(dout, x, w, sign=1):
    blocks = dout.reshape(x.shape[0], w.shape[0], x.shape[1], w.shape[1])
    return np.einsum("iajb,ab->ij", blocks, w), sign * np.einsum("iajb,ij->ab", blocks, x)


def causal_attention(q, k, v):
    s = q @ k.T / np.sqrt(q.shape[1])
    mask = np.triu(np.ones((q.shape[0], q.shape[0])), k=1)
    s = np.where(mask == 1, -1e9, s)
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return p @ v, (q, k, v, p, mask)


def causal_attention_backward(dout, cache):
    q, k, v, p, mask = cache
    dp = dout @ v.T
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True))
    ds = np.where(mask == 1, 0, ds) / np.sqrt(q.shape[1])
    return ds @ k, ds.T @ q, p.T @ dout


def causal_attention_backward_wrong(dout, cache):
    dq, dk, dv = causal_attention_backward(dout, cache)
    return dq, dk.T.T * 2, dv


def inverse_backward(dout, x):
    y = np.linalg.inv(x)
    return -y.T @ dout @ y.T


def solve_backward(dout, a, b):
    g = np.linalg.solve(a.T, dout)
    return -np.outer(g, np.linalg.solve(a, b)), g


def concatenated_backward(dout, x, w):
    return tuple(np.split(dout, 2, axis=1))


FACTS = {
    # name: forward, backward, one with a fault, shapes, options
    "diagflat": (softmax, jacobian, jacobian_wrong, VECTOR, {}),
    "diag of a vector": (
        softmax, lambda dout, x: (np.diag(softmax(x)) - np.outer(softmax(x), softmax(x))) @ dout,
        lambda dout, x: np.diag(softmax(x)) @ dout, VECTOR, {}),
    "diag of a matrix": (
        lambda x: np.diag(x) ** 2, lambda dout, x: np.diag(2 * np.diag(x) * dout), lambda dout, x: 2 * x * dout,
        SQUARE, {}),
    "trace": (lambda x: np.trace(x @ x), lambda dout, x: 2 * dout * x.T, lambda dout, x: 2 * dout * x, SQUARE, {}),
    "vdot": (lambda x: np.vdot(x, x), lambda dout, x: 2 * dout * x, lambda dout, x: dout * x, ANY, {}),
    "inner": (
        np.inner, lambda dout, a, b: (dout @ b, dout.T @ a), lambda dout, a, b: (dout @ b, dout @ a),
        {"a": ("N", "D"), "b": ("M", "D")}, {}),
    "einsum, an index twice": (
        lambda x: np.einsum("ii->i", x) ** 2, lambda dout, x: 2 * np.diag(dout * np.einsum("ii->i", x)),
        lambda dout, x: 2 * x * dout, SQUARE, {}),
    "einsum with dots": (
        lambda x, w: np.einsum("...i,ij->...j", x, w),
        lambda dout, x, w: (np.einsum("...j,ij->...i", dout, w), np.einsum("bni,bnj->ij", x, dout)),
        lambda dout, x, w: (np.einsum("...j,ij->...i", dout, w), np.einsum("bni,bnj->ij", x, x @ w)),
        {"x": ("B", "N", "D"), "w": ("D", "M")}, {}),
    "cumsum": (
        lambda x: np.cumsum(x, axis=1), lambda dout, x: np.cumsum(dout[:, ::-1], axis=1)[:, ::-1],
        lambda dout, x: np.cumsum(dout, axis=1), FIXED, {}),
    "add.at": (lambda W, y: W[y], embedding_backward, embedding_backward_wrong, TABLE, EMBEDDED),
    "take": (lambda W, y: np.take(W, y, axis=0), embedding_backward, lambda dout, W, y: W * 0, TABLE, EMBEDDED),
    "take of positions": (
        lambda x: np.take(x, [2, 0], axis=1),
        lambda dout, x: np.stack([dout[:, 1], 0 * dout[:, 0], dout[:, 0], 0 * dout[:, 0]], axis=1),
        lambda dout, x: np.stack([dout[:, 0], 0 * dout[:, 0], dout[:, 1], 0 * dout[:, 0]], axis=1), FIXED, {}),
    "take_along_axis": (
        lambda x, y: np.take_along_axis(x, y[:, None], axis=1), along_backward, along_backward_wrong, ROWS, PICKED),
    "take_along_axis of a maximum": (
        lambda x: np.take_along_axis(x, np.argmax(x, axis=1)[:, None], axis=1),
        lambda dout, x: dout * (x == x.max(axis=1, keepdims=True)), lambda dout, x: dout + 0 * x, ANY, {}),
    "pad": (
        lambda x: 2 * np.pad(x, ((1, 1), (0, 0))), lambda dout: 2 * dout[1:-1], lambda dout: 2 * dout[:-2], ANY, {}),
    "broadcast_to": (
        lambda x, b: x * np.broadcast_to(b, x.shape),
        lambda dout, x, b: (dout * b, (dout * x).sum(axis=0)), lambda dout, x, b: (dout * b, (dout * x).mean(axis=0)),
        {"x": ("N", "D"), "b": ("D",)}, {}),
    "stack": (
        lambda x, w: np.stack([x, w], axis=-1), lambda dout, x, w: (dout[..., 0], dout[..., 1]),
        lambda dout, x, w: (dout[..., 1], dout[..., 0]), {"x": ("N", "D"), "w": ("N", "D")}, {}),
    "concatenate and split": (
        lambda x, w: np.concatenate([x, w], axis=1), concatenated_backward,
        lambda dout, x, w: concatenated_backward(dout, x, w)[::-1], {"x": ("N", "D"), "w": ("N", "D")}, {}),
    "append": (
        lambda x: np.append(x, np.ones((x.shape[0], 1)), axis=1), lambda dout, x: dout[:, :-1],
        lambda dout, x: dout[:, 1:], ANY, {}),
    "dstack": (
        lambda x, w: np.dstack([x, w]), lambda dout, x, w: (dout[:, :, 0], dout[:, :, 1]),
        lambda dout, x, w: (dout[:, :, 1], dout[:, :, 0]), {"x": ("N", "D"), "w": ("N", "D")}, {}),
    "fliplr": (
        lambda x: np.fliplr(x) ** 2, lambda dout, x: np.fliplr(2 * np.fliplr(x) * dout),
        lambda dout, x: 2 * np.fliplr(x) * dout, FIXED, {}),
    "flipud": (np.flipud, lambda dout: np.flipud(dout), lambda dout: 2 * np.flipud(dout), {"m": ("N", "D")}, {}),
    "roll": (
        lambda x: np.roll(x, 1, axis=1) * x, lambda dout, x: np.roll(dout * x, -1, axis=1) + dout * np.roll(x, 1, axis=1),
        lambda dout, x: np.roll(dout * x, 1, axis=1) + dout * np.roll(x, 1, axis=1), FIXED, {}),
    "rollaxis": (
        lambda x: 2 * np.rollaxis(x, 2), lambda dout, x: 2 * np.rollaxis(dout, 0, 3),
        lambda dout, x: 2 * np.rollaxis(dout, 2), {"x": ("N", "D", "M")}, {}),
    "kron": (
        lambda x, w: np.kron(x, w), product_of_blocks, lambda dout, x, w: product_of_blocks(dout, x, w, -1),
        {"x": ("N", "M"), "w": ("K", "L")}, {}),
    "tril": (
        lambda x: np.tril(x) ** 2, lambda dout, x: np.tril(2 * x * dout), lambda dout, x: 2 * x * dout, SQUARE, {}),
    "tril and triu": (
        lambda x: np.triu(x, 1) ** 2, lambda dout, x: 2 * dout * (x - np.tril(x)),
        lambda dout, x: 2 * dout * (x - np.tril(x, 1)), SQUARE, {}),
    "tri": (
        lambda x: x * np.tri(x.shape[0]), lambda dout, x: dout * np.tri(dout.shape[0]),
        lambda dout, x: dout * np.tri(dout.shape[0]).T, SQUARE, {}),
    "tril of given size": (
        lambda x: np.tril(x) ** 2, lambda dout, x: np.tril(2 * x * dout), lambda dout, x: np.tril(x * dout), THREE, {}),
    "causal attention": (
        causal_attention, causal_attention_backward, causal_attention_backward_wrong,
        {"q": ("T", "D"), "k": ("T", "D"), "v": ("T", "M")}, {}),
    "inv": (np.linalg.inv, lambda dout, a: inverse_backward(dout, a), lambda dout, a: -inverse_backward(dout, a).T,
            {"a": ("N", "N")}, {}),
    "solve": (
        np.linalg.solve, solve_backward, lambda dout, a, b: (solve_backward(dout, a, b)[0].T, solve_backward(dout, a, b)[1]),
        {"a": ("N", "N"), "b": ("N",)}, {}),
    "det": (
        np.linalg.det, lambda dout, a: dout * np.linalg.det(a) * np.linalg.inv(a).T,
        lambda dout, a: dout * np.linalg.det(a) * np.linalg.inv(a), {"a": ("N", "N")}, {}),
    "multi_dot": (
        lambda x, w: np.linalg.multi_dot([x, w, w.T]),
        lambda dout, x, w: (dout @ w @ w.T, x.T @ dout @ w + dout.T @ x @ w),
        lambda dout, x, w: (dout @ w @ w.T, x.T @ dout @ w), {"x": ("N", "D"), "w": ("D", "M")}, {}),
    "nan_to_num": (
        lambda x: np.nan_to_num(x) ** 2, lambda dout, x: 2 * x * dout, lambda dout, x: x * dout, ANY, {}),
}  # fmt: skip


HIDDEN = {"add.at"}  # how often labels name a row hangs on values: unknown, with its line


@pytest.mark.parametrize("name", FACTS)
def test_right_code_is_proved(name):
    forward, backward, _, shapes, options = FACTS[name]
    report = prove_backward(forward, backward, shapes=shapes, **options)
    assert report.holds, str(report)


@pytest.mark.parametrize("name", FACTS)
def test_a_fault_is_refuted(name):
    forward, _, wrong, shapes, options = FACTS[name]
    report = prove_backward(forward, wrong, shapes=shapes, **options)
    assert not report.holds
    assert name in HIDDEN or any(isinstance(report[n], Refuted) for n in report), str(report)


def asserting(check):
    def forward(x):
        assert check(x)
        return x * x

    return forward


@pytest.mark.parametrize("check", [
    lambda x: np.isfinite(x).all(), lambda x: not np.any(np.isnan(x)), lambda x: not np.isinf(x).any(),
], ids=["isfinite", "isnan", "isinf"])  # fmt: skip
def test_numbers_are_real(check):
    report = prove_backward(asserting(check), lambda dout, x: 2 * x * dout, shapes=ANY)
    assert report.holds
    assert "real numbers: none is inf or nan" in report.conditions
    assert not prove_backward(asserting(check), lambda dout, x: x * dout, shapes=ANY).holds


NOT_FOLLOWED = [
    # called in the forward function                        what the report names, and what it advises
    (lambda x: x * np.allclose(x.sum(), 1), "np.allclose", "take the check out of the function"),
    (lambda x: np.sort(x), "np.sort", "hangs on values"),
    (lambda x: x * np.cumsum(x), "np.cumsum along an axis of named size", "give N as an integer"),
    (lambda x: np.cumprod(x), "np.cumprod", ""),
    (lambda x: x * np.random.rand(*x.shape), "np.random.rand", "pass what is random as an argument"),
    (lambda x: np.select([x > 0], [x]), "np.select", "write np.where"),
    (lambda x: np.sin(x), "np.sin", ""),
    (lambda x: np.diag(x, 1), "np.diag with an offset", ""),
]


@pytest.mark.parametrize(("forward", "named", "advice"), NOT_FOLLOWED, ids=[row[1] for row in NOT_FOLLOWED])
def test_what_is_not_followed_is_named_with_its_line(forward, named, advice):
    report = prove_backward(forward, lambda dout, x: dout * x, shapes=VECTOR)
    assert isinstance(report["x"], Unknown | Refuted)
    assert not isinstance(report["x"], Proved)
    if isinstance(report["x"], Unknown):
        assert named in str(report)
        assert advice in str(report)
        assert "test_more_functions.py:" in str(report)


def test_the_list_of_what_is_followed(project):
    """docs/backward_code.md names every function of the tables."""
    text = (project / "docs/backward_code.md").read_text()
    section = text[text.index("## What is followed") : text.index("## What a report says")]
    listed = set(re.findall(r"[\w.]+", section))
    known = {f"{f.__module__}.{f.__name__}".removeprefix("numpy.") for f in functions.TABLE} | set(ufuncs.TABLE)
    assert known - listed == {"iscomplexobj"}


CIRCLE = {
    "siren": (lambda x, w: (np.sin(3 * (x @ w)), (x, w)),
              lambda dout, cache: (3 * dout * np.cos(3 * (cache[0] @ cache[1]))) @ cache[1].T),
    "double angle": (lambda x, w: ((np.sin(x @ w) ** 2).sum(axis=1), (x, w)),
                     lambda dout, cache: (dout[:, None] * np.sin(2 * (cache[0] @ cache[1]))) @ cache[1].T),
    "cube": (lambda x, w: (np.cos(x) ** 3, (x, w)),
             lambda dout, cache: -3 * dout * np.sin(cache[0]) * (1 - np.sin(cache[0]) ** 2)),
    "sum of angles": (lambda x, w: (np.sin(x + w[0, 0]), (x, w)),
                      lambda dout, cache: dout * (np.cos(cache[0]) * np.cos(cache[1][0, 0])
                                                  - np.sin(cache[0]) * np.sin(cache[1][0, 0]))),
}  # fmt: skip


@pytest.mark.parametrize("name", CIRCLE)
def test_sine_and_cosine(name):
    forward, backward = CIRCLE[name]
    shapes = {"x": ("N", "D"), "w": ("D", "M")}
    assert isinstance(prove_backward(forward, backward, shapes=shapes, wrt="x")["x"], Proved)
    wrong = prove_backward(forward, lambda dout, cache: -backward(dout, cache), shapes=shapes, wrt="x")
    assert isinstance(wrong["x"], Refuted)


def test_a_rotation_by_given_angles():
    """Pairs of columns turned, as positions are put into attention; the angles are free."""

    def forward(x, angle):
        a, b, c, s = x[:, 0::2], x[:, 1::2], np.cos(angle), np.sin(angle)
        out = np.empty_like(x)
        out[:, 0::2], out[:, 1::2] = a * c - b * s, a * s + b * c
        return out, (c, s)

    def backward(dout, cache, k=1):
        (c, s), dx = cache, np.empty_like(dout)
        a, b = dout[:, 0::2], dout[:, 1::2]
        dx[:, 0::2], dx[:, 1::2] = a * c + k * b * s, b * c - a * s
        return dx

    shapes = {"x": ("T", "2*h"), "angle": ("T", "h")}
    assert prove_backward(forward, backward, shapes=shapes, wrt="x").holds
    wrong = prove_backward(forward, lambda dout, cache: backward(dout, cache, -1), shapes=shapes, wrt="x")
    assert isinstance(wrong["x"], Refuted)
