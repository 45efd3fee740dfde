"""What tests need from outside: where it is looked for, and what happens when it is not there.

A test that lacks something is skipped on a person's machine and fails where CI=true, so that nothing goes unseen.
"""

import importlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]

os.environ.pop("COLUMNS", None)  # pytest-xdist sets it, and tables would be as narrow as its terminal


def require(found: Any, what: str) -> Any:
    """found itself, or, if it is None: skip the test; fail it where CI=true."""
    if found is not None:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have {what}", pytrace=False)
    pytest.skip(f"needs {what}")


@pytest.fixture(scope="session")
def project() -> Path:
    """The folder that holds pyproject.toml."""
    return ROOT


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder with mnist.npz and the golden files: BACKPROOF_DATA, else ../shared/data beside the project."""
    folder = ROOT / os.environ.get("BACKPROOF_DATA", "../shared/data")
    return require(folder.resolve() if folder.is_dir() else None, f"the data folder {folder} (BACKPROOF_DATA)")


@pytest.fixture(scope="session")
def needs_program() -> Callable[[str], str]:
    """needs_program("pdflatex") -> its path; TeX, or anything else that is started from a shell."""
    return lambda name: require(shutil.which(name), f"the program {name}")


@pytest.fixture(scope="session")
def needs_tex(needs_program: Callable[[str], str]) -> Callable[[str], str]:
    """needs_tex("CJKutf8.sty") -> its path: a file of a TeX package."""
    find = needs_program("kpsewhich")
    return lambda name: require(_printed([find, name]), f"the TeX file {name}")


def _printed(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


@pytest.fixture(scope="session")
def needs_extra() -> Callable[[str], ModuleType]:
    """needs_extra("sklearn") -> the module, imported."""
    return lambda name: require(_imported(name), f"the Python package {name}")


def _imported(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
