"""The checker says yes to what is right and no to everything else, each route by itself."""

from dataclasses import replace

import pytest
from by_entries import compare_entries
from sympy import (
    Eq,
    Equality,
    HadamardPower,
    HadamardProduct,
    Integer,
    Lambda,
    MatAdd,
    MatrixSymbol,
    Rational,
    Symbol,
    Trace,
    log,
    symbols,
)

from derive import (
    CheckError,
    LogSumExp,
    Program,
    backprop,
    elementwise,
    mlp,
    neuron,
    ones,
    rewrites,
    rules,
    sweep,
    total,
)
from derive.check import _Replay, check, prove_gradients
from derive.nodes import hadamard, product, scale, transpose
from derive.rules import BACKPROP, RULES

x = Symbol("x")
n, m, k = symbols("n m k", integer=True, positive=True)
J, W, X, V = Symbol("J"), MatrixSymbol("W", k, n), MatrixSymbol("X", n, m), MatrixSymbol("V", n, n)
Z, Y, H, b = MatrixSymbol("Z", k, m), MatrixSymbol("Y", k, m), MatrixSymbol("H", n, m), MatrixSymbol("b", k, 1)

RESIDUAL = Program([(H, elementwise("g", V * X) + X), (J, total(HadamardPower(H, 2)))], [V, X])
OWN = Program([(Z, W * X + b * ones(1, m)), (J, total(LogSumExp(Z)) - total(HadamardProduct(Y, Z)))], [W, b])
SHARED = Program([(H, V * X), (Z, W * V * H), (J, total(HadamardProduct(Z, Z)) + Trace(V))], [W, V])
NETWORKS = {
    "sigmoid + cross-entropy": backprop(mlp(["n0", "n1", "n2"], l2="lambda")),
    "softmax + cross-entropy": backprop(mlp(["n0", "n1", "n2"], "g", "softmax")),
    "squared error, early": backprop(mlp(["n0", "n1"], loss="squared_error"), "early"),
    "one sample, w^T x": backprop(mlp(["n0", "n1"], samples=1, weights="columns", loss="generic")),
    "log-sum-exp": backprop(OWN),
    "residual": backprop(RESIDUAL),
    "shared weights": backprop(SHARED),
    "neuron": backprop(neuron()),
}


def twice(e):
    if e is None:
        return Integer(1)
    if isinstance(e, Equality):
        return Eq(e.lhs, twice(e.rhs), evaluate=False)
    return scale(2, e) if getattr(e, "is_Matrix", False) else 2 * e


# ---------------------------------------------------------------- what is right passes


ACTIVATIONS = ["sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity", "sign", "silu", "gelu", "g",
               Lambda(x, log(x)), Lambda(x, x**2)]  # fmt: skip
LOSSES = ["squared_error", "cross_entropy", "generic"]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("output", [*ACTIVATIONS, "softmax"], ids=str)
def test_every_output_with_every_loss_checks(output, loss):
    if (output, loss) == ("sign", "cross_entropy"):  # log sign(z) and log(1 - sign(z)) are never both defined
        with pytest.raises(CheckError, match="no point was found where everything is defined"):
            backprop(mlp(["n0", "n1"], output=output, loss=loss)).check()
        return
    checked = backprop(mlp(["n0", "n1"], output=output, loss=loss)).check()
    assert checked.gradients == ("dA1", "dZ1", "dW1", "db1")


@pytest.mark.parametrize("hidden", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("options", [{}, {"samples": 1, "weights": "columns", "loss": "squared_error"}], ids=str)
def test_every_hidden_activation_checks(hidden, options):
    d = backprop(mlp(["n0", "n1", "n2"], hidden, **options))
    assert d.check().steps == len(d.steps)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_networks_of_this_file_check(name):
    d = NETWORKS[name]
    checked = d.check()
    assert checked.steps == len(d.steps)
    assert checked.gradients == tuple(str(e.lhs) for e in d)
    assert str(checked).startswith(f"{len(d.steps)} steps replayed and proved; {len(d.equations)} gradients proved")
    assert compare_entries(d) >= len(d.equations)


def test_a_kink_and_an_assumption_are_said():
    n0, n1 = symbols("n0 n1", integer=True, positive=True)
    assert "assumed: " in str(backprop(mlp([n0, n1], output="softmax")).check())


# ---------------------------------------------------------------- planted faults in steps


def change(d, number, **fields):
    steps = list(d.steps)
    steps[number] = replace(steps[number], **fields)
    return replace(d, steps=tuple(steps))


def other(d, number, rule, or_else):
    return change(d, number, rule=or_else if d.steps[number].rule == rule else rule)


STEP_FAULTS = {
    "what it gives is doubled": lambda d, i, s: change(d, i, gives=(twice(s.gives[0]), *s.gives[1:])),
    "the last thing it gives is doubled": lambda d, i, s: change(d, i, gives=(*s.gives[:-1], twice(s.gives[-1]))),
    "it gives nothing": lambda d, i, s: change(d, i, gives=()),
    "it gives one more": lambda d, i, s: change(d, i, gives=(*s.gives, s.gives[0])),
    "what it is given is doubled": lambda d, i, s: change(d, i, given=(*s.given[:-1], twice(s.given[-1]))),
    "the first thing given is doubled": lambda d, i, s: change(d, i, given=(twice(s.given[0]), *s.given[1:])),
    "it is given one more": lambda d, i, s: change(d, i, given=(*s.given, s.given[0])),
    "it is given nothing": lambda d, i, s: change(d, i, given=()),
    "the rule is unknown": lambda d, i, s: change(d, i, rule="wishful thinking"),
    "another rule": lambda d, i, s: other(d, i, "trace", "sum"),
    "another rewrite": lambda d, i, s: other(d, i, "name", "fact"),
    "insert instead": lambda d, i, s: other(d, i, "insert", "derivative from the output"),
    "multiply out instead": lambda d, i, s: other(d, i, "multiply out", "average"),
    "derivative instead": lambda d, i, s: other(d, i, "derivative from the output", "cancel entry by entry"),
    "another kind": lambda d, i, s: change(d, i, kind={"rule": "paths", "paths": "rewrite", "rewrite": "rule"}[s.kind]),
    "no kind": lambda d, i, s: change(d, i, kind="guess"),
    "another target": lambda d, i, s: change(d, i, target="dX" if s.target != "dX" else "dJ"),
    "no such target": lambda d, i, s: change(d, i, target="dNothing"),
    "a target that is no gradient": lambda d, i, s: change(d, i, target=""),
    "parts more": lambda d, i, s: change(d, i, parts=(*s.parts, Symbol("x"))),
    "another label": lambda d, i, s: change(d, i, label="magic"),
    "the label moved": lambda d, i, s: change(d, i, label="" if s.label else "sigmoid + cross-entropy"),
    "dropped": lambda d, i, s: replace(d, steps=d.steps[:i] + d.steps[i + 1 :]),
    "duplicated": lambda d, i, s: replace(d, steps=d.steps[: i + 1] + d.steps[i:]),
    "done last": lambda d, i, s: replace(d, steps=(*d.steps[:i], *d.steps[i + 1 :], s)) if s != d.steps[-1] else
                 replace(d, steps=d.steps[::-1]),
    "the rest missing": lambda d, i, s: replace(d, steps=d.steps[:i]),
}  # fmt: skip


@pytest.mark.parametrize("fault", STEP_FAULTS)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_derivation_with_any_one_step_altered_fails(name, fault):
    d = NETWORKS[name]
    for number, step in enumerate(d.steps):
        altered = STEP_FAULTS[fault](d, number, step)
        assert altered != d
        with pytest.raises(CheckError):
            altered.check()


def test_the_message_names_the_step():
    d = NETWORKS["sigmoid + cross-entropy"]
    (number,) = [i for i, s in enumerate(d.steps) if s.label]
    with pytest.raises(CheckError) as found:
        change(d, number, gives=(twice(d.steps[number].gives[0]),)).check()
    assert str(found.value).startswith(f"step {number + 1} (dZ2, cancel entry by entry): the rewrite gives ")


# ---------------------------------------------------------------- planted faults in equations


def put(d, number, left, right):
    equations = list(d.equations)
    equations[number] = Eq(left, right, evaluate=False)
    return replace(d, equations=tuple(equations))


def renamed(symbol, name):
    return MatrixSymbol(name, *symbol.shape) if getattr(symbol, "is_Matrix", False) else Symbol(name)


EQUATION_FAULTS = {
    "doubled": lambda d, i, e: put(d, i, e.lhs, twice(e.rhs)),
    "sign flipped": lambda d, i, e: put(d, i, e.lhs, scale(-1, e.rhs)),
    "renamed": lambda d, i, e: put(d, i, renamed(e.lhs, "dNothing"), e.rhs),
    "another shape": lambda d, i, e: put(d, i, MatrixSymbol(str(e.lhs), 7, 7), e.rhs),
    "circular": lambda d, i, e: put(d, i, e.lhs, e.lhs),
    "dropped": lambda d, i, e: replace(d, equations=d.equations[:i] + d.equations[i + 1 :]),
    "duplicated": lambda d, i, e: replace(d, equations=d.equations[: i + 1] + d.equations[i:]),
    "out of order": lambda d, i, e: replace(d, equations=(*d.equations[:i], *d.equations[i + 1 :], e))
    if i + 1 < len(d.equations) else replace(d, equations=d.equations[::-1]),
}  # fmt: skip


@pytest.mark.parametrize("fault", EQUATION_FAULTS)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_derivation_with_any_one_equation_altered_fails(name, fault):
    d = NETWORKS[name]
    for number, equation in enumerate(d.equations):
        with pytest.raises(CheckError):
            EQUATION_FAULTS[fault](d, number, equation).check()


@pytest.mark.parametrize(("number", "name"), list(enumerate(NETWORKS)))
def test_kernel_and_explicit_entries_find_a_wrong_equation_alone(name, number):
    """Without the replay, each of the other routes by itself."""
    d, fault = NETWORKS[name], ("doubled", "sign flipped")[number % 2]
    for number, equation in enumerate(d.equations):
        altered = EQUATION_FAULTS[fault](d, number, equation)
        with pytest.raises(CheckError, match="is not the derivative"):
            prove_gradients(altered)
        with pytest.raises(CheckError, match="is not the derivative"):
            compare_entries(altered)


OTHER = [("another mean", lambda d: replace(d, mean="early")), ("no steps", lambda d: replace(d, steps=())),
         ("no equations", lambda d: replace(d, equations=())),
         ("nothing", lambda d: replace(d, equations=(), steps=())),
         ("another network", lambda d: replace(d, program=mlp(["n0", "n1", "n2"], "relu", l2="lambda"))),
         ("another size", lambda d: replace(d, program=mlp(["n0", "n1", "n3"], l2="lambda")))]  # fmt: skip


@pytest.mark.parametrize(("fault", "alter"), OTHER)
def test_a_derivation_of_something_else_fails(fault, alter):
    with pytest.raises(CheckError):
        alter(NETWORKS["sigmoid + cross-entropy"]).check()


# ---------------------------------------------------------------- planted faults in the tables

EVERYTHING = Program([(Z, W * X + b * ones(1, m)), (J, total(HadamardProduct(Y, elementwise("exp", Z))))], [W, b])
WRONG_RULES = [
    # rule, a program that uses it, and the rule with one thing wrong (shapes still fit)
    ("product", EVERYTHING, lambda node, G: ((W, product(Rational(1, 2), G, transpose(X))),)),
    ("product", backprop(mlp(["n0", "n1", "n2"])).program, lambda node, G: tuple(
        (p, scale(3, g)) for p, g in rules.product_(node, G))),
    ("broadcast", EVERYTHING, lambda node, G: ((node.args[0], scale(2, product(G, transpose(node.args[1])))),)),
    ("elementwise function", EVERYTHING, lambda node, G: ((node.expr, G),)),
    ("Hadamard product", EVERYTHING, lambda node, G: tuple((p, hadamard(G, p)) for p in node.args)),
    ("total", EVERYTHING, lambda node, G: ((node.args[0], scale(-G, ones(*node.args[0].shape))),)),
    ("sum", EVERYTHING, lambda node, G: tuple((p, scale(k + 1, G)) for k, p in enumerate(node.args))),
    ("log sum exp", OWN, lambda node, G: ((node.matrix, product(ones(k, 1), G)),)),
    ("scaling", OWN, lambda node, G: tuple((p, g) for p, g in [(node.args[-1], G)])),
    ("trace", SHARED, lambda node, G: ((node.arg, scale(G, ones(n, n))),)),
    ("softmax", mlp(["n0", "n1"], output="softmax", loss="squared_error"),
     lambda node, G: ((node.matrix, hadamard(node, G)),)),
    ("Hadamard power", RESIDUAL, lambda node, G: ((node.args[0], hadamard(G, node.args[0])),)),
    ("generic loss", mlp(["n0", "n1"], loss="generic"), lambda node, G: ((node.args[1], scale(G, node.args[1])),)),
    ("number function", neuron(), lambda node, G: ((node.args[0], G),)),
    ("number product", neuron(), lambda node, G: tuple((p, G) for p in node.args)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "program", "wrong"), WRONG_RULES)
def test_a_wrong_rule_in_the_table_is_caught_by_every_other_route(name, program, wrong, monkeypatch):
    """The replay uses the same wrong table and sees nothing; the proof of the step names it."""
    planted = replace(RULES[name], apply=wrong)
    monkeypatch.setitem(RULES, name, planted)
    monkeypatch.setattr(rules, "BACKPROP", tuple((fits, planted if r.name == name else r) for fits, r in BACKPROP))
    d = backprop(program)
    _Replay(d).run()
    caught(d, name)


def caught(d, rule):
    """By the proof of the step, by the proof of the gradients, and by explicit entries, each alone."""
    with pytest.raises(CheckError, match=rf"step \d+ \(\S+, {rule}\): the sides differ"):
        check(d)
    with pytest.raises(CheckError, match="is not the derivative"):
        prove_gradients(d)
    with pytest.raises(CheckError, match="is not the derivative"):
        compare_entries(d)


@pytest.mark.parametrize(("rule", "wrong"), [
    ("cancel entry by entry", lambda expr, using: scale(2, expr)),
    ("derivative from the output", lambda expr, using: hadamard(expr, using.lhs)),
    ("average", lambda expr, using: scale(using**2, expr)),
    ("insert", lambda expr, using: scale(-1, rewrites.replace(expr, using.lhs, using.rhs))),
])  # fmt: skip
def test_a_wrong_rewrite_in_the_table_is_caught_by_every_other_route(rule, wrong, monkeypatch):
    monkeypatch.setitem(rewrites.REWRITES, rule, replace(rewrites.REWRITES[rule], apply=wrong))
    d = sweep.sweep(mlp(["n0", "n1", "n2"]), "late")
    _Replay(d).run()
    caught(d, rule)


def test_a_wrong_fact_is_not_used_for_anything_but_what_it_says():
    """Without the assumption that columns of Y sum to 1, A - Y is not the gradient of softmax + cross-entropy."""
    d = NETWORKS["softmax + cross-entropy"]
    with pytest.raises(CheckError):
        replace(d, program=type(d.program)(d.program.equations, d.program.parameters, samples=d.program.samples,
                                           layers=d.program.layers, loss=d.program.loss)).check()  # fmt: skip


@pytest.mark.parametrize("case", [0, 1])
@pytest.mark.parametrize("fault", ["doubled", "dropped", "another shape"])
def test_base_case_and_induction_step_are_both_checked(case, fault):
    d = backprop(mlp("L"))
    part = d.cases()[case]
    for number, equation in enumerate(part.equations):
        altered = EQUATION_FAULTS[fault](part, number, equation)
        with pytest.raises(CheckError):
            replace(d, base=altered if case == 0 else d.base, step=altered if case else d.step).check()


# ---------------------------------------------------------------- forged derivations: all fits, but a path is left out

FORKED = Program([(Z, W * X), (J, total(HadamardProduct(Z, Z)) + total(HadamardPower(X, 2)))], [X])
DIRECT = Program([(H, elementwise("g", V * X) + X), (J, total(HadamardPower(H, 2)))], [X])


def forged(d, keep):
    """Only the steps and equations that pass `keep`, and the last sum over paths rewritten to what then arrives."""
    *steps, last = [s for s in d.steps if keep(s)]
    arrived = tuple(g for s in steps for p, g in zip(s.parts, s.gives, strict=False) if p == X)
    steps.append(replace(last, given=arrived, gives=(arrived[0] if len(arrived) == 1 else MatAdd(*arrived),)))
    targets = {s.target for s in steps if s.kind == "paths"}
    equations = [e for e in d.equations if str(e.lhs) in targets]
    equations[-1] = Eq(equations[-1].lhs, steps[-1].gives[0], evaluate=False)
    return replace(d, equations=tuple(equations), steps=tuple(steps))


FORGED = [
    (FORKED, lambda s: s.rule == "sum" or (s.target in ("dJ", "dX") and not s.given[0].has(Z)),
     "dJ: no step passes on the gradient of "),
    (DIRECT, lambda s: s.rule not in ("elementwise function", "product"), "a path to X has not been followed yet"),
]  # fmt: skip


@pytest.mark.parametrize(("program", "keep", "message"), FORGED)
def test_a_path_that_is_left_out_is_missed_by_every_route(program, keep, message):
    d = backprop(program)
    d.check()
    false = forged(d, keep)
    with pytest.raises(CheckError, match=message):
        _Replay(false).run()
    with pytest.raises(CheckError, match="is not the derivative"):
        prove_gradients(false)
    with pytest.raises(CheckError, match=r"is not the derivative|no gradient for Z, through which"):
        compare_entries(false)
