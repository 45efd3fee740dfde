"""A report as rows of words and code, and its text for a terminal."""

from __future__ import annotations

from dataclasses import dataclass

PROVED, REFUTED, UNKNOWN = "proved", "refuted", "unknown"


@dataclass(frozen=True)
class Note:
    """Something said beside a verdict; `code` is set in a typewriter's letters, and may have many lines.

    `folded`: in HTML it is opened by a click; `screen`, `page`: it is for the terminal, for HTML.
    """

    heading: str
    text: str
    code: bool = False
    folded: bool = False
    screen: bool = True
    page: bool = True


@dataclass(frozen=True)
class Row:
    """One gradient: its verdict in a word, why, and notes."""

    name: str
    word: str
    reason: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """What was asked, a row for each gradient, and what all of them rest on."""

    title: str
    scope: str
    rows: tuple[Row, ...]
    below: tuple[str, ...]


def text(sheet: Sheet) -> str:
    """For a terminal."""
    lines = [f"{sheet.title}, {sheet.scope}"]
    width = max((len(row.name) for row in sheet.rows), default=0)
    for row in sheet.rows:
        lines.append(f"  {row.name:{width}}  {row.word}")
        if row.reason:
            first, *rest = row.reason.splitlines()
            lines += [f"      {first}", *(f"        {line.strip()}" for line in rest)]
        for note in row.notes:
            if note.screen:
                lines += _note(note)
    return "\n".join([*lines, *(f"  {line}" for line in sheet.below)])


def _note(note: Note) -> list[str]:
    first, *rest = note.text.splitlines() or [""]
    if rest:
        return [f"      {note.heading}:", *(f"        {line}".rstrip() for line in (first, *rest))]
    return [f"      {note.heading}: {first}"]
