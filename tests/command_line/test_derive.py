"""backproof derive: what it prints is what the library prints, in every format, and a file is written whole or not."""

import json
import os
import re
import stat

import click
import pytest
from sympy import Rational

from backproof import files
from backproof.cross_checks import cross_checks
from derive import backprop, mlp
from numeric import lambdify

CASES = [
    # arguments                                          the same by the library
    ("n0,n1,n2", lambda: backprop(mlp(["n0", "n1", "n2"])).to_text()),
    ("3,2 --format html", lambda: backprop(mlp([3, 2])).to_html(numpy=lambdify(backprop(mlp([3, 2]))).source)),
    ("L --format html", lambda: backprop(mlp("L")).to_html()),
    ("3,2,1 --hidden relu --loss squared_error --format latex",
     lambda: backprop(mlp([3, 2, 1], "relu", loss="squared_error")).to_latex()),
    ("3,2,2,1 --hidden relu,tanh --json", lambda: backprop(mlp([3, 2, 2, 1], ["relu", "tanh"])).to_json()),
    ("3,2 --output softmax --samples 1 --form element",
     lambda: backprop(mlp([3, 2], output="softmax", samples=1)).to_text(form="element")),
    ("3,2,1 --form diagonal --notation nielsen",
     lambda: backprop(mlp([3, 2, 1])).to_text(form="diagonal", notation="nielsen")),
    ("3,2 --l2 lambda --mean early", lambda: backprop(mlp([3, 2], l2="lambda"), "early").to_text()),
    ("3,2 --weights columns --samples k", lambda: backprop(mlp([3, 2], weights="columns", samples="k")).to_text()),
    ("L --notation nielsen", lambda: backprop(mlp("L")).to_text(notation="nielsen")),
    ("L --hidden tanh --samples m --format latex", lambda: backprop(mlp("L", hidden="tanh", samples="m")).to_latex()),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "expected"), CASES, ids=[arguments for arguments, _ in CASES])
def test_the_command_says_what_the_library_says(arguments, expected, backproof):
    result = backproof("derive", "--no-cross-check", *arguments.split())
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.rstrip("\n") == expected().rstrip("\n")


def test_a_decimal_stays_exact(backproof):
    found = backproof("derive", "3,1", "--l2", "0.1", "--no-cross-check").stdout
    assert found == backprop(mlp([3, 1], l2=Rational(1, 10))).to_text()


OPTIONS = [
    ("--detail key", {"detail": "key"}),
    ("--form all --language zh", {"form": "all", "language": "zh"}),
    ("--form element --samples 5", {"form": "element"}),
]


@pytest.mark.parametrize(("options", "given"), OPTIONS)
def test_options_of_the_document(options, given, backproof):
    net = mlp([3, 2], samples=5 if "--samples" in options else None)
    found = backproof("derive", "3,2", "--no-cross-check", *options.split()).stdout
    assert found == backprop(net).to_text(**given)
    assert "samples" not in options or ("5 samples" in found and "(2,5)" not in found and "1/5" in found)


def test_the_document_reports_the_cross_check(backproof):
    found = backproof("derive", "n0,n1,n2", "--hidden", "relu", "--loss", "squared_error", "--l2", "lambda").stdout
    sizes = r"n\[0\] = 3, n\[1\] = 4, n\[2\] = 2, m = 5"
    rows = re.findall(rf"^(\d) +{sizes} +(\S+ \S+) +(\d+).* +< 10\^\{{-(\d+)\}}$", found, re.M)
    assert [(seed, method) for seed, method, *_ in rows] == [(str(k), "complex step") for k in range(3)]
    assert all(int(entries) == 3 * 4 + 4 + 4 * 2 + 2 and int(power) >= 8 for *_, entries, power in rows)


NOT_COMPUTED = ["L", "n0,n1 --hidden g --output g --loss generic", "784,30,10"]


@pytest.mark.parametrize("arguments", NOT_COMPUTED)
def test_no_figures_where_nothing_can_be_computed_or_too_much(arguments, backproof):
    result = backproof("derive", *arguments.split())
    assert result.exit_code == 0
    assert "Cross-check" not in result.stdout


def test_json_parses(backproof):
    tree = json.loads(backproof("derive", "n0,n1,n2", "--json").stdout)
    assert tree["equations"]["dZ2"] == "A2 - Y"


SUFFIXES = [
    ("bp.tex", "\\documentclass"),
    ("bp.html", "<!"),
    ("bp.json", "{"),
    ("bp.txt", "Backpropagation"),
    ("bp", "Backpropagation"),
]


@pytest.mark.parametrize(("name", "start"), SUFFIXES)
def test_the_suffix_names_the_format(name, start, backproof, tmp_path):
    result = backproof("derive", "2,1", "-o", name)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"wrote {name}\n")
    text = (tmp_path / name).read_text()
    assert text.startswith(start)
    assert text.endswith("\n")


def test_format_goes_before_suffix(backproof, tmp_path):
    backproof("derive", "2,1", "-o", "bp.tex", "--format", "json")
    assert json.loads((tmp_path / "bp.tex").read_text())


def test_dash_is_stdout(backproof, tmp_path):
    assert backproof("derive", "2,1", "-o", "-").stdout.startswith("Backpropagation")
    assert list(tmp_path.iterdir()) == []


# --- files ------------------------------------------------------------------------------------------------------------


def test_wrong_input_leaves_a_file_alone(backproof, tmp_path):
    (tmp_path / "bp.tex").write_text("precious")
    assert backproof("derive", "2,1,1", "--hidden", "foo", "-o", "bp.tex").exit_code == 2
    assert (tmp_path / "bp.tex").read_text() == "precious"


@pytest.mark.parametrize("step", ["fsync", "chmod", "replace"])
def test_a_file_is_written_whole_or_not_at_all(step, tmp_path, monkeypatch):
    target = tmp_path / "file"
    target.write_text("before")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(click.ClickException, match="No space left on device"):
        files.write(target, "after")
    monkeypatch.undo()
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_an_interrupt_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.write(tmp_path / "file", "text")
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_has_the_usual_permissions(tmp_path):
    (tmp_path / "usual").write_text("")
    files.write(tmp_path / "new", "")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_an_old_file_keeps_its_permissions(tmp_path):
    (tmp_path / "old").write_text("")
    (tmp_path / "old").chmod(0o640)
    files.write(tmp_path / "old", "text")
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "target").write_text("before")
    (tmp_path / "link").symlink_to("target")
    files.write(tmp_path / "link", "after")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "after"


def test_a_device_is_written_to():
    files.write(os.devnull, "text")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_the_cross_check_takes_points_at_which_the_loss_is_defined():
    found = cross_checks(backprop(mlp([3, 2, 1], output="relu")))
    assert [check.seed for check in found] == [0, 1, 2]
    assert all(check.error < 1e-12 for check in found)
