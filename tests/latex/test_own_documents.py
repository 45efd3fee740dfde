"""Our own documents are true: `backproof check` proves every equation of what `to_latex` prints, as it is printed."""

import re

import pytest
from click.testing import CliRunner
from sympy import HadamardPower

from backproof.cli import main
from derive import DeriveError, backprop, from_latex, mlp
from derive.latex import latex
from derive.mathematics import layout
from derive.nodes import hadamard, product, scale, transpose

HEADER = "% backproof: mlp 2 layers hidden=tanh output=sigmoid loss=squared_error notation={} mean={}\n"
NET = mlp(["n0", "n1", "n2"], hidden="tanh", loss="squared_error")


LATE = backprop(NET)
dA, W, M = LATE["dA1"].lhs, NET.symbols["W1"], NET.samples


def printed(notation, mean):
    return HEADER.format(notation, mean) + backprop(NET, mean=mean).to_latex(notation=notation)


@pytest.fixture
def check(tmp_path):
    """check(text of a LaTeX file) -> (exit status, report)"""

    def run(text):
        (tmp_path / "own.tex").write_text(text)
        found = CliRunner().invoke(main, ["check", str(tmp_path / "own.tex")])
        return found.exit_code, found.output

    return run


def test_a_generic_loss_is_the_sum_whose_mean_is_taken(check):
    net = mlp(["n0", "n1", "n2"], hidden="g", output="g", loss="generic")
    header = "% backproof: mlp 2 layers hidden=g output=g loss=generic notation=nielsen\n"
    document = backprop(net).to_latex(notation="nielsen", detail="key")
    status, report = check(header + document)
    assert status == 0, report
    assert report.count(": ok, proved: ") >= 10
    status, report = check(header + document.replace(r"m\,\frac", r"\frac").replace(r"= \frac{1}{m}\,", "= "))
    assert status == 1, report


@pytest.mark.parametrize(("notation", "mean"), [("ng", "late"), ("nielsen", "late"), ("nielsen", "early")])
def test_every_equation_of_a_document_is_proved(check, notation, mean):
    status, report = check(printed(notation, mean))
    assert status == 0, report
    assert re.search(r"^(\d+) equations: \1 ok; \d+ formulas claiming nothing$", report, re.MULTILINE), report
    assert report.count(": ok, proved: ") >= 25


def test_without_its_factor_the_gradient_of_an_activation_is_refuted(check):
    true = printed("nielsen", "late")
    wrong = true.replace(r"m\,\nabla_{A^{3}}J &= A^{3} - Y", r"\nabla_{A^{3}}J &= A^{3} - Y")
    assert wrong != true
    only = re.search(r"\\begin\{align\*?\}\s*\\nabla.*?\\end\{align\*?\}", wrong, re.DOTALL)
    assert only
    status, report = check(HEADER.format("nielsen", "late") + only[0])
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
