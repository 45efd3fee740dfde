"""Imports go down, never up: the floors of the house, and a checker that is tested with planted faults.

A file may import from lower floors only, inside functions too.  Another package is entered by its front door.  Extras
are imported where they are used, inside functions, so that the core works without them.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class House:
    """What may import what.  A key of floors is a package, lowest package first; a line is a floor, lowest floor first.

    Files of one line do not see each other.  "kernel" is kernel/__init__.py; the package's own __init__.py is on top.
    """

    floors: dict[str, str]
    doors: frozenset[str]  # modules that higher packages may import
    core: dict[str, frozenset[str]]  # third-party packages, anywhere in the package
    extras: dict[str, frozenset[str]]  # third-party packages, inside functions only
    made_of: dict[str, str]  # a file -> the extra it is made of; it is itself imported inside functions only
    only: dict[str, tuple[str, ...]]  # folder -> all that its files may import, beside the standard library


HOUSE = House(
    floors={
        "derive": """
            errors
            kernel/index  kernel/label  kernel/laws  kernel/precision  kernel/verdict
            kernel/algebra  kernel/balls  kernel/elementary  kernel/tree
            kernel/alike  kernel/claim  kernel/definitions  kernel/one_hot  kernel/ratio  kernel/walk
            kernel/evident  kernel/partial  kernel/signs  kernel/sums  kernel/text
            kernel/equal  kernel/lower  kernel/matrices  kernel/nonlinear  kernel/plan
            kernel/evaluate
            kernel/cases  kernel/facts  kernel/maxima  kernel/points
            kernel/opening  kernel/refute
            kernel/crossings  kernel/proof
            kernel/chain  kernel/decide  kernel/signature
            kernel/network  kernel/run
            kernel/cuts
            kernel
            functions  layout
            notation  latex  document  html/mathml
            text  words/english  words/chinese  width
            words/catalogue
            words
            latex_document  json_document  html/companion
            nodes  sympy_functions
            shapes  rules  rewrites  mathematics  array_tree
            array_code  listing
            html/blocks
            html/graph  html/numbers  html/rules
            html/page
            html
            element  program  index_layout
            networks  backward_pass  claims_text  graphs  machine
            sweep  computation  laws  conditions  cross_check  model_header
            step_proofs  induction
            single
            check  companion
            article
            chains
            closing  element_proof
            element_form
            diagonal_form
            forms
            derivation
            arrays/rewriting  arrays/shapes  arrays/unrolling  arrays/numpy_text
            arrays/values  arrays/draws
            arrays/elements  arrays/indexing  arrays/operations  arrays/interning  arrays/matching
            arrays/cutting
            arrays/gradients
            arrays/expected  arrays/witness
            arrays
            claims/errors  claims/slips
            claims/lifting  claims/spelling  claims/unknown_sizes  claims/variants
            claims/scope
            claims/differentiation
            claims/calls
            claims/expressions
            claims/reading
            claims/beside  claims/dimensions  claims/equations
            claims/simplest  claims/suspicions
            claims/together
            claims/screening
            claims/repairs
            claims/checking
            claims/data
            claims
            reading/errors  reading/tree  reading/formula  reading/spellings
            reading/tokens
            reading/grammar
            reading/signs
            reading/scripts
            reading/factors
            reading/meaning
            reading/documents  reading/expressions  reading/model
            reading/entries  reading/layers  reading/naming  reading/network  reading/ranges
            reading/header  reading/indexing
            reading/aligning
            reading/operations
            reading/calls
            reading/writing
            reading/sections
            reading/notes
            reading
            proving
            verification
        """,
        "numeric": """
            by_hand/caches  by_hand/per_sample
            by_hand
            datasets/preparation
            datasets/dataset
            datasets/files
            datasets/named
            datasets/own
            datasets  fragments  helpers  stable  arrays  blas  door  optimizers  planning/statements
            backends/vocabulary
            backends/translation
            writer  planning/order  planning/memory  planning/small  planning/blocks  schedules
            entrywise  scalars
            matrices  planning/numbers
            source  planning/lowering  planning/writing
            compiled  planning/updates
            codegen
            initialization  samples  intermediates  derivatives  quasi_newton
            plots/canvas
            plots/boundary  plots/lines  plots/diagram  plots/flow  plots/functions  plots/images
            plots/confusion
            plots
            planning/planned
            planning  backends/plain_updates  backends/jax_functions  backends/sample_rows
            backends/jax_steps  backends/torch_functions
            backends
            steps  compilation
            choice
            gradient_check  blame  interruption  validation  archives
            descent
            checkpoints
            training  fitting  models
            derived_estimator
            estimators
            lazy
            tracing/polynomials  tracing/sheet  tracing/wording
            tracing/elements  tracing/refusal  tracing/sheet_html
            tracing/catching  tracing/context  tracing/formulas  tracing/reaching  tracing/report
            tracing/states
            tracing/constants  tracing/grids  tracing/operators
            tracing/buffers  tracing/joining  tracing/masked  tracing/naming  tracing/numbers  tracing/reductions
            tracing/reshaping  tracing/sizes
            tracing/products  tracing/stretches
            tracing/selecting  tracing/triangles
            tracing/labels
            tracing/array  tracing/lengthening  tracing/picking
            tracing/arguments  tracing/coordinates  tracing/creation  tracing/options  tracing/ufuncs
            tracing/fancy
            tracing/assumptions  tracing/problem  tracing/product_functions  tracing/reduction_functions
            tracing/inverses  tracing/shape_functions  tracing/special
            tracing/position_functions
            tracing/asked  tracing/builtin_names  tracing/functions
            tracing/bindings
            tracing/run
            tracing/constants_moved  tracing/known_results  tracing/reproduction  tracing/writing
            tracing/derivation
            tracing/examples  tracing/ties  tracing/trials
            tracing/undefined
            tracing/checking  tracing/null_sets
            tracing/breaking  tracing/example_code  tracing/kinks  tracing/vanishing
            tracing/causes  tracing/judging
            tracing/conditions  tracing/specifications
            tracing/details
            tracing
            prove
        """,
        "backproof": """
            testing  strategies
            pytest_plugin
            commands  files  matrices  process  settings  sources  tables  worker  typesetting  cross_checks
            guard  progress  parameters  fitting  comparison  verdicts
            claims_report  notes
            seeds/data  seeds/descent  seeds/finding  seeds/starts
            seeds/cats  seeds/checking  seeds/demon  seeds/digits  seeds/flower  seeds/logistic  seeds/report
            seeds/activations  seeds/descents  seeds/running  seeds/saturation  seeds/vectorised  seeds/zero
            seeds/table
            seeds
            training  train_options
            curve
            demo
            derive_command  check_command  predict_command  train_command  demo_command  seeds_command
            cli
            __main__
        """,
    },
    doors=frozenset(
        {
            "derive",
            "derive.errors",
            "derive.functions",
            "derive.arrays",
            "derive.reading",
            "derive.arrays.draws",
            "derive.arrays.elements",
            "derive.arrays.expected",
            "derive.arrays.numpy_text",
            "derive.arrays.operations",
            "derive.arrays.shapes",
            "derive.arrays.unrolling",
            "derive.arrays.values",
            "derive.arrays.witness",
            "derive.claims",
            "numeric",
            "numeric.datasets",
            "numeric.derivatives",
            "numeric.intermediates",
            "numeric.plots",
            "numeric.quasi_newton",
            "numeric.by_hand",
            "numeric.by_hand.caches",
            "numeric.by_hand.per_sample",
        }
    ),
    core={
        "derive": frozenset({"sympy", "flint"}),
        "numeric": frozenset({"numpy", "sympy"}),
        "backproof": frozenset({"numpy", "sympy", "click", "rich"}),
    },
    extras={
        "derive": frozenset({"lark"}),
        "numeric": frozenset({"sklearn", "scipy", "matplotlib", "jax", "torch", "pooch", "PIL", "safetensors"}),
        "backproof": frozenset({"matplotlib", "pytest", "hypothesis"}),
    },
    made_of={"numeric.derived_estimator": "sklearn", "numeric.estimators": "sklearn"},
    only={
        "derive/kernel": ("derive.kernel", "derive.errors", "flint"),
        "numeric/by_hand": ("numeric.by_hand", "numpy"),
    },
)

# --- reading imports --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Import:
    """One imported name: its line, the module it comes from, the name ("" for the module itself), in a function?"""

    line: int
    module: str
    name: str
    lazy: bool


def module_of(path: Path) -> str:
    """derive/kernel/index.py -> derive.kernel.index;  derive/kernel/__init__.py -> derive.kernel"""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imports(tree: ast.AST, path: Path, lazy: bool = False) -> Iterator[Import]:
    """Every import below tree, at any depth; relative ones are made absolute."""
    for child in ast.iter_child_nodes(tree):
        match child:
            case ast.Import(names=names):
                yield from (Import(child.lineno, alias.name, "", lazy) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                package = ".".join(path.parts[: len(path.parts) - level]) if level else ""
                base = ".".join(part for part in (package, module) if part)
                yield from (Import(child.lineno, base, alias.name, lazy) for alias in names)
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=args):
                if called in ("__import__", "import_module"):
                    known = args and isinstance(args[0], ast.Constant)
                    yield Import(child.lineno, str(args[0].value) if known else "", "", lazy)
                yield from imports(child, path, lazy)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                yield from imports(child, path, lazy=True)
            case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                yield from imports(ast.Module(child.body, []), path, lazy=True)
                yield from imports(ast.Module(child.orelse, []), path, lazy)
            case _:
                yield from imports(child, path, lazy)


# --- the checker ------------------------------------------------------------------------------------------------------


def heights(house: House) -> dict[str, tuple[int, int]]:
    """Module -> (number of its package, number of its floor)."""
    found = {}
    for p, (package, table) in enumerate(house.floors.items()):
        lines = [line.split() for line in table.strip().splitlines()]
        found |= {f"{package}.{name.replace('/', '.')}": (p, f) for f, line in enumerate(lines) for name in line}
        found[package] = (p, len(lines))
    return found


def faults(root: Path, house: House) -> list[str]:
    """One line for every import, file and row of the table that breaks a rule."""
    paths = [path.relative_to(root) for package in house.floors for path in sorted((root / package).rglob("*.py"))]
    modules = {module_of(path) for path in paths}
    folders = sorted({path.parent for path in paths} - {path.parent for path in paths if path.name == "__init__.py"})
    found = [f"{folder} has no __init__.py" for folder in folders]
    stale = sorted(heights(house).keys() - modules - house.floors.keys())
    found += [
        f"{module} has a floor, but no file: take it out of the table of tests/test_floors.py" for module in stale
    ]
    for path in paths:
        tree = ast.parse((root / path).read_text(encoding="utf-8"))
        if module_of(path) not in heights(house):
            found.append(f"{path} has no floor: give it a line in the table of tests/test_floors.py")
            continue
        if path.name == "__init__.py":
            found += [f"{path}:{line} does more than re-export" for line in not_reexports(tree)]
        for imported in imports(tree, path):
            found += [f"{path}:{imported.line} {fault}" for fault in import_faults(imported, path, modules, house)]
    return list(dict.fromkeys(found))


def not_reexports(tree: ast.Module) -> Iterator[int]:
    """Lines of an __init__.py that are neither docstring, nor relative import from its own package, nor __all__."""
    for statement in tree.body:
        match statement:
            case ast.Expr(value=ast.Constant(value=str())):
                continue
            case ast.ImportFrom(level=1):
                continue
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                continue
        yield statement.lineno


def import_faults(imported: Import, path: Path, modules: set[str], house: House) -> Iterator[str]:
    """Every rule that one import breaks."""
    if imported.name == "*":
        yield f"imports * from {imported.module}: name what is needed"
        return
    submodule = f"{imported.module}.{imported.name}"
    target = submodule if submodule in modules else imported.module
    top = target.partition(".")[0]
    if top in sys.stdlib_module_names:
        return
    folder = next((folder for folder in house.only if path.is_relative_to(folder)), None)
    if folder and not f"{target}.".startswith(tuple(f"{allowed}." for allowed in house.only[folder])):
        yield f"imports {target}: {folder} may import {', '.join(house.only[folder])} only"
    elif top in house.floors:
        yield from floor_faults(target, path, modules, house)
        if target in house.made_of and not imported.lazy and module_of(path) not in house.made_of:
            yield f"imports {target} when it is loaded: it needs {house.made_of[target]}, an extra"
    elif top == house.made_of.get(module_of(path)):
        return
    elif top not in house.core[path.parts[0]]:
        yield from extra_faults(top, imported.lazy, path.parts[0], house)


def floor_faults(target: str, path: Path, modules: set[str], house: House) -> Iterator[str]:
    """An import of our own: from a lower floor of the same package, or by the door of a lower package."""
    here, there = heights(house)[module_of(path)], heights(house).get(target)
    if target not in modules:
        yield f"imports {target}, which does not exist"
    elif there is None:
        return  # a fault of that file, named there
    elif here[0] == there[0] and there >= here:
        yield f"may not import {target}: it lives on {'the same' if there == here else 'a higher'} floor"
    elif here[0] < there[0]:
        yield f"may not import {target}: its package lives on a higher floor"
    elif here[0] > there[0] and target not in house.doors:
        yield f"may not import {target}: enter {target.partition('.')[0]} by its front door"


def extra_faults(top: str, lazy: bool, package: str, house: House) -> Iterator[str]:
    """An import of another project's package."""
    if not top.isidentifier():
        yield f"imports {top!r}, a module that cannot be known by reading"
    elif top not in house.extras[package]:
        yield f"may not import {top}: {package} does not know it"
    elif not lazy:
        yield f"imports {top} when it is loaded: an extra is imported inside the function that needs it"


def loaded_by(statement: str, root: Path) -> set[str]:
    """The top-level modules that a fresh Python has loaded after a statement, run in root."""
    code = f"{statement}\nimport sys\nprint(*(name for name in sys.modules if '.' not in name))"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


# --- the house as it stands -------------------------------------------------------------------------------------------


def test_every_import_goes_down(project):
    found = faults(project, HOUSE)
    assert not found, "\n" + "\n".join(found)


LOADS = [
    # statement         what it must not load
    ("import derive",  {"numpy", "numeric", "backproof", "lark", "click", "rich"}),
    ("import numeric", {"backproof", "sklearn", "scipy", "matplotlib", "jax", "torch", "click", "rich"}),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "forbidden"), LOADS)
def test_an_import_loads_no_more_than_it_needs(statement, forbidden, project):
    assert not loaded_by(statement, project) & forbidden


# --- planted faults ---------------------------------------------------------------------------------------------------

TOY = House(
    floors={"low": "base\nkernel/a kernel/b\nkernel\nmiddle", "high": "hand\nmade\nuses"},
    doors=frozenset({"low", "high"}),
    core={"low": frozenset({"sympy", "flint"}), "high": frozenset({"numpy"})},
    extras={"low": frozenset(), "high": frozenset({"sklearn"})},
    made_of={"high.made": "sklearn"},
    only={"low/kernel": ("low.kernel", "low.base", "flint"), "high/hand.py": ("numpy",)},
)
FINE = {
    "low/__init__.py": '"""The door."""\n\nfrom .middle import x\n\n__all__ = ["x"]\n',
    "low/base.py": "import ast, os.path\nx = 1\n",
    "low/kernel/__init__.py": "from .a import x\nfrom . import b\n",
    "low/kernel/a.py": "from __future__ import annotations\nimport flint\nfrom ..base import x\n",
    "low/kernel/b.py": "from low import base\nfrom low.base import x\n",
    "low/middle.py": "import sympy.core\nfrom . import base, kernel\nfrom .kernel.a import x\n",
    "high/__init__.py": "",
    "high/made.py": "import sklearn.base\n",
    "high/hand.py": "import numpy as np\n",
    "high/uses.py": "import low\nfrom low import x\nfrom .hand import np\ndef f():\n    from sklearn import datasets\n",
}
FAULTS = {
    "upward": ("low/base.py", "from .middle import x", "may not import low.middle: it lives on a higher floor"),
    "upward, plain": ("low/base.py", "import low.middle", "may not import low.middle: it lives on a higher floor"),
    "upward in a function": (
        "low/base.py",
        "def f():\n from . import middle",
        "low.middle: it lives on a higher floor",
    ),
    "upward in a method": ("low/base.py", "class A:\n def f(self):\n  if self:\n   import low.middle", "higher floor"),
    "upward for a type": ("low/base.py", "if TYPE_CHECKING:\n from .middle import x", "a higher floor"),
    "upward, else": ("low/base.py", "if TYPE_CHECKING:\n pass\nelse:\n import low.middle", "a higher floor"),
    "upward in try": ("low/base.py", "try:\n import low.middle\nexcept E:\n pass", "a higher floor"),
    "upward by name": ("low/base.py", "f = import_module('low.middle')", "may not import low.middle"),
    "upward by __import__": ("low/base.py", "g(__import__('low.middle'))", "may not import low.middle"),
    "by a computed name": ("low/base.py", "f = importlib.import_module(x)", "cannot be known by reading"),
    "its own door": ("low/middle.py", "from . import x", "may not import low: it lives on a higher floor"),
    "its own door, plain": ("low/middle.py", "import low", "may not import low: it lives on a higher floor"),
    "the same floor": (
        "low/kernel/a.py",
        "from .b import x",
        "may not import low.kernel.b: it lives on the same floor",
    ),
    "a higher package": ("low/middle.py", "def f():\n import high", "high: its package lives on a higher floor"),
    "a higher file": ("low/middle.py", "from high.uses import x", "high.uses: its package lives on a higher floor"),
    "round the door": (
        "high/uses.py",
        "from low.base import x",
        "may not import low.base: enter low by its front door",
    ),
    "round it, in two": (
        "high/uses.py",
        "from low import base",
        "may not import low.base: enter low by its front door",
    ),
    "kernel sees more": ("low/kernel/a.py", "import sympy", "low/kernel may import low.kernel, low.base, flint only"),
    "kernel, later": ("low/kernel/a.py", "def f():\n from ..middle import x", "low/kernel may import low.kernel"),
    "hand is not alone": ("high/hand.py", "def f():\n import low", "imports low: high/hand.py may import numpy only"),
    "numpy too low": ("low/middle.py", "def f():\n import numpy.linalg", "may not import numpy: low does not know it"),
    "a stranger": ("high/uses.py", "import pandas", "may not import pandas: high does not know it"),
    "an eager extra": ("high/uses.py", "import sklearn.datasets", "imports sklearn when it is loaded"),
    "an eager extra, try": ("high/uses.py", "try:\n from sklearn import x\nexcept E:\n pass", "when it is loaded"),
    "an eager extra, class": ("high/uses.py", "class A:\n import sklearn", "imports sklearn when it is loaded"),
    "a file of an extra": ("high/uses.py", "from .made import x", "imports high.made when it is loaded: it needs"),
    "another extra there": ("high/made.py", "import pandas", "may not import pandas: high does not know it"),
    "star": ("high/uses.py", "from numpy import *", "imports * from numpy: name what is needed"),
    "no such file": ("low/middle.py", "from .bse import x", "imports low.bse, which does not exist"),
    "a door with work": ("low/__init__.py", "x = x + 1", "low/__init__.py:7 does more than re-export"),
    "a door with code": ("low/__init__.py", "def f(): pass", "low/__init__.py:7 does more than re-export"),
    "a door that passes": ("high/__init__.py", "from low import x", "high/__init__.py:2 does more than re-export"),
    "a new file": ("low/new.py", "", "low/new.py has no floor: give it a line in the table of tests/test_floors.py"),
    "a new folder": ("low/more/a.py", "", "low/more has no __init__.py"),
}


def build(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_a_house_without_faults_has_none(tmp_path):
    build(tmp_path, FINE)
    assert faults(tmp_path, TOY) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault, tmp_path):
    file, line, message = FAULTS[fault]
    build(tmp_path, FINE | {file: f"{FINE.get(file, '')}\n{line}\n"})
    found = faults(tmp_path, TOY)
    assert any(message in fault for fault in found), found
    assert all(str(Path(file).parent) in fault for fault in found), found  # and nothing else is blamed


def test_a_row_without_a_file_is_found(tmp_path):
    build(tmp_path, {name: text for name, text in FINE.items() if name != "high/hand.py"})
    assert "high.hand has a floor, but no file: take it out of the table of tests/test_floors.py" in faults(
        tmp_path, TOY
    )


def test_what_an_import_loads_is_seen(tmp_path):
    build(tmp_path, {"low.py": "import middle\n", "middle.py": "def f():\n    import json.tool\nf()\n"})
    assert {"low", "middle", "json"} <= loaded_by("import low", tmp_path)
    assert "json" not in loaded_by("import sys", tmp_path)
