"""Idioms of well-known courses and repositories: the right code is proved, a planted fault refuted, nothing refused."""

import numpy as np
import pytest

from derive import Proved, Refuted
from derive.kernel.cuts import _Decision
from numeric import prove_backward, prove_gradient


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# --- a loss and its gradients, k = 1 where they are right -------------------------------------------------------------


def dropout(x, u, p):
    mask = (u < p) / p
    return (x * mask).astype(x.dtype, copy=False), mask


def two_layers(W1, W2, X, y, k=1):
    """Labels as a list; np.int64 of a mask."""
    n = X.shape[0]
    h = np.maximum(0, X.dot(W1))
    s = h.dot(W2)
    p = np.exp(s - np.max(s, axis=1).reshape(-1, 1))
    p /= p.sum(axis=1).reshape(-1, 1)
    loss = -np.nansum(np.log(p[range(n), list(y)])) / n
    p[range(n), list(y)] -= 1
    dh = np.multiply(p.dot(W2.T), np.int64(h > 0))
    return loss, {"W1": k * X.T.dot(dh) / n, "W2": h.T.dot(p) / n}


def sigmoid_network(biases, weights, x, y, k=1):
    """Lists of layers, gradients as a dict of lists."""
    activations = [x]
    for b, w in zip(biases, weights, strict=True):
        activations.append(sigmoid(np.dot(w, activations[-1]) + b))
    delta = activations[-1] - y
    loss = 0.5 * np.sum(delta**2)
    nabla_b, nabla_w = [np.zeros(b.shape) for b in biases], [np.zeros(w.shape) for w in weights]
    for j in range(1, len(weights) + 1):
        out = activations[-j]
        delta = delta * out * (k - out) if j == 1 else np.dot(weights[-j + 1].T, delta) * out * (1 - out)
        nabla_b[-j] = delta
        nabla_w[-j] = np.dot(delta, activations[-j - 1].T)
    return loss, {"biases": nabla_b, "weights": nabla_w}


def characters(inputs, targets, Wxh, Whh, Why, k=1):
    """One-hot columns, positions [label, 0], a loop over the letters."""
    xs, hs, ps, loss = {}, {-1: np.zeros((Whh.shape[0], 1))}, {}, 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((Wxh.shape[1], 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(Wxh @ xs[t] + Whh @ hs[t - 1])
        e = np.exp(Why @ hs[t])
        ps[t] = e / e.sum()
        loss += -np.log(ps[t][targets[t], 0])
    found = [np.zeros_like(w) for w in (Wxh, Whh, Why)]
    later = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t], 0] -= k
        found[2] += dy @ hs[t].T
        raw = (1 - hs[t] * hs[t]) * (Why.T @ dy + later)
        found[0] += raw @ xs[t].T
        found[1] += raw @ hs[t - 1].T
        later = Whh.T @ raw
    return loss, found


def regularised(theta, X, y, lam, k=0):
    """The first weight is left out: theta[1:], and temp[0] = 0."""
    m = len(y)
    h = sigmoid(X.dot(theta))
    loss = (-1 / m) * (np.log(h).dot(y) + np.log(1 - h).dot(1 - y)) + lam / (2 * m) * np.sum(theta[1:] ** 2)
    temp = theta.copy()
    temp[0] = k
    return loss, (1 / m) * X.T.dot(h - y) + (lam / m) * temp


def over_time(x, y, mask, k=1):
    """Labels of several axes laid out flat."""
    n, t, v = x.shape
    flat, m = x.reshape(n * t, v), mask.reshape(n * t)
    p = np.exp(flat - flat.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.sum(m * np.log(p[np.arange(n * t), y.reshape(n * t)])) / n
    p[np.arange(n * t), y.ravel()] -= k
    return loss, {"x": (p * m[:, None] / n).reshape(n, t, v)}


def one_word(centre, outside, word, k=1):
    """A single label."""
    e = np.exp(outside @ centre - np.max(outside @ centre))
    p = e / np.sum(e)
    loss = -np.log(p[word])
    p[word] -= k
    return loss, {"centre": outside.T @ p, "outside": np.outer(p, centre)}


def negative_words(centre, outside, words, k=1):
    """A loop over labels that adds to rows, the same row twice if a word stands twice."""
    loss = -np.sum(np.log(sigmoid(-outside[words] @ centre)))
    found = np.zeros(outside.shape)
    for word in words:
        found[word] += k * sigmoid(outside[word] @ centre) * centre
    return loss, {"outside": found}


def focal(z, y, gamma, k=1):
    """(1 - p) ** gamma is 0 where there is one class: the functions give a number there, the formula does not."""
    n = len(y)
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    q = p[np.arange(n), y][:, None]
    hot = np.zeros_like(p)
    hot[np.arange(n), y] = 1
    slope = gamma * (1 - q) ** (gamma - k) * np.log(q) - (1 - q) ** gamma / q
    return np.mean(-((1 - q) ** gamma) * np.log(q)), {"z": slope * q * (hot - p) / n}


LETTERS = {"inputs": (2,), "targets": (2,), "Wxh": ("H", "V"), "Whh": ("H", "H"), "Why": ("V", "H")}
LAYERS = {"biases": [("n1", 1), ("n2", 1)], "weights": [("n1", "n0"), ("n2", "n1")], "x": ("n0", 1), "y": ("n2", 1)}
LOSSES = [
    (two_layers, 2, {"W1": ("D", "H"), "W2": ("H", "C"), "X": ("N", "D"), "y": ("N",)}, {"y": "C"}, ["W1", "W2"]),
    (sigmoid_network, 2, LAYERS, {}, ["biases", "weights"]),
    (sigmoid_network, 2, LAYERS, {}, None),
    (characters, 2, LETTERS, {"inputs": "V", "targets": "V"}, ["Wxh", "Whh", "Why"]),
    (regularised, 1, {"theta": ("n",), "X": ("m", "n"), "y": ("m",), "lam": ()}, {}, ["theta"]),
    (over_time, 2, {"x": ("N", "T", "V"), "y": ("N", "T"), "mask": ("N", "T")}, {"y": "V"}, ["x"]),
    (one_word, 2, {"centre": ("D",), "outside": ("V", "D"), "word": ()}, {"word": "V"}, ["centre", "outside"]),
    (negative_words, 2, {"centre": ("D",), "outside": ("V", "D"), "words": (2,)}, {"words": "V"}, ["outside"]),
    (focal, 0, {"z": ("N", "C"), "y": ("N",), "gamma": ()}, {"y": "C"}, ["z"]),
]


@pytest.mark.parametrize(
    ("both", "wrong", "shapes", "labels", "wrt"), LOSSES, ids=[f"{row[0].__name__} {row[-1]}" for row in LOSSES]
)
def test_a_loss_and_its_gradients(both, wrong, shapes, labels, wrt):
    def asked(k):
        return prove_gradient(
            lambda *given: both(*given)[0], lambda *given: both(*given, **k)[1], shapes=shapes, labels=labels, wrt=wrt
        )

    assert asked({}).holds, str(asked({}))
    assert_refuted(asked({"k": wrong}))


# --- layers -----------------------------------------------------------------------------------------------------------


def rotated(x, cos, sin):
    """Rotary positions, neighbours in pairs."""
    even, odd = x[..., 0::2], x[..., 1::2]
    out = np.empty_like(x)
    out[..., 0::2] = even * cos - odd * sin
    out[..., 1::2] = even * sin + odd * cos
    return out, (cos, sin)


def turned_back(dout, cache, k=1):
    cos, sin = cache
    even, odd = dout[..., 0::2], dout[..., 1::2]
    dx = np.empty_like(dout)
    dx[..., 0::2] = even * cos + odd * sin
    dx[..., 1::2] = -k * even * sin + odd * cos
    return dx


def pooled(x):
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).mean(axis=(3, 5)), None


def unpooled(dout, cache, k=1):
    return dout.repeat(2, axis=2).repeat(2, axis=3) / (3 + k)


def excited(x, w):
    """Floats of two orders of sums lie on two sides of the kink: where x is 20, -20, ... the mean times w is 0."""
    z = np.maximum(0, x.mean(axis=(2, 3)) @ w)
    return x * z[:, :, None, None], (x, w, z)


def excited_backward(dout, cache, k=1):
    x, w, z = cache
    dz = np.sum(dout * x, axis=(2, 3))
    dz[z <= 0] = 0
    ds = dz @ w.T
    return dout * z[:, :, None, None] + k * ds[:, :, None, None] / (x.shape[2] * x.shape[3])


def hidden_later(x):
    """A triangle of truths, of given size."""
    later = np.triu(np.ones(x.shape, dtype=bool), 1)
    later[0, 0] = 0
    y = x.copy()
    y[later] = -1e9
    return y, later


def scaled(x):
    """Types of numbers in their usual places; a float32 among the numbers warns of nothing."""
    assert np.issubdtype(x.dtype, np.float64)
    assert isinstance(np.float64(3), np.float64)
    assert isinstance(list(range(2)), list)
    small = np.zeros(x.shape, dtype=np.float32) + np.finfo(np.float64).eps
    return np.float64(2) * x.astype(np.float32) + 0 * small, [np.float32(2), 1]


def scaled_back(dout, cache, k=1):
    return cache[0] * dout * np.float32(k)


def seen_before(dout, later, k=1):
    return dout * ~later * k


PLANES = {"x": ("N", "C", "H", "W"), "w": ("C", "C")}
CHANNELS = [
    (dropout, lambda dout, mask, k=1: k * dout * mask, {"x": ("N", "D"), "u": ("N", "D"), "p": ()}, ["p > 0"]),
    (rotated, turned_back, {"x": ("T", "2*h"), "cos": ("T", "h"), "sin": ("T", "h")}, []),
    (pooled, unpooled, {"x": ("N", "C", "2*h", "2*w")}, []),
    (excited, excited_backward, PLANES, []),
    (hidden_later, seen_before, {"x": (3, 3)}, []),
    (scaled, scaled_back, {"x": ("N", "D")}, []),
]


@pytest.mark.parametrize(
    ("forward", "backward", "shapes", "assume"), CHANNELS, ids=[row[0].__name__ for row in CHANNELS]
)
def test_a_layer(forward, backward, shapes, assume):
    right = prove_backward(forward, backward, shapes=shapes, assume=assume, wrt=["x"])
    assert right.holds, str(right)
    wrong = prove_backward(
        forward, lambda dout, cache: backward(dout, cache, 2), shapes=shapes, assume=assume, wrt=["x"]
    )
    assert_refuted(wrong)


def assert_refuted(report):
    """At least one gradient, with two numbers; the report can be printed."""
    wrong = [report.part(name) for name in report if isinstance(report[name], Refuted)]
    assert wrong, str(report)
    assert all(part.values and part.values[0] != part.values[1] for part in wrong), str(report)


# --- what is large ----------------------------------------------------------------------------------------------------


def test_a_fault_in_code_that_is_too_large_to_be_written_out(monkeypatch):
    """The kernel refutes by running the definitions; floats confirm it, and the functions themselves."""

    def forward(x, w):
        h = np.tanh(x @ w)
        for _ in range(12):
            h = np.tanh(h @ w)
        return h, (x, w)

    def backward(dout, cache):
        x, w = cache
        hs = [np.tanh(x @ w)]
        for _ in range(12):
            hs.append(np.tanh(hs[-1] @ w))
        for h in reversed(hs):
            dout = (dout * (1 - h)) @ w.T
        return dout

    monkeypatch.setattr("derive.arrays.elements.HEAVIEST", 400)
    report = prove_backward(forward, backward, shapes={"x": ("N", "D"), "w": ("D", "D")}, wrt=["x"])
    assert_refuted(report)


def test_a_wrong_guess_of_a_cut_point_costs_no_more_runs(monkeypatch):
    """In many layers of relu some arrays look like gradients that they are not."""
    asked = []
    runs = _Decision.runs
    monkeypatch.setattr(_Decision, "runs", lambda self, later: asked.append(later) or runs(self, later))
    layers = 24

    def states(X, W):
        found = [X]
        for w in W:
            found.append(np.maximum(0, w @ found[-1]))
        return found

    def gradients(X, W):
        found, dA = [], np.ones_like(states(X, W)[-1])
        for w, before, after in reversed(list(zip(W, states(X, W), states(X, W)[1:], strict=False))):
            dZ = np.array(dA, copy=True)
            dZ[after <= 0] = 0
            found.append(dZ @ before.T)
            dA = w.T @ dZ
        return found[::-1]

    shapes = {"X": ("n0", "m"), "W": [(f"n{k + 1}", f"n{k}") for k in range(layers)]}
    report = prove_gradient(lambda X, W: np.sum(states(X, W)[-1]), gradients, shapes=shapes, wrt=["W"])
    assert isinstance(report["W[0]"], Proved), str(report)
    assert not any(asked)
