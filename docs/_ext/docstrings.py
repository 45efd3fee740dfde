"""Docstrings are plain text, law first: here they become text that Sphinx reads, with every sign as it stands.

An indented block is code, `name` is code, and a first line with a formula in it stands by itself.
"""

import re
from typing import Any

SPECIAL = re.compile(r"([\\*`|_])")


def paragraphs(lines: list[str]) -> list[list[str]]:
    """Lines -> groups of lines without empty ones between them."""
    found: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [group for group in found if group]


def escaped(text: str) -> str:
    """`code` -> literal, every other sign of markup -> itself."""
    parts = re.split(r"`([^`]+)`", text)
    return "".join(f"``{part}``" if k % 2 else SPECIAL.sub(r"\\\1", part) for k, part in enumerate(parts))


def is_list(group: list[str]) -> bool:
    return group[0].lstrip().startswith(("- ", "* "))


def as_rst(lines: list[str]) -> list[str]:
    """A docstring -> reStructuredText."""
    found: list[str] = []
    for group in paragraphs(lines):
        if all(line.startswith("  ") for line in group):
            found += ["::", "", *(f"    {line}" for line in group), ""]
        elif is_list(group):
            found += [*map(escaped, group), ""]
        else:
            found += [*(f"| {escaped(line)}" if "  " in line.strip() or line.startswith(" ") else escaped(line) for line in group), ""]
    return found


def rewrite(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    lines[:] = as_rst(list(lines))


def setup(app: Any) -> dict[str, Any]:
    app.connect("autodoc-process-docstring", rewrite)
    return {"parallel_read_safe": True}
