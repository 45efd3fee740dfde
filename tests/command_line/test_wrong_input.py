"""Every wrong input ends with exit status 2 and one line on stderr that says what is wrong; nothing else."""

import re
import signal
import subprocess
import sys
import time

import click
import pytest
from click.testing import CliRunner

from backproof.cli import main
from backproof.commands import Commands

WRONG = [
    # arguments                                                 part of the line
    ("nosuch", "No such command 'nosuch'"),
    ("deriv 3,1", "No such command 'deriv'. Did you mean 'derive'?"),
    ("--nosuch", "No such option '--nosuch'"),
    ("derive", "Missing argument 'SIZES'"),
    ("derive 784", "'784' is one size; a network needs at least two, such as 784,1"),
    ("derive 0,1", "'0' is not a size; a size is an integer of at least 1, or a name such as n0"),
    ("derive 2,,1", "'' is not a size"),
    ("derive 2.5,1", "'2.5' is not a size"),
    ("derive 2,-1", "'-1' is not a size"),
    ("derive W1,3", "W1 is a variable of the network and cannot be a size"),
    ("derive n0,m", "m is the number of samples and a size"),
    ("derive n0,k --samples k", "k is the number of samples and a size"),
    ("derive n,1 --l2 n", "n is the factor of the L2 term and a size"),
    ("derive 3,1 --l2 -1", "'-1' is neither a number of at least 0, such as 0.01, nor a name"),
    ("derive 3,1 --samples 0", "'0' is not a size"),
    ("derive 3,2,1 --hidden foo", "unknown activation 'foo'; expected one of "),
    ("derive 3,2,1 --hidden softmax", "softmax (output only)"),
    ("derive 3,2,1 --hidden tanh,relu", "1 hidden layer needs one activation, but got 2"),
    ("derive 3,2,1 --hidden tanh,", "'tanh,' lacks a name"),
    ("derive 3,2,1 --output foo", "unknown activation 'foo'"),
    ("derive 3,2,1 --loss foo", "unknown loss 'foo'; expected one of squared_error, "),
    ("derive 3,1 --loss softmax_cross_entropy --output tanh", "softmax_cross_entropy needs output='softmax'"),
    ("derive 3,1 --form round", "'round' is not one of 'matrix', 'element', 'diagonal'"),
    ("derive 3,1 --notation x", "'x' is not one of 'ng', 'nielsen'"),
    ("derive 3,1 --format docx", "'docx' is not one of 'text', 'latex', 'pdf', 'html', 'json'"),
    ("derive 3,1 --format pdf", "a PDF goes to a file; say -o FILE.pdf"),
    ("derive 3,1 --weights x", "'x' is not one of 'rows', 'columns'"),
    ("derive 3,1 --mean x", "'x' is not one of 'late', 'early'"),
    ("derive 3,1 --json --format html", "--json and --format html contradict each other"),
    ("derive 3,1 --language xx", "no catalogue for language 'xx'"),
    ("derive 3,1 extra", "unexpected extra argument (extra)"),
    ("derive 3,1 -o a.docx", "a.docx: no format is known by the suffix .docx; it ends in one of .txt, "),
    ("derive 3,1 -o .", ". is a folder; name a file in it"),
    ("derive 3,1 -o no/such/file.tex", "no/such/file.tex: there is no folder no/such"),
    ("derive L --l2 0.1", "--l2 needs a list of sizes"),
    ("derive m", "symbolic depth is a letter such as 'L', not 'm'"),
    ("derive L --loss cross_entropy", "symbolic depth speaks of a generic loss"),
    ("train --layers 2", "'2' is one size"),
    ("train --layers n,1", "'n' is not a number; training needs sizes such as 2,4,1"),
    ("train --layers 3,4,1", "--layers 3,4,1 does not fit planar flower, which has 2 inputs and 1 output; "),
    ("train --layers 2,4,2", "did you mean --layers 2,4,1?"),
    ("train --layers 2,1000000000,1", "GiB of memory, but there are"),
    ("train --hidden foo", "unknown activation 'foo'"),
    ("train --hidden g", "cannot compile the generic function g"),
    ("train --loss generic", "cannot compile the generic loss"),
    ("train --epochs 0", "0 is not in the range x>=1"),
    ("train --batch-size 0", "0 is not in the range x>=1"),
    ("train --max-iterations 0", "0 is not in the range x>=1"),
    ("train --seed -1", "-1 is not in the range x>=0"),
    ("train --learning-rate -1", "'-1' is not a positive number"),
    ("train --learning-rate nan", "'nan' is not a positive number"),
    ("train --learning-rate inf", "'inf' is not a positive number"),
    ("train --stop 0", "'0' is not a positive number"),
    ("train --init foo", "'foo' is none of normal, he, xavier, nor a positive number"),
    ("train --dtype int", "'int' is not one of 'float64', 'float32'"),
    ("train --data foo", "--data foo: no such file or folder, and none of flower, digits, mnist, "),
    ("train --data cats", "--data cats needs --data-dir DIR"),
    ("train --data-dir x", "--data-dir belongs to cats, mnist, fashion_mnist; flower needs no folder"),
    ("train --label kind", "--label and --picture-size belong to your own data, not to flower"),
    ("train --data . --picture-size 8", "'8' is no size of pictures; expected HEIGHTxWIDTH"),
    ("train --data .", "has 0 subfolders; expected one for each class"),
    ("train --optimizer foo", "'foo' is not one of 'sgd', 'momentum'"),
    ("train --momentum 0.9", "--momentum belongs to --optimizer momentum or nesterov, not sgd"),
    ("train --momentum 2", "'2' is not a share between 0 and 1"),
    ("train --l2 0", "'0' is not a positive number"),
    ("train --schedule fast", "'fast' is no schedule; expected one of constant, exponential:FACTOR"),
    ("train --schedule steps:0.5", "'steps:0.5' is no schedule"),
    ("train --validation 1", "'1' is not a share between 0 and 1"),
    ("train --patience 3", "--patience watches the validation samples; give --validation SHARE too"),
    ("train --resume", "--resume goes on from the file of --save FILE"),
    ("train --save model.txt", "--save model.txt: the name ends with .npz or .safetensors"),
    ("train --save no/such/model.npz", "there is no folder no/such"),
    ("predict none.npz x.csv", "no file none.npz"),
    ("train --data mnist --data-dir no/such", "no file no/such/mnist.npz; name the folder that holds mnist.npz"),
    ("train -o .", ". is a folder; name a file in it"),
    ("train --learning-rate 1e308 --epochs 9", "the cost became "),
    ("demo --seed x", "'x' is not a valid integer"),
    ("demo extra", "unexpected extra argument (extra)"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "part"), WRONG, ids=[line for line, _ in WRONG])
def test_wrong_input(arguments, part, backproof):
    result = backproof(*arguments.split())
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("backproof: ")
    assert part in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_missing_extra_is_named(backproof, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    result = backproof("train", "--data", "digits")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        'backproof: the data set digits needs scikit-learn, which is not installed: pip install "backproof[data]"\n'
    )


def test_a_file_that_is_not_mnist(backproof, tmp_path):
    (tmp_path / "mnist.npz").write_bytes(b"something else")
    result = backproof("train", "--data", "mnist", "--data-dir", tmp_path)
    assert result.exit_code == 2
    assert "mnist.npz is not the expected file; SHA-256" in result.stderr
    assert result.stderr.count("\n") == 1


def failing(error: BaseException) -> Commands:
    @click.command()
    def command() -> None:
        raise error

    return Commands(loaders={"command": lambda: command})


ERRORS = [
    (KeyboardInterrupt(), 130, "backproof: interrupted\n"),
    (MemoryError(), 2, "backproof: not enough memory\n"),
    (PermissionError(13, "Permission denied", "x/y"), 2, "backproof: x/y: Permission denied\n"),
]


@pytest.mark.parametrize(("error", "status", "line"), ERRORS)
def test_what_can_happen_to_a_command(error, status, line):
    result = CliRunner().invoke(failing(error), ["command"])
    assert (result.exit_code, result.stderr.lstrip("\n")) == (status, line)


def test_an_error_of_ours_is_not_hidden():
    result = CliRunner().invoke(failing(ZeroDivisionError()), ["command"])
    assert isinstance(result.exception, ZeroDivisionError)


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_ends_cleanly(tmp_path):
    command = [sys.executable, "-m", "backproof", "train", "--epochs", "100000000"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(5)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert re.search(r"│ stopped +│ interrupted +│", output)  # with what was reached
    assert "Traceback" not in errors


def test_main_is_the_group():
    assert isinstance(main, Commands)
