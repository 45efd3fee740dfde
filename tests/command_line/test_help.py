"""Help is quick, complete, and its examples run."""

import os
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import examples

from backproof.cli import main
from backproof.commands import one_line

COMMANDS = ("derive", "check", "train", "predict", "demo", "seeds")
HELP = {
    name: CliRunner().invoke(main, [*name.split(), "--help"], prog_name="backproof").output for name in ("", *COMMANDS)
}
ELSEWHERE = "mnist|cats|demo |demo$|[.]pdf|predict|seeds.*(quick|data-dir)"  # slow, or in need of data
QUICK = sorted(
    {line for text in HELP.values() for line in examples(text) if not re.search(ELSEWHERE, line)}
)


def test_help_lists_the_commands_with_a_word_about_each():
    for name in COMMANDS:
        assert f"\n  {name} " in HELP[""]
    assert "..." not in HELP[""].partition("Commands:")[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_teaches_with_examples(name):
    assert HELP[name].startswith(f"Usage: backproof {name}")
    assert all(line.startswith(f"backproof {name}") for line in examples(HELP[name]))
    assert examples(HELP[name])


def test_there_are_examples_to_run():
    assert len(QUICK) > 10


@pytest.mark.parametrize("example", QUICK)
def test_an_example_of_help_runs(example, backproof, needs_extra, project):
    if "digits" in example or "iris" in example:
        needs_extra("sklearn")
    words = shlex.split(re.split("[|<]", example)[0])
    extra = ["--max-iterations", "20"] if words[1] == "train" else []
    claims = (project / "tests" / "claims" / "seed_001_logistic.claims").read_text()
    Path("gradients.claims").write_text(claims)
    if "paper.tex" in words:
        needs_extra("lark")
        Path("notes.md").write_text((project / "tests" / "latex" / "seeds" / "000.md").read_text())
        backproof("derive", "3,2,1", "--detail", "key", "-o", "paper.tex")
    result = backproof(*words[1:], *extra, input=claims)
    assert result.exit_code == 0, result.output
    if "-o" in words:
        assert Path(words[words.index("-o") + 1]).stat().st_size > 1000
    else:
        assert len(result.stdout) > 300


def test_without_a_command_help_is_shown(backproof):
    result = backproof()
    assert (result.exit_code, result.stdout.strip()) == (0, HELP[""].strip())


def test_version(backproof):
    assert backproof("--version").output == "backproof 0.1.0\n"


def test_python_m_backproof(in_process):
    done = in_process("-m", "backproof", "--version")
    assert (done.returncode, done.stdout) == (0, "backproof 0.1.0\n")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["derive", "--help"], ["train", "--help"], ["predict", "--help"], ["demo", "--help"],
                  ["seeds", "--help"], ["--version"]]
)
def test_help_loads_nothing_that_is_slow(arguments, in_process):
    slow = ("sympy", "numpy", "flint", "derive", "numeric", "rich", "matplotlib", "sklearn")
    code = (
        "import sys; from backproof.cli import main\n"
        f"try: main({arguments!r}, prog_name='backproof')\n"
        f"finally: print([name for name in {slow!r} if name in sys.modules], file=sys.stderr)"
    )
    assert in_process("-c", code).stderr.strip() == "[]"


def test_the_entry_point_is_installed(project):
    assert 'backproof = "backproof.cli:main"' in (project / "pyproject.toml").read_text()


def test_no_traceback_when_the_reader_leaves(in_process):
    code = (
        "import subprocess, sys; from subprocess import PIPE\n"
        "command = [sys.executable, '-m', 'backproof', 'derive', '2,1']\n"
        "process = subprocess.Popen(command, stdout=PIPE, stderr=PIPE)\n"
        "process.stdout.close(); print(process.stderr.read()); process.stderr.close(); process.wait()"
    )
    done = in_process("-c", code)
    assert (done.stdout, done.stderr) == ("b''\n", "")


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("one", "one"),
        ("no file x\n  name the folder", "no file x; name the folder"),
        ("unknown 'f'\n  expected a,\n  or b", "unknown 'f'; expected a, or b"),
        ("\n  here\n\n  there.\nmore\n", "here; there. more"),
    ],
)
def test_a_message_becomes_one_line(message, line):
    assert one_line(message) == line


def test_a_terminal_without_greek_letters(in_process):
    words = ("-m", "backproof", "derive", "2,1", "--notation", "nielsen")
    done = in_process(*words, env={**os.environ, "PYTHONIOENCODING": "latin-1"}, encoding="latin-1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "?^l is the error of layer l" in done.stdout
