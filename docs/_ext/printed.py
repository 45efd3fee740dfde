"""What the pages print from the project itself: `<!-- print: rules -->` becomes the catalogue of rules.

A marker is invisible where Markdown is read without this extension.  Links that leave docs/ lead to the page of the
site that has the same text.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import catalogue
import floors
import names
from pygments.lexers.python import Python3Lexer

ROOT = Path(__file__).resolve().parents[2]
MARKER = re.compile(r"^<!-- print: (\w+) *(.*?) -->$", re.M)
ELSEWHERE = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "benchmarks/README.md": "benchmarks.md"}
FENCE = re.compile(r"(^```.*?^```)", re.M | re.S)
LINK = re.compile(r"\[([^\]\n]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def menu(app: Any) -> str:
    """The table of contents, from `menu` of conf.py; the page that holds it is on top."""
    blocks = [
        "```{toctree}\n:hidden:\n:caption: " + caption + "\n\n" + "\n".join(pages) + "\n```"
        for caption, pages in app.config.menu.items()
    ]
    return "\n\n".join(blocks)


def text_of(app: Any, file: str) -> str:
    """A file of the project without its title; its links are rewritten as they stand in that file."""
    body = (ROOT / file).read_text(encoding="utf-8").split("\n", 1)[1]
    pieces = FENCE.split(linked(body, (ROOT / file).parent))
    return "".join(piece if k % 2 else re.sub("^# ", "## ", piece, flags=re.M) for k, piece in enumerate(pieces))


PRINTERS: dict[str, Callable[..., str]] = {
    "menu": menu,
    "file": text_of,
    "rules": lambda app: catalogue.rules(),
    "rewrites": lambda app: catalogue.rewrites(),
    "functions": lambda app: catalogue.functions(),
    "floors": lambda app: floors.picture(floors.table(ROOT)),
    "names": lambda app, package: names.directives(package),
}


def linked(text: str, folder: Path) -> str:
    """Links as they are read in `folder` -> links between the pages of the site; a file without a page is named."""

    def target(found: re.Match[str]) -> str:
        words, path, anchor = found[1], found[2], found[3] or ""
        there = (folder / path).resolve()
        if "://" in path or not there.exists():
            return found[0]
        name = there.relative_to(ROOT).as_posix()
        page = ELSEWHERE.get(name, name.removeprefix("docs/"))
        if page.startswith("docs/") or not (ROOT / "docs" / page).exists():
            return f"`{name}`" if words == Path(name).name else f"{words} (`{name}`)"
        return f"[{words}]({page}{anchor})"

    return LINK.sub(target, text)


def print_in(app: Any, docname: str, source: list[str]) -> None:
    """Replace every marker of a page by what it prints."""
    if app.env.doc2path(docname).suffix != ".md":
        return

    def printed(found: re.Match[str]) -> str:
        return PRINTERS[found[1]](app, *found[2].split())

    source[0] = MARKER.sub(printed, linked(source[0], ROOT / "docs"))


def setup(app: Any) -> dict[str, Any]:
    app.add_config_value("menu", {}, "env")
    app.connect("source-read", print_in)
    app.add_lexer("claims", Python3Lexer)
    return {"parallel_read_safe": True}
