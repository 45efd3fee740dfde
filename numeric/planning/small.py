"""What is quicker with small arrays, where a call of NumPy costs more than its numbers.

A + 1            A + C, with an array C of ones: NumPy looks at a number for longer than at an array
A + b            B = b, repeated to the shape of A;  A + B
b + c (A 1)      b + A C, with a column C of numbers c: the factor is part of the smallest array
D (A > 0)        D sign(A), for A = max(0, Z): truth values would have to be converted
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sympy import Expr, Integer

from .statements import Array, Number, Operand, Shape, Statement, Value

SMALL = 1024  # entries
BINARY = frozenset({"add", "subtract", "multiply", "divide", "maximum", "minimum"})
SLOW_WITH_NUMBERS = frozenset({"maximum", "minimum"})  # of large arrays too: a row of numbers is enough there
NOTHING, UNIT = Integer(0), Integer(1)


@dataclass(frozen=True)
class Constant:
    """An array filled with one number."""

    name: str
    shape: Shape
    number: Expr


class Small:
    """Rewrites statements on arrays of at most `most` entries; `made` are the arrays of numbers that they use."""

    def __init__(
        self, values: dict[str, Value], entries: Callable[[Expr], int], fixed: Callable[[Expr], bool], most: int
    ) -> None:
        self.values, self.entries, self.fixed, self.most = values, entries, fixed, most
        self.made: dict[tuple[Expr, Shape], Constant] = {}
        self.not_negative: set[str] = set()  # max(0, Z)
        self.signs: dict[str, str] = {}  # A > 0, and its name as numbers

    def apply(self, statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
        return tuple(new for s in statements for new in self._statement(s))

    def _statement(self, s: Statement) -> Iterator[Statement]:
        s = replace(s, inputs=tuple(map(self._as_numbers, s.inputs)))
        self.not_negative.discard(s.output)
        if s.kind == "ufunc" and s.function == "maximum" and Number(NOTHING) in s.inputs:
            self.not_negative.add(s.output)
        if s.output not in self.values:
            yield s
        elif self._mask(s):
            self.signs[s.output] = self._fresh(self.values[s.output].shape)
            yield replace(s, function="sign", inputs=s.inputs[:1], output=self.signs[s.output])
        elif s.kind == "ufunc" and s.function in BINARY and not any(map(self._boolean, s.inputs)):
            yield from self._binary(s, self.values[s.output].shape)
        elif s.kind == "accumulate" and self._row_sums(s):
            yield from self._weighted_sums(s)
        else:
            yield s

    def _small(self, shape: Shape) -> bool:
        return self.entries(shape[0] * shape[1]) <= self.most

    def _boolean(self, o: Operand) -> bool:
        return isinstance(o, Array) and self.values[o.name].boolean

    @property
    def filled(self) -> int:
        """Entries of the arrays of numbers"""
        return sum(self.entries(c.shape[0] * c.shape[1]) for c in self.made.values())

    # --- entry by entry -----------------------------------------------------------------------------------------------

    def _binary(self, s: Statement, shape: Shape) -> Iterator[Statement]:
        inputs: list[Operand] = []
        comment = s.comment
        for o in s.inputs:
            if isinstance(o, Number):
                inputs.append(self._number(o, s.function, shape))
            elif self._shape(o) == shape or not self._small(shape) or s.block:
                inputs.append(o)
            else:
                whole = self._fresh(shape)
                yield Statement("copy", "", (o,), whole, comment=comment, block=s.block)
                comment = ""
                inputs.append(Array(whole))
        yield replace(s, inputs=tuple(inputs), comment=comment)

    def _shape(self, o: Array) -> Shape:
        rows, columns = self.values[o.name].shape
        return (columns, rows) if o.flipped else (rows, columns)

    def _number(self, o: Number, function: str, shape: Shape) -> Operand:
        if not self.fixed(o.value):
            return o
        small = self._small(shape)
        if not small and function not in SLOW_WITH_NUMBERS:
            return o
        return self._filled(o.value, shape if small else (UNIT, shape[1]))

    def _filled(self, number: Expr, shape: Shape) -> Array:
        key = (number, shape)
        if key not in self.made:
            name = self._free("C")
            self.made[key] = Constant(name, shape, number)
            self.values[name] = Value(name, shape, "constant")
        return Array(self.made[key].name)

    # --- masks --------------------------------------------------------------------------------------------------------

    def _mask(self, s: Statement) -> bool:
        """A > 0 for a small A = max(0, Z)"""
        if s.kind != "ufunc" or s.function != "greater" or not self._small(self.values[s.output].shape):
            return False
        left, right = s.inputs
        return isinstance(left, Array) and left.name in self.not_negative and right == Number(NOTHING)

    def _as_numbers(self, o: Operand) -> Operand:
        return replace(o, name=self.signs[o.name]) if isinstance(o, Array) and o.name in self.signs else o

    # --- row sums -----------------------------------------------------------------------------------------------------

    def _row_sums(self, s: Statement) -> bool:
        """b <- b + c A 1, with a fixed c."""
        right, shape = s.inputs[1], self.values[s.output].shape
        ones = isinstance(right, Array) and self.values[right.name].kind == "constant" and not right.flipped
        return ones and shape[1] == 1 and s.beta == 1 and not s.block and self._small(shape) and self.fixed(s.alpha)

    def _weighted_sums(self, s: Statement) -> Iterator[Statement]:
        left, right = s.inputs
        assert isinstance(right, Array)
        sums = self._fresh(self.values[s.output].shape)
        column = self._filled(s.alpha, self._shape(right))
        yield Statement("product", "", (left, column), sums, comment=s.comment)
        yield Statement("ufunc", "add", (Array(s.output), Array(sums)), s.output)

    # --- names --------------------------------------------------------------------------------------------------------

    def _fresh(self, shape: Shape) -> str:
        name = self._free("T")
        self.values[name] = Value(name, shape)
        return name

    def _free(self, stem: str) -> str:
        number = 1
        while f"{stem}{number}" in self.values:
            number += 1
        return f"{stem}{number}"
