"""The published formulas: what the seeds print comes out of the rules, and every number agrees with dual numbers."""

import pytest
from exact import disagreements, same
from sympy import (
    Derivative,
    Function,
    HadamardPower,
    HadamardProduct,
    Identity,
    Integer,
    Lambda,
    MatAdd,
    MatMul,
    MatrixSymbol,
    Rational,
    Symbol,
    Trace,
    ZeroMatrix,
    exp,
    log,
    sqrt,
    symbols,
    tanh,
)

from derive import (
    DeriveError,
    GenericLoss,
    LogSumExp,
    Program,
    Softmax,
    Total,
    backprop,
    elementwise,
    mlp,
    neuron,
    ones,
    total,
)
from derive.functions import prime, sigmoid, step
from derive.nodes import LossGradient, hadamard
from derive.rules import RULES
from derive.shapes import check as shape_of

x, t, z = Symbol("x"), Symbol("t"), Symbol("z", real=True)
n0, n1, n2, m, l2 = *symbols("n0 n1 n2 m", integer=True, positive=True), Symbol("lambda", positive=True)


def names(m, columns=False):
    """The letters of a network with two layers, as SymPy symbols; small letters for one sample."""
    case = str.lower if m == 1 else str
    shapes = {"X": (n0, m), "Y": (n2, m), "Z1": (n1, m), "A1": (n1, m), "Z2": (n2, m), "A2": (n2, m)}
    found = {k: MatrixSymbol(case(k), *s) for k, s in shapes.items()}
    found |= {f"d{k}": MatrixSymbol(f"d{case(k)}", *s) for k, s in shapes.items()}
    W = {"W1": (n1, n0), "W2": (n2, n1), "b1": (n1, 1), "b2": (n2, 1)}
    return found | {k: MatrixSymbol(k, *(s[::-1] if columns and k[0] == "W" else s)) for k, s in W.items()}


def of(f, Z):
    """f applied entry by entry."""
    return Z.applyfunc(Lambda(t, f(t)))


g1, g2, one_m = Function("g1"), Function("g2"), ones(m, 1)


def tanh_prime(u):
    return 1 - tanh(u) ** 2


def sigmoid_prime(u):
    return sigmoid(u) * (1 - sigmoid(u))


# ---------------------------------------------------------------- the formulas of the seeds

PUBLISHED = [
    # network, mean, gradient, formula in the letters of the seeds, where it stands
    ({}, "late", "dZ2", lambda A2, Y, **_: A2 - Y, "001: dZ2 = A2 - Y"),
    ({}, "late", "dW2", lambda dZ2, A1, **_: dZ2 * A1.T / m, "001: dW2 = 1/m dZ2 A1^T"),
    ({}, "late", "db2", lambda dZ2, **_: dZ2 * one_m / m, "001: db2 = 1/m np.sum(dZ2, axis=1)"),
    ({}, "late", "dA1", lambda W2, dZ2, **_: W2.T * dZ2, "000: da1 = W2^T dz2"),
    ({}, "late", "dZ1", lambda W2, dZ2, Z1, **_: hadamard(W2.T * dZ2, of(tanh_prime, Z1)), "001: W2^T dZ2 * g1'(Z1)"),
    ({}, "late", "dW1", lambda dZ1, X, **_: dZ1 * X.T / m, "001: dW1 = 1/m dZ1 X^T"),
    ({}, "late", "db1", lambda dZ1, **_: dZ1 * one_m / m, "001: db1 = 1/m np.sum(dZ1, axis=1)"),
    ({"hidden": "g1"}, "late", "dZ1",
     lambda W2, dZ2, Z1, **_: hadamard(W2.T * dZ2, of(lambda u: Derivative(g1(u), u), Z1)), "001: any g1"),
    ({}, "early", "dZ2", lambda A2, Y, **_: MatMul(1 / m, A2 - Y), "the factor of the mean in dZ2"),
    ({}, "early", "dW2", lambda dZ2, A1, **_: dZ2 * A1.T, "and nowhere else"),
    ({}, "early", "db2", lambda dZ2, **_: dZ2 * one_m, "and nowhere else"),
    ({"samples": 1}, "late", "da2", lambda A2, Y, **_: hadamard(ones(n2, 1) - Y, HadamardPower(ones(n2, 1) - A2, -1))
     - hadamard(Y, HadamardPower(A2, -1)), "001: da = -y/a + (1-y)/(1-a)"),
    ({"samples": 1}, "late", "dz2", lambda A2, Y, **_: A2 - Y, "001: dz2 = a2 - y"),
    ({"samples": 1}, "late", "dW2", lambda dZ2, A1, **_: dZ2 * A1.T, "001: dW2 = dz2 a1^T"),
    ({"samples": 1}, "late", "db2", lambda dZ2, **_: dZ2, "001: db2 = dz2"),
    ({"samples": 1}, "late", "dz1", lambda W2, dZ2, Z1, **_: hadamard(W2.T * dZ2, of(tanh_prime, Z1)), "001: dz1"),
    ({"samples": 1}, "late", "dW1", lambda dZ1, X, **_: dZ1 * X.T, "001: dW1 = dz1 x^T"),
    ({"weights": "columns"}, "late", "dZ2", lambda A2, Y, **_: A2 - Y, "w^T x"),
    ({"weights": "columns"}, "late", "dW2", lambda dZ2, A1, **_: A1 * dZ2.T / m, "w^T x: dw = x dz^T"),
    ({"weights": "columns"}, "late", "dA1", lambda W2, dZ2, **_: W2 * dZ2, "w^T x: no transpose"),
    ({"weights": "columns"}, "late", "dW1", lambda dZ1, X, **_: X * dZ1.T / m, "001: dw = x dz"),
    ({"l2": "lambda"}, "late", "dW2", lambda dZ2, A1, W2, **_: dZ2 * A1.T / m + l2 * W2 / m, "l2 adds lambda/m W"),
    ({"l2": "lambda"}, "late", "db2", lambda dZ2, **_: dZ2 * one_m / m, "l2 leaves biases alone"),
    ({"l2": "lambda"}, "early", "dW1", lambda dZ1, X, W1, **_: dZ1 * X.T + l2 * W1 / m, "l2 adds lambda/m W"),
    ({"output": "softmax"}, "late", "dZ2", lambda A2, Y, **_: A2 - Y, "softmax + cross-entropy"),
    ({"loss": "softmax_cross_entropy"}, "late", "dZ2", lambda A2, Y, **_: A2 - Y, "the same by its other name"),
    ({"output": "softmax"}, "early", "dZ2", lambda A2, Y, **_: MatMul(1 / m, A2 - Y), "softmax + cross-entropy"),
    ({"output": "softmax"}, "late", "dA2", lambda A2, Y, **_: -hadamard(Y, HadamardPower(A2, -1)), "-y/a"),
    ({"loss": "squared_error"}, "late", "dA2", lambda A2, Y, **_: A2 - Y, "002: dJ/da = a - y"),
    ({"loss": "squared_error"}, "late", "dZ2", lambda A2, Y, **_: HadamardProduct(A2 - Y, A2, ones(n2, m) - A2),
     "002: (a - y) * sigma'(z), sigma' = a (1 - a)"),
    ({"loss": "squared_error", "output": "g2"}, "late", "dZ2",
     lambda A2, Y, Z2, **_: hadamard(A2 - Y, of(lambda u: Derivative(g2(u), u), Z2)), "002: (a - y) * sigma'(z)"),
    ({"loss": "squared_error", "output": "identity"}, "late", "dZ2", lambda A2, Y, **_: A2 - Y, "linear regression"),
    ({"loss": "squared_error", "output": "tanh"}, "late", "dZ2",
     lambda A2, Y, **_: hadamard(A2 - Y, ones(n2, m) - HadamardPower(A2, 2)), "tanh' = 1 - a^2"),
    ({"loss": "squared_error", "output": "relu"}, "late", "dZ2",
     lambda A2, Y, Z2, **_: hadamard(A2 - Y, elementwise(step, Z2)), "[z > 0]"),
    ({"loss": "squared_error", "output": "softplus"}, "late", "dZ2",
     lambda A2, Y, Z2, **_: hadamard(A2 - Y, of(sigmoid, Z2)), "softplus' = sigma"),
    ({"loss": "squared_error", "output": Lambda(x, log(x))}, "late", "dZ2",
     lambda A2, Y, Z2, **_: hadamard(A2 - Y, HadamardPower(Z2, -1)), "002: sigma = ln x, sigma' = 1/x"),
    ({"loss": "squared_error", "output": Lambda(x, x**2)}, "late", "dZ2",
     lambda A2, Y, Z2, **_: 2 * hadamard(A2 - Y, Z2), "002: f(x) = x^2"),
    ({"loss": "generic", "output": "g2"}, "late", "dZ2",
     lambda A2, Y, Z2, **_: hadamard(LossGradient("C", A2, Y), of(lambda u: Derivative(g2(u), u), Z2)), "002: BP1"),
    ({"hidden": ["g1"], "output": "g2", "loss": "generic"}, "late", "dZ1",
     lambda W2, dZ2, Z1, **_: hadamard(W2.T * dZ2, of(lambda u: Derivative(g1(u), u), Z1)), "002: BP2, g^[1]"),
    ({"hidden": "sign"}, "late", "dZ1", lambda **_: ZeroMatrix(n1, m), "the perceptron"),
    ({"hidden": "sign"}, "late", "dW1", lambda dZ1, X, **_: dZ1 * X.T / m, "whose dZ1 is zero"),
    ({"hidden": "sign"}, "late", "dW2", lambda dZ2, A1, **_: dZ2 * A1.T / m, "only above sign is there a gradient"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "mean", "name", "formula", "source"), PUBLISHED)
def test_published_formulas(options, mean, name, formula, source):
    d = backprop(mlp([n0, n1, n2], **options), mean)
    letters = names(1 if options.get("samples") == 1 else m, options.get("weights") == "columns")
    assert same(d[name].rhs, formula(**letters)), d[name]


def test_the_equations_in_the_order_of_the_backward_pass():
    d = backprop(mlp([n0, n1, n2]))
    assert [str(e.lhs) for e in d] == ["dA2", "dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1"]
    assert list(d.gradients) == ["W1", "b1", "W2", "b2"]
    assert all(d.gradients[k] == d[f"d{k}"].rhs for k in d.gradients)


def test_a_perceptron_document_says_what_zero_means_for_learning():
    assert "gradient descent cannot learn it" in backprop(mlp([2, 2, 1], "sign")).to_text()
    assert "gradient descent cannot learn it" not in backprop(mlp([2, 2, 1], "tanh")).to_text()


def test_a_name_that_is_not_there():
    d = backprop(mlp([n0, n1]))
    with pytest.raises(KeyError, match="no equation 'dW3'; there are dA1, dZ1, dW1, db1"):
        d["dW3"]


def test_mean_is_late_or_early():
    with pytest.raises(DeriveError, match="mean must be 'late' or 'early', not 'middle'"):
        backprop(mlp([n0, n1]), mean="middle")


# ---------------------------------------------------------------- steps

LABELS = [
    ({}, ["sigmoid + cross-entropy"]),
    ({"output": "softmax"}, ["softmax + cross-entropy"]),
    ({"loss": "softmax_cross_entropy"}, ["softmax + cross-entropy"]),
    ({"loss": "squared_error"}, ["sigmoid + squared error"]),
    ({"loss": "squared_error", "output": "tanh"}, ["tanh + squared error"]),
    ({"loss": "squared_error", "output": "identity"}, []),
    ({"loss": "generic", "output": "g2"}, []),
]


@pytest.mark.parametrize(("options", "labels"), LABELS)
@pytest.mark.parametrize("mean", ["late", "early"])
def test_the_simplifications_are_named_steps(options, labels, mean):
    d = backprop(mlp([n0, n1, n2], **options), mean)
    assert [s.label for s in d.steps if s.label] == labels
    assert {s.target for s in d.steps if s.label} <= {"dZ2"}


def test_sigmoid_and_cross_entropy_come_out_of_general_rules():
    steps = [s.rule for s in backprop(mlp([n0, n1])).steps if s.target == "dZ1"]
    assert steps[:4] == ["all paths", "insert", "derivative from the output", "cancel entry by entry"]


def test_the_assumption_on_the_columns_of_Y_is_a_step_and_is_printed():
    d = backprop(mlp([n0, n1], output="softmax"))
    (fact,) = [s for s in d.steps if s.rule == "fact"]
    assert str(fact.given[1]) == "Eq(1*Y, 1)"
    assert "every column of Y sums to 1: 1_{n[1]}^T Y = 1_m^T" in d.to_text()


KINDS = [{}, {"samples": 1}, {"output": "softmax", "l2": "lambda"}, {"weights": "columns"}, {"loss": "generic"},
         {"hidden": "sign"}]  # fmt: skip
MANY = [*(mlp([n0, n1, n2], **options) for options in KINDS), neuron(True), neuron(False)]


@pytest.mark.parametrize("net", MANY)
def test_every_step_names_its_rule_and_its_shapes(net):
    for one in backprop(net).steps:
        before, after = one.shapes
        assert one.kind in ("rule", "paths", "rewrite")
        assert one.rule
        assert one.kind != "rule" or one.rule in RULES
        assert len(before) >= 1
        assert len(after) == len(one.gives)
        assert [shape_of(g) or () for g in one.gives] == list(after)
        assert [shape_of(p) or () for p in one.parts] == (list(after) if one.kind == "rule" else [])
        assert str(one).startswith(f"{one.target}: {one.label or one.rule}: ")


@pytest.mark.parametrize("net", MANY)
def test_a_gradient_has_the_shape_of_its_variable(net):
    d = backprop(net)
    for equation in d:
        variable = net.symbols[str(equation.lhs)[1:]]
        assert shape_of(equation.lhs) == shape_of(variable) == shape_of(equation.rhs)


def test_a_derivation_is_a_value():
    assert backprop(mlp([n0, n1])) == backprop(mlp([n0, n1]))
    with pytest.raises(AttributeError):
        backprop(mlp([n0, n1])).mean = "early"


# ---------------------------------------------------------------- symbolic depth, the neuron

nL, nK, nl, nk, np = symbols("nL nL-1 nl nl-1 nl+1", integer=True, positive=True)
g = Function("g")


def g_prime(Z):
    return of(lambda u: Derivative(g(u), u), Z)


def V(name, rows, columns=1):
    return MatrixSymbol(name, rows, columns)


BP = [
    ("BP1", V("dzL", nL), hadamard(LossGradient("C", V("aL", nL), V("y", nL)), g_prime(V("zL", nL)))),
    ("BP2", V("dzl", nl), hadamard(V("Wl+1", np, nl).T * V("dzl+1", np), g_prime(V("zl", nl)))),
    ("BP3", V("dbl", nl), V("dzl", nl)),
    ("BP4", V("dWl", nl, nk), V("dzl", nl) * V("al-1", nk).T),
]


@pytest.mark.parametrize(("name", "left", "right"), BP)
def test_symbolic_depth_gives_the_four_equations(name, left, right):
    d = backprop(mlp("L"))
    assert d[name].lhs == left
    assert same(d[name].rhs, right)


BP_BATCH = [
    ("BP1", hadamard(LossGradient("C", V("AL", nL, m), V("Y", nL, m)), g_prime(V("ZL", nL, m)))),
    ("BP2", hadamard(V("Wl+1", np, nl).T * V("dZl+1", np, m), g_prime(V("Zl", nl, m)))),
    ("BP3", V("dZl", nl, m) * one_m / m),
    ("BP4", V("dZl", nl, m) * V("Al-1", nk, m).T / m),
]


@pytest.mark.parametrize(("name", "right"), BP_BATCH)
def test_symbolic_depth_with_m_samples(name, right):
    assert same(backprop(mlp("L", samples=m))[name].rhs, right)


@pytest.mark.parametrize("options", [{}, {"samples": m}, {"weights": "columns"}, {"hidden": "relu", "output": "tanh"}])
@pytest.mark.parametrize("mean", ["late", "early"])
def test_base_case_and_induction_step_agree_with_dual_numbers(options, mean):
    d = backprop(mlp("L", **options), mean)
    assert [disagreements(case) for case in d.cases()] == [[], []]
    assert d.check().steps == len(d.steps)


def test_the_gradients_of_symbolic_depth_are_those_of_layer_l():
    assert list(backprop(mlp("L")).gradients) == ["Wl", "bl"]


w1, w3, w4, x1, zz, zp, zpp, y1 = symbols("w_1 w_3 w_4 x_1 z z' z'' y_1")
dz, dzp, dzpp, da, dy1 = symbols("dz dz' dz'' da dy_1")
C1 = Function("C_1")
NEURON = [
    # the fourth seed: dC/dw = (dz/dw)(dC/dz), dC/dz = sigma'(z) (w3 dC/dz' + w4 dC/dz'')
    (True, "dw_1", dz * x1),
    (True, "db", dz),
    (True, "da", w3 * dzp + w4 * dzpp),
    (True, "dz", sigmoid_prime(zz) * (w3 * dzp + w4 * dzpp)),
    (True, "dy_1", Derivative(C1(y1), y1)),
    (True, "dz'", sigmoid_prime(zp) * Derivative(C1(y1), y1)),
    (False, "dz", sigmoid_prime(zz) * (w3 * dzp + w4 * dzpp)),
    (False, "dz'", Derivative(C1(zp), zp)),
    (False, "dw_1", dz * x1),
]


@pytest.mark.parametrize(("next_is_output", "name", "formula"), NEURON)
def test_both_cases_of_the_neuron(next_is_output, name, formula):
    d = backprop(neuron(next_is_output))
    assert (d[name].rhs - formula).expand() == 0
    assert disagreements(d) == []


# ---------------------------------------------------------------- programs of one's own

n, k, s = *symbols("n k", integer=True, positive=True), Symbol("s")
J = Symbol("J")
A, B, W = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n), MatrixSymbol("W", k, n)
X, Y, Z, H = (MatrixSymbol(name, rows, m) for name, rows in zip("XYZH", (n, k, k, n), strict=True))
b, c = MatrixSymbol("b", k, 1), MatrixSymbol("c", n, 1)
U = MatrixSymbol("U", k, m)
Q, R = MatrixSymbol("Q", m, k), MatrixSymbol("R", n, m)


def squared(matrix):
    return total(HadamardPower(matrix, 2))


OWN = {
    # name: equations, parameters, {gradient: formula} as the Matrix Cookbook (2012) and others print it
    "trace": ([(J, Trace(A * B))], [A], {"dA": B.T}),
    "trace, both ways": ([(J, Trace(A * B * A.T))], [A, B], {"dA": A * B.T + A * B, "dB": A.T * A}),
    "trace of a product of traces": ([(J, Trace(A) ** 2 * Trace(B))], [A, B],
                                     {"dA": 2 * Trace(A) * Trace(B) * Identity(n), "dB": Trace(A) ** 2 * Identity(n)}),
    "quadratic form": ([(MatrixSymbol("J", 1, 1), c.T * A * c)], [A, c], {"dA": c * c.T, "dc": A * c + A.T * c}),
    "row sums": ([(b, W * ones(n, 1)), (J, squared(b))], [W], {"dW": MatrixSymbol("db", k, 1) * ones(1, n)}),
    "row sums of a product": ([(b, W * X * ones(m, 1)), (J, squared(b))], [W, X],
                              {"dW": MatrixSymbol("db", k, 1) * ones(1, m) * X.T}),
    "column sums": ([(MatrixSymbol("r", 1, m), ones(1, k) * (W * X)), (J, squared(MatrixSymbol("r", 1, m)))], [W],
                    {"dW": ones(k, 1) * MatrixSymbol("dr", 1, m) * X.T}),
    "transposed": ([(Q, (W * X).T), (J, squared(Q))], [W, X], {"dQ": 2 * Q, "dW": MatrixSymbol("dQ", m, k).T * X.T}),
    "log-sum-exp": ([(Z, W * X + b * ones(1, m)), (J, total(LogSumExp(Z)) - total(HadamardProduct(Y, Z)))], [W, b],
                    {"dZ": Softmax(Z) - Y}),
    "log-sum-exp along rows": ([(Z, W * X), (J, squared(LogSumExp(Z, 1)))], [W], None),
    "softmax along rows": ([(Q, Softmax((W * X).T, 1)), (J, squared(Q))], [W], None),
    "Hadamard powers": ([(J, total(HadamardPower(W, 3)))], [W], {"dW": 3 * HadamardPower(W, 2)}),
    "negative powers": ([(J, total(HadamardPower(W, -2)))], [W], {"dW": -2 * HadamardPower(W, -3)}),
    "square root": ([(J, total(elementwise("sqrt", W)))], [W], None),
    "shared weights": ([(H, elementwise("tanh", A * X)), (R, elementwise("tanh", A * H)), (J, squared(R))], [A],
                       {"dR": 2 * R}),
    "residual": ([(H, elementwise("g", A * X) + X), (J, squared(H))], [A, X], None),
    "the same variable twice": ([(J, total(HadamardProduct(W, W)))], [W], {"dW": 2 * W}),
    "nested without names": ([(J, total(elementwise("sigmoid", W * elementwise("tanh", A * X + c * ones(1, m)))))],
                             [W, A, c], None),
    "nested transposes": ([(J, squared(W * elementwise("tanh", (X.T * A.T).T) - Y))], [W, A], None),
    "outer product": ([(J, Trace(c * c.T * A))], [A, c], {"dA": c * c.T}),
    "batch centred": ([(Z, W * X - W * X * ones(m, m) / m), (J, squared(Z))], [W], None),
    "a number times": ([(J, s * squared(s * W))], [W, s], None),
    "divided by a number": ([(J, total(W) / s)], [W, s], {"ds": -Total(W) / s**2}),
    "a sum of numbers times": ([(J, total(MatMul(s + 2, W)))], [W, s], {"ds": Total(W)}),
    "functions of numbers": ([(J, log(1 + exp(Total(W))) + sqrt(Total(W)))], [W], None),
    "numbers only": ([(s, Total(W)), (J, s / (1 + s**2))], [W], None),
    "a copy": ([(Z, W * X), (U, Z), (J, squared(U))], [W], {"dZ": 2 * U}),
    "generic loss": ([(Z, W * X), (J, 3 * GenericLoss("C", Z, Y))], [W], {"dZ": 3 * LossGradient("C", Z, Y)}),
    "an intermediate that nobody uses": ([(Z, W * X), (U, elementwise("exp", Z)), (J, total(Z))], [W],
                                         {"dZ": ones(k, m)}),
    "data of two kinds": ([(Z, W * X + Y), (J, total(HadamardProduct(Z, Y)))], [W], {"dZ": Y}),
}  # fmt: skip


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("mean", ["late", "early"])
def test_programs_of_ones_own_agree_with_dual_numbers(name, mean):
    equations, parameters, _ = OWN[name]
    d = backprop(Program(equations, parameters), mean)
    assert [disagreements(d, seed) for seed in range(3)] == [[], [], []]


@pytest.mark.parametrize("name", [name for name, row in OWN.items() if row[2]])
def test_programs_of_ones_own_give_the_formula_of_the_books(name):
    equations, parameters, expected = OWN[name]
    d = backprop(Program(equations, parameters))
    for gradient, formula in expected.items():
        assert same(d[gradient].rhs, formula) or (d[gradient].rhs - formula) == 0, (d[gradient], formula)


def test_a_mean_over_samples_of_ones_own():
    net = Program([(Z, W * X), (J, squared(Z - Y) / m)], [W], samples=m)
    late, early = backprop(net), backprop(net, "early")
    assert same(late["dZ"].rhs, MatMul(2, Z - Y))
    assert same(late["dW"].rhs, MatrixSymbol("dZ", k, m) * X.T / m)
    assert same(early["dW"].rhs, MatrixSymbol("dZ", k, m) * X.T)
    assert disagreements(late) == disagreements(early) == []


def test_an_unused_input_gets_no_gradient():
    d = backprop(Program([(Z, W * X), (J, squared(Z))], [W]))
    assert [str(e.lhs) for e in d] == ["dZ", "dW"]


def test_a_parameter_that_does_not_reach_the_loss_is_refused():
    with pytest.raises(DeriveError, match="the loss does not depend on the parameter b"):
        backprop(Program([(Z, W * X), (MatrixSymbol("V", k, m), b * ones(1, m)), (J, squared(Z))], [W, b]))


def test_dual_numbers_see_a_wrong_equation():
    """The second route of this file says no when there is something to say no to."""
    d = backprop(mlp([2, 3, 2]))
    wrong = [e if str(e.lhs) != "dW1" else e.func(e.lhs, 2 * e.rhs, evaluate=False) for e in d.equations]
    assert disagreements(type(d)(d.program, d.mean, tuple(wrong), d.steps)) == ["dW1"]


CHAINS = [
    (Lambda(x, x / (1 + exp(-2 * x))), lambda u: (1 + exp(-2 * u) + 2 * u * exp(-2 * u)) / (1 + exp(-2 * u)) ** 2),
    (Lambda(x, tanh(x**2) + 3), lambda u: 2 * u * (1 - tanh(u**2) ** 2)),
    (Lambda(x, Rational(1, 2) * x**4 - x), lambda u: 2 * u**3 - 1),
    (Lambda(x, sqrt(x) * log(x)), lambda u: log(u) / (2 * sqrt(u)) + 1 / sqrt(u)),
    (Lambda(x, Integer(7)), lambda u: Integer(0)),
    (sigmoid, sigmoid_prime),
    (g, lambda u: Derivative(g(u), u)),
]


@pytest.mark.parametrize(("function", "slope"), CHAINS)
def test_derivatives_of_functions_of_ones_own(function, slope):
    found = prime(function(z)) - slope(z)
    assert found == 0 or abs(found.subs(z, Rational(7, 5)).evalf(30)) < 1e-25


def test_sums_and_products_stay_in_the_order_in_which_they_were_written():
    net = mlp([n0, n1])
    assert isinstance(net["Z1"].rhs, MatAdd)
    assert [type(a).__name__ for a in net["Z1"].rhs.args] == ["MatMul", "MatMul"]
    assert str(net["Z1"].rhs.args[0]) == "W1*X"
