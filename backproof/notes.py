"""Formulas in Markdown and LaTeX, checked: each section is a claims file, and its verdicts go back to the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from typing import Any

from .guard import NO_VERDICT, Checked, Data, check_file
from .process import Process

SUFFIXES = {".md": False, ".markdown": False, ".tex": True, ".latex": True}  # is it LaTeX?
LINE = re.compile(r"line (\d+)")  # of a section
WORST = ("refuted", "unknown", "proved")


def is_notes(path: str) -> bool:
    """A text with formulas, not a claims file."""
    return PurePath(path).suffix.lower() in SUFFIXES


def check_notes(
    worker: Process, name: str, path: str, text: str, timeout: float, advance: Callable[[int, int], None]
) -> Checked:
    """The verdicts on all equations of a text; what is no claim, and what cannot be read, is told beside them."""
    from derive.claims import ClaimsError, of_error
    from derive.reading import read_notes

    try:
        notes = read_notes(text, name, SUFFIXES[PurePath(path).suffix.lower()])
    except ClaimsError as error:
        return Checked(name, error=of_error(error))
    total = sum(len(e.lines) for e in notes.equations) + sum(len(section.supports) for section in notes.sections)
    checked, done = Checked(name), 0
    for section in notes.sections:
        count = sum(len(e.lines) for e in section.equations) + len(section.supports)
        found = Checked(name)
        if count:
            found = check_file(worker, name, section.claims, timeout, _shifted(advance, done, total))
        if found.error:
            return Checked(name, error=found.error)
        checked.crashes += found.crashes
        done += count
        verdicts = {claim["line"]: claim for claim in found.claims}
        places = {line: equation.line for equation in section.equations for line, _, _ in equation.lines}
        for equation in section.equations:
            if equation.lines:
                parts = [_supported(verdicts[line], equation, verdicts, places) for line, _, _ in equation.lines]
                checked.claims.append(_joined(equation, parts))
            else:
                checked.others.append(_other(equation, name, text))
    return checked


def _shifted(advance: Callable[[int, int], None], done: int, total: int) -> Callable[[int, int], None]:
    """Progress of one section among all."""
    return lambda number, _: advance(done + number, total)


def _supported(claim: Data, equation: Any, verdicts: Mapping[int, Data], places: Mapping[int, int]) -> Data:
    """A verdict that rests on formulas of the model, every one of them proved; hints name lines of the text."""
    for line in equation.rests_on:
        if verdicts[line]["verdict"] != "proved" and not _by_shape(claim):
            reason = f"{verdicts[line]['claim']}, which this is read with, is not proved: {verdicts[line]['reason']}"
            return {**claim, **NO_VERDICT, "reason": reason}
    named = LINE.match(claim["hint"])
    if named is None:
        return claim
    line = places.get(int(named[1]))
    return {**claim, "hint": f"line {line}{claim['hint'][named.end() :]}" if line else ""}


def _by_shape(claim: Data) -> bool:
    """Refuted because shapes do not fit, whatever the values are."""
    return bool(claim["verdict"] == "refuted" and not claim["counterexample"]["left"])


def _joined(equation: Any, parts: list[Data]) -> Data:
    """One verdict for an equation that is several claims: for each layer, for each =; the worst of them is shown."""
    worst = min(range(len(parts)), key=lambda k: WORST.index(parts[k]["verdict"]))
    shown = parts[worst]
    conditions = list(dict.fromkeys(c for part in parts for c in part["conditions"]))
    kinks = dict.fromkeys(part["except_on"] for part in parts if part["except_on"])
    notes = list(dict.fromkeys(note for _, _, note in equation.lines if note))
    _, text, note = equation.lines[worst]
    return {
        **shown,
        "line": equation.line,
        "column": equation.column,
        "claim": equation.text,
        "note": (note if shown["verdict"] != "proved" and note else ", ".join(notes)) if notes else "",
        "conditions": conditions if shown["verdict"] == "proved" else shown["conditions"],
        "except_on": "; ".join(kinks) or None if shown["verdict"] == "proved" else None,
        "reads": [{"claim": claim, "note": said, "verdict": part["verdict"]} for (_, claim, said), part in
                  zip(equation.lines, parts, strict=True)],
        "read_as": text,
    }  # fmt: skip


def _other(equation: Any, name: str, text: str) -> Data:
    """A definition, no claim, or what cannot be read."""
    found = {"line": equation.line, "column": equation.column, "text": equation.text, "kind": equation.kind}
    if equation.message:
        from derive.reading import told

        found |= {"message": equation.message, "advice": equation.advice, "error": told(equation, name, text)}
    return found


def unread(checked: Checked) -> Iterator[Data]:
    """The formulas that cannot be read."""
    return (other for other in checked.others if other["kind"] == "cannot be read")
