"""The memory behind an array: arrays that share it see each other's changes, as NumPy's views do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from derive import ShapeError

from .context import active, tracing
from .grids import Grid, broadcast_to, shown
from .refusal import NotCovered, place

CACHED = "an array of the cache"


@dataclass(frozen=True)
class Step:
    """One view: how it is read from what it is a view of, and how it is written back."""

    read: Callable[[Grid], Grid]
    write: Callable[[Grid, Grid], Grid]
    add: Callable[[Grid, Grid], Grid] | None = None  # something added in place, where that is simpler than writing it
    key: Any = None  # equal keys: the same view


class Buffer:
    """A grid that changes; `owner` is the name of the caller's array that it is."""

    __slots__ = ("grid", "kind", "locked", "owner", "stage", "version")

    def __init__(self, grid: Grid, kind: str = "f", owner: str = "") -> None:
        self.grid, self.kind, self.owner = grid, kind, owner
        self.locked = ""  # why it must not be written
        self.version = 0
        self.stage = active().stage if tracing() else ""

    def read(self, steps: tuple[Step, ...]) -> Grid:
        """What the view at the end of the steps sees."""
        found = self.grid
        for step in steps:
            found = step.read(found)
        return found

    def write(self, steps: tuple[Step, ...], new: Grid, add: bool = False) -> None:
        """Everything that the view at the end of the steps sees becomes `new`, or has it added."""
        if self.locked:
            raise NotCovered(self.locked)
        if self.owner or self.stage != active().stage:
            active().changed.setdefault(self.owner or CACHED, place())
        self.grid = _written(self.grid, steps, new, add)
        self.version += 1
        active().steps.append((self.grid, place()))


def _written(old: Grid, steps: tuple[Step, ...], new: Grid, add: bool = False) -> Grid:
    if not steps:
        while len(new.axes) > len(old.axes) and new.axes[0] == ():
            new = Grid(new.axes[1:], new.cells)
        if len(new.axes) > len(old.axes):
            raise ShapeError(f"cannot put shape {shown(new.axes)} into {shown(old.axes)}")
        return broadcast_to(new, old.axes)
    first, *rest = steps
    if add and not rest and first.add is not None:
        return first.add(old, new)
    return first.write(old, _written(first.read(old), tuple(rest), new, add))
