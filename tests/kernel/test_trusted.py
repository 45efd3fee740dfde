"""What proves is small, and imports nothing that evaluates, parses, traces or prints."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import derive.kernel
from derive.kernel.algebra import Algebra
from derive.kernel.cuts import _with
from derive.kernel.decide import Attempt
from derive.kernel.laws import FILES, MAKERS
from derive.kernel.opening import opened

KERNEL = Path(derive.kernel.__file__).parent
LANGUAGE = {"index", "tree", "elementary", "definitions", "claim"}                              # what a claim says
CORE = {"label", "algebra", "laws", "opening", "ratio", "sums", "lower", "equal", "proof"}      # what proves it
MORE = {"nonlinear", "maxima", "matrices", "one_hot", "facts", "cases",                         # opened where needed
        "signs", "evident", "precision"}  # fmt: skip
MOST_LINES = {"language": (LANGUAGE, 400), "core": (CORE, 970), "all": (LANGUAGE | CORE | MORE, 2_440)}
LIBRARIES = {"__future__", "collections", "contextlib",
             "dataclasses", "fractions", "functools", "itertools", "math", "time",
             "typing", "flint"}  # fmt: skip


def imported(name, later=True):
    """(modules of the kernel, top-level packages) that a file of the kernel imports; `later`: inside functions too."""
    inside, outside = set(), set()
    tree = ast.parse((KERNEL / f"{name}.py").read_text())
    for node in ast.walk(tree) if later else tree.body:
        if isinstance(node, ast.Import):
            outside |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 1:
            inside |= {node.module} if node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 2:
            assert node.module == "errors"
        elif isinstance(node, ast.ImportFrom):
            outside.add(node.module.split(".")[0])
    return inside, outside


def reached(*names, later=True):
    """What these files import, and what that imports."""
    found, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            inside, outside = imported(name, later)
            waiting += inside
            assert outside <= LIBRARIES
    return found


def test_what_a_proof_reaches():
    assert reached("proof", later=False) == LANGUAGE | CORE
    assert reached("proof") == LANGUAGE | CORE | MORE


def test_what_is_opened_is_listed():
    """Files are opened in one place, and a law stands where the table says."""
    assert [name for name in LANGUAGE | CORE | MORE if imported(name) != imported(name, later=False)] == ["opening"]
    for file, names in FILES.items():
        assert all(hasattr(opened(file), name) for name in names)
    for file, kinds in MAKERS.items():
        assert set(opened(file).makers(Algebra(100, opened))) == set(kinds)
    with pytest.raises(KeyError):
        opened("claim")


@pytest.mark.parametrize("part", MOST_LINES)
def test_it_can_be_read(part):
    """Lines of code: no blank lines, comments or docstrings."""
    names, most = MOST_LINES[part]
    assert sum(map(lines_of_code, names)) <= most


BACKPROP = """
m, n0, n1, n2 = dims
X: (n0, m)
Y: (n2, m)
W1: (n1, n0)
b1: (n1, 1)
W2: (n2, n1)
b2: (n2, 1)
{generic}
Z1 = W1 @ X + b1
A1 = {g}(Z1)
Z2 = W2 @ A1 + b2
A2 = {g}(Z2)
J = sum((A2 - Y)**2) / (2*m)
D1 = grad(J, Z1)
D2 = grad(J, Z2)
assert D2 == grad(J, A2) * {slope}
assert D1 == (W2.T @ D2) * {slope1}
assert grad(J, b2) == sum(D2, axis=1, keepdims=True)
assert grad(J, W2) == D2 @ A1.T
assert grad(J, W1) == D1 @ X.T
"""


@pytest.mark.parametrize(("g", "slope", "laws"), [
    ("g", "diff(g)({})", []), ("tanh", "(1 - tanh({})**2)", ["nonlinear"]),
])  # fmt: skip
def test_a_verdict_names_the_laws_that_its_proof_opened(g, slope, laws):
    """The four equations for any activation rest on the core alone: nothing else is even loaded."""
    claims = BACKPROP.format(g=g, generic="g = function" if g == "g" else "", slope=slope.format("Z2"),
                             slope1=slope.format("Z1"))
    code = f"""
import sys
from derive import check_claims
results = check_claims({claims!r})
assert len(results) == 5 and all(r.holds for r in results), results
assert all(list(r.verdict.laws) == {laws!r} for r in results), [r.verdict.laws for r in results]
print(*sorted(name.rpartition(".")[2] for name in sys.modules if name.startswith("derive.kernel.")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    assert MORE & set(done.stdout.split()) - {"precision"} == (reached(*laws, later=False) & MORE) - {"precision"}


def test_cut_points_hand_the_laws_on():
    """A gradient that is proved from another one rests on what that one rests on."""
    proof, used = (Attempt(True, laws=frozenset({name})) for name in ("nonlinear", "matrices"))
    assert _with(proof, [used]).laws == {"nonlinear", "matrices"}


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
