"""What programs and notebooks read of a report: JSON by its schema, HTML that needs nothing else, scripts that run."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

from derive import DeriveError, Proved, Refuted, Unknown
from numeric import prove_backward, prove_gradient
from numeric.tracing.specifications import SPECIFICATIONS
from numeric.tracing.vanishing import difference

REPORT_KEYS = {"schema", "title", "scope", "holds", "gradients", "forward", "conditions", "side_effects"}
GRADIENT_KEYS = {
    "name", "verdict", "reason", "shape", "gradient_shape", "except_on", "kink", "vanishing", "file", "line",
    "expression", "cause", "expected", "derivative", "returned", "relative_difference", "example",
}  # fmt: skip


def forward(x, w, b):
    z = x @ w + b
    out = np.maximum(z, 0)
    return out, (x, w, z)


def backward(dout, cache):
    x, w, z = cache
    dout *= z >= 0
    return dout @ w.T, x.T @ dout * 2, dout.sum(axis=0, keepdims=True)


REPORT = prove_backward(forward, backward, shapes={"x": ("N", "D"), "w": ("D", "M"), "b": ("M",)}, spec="affine")


def test_json_has_the_keys_that_are_documented(project):
    data = json.loads(REPORT.to_json())
    assert data.keys() == REPORT_KEYS
    assert data["schema"] == "backproof.report/1"
    assert {key for part in (*data["gradients"], data["forward"]) for key in part} == GRADIENT_KEYS
    page = (project / "docs" / "backward_code.md").read_text(encoding="utf-8").partition("## JSON")[2]
    assert [key for key in REPORT_KEYS | GRADIENT_KEYS if f"`{key}`" not in page] == []


def test_json_says_it_all():
    data = json.loads(REPORT.to_json())
    x, w, b = data["gradients"]
    assert [g["verdict"] for g in (x, w, b, data["forward"])] == ["proved", "refuted", "refuted", "refuted"]
    assert x["kink"] == "another legal subgradient"
    assert (w["expression"], w["cause"]) == ("x.T @ dout * 2", "a factor 2 too much, in `x.T @ dout * 2`")
    assert w["expected"]["numpy"] == "dw = x.T @ (dout * (x @ w + b > 0))"
    assert (b["shape"], b["gradient_shape"]) == ("(M,)", "(1, M)")
    assert "keepdims" in b["cause"]
    assert data["side_effects"][0]["name"] == "dout"


def test_the_named_specifications_are_documented(project):
    page = (project / "docs" / "backward_code.md").read_text(encoding="utf-8")
    assert [name for name in SPECIFICATIONS if f"`{name}`" not in page] == []


def test_an_unknown_specification_is_an_error_that_names_those_there_are():
    with pytest.raises(DeriveError, match=r"no specification is called 'layernorm'; there are affine, .*layer_norm"):
        prove_backward(forward, backward, shapes={"x": ("N", "D"), "w": ("D", "M"), "b": ("M",)}, spec="layernorm")


class Page(HTMLParser):
    """What is opened is closed, and nothing is fetched."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], set()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.add(tag)
        assert not {"src", "href"} & {name for name, _ in attrs}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_html_needs_nothing_else():
    html = REPORT._repr_html_()
    page = Page()
    page.feed(html)
    assert page.open == []
    assert {"style", "section", "details", "pre"} <= page.seen
    assert not {"script", "link", "img"} & page.seen
    assert "url(" not in html
    assert "prefers-color-scheme:dark" in html


def test_the_same_is_not_said_twice():
    report = prove_gradient(lambda a, b: np.sum(a * b), lambda a, b: (b, a) if a.sum() > 0 else (a, b),
                            shapes={"a": ("N",), "b": ("N",)})  # fmt: skip
    assert isinstance(report["b"], Unknown)
    assert str(report).count("control flow") == 1
    assert "as a" in str(report)


# --- scripts ----------------------------------------------------------------------------------------------------------

SOURCE = '''
import numpy as np

class Scale:
    factor = 3
    def forward(self, x):
        self.x = x
        return self.factor * x * x
    def backward(self, dout):
        return self.factor * self.x * dout

layer = Scale()

def loss(**given):
    return np.sum(given["p"]["w"] ** 3) * given["times"]

def gradients(**given):
    return {"w": 3 * given["p"]["w"] * given["times"]}

def column(x, b):
    return x + b, None

def column_backward(dout, cache):
    return dout, dout.sum(axis=1)
'''


@pytest.fixture
def layers(tmp_path, monkeypatch):
    """A module of a user."""
    (tmp_path / "user_layers.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "user_layers", raising=False)
    import user_layers

    return user_layers


def printed(code, folder):
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stderr}\n{code}"
    return done.stdout


def test_examples_are_scripts_that_run_anywhere(layers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    methods = prove_backward(layers.layer.forward, layers.layer.backward, shapes={"x": ("N", "D")})
    keywords = prove_gradient(layers.loss, layers.gradients, shapes={"p": {"w": ("n",)}}, wrt="p", times=2)
    for part in (methods.part("x"), keywords.part("w")):
        assert isinstance(part.verdict, Refuted)
        returned, quotient = [float(line.split()[-1]) for line in printed(part.example, folder).splitlines()]
        assert abs(returned - quotient) > 1e-3, part.example


def test_a_wrong_shape_has_its_line_and_a_script(layers, tmp_path):
    report = prove_backward(layers.column, layers.column_backward, shapes={"x": ("N", "D"), "b": ("N", 1)})
    part = report.part("b")
    assert (part.place.expression, part.cause) == ("dout.sum(axis=1)", "keepdims=True is missing")
    assert part.expected.numpy == "db = np.sum(dout, axis=1, keepdims=True)"
    assert re.search(r"b has shape \((\d), 1\) and its gradient \(\1,\)", printed(part.example, tmp_path))


# --- what users met ---------------------------------------------------------------------------------------------------


def norm_forward(x, gamma, bn_param):
    eps = bn_param.get("eps", 1e-5)
    var = x.var(axis=0)
    if bn_param["mode"] == "train":
        bn_param["running_var"] = 0.9 * bn_param.get("running_var", np.zeros(x.shape[1])) + 0.1 * var
    xhat = (x - x.mean(axis=0)) / np.sqrt(var + eps)
    return gamma * xhat, (xhat, gamma, var, eps)


def norm_backward(dout, cache):
    xhat, gamma, var, eps = cache
    d = dout * gamma
    return (d - d.mean(axis=0) - xhat * (d * xhat).mean(axis=0)) / np.sqrt(var + eps), (dout * xhat).sum(axis=0)


def test_a_dict_that_the_code_writes_to_stays_the_callers():
    given = {"mode": "train"}
    assert prove_backward(norm_forward, norm_backward, shapes={"x": ("N", "D"), "gamma": ("D",)}, bn_param=given).holds
    assert given == {"mode": "train"}


def test_a_dict_of_flags_and_symbols():
    report = prove_backward(norm_forward, norm_backward, wrt=["x", "gamma"], assume="eps > 0",
                            shapes={"x": ("N", "D"), "gamma": ("D",), "bn_param": {"eps": ()}}, bn_param={"mode": "train"})  # fmt: skip
    assert report.holds


def spread_forward(x, eps):
    xmu = x - np.sum(x, axis=0) / len(x)
    var = np.sum(xmu**2, axis=0) / len(x)
    ivar = 1 / np.sqrt(var + eps)
    return xmu * ivar, (xmu, ivar, var, eps)


def spread_backward(dout, cache):
    xmu, ivar, var, eps = cache
    dvar = -0.5 * np.sum(dout * xmu, axis=0) / np.sqrt(var + eps) ** 3
    dxmu = dout * ivar + 2 * xmu * dvar / len(xmu)
    return dxmu - np.sum(dxmu, axis=0) / len(xmu)


def test_conditions_are_in_the_words_of_the_code():
    report = prove_backward(spread_forward, spread_backward, shapes={"x": ("N", "D"), "eps": ()}, wrt="x", assume="eps > 0")
    assert report.holds
    assert not [c for c in report.conditions if "~" in c]
    assert any(c.startswith("where var + eps (line ") and c.endswith(") > 0") for c in report.conditions), report.conditions


def test_what_the_loss_puts_into_a_dict_is_there_for_the_gradients():
    def loss(W, cache):
        cache["squares"] = W * W
        return np.sum(cache["squares"])

    given = {}
    report = prove_gradient(loss, lambda W, cache: 2 * cache["squares"] / W, shapes={"W": ("n",)}, assume="W > 0", cache=given)
    assert isinstance(report["W"], Proved)
    assert given == {}


DIFFERENCES = [
    # derivative  returned                  grade                                     relative difference
    ("0", "6.24767135960507e-434294483", "equal for floats: the difference there is 6.2e-434294483", ""),
    ("1", "1.000000001", "", "1e-09"),
    ("1", "1/2", "", ""),
    ("0", "nan +/- 1", "", ""),
]


@pytest.mark.parametrize(("derivative", "returned", "grade", "apart"), DIFFERENCES)
def test_the_size_of_a_difference(derivative, returned, grade, apart):
    found = difference(derivative, returned)
    assert (found[0].partition(",")[0], found[1]) == (grade, apart)


def test_a_weight_is_no_small_number():
    report = prove_gradient(lambda W, reg: np.sum(W**3) + reg * np.sum(W * W), lambda W, reg: 3 * W**2 + reg * W,
                            shapes={"W": ("n",), "reg": ()}, wrt="W")  # fmt: skip
    part = report.part("W")
    assert (part.vanishing, part.cause) == ("", "a factor 2 is missing, in `reg * W`")


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gates_forward(x, W):
    z = x @ W
    i = sigmoid(z[:, : z.shape[1] // 2])
    g = np.tanh(z[:, z.shape[1] // 2 :])
    return i * g, (x, W, i, g)


def gates_backward(dout, cache):
    x, W, i, g = cache
    dz = np.hstack([dout * g * i * (1 - i), dout * i * (1 - g)])
    return dz @ W.T, x.T @ dz


def test_parts_of_an_array_are_written_as_the_caller_would():
    report = prove_backward(gates_forward, gates_backward, shapes={"x": ("N", "D"), "W": ("D", "2*H")})
    part = report.part("W")
    assert part.cause.startswith("1 - g**2 (g: line ")
    assert part.cause.endswith("should stand there, not `1 - g`")
    assert "dW[:, H:2 * H] = " in part.expected.numpy
    assert "di" in report.part("x").expected.numpy or "dg" in report.part("x").expected.numpy
