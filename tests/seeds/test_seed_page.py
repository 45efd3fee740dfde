"""docs/seeds.md lists what the seeds say; each row names a claim, a test or a command, and each of them exists."""

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

OUT_OF_SCOPE = "out of scope"


def rows(text: str) -> Iterator[tuple[str, str]]:
    """(what, realised by) of every table whose second heading is "realised by"."""
    inside = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")] if line.startswith("|") else []
        if line.startswith("|---"):
            continue
        if len(cells) < 2:
            inside = False
        elif cells[-1] == "realised by":
            inside = True
        elif inside:
            yield cells[0], cells[-1]


def faults(text: str, project: Path) -> list[str]:
    """One line for each row that names nothing, and for each reference that does not exist."""
    found = []
    for what, realised in rows(text):
        references = re.findall(r"`([^`]+)`", realised)
        if not references and realised != OUT_OF_SCOPE:
            found.append(f"{what}: names nothing")
        found += [f"{what}: {fault}" for reference in references if (fault := missing(reference, project))]
    return found


def missing(reference: str, project: Path) -> str:
    """What is wrong with one reference; "" if it exists."""
    if reference.startswith("backproof "):
        return command_fault(reference)
    if "::" in reference:
        path, _, name = reference.partition("::")
        return "" if name in functions(project / path) else f"no test {reference}"
    name, colon, formula = reference.partition(": ")
    file = project / "tests" / "claims" / f"{name}.claims"
    if not colon or not file.is_file():
        return f"neither command, nor test, nor claim: {reference}"
    return "" if normal(formula) in statements(file) else f"{file.name} does not say {formula}"


def normal(formula: str) -> str:
    """A claim or a definition, as Python would print it; the claim of `assert not` begins with "not"."""
    node = ast.parse(formula).body[0]
    return ast.unparse(node)


@cache
def statements(file: Path) -> frozenset[str]:
    """What a claims file asserts and defines."""
    body = ast.parse(file.read_text(encoding="utf-8")).body
    return frozenset(ast.unparse(node.test if isinstance(node, ast.Assert) else node) for node in body)


@cache
def functions(path: Path) -> frozenset[str]:
    """The functions of a test file."""
    if not path.is_file():
        return frozenset()
    return frozenset(node.name for node in ast.parse(path.read_text(encoding="utf-8")).body
                     if isinstance(node, ast.FunctionDef))  # fmt: skip


def command_fault(line: str) -> str:
    """Reads the command line as the program would, and does not run it."""
    from backproof.cli import main

    _, name, *arguments = shlex.split(line)
    command = main.get_command(click.Context(main), name)
    if command is None:
        return f"no command {name}"
    try:
        command.make_context(name, arguments)
    except click.ClickException as error:
        return f"{line}: {error.format_message()}"
    return ""


@pytest.fixture
def page(project):
    return (project / "docs" / "seeds.md").read_text(encoding="utf-8")


def test_every_row_names_what_exists(page, project):
    found = faults(page, project)
    assert not found, "\n" + "\n".join(found)


def test_all_five_seeds_are_there(page):
    by_seed = re.split(r"^## Seed (\d)", page, flags=re.MULTILINE)
    counts = {int(k): len(list(rows(text))) for k, text in zip(by_seed[1::2], by_seed[2::2], strict=True)}
    assert sorted(counts) == [0, 1, 2, 3, 4]
    assert all(count >= 10 for count in counts.values()), counts


def test_every_run_stands_on_the_page(page):
    from backproof.seeds.table import BY_NAME

    assert [name for name in BY_NAME if f"backproof seeds --only {name}`" not in page] == []


WRONG = ["0.01 randn", "(4, 3) broadcasts with (3, 1)", "80 % on the training data", "dz/dW = sigma' a^T"]


@pytest.mark.parametrize("statement", WRONG)
def test_wrong_statements_are_marked(statement, page):
    assert any("**wrong**" in what and statement in what for what, _ in rows(page))


def test_the_page_says_what_is_lost_and_what_is_left_out(page):
    assert sum("**lost**" in what for what, _ in rows(page)) >= 15
    assert "Convolution" in page


PLANTED = {
    "names nothing":   ("a remark", "names nothing"),
    "no such claim":   ("`seed_000_batch: grad(J, Z) == 2 * dZ`", "does not say"),
    "wrong sign":      ("`seed_000_batch: grad(J, b) == dZ`", "does not say"),  # the file has it under not
    "no such file":    ("`seed_009: z = 1`", "neither command"),
    "no such test":    ("`tests/seeds/test_seed_page.py::test_nothing`", "no test"),
    "no such folder":  ("`tests/none/test_none.py::test_nothing`", "no test"),
    "no such command": ("`backproof fly`", "no command"),
    "no such run":     ("`backproof seeds --only nothing`", "no run 'nothing'"),
    "no such option":  ("`backproof derive L --colour red`", "--colour"),
    "bare words":      ("`somewhere`", "neither command"),
}  # fmt: skip


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(fault, project):
    realised, message = PLANTED[fault]
    found = faults(f"| what the text has | realised by |\n|---|---|\n| something | {realised} |\n", project)
    assert len(found) == 1
    assert message in found[0]
