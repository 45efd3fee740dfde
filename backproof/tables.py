"""Tables on stdout: rich ones, as wide as the terminal, or 120 columns where there is none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def show(title: str, headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Print a table."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_header=any(headings))
    for heading in headings:
        table.add_column(heading)
    for row in rows:
        table.add_row(*map(escape, row))
    console().print(table)


def console() -> Any:
    """As wide as the terminal, or 120 columns where there is none."""
    import os
    import sys

    from rich.console import Console

    return Console() if sys.stdout.isatty() or "COLUMNS" in os.environ else Console(width=120)
