"""What is wrong with a claims file, and where: file, line, column, the source line and a caret."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from unicodedata import combining, east_asian_width

from ..errors import DeriveError


@dataclass(frozen=True)
class Place:
    """A line and a column of a file, both counted from 1."""

    line: int
    column: int


class Problem(DeriveError):
    """Something is wrong at a place; which file it is, the reader of the file knows."""

    def __init__(self, place: Place, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.place, self.message, self.advice = place, message, advice


class Misfit(Problem):
    """Shapes that do not fit.  In a definition it is an error of the file; inside an assert it refutes the claim."""


class Unsaid(Misfit):
    """A shape that the language has no word for: inside an assert nothing can be said of the claim."""


class ClaimsError(DeriveError):
    """A claims file that cannot be read: file, line, column, the source line and a caret."""

    def __init__(self, file: str, place: Place, source: str, message: str, advice: str = "") -> None:
        self.file, self.line, self.column = file, place.line, place.column
        self.source, self.message, self.advice = source, message, advice
        super().__init__("\n".join(self._lines()))

    def _lines(self) -> list[str]:
        """At most 100 characters of the source line are shown, around the caret."""
        start = max(0, self.column - 80)
        seen = (letter if letter.isprintable() or letter == "\t" else "?" for letter in self.source)
        shown = "".join(islice(seen, start, start + 100))
        space = "".join(map(_blank, shown[: self.column - 1 - start]))
        lines = [f"{self.file}:{self.line}:{self.column}: {self.message}", f"    {shown}", f"    {space}^"]
        return lines + ([f"  {self.advice}"] if self.advice else [])


def _blank(letter: str) -> str:
    """As wide as the letter on a terminal."""
    if letter == "\t":
        return letter
    return "" if combining(letter) else "  " if east_asian_width(letter) in "WF" else " "


def in_file(problem: Problem, file: str, text: str) -> ClaimsError:
    """The same problem, with the file and the source line."""
    lines = text.split("\n")
    source = lines[problem.place.line - 1] if problem.place.line <= len(lines) else ""
    return ClaimsError(file, problem.place, source.rstrip("\r"), problem.message, problem.advice)
