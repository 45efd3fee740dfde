"""The page as a text: tags close, links arrive, nothing comes from outside, and what it says to copy is true."""

import json
import re
from functools import cache
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest
from sympy import HadamardPower, Lambda, MatrixSymbol, Symbol, Trace, log, symbols

from derive import Program, backprop, check_claims, mlp, neuron, total
from derive.array_code import NUMPY, code
from derive.array_tree import array_tree
from derive.claims_text import claims_text
from numeric import lambdify

x = Symbol("x")
n, k, m = symbols("n k m", integer=True, positive=True)
W, X, Z, V = MatrixSymbol("W", k, n), MatrixSymbol("X", n, m), MatrixSymbol("Z", k, m), MatrixSymbol("V", n, n)
SIZES = ["n0", "n1", "n2"]
PROGRAMS = {
    "two layers": mlp(SIZES),
    "one sample": mlp(SIZES, "softplus", samples=1),
    "softmax, l2": mlp(SIZES, "relu", "softmax", l2="lambda"),
    "softmax, cross-entropy in one": mlp(SIZES, "leaky_relu", loss="softmax_cross_entropy"),
    "w^T x, generic": mlp(SIZES, "g1", "g2", "generic", weights="columns"),
    "numbers": mlp([3, 2, 1], "sigmoid", loss="squared_error"),
    "functions of one's own": mlp(SIZES, Lambda(x, log(1 + x**2)), Lambda(x, x**2 / 3), "squared_error"),
    "symbolic depth": mlp("L"),
    "neuron": neuron(),
    "one's own": Program([(Z, W * V * X), (Symbol("J"), total(HadamardPower(Z, 2)) + Trace(V))], [W, V]),
}
DERIVATIONS = {name: backprop(program) for name, program in PROGRAMS.items()}
VOID = ("meta", "br", "mspace", "input", "path", "rect")


@cache
def page(name, **options):
    return DERIVATIONS[name].to_html(**options)


class Outline(HTMLParser):
    """Tags must close in order."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.given = [], [], [], []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.given.append((tag, given))
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.given.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_tags_close_and_links_arrive(name, language):
    text = page(name, language=language, notation="nielsen" if language == "zh" else "ng")
    outline = Outline()
    outline.feed(text)
    outline.close()
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))
    assert outline.links
    assert {link.removeprefix("#") for link in outline.links} <= set(outline.ids)
    assert f'<html lang="{language}">' in text
    assert "None" not in re.sub(r"<(script|style)\b.*?</\1>", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_comes_from_outside(name):
    outline = Outline()
    outline.feed(page(name))
    assert not re.search(r"https?:|@import|//[a-z]", re.sub(r"\s//\s.*", "", page(name)))
    assert re.findall(r"url\(([^)]*)\)", page(name)) == re.findall(r"url\((#[^)]*)\)", page(name))
    assert not {tag for tag, _ in outline.given} & {"link", "img", "iframe", "object", "embed"}
    assert not {key for _, given in outline.given for key in given} & {"src", "srcset", "onclick", "onload", "action"}


def test_a_name_cannot_break_out_of_the_page():
    evil = Symbol("</script><b>")
    text = backprop(Program([(Symbol("J"), evil**2)], [evil])).to_html()
    assert "</script><b>" not in text
    assert "<b>" not in text


def test_every_step_and_every_law_is_there():
    d, text = DERIVATIONS["two layers"], page("two layers")
    assert set(re.findall(r'id="step-(\d+)"', text)) == {str(k) for k in range(1, len(d.steps) + 1)}
    rules = {s.rule.replace(" ", "-") for s in d.steps}
    assert set(re.findall(r'id="law-([^"]+)"', text)) == rules
    assert set(re.findall(r'href="#law-([^"]+)"', text)) == rules
    assert text.count("Proved: both sides have the same normal form") >= len(d.steps)


def test_every_numbered_formula_can_be_copied():
    shown = re.sub(r"<summary><div.*?</summary>", "", page("two layers"), flags=re.DOTALL)
    rows = re.findall(r'<tr[^>]*><td class="left">.*?</tr>', shown)
    assert len(rows) > 20
    assert [row for row in rows if 'data-copy="' not in row] == []


# ---------------------------------------------------------------- what is copied

FORMULAS = [
    # network          equation   NumPy
    ("two layers", "Z1", "W1 @ X + b1"),
    ("two layers", "J", "-np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m"),
    ("two layers", "dZ2", "A2 - Y"),
    ("two layers", "dW2", "dZ2 @ A1.T / m"),
    ("two layers", "db2", "np.sum(dZ2, axis=1, keepdims=True) / m"),
    ("two layers", "dZ1", "W2.T @ dZ2 * (1 - np.tanh(Z1) ** 2)"),
    ("softmax, l2", "dW1", "dZ1 @ X.T / m + lambda_ * W1 / m"),
    ("softmax, l2", "dZ1", "W2.T @ dZ2 * (Z1 > 0)"),
]


@pytest.mark.parametrize(("name", "equation", "expected"), FORMULAS)
def test_a_formula_in_numpy(name, equation, expected):
    d = DERIVATIONS[name]
    found = {str(e.lhs): e.rhs for e in (*d.program.equations, *d.equations)}[equation]
    assert code(array_tree(found)) == expected
    assert expected in unescape(page(name))


RUN = ["two layers", "one sample", "softmax, l2", "softmax, cross-entropy in one", "numbers", "functions of one's own"]


def values(d, seed=0):
    """Every value of a derivation from its copied lines, run by NumPy."""
    rng = np.random.default_rng(seed)
    sizes = {"n0": 3, "n1": 4, "n2": 2, "m": 5}
    at = {"np": np, **sizes, "lambda_": 0.3}
    for symbol in (*d.program.parameters, *d.program.inputs):
        shape = tuple(sizes.get(str(size)) or int(size) for size in symbol.shape)
        at[str(symbol)] = rng.normal(size=shape)
    labels = str(d.program.inputs[-1])
    at[labels] = np.zeros(at[labels].shape)
    at[labels][0] = 1.0  # one-hot columns
    given = dict(at)
    for e in (*d.program.equations, *d.equations):
        at[str(e.lhs)] = eval(code(array_tree(e.rhs), NUMPY), at)
    return given, at


@pytest.mark.parametrize("name", RUN)
def test_the_copied_lines_compute_what_the_compiled_function_computes(name):
    d = DERIVATIONS[name]
    given, at = values(d)
    free = {"lambda_": given["lambda_"]} if "l2" in name else {}
    J, gradients = lambdify(d)(
        {str(p): given[str(p)] for p in d.program.parameters}, *(given[str(v)] for v in d.program.inputs), **free
    )
    assert at["J"] == pytest.approx(J, rel=1e-12)
    for parameter, gradient in gradients.items():
        assert at[f"d{parameter}"] == pytest.approx(gradient, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("name", [p for p in PROGRAMS if p not in ("symbolic depth",)])
def test_the_copied_claims_are_proved(name):
    text = claims_text(DERIVATIONS[name])
    found = check_claims(text)
    assert len(found) == len(DERIVATIONS[name].equations)
    assert [(c.text, c.verdict) for c in found if not c.holds] == []
    assert text.rstrip() in unescape(page(name))


def test_a_wrong_copied_claim_would_be_refuted():
    text = claims_text(DERIVATIONS["two layers"])
    wrong = text.replace("dZ2 = A2 - Y", "dZ2 = Y - A2")
    assert wrong != text
    assert any(c.holds is False for c in check_claims(wrong))


# ---------------------------------------------------------------- numbers and graphs


def machine_of(name):
    found = re.search(r'<script type="application/json" id="machine">(.*?)</script>', page(name))
    return json.loads(found[1]) if found else None


def test_the_program_of_a_page_is_data():
    found = machine_of("softmax, l2")
    assert [name for name, _ in found["sizes"]] == ["n0", "n1", "n2", "m"]
    assert {g["name"]: g.get("fill") for g in found["given"]}["Y"] == "one-hot"
    assert [name for name, _ in found["equations"]][:5] == ["Z1", "A1", "Z2", "A2", "J"]
    assert found["gradients"] == [[p, f"d{p}"] for p in ("W1", "b1", "W2", "b2")]


WITHOUT_NUMBERS = [("w^T x, generic", "functions without a formula"), ("symbolic depth", "functions without a formula")]


@pytest.mark.parametrize(("name", "why"), WITHOUT_NUMBERS)
def test_a_page_says_why_there_are_no_numbers(name, why):
    assert machine_of(name) is None
    assert why in page(name)


def test_a_large_network_has_no_fields():
    text = backprop(mlp([784, 30, 10])).to_html()
    assert 'id="machine"' not in text
    assert "too large" in text


EDGES = [
    # network      kind        edges that the graph must have
    ("two layers", "forward", {("X", "Z1"), ("W1", "Z1"), ("Z1", "A1"), ("A2", "J"), ("Y", "J")}),
    ("two layers", "backward", {("J", "dA2"), ("dA2", "dZ2"), ("dZ2", "dW2"), ("dZ2", "dA1"), ("dZ1", "db1")}),
    ("softmax, l2", "forward", {("W1", "J"), ("lambda", "J")}),
    ("softmax, l2", "backward", {("J", "dW1"), ("dZ1", "dW1")}),
]


@pytest.mark.parametrize(("name", "kind", "edges"), EDGES)
def test_the_graphs_have_their_edges(name, kind, edges):
    svg = re.search(rf"<svg[^>]*>(?:(?!</svg>).)*arrow-page_{kind}_graph.*?</svg>", page(name), re.DOTALL)[0]
    found = set(re.findall(r'data-from="([^"]*)" data-to="([^"]*)"', svg))
    assert edges <= found
    assert ("J", "dW1") in found or "l2" not in name or kind == "forward"
    nodes = set(re.findall(r'data-node="([^"]*)"', svg))
    assert {end for edge in found for end in edge} == nodes
