"""The whole loss, composed down to the entries of the parameters and differentiated by SymPy: no chain rule of ours."""

import pytest
from explicit_entries import Entries, is_zero
from sympy import symbols

from derive import backprop, mlp

n0, n1, n2, m = symbols("n0 n1 n2 m", integer=True, positive=True)

NETWORKS = [
    # sizes         options                                                             entries of (n0, n1, n2, m)
    ([n0, n1], {"loss": "cross_entropy"}, (3, 2, 1, 2)),
    ([n0, n1], {"output": "softmax"}, (2, 3, 1, 2)),
    ([n0, n1], {"output": "tanh", "loss": "squared_error", "l2": "lambda"}, (3, 2, 1, 2)),
    ([n0, n1], {"output": "gelu", "loss": "squared_error"}, (2, 1, 1, 2)),
    ([n0, n1, n2], {"hidden": "sigmoid", "loss": "squared_error"}, (1, 2, 1, 1)),
    ([n0, n1, n2], {"hidden": "tanh", "loss": "cross_entropy"}, (1, 2, 1, 1)),
    ([n0, n1, n2], {"hidden": "identity", "output": "softmax", "weights": "columns"}, (1, 2, 2, 2)),
]


def composed(entries: Entries, equations: tuple) -> None:
    """Every variable that has an equation takes the entries of its right side, in order."""
    for equation in equations:
        entries.values[equation.lhs] = entries(equation.rhs)


CASES = [(*row, "late") for row in NETWORKS] + [(*row, "early") for row in NETWORKS[:3]]


@pytest.mark.parametrize(("sizes", "options", "concrete", "mean"), CASES)
def test_every_gradient_is_the_derivative_of_the_whole_loss(sizes, options, concrete, mean):
    d = backprop(mlp(sizes, **options), mean)
    entries = Entries(dict(zip((n0, n1, n2, m), concrete, strict=True)))
    parameters = {p: dict(entries.symbols(p)) for p in d.program.parameters}
    Y = d.program.symbols["Y"]
    targets = entries.symbols(Y)
    if d.program.facts:  # the columns of Y sum to 1
        rows, columns = entries.shape(Y)
        for i in range(columns):
            targets[rows - 1, i] = 1 - sum(targets[k, i] for k in range(rows - 1))
    composed(entries, d.program.equations)
    J = entries.values[d.program.equations[-1].lhs][0, 0]
    composed(entries, d.equations)
    for p, symbols_of_p in parameters.items():
        gradient = entries.values[d[f"d{p}"].lhs]
        for at, symbol in symbols_of_p.items():
            assert is_zero(gradient[at] - J.diff(symbol)), (p, at)


def test_a_wrong_gradient_is_seen():
    d = backprop(mlp([n0, n1]))
    entries = Entries({n0: 2, n1: 1, m: 1})
    w = dict(entries.symbols(d.program.parameters[0]))
    composed(entries, d.program.equations)
    J = entries.values[d.program.equations[-1].lhs][0, 0]
    composed(entries, d.equations)
    assert not is_zero(2 * entries.values[d["dW1"].lhs][0, 0] - J.diff(w[0, 0]))
