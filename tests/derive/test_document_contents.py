"""What a document holds: sections by form and length, numbers and references, laws, dimension check, figures."""

import re
import subprocess

import pytest
from sympy import HadamardPower, MatrixSymbol, Symbol, symbols

from derive import CrossCheck, DeriveError, Program, ShapeError, UnknownNode, backprop, mlp, neuron, total
from derive.conditions import condition
from derive.document import Document, Equations, Line, Paragraph, Reference, numbered
from derive.laws import law
from derive.layout import letter
from derive.notation import notation
from derive.rules import RULES
from derive.text import text, text_document
from derive.width import words_width, wrapped

TWO, DEEP = backprop(mlp(["n0", "n1", "n2"])), backprop(mlp("L"))
FIRST = ["Notation and layout", "Symbols", "Forward pass"]
ONE, DIAGONAL = ["Element form"], ["Proofs with Jacobian matrices", "Diagonal form", "The full product over layers"]
BATCH, LAST = ["From one sample to the batch"], ["Summary", "Dimension check"]
INDUCTION = ["Base case: the output layer", "Induction step: from layer l + 1 to layer l"]
PROVED, STEPS = ["What was proved, and how"], ["All steps"]

SECTIONS = [
    # derivation, form, detail                 sections, in their order
    (TWO, "matrix", "all", [*FIRST, "Backward pass", *BATCH, *LAST, *STEPS, *PROVED]),
    (TWO, "element", "all", [*FIRST, *ONE, *BATCH, *LAST, *PROVED]),
    (TWO, "diagonal", "all", [*FIRST, *DIAGONAL, *BATCH, *LAST, *PROVED]),
    (TWO, "all", "all", [*FIRST, "Backward pass", *ONE, *DIAGONAL, *BATCH, *LAST, *STEPS, *PROVED]),
    (TWO, "matrix", "key", [FIRST[0], FIRST[2], "Backward pass", "Summary", *PROVED]),
    (DEEP, "matrix", "all", [*FIRST, *INDUCTION, *LAST, *STEPS, *PROVED]),
    (DEEP, "all", "all", [*FIRST, *INDUCTION, *ONE, *DIAGONAL, *LAST, *STEPS, *PROVED]),
]


@pytest.mark.parametrize(("d", "form", "detail", "titles"), SECTIONS)
def test_the_sections_of_a_form_and_a_length(d, form, detail, titles):
    found = re.findall(r"^(.+)\n-+$", d.to_text(form=form, detail=detail), re.MULTILINE)
    assert [t for t in found if not t.startswith("symbol") and "  " not in t] == titles


@pytest.mark.parametrize("form", ["matrix", "element", "diagonal"])
def test_the_key_points_are_short(form):
    key, whole = (TWO.to_text(form=form, detail=d) for d in ("key", "all"))
    assert len(key) < (0.6 if form == "matrix" else 0.9) * len(whole)


@pytest.mark.parametrize("detail", ["short", None, 1])
def test_an_unknown_length_is_refused(detail):
    with pytest.raises(DeriveError) as found:
        TWO.to_text(detail=detail)
    assert str(found.value) == f"unknown detail {detail!r}; expected one of key, all"


# ---------------------------------------------------------------- numbers and references


def test_lines_with_a_label_are_counted_and_referred_to():
    a = letter("a")
    lines = Equations((Line(a, a, label="one"), Line(a, a), Line(a, a, (Reference("one"),))), label="two")
    found = numbered(Document("", (Paragraph(("see ", Reference("two"))), lines, Equations((Line(a, a),), boxed=True))))
    assert found.blocks[0].inlines == ("see ", "(2)")
    assert [line.number for line in found.blocks[1].lines] == ["1", "", "2"]
    assert found.blocks[1].lines[2].reason == ("(1)",)


@pytest.mark.parametrize(("d", "form"), [(TWO, "all"), (DEEP, "matrix")])
def test_latex_counts_as_the_tree_does(d, form, tmp_path, needs_program):
    (tmp_path / "document.tex").write_text(d.to_latex(form=form))
    command = [needs_program("pdflatex"), "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False).returncode == 0
    printed = dict(re.findall(r"\\newlabel\{(eq:.*?)\}\{\{(\d+)\}", (tmp_path / "document.aux").read_text()))

    def counted(blocks):
        for block in blocks:
            for line in getattr(block, "lines", ()):
                yield from [(line.label, line.number)] if line.label else []
            yield from counted(getattr(block, "blocks", ()))

    assert printed == dict(counted(d.document(form=form).blocks))
    assert len(printed) > 8


REASONS = [
    "dA[2] = (1 - Y)/(1 - A[2]) - Y/A[2] (5), differentiated (n[2],m) (6)",
    "dZ[2] = dA[2] * σ'(Z[2]) elementwise function in (4)",
    "= ((1 - Y)/(1 - A[2]) - Y/A[2]) * A[2] * (1 - A[2]) σ'(Z[2]) = A[2] * (1 - A[2]), by (4)",
    "m dW[2] = dZ[2] A[1]^T product in (3)",
    "dW[2] = 1/m dZ[2] A[1]^T divided by m (n[2],n[1]) (8)",
    "dZ[2] A[1]^T = sum_{i = 1}^{m} dz[2](i) a[1](i)T",
    "dZ[1] W[2]^T dZ[2] * tanh'(Z[1]) (n[1],n[2])(n[2],m) * (n[1],m) -> (n[1],m)",
    "1 J scaling 1 -> 1",
    "dW[2] = dz[2] a[1]^T dW[2] = 1/m dZ[2] A[1]^T",
    "- where 1 - A_{st}[2] > 0 for every s,t",
]


@pytest.mark.parametrize("line", REASONS)
def test_lines_of_the_document(line):
    assert line in [" ".join(found.split()) for found in TWO.to_text().split("\n")]


def test_the_induction_says_for_which_layers():
    assert "the step holds for l = 1,...,L - 1." in DEEP.to_text()
    assert "the step holds for l = 2,...,L - 1." in DEEP.to_text(notation="nielsen")
    assert "The base case gives δ^L, and the step gives δ^l for l = 2,...,L - 1" in DEEP.to_text(notation="nielsen")


def test_the_loss_is_named_beside_its_gradient_sign():
    found = DEEP.to_text(form="diagonal", notation="nielsen")
    assert "δ^L = ∂a^L/∂z^L ∇_{a^L}J " in found


# ---------------------------------------------------------------- laws and conditions

LAWS = {
    "product": "C = A B => dA = G B^T, dB = A^T G",
    "sum": "C = A + B => dA = G, dB = G",
    "Hadamard product": "C = A * B => dA = G * B, dB = G * A",
    "elementwise function": "C = f(A) => dA = G * f'(A)",
    "broadcast": "C = b 1_n^T => db = G 1_n",
    "softmax": "C = softmax(Z) => dZ = C * (G - 1_m 1_m^T (G * C))",
    "number product": "c = a b => da = G b, db = G a",
}


@pytest.mark.parametrize("name", LAWS)
def test_the_law_is_what_the_rule_does(name):
    assert text(law(name)) == LAWS[name]


@pytest.mark.parametrize("name", RULES)
def test_every_rule_shows_its_law_in_both_notations(name):
    assert all(" => d" in text(law(name, style)) for style in ("ng", "nielsen"))


CONDITIONS = [
    ("where A1[r,s] > 0", ("where", "A_{rs}[1] > 0", None)),
    ("where 1 - A1[r,0] > 0 for every r", ("where", "1 - A_r[1] > 0", "r")),
    ("assumed: lambda > 0", ("assumed", "λ > 0", None)),
    ("assumed: sum_p(Y[p,j]) = 1 for every j", ("assumed", "sum_{p} Y_{pj} = 1", "j")),
    ("where something else", ("where", "something else", None)),
]


@pytest.mark.parametrize(("said", "shown"), CONDITIONS)
def test_a_condition_of_the_kernel_is_a_formula(said, shown):
    kind, formula, indices = condition(said, notation("ng"))
    assert (kind, formula if isinstance(formula, str) else text(formula), indices and text(indices)) == shown


# ---------------------------------------------------------------- figures


def test_figures_are_reported_as_powers_of_ten():
    first = CrossCheck(0, (("n0", 3),), "complex step", 12, 3.1e-16)
    checks = (first, CrossCheck(7, (), "central differences", 9, 0.0, 2))
    lines = [" ".join(line.split()) for line in TWO.to_text(cross_checks=checks).split("\n")]
    assert "0 n[0] = 3 complex step 12 < 10^{-15}" in lines
    assert "7 central differences 9 (2 left out at kinks) 0" in lines
    assert "Cross-check in floating point" not in TWO.to_text()


# ---------------------------------------------------------------- softmax, entry by entry


def test_softmax_goes_from_exponentials_to_a_minus_y_by_steps():
    found = backprop(mlp(["n0", "n1"], output="softmax", samples=1)).to_text(form="element")
    lines = iter(" ".join(line.split()) for line in found.split("\n"))
    for line in (
        "= a_k[1] δ_{kj} - a_k[1] a_j[1] by the definition of a_k[1]",
        "= a_j[1] (sum_{k} (y_k a_k[1])/a_k[1] - y_j/a_j[1]) insert ∂J/∂a_k[1], by the definition of a[1]",
        "= a_j[1] sum_{k} y_k - y_j cancel entry by entry",
        "= a_j[1] - y_j assumed: 1_{n[1]}^T y = 1",
    ):
        assert line in lines, line


# ---------------------------------------------------------------- what enters

n, m = symbols("n m", integer=True, positive=True)
W, X, Z, V = MatrixSymbol("W", n, n), MatrixSymbol("X", n, m), MatrixSymbol("Z", n, m), MatrixSymbol("V", m, n)


@pytest.mark.parametrize("power", [2, 3])
def test_powers_of_a_square_matrix_are_products(power):
    def squares(A):
        return Program([(Z, A * X), (Symbol("J"), total(HadamardPower(Z, 2)))], [W])

    d = backprop(squares(W**power))
    assert d["dW"] == backprop(squares(W * W if power == 2 else W * W * W))["dW"]
    assert d.check().gradients == ("dZ", "dW")


def test_other_powers_are_refused():
    with pytest.raises(UnknownNode, match="Inverse"):
        Program([(Z, W**-1 * X), (Symbol("J"), total(Z))], [W])
    with pytest.raises((ShapeError, DeriveError, ValueError)):
        Program([(V, V**2), (Symbol("J"), total(V))], [V])


def test_a_named_activation_is_used_at_any_depth():
    assert "tanh'(z[l])" in backprop(mlp("L", hidden="tanh")).to_text()
    assert "g'(z[l])" in DEEP.to_text()
    assert "the activations tanh, g; the loss C" in backprop(mlp("L", hidden="tanh")).to_text()


WRONG = [
    (lambda: mlp(3), "sizes are a list, input first, such as [2, 4, 1], or a letter such as 'L', not 3"),
    (lambda: mlp(None), "sizes are a list, input first, such as [2, 4, 1], or a letter such as 'L', not None"),
    (lambda: backprop([2, 1]), "backprop takes a Program, such as mlp([2, 4, 1]) makes, not [2, 1]"),
    (lambda: backprop("L"), "backprop takes a Program, such as mlp([2, 4, 1]) makes, not 'L'"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_what_is_no_network_is_refused(wrong, message):
    with pytest.raises(DeriveError) as found:
        wrong()
    assert str(found.value) == message


# ---------------------------------------------------------------- widths


@pytest.mark.parametrize("limit", [40.0, 90.0, 300.0])
def test_wrapped_words_fit_and_are_all_there(limit):
    inlines = ("the rule of sums in ", Reference("x", "12"), ", for every index ", letter("k"), " of 所有的层")
    lines = wrapped(inlines, limit)
    assert all(words_width(line) <= limit or len(line) == 1 for line in lines)
    assert letters(i for line in lines for i in line) == letters(inlines)


def letters(inlines):
    return "".join(i if isinstance(i, str) else text(i) for i in inlines).replace(" ", "")


def test_a_program_without_layers_has_every_form():
    assert "this model has none" in text_document(backprop(neuron()).document(form="all"))
