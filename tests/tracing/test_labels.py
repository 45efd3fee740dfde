"""Class labels: one-hot rows in the kernel, and what may not be concluded from them."""

from fractions import Fraction

import numpy as np
import pytest

from derive import Proved, Refuted
from derive.arrays import decide_equal
from derive.arrays import operations as op
from derive.arrays.draws import draws, one_hot
from derive.arrays.values import Declared, IsAbove, Mapped, Power, Reduced, Times
from numeric import prove_gradient

Y, X, Z = (Declared(name, ("N", "C")) for name in "YXZ")
U = Declared("u", ("N",))


def rows(a):
    return Reduced(a, (1,))


def squared(a):
    return Power((a,), Fraction(2))


def exp(a):
    return Mapped((a,), "exp")


ONE = op.number(1)
LAWS = [
    # left                                         right                                         equal for one-hot rows?
    (squared(Y), Y, True),
    (rows(Y), op.full(("N",), 1), True),
    (exp(Times((Y, X))), op.add(Times((Y, exp(X))), op.subtract(ONE, Y)), True),
    (IsAbove((op.subtract(Y, op.number(Fraction(1, 2))),)), Y, True),
    (Times((rows(Times((Y, X))), rows(Times((Y, Z))))), rows(Times((Y, X, Z))), True),
    (squared(rows(Times((Y, X)))), rows(Times((Y, squared(X)))), True),
    (Times((Y, op.expand(rows(Times((Y, X))), 1))), Times((Y, X)), True),
    (rows(Times((Y, op.expand(rows(Times((Y, X))), 1), Z))), rows(Times((Y, X, Z))), True),
    (Times((Y, op.expand(rows(Times((Y, X))), 1))), Times((Y, Z)), False),
    (squared(rows(X)), rows(squared(X)), False),
    (Times((rows(Times((Y, X))), rows(Z))), rows(Times((Y, X, Z))), False),
    (exp(Times((Y, X))), Times((Y, exp(X))), False),
    (rows(Times((Y, X))), rows(X), False),
    (Y, op.full(("N", "C"), 1), False),
]


@pytest.mark.parametrize(("left", "right", "equal"), LAWS)
def test_a_law_of_one_hot_rows(left, right, equal):
    verdict = decide_equal(left, right, [one_hot("Y", ("N", "C"))])
    assert isinstance(verdict, Proved if equal else Refuted)


@pytest.mark.parametrize(("left", "right", "equal"), LAWS)
def test_without_the_fact_nothing_of_the_kind_is_proved(left, right, equal):
    assert not isinstance(decide_equal(left, right), Proved)


def test_every_draw_has_one_1_in_each_row():
    seen = set()
    for seed in range(3):
        for draw in draws({"Y": ("N", "C"), "x": ("N",)}, facts=[one_hot("Y", ("N", "C"))], seed=seed):
            n, c = draw.dims["N"], draw.dims["C"]
            table = [[draw.arrays["Y"][i, j] for j in range(c)] for i in range(n)]
            assert all(sorted(row) == [0] * (c - 1) + [1] for row in table)
            seen |= {(c, row.index(1)) for row in table}
    assert len({k for c, k in seen if c == 3}) == 3


SHAPES, LABELS = {"x": ("N", "C"), "y": ("N",)}, {"y": "C"}


def loss(x, y):
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(y)), y]).mean()


def right(x, y):
    d = np.exp(x)
    d /= d.sum(axis=1, keepdims=True)
    d[range(x.shape[0]), y] -= 1
    return d / len(x)


GRADIENTS = [
    # gradient                                                                               right?
    (right, True),
    (lambda x, y: right(x, y) * len(x), False),
    (lambda x, y: right(x, y) + (y[:, None] == 0), False),
    (lambda x, y: (np.exp(x) / np.exp(x).sum(axis=1, keepdims=True) - np.eye(x.shape[1])[y]) / x.shape[0], True),
    (lambda x, y: (np.exp(x) / np.exp(x).sum(axis=1, keepdims=True) - 1) / x.shape[0], False),
    (lambda x, y: (np.exp(x) / np.exp(x).sum(axis=1, keepdims=True) - (y[:, None] == np.arange(x.shape[1]))) / len(y), True),
]


@pytest.mark.parametrize(("gradient", "holds"), GRADIENTS)
@pytest.mark.parametrize("shapes", [SHAPES, {"x": ("N", 4), "y": ("N",)}, {"x": (3, "C"), "y": (3,)}], ids=str)
def test_softmax_and_cross_entropy_by_labels(gradient, holds, shapes):
    classes = shapes["x"][1]
    verdict = prove_gradient(loss, gradient, shapes=shapes, labels={"y": classes}, wrt="x")["x"]
    assert isinstance(verdict, Proved if holds else Refuted), verdict


def table(E, y):
    return np.sum(E[y] ** 2) / 2


def table_gradient(E, y):
    out = np.zeros_like(E)
    np.add.at(out, y, E[y])
    return out


def test_rows_of_a_table_by_labels():
    shapes = {"E": ("V", "D"), "y": ("N", "T")}
    assert prove_gradient(table, table_gradient, shapes=shapes, labels={"y": "V"}, wrt="E").holds


def test_what_counts_once_where_rows_repeat_is_refused():
    def once(E, y):
        out = np.zeros_like(E)
        out[y] += E[y]
        return out

    report = prove_gradient(table, once, shapes={"E": ("V", "D"), "y": ("N",)}, labels={"y": "V"}, wrt="E")
    assert "np.add.at" in report["E"].reason
