"""Programs: what networks are made of, and what is refused, with which words."""

import pytest
from exact import disagreements, forward, random_values
from sympy import (
    Determinant,
    HadamardPower,
    HadamardProduct,
    Inverse,
    Lambda,
    MatrixSymbol,
    Rational,
    Symbol,
    Trace,
    exp,
    log,
    symbols,
)

from derive import (
    DeriveError,
    GenericLoss,
    Program,
    ShapeError,
    Softmax,
    Total,
    UnknownNode,
    backprop,
    elementwise,
    mlp,
    neuron,
    ones,
    total,
)
from derive.networks import one_sample

x = Symbol("x")
n, m, p, q = symbols("n m p q", integer=True, positive=True)
J = Symbol("J")
A, B = MatrixSymbol("A", m, n), MatrixSymbol("B", p, q)
W, X, Z = MatrixSymbol("W", p, n), MatrixSymbol("X", m, n), MatrixSymbol("Z", n, m)
b, c, S = MatrixSymbol("b", n, 1), MatrixSymbol("c", 1, m), MatrixSymbol("S", n, n)

ACTIVATIONS = {
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "relu": "relu",
    "leaky_relu": "leaky_relu",
    "softplus": "softplus",
    "identity": "identity",
    "sign": "sign",
    "silu": "silu",
    "generic": "g",
    "ln x": Lambda(x, log(x)),
    "x^2": Lambda(x, x**2),
    "swish": Lambda(x, x / (1 + exp(-2 * x))),
}
LOSSES = ("squared_error", "cross_entropy", "generic")
OPTIONS = {
    "plain": {},
    "one sample": {"samples": 1},
    "seven samples": {"samples": 7},
    "l2": {"l2": "lambda"},
    "l2 as a number": {"l2": Rational(1, 10)},
    "columns": {"weights": "columns"},
    "columns, one sample, l2": {"weights": "columns", "samples": 1, "l2": "lambda"},
}


# ---------------------------------------------------------------- networks

EQUATIONS = [
    # the seeds' forward pass, letter by letter
    (mlp(["n0", "n1", "n2"]), ["Z[1] = W[1] X + b[1] 1_m^T", "A[1] = tanh(Z[1])",
                               "Z[2] = W[2] A[1] + b[2] 1_m^T", "A[2] = σ(Z[2])"]),
    (mlp(["n0", "n1"], samples=1), ["z[1] = W[1] x + b[1]", "a[1] = σ(z[1])"]),
    (mlp(["n0", "n1"], weights="columns"), ["Z[1] = W[1]^T X + b[1] 1_m^T", "A[1] = σ(Z[1])"]),
    (mlp(["n0", "n1"], output="identity"), ["Z[1] = W[1] X + b[1] 1_m^T", "A[1] = Z[1]"]),
    (mlp(["n0", "n1"], output="softmax"), ["Z[1] = W[1] X + b[1] 1_m^T", "A[1] = softmax(Z[1])"]),
    (mlp(["n0", "n1", "n2"], ["g1"], "g2"), ["Z[1] = W[1] X + b[1] 1_m^T", "A[1] = g[1](Z[1])",
                                             "Z[2] = W[2] A[1] + b[2] 1_m^T", "A[2] = g[2](Z[2])"]),
]  # fmt: skip


@pytest.mark.parametrize(("net", "expected"), EQUATIONS)
def test_the_forward_pass_is_that_of_the_seeds(net, expected):
    assert str(net).split("\n")[:-1] == expected


def test_a_derivation_lists_its_equations():
    lines = str(backprop(mlp(["n0", "n1", "n2"]))).split("\n")
    assert lines[:3] == ["dA[2] = (1 - Y)/(1 - A[2]) - Y/A[2]", "dZ[2] = A[2] - Y", "dW[2] = 1/m dZ[2] A[1]^T"]
    assert str(backprop(mlp("L"))).startswith("da[L] = ∇_{a[L]}C\n")


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_losses_and_options_build(loss, options):
    net = mlp(["n0", "n1", "n2"], loss=loss, **OPTIONS[options])
    assert [str(e.lhs).upper() for e in net.equations] == ["Z1", "A1", "Z2", "A2", "J"]
    assert [str(v) for v in net.parameters] == ["W1", "b1", "W2", "b2"]
    assert sorted(str(v).upper() for v in net.inputs) == ["X", "Y"]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("output", [*ACTIVATIONS, "softmax"])
def test_every_output_with_every_loss(output, loss):
    net = mlp(["n0", "n1"], output=ACTIVATIONS.get(output, "softmax"), loss=loss)
    assert disagreements(backprop(net)) == []


@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_every_hidden_activation(hidden):
    assert disagreements(backprop(mlp([2, 2, 1], ACTIVATIONS[hidden], l2="lambda"))) == []


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("mean", ["late", "early"])
def test_every_option(options, mean):
    assert disagreements(backprop(mlp([2, 2, 3], "sigmoid", "softmax", **OPTIONS[options]), mean)) == []


LOSS_VALUES = [
    # loss, output, J by hand in A, Y (entries a, y; m samples), in the stand-ins of exact.py: log u = u^2 - 3 u
    ("squared_error", "identity", lambda a, y: (a - y) ** 2 / 2),
    ("cross_entropy", "sigmoid", lambda a, y: -y * _log(a) - (1 - y) * _log(1 - a)),
    ("softmax_cross_entropy", "softmax", lambda a, y: -y * _log(a)),
]


def _log(u):
    return u * u - 3 * u


@pytest.mark.parametrize(("loss", "output", "one"), LOSS_VALUES)
def test_the_loss_is_the_mean_over_samples(loss, output, one):
    net = mlp([2, 3], output=output, loss=loss)
    env = forward(net, random_values(net, sizes={"m": 4}))
    pairs = [(a.value, y.value) for r, s in zip(env["A1"], env["Y"], strict=True) for a, y in zip(r, s, strict=True)]
    assert env["J"].value == sum(one(a, y) for a, y in pairs) / 4


def test_the_l2_term_is_lambda_over_2m_times_the_squared_weights():
    plain, net = mlp([2, 3]), mlp([2, 3], l2="lambda")
    env = random_values(net, sizes={"m": 5})
    squares = sum(w.value**2 for row in env["W1"] for w in row)
    expected = env["lambda"].value / 10 * squares
    assert forward(net, env)["J"].value - forward(plain, env)["J"].value == expected


def test_leaky_relu_has_slope_one_hundredth():
    net = mlp([1, 1], output="leaky_relu", loss="squared_error", samples=1)
    assert str(net["a1"].rhs.function.expr) == "leaky_relu(z, 1/100)"


@pytest.mark.parametrize("depth", [1, 2, 3, 7, 12])
def test_any_depth(depth):
    net = mlp([f"n{k}" for k in range(depth + 1)])
    assert len(net.layers) == depth
    assert len(net.parameters) == 2 * depth


def test_one_sample_of_a_network():
    assert str(one_sample(mlp([2, 3], l2="lambda"))) == str(mlp([2, 3], l2="lambda", samples=1))


def test_symbolic_depth_is_the_last_layer():
    assert str(mlp("L")["zL"].rhs) == "WL*aL-1 + bL"


@pytest.mark.parametrize("case", [True, False])
def test_the_neuron_of_the_fourth_seed(case):
    found = str(neuron(case)).split("\n")
    assert found[:3] == ["z = b + w_1 x_1 + w_2 x_2", "a = σ(z)", "z' = a w_3 + b_1"]
    assert found[-1] == ("C = C_1(y_1) + C_2(y_2)" if case else "C = C_1(z') + C_2(z'')")


# ---------------------------------------------------------------- what is refused

SHAPES = [
    (lambda: total(A + B), "cannot add A: (m, n) and B: (p, q)\n  no transpose of either makes the shapes fit"),
    (lambda: total(W * X), "cannot multiply W: (p, n) by X: (m, n)\n  inner dimensions must agree, but n != m\n"
                           "  did you mean W * X.T, of shape (p, m)?"),
    (lambda: total(W * B), "cannot multiply W: (p, n) by B: (p, q)\n  inner dimensions must agree, but n != p\n"
                           "  did you mean W.T * B, of shape (n, q)?"),
    (lambda: total(Z * W), "cannot multiply Z: (n, m) by W: (p, n)\n  inner dimensions must agree, but m != p\n"
                           "  did you mean W * Z, of shape (p, m)?"),
    (lambda: total(S * W), "cannot multiply S: (n, n) by W: (p, n)\n  inner dimensions must agree, but n != p\n"
                           "  did you mean S * W.T, of shape (n, p)?"),
    (lambda: total(A * B), "cannot multiply A: (m, n) by B: (p, q)\n  inner dimensions must agree, but n != p\n"
                           "  no transpose of either makes the shapes fit"),
    (lambda: total(Z + b), "cannot add Z: (n, m) and b: (n, 1)\n  did you mean b*ones(1, m), of shape (n, m)?"),
    (lambda: total(Z + c), "cannot add Z: (n, m) and c: (1, m)\n  did you mean ones(n, 1)*c, of shape (n, m)?"),
    (lambda: total(Z + X), "cannot add X: (m, n) and Z: (n, m)\n  did you mean Z.T, of shape (m, n)?"),
    (lambda: total(A + A.T), "cannot add A: (m, n) and A.T: (n, m)\n  did you mean A, of shape (m, n)?"),
    (lambda: Trace(A), "cannot take the trace of A: (m, n)\n  a trace needs a square"),
    (lambda: GenericLoss("C", Z, A), "cannot compare Z: (n, m) with A: (m, n)\n  did you mean A.T, of shape (n, m)?"),
]  # fmt: skip


@pytest.mark.parametrize(("build", "message"), SHAPES)
def test_shapes_that_do_not_fit_are_refused_with_a_repair(build, message):
    with pytest.raises(ShapeError) as found:
        Program([(J, build())], [A])
    assert str(found.value) == message


NESTED = [lambda e: total(elementwise("tanh", e)), lambda e: total(e.T), lambda e: total(Softmax(e)),
          lambda e: 2 + total(e) ** 2, lambda e: total(HadamardPower(e, 2)), lambda e: total(A + 3 * e),
          lambda e: total(HadamardProduct(A, e, evaluate=False)), lambda e: GenericLoss("C", e),
          lambda e: total(A * e), lambda e: exp(total(e))]  # fmt: skip


@pytest.mark.parametrize("around", NESTED)
def test_a_wrong_shape_is_found_at_any_depth(around):
    with pytest.raises(ShapeError):
        Program([(J, around(A + B))], [A])


def H(*shape):
    return MatrixSymbol("H", *shape)


PROGRAMS = [
    ([], [Z], DeriveError, "a program needs at least one equation, its loss"),
    ([(H(m, n), Z), (J, total(Z))], [Z], ShapeError,
     "H has shape (m, n), but its right side Z has shape (n, m)\n"
     "  declare H with shape (n, m), or change the right side"),
    ([(J, total(Z)), (J, total(Z))], [Z], DeriveError,
     "J is defined after it was used, or twice; every name has one equation"),
    ([(J, total(H(n, m))), (H(n, m), Z)], [Z], DeriveError,
     "H is defined after it was used, or twice; every name has one equation"),
    ([(H(n, m), H(n, m) + Z), (J, total(Z))], [Z], DeriveError,
     "H is defined after it was used, or twice; every name has one equation"),
    ([(Z, A.T), (J, total(Z))], [Z], DeriveError,
     "Z is defined after it was used, or twice; every name has one equation"),
    ([(H(n, m), Z)], [Z], ShapeError, "the last equation is the loss and must be a number, but H has shape (n, m)"),
    ([(J, total(Z) + total(MatrixSymbol("Z", n, p)))], [Z], ShapeError, "Z has two shapes: (n, m) and (n, p)"),
    ([(J, total(Z))], [A], DeriveError, "the parameter A does not occur in any equation"),
    ([(Z.T, A), (J, total(Z))], [A], DeriveError, "the left side of an equation is a name, but got Z.T"),
    ([(J, "total(Z)")], [Z], DeriveError, "an equation is made of SymPy expressions, not of 'total(Z)'"),
    ([("J", total(Z))], [Z], DeriveError, "an equation is made of SymPy expressions, not of 'J'"),
    ([(J, Determinant(S))], [S], UnknownNode, "a program does not know Determinant: Determinant(S)"),
    ([(J, total(Inverse(S)))], [S], UnknownNode, "a program does not know Inverse: S**(-1)"),
    ([(J, GenericLoss("C", Z, Z))], [Z], DeriveError,
     "C(Z, Z): a generic loss is differentiated in its first argument, but Z moves too"),
    ([(H(n, m), 2 * Z), (J, GenericLoss("C", Z, H(n, m)))], [Z], DeriveError,
     "C(Z, H): a generic loss is differentiated in its first argument, but H moves too"),
]  # fmt: skip


@pytest.mark.parametrize(("equations", "parameters", "kind", "message"), PROGRAMS)
def test_programs_that_make_no_sense_are_refused(equations, parameters, kind, message):
    with pytest.raises(kind) as found:
        Program(equations, parameters)
    assert str(found.value) == message


EXPECTED = ("expected one of erf, exp, gelu, identity, leaky_relu, log, relu, sigmoid, sign, silu, softplus, sqrt, "
            "tanh, softmax (output only),\n  a generic function ('g', or 'g1', 'g2', ... one per layer), or a SymPy "
            "Lambda")
ARGUMENTS = [
    ({"hidden": "swish"}, f"unknown activation 'swish'\n  {EXPECTED}"),
    ({"hidden": "softmax"}, f"unknown activation 'softmax'\n  {EXPECTED}"),
    ({"output": "exit()"}, f"unknown activation 'exit()'\n  {EXPECTED}"),
    ({"hidden": 3}, "not an elementwise function: 3; expected a name such as 'tanh', a SymPy Lambda or function"),
    ({"hidden": Lambda((n, m), n + m)}, "an activation has one argument, but Lambda((n, m), m + n) has 2"),
    ({"hidden": Lambda(n, n * m)}, "Lambda(n, m*n) has free symbols ['m']: give them values first"),
    ({"hidden": []}, "1 hidden layer needs one activation, but got 0: []"),
    ({"hidden": ["tanh", "relu"]}, "1 hidden layer needs one activation, but got 2: ['tanh', 'relu']"),
    ({"loss": "hinge"},
     "unknown loss 'hinge'; expected one of squared_error, cross_entropy, softmax_cross_entropy, generic"),
    ({"loss": "softmax_cross_entropy", "output": "relu"}, "softmax_cross_entropy needs output='softmax', not 'relu'"),
    ({"weights": "cols"}, "weights must be 'rows' (W x) or 'columns' (w^T x), not 'cols'"),
    ({"samples": 0}, "a size is a SymPy symbol or an integer >= 1, not 0"),
    ({"samples": Rational(1, 2)}, "a size is a SymPy symbol or an integer >= 1, not 1/2"),
    ({"samples": "exit()"}, "the name of a size is a word such as 'n0', not 'exit()'"),
    ({"l2": "exit()"}, "the name of the l2 factor is a word such as 'lambda', not 'exit()'"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), ARGUMENTS)
def test_networks_with_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(DeriveError) as found:
        mlp(["n0", "n1", "n2"], **arguments)
    assert str(found.value) == message


SIZES = [
    ([3], "a network needs an input and an output size, but got [3]"),
    ([], "a network needs an input and an output size, but got []"),
    (["n0", 0], "a size is a SymPy symbol or an integer >= 1, not 0"),
    (["n0", -2], "a size is a SymPy symbol or an integer >= 1, not -2"),
    (["n0", n + 1], "a size is a SymPy symbol or an integer >= 1, not n + 1"),
    (["n0", "n 1"], "the name of a size is a word such as 'n0', not 'n 1'"),
    ("m", "symbolic depth is a letter such as 'L', not 'm'; sizes are a list, such as [2, 4, 1]"),
    ("L+1", "symbolic depth is a letter such as 'L', not 'L+1'; sizes are a list, such as [2, 4, 1]"),
]


@pytest.mark.parametrize(("sizes", "message"), SIZES)
def test_networks_with_wrong_sizes_are_refused(sizes, message):
    with pytest.raises(DeriveError) as found:
        mlp(sizes)
    assert str(found.value) == message


SYMBOLIC = [
    ({"loss": "cross_entropy"}, "symbolic depth speaks of a generic loss; loss='cross_entropy' needs a list of sizes"),
    ({"l2": "lambda"}, "symbolic depth has no l2 term; l2='lambda' needs a list of sizes"),
    ({"hidden": "swish"}, f"unknown activation 'swish'\n  {EXPECTED}"),
    ({"output": "softmax"}, f"unknown activation 'softmax'\n  {EXPECTED}"),
]


@pytest.mark.parametrize(("arguments", "message"), SYMBOLIC)
def test_symbolic_depth_with_wrong_arguments_is_refused(arguments, message):
    with pytest.raises(DeriveError) as found:
        mlp("L", **arguments)
    assert str(found.value) == message


TEXTS = [lambda t: mlp([t, "n1"]), lambda t: mlp(["n0", "n1", "n2"], t), lambda t: mlp(["n0", "n1"], output=t),
         lambda t: mlp(["n0", "n1"], loss=t), lambda t: mlp(["n0", "n1"], samples=t), lambda t: mlp(["n0", "n1"], l2=t),
         lambda t: mlp(t), lambda t: Program([(J, t)], []), lambda t: Program([(t, Total(Z))], [Z])]  # fmt: skip


@pytest.mark.parametrize("build", TEXTS)
def test_no_text_is_ever_evaluated(build, tmp_path):
    witness = tmp_path / "evaluated"
    with pytest.raises(DeriveError):
        build(f"__import__('pathlib').Path({str(witness)!r}).touch()")
    assert not witness.exists()


def test_ones_broadcast_as_the_repair_says():
    net = Program([(H(n, m), Z + b * ones(1, m)), (J, total(H(n, m)))], [b])
    assert str(backprop(net)["db"].rhs) == "dH*1"
