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


def as_rst(lines: list[str]) -> list[str]:
    """A docstring -> reStructuredText."""
    found: list[str] = []
    for group in paragraphs(lines):
        indented = [line.startswith("  ") for line in group]
        if all(indented):
            found += ["::", "", *(f"    {line}" for line in group)]
        elif any(indented):
            found += [f"| {escaped(line)}" for line in group]
        else:
            found += map(escaped, group)
        found.append("")
    return found


def rewrite(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    lines[:] = as_rst(list(lines))


def setup(app: Any) -> dict[str, Any]:
    app.connect("autodoc-process-docstring", rewrite)
    return {"parallel_read_safe": True}
