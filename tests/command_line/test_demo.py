"""backproof demo: everything that it promises lies in its folder, and a check that fails is seen."""

import json
import re
import shutil
import sys
import time

import pytest

from backproof.comparison import by_hand_error
from backproof.demo import FILES, NETWORK, summary

DOCUMENTS = {
    "backprop.tex",
    "backprop.html",
    "backprop.txt",
    "backprop.json",
    "backprop-elements.tex",
    "loss_and_gradients.py",
}
ROWS = [
    "every step",
    "every gradient",
    "by hand, float64",
    "by hand, float32",
    "code against",
    "the cost falls",
    "are right",
]


def run(backproof):
    """The demo's result and its folder."""
    result = backproof("demo")
    assert result.exit_code == 0, result.output
    return result


def without(monkeypatch, *modules):
    for name in modules:
        monkeypatch.setitem(sys.modules, name, None)


def test_everything(backproof, tmp_path, needs_extra, needs_program):
    needs_extra("sklearn")
    needs_extra("matplotlib")
    needs_program("pdflatex")
    start = time.perf_counter()
    result = run(backproof)
    assert time.perf_counter() - start < 60
    folder = tmp_path / "backproof-demo"
    written = {path.name for path in folder.iterdir()}
    assert written == DOCUMENTS | {"backprop.pdf", "backprop-elements.pdf", "learning-curve.png"}
    assert (folder / "learning-curve.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "backprop.pdf").read_bytes().startswith(b"%PDF")
    assert json.loads((folder / "backprop.json").read_text())["equations"]["dZ2"] == "A2 - Y"
    assert "dZ2 = A2 - Y" in (folder / "loss_and_gradients.py").read_text()
    assert all(row in result.stdout for row in [*ROWS, *written, "digits", "dZ[2] = A[2] - Y"])
    assert not re.search(r"│ NO +│", result.stdout)
    assert "training on digits" in result.stderr


def test_with_the_core_alone(backproof, tmp_path, monkeypatch):
    without(
        monkeypatch, "sklearn", "sklearn.datasets", "matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"
    )
    monkeypatch.setattr(shutil, "which", lambda name: None)
    result = run(backproof)
    assert {path.name for path in (tmp_path / "backproof-demo").iterdir()} == DOCUMENTS
    assert (
        'needs scikit-learn, which is not installed: pip install "backproof[data]"; using the planar flower instead'
        in result.stdout
    )
    assert 'matplotlib is not installed; pip install "backproof[plots]"' in result.stdout
    assert "no backprop.pdf: pdflatex is not installed" in result.stdout
    assert all(row in result.stdout for row in ROWS)


def test_twice_in_the_same_folder(backproof, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    first, second = (re.sub(r"[\d.]+ s\b|[\d.]+ seconds", "", run(backproof).stdout) for _ in range(2))
    assert first == second


def test_a_check_that_fails_is_seen(backproof, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr("backproof.demo.by_hand_error", lambda *_: (0.5, 50))
    result = backproof("demo")
    assert result.exit_code == 1
    assert len(re.findall(r"│ NO +│", result.stdout)) == 2


def test_a_derivation_that_is_wrong_is_seen(backproof, monkeypatch):
    from derive import CheckError, Derivation

    def fail(self: Derivation) -> None:
        raise CheckError("step 3 (dZ2, sum): it does not hold")

    monkeypatch.setattr(Derivation, "check", fail)
    result = backproof("demo")
    assert result.exit_code == 1
    assert "step 3 (dZ2, sum): it does not hold" in result.stdout


def test_a_file_in_the_place_of_the_folder(backproof, tmp_path):
    (tmp_path / "backproof-demo").write_text("")
    result = backproof("demo")
    assert result.exit_code == 2
    assert result.stderr == "backproof: cannot make the folder backproof-demo: File exists\n"


@pytest.mark.parametrize("fault", ["cost", "W1", "b2"])
def test_the_comparison_sees_a_fault(fault):
    from derive import backprop, mlp
    from numeric import lambdify

    f = lambdify(backprop(mlp(["n0", "n1", "n2"], **NETWORK)))

    class Faulty:
        program = f.program

        def __call__(self, params, X, Y):
            J, gradients = f(params, X, Y)
            J = J * (1.001 if fault == "cost" else 1)
            return J, {name: g * (1.001 if name == fault else 1) for name, g in gradients.items()}

    assert by_hand_error(f, NETWORK, "float64", 0)[0] < 1e-12
    assert by_hand_error(Faulty(), NETWORK, "float64", 0)[0] > 1e-4


def test_the_summary_is_found():
    assert summary("x\n\nSummary\n-------\n\n  dZ = A - Y\n  dW = dZ X\n\nNext\n") == "  dZ = A - Y\n  dW = dZ X"
    assert summary("nothing") == ""
    assert FILES.keys() >= DOCUMENTS
