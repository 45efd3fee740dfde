"""Checked files as a report: a table on a terminal, a line for each claim elsewhere, or one JSON object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from .guard import Checked
from .tables import console
from .verdicts import Claim, conditions, details, headline, outcome

COLOURS = {"ok": "green", "FAILED": "bold red", "undecided": "yellow"}
WIDTH = 100  # where there is no terminal
INDENT = "    "


def print_file(checked: Checked, verbose: bool) -> None:
    """The verdicts of one file."""
    screen = console()
    if screen.is_terminal:
        if checked.claims:
            _table(screen, checked)
        for claim in checked.claims:
            _details(screen, claim, verbose)
        return
    for claim in checked.claims:
        print(f"{checked.name}:{where(claim)}: {outcome(claim)}, {claim['verdict']}: {headline(claim)}")
        for line in [*conditions(claim), *details(claim, WIDTH - len(INDENT), verbose)]:
            print(INDENT + line)


def _table(screen: Any, checked: Checked) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(checked.name, style="bold"), title_justify="left")
    table.add_column("line", justify="right")
    table.add_column("outcome", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("claim", overflow="fold")
    for claim in checked.claims:
        text = Text(claim["claim"])
        for more in [f"# {claim['note']}"] * bool(claim["note"]) + conditions(claim):
            text.append(f"\n{more}", style="dim")
        word = outcome(claim)
        table.add_row(where(claim), Text(word, style=COLOURS[word]), claim["verdict"], text)
    screen.print(table)


def _details(screen: Any, claim: Claim, verbose: bool) -> None:
    from rich.padding import Padding
    from rich.text import Text

    found = details(claim, screen.width - len(INDENT), verbose)
    if not found:
        return
    word = outcome(claim)
    rest = f", {claim['verdict']}: {claim['claim']}"
    screen.print()
    screen.print(Text.assemble(f"line {where(claim)}: ", (word, COLOURS[word]), rest))
    for line in found:
        screen.print(Padding(Text(line), (0, 0, 0, len(INDENT))))


def where(claim: Claim) -> str:
    """The line of an assert; line:column of a formula in a text."""
    return f"{claim['line']}:{claim['column']}" if "column" in claim else str(claim["line"])


def summary(files: Iterable[Checked]) -> str:
    """12 asserts: 10 ok, 1 failed, 1 undecided; 3 formulas are no claims; 1 file cannot be read"""
    checked = list(files)
    claims = [claim for file in checked for claim in file.claims]
    counts = Counter(outcome(claim) for claim in claims)
    parts = ", ".join(f"{counts[word]} {word.lower()}" for word in COLOURS if counts[word])
    text = f"{_counted(len(claims), 'equation' if _is_notes(checked) else 'assert')}" + (f": {parts}" if parts else "")
    others = Counter(other["kind"] for file in checked for other in file.others)
    told = [(others["definition"], "definition", ""), (others["not a claim"], "formula", " claiming nothing"),
            (others["cannot be read"], "formula", " that cannot be read"),
            (sum(file.error is not None for file in checked), "file", " cannot be read")]  # fmt: skip
    return "; ".join([text, *(f"{_counted(count, noun)}{said}" for count, noun, said in told if count)])


def _is_notes(checked: list[Checked]) -> bool:
    """Formulas of texts only."""
    claims = [claim for file in checked for claim in file.claims]
    return all("column" in claim for claim in claims) and any(claims or [o for file in checked for o in file.others])


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def as_data(files: Iterable[Checked], status: int) -> dict[str, Any]:
    """What --json prints."""
    return {
        "exit_status": status,
        "files": [{"file": file.name, "error": file.error, "claims": file.claims}
                  | ({"formulas": file.others} if file.others else {}) for file in files],
    }
