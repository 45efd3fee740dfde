"""Verdicts: Proved, Refuted or Unknown, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from types import MappingProxyType
from typing import Any

from ..errors import DeriveError

_KERNEL = object()          # what `Proved` asks for; only `decide` hands it over


@dataclass(frozen=True)
class Verdict:
    """What the kernel says of a claim; `conditions` are the assumptions used and the points left out."""

    reason: str
    conditions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "; ".join((f"{type(self).__name__}: {self.reason}", *self.details()))

    def details(self) -> tuple[str, ...]:
        """What else is to be said, in words."""
        return self.conditions

    def _repr_html_(self) -> str:
        """For notebooks: the verdict, its reason, and a line for each detail."""
        return f"<b>{type(self).__name__}</b>: " + "<br>".join(map(escape, (self.reason, *self.details())))


@dataclass(frozen=True)
class Proved(Verdict):
    """Left equals right for all shapes and all values, wherever both are defined, except on `except_on`.

    `laws`: the files of derive/kernel that the proof rests on beside those that every proof rests on.
    """

    except_on: str | None = None
    laws: tuple[str, ...] = field(default=(), compare=False)
    token: Any = field(default=None, repr=False, compare=False)

    def details(self) -> tuple[str, ...]:
        """What is said beside the reason, line by line."""
        return (*self.conditions, *((f"except on {self.except_on}",) if self.except_on else ()))

    def __post_init__(self) -> None:
        if self.token is not _KERNEL:
            raise DeriveError("Proved is made by the kernel alone: call decide(claim)")
        object.__setattr__(self, "token", None)


@dataclass(frozen=True)
class Refuted(Verdict):
    """A point where left and right are defined and certainly differ.

    `at`: dimension name -> integer, array name -> nested values, function name -> the text of a polynomial.
    `left`, `right`: an exact rational or a ball, as text.  `index`: the element that differs.
    `at_kink`: an indicator jumps at the point; anywhere else both sides are continuous, so they differ nearby too.
    """

    at: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    left: str = ""
    right: str = ""
    index: tuple[int, ...] = ()
    at_kink: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", MappingProxyType(dict(self.at)))

    def details(self) -> tuple[str, ...]:
        """What is said beside the reason, line by line."""
        sides = (f"left {self.left}, right {self.right}",) if self.left else ()
        sizes = ", ".join(f"{name} = {value}" for name, value in self.at.items() if isinstance(value, int))
        return (*sides, *((f"at {sizes}",) if sizes else ()), *self.conditions)

    def __hash__(self) -> int:
        return hash((self.reason, self.left, self.right, self.index))


@dataclass(frozen=True)
class Unknown(Verdict):
    """No verdict: what stopped it, and how many exact instances agreed."""

    evidence: int = 0

    def details(self) -> tuple[str, ...]:
        """What is said beside the reason, line by line."""
        return (*self.conditions, f"{self.evidence} exact instances agree")
