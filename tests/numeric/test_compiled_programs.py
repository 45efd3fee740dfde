"""Programs of the user's own: every kind of node, compiled and compared with numerical derivatives."""

import numpy as np
import pytest
from sympy import HadamardPower, HadamardProduct, MatrixSymbol, Trace, exp, sqrt, symbols, tanh

from derive import DeriveError, LogSumExp, Program, Softmax, backprop, elementwise, ones, total
from derive.functions import leaky_relu, z
from numeric import check_gradient, lambdify

n, m, k = symbols("n m k", integer=True, positive=True)
X, Y, W, b = MatrixSymbol("X", n, m), MatrixSymbol("Y", k, m), MatrixSymbol("W", k, n), MatrixSymbol("b", k, 1)
Z, A, S = MatrixSymbol("Z", k, m), MatrixSymbol("A", k, m), MatrixSymbol("S", n, n)
J, s, t, c = symbols("J s t c")
SIZES = {"n": 3, "m": 4, "k": 2}
LAYER = (Z, W * X + b * ones(1, m))
SQUARES = total(HadamardPower(A - Y, 2)) / m

PROGRAMS = {
    "softmax used twice": ([LAYER, (A, Softmax(Z)), (J, SQUARES + total(HadamardPower(Z, 2)))], [W, b]),
    "softmax along rows": ([LAYER, (A, Softmax(Z, 1)), (J, SQUARES)], [W, b]),
    "log-sum-exp": ([LAYER, (J, (total(LogSumExp(Z)) - total(HadamardProduct(Y, Z))) / m)], [W, b]),
    "log-sum-exp along rows": ([LAYER, (J, total(LogSumExp(Z, 1)))], [W, b]),
    "trace of a square": ([(J, Trace((W * X - Y).T * (W * X - Y)))], [W]),
    "trace of a product": ([(J, Trace(X.T * W.T * Y))], [W]),
    "trace of a matrix": ([(J, Trace(S))], [S]),
    "trace of a power": ([(J, Trace(S * S.T * S))], [S]),
    "row sums": ([(Z, W * X * ones(m, 1) * ones(1, m)), (J, total(HadamardPower(Z - Y, 2)))], [W]),
    "column sums": ([(Z, ones(k, k) * W * X), (J, total(HadamardPower(Z - Y, 2)))], [W]),
    "ones on both sides": ([(Z, ones(k, n) * X * ones(m, m)), (J, total(HadamardProduct(Z, W * X)))], [W]),
    "a column, summed": ([(J, total(b * ones(1, m)) + total(HadamardProduct(Y, b * ones(1, m))))], [b]),
    "no name for Z": ([(A, elementwise("softplus", W * X + b * ones(1, m))), (J, SQUARES)], [W, b]),
    "leaky, no name": ([(A, elementwise(leaky_relu(z, 0.2), W * X)), (J, SQUARES)], [W]),
    "a root": ([(A, elementwise("sqrt", HadamardPower(W * X, 2) + ones(k, m))), (J, SQUARES)], [W]),
    "a quotient": ([(Z, HadamardProduct(W * X, HadamardPower(Y, -1))), (J, total(HadamardPower(Z, 2)))], [W]),
    "a cube": ([(J, total(HadamardPower(W, 3)) / 3)], [W]),
    "numbers": ([(t, tanh(s * c)), (J, t**2 + sqrt(t + 3) + exp(s) / 7)], [s]),
    "a number of a sum": ([(t, total(W)), (J, exp(t / 10) * c)], [W]),
    "the same matrix twice": ([(J, total(HadamardProduct(W, W)))], [W]),
    "weights shared": ([(Z, W * X), (A, elementwise("tanh", Z)), (J, total(W.T * A))], [W]),
}


def arrays(variables, seed=0):
    rng = np.random.default_rng(seed)
    shapes = {v: [SIZES[str(d)] if d.is_Symbol else int(d) for d in v.shape] if v.is_Matrix else [] for v in variables}
    return {str(v): rng.normal(size=shape) + 0.1 for v, shape in shapes.items()}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_agree_with_numerical_derivatives(name):
    program = Program(*PROGRAMS[name])
    f = lambdify(backprop(program))
    numbers = {"c": 0.7} if "c" in program.symbols else {}
    report = check_gradient(f, arrays(program.parameters), *arrays(program.inputs, 1).values(), **numbers)
    assert report.compared > 0
    assert report.error < 1e-8, f"{report}\n{f.source}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_give_gradients_of_the_shape_and_type_of_the_parameters(name):
    program = Program(*PROGRAMS[name])
    f = lambdify(backprop(program))
    params, inputs = ({k: np.float32(v) for k, v in arrays(vs).items()} for vs in (program.parameters, program.inputs))
    _, gradients = f(params, *inputs.values(), **({"c": 0.7} if "c" in program.symbols else {}))
    for key, gradient in gradients.items():
        assert np.shape(gradient) == params[key].shape
        assert gradient.dtype == "float32"


NAMES = [
    "lambda",
    "W^{[1]}",
    r"\theta",
    "z'",
    "np",
    "params",
    "1st",
    "sigmoid",
    "ℓ²",
    "a b",
    'quote"d',
    "x\nimport os",
    "W; 1",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_written_as_an_identifier(name):
    V, T = MatrixSymbol(name, k, n), MatrixSymbol("T1", k, m)
    f = lambdify(backprop(Program([(T, elementwise("sigmoid", V * X)), (J, total(HadamardPower(T - Y, 2)))], [V])))
    params, inputs = arrays([V]), arrays([X, Y])
    assert list(f(params, *inputs.values())[1]) == [name]
    g = lambdify(backprop(Program([(J, total(HadamardProduct(V, W)))], [W])))
    assert np.array_equal(g(arrays([W]), arrays([V])[name])[1]["W"], arrays([V])[name])
    keyword = name if name != "params" else "params_"
    assert np.array_equal(g(arrays([W]), **{keyword: arrays([V])[name]})[1]["W"], arrays([V])[name])


def test_a_size_that_no_array_has_is_named():
    with pytest.raises(DeriveError, match="m has no value"):
        lambdify(backprop(Program([(J, total(b * ones(1, m)))], [b]))).source  # noqa: B018


def test_a_slope_outside_of_its_range_is_refused():
    A = MatrixSymbol("A", k, m)
    with pytest.raises(DeriveError, match="0 <= slope < 1, not 2"):
        Program([(A, elementwise(leaky_relu(z, 2), W * X)), (J, total(A))], [W])
