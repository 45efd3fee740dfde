"""Every Python block of the README and the documents runs, and says what it says it says."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = [(page.name, block) for page in PAGES for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.S)]

README_SAYS = [
    ("A2 - Y\n1/m*dZ1*X.T\n",),
    ("  x  proved\n", "  w  refuted\n", "a factor N is missing", "in NumPy: dw = x.T @ (dout * (x @ w + b > 0))"),
    ("Proved: both sides have the same normal form\nRefuted: the sides differ", "a missing factor 1/m"),
]


@pytest.mark.parametrize(("page", "block"), BLOCKS)
def test_block_runs(page: str, block: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(block, page, "exec"), {})
    printed = capsys.readouterr().out
    if page == "README.md":
        assert any(all(line in printed for line in said) for said in README_SAYS), printed


def test_the_readme_shows_the_library() -> None:
    assert sum(page == "README.md" for page, _ in BLOCKS) == len(README_SAYS)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert target.startswith("http") or (page.parent / target).exists(), f"{page.name} links to {target}"
