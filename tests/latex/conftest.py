"""Formulas that are printed, once for all tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from emitted import Formula, formulas


@pytest.fixture(scope="session")
def emitted() -> list[Formula]:
    """Every formula that documents print."""
    return list(formulas())
