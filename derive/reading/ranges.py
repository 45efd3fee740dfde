r"""Ranges of indices: a Kronecker delta takes them from the whole equation, whatever the order of factors and sides.

    \frac{\partial z_k}{\partial w_{jq}} = \sum_p \delta_{kj} \delta_{pq} a_p        k runs over z, p and q over a

An index under a sum is known inside of the sum only; a delta gives its indices the same range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from ..arrays.shapes import Size
from . import formula as f

Index = tuple[str, int]  # a letter, and the number of the sum that it belongs to; 0 where it is free
Placed = Callable[[f.Formula], Iterable[tuple[f.Place, Size]]]  # the axes on which indices of an entry stand


def ranged(sides: Sequence[f.Formula], placed: Placed) -> list[f.Formula]:
    """The same sides; a delta whose range is known has it."""
    ranges = _Ranges(placed)
    for side in sides:
        ranges.walk(side, {})
    sizes = iter(ranges.solved())
    return [_filled(side, sizes) for side in sides]


class _Ranges:
    """Goes through formulas, field by field."""

    def __init__(self, placed: Placed) -> None:
        self.placed, self.sums = placed, 0
        self.known: dict[Index, Size] = {}
        self.deltas: list[tuple[Index, ...]] = []

    def walk(self, part: Any, inside: Mapping[str, int]) -> None:
        if isinstance(part, tuple):
            for each in part:
                self.walk(each, inside)
            return
        if not isinstance(part, f.Formula):
            return
        if isinstance(part, f.Over):
            self.sums += 1
            inside = {**inside, part.index: self.sums}
        if isinstance(part, f.Var | f.Entry):
            for place, size in self.placed(part):
                self.known.setdefault((place.letter, inside.get(place.letter, 0)), size)
        if isinstance(part, f.Kronecker):
            letters = [place.letter for place in (part.left, part.right) if place.letter]
            self.deltas.append(tuple((letter, inside.get(letter, 0)) for letter in letters))
        for field in fields(part):
            self.walk(getattr(part, field.name), inside)

    def solved(self) -> list[Size | None]:
        """The range of each delta: that of one of its indices, which others may know by another delta."""
        for _ in self.deltas:
            for pair in self.deltas:
                for size in [self.known[index] for index in pair if index in self.known][:1]:
                    for index in pair:
                        self.known.setdefault(index, size)
        return [next((self.known[index] for index in pair if index in self.known), None) for pair in self.deltas]


def _filled(part: Any, sizes: Iterator[Size | None]) -> Any:
    """Deltas with their ranges, in the order of the walk."""
    if isinstance(part, tuple):
        return tuple(_filled(each, sizes) for each in part)
    if isinstance(part, f.Kronecker):
        return replace(part, size=next(sizes))
    if isinstance(part, f.Formula) and is_dataclass(part):
        return replace(part, **{field.name: _filled(getattr(part, field.name), sizes) for field in fields(part)})
    return part
