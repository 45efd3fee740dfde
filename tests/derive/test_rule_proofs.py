"""Every rule of the table, and every rewrite, proved by the kernel from partial derivatives, for all shapes."""

import pytest
from sympy import (
    Function,
    HadamardPower,
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixSymbol,
    Rational,
    Symbol,
    Trace,
    exp,
    symbols,
)

from derive import (
    FUNCTIONS,
    GenericLoss,
    LogSumExp,
    Program,
    Proved,
    Refuted,
    Softmax,
    backprop,
    elementwise,
    mlp,
    ones,
    total,
)
from derive.backward_pass import Step
from derive.functions import composed
from derive.nodes import scale
from derive.rewrites import REWRITES
from derive.rules import RULES, rule_for
from derive.step_proofs import StepProofs

n, m, k = symbols("n m k", integer=True, positive=True)
A, B, C = MatrixSymbol("A", n, k), MatrixSymbol("B", k, m), MatrixSymbol("C", n, k)
D, S, Z, b = MatrixSymbol("D", m, n), MatrixSymbol("S", n, n), MatrixSymbol("Z", n, m), MatrixSymbol("b", n, 1)
Y, G, H = MatrixSymbol("Y", n, m), MatrixSymbol("G", n, m), MatrixSymbol("H", n, k)
c, d, g = Symbol("c"), Symbol("d"), Symbol("g")

NODES = [
    # rule                    node                                       what arrives
    ("sum",                   MatAdd(A, C),                              H),
    ("sum",                   c + total(A),                              g),
    ("scaling",               MatMul(c, A),                              H),
    ("scaling",               MatMul(Rational(3, 2), A * B),             G),
    ("scaling",               c * total(A),                              g),
    ("product",               A * B,                                     G),
    ("product",               A * B * D,                                 S),
    ("broadcast",             b * ones(1, m),                            G),
    ("row sum",               Z * ones(m, 1),                            MatrixSymbol("G", n, 1)),
    ("column sum",            ones(1, n) * Z,                            MatrixSymbol("G", 1, m)),
    ("transposition",         Z.T,                                       MatrixSymbol("G", m, n)),
    ("Hadamard product",      HadamardProduct(A, C),                     H),
    ("Hadamard product",      HadamardProduct(A, A, C),                  H),
    ("Hadamard power",        HadamardPower(A, 2),                       H),
    ("Hadamard power",        HadamardPower(A, -3),                      H),
    ("elementwise function",  elementwise("g", Z),                       G),
    ("total",                 total(Z),                                  g),
    ("trace",                 Trace(S),                                  g),
    ("softmax",               Softmax(Z, 0),                             G),
    ("softmax",               Softmax(Z, 1),                             G),
    ("log sum exp",           LogSumExp(Z, 0),                           MatrixSymbol("G", 1, m)),
    ("log sum exp",           LogSumExp(Z, 1),                           MatrixSymbol("G", n, 1)),
    ("generic loss",          GenericLoss("C", Z, Y),                    g),
    ("number product",        c * d,                                     g),
    ("number function",       exp(c),                                    g),
    ("number function",       c**3,                                      g),
    ("number function",       Function("f")(c),                          g),
]  # fmt: skip
VARIABLES = (A, B, C, D, S, Z, b, c, d)


def proofs():
    """Step proofs in which every variable may move."""
    every = [v for v in VARIABLES if getattr(v, "is_Matrix", False)]
    return StepProofs(Program([(Symbol("J"), sum((total(v) for v in every), c + d))], VARIABLES))


def rule_step(name, node, arrives, rule):
    pairs = [(p, w) for p, w in rule(node, arrives) if not getattr(p, "is_number", False)]
    return Step("rule", name, "dJ", (node, arrives), tuple(w for _, w in pairs), tuple(p for p, _ in pairs))


@pytest.mark.parametrize(("name", "node", "arrives"), NODES, ids=str)
def test_a_rule_follows_from_the_definition_of_the_derivative(name, node, arrives):
    assert rule_for(node).name == name
    verdict = proofs().verdict(rule_step(name, node, arrives, RULES[name]))
    assert isinstance(verdict, Proved), verdict
    assert verdict.except_on is None


def test_every_rule_of_the_table_has_a_row():
    assert {name for name, _, _ in NODES} == set(RULES)


@pytest.mark.parametrize(("name", "node", "arrives"), NODES, ids=str)
def test_a_rule_with_twice_the_gradient_is_refuted(name, node, arrives):
    def wrong(node, G):
        return tuple((p, scale(2, w) if getattr(w, "is_Matrix", False) else 2 * w) for p, w in RULES[name](node, G))

    assert isinstance(proofs().verdict(rule_step(name, node, arrives, wrong)), Refuted)


@pytest.mark.parametrize("row", [*sorted(set(FUNCTIONS) - {"step"}), *composed()])
def test_the_derivative_of_every_function_of_the_table(row):
    node = elementwise(row, Z)
    verdict = proofs().verdict(rule_step("elementwise function", node, G, RULES["elementwise function"]))
    assert isinstance(verdict, Proved), verdict


def test_every_rewrite_is_proved_where_it_is_used():
    nets = [mlp(["n0", "n1"]), mlp(["n0", "n1"], output="softmax"), mlp(["n0", "n1"], loss="squared_error")]
    seen = set()
    for d in map(backprop, nets):
        verdicts = StepProofs(d.program)
        for step in d.steps:
            assert isinstance(verdicts.verdict(step), Proved), step
        seen |= {step.rule for step in d.steps if step.kind == "rewrite"}
    assert seen == set(REWRITES)
