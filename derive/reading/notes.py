"""A text with formulas -> sections: a text in the claims language with an assert for each equation, and what it is.

A header begins a section: the model for the formulas below it.  An equation is a claim; it is a definition if its left
side is a name that is new.  What has no = claims nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..claims.errors import ClaimsError, Place
from . import formula as f
from .documents import Header, Lines, Math, finds
from .errors import LatexError
from .header import read_header
from .layers import has_dots, is_condition, is_counter
from .meaning import read_formula
from .model import HeaderError
from .sections import NO_CLAIM, UNREAD, Equation, Section, SectionReader

BEGIN = "begin with <!-- backproof: mlp 2 layers notation=ng -->, in LaTeX % backproof: ..."
MOST = 2_000  # formulas of a file


@dataclass(frozen=True)
class Notes:
    """A text with formulas, read."""

    sections: tuple[Section, ...]

    @property
    def equations(self) -> list[Equation]:
        return [e for section in self.sections for e in section.equations]


def read_notes(text: str, name: str, is_latex: bool) -> Notes:
    """Raises ClaimsError, with line and column, where a header cannot be read or is missing."""
    return _Reading(text, name, is_latex).read()


def told(equation: Equation, name: str, text: str) -> str:
    """What cannot be read: file, line, column, the source line and a caret."""
    source = text.split("\n")[equation.line - 1]
    return str(ClaimsError(name, Place(equation.line, equation.column), source, equation.message, equation.advice))


class _Reading:
    """Goes through a text."""

    def __init__(self, text: str, name: str, is_latex: bool) -> None:
        self.text, self.name, self.is_latex, self.lines = text, name, is_latex, Lines(text)

    def problem(self, offset: int, message: str, advice: str = "") -> ClaimsError:
        line, column = self.lines.place(offset)
        return ClaimsError(self.name, Place(line, column), self.lines.text[line - 1], message, advice)

    def read(self) -> Notes:
        sections: list[Section] = []
        said, count = "", 0
        for found in finds(self.text, self.is_latex):
            if isinstance(found, Header):
                if found.text in ("wrong", "ignore"):
                    said = found.text
                    continue
                sections.append(self.section(found))
                continue
            count += 1
            if count > MOST:
                raise self.problem(found.offset, f"the file has more than {MOST:,} formulas")
            asserted, ignored, said = said != "wrong", said == "ignore", ""
            if ignored:
                continue
            if not sections:
                if "=" in found.text:
                    raise self.problem(found.offset, "no model is named above this formula", BEGIN)  # fmt: skip
                continue
            self.formula(sections[-1], found, asserted)
        if not sections:
            raise self.problem(0, "the file names no model", BEGIN)  # fmt: skip
        return Notes(tuple(sections))

    def section(self, header: Header) -> Section:
        try:
            model = read_header(header.text)
        except HeaderError as error:
            above = header.text.split("\n")[: error.line]
            raise self.problem(
                header.offset + sum(len(line) + 1 for line in above), error.message, error.advice
            ) from None
        found = Section(model, model.claims.rstrip("\n").split("\n"))
        found.said = SectionReader(found)  # type: ignore[attr-defined]
        return found

    def formula(self, section: Section, math: Math, asserted: bool) -> None:
        reader: SectionReader = section.said  # type: ignore[attr-defined]
        model = section.model
        assert model is not None
        try:
            statements = read_formula(math.text, replace(model.habits, names=model.habits.names | reader.spelled))
        except LatexError as error:
            kind = UNREAD if "=" in math.text else NO_CLAIM
            section.equations.append(self.equation(math, error.offset, one_line(math.text), kind, asserted, error))
            return
        chain: list[f.Formula] = []  # the sides so far of an equation that goes on
        for s in statements:
            chain = chain if s.sides[0] is None else []
            above, sides = chain, (chain[-1] if chain else None, *s.sides[1:]) if s.sides[0] is None else s.sides
            chain = [*chain, *(x for x in s.sides if x is not None)]
            shown = one_line(math.text[s.start : s.end])
            if sides[0] is None:
                alone = LatexError(s.start, "the equation has no left side")
                section.equations.append(self.equation(math, s.start, shown, UNREAD, asserted, alone))
                continue
            found = self.equation(math, s.start, shown, NO_CLAIM, asserted)
            section.equations.append(found)
            if not s.signs or set(s.signs) != {"="} or has_dots(sides) or is_condition(sides, model):
                continue
            try:
                reader.statement(found, [x for x in sides if x is not None], above)
            except LatexError as error:
                at = error.offset or s.start
                if is_counter(sides[0]):
                    continue
                found.kind, found.message, found.advice = UNREAD, error.message, error.advice
                found.line, found.column = self.lines.place(math.offset + at)

    def equation(self, math: Math, at: int, text: str, kind: str, asserted: bool, error: Any = None) -> Equation:
        line, column = self.lines.place(math.offset + at)
        return Equation(
            line, column, text, kind, asserted, error.message if error else "", error.advice if error else ""
        )


def one_line(text: str) -> str:
    return " ".join(text.replace("&", " ").split())


__all__ = ["Equation", "Notes", "Section", "read_notes", "told"]
