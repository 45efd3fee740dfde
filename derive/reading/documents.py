r"""Formulas and headers in a text: $...$, $$...$$, \(...\), \[...\], align; <!-- backproof: ... -->, % backproof:.

Code blocks and code in Markdown, verbatim, tables and comments in LaTeX are passed over.  Every find knows its offset.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

MATH = (
    r"equation|align|gather|multline|eqnarray|displaymath|math|flalign|alignat|split|aligned",
    r"verbatim|lstlisting|minted|tabular|longtable",
)
MARKDOWN = re.compile(
    rf"""(?P<code>^(?P<fence>`{{3,}}|~{{3,}})[^\n]*\n.*?(?:^(?P=fence)[`~]*[ \t]*$|\Z))
      | (?P<inline_code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))
      | (?P<header><!--\s*backproof:[ \t]*(?P<said>.*?)-->)
      | (?P<comment><!--.*?-->)
      | (?P<escaped>\\[\\$`])
      | (?P<display>\$\$(?P<display_body>.*?)\$\$)
      | (?P<bracket>\\\[(?P<bracket_body>.*?)\\\])
      | (?P<round>\\\((?P<round_body>.*?)\\\))
      | (?P<environment>\\begin\{{(?P<name>(?:{MATH[0]})\*?)\}}(?P<environment_body>.*?)\\end\{{(?P=name)\}})
      | (?P<inline>\$(?![\s$])(?P<inline_body>(?:[^$\\\n]|\\.|\n(?![ \t]*\n))*?)(?<!\s)\$(?!\d))""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
LATEX = re.compile(
    rf"""(?P<header>(?<!\\)%[ \t]*backproof:[ \t]*(?P<said>[^\n]*(?:\n[ \t]*%[^\n]*)*))
      | (?P<comment>(?<!\\)%[^\n]*)
      | (?P<code>\\begin\{{(?P<other>(?:{MATH[1]})\*?)\}}.*?\\end\{{(?P=other)\}}
                    | \\verb\*?(?P<mark>[^\sA-Za-z]).*?(?P=mark))
      | (?P<escaped>\\[$%]|\\\\(?:\[[^\[\]]*\])?)
      | (?P<display>\$\$(?P<display_body>.*?)\$\$)
      | (?P<bracket>\\\[(?P<bracket_body>.*?)\\\])
      | (?P<round>\\\((?P<round_body>.*?)\\\))
      | (?P<environment>\\begin\{{(?P<name>(?:{MATH[0]})\*?)\}}(?P<environment_body>.*?)\\end\{{(?P=name)\}})
      | (?P<inline>\$(?P<inline_body>(?:[^$\\]|\\.)+?)\$)""",
    re.VERBOSE | re.DOTALL,
)
BODIES = ("display", "bracket", "round", "environment", "inline")


@dataclass(frozen=True)
class Header:
    """What a comment says after `backproof:`."""

    offset: int
    text: str


@dataclass(frozen=True)
class Math:
    """A formula between its marks."""

    offset: int
    text: str


def finds(text: str, is_latex: bool) -> Iterator[Header | Math]:
    """Headers and formulas in the order of the text."""
    for found in (LATEX if is_latex else MARKDOWN).finditer(text):
        if found["header"] is not None:
            said = found["said"]
            if is_latex:
                first, *more = said.split("\n")
                said = "\n".join([first, *(re.sub(r"^[ \t]*% ?", "", line) for line in more)])
            yield Header(found.start("said"), said.rstrip())
            continue
        for kind in BODIES:
            if found[kind] is not None:
                yield Math(found.start(f"{kind}_body"), found[f"{kind}_body"])


class Lines:
    """Offsets -> lines and columns, counted from 1."""

    def __init__(self, text: str) -> None:
        self.text = text.split("\n")
        self.starts = [0, *accumulate(len(line) + 1 for line in self.text)]

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.starts, offset, hi=len(self.text))
        return line, offset - self.starts[line - 1] + 1
