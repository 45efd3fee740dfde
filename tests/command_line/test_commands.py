"""The command line: what it prints, where it writes, and how it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backproof.cli import main

COMMANDS = ("derive", "train", "demo")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


WRONG = [
    # arguments                                                   what the message says
    (["derive", "2,x-1"], "'x-1' is not a size; a size is an integer of at least 1, or a name such as n0"),
    (["derive", "2,0,1"], "'0' is not a size"),
    (["derive", "2"], "'2' is one size; a network needs at least two, such as 2,1"),
    (["derive", "2,3,1", "--hidden", "foo"], "unknown activation 'foo'"),
    (["derive", "2,3,1", "--hidden", "tanh,relu"], "1 hidden layers need as many activations, but got 2"),
    (["derive", "2,3,1", "--loss", "foo"], "unknown loss 'foo'"),
    (["derive", "2,3,1", "--language", "xx"], "there is no catalogue for language 'xx'"),
    (["derive", "2,3,1", "--l2", "1+1"], "'1+1' is neither a number, such as 0.01, nor a name"),
    (["derive", "L", "--loss", "squared_error"], "symbolic depth speaks of a generic loss"),
    (["derive", "2,1", "-o", "no-such-folder/x.tex"], "there is no folder no-such-folder"),
    (["derive", "2,1", "-o", "."], ". is a folder; name a file"),
    (["derive", "2,1", "--notation", "foo"], "Invalid value for '--notation'"),
    (["train", "--layers", "3,4"], "does not fit planar flower, which has 2 inputs and 1 output; did you mean --layers 2,1?"),
    (["train", "--hidden", "g"], "g"),
    (["train", "--data", "mnist"], "--data mnist needs --data-dir DIR"),
    (["train", "--data", "mnist", "--data-dir", "no-such-folder"], "no file no-such-folder/mnist.npz"),
    (["train", "--init", "foo"], "'foo' is none of normal, he, xavier, nor a positive number such as 0.01"),
    (["train", "--learning-rate", "-1"], "-1"),
    (["prove"], "No such command 'prove'"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=lambda v: " ".join(v) if isinstance(v, list) else "")
def test_wrong_input_is_one_clear_message_and_status_2(arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_help_teaches_with_examples(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"backproof {name}" in result.output


def test_help_loads_neither_sympy_nor_numpy() -> None:
    code = """
import sys
from click.testing import CliRunner
from backproof.cli import main
print(CliRunner().invoke(main, ["--help"]).exit_code, sorted({"sympy", "numpy", "derive", "rich"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0 []\n"


FORMATS = [
    ("text", "dZ[2] = A[2] - Y"),
    ("latex", r"dZ^{[2]} &= A^{[2]} - Y"),
    ("html", "<!doctype html>"),
    ("json", '"dZ2": "A2 - Y"'),
]


@pytest.mark.parametrize(("kind", "expected"), FORMATS)
def test_derive_prints_every_format(kind: str, expected: str) -> None:
    result = run("derive", "n0,n1,n2", "--format", kind)
    assert result.exit_code == 0
    assert expected in result.output


def test_the_command_of_the_design_writes_its_file(tmp_path: Path) -> None:
    file = tmp_path / "bp.tex"
    result = run("derive", "784,30,10", "--hidden", "sigmoid", "--loss", "cross_entropy", "--notation", "nielsen",
                 "--form", "element", "--format", "latex", "-o", str(file))  # fmt: skip
    assert result.exit_code == 0
    assert r"\frac{\partial J}{\partial z_{j}^{2}}" in file.read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["bp.tex"]


@pytest.mark.parametrize(
    ("ending", "start"), [(".tex", r"\documentclass"), (".html", "<!doctype html>"), (".json", "{"), (".txt", "Back")]
)
def test_the_ending_of_the_file_chooses_the_format(ending: str, start: str, tmp_path: Path) -> None:
    file = tmp_path / f"bp{ending}"
    assert run("derive", "2,1", "-o", str(file)).exit_code == 0
    assert file.read_text().startswith(start)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "bp.tex"
    file.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "disk full")

    monkeypatch.setattr("os.replace", fail)
    result = run("derive", "2,1", "-o", str(file))
    assert result.exit_code == 2
    assert "disk full" in result.output
    assert (file.read_text(), [p.name for p in tmp_path.iterdir()]) == ("old", ["bp.tex"])


def test_derive_any_depth() -> None:
    assert "(BP2)" in run("derive", "L", "--form", "diagonal", "--notation", "nielsen").output


def test_train_without_data_uses_the_flower_and_learns() -> None:
    found = json.loads(run("train", "--json", "--epochs", "1000").stdout)
    assert (found["data"], found["epochs"]) == ("planar flower", 1000)
    assert found["cost"][-1] < 0.4 < 0.69 < found["cost"][0]
    assert found["train_accuracy"] > 0.85


def test_train_is_reproducible_by_seed() -> None:
    one, two, other = (
        json.loads(run("train", "--json", "--epochs", "20", "--seed", s).stdout) for s in ("3", "3", "4")
    )
    assert one["cost"] == two["cost"] != other["cost"]


def test_train_prints_a_table() -> None:
    result = run("train", "--epochs", "10")
    assert result.stdout.startswith("Trained on planar flower")
    assert "train accuracy" in result.stdout


def test_the_stopping_rule_is_reported() -> None:
    found = json.loads(run("train", "--json", "--stop", "1000").stdout)
    assert (found["iterations"], found["stopped"]) == (1, "small change")


def test_digits_without_the_extra_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    result = run("train", "--data", "digits")
    assert result.exit_code == 2
    assert 'pip install "backproof[data]"' in result.output


def test_digits_with_the_extra(needs_extra: object) -> None:
    needs_extra("sklearn")  # type: ignore[operator]
    found = json.loads(run("train", "--data", "digits", "--epochs", "5", "--json").stdout)
    assert found["final_test_accuracy"] > 0.8


def test_an_interrupt_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("numeric.train", interrupted)
    result = run("train")
    assert (result.exit_code, result.stderr.strip()) == (130, "backproof: interrupted")


def test_demo_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("demo")
    assert result.exit_code == 0, result.output
    folder = tmp_path / "backproof-demo"
    assert {
        "backprop.tex",
        "backprop.html",
        "backprop.txt",
        "backprop.json",
        "backprop-elements.tex",
        "loss_and_gradients.py",
    } <= {p.name for p in folder.iterdir()}
    for word in ("every step, replayed", "code by hand", "training: the cost falls", "learning-curve.png"):
        assert word in result.output
    namespace: dict = {}
    exec((folder / "loss_and_gradients.py").read_text(), namespace)
    assert "loss_and_gradients" in namespace


def test_a_file_in_the_way_of_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "backproof-demo").write_text("mine")
    result = run("demo")
    assert (result.exit_code, (tmp_path / "backproof-demo").read_text()) == (2, "mine")
