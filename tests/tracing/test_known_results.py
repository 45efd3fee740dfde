"""The expected formula is written by the forward function's own results where those are softmax, sigmoid or tanh."""

import numpy as np
import pytest

from numeric import prove_backward, prove_gradient

ROWS, VECTOR = {"x": ("N", "C")}, {"x": ("N",)}
LABELLED = {"W": ("D", "C"), "X": ("N", "D"), "y": ("N",)}


def named_softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, p


def unnamed_softmax(x):
    return np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)


def softmax_of_columns(x):
    e = np.exp(x)
    s = e / e.sum(axis=0)
    return s  # noqa: RET504


def nearly_a_softmax(x):
    e = np.exp(x)
    p = e / (1 + e.sum(axis=1, keepdims=True))
    return p  # noqa: RET504


def sigmoid_then_square(x):
    a = 1 / (1 + np.exp(-x))
    return a * a


def tanh_then_cube(x):
    h = np.tanh(x)
    return h**3


def zeros(dout, x):
    return 0 * x


FACTS = [
    # forward              what the derivative is, in its names
    (named_softmax, ROWS, "dx = p * (dout - np.sum(dout * p, axis=1, keepdims=True))"),
    (unnamed_softmax, ROWS, "dx = out * (dout - np.sum(dout * out, axis=1, keepdims=True))"),
    (softmax_of_columns, ROWS, "dx = s * (dout - np.sum(dout * s, axis=0, keepdims=True))"),
    (sigmoid_then_square, VECTOR, "da = 2 * dout * a\ndx = da * a * (1 - a)"),
    (tanh_then_cube, VECTOR, "dh = 3 * dout * h ** 2\ndx = dh * (1 - h ** 2)"),
]


@pytest.mark.parametrize(("forward", "shapes", "code"), FACTS, ids=[row[0].__name__ for row in FACTS])
def test_the_result_stands_in_the_expected_formula(forward, shapes, code):
    backward = (lambda dout, cache: 0 * dout) if forward is named_softmax else zeros
    part = prove_backward(forward, backward, shapes=shapes).part("x")
    assert part.expected.numpy == code
    assert "\\frac{\\partial J}" in part.expected.latex


def test_what_only_looks_like_a_softmax_is_written_out():
    part = prove_backward(nearly_a_softmax, zeros, shapes=ROWS).part("x")
    assert "p * (dout" not in part.expected.numpy


def test_the_report_of_a_wrong_softmax_is_short():
    def wrong(dout, p):
        return p * (dout - (dout * p).sum(axis=0, keepdims=True))

    lines = str(prove_backward(named_softmax, wrong, shapes=ROWS)).split("example:")[0].splitlines()
    assert max(map(len, lines)) < 160
    assert "      expected: dx = p * (dout - np.sum(dout * p, axis=1, keepdims=True))" in lines


def much_at_once(x, w):
    a = np.tanh(x @ w) * np.exp(x @ w) / (1 + np.exp(x @ w) ** 2) * np.tanh(x @ w * 2) + np.log(1 + np.exp(x @ w * 3))
    return a * a


def test_a_line_that_nobody_reads_is_cut_on_the_terminal():
    report = prove_backward(much_at_once, lambda dout, x, w: (0 * x, 0 * w), shapes={"x": ("N", "D"), "w": ("D", "M")})
    screen = str(report).split("example:")[0].rstrip().splitlines()
    whole = report.part("x").expected.numpy.splitlines()
    assert max(map(len, whole)) > 200 > max(map(len, screen))
    assert screen[-2].endswith(" ...")
    assert screen[-1].strip() == "print(report.part('x').expected.numpy) shows all of it"
    assert whole[-1].replace("<", "&lt;") in report._repr_html_()
    assert "shows all of it" not in report._repr_html_()


def cross_entropy(W, X, y):
    scores = X @ W
    scores -= scores.max(axis=1, keepdims=True)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(X)), y]).mean()


def test_a_loss_is_led_back_line_by_line():
    report = prove_gradient(
        cross_entropy, lambda W, X, y: 0 * W, shapes=LABELLED, labels={"y": "C"}, wrt="W"
    )  # fmt: skip
    assert report.part("W").expected.numpy.splitlines() == [
        "dp = -np.eye(C)[y] / p / N",
        "dscores = p * (dp - np.sum(dp * p, axis=1, keepdims=True))",
        "dW = X.T @ dscores",
    ]


# --- names stand for what the caller has under them -------------------------------------------------------------------


def column(x):
    mu = x.mean(axis=1)[:, None]
    return np.exp(x - mu) / (1 + np.exp(2 * x - mu)) * mu


def turned(x):
    z = np.exp(x).T
    return np.tanh(z) ** 3 / (1 + z * z)


def listed(x):
    parts = [np.exp(x), np.exp(2 * x)]
    return parts[0] * parts[1] + parts[0] ** 2 * np.tanh(parts[1])


def two_on_a_line(x):
    e = np.exp(x); s = np.tanh(x)  # noqa: E702
    return e * s / (1 + e * s) ** 3 * s + np.tanh(s) ** 3 * e + e * e


@pytest.mark.parametrize("forward", [column, turned, listed, two_on_a_line])
def test_expected_code_runs_with_the_names_of_the_caller(forward):
    """What is returned is left out of the names: code that needs it would not run."""
    rng = np.random.default_rng(0)
    x, dout = rng.normal(size=(2, 3)), rng.normal(size=(3, 2) if forward is turned else (2, 3))
    code = prove_backward(forward, zeros, shapes={"x": ("N", "D")}).part("x").expected.numpy
    space = {"np": np, "x": x, "dout": dout, "N": 2, "D": 3, "mu": x.mean(axis=1)[:, None], "z": np.exp(x).T}
    exec(code, space)
    step = 1e-6
    for at in np.ndindex(2, 3):
        near = np.zeros((2, 3))
        near[at] = step
        slope = np.sum(dout * (forward(x + near) - forward(x - near))) / (2 * step)
        assert abs(space["dx"][at] - slope) < 1e-6 * max(1, abs(slope))
