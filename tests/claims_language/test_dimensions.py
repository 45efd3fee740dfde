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
    ("Z = W @ X + b\nA = g(Z)",  {"X": (2, 5), "A": (3, 5), "b": (3, 1)}, {"W": (3, 2), "Z": (3, 5)}),
]  # fmt: skip


@pytest.mark.parametrize(("equation", "known", "expected"), INFERRED)
def test_inferred(equation, known, expected):
    found = infer_shapes(equation, known)
    assert (dict(found.shapes), found.undecided) == (known | expected, ())


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
]


@pytest.mark.parametrize(("equation", "known", "message"), CONTRADICTIONS)
def test_contradiction(equation, known, message):
    with pytest.raises(ShapeError) as caught:
        infer_shapes(equation, known)
    assert str(caught.value) == message


def test_what_is_no_equation_is_refused():
    for text in ("z", "z = a[0]", "z = a' b", "import os", "z = w ** 2"):
        with pytest.raises(ClaimsError):
            infer_shapes(text, {})


PRODUCTS = [
    # factors                                    wanted       products
    ({"dz": ("n", 1), "a": ("p", 1)},            ("n", "p"), ("dz @ a.T",)),
    ({"W": ("n", "p"), "dz": ("n", 1)},          ("p", 1),   ("W.T @ dz",)),
    ({"W": ("n", "n"), "dz": ("n", 1)},          ("n", 1),   ("W @ dz", "W.T @ dz")),
    ({"W": ("n", "p"), "dz": ("n", 1)},          ("n", 1),   ()),
    ({"A": (2, 3), "B": (3, 4), "C": (5, 4)},    (2, 5),     ("A @ B @ C.T",)),
]  # fmt: skip


@pytest.mark.parametrize(("factors", "wanted", "products"), PRODUCTS)
def test_products(factors, wanted, products):
    assert fitting_products(factors, wanted).products == products


def test_square_matrices_decide_nothing():
    word = fitting_products({"W": ("n", "n"), "dz": ("n", 1)}, ("n", 1)).word
    assert word == "2 products have shape (n, 1): W is square; here the dimensions alone decide nothing"
