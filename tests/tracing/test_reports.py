"""What a report says beside the verdicts: examples that run, causes, formulas, kinks, small numbers, side effects."""

import ast
import inspect
import json
import re
import subprocess
import sys

import numpy as np
import pytest

from derive import Proved, Refuted, Unknown
from numeric import prove_backward, prove_gradient

AFFINE = {"x": ("N", "D"), "w": ("D", "M"), "b": ("M",)}


def affine(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    dx = dout @ w.T
    dw = x.T @ dout / len(x)
    db = dout.sum(axis=0)
    return dx, dw, db


REPORT = prove_backward(affine, affine_backward, shapes=AFFINE)
PART = REPORT.part("w")


def line_of(function, text):
    lines, start = inspect.getsourcelines(function)
    return next(start + k for k, line in enumerate(lines) if text in line)


def test_the_part_of_a_refuted_gradient():
    assert PART.word == "refuted"
    assert (PART.place.line, PART.place.function) == (line_of(affine_backward, "dw ="), "affine_backward")
    assert PART.cause == "a factor N is missing (a sum, not a mean), in `x.T @ dout / len(x)`"
    assert PART.expected.text == "dw[i, j] = sum_k(dout[k,j] * x[k,i])"
    assert PART.expected.numpy == "dw = x.T @ dout"
    assert r"\sum_{k}" in PART.expected.latex
    assert PART.values == ("1", "1/2")


def numbers_printed(code, folder):
    """The script in a process of its own, and all numbers that it prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stderr}\n{code}"
    return [float(line.rpartition(" ")[2]) for line in done.stdout.splitlines()]


def test_the_example_is_a_script_that_shows_the_difference(tmp_path):
    returned, quotient = numbers_printed(PART.example, tmp_path)
    assert returned == pytest.approx(0.5)
    assert quotient == pytest.approx(1.0)


def test_the_example_is_small():
    sizes = [len(ast.literal_eval(m)) for m in re.findall(r"np\.array\((.*)\)", PART.example)]
    assert max(sizes) <= 2


def test_text_html_and_json_say_the_same():
    text, html, data = str(REPORT), REPORT._repr_html_(), json.loads(REPORT.to_json())
    for word in ("refuted", "x.T @ dout", "a factor N is missing", "for all N, D, M"):
        assert word in text
        assert word in html
    assert data["holds"] is False
    assert [g["verdict"] for g in data["gradients"]] == ["proved", "refuted", "proved"]
    assert data["gradients"][1]["line"] == PART.place.line
    assert data["gradients"][1]["expected"]["numpy"] == "dw = x.T @ dout"
    assert repr(REPORT) == text


def test_html_is_escaped():
    report = prove_backward(lambda x: (x, x), lambda dout, x: dout if x.sum() < 0 else dout, shapes={"x": ("N",)})
    assert "x.sum() &lt; 0" in report._repr_html_()


def test_an_unknown_name_is_a_key_error():
    with pytest.raises(KeyError, match="there are x, w, b"):
        REPORT["v"]
    with pytest.raises(KeyError):
        REPORT.part("v")


# --- the line and the cause -------------------------------------------------------------------------------------------


def normalise(x, gamma):
    N = x.shape[0]
    mu = np.sum(x, axis=0) / N
    xmu = x - mu
    var = np.sum(xmu**2, axis=0) / N
    std = np.sqrt(var + 1)
    xhat = xmu / std
    out = gamma * xhat
    return out, (xhat, gamma, xmu, std)


BACKWARD = '''
def backward(dout, cache):
    xhat, gamma, xmu, std = cache
    N = dout.shape[0]
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    dxmu = dxhat / std
    dstd = -np.sum(dxhat * xmu, axis=0) / std**2
    dvar = dstd / (2 * std)
    dxmu = dxmu + 2 * xmu * dvar / N
    dmu = -np.sum(dxmu, axis=0)
    dx = dxmu + dmu / N
    return dx, dgamma
'''
# what is put in              where the line begins   part of the cause
PLANTED = [
    ("dgamma = np.sum(dout * xhat", "dgamma = -np.sum(dout * xhat", "dgamma", "the sign"),
    ("dxhat = dout * gamma", "dxhat = dout * gamma * 2", "dxhat", "a factor 2 too much"),
    ("/ std**2", "/ std", "dstd", "std: line"),
    ("dvar = dstd / (2 * std)", "dvar = dstd / std", "dvar", "a factor 2 too much"),
    ("+ dmu / N", "- dmu / N", "dx = dxmu", "a term with"),
    ("dstd = -np", "dstd = np", "dstd", "the sign"),
    ("np.sum(dout * xhat", "np.sum(dout * xmu", "dgamma", "std: line"),
    ("dmu = -np.sum(dxmu, axis=0)", "dmu = -np.sum(dxmu, axis=0) / N", "dmu", "a factor N is missing"),
]


@pytest.mark.parametrize(("old", "new", "line", "cause"), PLANTED)
def test_the_line_that_departs_first_and_why(old, new, line, cause, tmp_path):
    source = BACKWARD.replace(old, new)
    assert source != BACKWARD
    path = tmp_path / "planted.py"
    path.write_text(source)
    space = {"np": np, "__name__": "planted"}
    exec(compile(source, path, "exec"), space)
    report = prove_backward(normalise, space["backward"], shapes={"x": ("N", "D"), "gamma": ("D",)})
    part = next(p for p in report.parts if isinstance(p.verdict, Refuted))
    assert part.place.text.startswith(line), part
    assert cause in part.cause


def test_the_unplanted_one_is_proved():
    space = {"np": np, "__name__": "planted"}
    exec(BACKWARD, space)
    assert prove_backward(normalise, space["backward"], shapes={"x": ("N", "D"), "gamma": ("D",)}).holds


def test_a_long_formula_is_given_line_by_line_in_the_names_of_the_code():
    space = {"np": np, "__name__": "planted"}
    exec(BACKWARD.replace("dstd = -np", "dstd = np"), space)
    report = prove_backward(normalise, space["backward"], shapes={"x": ("N", "D"), "gamma": ("D",)})
    lines = report.part("x").expected.numpy.splitlines()
    assert "dvar = dstd / 2 / np.sqrt(var + 1)" in lines
    assert lines[-1].startswith("dx = ")


# --- kinks ------------------------------------------------------------------------------------------------------------


def relu(x):
    return np.maximum(x, 0), x


KINKS = [
    # backward                                       at the kink
    (lambda dout, x: dout * (x > 0), "equal"),
    (lambda dout, x: dout * (x >= 0), "another legal subgradient"),
    (lambda dout, x: dout * np.where(x > 0, 1, np.where(x < 0, 0, 0.5)), "another legal subgradient"),
    (lambda dout, x: dout * np.where(x > 0, 1, np.where(x < 0, 0, 7)), "not a subgradient"),
]


@pytest.mark.parametrize(("backward", "grade"), KINKS)
def test_a_gradient_at_a_kink_is_graded(backward, grade):
    report = prove_backward(relu, backward, shapes={"x": ("N", "D")})
    assert isinstance(report["x"], Proved)
    assert report.part("x").kink == grade


def test_smooth_code_has_no_kink():
    report = prove_backward(lambda x: (np.tanh(x), x), lambda dout, x: dout / np.cosh(x) ** 2, shapes={"x": ("N",)})
    assert report.holds
    assert report.part("x").kink == ""


# --- small numbers ----------------------------------------------------------------------------------------------------


def guarded(z, y):
    p = 1 / (1 + np.exp(-z))
    return -np.sum(y * np.log(p + 1e-7) + (1 - y) * np.log(1 - p + 1e-7))


def test_a_difference_that_vanishes_with_eps_is_graded():
    report = prove_gradient(guarded, lambda z, y: 1 / (1 + np.exp(-z)) - y, shapes={"z": ("N",), "y": ("N",)}, wrt="z")
    assert isinstance(report["z"], Refuted)
    assert report.part("z").vanishing.startswith("equal up to O(1e-07)")


def test_a_difference_that_stays_is_not():
    report = prove_gradient(guarded, lambda z, y: 1 / (1 + np.exp(-z)) + y, shapes={"z": ("N",), "y": ("N",)}, wrt="z")
    assert report.part("z").vanishing == ""


def test_a_symbolic_eps_is_graded_too():
    report = prove_gradient(lambda x, eps: np.sum(np.sqrt(x * x + eps)), lambda x, eps: np.sign(x),
                            shapes={"x": ("N",), "eps": ()}, wrt="x", assume="eps > 0")  # fmt: skip
    assert report.part("x").vanishing.startswith("equal up to O(eps)")


def third(x):
    return np.sum(x / 3)


CONSTANTS = [
    # gradient                                verdict
    (lambda x: np.ones(x.shape) / 3, Proved),
    (lambda x: np.full(x.shape, 1 / 3), Unknown),
    (lambda x: np.full(x.shape, 0.3333333333333333), Unknown),
    (lambda x: np.full(x.shape, 0.333333333333), Refuted),
    (lambda x: np.ones(x.shape) / 3 * (1 + 1e-9), Refuted),
    (lambda x: np.ones(x.shape) / 3 * (1 + 1e-13), Refuted),
]


@pytest.mark.parametrize(("gradient", "verdict"), CONSTANTS)
def test_a_verdict_that_hangs_on_the_last_digits_is_unknown(gradient, verdict):
    found = prove_gradient(third, gradient, shapes={"x": ("N",)})["x"]
    assert isinstance(found, verdict)
    if verdict is Unknown:
        assert "hangs on the last digits of 0.3333333333333333" in found.reason


# --- side effects -----------------------------------------------------------------------------------------------------


def sigmoid(x):
    s = 1 / (1 + np.exp(-x))
    return s, (x, s)


def changes_dout(dout, cache):
    x, s = cache
    dout *= s * (1 - s)
    return dout


def changes_the_cache(dout, cache):
    x, s = cache
    dx = dout * s
    s -= 1
    return -dx * s


def changes_an_argument(dout, cache):
    x, s = cache
    x[...] = 0
    return dout * s * (1 - s)


def changes_nothing(dout, cache):
    x, s = cache
    d = dout.copy()
    d *= s
    d[:] = d * (1 - s)
    return d


EFFECTS = [
    (changes_dout, ["dout"], "dout *="),
    (changes_the_cache, ["an array of the cache"], "s -= 1"),
    (changes_an_argument, ["x"], "x[...]"),
    (changes_nothing, [], ""),
]


@pytest.mark.parametrize(("backward", "names", "line"), EFFECTS, ids=lambda v: getattr(v, "__name__", None))
def test_changes_in_place_are_reported_beside_the_verdict(backward, names, line):
    report = prove_backward(sigmoid, backward, shapes={"x": ("N", "D")})
    assert report.holds
    assert [e.name for e in report.side_effects] == names
    if names:
        assert report.side_effects[0].place.line == line_of(backward, line)
        assert f"side effect: {names[0]}" in str(report)


# --- the forward function against a specification ---------------------------------------------------------------------


def layer_norm(x, gamma, beta, eps):
    mean = x.mean(axis=1, keepdims=True)
    rstd = 1 / np.sqrt(((x - mean) ** 2).mean(axis=1, keepdims=True) + eps)
    return gamma * (x - mean) * rstd + beta, None


def outside_the_root(x, gamma, beta, eps):
    mean = x.mean(axis=1, keepdims=True)
    return gamma * (x - mean) / (np.std(x, axis=1, keepdims=True) + eps) + beta, None


def only_beta(dout, cache):
    return dout.sum(axis=0)


SHAPES = {"x": ("N", "D"), "gamma": ("D",), "beta": ("D",), "eps": ()}


def test_a_forward_function_against_a_specification():
    right = prove_backward(layer_norm, only_beta, shapes=SHAPES, wrt="beta", assume="eps > 0", spec="layer_norm")
    assert right.holds
    assert right.forward.word == "proved"
    wrong = prove_backward(outside_the_root, only_beta, shapes=SHAPES, wrt="beta", assume="eps > 0", spec="layer_norm")
    assert isinstance(wrong["beta"], Proved)
    assert wrong.forward.word == "refuted"
    assert not wrong.holds
    assert "forward (layer_norm)" in str(wrong)


def test_a_specification_of_one_s_own():
    report = prove_backward(relu, lambda dout, x: dout * (x > 0), shapes={"x": ("N",)}, spec=lambda x: (x + np.abs(x)) / 2)
    assert report.holds


# --- nothing heavy ----------------------------------------------------------------------------------------------------


def test_explanations_wait_until_they_are_read():
    report = prove_backward(affine, affine_backward, shapes=AFFINE)
    assert "parts" not in vars(report)
    assert report.part("w").cause
    assert "parts" in vars(report)


def test_the_assertions_load_nothing_before_they_are_called(project):
    code = "import backproof.testing, backproof.pytest_plugin, sys; print(sorted({'numpy', 'sympy', 'flint'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
