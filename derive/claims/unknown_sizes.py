"""Sizes that are not known yet: equal to each other, equal to a value, or stretched by broadcasting."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..arrays.shapes import Size
from ..errors import ShapeError


@dataclass(frozen=True)
class Stretch:
    """out is what broadcasting makes of left and right, along one axis."""

    left: int
    right: int
    out: int
    operation: ast.BinOp

    @property
    def text(self) -> str:
        """The operation, as it is written."""
        return ast.unparse(self.operation)


@dataclass
class Sizes:
    """Variables (numbers) that are equal to each other (union-find) or to a value."""

    parents: list[int] = field(default_factory=list)
    values: dict[int, Size] = field(default_factory=dict)
    stretches: list[Stretch] = field(default_factory=list)

    def new(self, value: Size | None = None) -> int:
        """A variable."""
        self.parents.append(len(self.parents))
        if value is not None:
            self.values[self.parents[-1]] = value
        return self.parents[-1]

    def root(self, variable: int) -> int:
        """The variable that stands for all that are equal to this one."""
        while self.parents[variable] != variable:
            variable = self.parents[variable]
        return variable

    def get(self, variable: int) -> Size | None:
        """The value, if it is known."""
        return self.values.get(self.root(variable))

    def fix(self, variable: int, size: Size, text: str) -> None:
        """A size is a value."""
        if self.get(variable) not in (None, size):
            raise ShapeError(f"{text}: {self.get(variable)} is not {size}")
        self.values[self.root(variable)] = size

    def same(self, a: int, b: int, text: str) -> None:
        """Two sizes are equal."""
        first, second = self.root(a), self.root(b)
        size = self.get(b)
        if size is not None:
            self.fix(a, size, text)
        self.parents[second] = first

    def stretched(self, a: tuple[int, int], b: tuple[int, int], operation: ast.BinOp) -> tuple[int, int]:
        """The shape of a + b"""
        out = (self.new(), self.new())
        self.stretches += [Stretch(x, y, z, operation) for x, y, z in zip(a, b, out, strict=True)]
        return out

    def solve(self) -> Iterator[str]:
        """What follows; then, where broadcasting leaves a choice, nothing is stretched, and a word says so."""
        self._follow_all()
        for stretch in self.stretches:
            yield from self._choose(stretch)
            self._follow_all()

    def _follow_all(self) -> None:
        while sum(self._follow(stretch) for stretch in self.stretches):
            pass

    def _follow(self, s: Stretch) -> bool:
        """What broadcasting leaves no choice in; true if something new follows."""
        left, right, out = self.get(s.left), self.get(s.right), self.get(s.out)
        if left is not None and right is not None:
            if left != right and 1 not in (left, right):
                raise ShapeError(f"{s.text}: {left} is not {right}")
            size = right if left == 1 else left
            self.fix(s.out, size, s.text)
            return out is None
        for one, other in ((s.left, s.right), (s.right, s.left)):
            given = self.get(one)
            if given == 1 and self.root(other) != self.root(s.out):
                self.same(other, s.out, s.text)
                return True
            if given not in (None, 1) and out is None:
                self.fix(s.out, given, s.text)
                return True
        return False

    def _choose(self, s: Stretch) -> Iterator[str]:
        """The open side has the size of the result; a 1 would fit too, and that is said."""
        for variable, part in ((s.left, s.operation.left), (s.right, s.operation.right)):
            if self.get(variable) is None:
                self.same(variable, s.out, s.text)
                size = self.get(s.out)
                if size not in (None, 1):
                    yield f"in {s.text} the size {size} of {ast.unparse(part)} could also be 1, stretched"
