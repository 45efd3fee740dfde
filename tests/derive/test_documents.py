"""Documents: every format from one tree; LaTeX that compiles without complaint; the main equations letter by letter."""

import json
import re
import subprocess
from functools import cache
from html.parser import HTMLParser

import pytest
from sympy import HadamardPower, Lambda, MatrixSymbol, Symbol, Trace, log, symbols

from derive import DeriveError, Program, backprop, mlp, neuron, total
from derive.html import html_document
from derive.json_document import json_document
from derive.latex_document import latex_document
from derive.text import text_document

x = Symbol("x")
n, k, m = symbols("n k m", integer=True, positive=True)
W, X, Z, V = MatrixSymbol("W", k, n), MatrixSymbol("X", n, m), MatrixSymbol("Z", k, m), MatrixSymbol("V", n, n)


def sizes(depth):
    return [f"n{i}" for i in range(depth + 1)]


NETWORKS = {
    "two layers": mlp(sizes(2)),
    "one layer, one sample": mlp(sizes(1), samples=1),
    "softmax, l2": mlp(sizes(2), "relu", "softmax", l2="lambda"),
    "w^T x, generic": mlp(sizes(2), "g1", "g2", "generic", weights="columns"),
    "numbers": mlp([784, 30, 10], "sigmoid", loss="squared_error"),
    "functions of one's own": mlp(sizes(2), Lambda(x, log(x)), Lambda(x, x**2), "squared_error"),
    "sign": mlp(sizes(2), "sign", "tanh"),
    "symbolic depth": mlp("L"),
    "symbolic depth, w^T x": mlp("L", weights="columns"),
    "symbolic depth, m samples": mlp("L", samples="m"),
    "neuron": neuron(),
    "one's own": Program([(Z, W * V * X), (Symbol("J"), total(HadamardPower(Z, 2)) + Trace(V))], [W, V]),
}
DERIVATIONS = {name: backprop(net) for name, net in NETWORKS.items()}
WITHOUT_DIAGONAL = ("neuron", "one's own")
FORMS, NOTATIONS = ("matrix", "element", "diagonal"), ("ng", "nielsen")
ALL = [(name, form, notation) for name in NETWORKS for form in FORMS for notation in NOTATIONS
       if form != "diagonal" or name not in WITHOUT_DIAGONAL]  # fmt: skip


PRINTERS = {"to_text": text_document, "to_latex": latex_document, "to_json": json_document}


@cache
def tree(name, form, notation):
    """The tree that every format is printed from; made once, since a document checks its derivation."""
    return DERIVATIONS[name].document(form=form, notation=notation)


@pytest.mark.parametrize("print_it", PRINTERS)
@pytest.mark.parametrize("form", FORMS)
def test_every_format_is_printed_from_one_tree(print_it, form):
    found = getattr(DERIVATIONS["two layers"], print_it)(form=form, notation="nielsen")
    assert found == PRINTERS[print_it](tree("two layers", form, "nielsen"))


# ---------------------------------------------------------------- text, HTML, JSON


@pytest.mark.parametrize(("name", "form", "notation"), ALL)
def test_text_has_every_section_and_no_markup(name, form, notation):
    text = text_document(tree(name, form, notation))
    own = {"matrix": "All steps", "element": "Element form", "diagonal": "The full product over layers"}[form]
    for title in ("Notation and layout", "Symbols", "Forward pass", "Summary", own, "What was proved, and how"):
        assert f"\n{title}\n{'-' * len(title)}\n" in text
    assert "Layout: a gradient has the shape of its variable (denominator layout)." in text
    assert not set("\\$~") & set(text)
    assert "None" not in text
    assert all(line == line.rstrip() for line in text.split("\n"))


class Outline(HTMLParser):
    """Tags must close in order; nothing may point outside."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.ids = [], set(), []

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        given = dict(attributes)
        assert not given.keys() & {"src", "srcset", "onclick", "onload"}, given
        assert given.get("href", "#").startswith("#")
        self.ids += [given["id"]] if "id" in given else []
        if tag not in ("meta", "br", "mspace"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize(("name", "form", "notation"), ALL)
def test_html_parses_and_needs_nothing_from_outside(name, form, notation):
    page = html_document(tree(name, form, notation))
    outline = Outline()
    outline.feed(page)
    outline.close()
    assert outline.open == []
    assert {"html", "title", "h1", "h2", "math", "mfrac" if "fraction" in name else "mi"} <= outline.seen
    assert not outline.seen & {"script", "link", "img", "iframe"}
    assert not re.search(r"https?:|url\(|@import|//[a-z]", page)
    assert len(outline.ids) == len(set(outline.ids))


def test_html_is_escaped():
    words = Program([(Symbol("J"), Symbol("a<b") ** 2)], [Symbol("a<b")])
    assert "a<b" not in re.sub(r"<style>.*?</style>", "", backprop(words).to_html(), flags=re.DOTALL)


def layouts(part):
    """Every formula of a JSON tree."""
    if isinstance(part, dict) and part.keys() == {"latex", "text"}:
        yield part
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from layouts(inner)


@pytest.mark.parametrize(("name", "form", "notation"), ALL)
def test_json_loads_and_has_the_equations(name, form, notation):
    d = DERIVATIONS[name]
    found = json.loads(json_document(tree(name, form, notation)))
    assert found.keys() == {"title", "language", "equations", "blocks"}
    assert found["language"] == "en"
    assert set(found["equations"]) <= {str(e.lhs) for e in d.equations} | {str(e.lhs).lower() for e in d.equations} | {
        str(e.lhs).replace("Z", "z").replace("A", "a") for e in d.equations}  # fmt: skip
    assert {b["kind"] for b in found["blocks"][1:]} == {"section"}
    assert all(f["latex"] and f["text"] for f in layouts(found["blocks"]))


def test_json_of_the_matrix_form_is_the_derivation():
    d = DERIVATIONS["two layers"]
    assert json.loads(d.to_json())["equations"] == {str(e.lhs): str(e.rhs) for e in d}


def test_the_same_derivation_prints_the_same_document():
    for print_it in ("to_text", "to_latex", "to_html", "to_json"):
        first, second = (getattr(backprop(mlp(sizes(2))), print_it)(form="element") for _ in range(2))
        assert first == second


# ---------------------------------------------------------------- LaTeX

COMPLAINT = r"^(?:Overfull \\[hv]box|LaTeX Warning|LaTeX Font Warning|Package \w+ Warning|!).*"
ALLOWED = {"amsmath", "amssymb", "bm", "geometry", "hyperref", "longtable"}


@pytest.mark.parametrize(("name", "form", "notation"), ALL)
def test_latex_uses_few_packages_and_is_balanced(name, form, notation):
    source = latex_document(tree(name, form, notation))
    packages = {p for group in re.findall(r"\\usepackage(?:\[.*?\])?\{(.*?)\}", source) for p in group.split(",")}
    assert packages <= ALLOWED
    assert source.count("{") == source.count("}")
    assert source.count(r"\left") == source.count(r"\right")
    stack = []
    for kind, environment in re.findall(r"\\(begin|end)\{(\w+\*?)\}", source):
        assert kind == "begin" or stack.pop() == environment
        stack += [environment] if kind == "begin" else []
    assert stack == []
    assert source.isascii()
    assert set(re.findall(r"\\eqref\{(.*?)\}", source)) <= set(re.findall(r"\\label\{(.*?)\}", source))
    assert len(set(re.findall(r"\\label\{(.*?)\}", source))) == source.count(r"\label{")


FIVE = {
    "five layers, tanh": mlp(sizes(5)),
    "five layers, five activations": mlp(sizes(5), ["relu", "leaky_relu", "softplus", "sigmoid"], "softmax", l2="mu"),
    "five layers, all generic": mlp(sizes(5), ["g1", "g2", "g3", "g4"], "g5", "generic", weights="columns", l2="mu"),
}
COMPILED = [
    ("two layers", "matrix", "nielsen"),
    ("softmax, l2", "matrix", "ng"),
    ("functions of one's own", "element", "ng"),
    ("sign", "diagonal", "nielsen"),
    ("symbolic depth", "element", "nielsen"),
    ("symbolic depth", "diagonal", "ng"),
    ("neuron", "element", "ng"),
    ("one's own", "matrix", "ng"),
    ("five layers, tanh", "diagonal", "nielsen"),
    ("five layers, five activations", "matrix", "ng"),
    ("five layers, five activations", "element", "nielsen"),
    ("five layers, all generic", "matrix", "nielsen"),
]


def complaints(source, folder, pdflatex):
    """What pdflatex says of a document, after the second run; raises if it stops."""
    (folder / "document.tex").write_text(source)
    for _ in range(2):
        run = subprocess.run([pdflatex, "-interaction=nonstopmode", "-halt-on-error", "document.tex"], cwd=folder,
                             capture_output=True, text=True, errors="replace", timeout=120, check=False)  # fmt: skip
        assert run.returncode == 0, run.stdout[-2000:]
    said = (folder / "document.log").read_text(errors="replace")
    return re.findall(COMPLAINT, said, re.MULTILINE)


@pytest.mark.parametrize(("name", "form", "notation"), COMPILED)
def test_latex_compiles_without_a_warning(name, form, notation, tmp_path, needs_program):
    d = DERIVATIONS.get(name) or backprop(FIVE[name])
    assert complaints(d.to_latex(form=form, notation=notation), tmp_path, needs_program("pdflatex")) == []


PLANTED = [
    (r"\end{document}", r"$" + "m" * 200 + r"$ \end{document}", "Overfull"),
    (r"\end{document}", r"\ref{nowhere}\end{document}", "LaTeX Warning"),
]


@pytest.mark.parametrize(("old", "new", "said"), PLANTED)
def test_a_complaint_is_seen(old, new, said, tmp_path, needs_program):
    source = DERIVATIONS["two layers"].to_latex().replace(old, new)
    assert any(said in line for line in complaints(source, tmp_path, needs_program("pdflatex")))


def test_what_does_not_compile_is_seen(tmp_path, needs_program):
    source = DERIVATIONS["two layers"].to_latex().replace(r"\frac", r"\fraction")
    with pytest.raises(AssertionError, match="Undefined control sequence"):
        complaints(source, tmp_path, needs_program("pdflatex"))


# ---------------------------------------------------------------- golden lines

LINES = [
    # network, notation, a line of the summary
    ("two layers", "ng", r"dZ^{[2]} &= A^{[2]} - Y && \text{(BP1)}"),
    ("two layers", "ng", r"dW^{[2]} &= \frac{1}{m}\,dZ^{[2]}\,A^{[1]T} && \text{(BP4)}"),
    ("two layers", "ng", r"db^{[2]} &= \frac{1}{m}\,dZ^{[2]}\,\mathbf{1}_{m} && \text{(BP3)}"),
    ("two layers", "ng", r"dZ^{[1]} &= W^{[2]T}\,dZ^{[2]} \ast \tanh^{\prime}(Z^{[1]}) && \text{(BP2)}"),
    ("two layers", "ng", r"dW^{[1]} &= \frac{1}{m}\,dZ^{[1]}\,X^{T} && \text{(BP4)}"),
    ("two layers", "nielsen", r"\Delta^{3} &= A^{3} - Y && \text{(BP1)}"),
    ("two layers", "nielsen", r"\Delta^{2} &= (W^{3})^{T}\,\Delta^{3} \odot \tanh^{\prime}(Z^{2}) && \text{(BP2)}"),
    ("two layers", "nielsen", r"\frac{\partial J}{\partial W^{2}} &= \frac{1}{m}\,\Delta^{2}\,X^{T} && \text{(BP4)}"),
    ("one layer, one sample", "ng", r"dz^{[1]} &= a^{[1]} - y && \text{(BP1)}"),
    ("one layer, one sample", "ng", r"db^{[1]} &= dz^{[1]} && \text{(BP3)}"),
    ("one layer, one sample", "nielsen", r"\frac{\partial J}{\partial b^{2}} &= \delta^{2} && \text{(BP3)}"),
    ("w^T x, generic", "ng", r"dW^{[2]} &= \frac{1}{m}\,A^{[1]}\,dZ^{[2]T} && \text{(BP4)}"),
    ("w^T x, generic", "ng", r"dZ^{[1]} &= W^{[2]}\,dZ^{[2]} \ast g^{[1]\prime}(Z^{[1]}) && \text{(BP2)}"),
    ("numbers", "ng", r"dZ^{[2]} &= (A^{[2]} - Y) \ast A^{[2]} \ast (1 - A^{[2]}) && \text{(BP1)}"),
    ("functions of one's own", "ng", r"dZ^{[2]} &= 2\,((A^{[2]} - Y) \ast Z^{[2]}) && \text{(BP1)}"),
    ("functions of one's own", "ng", r"dZ^{[1]} &= \frac{W^{[2]T}\,dZ^{[2]}}{Z^{[1]}} && \text{(BP2)}"),
    ("sign", "ng", r"dZ^{[1]} &= 0 && \text{(BP2)}"),
    ("symbolic depth", "nielsen", r"\delta^{L} &= \nabla_{a^{L}}C \odot g^{\prime}(z^{L}) && \text{(BP1)}"),
    ("symbolic depth", "nielsen", r"\delta^{l} &= (W^{l+1})^{T}\,\delta^{l+1} \odot g^{\prime}(z^{l}) && \text{(BP2)}"),
    ("symbolic depth", "nielsen", r"\frac{\partial J}{\partial b^{l}} &= \delta^{l} && \text{(BP3)}"),
    ("symbolic depth", "nielsen", r"\frac{\partial J}{\partial W^{l}} &= \delta^{l}\,(a^{l-1})^{T} && \text{(BP4)}"),
    ("symbolic depth", "ng", r"dz^{[l]} &= W^{[l+1]T}\,dz^{[l+1]} \ast g^{\prime}(z^{[l]}) && \text{(BP2)}"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "notation", "line"), LINES)
def test_the_main_equations_letter_by_letter(name, notation, line):
    assert line in latex_document(tree(name, "matrix", notation)).replace(r" \\[4pt]", "").split("\n")


TEXTS = [
    ("two layers", "ng", "dZ[2] = A[2] - Y"),
    ("two layers", "ng", "= A[2] - Y sigmoid + cross-entropy (n[2],m)"),
    ("two layers", "ng", "dZ[1] = W[2]^T dZ[2] * tanh'(Z[1]) (BP2)"),
    ("two layers", "ng", "Z[1] = W[1] X + b[1] 1_m^T (n[1],m)"),
    ("two layers", "nielsen", "Δ^2 = (W^3)^T Δ^3 ⊙ tanh'(Z^2) (BP2)"),
    ("softmax, l2", "ng", "dW[1] = 1/m dZ[1] X^T + λ/m W[1] (BP4)"),
    ("softmax, l2", "ng", "= A[2] - Y softmax + cross-entropy (n[2],m)"),
    ("numbers", "ng", "= (A[2] - Y) * A[2] * (1 - A[2]) sigmoid + squared error, σ'(Z[2]) = A[2] * (1 - A[2]), by (4)"),
    ("neuron", "ng", "dz = σ'(z) (dz' w_3 + dz'' w_4)"),
    ("one's own", "ng", "dV = W^T dZ X^T + I_n"),
]


@pytest.mark.parametrize(("name", "notation", "line"), TEXTS)
def test_the_main_lines_of_the_text(name, notation, line):
    text = text_document(tree(name, "matrix", notation))
    assert any(" ".join(found.split()).startswith(line) for found in text.split("\n"))


def test_the_document_says_where_the_mean_stands():
    late, early = (backprop(mlp(sizes(1)), mean).to_text() for mean in ("late", "early"))
    assert "The mean is taken late: for intermediates, dZ[l] is m times the derivative, dZ[l] = m ∂J/∂Z[l]" in late
    assert "The mean is taken early: dZ[l] = ∂J/∂Z[l], with the factor 1/m inside." in early


def test_the_dimension_check_shows_that_the_shapes_fit():
    text = DERIVATIONS["two layers"].to_text()
    assert "(n[2],m)(m,n[1]) -> (n[2],n[1])" in text


def test_every_step_is_listed_with_its_shapes():
    d = DERIVATIONS["two layers"]
    section = d.to_text().split("All steps")[1]
    rows = re.findall(r"^(\d+) +(\S+) +(.+?)  +(.* -> .*)$", section, re.MULTILINE)
    assert [int(number) for number, *_ in rows] == list(range(1, len(d.steps) + 1))
    assert [name for *_, name, _ in rows] == [s.label or s.rule for s in d.steps]


def test_the_document_says_what_was_checked():
    d = DERIVATIONS["two layers"]
    checked, text = d.check(), d.to_text()
    assert f"Every one of the {checked.steps} steps was replayed" in text
    assert f"Each of the {len(checked.gradients)} gradients was proved to be the derivative of the loss" in text


@pytest.mark.parametrize("shown", [*DERIVATIONS.values(), *NETWORKS.values()])
def test_notebooks_see_aligned_equations(shown):
    code = shown._repr_latex_()
    assert code.startswith("$$\\begin{aligned}\n")
    assert code.endswith("\n\\end{aligned}$$")
    assert len(code.split("\n")) == 2 + len(shown.equations)
    bundle = shown._repr_mimebundle_()
    assert bundle["text/html"].count("<tr>") == len(shown.equations)  # MathML: shown without MathJax too
    assert bundle == {"text/html": shown._repr_html_(), "text/latex": code, "text/plain": str(shown)}


def test_a_notebook_shows_the_published_equations():
    lines = DERIVATIONS["two layers"]._repr_latex_().split("\n")
    assert r"dZ^{[2]} &= A^{[2]} - Y \\" in lines
    assert r"dZ^{[1]} &= W^{[2]T}\,dZ^{[2]} \ast \tanh^{\prime}(Z^{[1]}) \\" in lines


# ---------------------------------------------------------------- what there is not

UNKNOWN = [
    ({"form": "tree"}, "unknown form 'tree'; expected one of matrix, element, diagonal, all"),
    ({"form": None}, "unknown form None; expected one of matrix, element, diagonal, all"),
    ({"notation": "hinton"}, "unknown notation 'hinton'; expected one of ng, nielsen"),
    ({"notation": 3}, "unknown notation 3; expected one of ng, nielsen"),
]


@pytest.mark.parametrize("print_it", ["to_latex", "to_text", "to_html", "to_json"])
@pytest.mark.parametrize(("options", "message"), UNKNOWN)
def test_unknown_names_are_refused(print_it, options, message):
    with pytest.raises(DeriveError) as found:
        getattr(DERIVATIONS["two layers"], print_it)(**options)
    assert str(found.value) == message


def test_an_unknown_language_is_refused():
    with pytest.raises(DeriveError, match=r"^there is no catalogue for language 'xx'; expected one of en"):
        DERIVATIONS["two layers"].to_text(language="xx")
