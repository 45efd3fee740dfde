"""Every rule against explicit entries: matrices are written out at small sizes and differentiated by plain SymPy."""

import random
import re

import pytest
from exact import same
from sympy import (
    Derivative,
    Determinant,
    Eq,
    Function,
    HadamardPower,
    HadamardProduct,
    Identity,
    Integer,
    Inverse,
    KroneckerProduct,
    Lambda,
    MatAdd,
    MatMul,
    Matrix,
    MatrixSymbol,
    Piecewise,
    Rational,
    Symbol,
    Trace,
    Transpose,
    cos,
    erf,
    exp,
    log,
    pi,
    sqrt,
    symbols,
    tanh,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.special import ZeroMatrix

from derive import GenericLoss, LogSumExp, Softmax, Total, UnknownNode, elementwise, ones, total
from derive.functions import prime, step, table, z
from derive.nodes import LossGradient, hadamard, product, transpose
from derive.rewrites import REWRITES, rewrite
from derive.rules import BACKPROP, RULES, backprop_rule, rule_for

# ---------------------------------------------------------------- explicit entries, by plain SymPy

u = Symbol("u")
DEFINITIONS = {
    "sigmoid": lambda u: 1 / (1 + exp(-u)),
    "softplus": lambda u: log(1 + exp(u)),
    "relu": lambda u: Piecewise((u, u > 0), (0, True)),
    "leaky_relu": lambda u, s: Piecewise((u, u > 0), (s * u, True)),
    "step": lambda u: Piecewise((1, u > 0), (0, True)),
    "sign": lambda u: Piecewise((1, u > 0), (-1, True)),
    "g": lambda u: u**4 + 2 * u**3 + u,
}


def written_out(e):
    """A scalar with our functions by their definitions."""
    if isinstance(e, Derivative):
        return DEFINITIONS["g"](u).diff(u, e.derivative_count).subs(u, e.expr.args[0])
    if not e.args:
        return e
    parts = [written_out(a) for a in e.args]
    name = e.func.__name__
    return DEFINITIONS[name](*parts) if name in DEFINITIONS else e.func(*parts)


def explicit(e):
    """A matrix expression with integer sizes as an explicit matrix; a number as itself."""
    if isinstance(e, Total):
        return sum(explicit(e.args[0]))
    if isinstance(e, Trace):
        return explicit(e.arg).trace()
    if isinstance(e, GenericLoss):
        return loss(*(list(explicit(a)) for a in e.args[1:]))
    if not getattr(e, "is_Matrix", False):
        return e.func(*map(explicit, e.args)) if e.has(Total, Trace) else written_out(e)
    if isinstance(e, MatrixSymbol):
        return Matrix(*e.shape, lambda i, j: Symbol(f"{e.name}{i}{j}", real=True))
    if isinstance(e, Softmax | LogSumExp):
        Z = explicit(e.matrix)
        Z = Z if e.axis == 0 else Z.T
        sums = [sum(map(exp, Z[:, t])) for t in range(Z.cols)]
        if isinstance(e, Softmax):
            found = Matrix(*Z.shape, lambda i, t: exp(Z[i, t]) / sums[t])
        else:
            found = Matrix([[log(v) for v in sums]])
        return found if e.axis == 0 else found.T
    if isinstance(e, LossGradient):
        inside = explicit(e.args[1])
        slots = symbols(f"slot:{len(inside)}")
        slope = [loss(slots, *(list(explicit(a)) for a in e.args[2:])).diff(s) for s in slots]
        return Matrix(*inside.shape, [v.subs(dict(zip(slots, inside, strict=True))) for v in slope])
    if isinstance(e, ElementwiseApplyFunction):
        return explicit(e.expr).applyfunc(lambda v: written_out(e.function.expr.subs(e.function.variables[0], v)))
    if isinstance(e, HadamardProduct):
        first, *rest = map(explicit, e.args)
        return Matrix(*first.shape, lambda i, j: first[i, j] * _times(r[i, j] for r in rest))
    if isinstance(e, HadamardPower):
        return explicit(e.args[0]).applyfunc(lambda v: v ** e.args[1])
    if isinstance(e, Transpose):
        return explicit(e.arg).T
    if isinstance(e, MatAdd | MatMul):
        found = None
        for part in map(explicit, e.args):
            found = part if found is None else found + part if isinstance(e, MatAdd) else found * part
        return found
    return Matrix(e.as_explicit())


def _times(parts):
    found = Integer(1)
    for part in parts:
        found *= part
    return found


def loss(first, *others):
    """A generic loss that couples all entries."""
    rest = [v for o in others for v in o]
    return sum(a**3 for a in first) + sum((k + 1) * a for k, a in enumerate(first)) ** 2 + sum(
        a * y for a, y in zip(first, rest, strict=False))  # fmt: skip


def zero(expressions, seed=0):
    """All expressions vanish at three random points, to forty digits."""
    source = random.Random(seed)
    for _ in range(3):
        for e in expressions:
            symbols = sorted(e.free_symbols, key=str)
            at = {v: Rational(source.choice([1, -1]) * source.randint(1, 40), 41) for v in symbols}
            assert abs(e.subs(at).evalf(40)) < 1e-30, (e, at)
    return True


# ---------------------------------------------------------------- the rules

A, B, C = MatrixSymbol("A", 2, 3), MatrixSymbol("B", 2, 3), MatrixSymbol("C", 3, 2)
S, b, r, one = MatrixSymbol("S", 3, 3), MatrixSymbol("b", 2, 1), MatrixSymbol("r", 1, 3), MatrixSymbol("o", 1, 1)
s, t = symbols("s t", real=True)
FACTS = [
    # the rule       nodes that it is for
    ("sum", [A + B, MatAdd(A, B, A), s + t]),
    ("scaling", [3 * A, s * A, -A, s / 2 * A, 3 * Total(A), s * Trace(S), t * GenericLoss("C", A, B)]),
    ("product", [A * C, C * A, A * S * C, MatMul(S, S, S), b * r, b * one, r * S * C]),
    ("transposition", [A.T, b.T, Transpose(S)]),
    ("Hadamard product", [HadamardProduct(A, B), HadamardProduct(A, A), HadamardProduct(A, B, A)]),
    ("Hadamard power", [HadamardPower(A, p) for p in (2, 3, -1, -2)]),
    ("elementwise function", [*(ElementwiseApplyFunction(Lambda(z, row.body), A) for row in table()),
                              elementwise("g", A), *(elementwise(Lambda(u, f), A)
                                for f in (u / (1 + exp(-2 * u)), tanh(u**2) + 3, sqrt(u) * log(u)))]),
    ("broadcast", [MatMul(b, ones(1, 4)), MatMul(b, ones(1, 2))]),
    ("row sum", [MatMul(A, ones(3, 1)), MatMul(S, ones(3, 1))]),
    ("column sum", [MatMul(ones(1, 2), A), MatMul(ones(1, 3), S)]),
    ("total", [Total(A), Total(b)]),
    ("trace", [Trace(S)]),
    ("softmax", [Softmax(A), Softmax(A, 1), Softmax(b), Softmax(b, 1)]),
    ("log sum exp", [LogSumExp(A), LogSumExp(A, 1), LogSumExp(r, 1)]),
    ("generic loss", [GenericLoss("C", A, B), GenericLoss("C", b)]),
    ("number product", [s * t, s * t * Symbol("w", real=True), Trace(S) * Total(A)]),
    ("number function", [exp(s), log(s), s**3, s**-1, sqrt(s), tanh(s), erf(s), Trace(S) ** 2,
                         *(row.body.xreplace({z: s}) for row in table())]),
]  # fmt: skip


def test_every_rule_of_the_table_has_a_row_of_facts():
    assert {name for name, _ in FACTS} == RULES.keys() == {rule.name for _, rule in BACKPROP}


@pytest.mark.parametrize(("name", "node"), [(name, node) for name, nodes in FACTS for node in nodes])
def test_a_rule_is_the_chain_rule_entry_by_entry(name, node):
    """d(sum_kl G_kl C_kl)/dV_ij, by plain diff, is what the rule sends to V, through every place where V stands."""
    assert rule_for(node).name == name
    G = MatrixSymbol("G", *node.shape) if getattr(node, "is_Matrix", False) else Symbol("G", real=True)
    sent = RULES[name](node, G)
    for part in dict.fromkeys(p for p, _ in sent if not p.is_number):
        named = part if part.is_symbol else Symbol("part", real=True)
        slope = inner(explicit(node.xreplace({part: named})), explicit(G))
        found = [explicit(g) for p, g in sent if p == part]
        assert all(getattr(g, "shape", None) == getattr(part, "shape", None) for g in found)
        pairs = zip(*map(listed, (explicit(named), sum(found[1:], found[0]))), strict=True)
        assert zero([slope.diff(v).subs(named, explicit(part)) - w for v, w in pairs])


def listed(value):
    return list(value) if isinstance(value, Matrix) else [value]


def inner(value, arriving):
    return sum(v * g for v, g in zip(listed(value), listed(arriving), strict=True))


WRONG = [
    # a rule with one thing wrong, and the node that shows it
    ("product", A * C, lambda n, G: ((A, G * C), (C, A.T * G))),
    ("scaling", 3 * A, lambda n, G: ((A, G),)),
    ("transposition", S.T, lambda n, G: ((S, G),)),
    ("Hadamard power", HadamardPower(A, 3), lambda n, G: ((A, 3 * hadamard(G, A)),)),
    ("softmax", Softmax(A), lambda n, G: ((A, hadamard(n, G)),)),
    ("log sum exp", LogSumExp(A), lambda n, G: ((A, ones(2, 1) * G),)),
    ("trace", Trace(S), lambda n, G: ((S, G * ones(3, 3)),)),
    ("number function", exp(s), lambda n, G: ((s, G),)),
]


@pytest.mark.parametrize(("name", "node", "wrong"), WRONG)
def test_a_wrong_rule_is_seen_by_explicit_entries(name, node, wrong, monkeypatch):
    monkeypatch.setitem(RULES, name, wrong)
    with pytest.raises((AssertionError, ValueError)):
        test_a_rule_is_the_chain_rule_entry_by_entry(name, node)


@pytest.mark.parametrize("row", table(), ids=lambda row: row.name)
def test_the_derivative_in_the_table_is_that_of_the_definition(row):
    slope = row.definition.diff(z)
    assert zero([e.subs(z, s) for e in (slope - written_out(row.derivative),)])
    if row.from_output is not None:
        assert zero([(slope - written_out(row.from_output.subs(Symbol("a", real=True), row.definition))).subs(z, s)])


LAWS = [(rule.name, rule.law, rule.source) for _, rule in BACKPROP]


@pytest.mark.parametrize(("name", "law", "source"), LAWS)
def test_every_rule_has_a_law_and_a_source(name, law, source):
    assert re.fullmatch(r"\w+ = .+  =>  d\w+ = .+", law)
    assert source


def test_a_rule_without_a_law_is_refused():
    def lawless(node, G):
        """Something."""

    with pytest.raises(TypeError, match="rule lawless needs its law"):
        backprop_rule("nobody")(lawless)


UNKNOWN = [Determinant(S), Inverse(S), KroneckerProduct(A, B), ZeroMatrix(2, 3), Function("C")(s, t), cos(s), 2**s,
           s**t, HadamardPower(A, s), Matrix([[1]])]  # fmt: skip


@pytest.mark.parametrize("node", UNKNOWN)
def test_an_unknown_node_raises_and_is_never_zero(node):
    with pytest.raises(UnknownNode, match=re.escape(type(node).__name__)):
        rule_for(node)(node, Symbol("G"))


def test_an_unknown_function_has_no_derivative():
    with pytest.raises(UnknownNode, match=r"the derivative of an elementwise function does not know cos: cos\(z\)"):
        prime(cos(z))


def test_a_generic_function_of_numbers_wants_a_name_for_its_argument():
    with pytest.raises(UnknownNode, match="name the argument by an equation of its own"):
        RULES["number function"](Function("C")(2 * s), Symbol("G"))


# ---------------------------------------------------------------- the rewrites

P, T = MatrixSymbol("P", 2, 3), MatrixSymbol("T", 2, 3)
Y, g = MatrixSymbol("Y", 2, 3), MatrixSymbol("g", 2, 3)
E = ones(2, 3)
sigma = elementwise("sigmoid", A)
REWRITTEN = [
    # name, before, the equation used, after
    ("insert", hadamard(g, A), Eq(g, B + T, evaluate=False), hadamard(B + T, A)),
    ("insert", MatMul(g, C), Eq(g, A * S, evaluate=False), A * S * C),
    ("insert", Softmax(g), Eq(g, A, evaluate=False), Softmax(A)),
    ("insert", A.T, Eq(g, B, evaluate=False), A.T),
    ("name", hadamard(sigma, g), Eq(P, sigma, evaluate=False), hadamard(P, g)),
    ("name", Softmax(A) + Y, Eq(P, Softmax(A), evaluate=False), P + Y),
    ("derivative from the output", hadamard(g, elementwise(prime(table()[0].body), A)), Eq(P, sigma, evaluate=False),
     hadamard(g, P, E - P)),
    ("derivative from the output", hadamard(g, elementwise(prime(table()[1].body), A)),
     Eq(P, elementwise("tanh", A), evaluate=False), hadamard(g, E - HadamardPower(P, 2))),
    ("derivative from the output", hadamard(g, elementwise(step, A)), Eq(P, elementwise("relu", A), evaluate=False),
     hadamard(g, elementwise(step, A))),
    ("cancel entry by entry", hadamard(Y, HadamardPower(A, -1), A), None, Y),
    ("cancel entry by entry",
     hadamard(MatAdd(hadamard(E - Y, HadamardPower(E - A, -1)), -hadamard(Y, HadamardPower(A, -1))), A, E - A),
     None, A - Y),
    ("cancel entry by entry", hadamard(Y, HadamardPower(A, -1)), None, hadamard(Y, HadamardPower(A, -1))),
    ("fact", MatMul(ones(2, 1), ones(1, 2), Y), Eq(ones(1, 2) * Y, ones(1, 3), evaluate=False),
     MatMul(ones(2, 1), ones(1, 3))),
    ("ones disappear", MatMul(ones(2, 1), ones(1, 3)), None, E),
    ("ones disappear", hadamard(A, B) - Y, None, hadamard(A, B) - Y),
    ("ones disappear", MatMul(s, MatAdd(HadamardProduct(A, MatMul(ones(2, 1), ones(1, 3))), -Y)), None, s * (A - Y)),
    ("ones disappear", MatAdd(HadamardProduct(A, MatMul(ones(2, 1), ones(1, 3))), -Y), None, A - Y),
    ("multiply out", hadamard(A, B - Y), None, hadamard(A, B) - hadamard(A, Y)),
    ("multiply out", hadamard(A, B - Y, g), None, hadamard(A, B, g) - hadamard(A, Y, g)),
    ("average", A * C, 1 / s, A * C / s),
    ("average", A + B, 1 / s, A / s + B / s),
]  # fmt: skip


def test_every_rewrite_has_a_row():
    assert {name for name, *_ in REWRITTEN} == REWRITES.keys()


@pytest.mark.parametrize(("name", "before", "using", "after"), REWRITTEN)
def test_a_rewrite_gives_what_is_published(name, before, using, after):
    assert same(REWRITES[name](before, using), after)


@pytest.mark.parametrize(("name", "before", "using", "after"), REWRITTEN)
def test_a_rewrite_keeps_every_entry(name, before, using, after):
    """Explicit entries agree wherever the equation used holds; the factor of the mean is the one that multiplies."""
    result, start = explicit(REWRITES[name](before, using)), explicit(before)
    start = start / s if name == "average" else start
    known = {} if using is None or name == "average" else solved(using)
    assert result.shape == start.shape
    assert zero([(v - w).subs(known) for v, w in zip(result, start, strict=True)])


def solved(using):
    """x_ij -> e_ij of an equation x = e; for a fact 1^T Y = 1^T the last row from the others."""
    left, right = explicit(using.lhs), explicit(using.rhs)
    if isinstance(using.lhs, MatrixSymbol):
        return dict(zip(left, right, strict=True))
    return {v: r - line + v for line, r in zip(left, right, strict=True) for v in [max(line.free_symbols, key=str)]}


def test_a_rewrite_without_a_law_is_refused():
    def lawless(expr, using):
        pass

    with pytest.raises(TypeError, match="rewrite lawless needs its law as first line"):
        rewrite(lawless)


# ---------------------------------------------------------------- constructors

BUILT = [
    (total(3 * A), 3 * Total(A)),
    (transpose(A * C), C.T * A.T),
    (transpose(2 * A.T), 2 * A),
    (transpose(HadamardProduct(A, B)), HadamardProduct(A.T, B.T)),
    (transpose(Softmax(A)), Softmax(A.T, 1)),
    (transpose(ones(2, 3)), ones(3, 2)),
    (transpose(A + B), A.T + B.T),
    (hadamard(2 * A, ones(2, 3), 3 * B), 6 * HadamardProduct(A, B)),
    (hadamard(ones(2, 3), ones(2, 3)), ones(2, 3)),
    (hadamard(A, ZeroMatrix(2, 3)), ZeroMatrix(2, 3)),
    (product(ones(2, 1), ones(1, 3)), ones(2, 3)),
    (product(Identity(2), A, Identity(3)), A),
    (product(A, ones(3, 1), ones(1, 1)), A * ones(3, 1)),
    (product(2, A, 3 * C), 6 * A * C),
    (product(A, ZeroMatrix(3, 5)), ZeroMatrix(2, 5)),
    (elementwise("identity", A), A),
    (elementwise(Lambda(u, u**2), A), HadamardPower(A, 2)),
    (elementwise(Lambda(u, 1 / u), A), HadamardPower(A, -1)),
    (elementwise(Lambda(u, Integer(3)), A), 3 * ones(2, 3)),
    (elementwise("exp", s), exp(s)),
]


@pytest.mark.parametrize(("found", "expected"), BUILT)
def test_constructors_leave_out_what_is_nothing(found, expected):
    assert found == expected


def test_the_second_route_knows_the_functions_of_the_table():
    assert written_out(erf(u)).diff(u) == 2 * exp(-(u**2)) / sqrt(pi)
    assert explicit(Softmax(b)).subs(dict.fromkeys(explicit(b), 0)) == Matrix([Rational(1, 2)] * 2)
