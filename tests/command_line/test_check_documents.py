"""The claims in the documents come out as they are written, and what is printed is what is printed there.

A block ```claims, ```markdown or ```latex is a file; its first line may be its name.  A block ```console runs commands
on the files above it.
"""

import re
import shlex
from pathlib import Path

import pytest

from derive.claims import ClaimsError, check_claims

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"```(claims|console|markdown|latex)\n(.*?)```", re.S)
BLOCKS = [(page, BLOCK.findall(page.read_text())) for page in PAGES]
CLAIMS = [(page.name, text) for page, blocks in BLOCKS for kind, text in blocks if kind == "claims"]


def named(text):
    """# gradients.claims  ->  gradients.claims;  <!-- notes.md -->  ->  notes.md"""
    found = re.match(r"(?:#|%|<!--) (\S+\.(?:claims|md|tex))(?: -->)?\n", text)
    return found[1] if found else None


@pytest.mark.parametrize(("page", "text"), CLAIMS, ids=[f"{page}-{k}" for k, (page, _) in enumerate(CLAIMS)])
def test_claims_come_out_as_asserted(page, text):
    try:
        results = check_claims(text)
    except ClaimsError:
        assert named(text), "a file that cannot be read is shown with what is printed"
        return
    assert results
    assert [result.text for result in results if result.holds is not True and not named(text)] == []


@pytest.mark.parametrize("page", [page for page, blocks in BLOCKS if blocks], ids=lambda page: page.name)
def test_what_is_printed(page, backproof):
    for kind, text in dict(BLOCKS)[page]:
        if kind != "console" and named(text):
            Path(named(text)).write_text(text)
        if kind == "console":
            command, _, printed = text.partition("\n")
            *before, last = command.removeprefix("$ ").split(" && ")
            last, _, tail = last.partition(" | tail -")
            assert all(c.startswith("backproof ") for c in (*before, last))
            for c in before:
                assert backproof(*shlex.split(c)[1:]).exit_code == 0
            result = backproof(*shlex.split(last)[1:])
            shown = result.stdout.splitlines(keepends=True)[-int(tail) :] if tail else [result.output]
            assert "".join(shown) == printed


def test_there_are_claims_in_the_documents():
    assert len(CLAIMS) >= 6
