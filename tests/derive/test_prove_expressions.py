"""prove(lhs, rhs): verdicts on SymPy expressions and on index expressions."""

import pytest
from sympy import (
    Determinant,
    HadamardProduct,
    Identity,
    MatrixSymbol,
    Symbol,
    Trace,
    exp,
    log,
    sign,
    sqrt,
    symbols,
)

from derive import (
    DeriveError,
    Proved,
    Refuted,
    ShapeError,
    Softmax,
    Unknown,
    backprop,
    elementwise,
    mlp,
    ones,
    prove,
    total,
)
from derive.kernel.index import Entry, Index, Mul, Sum

n, m, k = symbols("n m k", integer=True, positive=True)
A, B, C = MatrixSymbol("A", n, m), MatrixSymbol("B", m, k), MatrixSymbol("C", n, m)
S, T, Z, x = MatrixSymbol("S", n, n), MatrixSymbol("T", n, n), MatrixSymbol("Z", n, m), MatrixSymbol("x", n, 1)
c, p, q = Symbol("c"), Symbol("p", positive=True), Symbol("q", nonnegative=True)

TRUE = [
    # left                                  right                                        assumed
    ((A * B).T,                             B.T * A.T,                                   ()),
    (Trace(S * T),                          Trace(T * S),                                ()),
    (Trace(A.T * C),                        total(HadamardProduct(A, C)),                ()),
    (S**3,                                  S * S * S,                                   ()),
    (S * S.inv(),                           Identity(n),                                 ()),
    (Determinant(S.T),                      Determinant(S),                              ()),
    (S * x,                                 S.T * x,                                     ("S == S.T",)),
    (ones(1, n) * Softmax(Z, 0),            ones(1, m),                                  ()),
    (Softmax(Z + ones(n, m), 0),            Softmax(Z, 0),                               ()),
    (elementwise("tanh", Z),                2 * elementwise("sigmoid", 2 * Z) - ones(n, m), ()),
    (sqrt(p**2),                            p,                                           ()),
    (sqrt(q**2),                            q,                                           ()),
    (sqrt(c**2),                            c,                                           ("c > 0",)),
    (exp(log(c)),                           c,                                           ()),
    (x.T * S * x,                           total(HadamardProduct(x, S * x)),            ()),
    (A[0, 0],                               A.T[0, 0],                                   ()),
]  # fmt: skip
FALSE = [
    (S * T,                                 T * S,                                       ()),
    (A,                                     C,                                           ()),
    (S * x,                                 S.T * x,                                     ()),
    (Softmax(2 * Z, 0),                     Softmax(Z, 0),                               ()),
    (Softmax(S, 0),                         Softmax(S, 1),                               ()),
    (sqrt(c**2),                            c,                                           ()),
    (Trace(S * T),                          Trace(S) * Trace(T),                         ()),
    (Determinant(2 * S),                    2 * Determinant(S),                          ()),
    (total(Z),                              total(Z) / m,                                ()),
]  # fmt: skip


N, s, t = Symbol("N"), Symbol("s", negative=True), Symbol("t")
whole, count, half = Symbol("k", integer=True), Symbol("k", integer=True, nonnegative=True), Symbol("h") / 2
X, i, P, Q = MatrixSymbol("X", N, 1), Symbol("i", imaginary=True), *symbols("P Q", commutative=False)
SYMBOLS = [
    # what a symbol stands for: left, right, verdict
    (Trace(Identity(N)),    N,              Proved),        # a size, whatever SymPy was told of it
    (sqrt(N**2) * X,        N * X,          Proved),
    (sign(N),               1,              Refuted),       # here it is no size
    (sign(s - t**2),        1,              Refuted),       # at a negative s
    (sign(s * exp(t)),      -1,             Proved),
    (sign(whole),           1,              Unknown),       # an integer may be 0
    (sign(count),           1,              Unknown),
    (whole * half / whole,  half,           Proved),
    (whole**2 * half,       whole * half,   Refuted),
    (log(whole**2),         2 * log(whole), Proved),
    (P * Q,                 Q * P,          Unknown),       # no numbers
    (i * t,                 t * i,          Unknown),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "wanted"), SYMBOLS, ids=map(str, range(len(SYMBOLS))))
def test_what_symbols_stand_for(left, right, wanted):
    verdict = prove(left, right)
    assert isinstance(verdict, wanted), verdict
    assert wanted is not Refuted or all(value == int(value) for value in verdict.at.values())


def test_symbols_of_one_name():
    with pytest.raises(ShapeError):
        prove(whole - Symbol("k"), 0)


@pytest.mark.parametrize(("left", "right", "assumed"), TRUE, ids=str)
def test_true(left, right, assumed):
    verdict = prove(left, right, assume=assumed)
    assert isinstance(verdict, Proved), verdict
    assert len([line for line in verdict.conditions if line.startswith("assumed")]) >= len(assumed)


@pytest.mark.parametrize(("left", "right", "assumed"), FALSE, ids=str)
def test_false(left, right, assumed):
    verdict = prove(left, right, assume=assumed)
    assert isinstance(verdict, Refuted), verdict
    assert verdict.left != verdict.right


@pytest.mark.parametrize(("left", "right", "reason"), [
    (A * B, B * A, "cannot multiply B: (m, k) by A: (n, m)"),
    (A + B, A, "cannot add A: (n, m) and B: (m, k)"),
    (A, A.T, "the left side has shape (n, m), the right side (m, n)"),
    (A, c, "the left side has shape (n, m), the right side ()"),
])  # fmt: skip
def test_shapes_that_do_not_fit_refute(left, right, reason):
    verdict = prove(left, right)
    assert isinstance(verdict, Refuted)
    assert reason in verdict.reason


NET = mlp(["n0", "n1", "n2"], "tanh")
V = NET.symbols


def test_a_program_gives_names_their_meaning():
    hidden = V["A1"], elementwise("tanh", V["Z1"])
    assert isinstance(prove(*hidden, given=NET), Proved)
    assert isinstance(prove(*hidden), Refuted)
    assert isinstance(prove(V["Z2"], V["W2"] * V["A1"], given=NET), Refuted)
    assert isinstance(prove(backprop(NET)["dZ2"].rhs, V["A2"] - V["Y"], given=NET), Proved)


def test_a_deep_program_is_not_written_out():
    net = mlp([f"n{i}" for i in range(31)], "sigmoid")
    a = net.symbols
    slope = HadamardProduct(a["A20"], ones(*a["A20"].shape) - a["A20"])
    other = HadamardProduct(elementwise("sigmoid", a["Z20"]), elementwise("sigmoid", -a["Z20"]))
    assert isinstance(prove(slope, other, given=net), Proved)
    assert isinstance(prove(slope, a["A20"], given=net), Refuted)


def test_the_facts_of_a_program_are_assumed_and_said():
    net = mlp(["n0", "n1"], output="softmax")
    Y = net.symbols["Y"]
    sums = ones(1, Y.shape[0]) * Y
    assert prove(sums, ones(1, Y.shape[1]), given=net).conditions == ("assumed: sum_p(Y[p,j]) = 1",)
    assert isinstance(prove(sums, ones(1, Y.shape[1])), Refuted)


def test_large_sizes_stand_for_all_sizes():
    W, X = MatrixSymbol("W", 784, 30), MatrixSymbol("X", 30, 784)
    assert isinstance(prove(Trace(W * X), Trace(X * W)), Proved)
    assert isinstance(prove(W * X, (W * X).T), Unknown)


def test_index_expressions():
    i, j = Index("i", "n"), Index("j", "n")
    u, v = Entry("u", (i,)), Entry("v", (i,))
    assert isinstance(prove(Sum(i, Mul((u, v))), Sum(j, Mul((Entry("v", (j,)), Entry("u", (j,)))))), Proved)
    assert isinstance(prove(u, v), Refuted)
    with pytest.raises(ShapeError, match="the sizes n and m"):
        prove(Mul((u, Entry("u", (Index("k", "m"),)))), u)


def test_what_no_table_knows_is_unknown_and_what_is_no_expression_an_error():
    assert "BlockMatrix" in prove(_block(), A).reason
    with pytest.raises(DeriveError, match="not 'A B'"):
        prove("A B", A)
    with pytest.raises(ShapeError, match="x stands for two variables"):
        prove(x, MatrixSymbol("x", n, n) * x)
    with pytest.raises(DeriveError, match="a size is a symbol or an integer, not n \\+ 1"):
        prove(MatrixSymbol("U", n + 1, m), MatrixSymbol("U", n + 1, m) * Identity(m))


def _block():
    from sympy import BlockMatrix

    return BlockMatrix([[A]])
