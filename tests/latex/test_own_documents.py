"""Our own documents are true: `backproof check` proves every equation of what `to_latex` prints, as it is printed."""

import re

import pytest
from click.testing import CliRunner
from sympy import HadamardPower, MatrixSymbol, Rational, Symbol, symbols

from backproof.cli import main
from derive import DeriveError, backprop, from_latex, mlp
from derive.latex import latex
from derive.mathematics import layout
from derive.networks import neuron
from derive.nodes import hadamard, product, scale, total, transpose
from derive.program import Program

N = ["n0", "n1", "n2"]
NET = mlp(N, hidden="tanh", loss="squared_error")
LATE = backprop(NET)
dA, W, M = LATE["dA1"].lhs, NET.symbols["W1"], NET.samples

CLASSES = {"output": "softmax", "hidden": "leaky_relu"}
ANY = {"hidden": "g", "output": "g", "loss": "generic"}
DOCUMENTS = [
    # sizes, the network, its document                                                                 proved at least
    (N, {"loss": "squared_error"}, {"notation": "nielsen"}, 29),
    (N, {"hidden": "relu", "loss": "squared_error"}, {"form": "diagonal", "notation": "nielsen", "detail": "key"}, 40),
    ([3, 2, 1], {}, {"form": "element", "detail": "key"}, 54),
    (["n", "c"], CLASSES | {"hidden": [], "l2": "lambda"}, {"form": "element", "detail": "key"}, 30),
    (["n", "h", "c"], CLASSES | {"samples": 5}, {"notation": "nielsen", "detail": "key"}, 20),
    (N, ANY | {"samples": 1}, {"form": "diagonal", "notation": "nielsen", "language": "zh"}, 43),
    (N, ANY, {"notation": "nielsen", "detail": "key"}, 15),
    (["n0", "n1"], {"l2": Rational(1, 100), "weights": "columns"}, {"form": "all", "mean": "early"}, 60),
    (N, {"hidden": "softplus", "l2": "lambda", "weights": "columns"}, {"detail": "key"}, 17),
    (["n1", "n0", "n2"], {"hidden": "erf"}, {"detail": "key", "notation": "nielsen"}, 19),
    (["n", "c"], {"output": "gelu", "loss": "squared_error"}, {"form": "element", "notation": "nielsen"}, 19),
    ("L", {"samples": "m"}, {"form": "diagonal", "detail": "key", "notation": "nielsen"}, 40),
]


KNOWN = {}  # what was printed: some documents are looked at twice


def printed(sizes, network, document):
    key = repr((sizes, network, document))
    if key not in KNOWN:
        options = {k: v for k, v in document.items() if k != "mean"}
        KNOWN[key] = backprop(mlp(sizes, **network), mean=document.get("mean", "late")).to_latex(**options)
    return KNOWN[key]


@pytest.fixture
def check(tmp_path, needs_extra):
    """check(text of a LaTeX file) -> (exit status, report)"""
    needs_extra("lark")

    def run(text):
        (tmp_path / "own.tex").write_text(text)
        found = CliRunner().invoke(main, ["check", str(tmp_path / "own.tex")])
        return found.exit_code, found.output

    return run


def is_proved(report, least):
    """Nothing refuted, undecided or unread, and a fair number of equations."""
    whole = re.search(r"^(\d+) equations: \1 ok(; \d+ formulas? claiming nothing)?$", report, re.MULTILINE)
    return whole is not None and int(whole[1]) >= least and report.count(": ok, proved: ") == int(whole[1])


@pytest.mark.parametrize(("sizes", "network", "document", "least"), DOCUMENTS)
def test_every_equation_of_a_document_is_proved(check, sizes, network, document, least):
    status, report = check(printed(sizes, network, document))
    assert (status, is_proved(report, least)) == (0, True), report


n, m = symbols("n m", integer=True, positive=True)
w, X, y, r = MatrixSymbol("w", n, 1), MatrixSymbol("X", n, m), MatrixSymbol("y", m, 1), MatrixSymbol("r", m, 1)
REGRESSION = Program([(r, X.T * w - y), (Symbol("J"), total(HadamardPower(r, 2)) / 2)], [w])


@pytest.mark.parametrize(("program", "notation", "least"), [
    (REGRESSION, "ng", 14), (neuron(), "nielsen", 37), (neuron(False), "ng", 29),
])  # fmt: skip
def test_a_program_of_ones_own_is_named_in_the_claims_language(check, program, notation, least):
    status, report = check(backprop(program).to_latex(notation=notation, form="element"))
    assert (status, is_proved(report, least)) == (0, True), report


FAULTS = [
    # of the document of a network with a softmax: where, what is printed, with a fault
    ("a transpose dropped", r"dZ^{[1]} &= W^{[2]T}\,dZ^{[2]}", r"dZ^{[1]} &= W^{[2]}\,dZ^{[2]}"),
    ("1/m dropped", r"dW^{[1]} &= \frac{1}{m}\,dZ^{[1]}\,X^{T}", r"dW^{[1]} &= dZ^{[1]}\,X^{T}"),
    ("an index exchanged", r"z_{k}^{[1]} &= \sum_{p}w_{kp}^{[1]}", r"z_{k}^{[1]} &= \sum_{p}w_{pk}^{[1]}"),
    ("a delta exchanged", r"&= \delta_{kj}\,x_{q}", r"&= \delta_{kq}\,x_{j}"),
    ("a sum over samples without its transpose", r"dz^{[2](i)}\,a^{[1](i)T}", r"dz^{[2](i)}\,a^{[1](i)}"),
]  # fmt: skip


def test_planted_faults_are_refuted_and_nothing_else_is(check):
    text = true = printed([2, 2, 2], {"loss": "squared_error", "hidden": "sigmoid"}, {"form": "all"})
    lines = set()
    for name, right, wrong in FAULTS:
        assert right in text, name
        lines.add(true[: true.index(right)].count("\n") + 1)
        text = text.replace(right, wrong, 1)
    status, report = check(text)
    assert status == 1, report
    failed = re.findall(r"^\S*own.tex:(\d+):\d+: FAILED, refuted", report, re.MULTILINE)
    assert {int(k) for k in failed} == lines, report


def test_a_generic_loss_is_the_sum_whose_mean_is_taken(check):
    document = printed(N, ANY, {"notation": "nielsen", "detail": "key"})
    wrong = document.replace(r"m\,\frac", r"\frac").replace(r"= \frac{1}{m}\,", "= ")
    status, report = check(wrong)
    assert wrong != document
    assert status == 1, report


HEADERS = [
    # sizes, network, document                            its headers, without backproof: and what is as usual
    (N, {}, {}, ["mlp 2 layers hidden=tanh output=sigmoid loss=cross_entropy notation=ng samples=m"]),
    ([4, 3, 3, 2], CLASSES | {"hidden": ["relu", "g"]}, {"notation": "nielsen"}, [
        "mlp 4,3,3,2 hidden=relu,g output=softmax loss=softmax_cross_entropy notation=nielsen samples=m"]),
    (["n", "c"], {"l2": "lambda", "weights": "columns"}, {"form": "diagonal", "mean": "early"}, [
        "mlp n,c output=sigmoid loss=cross_entropy notation=ng samples=1 l2=lambda weights=columns",
        "mlp n,c output=sigmoid loss=cross_entropy notation=ng samples=m mean=early l2=lambda weights=columns",
        "mlp n,c output=sigmoid loss=cross_entropy notation=ng samples=1 l2=lambda weights=columns"]),
    ("L", {}, {}, ["mlp 3 layers hidden=g output=g loss=generic notation=ng samples=1"]),
    (["n", "W1", "c"], {}, {}, ["notation=ng mean=late samples=m"]),  # W1 is a matrix of the model
]  # fmt: skip


@pytest.mark.parametrize(("sizes", "network", "document", "headers"), HEADERS)
def test_a_document_names_its_model_where_it_changes(sizes, network, document, headers):
    text = printed(sizes, network, document)
    assert re.findall("^% backproof: (.*)$", text, re.MULTILINE) == headers
    assert text.startswith("\\documentclass[11pt]{article}\n% backproof: ")


def test_without_its_factor_the_gradient_of_an_activation_is_refuted(check):
    true = printed(N, {"loss": "squared_error"}, {"notation": "nielsen"})
    wrong = true.replace(r"m\,\nabla_{A^{3}}J &= A^{3} - Y", r"\nabla_{A^{3}}J &= A^{3} - Y")
    assert wrong != true
    only = re.search(r"\\begin\{align\*?\}\s*\\nabla.*?\\end\{align\*?\}", wrong, re.DOTALL)
    assert only
    status, report = check("\n".join(wrong.split("\n")[:2]) + "\n\n" + only[0])
    assert status == 1
    assert r"FAILED, refuted: \nabla_{A^{3}}J = A^{3} - Y" in report


SCALED = [
    # an expression, as nielsen prints it where the mean is taken late
    (dA,                          r"m\,\nabla_{A^{2}}J"),
    (product(transpose(W), dA),   r"(W^{2})^{T}\,(m\,\nabla_{A^{2}}J)"),
    (transpose(dA),               r"(m\,\nabla_{A^{2}}J)^{T}"),
    (hadamard(dA, dA),            r"m\,\nabla_{A^{2}}J \odot m\,\nabla_{A^{2}}J"),
    (HadamardPower(dA, 2),        r"(m\,\nabla_{A^{2}}J)^{\circ2}"),
    (scale(1 / M, dA),            r"\frac{1}{m}\,m\,\nabla_{A^{2}}J"),
    (LATE["dW1"].lhs,             r"\frac{\partial J}{\partial W^{2}}"),
]  # fmt: skip


@pytest.mark.parametrize(("expr", "shown"), SCALED)
def test_a_gradient_with_its_factor_is_printed_and_read_back(expr, shown):
    assert latex(layout(expr, LATE.style("nielsen"))) == shown
    assert from_latex(shown, NET, "nielsen") == expr


@pytest.mark.parametrize(("derivation", "shown"), [
    (LATE, r"m\,\nabla_{A^{2}}J"),
    (backprop(NET, mean="early"), r"\nabla_{A^{2}}J"),
    (backprop(mlp([2, 3, 1], samples=1)), r"\nabla_{a^{2}}J"),
])  # fmt: skip
def test_the_factor_stands_where_it_is_not_one(derivation, shown):
    equation = next(e for e in derivation if str(e.lhs).lower() == "da1")
    assert latex(layout(equation.lhs, derivation.style("nielsen"))) == shown
    for text in (derivation.to_latex(notation="nielsen"), derivation.to_html(notation="nielsen")):
        assert shown in text


READ = [
    # a derivative           late              early
    (r"\nabla_{A^2} J",      scale(1 / M, dA), dA),
    (r"m \nabla_{A^2} J",    dA,               scale(M, dA)),
    (r"\frac{\partial J}{\partial A^2}", scale(1 / M, dA), dA),
    (r"\frac{\partial J}{\partial W^2}", LATE["dW1"].lhs, LATE["dW1"].lhs),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "late", "early"), READ)
def test_what_a_derivative_is_depends_on_the_mean(formula, late, early):
    assert from_latex(formula, NET, "nielsen") == late
    assert from_latex(formula, NET, "nielsen", mean="early") == early


def test_a_mean_that_is_not_known():
    with pytest.raises(DeriveError, match="mean must be 'late' or 'early', not 'middle'"):
        from_latex("X", NET, mean="middle")
