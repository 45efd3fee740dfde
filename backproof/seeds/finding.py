"""What a run found: figures, measured beside published, with pictures and remarks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """One figure.  It holds if it is within `within` of what was published, and at least `least`, at most `most`.

    `is_share`: numbers are shares of 1, shown in percent.  With none of these it only reports.
    """

    what: str
    measured: Any
    published: float | None = None
    within: float | None = None
    least: float | None = None
    most: float | None = None
    is_share: bool = False
    digits: int = 6

    @property
    def holds(self) -> bool | None:
        """True, False, or None where nothing was expected."""
        if isinstance(self.measured, bool):
            return self.measured
        asked = []
        if self.published is not None and self.within is not None:
            asked.append(abs(self.measured - self.published) <= self.within)
        if self.least is not None:
            asked.append(self.measured >= self.least)
        if self.most is not None:
            asked.append(self.measured <= self.most)
        return all(map(bool, asked)) if asked else None

    @property
    def expected(self) -> str:
        """0.693048 ± 5e-07,  at least 94.80 %"""
        parts = []
        if self.published is not None:
            parts.append(self.shown(self.published) + (f" ± {self._within()}" if self.within is not None else ""))
        if self.least is not None:
            parts.append(f"at least {self.shown(self.least)}")
        if self.most is not None:
            parts.append(f"at most {self.shown(self.most)}")
        return ", ".join(parts)

    def _within(self) -> str:
        return f"{100 * self.within:.2g}" if self.is_share and self.within is not None else f"{self.within:.1g}"

    def shown(self, value: Any) -> str:
        """The number as people read it."""
        if isinstance(value, bool):
            return "yes" if value else "NO"
        if isinstance(value, int | str):
            return str(value)
        return f"{100 * value:.2f} %" if self.is_share else f"{value:.{self.digits}g}"


@dataclass(frozen=True)
class Picture:
    """A figure as PNG, with what it shows in words."""

    name: str
    png: bytes
    caption: str


@dataclass(frozen=True)
class Finding:
    """The result of one run."""

    rows: tuple[Row, ...]
    pictures: tuple[Picture, ...] = ()
    remarks: tuple[str, ...] = ()
    formulas: str = ""  # the derived equations that it ran on

    @property
    def holds(self) -> bool:
        return all(row.holds is not False for row in self.rows)


@dataclass(frozen=True)
class Wish:
    """What the command was asked for: the folder of data (None: none), quick or whole, and whom to tell."""

    data: Path | None
    quick: bool
    told: Callable[[str], None] = field(default=lambda text: None)


@dataclass(frozen=True)
class Run:
    """One run: its name on the command line, what it is, where the seeds have it, the file it needs, the function."""

    name: str
    title: str
    source: str
    needs: str | None
    work: Callable[[Wish], Finding]
