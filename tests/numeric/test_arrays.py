"""Wrong arguments: the message says what was given, what was expected, and what to do."""

import numpy as np
import pytest

from derive import DeriveError, ShapeError, backprop, mlp
from numeric import initialize, lambdify

F = lambdify(backprop(mlp(["n0", "n1", "n2"])))
P = initialize(F, sizes={"n0": 2, "n1": 4, "n2": 1})
X, Y = np.arange(10.0).reshape(2, 5), np.ones((1, 5))

SHAPES = [
    ((P, X.T, Y), "X has shape (5, 2); expected (2, m), that is (n0, m) with n0 = 2 from W1: (4, 2)",
     "did you mean X.T, of shape (2, 5)?"),
    ((P, X, Y.T), "Y has shape (5, 1); expected (1, 5)", "did you mean Y.T, of shape (1, 5)?"),
    ((P, X, Y[0]), "Y has shape (5,); expected (1, 5)", "did you mean Y.reshape(1, -1), of shape (1, 5)?"),
    (({**P, "b1": np.zeros(4)}, X, Y), "b1 has shape (4,); expected (4, 1)",
     "did you mean b1.reshape(-1, 1), of shape (4, 1)?"),
    ((P, X[:, 0], Y[:, :1]), "X has shape (2,); expected (2, 1)", "did you mean X.reshape(-1, 1), of shape (2, 1)?"),
    ((P, X, Y[:, :3]), "Y has shape (1, 3); expected (1, 5)", "m = 5 from X: (2, 5)"),
    ((P, X[:, :0], Y[:, :0]), "X has shape (2, 0)", "every size is at least 1"),
    ((P, X[None], Y), "X has shape (1, 2, 5)", "expected (2, 5)"),
    ((P, 3.0, Y), "X has shape ()", "expected (2, 5)"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "what", "more"), SHAPES)
def test_shapes(arguments, what, more):
    with pytest.raises(ShapeError) as error:
        F(*arguments)
    assert what in str(error.value)
    assert more in str(error.value)


WITHOUT = {k: P[k] for k in ("W1", "b1")}
ARGUMENTS = [
    ((WITHOUT, X, Y), {}, "params lacks W2, b2\n  expected W1, b1, W2, b2; got W1, b1"),
    (({**P, "W3": X}, X, Y), {}, "params has W3, unknown to the program"),
    (([P], X, Y), {}, "params is a list; expected a dictionary with W1, b1, W2, b2"),
    ((P, X), {}, "loss_and_gradients lacks Y; it takes (params, X, Y)"),
    ((P, X, Y, Y), {}, "takes (params, X, Y), but got 4 positional arguments"),
    ((P, X, Y), {"l2": 1}, "has no argument l2; it takes (params, X, Y)"),
    ((P, X, Y), {"X": X}, "got X twice"),
    ((P, X.astype(str), Y), {}, "X holds <U32; expected an array of numbers"),
    ((P, X, np.array([[None] * 5])), {}, "Y holds object; expected an array of numbers"),
    ((P, np.ma.masked_array(X, X > 3), Y), {}, "X is a masked array"),
]


@pytest.mark.parametrize(("arguments", "keywords", "words"), ARGUMENTS)
def test_arguments(arguments, keywords, words):
    with pytest.raises(DeriveError) as error:
        F(*arguments, **keywords)
    assert words in str(error.value)


def test_a_free_number_is_asked_for():
    f = lambdify(backprop(mlp([2, 4, 1], l2="lambda")))
    with pytest.raises(DeriveError, match=r"lacks lambda; it takes \(params, X, Y, lambda_=...\)"):
        f(P, X, Y)
    with pytest.raises(ShapeError, match=r"lambda has shape \(2, 5\); expected a number"):
        f(P, X, Y, lambda_=X)


def test_what_the_formulas_assume_is_checked():
    f = lambdify(backprop(mlp([2, 3], output="softmax")))
    params = initialize(f)
    with pytest.raises(DeriveError, match="the formulas assume columns of Y sum to 1, but that is wrong by 2"):
        f(params, X, np.ones((3, 5)))
    f(params, X, np.full((3, 5), 1 / 3, "float32"))


def test_lists_and_matrices_are_arrays():
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.matrix(X)
    J = F(P, X, Y)[0]
    assert F(P, X.tolist(), Y.tolist())[0] == J
    assert F(P, matrix, Y)[0] == J
