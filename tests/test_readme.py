"""Every Python block of the README and the documents runs, and says what it says it says."""

import linecache
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = [(page.name, block) for page in PAGES for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.S)]

README_SAYS = [  # block by block
    ("A2 - Y\n1/m*dZ1*X.T\n",),
    ("  x  proved\n", "  w  refuted\n", "a factor N is missing", "expected: dw = x.T @ (dout * (x @ w + b > 0))"),
    (),  # a test that passes prints nothing
    ("Proved: both sides have the same normal form\nRefuted: the sides differ", "a missing factor 1/m"),
]


@pytest.mark.parametrize(("page", "block"), BLOCKS)
def test_block_runs(page: str, block: str, capsys: pytest.CaptureFixture[str]) -> None:
    name = f"<{page}>"  # reports show lines of the block
    linecache.cache[name] = (len(block), None, block.splitlines(keepends=True), name)
    exec(compile(block, name, "exec"), {})
    printed = capsys.readouterr().out
    if page == "README.md":
        said = README_SAYS[[text for name, text in BLOCKS if name == page].index(block)]
        assert [line for line in said if line not in printed] == [], printed


def test_the_readme_shows_the_library() -> None:
    assert sum(page == "README.md" for page, _ in BLOCKS) == len(README_SAYS)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert target.startswith("http") or (page.parent / target).exists(), f"{page.name} links to {target}"
