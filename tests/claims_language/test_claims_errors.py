"""What a claims file that cannot be read is told: the place, the message, the advice."""

from __future__ import annotations

import pytest

from derive import check_claims, prove
from derive.claims import ClaimsError, read
from derive.errors import DeriveError

HEAD = """n, m = dims
X: (n, m)
w: (n, 1)
b: ()
g = function
f = scalar_function
i = index(m)
Z = w.T @ X + b
J = sum(sigmoid(Z))
"""
QUOTE = "the transpose is written x.T, the derivative of a function g is diff(g)"
ERRORS = [
    # the tenth line                  column  message                                            advice
    ("assert X' == w",                    9, "a quote after a value means nothing here", QUOTE),
    ("assert X.' == w",                   9, "a quote after a value means nothing here", QUOTE),
    ("assert g'(X) == w",                 9, "a quote after a value means nothing here", QUOTE),
    ("assert X' @ w' == b",               9, "a quote after a value means nothing here", QUOTE),
    ("v = w.*w",                          6, "'.*' is not part of the claims language",
     "write * for the element-by-element product (and @ for the matrix product)"),
    ("v = w./w",                          6, "'./' is not part of the claims language",
     "write / for the element-by-element quotient"),
    ("v = w.^2",                          6, "'.^' is not part of the claims language",
     "write ** for the element-by-element power"),
    ("v = w^2",                           6, "'^' is not part of the claims language", "write ** for a power"),
    ("assert X != X",                    10, "'!=' is not part of the claims language",
     "write: assert not left == right"),
    ("v = 2X",                            6, "'X' follows a number", "write * for a product: 2 * x"),
    ("v = X; u = X",                      6, "';' is not part of the claims language", "write one statement per line"),
    ("v = lambda x: x",                   5, "'lambda' is not part of the claims language", ""),
    ("v = [x for x in X]",                8, "'for' is not part of the claims language", ""),
    ("import os",                         1, "'import' is not part of the claims language", ""),
    ("v = {1}",                           5, "'{' is not part of the claims language", ""),
    ("v = [1, 2]",                        5, "a list is not part of the claims language", ""),
    ('v = "abc',                          5, "'\"' is not part of the claims language",
     "a string ends on the line where it begins"),
    ("v = X and X",                       7, "'and' is not part of the claims language",
     "write one assert for each equation"),
    ("v = (X",                            5, "not readable: '(' was never closed", ""),
    ("v = X w",                           7, "not readable: invalid syntax", ""),
    ("v = Q",                             5, "unknown name 'Q'", ""),
    ("v = ZZ",                            5, "unknown name 'ZZ'", "did you mean Z?"),
    ("v = sgmoid(X)",                     5, "unknown function 'sgmoid'", "did you mean sigmoid?"),
    ("v = ln(X)",                         5, "unknown function 'ln'", "write log"),
    ("v = np.exp(X)",                     5, "functions stand alone", "write exp(...)"),
    ("v = X.sum()",                       5, "functions stand alone", "write sum(...)"),
    ("v = X.__class__",                   5, "unknown attribute '__class__'", "there are .T and .shape"),
    ("X = b",                             1, "'X' is defined already, on line 2", "choose another name"),
    ("sum = b",                           1, "'sum' is a word of the language", "choose another name"),
    ("gelu = function",                   1, "'gelu' is a function already",
     "choose another name for a generic one"),
    ("v = g",                             5, "'g' is a function, expected an array", ""),
    ("v = i",                             5, "'i' is an index, expected an array", ""),
    ("v = b(X)",                          5, "'b' is an array and cannot be called", "write * for a product"),
    ("v = w @ w",                         5,
     "cannot multiply (n, 1) @ (n, 1): the inner dimensions 1 and n differ", ""),
    ("v = X + w.T",                       5, "shapes (n, m) and (1, n) do not broadcast: m is not n", ""),
    ("v = X @ b",                         5, "cannot multiply (n, m) @ (): a scalar is multiplied with *", ""),
    ("assert X = X",                      10, "not readable: invalid syntax", "an equation is written with =="),
    ("asert X == X",                      7, "not readable: invalid syntax", "did you mean assert?"),
    ("k = dim",                           5, "unknown name 'dim'", "did you mean dims?"),
    ("v = X[1:]",                         5,
     "the slice [1:] of an axis of size n has no size with a name; [:] and [:1] have", ""),
    ("v = X[5]",                          5, "position 5 of an axis of size n is not there for every n; 0 is", ""),
    ("v = X[i]",                          5, "i runs below m, axis 0 of the array has size n", ""),
    ("v = X[::2]",                        7, "a slice with a step is not part of the claims language", ""),
    ("v = sum(X, axis=2)",                5, "an array of shape (n, m) has no axis 2", ""),
    ("v = sum(X, foo=2)",                 5, "sum takes no argument 'foo'", ""),
    ("v = max(0, X)",                     5, "max takes one array",
     "write maximum(a, b) for the larger of two arrays"),
    ("v = maximum(X)",                    5, "maximum takes 2 arguments, 1 given", ""),
    ("v = softmax(X)",                    5, "softmax of a matrix wants an axis",
     "write axis=0 for columns, axis=1 for rows"),
    ("v = where(X, 1, 2)",                5,
     "where wants a comparison as its first argument, such as z > 0", ""),
    ("v = det(X)",                        5, "det wants a square matrix, not shape (n, m)", ""),
    ("v = ones(n, m)",                    5, "ones takes one shape", "write ones((n, m))"),
    ("v = diff(g)",                       5, "diff(g) is a function",
     "write diff(g)(Z) for g' at Z, grad(J, X) for a gradient"),
    ("v = diff(X)(X)",                   10, "diff wants an elementwise function", "write g = function to have one"),
    ("v = " + "diff(" * 7 + "g" + ")" * 7 + "(X)", 5, "derivatives of functions go up to order 6", ""),
    ("v = X ** w",                       10, "expected a number as exponent",
     "write exp(y * log(x)) for x to the power y"),
    ("v = b ** 1000",                    10, "exponents go up to 64", ""),
    ("v = 0 < X < 1",                     5, "a chain of comparisons", "write a product: (0 < x) * (x < 1)"),
    ("v = X.shape + 1",                   5, "expected an array, found a shape", ""),
    ("v: n",                              4, "expected a shape", "write (n,) for an array of one axis"),
    ("v: (n, k)",                         8, "unknown name 'k'", ""),
    ("v: (0, n)",                         5, "a size is an integer from 1 to 1,000,000", ""),
    ("v: (n + 1, n)",                     5, "expected a dimension or a positive integer", ""),
    ("v: (n, 1) = X",                    13, "a name is declared with a shape or defined, not both", ""),
    ("v = grad(J, X[0])",                13, "differentiate with respect to a name",
     "give the expression a name first: Z = ..."),
    ("v = grad(sum(X), Z)",              18, "sum(X) does not use Z by name",
     "write sum(X) with Z, or differentiate with respect to a declared array"),
    ("v = grad(X, X)",                    5, "the first argument of grad wants one element, not shape (n, m)", ""),
    ("v = grad(J, n)",                   13, "'n' is a number",
     "differentiate with respect to a declared array or a definition"),
    ("assume(X)",                         8, "assume wants one equation or inequality", "such as eps > 0"),
    ("assert X",                          8, "a claim is one equation", "write assert left == right"),
    ("assert X > 0 == 1",                 8, "a claim is one equation",
     "put brackets around a comparison: (a > b) == c"),
    ("assert X == X, 3",                 16, 'the note of a claim is "plain text"', ""),
    ("assert X.shape == X",               8, "one side is a shape, the other an array",
     "write .shape on both sides, or on none"),
    ("X == X",                            1, "an equation alone says nothing", "write assert in front of it"),
    ("'a word'",                          1, "a string alone says nothing", "a comment begins with #"),
    ("print(X)",                          1, "this statement is not part of the claims language",
     "there are declarations, definitions, assume(...) and assert"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "column", "message", "advice"), ERRORS, ids=[row[0] for row in ERRORS])
def test_error(line, column, message, advice):
    with pytest.raises(ClaimsError) as caught:
        read(HEAD + line, "my.claims")
    expected = f"my.claims:10:{column}: {message}\n    {line}\n    {' ' * (column - 1)}^"
    assert str(caught.value) == expected + (f"\n  {advice}" if advice else "")
    assert isinstance(caught.value, DeriveError)


def test_columns_are_counted_in_letters():
    with pytest.raises(ClaimsError) as caught:
        read("δ: ()\nε = δ + δδ", "greek")
    assert str(caught.value) == "greek:2:9: unknown name 'δδ'\n    ε = δ + δδ\n            ^\n  did you mean δ?"


CARETS = [
    # source line             where the caret stands, by columns of a terminal
    ("ab = dims\nX: (ab, Q)",  9),
    ("維 = dims\nX: (維, Q)",  9),
    ("é = dims\nX: (é, Q)",    8),
    ("n = dims\nX:\t(n, Q)",   8),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column"), CARETS)
def test_the_caret_stands_below_the_letter(text, column):
    with pytest.raises(ClaimsError) as caught:
        read(text)
    source, caret = str(caught.value).splitlines()[1:3]
    assert caret.expandtabs(1).index("^") == 4 + column - 1
    assert source == "    " + text.splitlines()[1]


def test_what_a_terminal_would_obey_is_not_printed():
    with pytest.raises(ClaimsError) as caught:
        read("x: ()  # \x1b[2J\ny = \u202e")
    assert str(caught.value).splitlines()[:2] == [
        "<claims>:1:10: '\\x1b' is not part of the claims language",
        "    x: ()  # ?[2J",
    ]


def test_an_error_stands_under_not_too():
    with pytest.raises(ClaimsError, match="unknown name 'Q'"):
        read(HEAD + "assert not X == Q")


def test_a_misfit_in_an_assert_is_no_error_of_the_file():
    (assertion,) = read(HEAD + "assert w @ w == X").assertions
    assert str(assertion.left) == "cannot multiply (n, 1) @ (n, 1): the inner dimensions 1 and n differ"


def test_the_doors_say_what_they_take():
    with pytest.raises(DeriveError, match="check_claims takes the text of the claims, not 3"):
        check_claims(3)
    with pytest.raises(DeriveError, match="timeout is a number of seconds, not 'long'"):
        prove(1, 1, timeout="long")
