"""Every claims file comes out as it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.claims import check_claims
from derive.kernel.verdict import Proved, Refuted

FILES = sorted((Path(__file__).parents[1] / "claims").glob("*.claims"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_claim_holds(file):
    results = check_claims(file.read_text(), file.name)
    wrong = [f"{file.name}:{r.line}: {r.text}: {r.verdict.reason}" for r in results if r.holds is not True]
    assert not wrong, "\n".join(wrong)
    assert all(isinstance(r.verdict, Proved if r.asserted else Refuted) for r in results)
