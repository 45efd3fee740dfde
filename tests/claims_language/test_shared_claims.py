"""Every claims file comes out as it is written; what is not decided yet is listed, and is never wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.claims import check_claims
from derive.kernel.verdict import Proved, Refuted, Unknown

FILES = sorted((Path(__file__).parents[1] / "claims").glob("*.claims"))


UNDECIDED: dict[str, set[int]] = {}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_claim_holds(file):
    results = check_claims(file.read_text(), file.name)
    known = UNDECIDED.get(file.stem, set())
    assert not [r.line for r in results if r.holds is False]
    assert {r.line for r in results if isinstance(r.verdict, Unknown)} == known
    assert all(isinstance(r.verdict, Proved if r.asserted else Refuted) for r in results if r.line not in known)
