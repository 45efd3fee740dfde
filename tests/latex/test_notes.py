"""Notes in Markdown and LaTeX: what formulas are read as, what is refused and where, verdicts, exit statuses."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from backproof.cli import main
from derive import DeriveError, backprop, from_latex, mlp
from derive.claims import ClaimsError
from derive.reading import read_notes
from derive.reading.documents import Header, Math, finds

NG = "<!-- backproof: mlp 2 layers hidden=g output=sigmoid notation=ng -->\n"
ONE = "<!-- backproof: mlp 2 layers hidden=sigma output=sigma loss=squared_error notation=nielsen samples=1 -->\n"
OWN = "<!-- backproof: notation=ng\nn, k = dims\nx: (n, 1)\nM: (k, n)\nS: (n, n)\nt: ()\nh = function\n-->\n"


def equations(text, is_latex=False):
    return read_notes(text, "notes", is_latex).equations


READ = [
    # header, formula, and what it is in the claims language
    (NG, r"dW^{[2]} = \frac{1}{m} dZ^{[2]} A^{[1]T}", ["grad(J, W2) == 1 / m * dZ2 @ A1.T"]),
    (NG, r"dW^{[2]} = \tfrac1m \, dZ^{[2]} (A^{[1]})^\top", ["grad(J, W2) == 1 / m * dZ2 @ A1.T"]),
    (NG, r"dZ^{[2]} &= \mathbf{A}^{[2]} - \boldsymbol{Y}", ["grad(J, Z2) == (A2 - Y) / m"]),
    (NG, r"db^{[2]} = \frac 1 m \mathrm{np.sum}(dZ^{[2]}, axis=1, keepdims=True)",
     ["grad(J, b2) == 1 / m * sum(dZ2, axis=1, keepdims=True)"]),
    (NG, r"dZ^{[1]} = W^{[2]\mathsf T} dZ^{[2]} * {g^{[1]}}'(Z^{[1]})",
     ["grad(J, Z1) == W2.T @ dZ2 * diff(g)(Z1) / m"]),
    (NG, r"dZ^{[1]} = \left(W^{[2]T} \cdot dZ^{[2]}\right) \odot g^{[1]\prime}\left(Z^{[1]}\right)",
     ["grad(J, Z1) == W2.T @ dZ2 * diff(g)(Z1) / m"]),
    (NG, r"Z^{[2]} = W^{[2]} A^{[1]} + b^{[2]} \mathbf{1}_m^T", ["Z2 == W2 @ A1 + b2 @ ones((1, m))"]),
    (NG, r"A^{[0]} = X, W^{[l]} = (n^{[l]}, n^{[l-1]})", ["X == X", "W1.shape == (n1, n0)", "W2.shape == (n2, n1)"]),
    (ONE, r"\delta^{l} = ((W^{l+1})^T \delta^{l+1}) \odot \sigma'(z^{l})",
     ["grad(J, z2) == W3.T @ dz3 * diff(sigma)(z2)"]),
    (ONE, r"\delta^{(l)} = (W^{(l+1)})^T \delta^{(l+1)} \circ \sigma'(z^{(l)})",
     ["grad(J, z2) == W3.T @ dz3 * diff(sigma)(z2)"]),
    (ONE, r"\frac{\partial J}{\partial b^3_j} = \delta_j^3", ["grad(J, b3)[j_1, 0] == dz3[j_1, 0]"]),
    (ONE, r"\partial J / \partial W_{jk}^3 = a^2_k \delta^3_j", ["grad(J, W3)[j_1, k_2] == a2[k_2, 0] * dz3[j_1, 0]"]),
    (ONE, r"z_j^3 = \sum_{k=1}^{n_2} w_{jk}^3 a_k^2 + b_j^3",
     ["z3[j_1, 0] == sum(W3[j_1, :] * a2[:, 0]) + b3[j_1, 0]"]),
    (ONE, r"J = \tfrac12 \left\| a^L - y \right\|_2^2 = \frac{1}{2} \sum_j (a_j^3 - y_j)^2",
     ["J == 1 / 2 * norm2(a3 - y) ** 2", "1 / 2 * norm2(a3 - y) ** 2 == 1 / 2 * sum((a3[:, 0] - y[:, 0]) ** 2)"]),
    (ONE, r"\delta^L = \nabla_a J \odot \sigma'(z^L)", ["grad(J, z3) == grad(J, a3) * diff(sigma)(z3)"]),
    (ONE, r"\frac{\partial z^3}{\partial z^2} = \Sigma'(z^2) (W^3)^T", ["jac(z3, z2) == diag(diff(sigma)(z2)) @ W3.T"]),
    (ONE, r"\frac{\partial z_i^3}{\partial W_{jk}^3} = \delta_{ij} a_k^2",
     ["partials(z3, W3)[j_1, k_2, i_3, 0] == eye(n3)[i_3, j_1] * a2[k_2, 0]"]),
    (OWN, r"\sum_i x_i h(x_i) = \sum_{i=1}^n h(x_i) * x_i",
     ["sum(x[:, 0] * h(x[:, 0])) == sum(h(x[:, 0]) * x[:, 0])"]),
    (OWN, r"\sum_i \sum_j x_j M_{ij} = \sum_j \sum_i M_{ij} x_j",
     ["sum(sum(x[:, 0][None, :] * M[:, :], axis=1)) == sum(sum(M[:, :].T * x[:, 0][:, None], axis=1))"]),
    (OWN, r"\frac{1}{1 + e^{-t}} = \sigma(t)", ["1 / (1 + exp(-t)) == sigmoid(t)"]),
    (OWN, r"\log t * \tanh^2(t) = \tanh(t)^2 \ln t", ["log(t) * tanh(t) ** 2 == tanh(t) ** 2 * log(t)"]),
]  # fmt: skip


@pytest.mark.parametrize(("header", "formula", "claims"), READ)
def test_what_a_formula_is_read_as(header, formula, claims):
    found = equations(f"{header}$${formula}$$")
    assert [(e.kind, e.message) for e in found if e.kind != "claim"] == []
    assert [text for e in found for _, text, _ in e.lines] == claims


REFUSED = [
    # header, text, line:column, message, advice
    (NG, "a $W^{[2]} = \\frac{1}{m$", "2:24", "the formula ends here", "expected = or } or a comma"),
    (NG, "$$\ndZ^{[1]} = + * 2\n$$", "3:14", "'*' is not expected here", "expected a factor"),
    (NG, "$dW^{[2]} = \\foo A$", "2:13", "the command \\foo is not known in a formula", ""),
    (NG, "$dW^{[2]} = dZ^{[3]}$", "2:13", "unknown name Z3",
     "the model has W1, b1, W2, b2, X, Y, z, Z1, A1, Z2, A2, J"),
    (NG, "$dW^{[2]} = 1/m dZ^{[2]}$", "2:15", "it is not plain how far the quotient reaches", "write \\frac{...}{...}"),
    (NG, "$dW^{[2]} = A^{[1]}_{jk}$", "2:2", "an array, dW2, is compared with entries", "write its indices too"),
    (ONE, "$z_j^3 = \\sum_{k=1}^{n_3} w_{jk}^3 a_k^2 + b_j^3$", "2:10",
     "the sum over k ends at n3, but there are n2 terms", ""),
    (ONE, "$a^2 = \\begin{bmatrix} 1 \\end{bmatrix}$", "2:8", "the environment bmatrix is not read",
     "write its entries as equations of their own"),
    (ONE, "$x^12 = 3$", "2:4", "12 after ^: only one digit belongs to it", "put it in braces"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "text", "place", "message", "advice"), REFUSED)
def test_what_cannot_be_read(header, text, place, message, advice):
    (found,) = [e for e in equations(header + text) if e.kind == "cannot be read"]
    assert (f"{found.line}:{found.column}", found.message, found.advice) == (place, message, advice)


HEADERS = [
    # a header, the line:column of what is wrong with it, what is said
    ("mlp 2 layers hiden=tanh", "1:17", "unknown option 'hiden'"),
    ("mlp 2 layers hidden=tahn", "1:17", "unknown activation 'tahn'"),
    ("mlp two layers", "1:17", "the layers are not readable: 'two layers'"),
    ("mlp 2 layers loss=huber", "1:17", "loss=huber is not known"),
    ("notation=ng\nx: (n, 1)", "2:1", "unknown name 'n'"),
    ("notation=ng\nn = dims\nx: (n, 1)\nassert x == x", "4:1", "a model declares and defines; it asserts nothing"),
    ("nothing", "1:17", "no model is named"),
]


@pytest.mark.parametrize(("header", "place", "message"), HEADERS)
def test_headers_that_cannot_be_read(header, place, message):
    with pytest.raises(ClaimsError) as caught:
        equations(f"<!-- backproof: {header} -->\n$a = b$")
    assert f"{caught.value.line}:{caught.value.column}" == place
    assert caught.value.message == message


def test_a_text_without_a_model():
    with pytest.raises(ClaimsError, match="no model is named above this formula"):
        equations("$a = b$")
    with pytest.raises(ClaimsError, match="the file names no model"):
        equations("words")


KINDS = [
    (r"W^{[1]}", "not a claim"),
    (r"l = 1", "not a claim"),
    (r"A^{[2]} \approx Y", "not a claim"),
    (r"W^{[1]} \gets W^{[1]} - dW^{[1]}", "not a claim"),
    (r"Z \in \mathbb{R}^{n \times m}", "not a claim"),
    (r"dZ^{[1]} = \ldots", "not a claim"),
    (r"\alpha = 0.1", "definition"),
    (r"E = A^{[2]} - Y", "definition"),
    (r"A^{[1]} = g(Z^{[1]})", "claim"),
    (r"A^{[1]} = q", "cannot be read"),
]


@pytest.mark.parametrize(("formula", "kind"), KINDS)
def test_what_a_formula_is(formula, kind):
    assert [e.kind for e in equations(f"{NG}${formula}$")] == [kind]


def test_a_definition_is_used_below():
    found = equations(NG + r"$E = A^{[2]} - Y$ and $dZ^{[2]} = E$, $dZ^{[2]} = -E$")
    assert [e.kind for e in found] == ["definition", "claim", "claim"]


MARKDOWN = r"""
`$code$` and ``$c$`` costs $5 and $6, \$x\$ <!-- $hidden$ -->
```
$fenced$
```
$a$ \(b\) \[c\] $$d$$
\begin{align*} e \end{align*}
"""
LATEX = r"""
% $hidden$
\verb|$v$| \$5 \begin{verbatim} $w$ \end{verbatim}
$a$ \(b\) \[c\] $$d$$ \begin{equation} e \end{equation} 100\% $f$
"""


@pytest.mark.parametrize(("text", "is_latex", "wanted"), [(MARKDOWN, False, "abcde"), (LATEX, True, "abcdef")])
def test_where_formulas_are(text, is_latex, wanted):
    found = list(finds(text, is_latex))
    assert "".join(m.text.strip() for m in found if isinstance(m, Math)) == wanted
    assert all(text[m.offset :].startswith(m.text) for m in found)


def test_a_header_of_several_lines_in_latex():
    (header,) = list(finds("% backproof: notation=ng\n% n = dims\n%   x: (n, 1)\ntext", True))
    assert header == Header(13, "notation=ng\nn = dims\n  x: (n, 1)")


# --- the command ------------------------------------------------------------------------------------------------------

TRUE = NG + "$dZ^{[2]} = A^{[2]} - Y$, $W^{[1]}$\n"
FALSE = NG + "Words: $dW^{[2]} = dZ^{[2]} A^{[1]T}$\n"
OPEN = "<!-- backproof: notation=ng\nP: (2000, 2000)\n-->\n$P P = P P^T$\n"
UNREAD = NG + "$dZ^{[2]} = A^{[2]} -$\n"
STATUSES = [
    ([TRUE],          0),
    ([FALSE],         1),
    ([OPEN],          3),
    ([UNREAD],        2),
    ([TRUE, FALSE],   1),
    ([FALSE, UNREAD], 2),
    (["no model"],    2),
]  # fmt: skip


@pytest.fixture
def check(tmp_path, monkeypatch):
    """check({"a.md": text}, ...) in a folder that holds these files"""
    monkeypatch.chdir(tmp_path)

    def run(files, *arguments):
        for name, content in files.items():
            (tmp_path / name).write_text(content)
        return CliRunner().invoke(main, ["check", *files, *arguments])

    return run


@pytest.mark.parametrize(("contents", "status"), STATUSES)
def test_exit_status(contents, status, check):
    assert check({f"{k}.md": content for k, content in enumerate(contents)}).exit_code == status


def test_what_is_printed(check):
    result = check({"a.md": FALSE})
    assert result.stdout.splitlines() == [
        r"a.md:2:9: FAILED, refuted: dW^{[2]} = dZ^{[2]} A^{[1]T}",
        "    read as grad(J, W2) == dZ2 @ A1.T",
        *result.stdout.splitlines()[2:-2],
        "    it holds with dZ2 @ A1.T / m (a missing factor 1/m)",
        "1 equation: 1 failed",
    ]


def test_what_cannot_be_read_has_a_caret(check):
    result = check({"a.md": UNREAD})
    assert result.stderr.splitlines() == [
        "a.md:2:22: the formula ends here",
        "    $dZ^{[2]} = A^{[2]} -$",
        "                         ^",
        "  expected a factor",
    ]


def test_wrong_and_ignore(check):
    text = FALSE.replace("Words:", "<!-- backproof: wrong -->") + "<!-- backproof: ignore --> $dW^{[1]} = 0$\n"
    result = check({"a.md": text}, "--json")
    (claim,) = json.loads(result.stdout)["files"][0]["claims"]
    assert (claim["asserted"], claim["verdict"], claim["holds"], result.exit_code) == (False, "refuted", True, 0)


def test_json(check):
    data = json.loads(check({"a.md": TRUE}, "--json").stdout)
    (file,) = data["files"]
    (claim,) = file["claims"]
    assert (claim["line"], claim["column"], claim["claim"]) == (2, 2, "dZ^{[2]} = A^{[2]} - Y")
    assert claim["reads"] == [{"claim": "grad(J, Z2) == (A2 - Y) / m", "note": "", "verdict": "proved"}]
    assert [(o["text"], o["kind"]) for o in file["formulas"]] == [("W^{[1]}", "not a claim")]


def test_a_latex_file(check):
    text = "% backproof: mlp 2 layers hidden=g notation=ng\n\\begin{align}\ndb^{[2]} &= \\frac{1}{m} dZ^{[2]} \\mathbf{1}_m \\\\\n&= \\frac1m \\sum_i dZ^{[2](i)}\n\\end{align}"  # noqa: E501
    result = check({"a.tex": text.replace(r"\\" + "\n&= \\frac1m \\sum_i dZ^{[2](i)}", "")})
    assert (result.exit_code, result.stdout.splitlines()[0][:32]) == (0, "a.tex:3:1: ok, proved: db^{[2]} ")


def test_deep_networks_are_checked_layer_by_layer(check):
    header = "<!-- backproof: mlp 6 layers hidden=tanh notation=nielsen -->\n"
    result = check({"a.md": header + r"$\Delta^l = (W^{l+1})^T \Delta^{l+1} \odot \tanh'(Z^l)$"})
    assert result.stdout.splitlines()[0].endswith("# l = 2, l = 3, l = 4, l = 5, l = 6")
    assert result.exit_code == 0


def test_a_model_whose_own_formula_is_wrong_proves_nothing(check, monkeypatch):
    from derive.reading import network

    monkeypatch.setattr(network, "_backward", lambda *_: {"dZ2": "A2 + Y"})
    result = check({"a.md": NG + r"$dW^{[2]} = \frac{1}{m} dZ^{[2]} A^{[1]T}$"})
    assert result.exit_code == 3
    assert "is not proved" in result.stdout


def test_the_document_of_a_network_is_proved(check):
    text = backprop(mlp(["n0", "n1", "n2"])).to_latex(notation="ng", form="matrix")
    result = check({"a.tex": text})
    assert result.exit_code == 0, result.output
    assert " equations: " in result.stdout


# --- safety -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", [
    "(" * 5000, "a^" * 3000, "{" * 60 + "a" + "}" * 60 + " = 1", "a = " + "(" * 39 + "b" + ")" * 39, "=" * 3000,
    r"\frac" * 900, "a = " + "b " * 1900, r"a = \mathrm{__import__('os').system('touch x')}", "a = " + "9" * 3000,
    r"X = X^{99999999}", "a = b" + "'" * 3000,
])  # fmt: skip
def test_hostile_formulas_are_refused_or_read_in_no_time(formula, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    equations(f"{NG}$${formula}$$")
    assert list(tmp_path.iterdir()) == []


def test_without_lark_the_extra_is_named():
    code = ("import sys; sys.modules['lark'] = None\nfrom derive import DeriveError, from_latex, mlp\n"
            "try:\n    from_latex('W^{[1]}', mlp([2, 1]))\nexcept DeriveError as error:\n    print(error)\n")  # fmt: skip  # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert "reading LaTeX needs the package lark" in done.stdout
    assert "backproof[latex]" in done.stdout


def test_from_latex_says_what_is_wrong():
    net = mlp([2, 3, 1])
    with pytest.raises(DeriveError, match=r"cannot multiply W2: \(1, 3\) by Z2: \(1, m\)"):
        from_latex(r"W^{[2]} Z^{[2]}", net)
    with pytest.raises(DeriveError, match="unknown name W3"):
        from_latex(r"W^{[3]}", net)
