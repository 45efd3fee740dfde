"""The dimension trick, both ways."""

from __future__ import annotations

import pytest

from derive.claims.dimensions import fitting_products, infer_shapes
from derive.claims.errors import ClaimsError
from derive.errors import ShapeError

INFERRED = [
    # equation                   known                                   what follows
    ("z = W @ x + b",            {"x": (2, 1), "z": (3, 1)},             {"W": (3, 2), "b": (3, 1)}),
    ("z = W @ x + b",            {"x": ("p", 1), "z": ("n", 1)},         {"W": ("n", "p"), "b": ("n", 1)}),
    ("Z = W @ X + b",            {"W": ("n", "p"), "b": ("n", 1), "X": ("p", "m")}, {"Z": ("n", "m")}),
    ("dW = dZ @ A.T",            {"dZ": ("n", "m"), "A": ("p", "m")},    {"dW": ("n", "p")}),
    ("dA = W.T @ dZ",            {"dA": ("p", "m"), "dZ": ("n", "m")},   {"W": ("n", "p")}),
    ("dZ = dA * g(Z)",           {"dA": ("n", "m")},                     {"dZ": ("n", "m"), "Z": ("n", "m")}),
    ("z = W @ x + b",            {"x": (2, 1), "W @ x": (3, 1), "b": (3, 1)}, {"W": (3, 2), "z": (3, 1), "b": (3, 1)}),
    ("dW = dZ @ A.T / m",        {"dZ": ("n", "m"), "A": ("p", "m")},    {"dW": ("n", "p")}),
    ("s = x.T @ A @ x",          {"s": (), "x": ("n", 1)},               {"s": (1, 1), "A": ("n", "n")}),
    ("J = sum(X) / m",           {"X": (2, "m")},                        {"J": (1, 1)}),
    ("db = sum(dZ, axis=1, keepdims=True)", {"dZ": ("n", "m")},          {"db": ("n", 1)}),
    ("r = mean(X, axis=-2, keepdims=True)", {"X": ("n", "m")},           {"r": (1, "m")}),
    ("c = det(A) * inv(A)",      {"c": (2, 2)},                          {"A": (2, 2)}),
    ("P = softmax(Z, axis=0)",   {"P": (2, "m")},                        {"Z": (2, "m")}),
    ("y = x ** 2",               {"x": (2, 1)},                          {"y": (2, 1)}),
    ("J = trace(A @ B)",         {"A": ("n", "p")},                      {"J": (1, 1), "B": ("p", "n")}),
    ("Z = W @ X + b\nA = g(Z)",  {"X": (2, 5), "A": (3, 5), "b": (3, 1)}, {"W": (3, 2), "Z": (3, 5)}),
]  # fmt: skip


@pytest.mark.parametrize(("equation", "known", "expected"), INFERRED)
def test_inferred(equation, known, expected):
    found = infer_shapes(equation, known)
    names = {name: shape for name, shape in known.items() if name.isalpha()}
    assert (dict(found.shapes), found.undecided) == (names | expected, ())


def test_a_stretched_bias_is_spoken_of():
    found = infer_shapes("Z = W @ X + b", {"X": (2, "m"), "Z": (3, "m")})
    assert found.shapes["b"] == (3, "m")
    assert "in W @ X + b the size m of b could also be 1, stretched" in found.words


def test_what_does_not_follow_is_undecided():
    assert infer_shapes("z = W @ x", {"x": (2, 1)}).undecided == ("z", "W")


CONTRADICTIONS = [
    ("z = W @ x", {"W": (3, 3), "x": (2, 1)}, "inner dimensions of W @ x: 3 is not 2"),
    ("c = a + b", {"a": (3, 1), "b": (2, 1)}, "a + b: 3 is not 2"),
    ("c = a", {"a": (3, 1), "c": (2, 1)}, "c = a: 2 is not 3"),
    ("c = a", {"a": (3,)}, "a has shape (3,), expected a matrix (rows, columns)"),
    ("c = det(a)", {"a": (3, 2)}, "rows and columns of the matrix in det(a): 3 is not 2"),
    ("c = a", {"a": (3, 1), "a.T": (3, 1)}, "a.T: 1 is not 3"),
]


@pytest.mark.parametrize(("equation", "known", "message"), CONTRADICTIONS)
def test_contradiction(equation, known, message):
    with pytest.raises(ShapeError) as caught:
        infer_shapes(equation, known)
    assert str(caught.value) == message


REFUSED = [
    # equation, known, message
    ("z", {}, "expected an equation"),
    ("z = a[0]", {}, "not part of the language of shapes"),
    ("z = a' b", {}, "a quote after a value means nothing here"),
    ("import os", {}, "'import' is not part of the claims language"),
    ("z = maximum(a, b)", {}, "not part of the language of shapes"),
    ("z = diag(a)", {}, "not part of the language of shapes"),
    ("z = sum(a, axis=1)", {}, "expected a matrix"),
    ("z = a", {"a'": (1, 1)}, "a quote after a value means nothing here"),
    ("z = a", {"a = b": (1, 1)}, "expected a name or a part of an equation"),
    ("z = a", {"": (1, 1)}, "expected a name or a part of an equation"),
]


@pytest.mark.parametrize(("equation", "known", "message"), REFUSED)
def test_refused(equation, known, message):
    with pytest.raises(ClaimsError) as caught:
        infer_shapes(equation, known)
    assert caught.value.message == message


PRODUCTS = [
    # factors                                    wanted       products
    ({"dz": ("n", 1), "a": ("p", 1)},            ("n", "p"), ("dz @ a.T",)),
    ({"W": ("n", "p"), "dz": ("n", 1)},          ("p", 1),   ("W.T @ dz",)),
    ({"W": ("n", "n"), "dz": ("n", 1)},          ("n", 1),   ("W @ dz", "W.T @ dz")),
    ({"W": ("n", "p"), "dz": ("n", 1)},          ("n", 1),   ()),
    ({"A": (3, 2), "x": (3, 1), "y": (2, 1)},    (1, 1),     ("x.T @ A @ y", "y.T @ A.T @ x")),
    ({"W1": ("p", "n"), "W2": ("q", "p"), "dz": ("q", 1), "x": ("n", 1)}, ("n", "n"),
     ("W1.T @ W2.T @ dz @ x.T", "x @ dz.T @ W2 @ W1")),
    ({"A": (2, 3), "B": (3, 4), "C": (5, 4)},    (2, 5),     ("A @ B @ C.T",)),
]  # fmt: skip


@pytest.mark.parametrize(("factors", "wanted", "products"), PRODUCTS)
def test_products(factors, wanted, products):
    assert fitting_products(factors, wanted).products == products


WORDS = [
    ({"dz": ("n", 1), "a": ("p", 1)}, ("n", "p"), "only dz @ a.T has shape (n, p)"),
    ({"W": ("n", "n"), "dz": ("n", 1)}, ("n", 1),
     "2 products have shape (n, 1): W is square; here the dimensions alone decide nothing"),
    ({"A": (3, 3), "B": (3, 3)}, (3, 3),
     "8 products have shape (3, 3): A, B are square; here the dimensions alone decide nothing"),
    ({"a": (3, 1), "b": (3, 1)}, (3, 3), "2 products have shape (3, 3); here the dimensions alone decide nothing"),
    ({"a": (3, 1), "b": (3, 1)}, (1, 1), "a.T @ b and b.T @ a are the same number: each is the transpose of the other"),
    ({"W": ("n", "p"), "dz": ("n", 1)}, ("n", 1), "no order and no transposes give shape (n, 1)"),
]  # fmt: skip


@pytest.mark.parametrize(("factors", "wanted", "word"), WORDS)
def test_the_word_says_what_dimensions_decide(factors, wanted, word):
    assert fitting_products(factors, wanted).word == word


WRONG = [({}, "1 to 5 factors, 0 given"), (dict.fromkeys("abcdef", (1, 1)), "1 to 5 factors, 6 given"),
         ({"a": (3,)}, "a has shape (3,), expected a matrix (rows, columns)")]  # fmt: skip


@pytest.mark.parametrize(("factors", "message"), WRONG)
def test_what_is_no_product_is_refused(factors, message):
    with pytest.raises(ShapeError) as caught:
        fitting_products(factors, (1, 1))
    assert str(caught.value) == message
