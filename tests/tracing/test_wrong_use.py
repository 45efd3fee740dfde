"""What cannot be meant is an error that says so, and how it is meant; messages count in good English."""

import numpy as np
import pytest

from numeric import prove_backward, prove_gradient
from numeric.tracing import WrongUse
from numeric.tracing.wording import as_integers, several


def product(x, w):
    return x @ w


def product_backward(dout, x, w):
    return dout @ w.T, x.T @ dout


def square(x):
    return x * x


def square_backward(dout, x):
    return 2 * x * dout


class Layer:
    pass


SHAPES = {"x": ("N", "D"), "w": ("D", "M")}
ONE = {"x": ("N",)}
MESSAGES = [
    # called with                                                        what the message says
    ((3, product_backward), {"shapes": SHAPES}, "the forward function is int, not a function: 3"),
    ((product, None), {"shapes": SHAPES}, "the backward function is NoneType, not a function"),
    ((product, np.eye(2)), {"shapes": SHAPES}, "leave the brackets out"),
    ((Layer, square_backward), {"shapes": ONE}, "the class Layer: give a function"),
    ((Layer(), square_backward), {"shapes": ONE}, "the forward function is Layer, not a function"),
    ((max, square_backward), {"shapes": ONE}, "wrap it, lambda x: max(x)"),
    ((square, square_backward), {"shapes": {"x": "N"}}, "write ('N',) for a vector of that size, () for a scalar"),
    ((square, square_backward), {"shapes": {"x": 3}}, "write (3,) for a vector"),
    ((square, square_backward), {"shapes": {"x": "(N, D)"}}, 'write ("N", "D") for N rows of D columns'),
    ((square, square_backward), {"shapes": {"x": ["N", "D"]}}, "a list stands for several arrays"),
    ((square, square_backward), {"shapes": {"x": None}}, "the shape of x is a tuple of sizes, not None"),
    ((square, square_backward), {"shapes": {3: ("N",)}}, "keyed by the names of arguments, not by 3"),
    ((product, product_backward), {"shapes": {**SHAPES, "weights": ("D",)}}, "'weights' is no argument of product"),
    ((square, square_backward), {"shapes": ONE, "timout": 3}, "'timout' is no argument of square"),
    ((product, product_backward), {"shapes": {"X": ("N",)}}, "'X' is no argument of product"),
    ((product, product_backward), {"shapes": SHAPES, "wrt": ["x", "W"]}, "wrt names 'W'"),
    ((product, product_backward), {"shapes": SHAPES, "wrt": []}, "wrt is empty"),
    ((product, product_backward), {"shapes": SHAPES, "wrt": 3}, "wrt holds names of arrays"),
    ((product, product_backward), {"shapes": SHAPES, "wrt": ["x", "x"]}, "wrt names 'x' twice"),
    ((square, square_backward), {"shapes": ONE, "assume": 3}, "assume holds claims as texts"),
    ((square, square_backward), {"shapes": ONE, "labels": ["x"]}, "labels is a mapping"),
    ((square, square_backward), {"shapes": ONE, "labels": {"x": "C"}}, "there is no array to differentiate by"),
    ((square, square_backward), {"shapes": ONE, "given": 3}, "given is a mapping"),
    ((square, square_backward), {"shapes": ONE, "timeout": "1"}, "timeout is a positive number of seconds, not '1'"),
    ((square, square_backward), {"shapes": ONE, "timeout": 0}, "timeout is a positive number of seconds, not 0"),
    ((square, lambda: 2), {"shapes": ONE}, "takes no gradients, the forward function has 1 output\n"),
    ((square, lambda dout, x: (x, x)), {"shapes": ONE}, "2 gradients are returned for 1 array (x)"),
    ((product, lambda dout, x, w: x), {"shapes": SHAPES}, "1 gradient is returned for 2 arrays (x, w)"),
    ((square, lambda dout, x: {"q": x}), {"shapes": ONE}, "no gradient is called like an array: there are q"),
    ((square, lambda dout, x: {}), {"shapes": ONE}, "no gradient is called like an array: there are none"),
]


@pytest.mark.parametrize(("functions", "options", "message"), MESSAGES, ids=[row[2] for row in MESSAGES])
def test_wrong_use_names_the_repair(functions, options, message):
    with pytest.raises(WrongUse) as caught:
        prove_backward(*functions, **options)
    assert message in str(caught.value)


def test_a_scalar_loss_alone_has_to_be_named():
    with pytest.raises(WrongUse, match="name a scalar by wrt"):
        prove_gradient(lambda a: a * a, lambda a: 2 * a, shapes={"a": ()})
    assert prove_gradient(lambda a: a * a, lambda a: 2 * a, shapes={"a": ()}, wrt="a").holds


@pytest.mark.parametrize(("count", "noun", "words"), [
    (0, "gradient", "no gradients"), (1, "gradient", "1 gradient"), (2, "gradient", "2 gradients"),
    (1, "axis", "1 axis"), (2, "axis", "2 axes"), (3, "index", "3 indices"),
])  # fmt: skip
def test_numbers_agree_with_their_nouns(count, noun, words):
    assert several(count, noun) == words


def test_a_dimension_is_named_once():
    assert as_integers(("N", "N")) == "give N as an integer in shapes"
    assert as_integers(("N", "D")) == "give N, D as integers in shapes"
    report = prove_backward(np.triu, lambda dout: dout, shapes={"m": ("N", "N")})
    assert "N, N" not in str(report)


def test_a_key_that_is_called_like_no_array_is_spoken_of():
    report = prove_backward(product, lambda dout, x, w: {"dx": dout @ w.T, "weights": x.T @ dout}, shapes=SHAPES)
    assert list(report) == ["x"]
    assert "not looked at: 'weights' of what is returned, called like no array" in str(report)
    whole = prove_backward(product, lambda dout, x, w: {"dx": dout @ w.T, "dw": x.T @ dout}, shapes=SHAPES)
    assert "not looked at" not in str(whole)
