"""What proves is small, and imports nothing that evaluates, parses, traces or prints."""

import ast
from pathlib import Path

import derive.kernel

KERNEL = Path(derive.kernel.__file__).parent
TRUSTED = {
    "index", "tree", "elementary", "definitions", "claim",          # what a claim says
    "label", "algebra", "ratio", "precision", "signs", "nonlinear", "sums", "matrices", "lower",    # the normal form
    "evident", "facts", "equal", "proof",                           # the proof
}  # fmt: skip
MOST_LINES = 2_250
LIBRARIES = {"__future__", "collections", "contextlib",
             "dataclasses", "fractions", "functools", "itertools", "math", "time",
             "typing", "flint"}  # fmt: skip


def imported(name):
    """(modules of the kernel, top-level packages) that a file of the kernel imports, anywhere in it."""
    inside, outside = set(), set()
    for node in ast.walk(ast.parse((KERNEL / f"{name}.py").read_text())):
        if isinstance(node, ast.Import):
            outside |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 1:
            inside |= {node.module} if node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 2:
            assert node.module == "errors"
        elif isinstance(node, ast.ImportFrom):
            outside.add(node.module.split(".")[0])
    return inside, outside


def test_what_a_proof_reaches():
    reached, waiting = set(), ["proof"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            inside, outside = imported(name)
            waiting += inside
            assert outside <= LIBRARIES
    assert reached == TRUSTED


def test_it_can_be_read():
    """Lines of code: no blank lines, comments or docstrings."""
    assert sum(lines_of_code(name) for name in TRUSTED) <= MOST_LINES


def lines_of_code(name):
    source = (KERNEL / f"{name}.py").read_text()
    tree, lines = ast.parse(source), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines |= set(range(node.lineno, node.end_lineno + 1))
    code = [(k, line.strip()) for k, line in enumerate(source.splitlines(), 1) if k not in lines]
    return sum(bool(line) and not line.startswith("#") for _, line in code)


def test_proved_is_made_in_one_place():
    """Only decide.py takes what `Proved` asks for."""
    uses = [path.stem for path in KERNEL.glob("*.py") if "_KERNEL" in path.read_text()]
    assert sorted(uses) == ["decide", "verdict"]
