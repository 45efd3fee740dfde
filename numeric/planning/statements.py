"""What a planned step is made of: statements that work on whole arrays, each with a place to write to.

ufunc         C = f(A, B)                entry by entry
product       C = A B
accumulate    C = alpha A B + beta C     C is a parameter, or another array that stays
copy          C = A, repeated to the shape of C
reduce        C = the largest entry of each column or row of A
total         c = the sum of all entries of A
number        c = a Python expression
call          C = f(A), a function that allocates
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, Integer

Shape = tuple[Any, Any]
UNIT = Integer(1)


@dataclass(frozen=True)
class Array:
    """An array by name, perhaps transposed."""

    name: str
    flipped: bool = False

    @property
    def T(self) -> Array:
        return replace(self, flipped=not self.flipped)

    def __str__(self) -> str:
        return f"{self.name}.T" if self.flipped else self.name


@dataclass(frozen=True)
class Number:
    """A number: an expression of constants, sizes, and names of numbers."""

    value: Expr


Operand = Array | Number
ONE = Number(UNIT)


@dataclass(frozen=True)
class Value:
    """What is known of an array: where it comes from, its shape, and whether it holds truth values.

    kind is "input", "parameter", "state", "constant" or "buffer".
    """

    name: str
    shape: Shape
    kind: str = "buffer"
    boolean: bool = False


@dataclass(frozen=True)
class Statement:
    """One call.  `comment` stands above it in the source."""

    kind: str
    function: str
    inputs: tuple[Operand, ...]
    output: str
    alpha: Expr = UNIT
    beta: Expr = UNIT
    options: str = ""
    comment: str = ""
    block: str = ""  # the parameter that it helps to update

    @property
    def reads(self) -> frozenset[str]:
        """The arrays and numbers that it needs."""
        found = {o.name for o in self.inputs if isinstance(o, Array)}
        for value in (*(o.value for o in self.inputs if isinstance(o, Number)), self.alpha, self.beta):
            found |= {str(s) for s in value.free_symbols}
        return frozenset(found | {self.output} if self.kind == "accumulate" and self.beta != 0 else found)

    @property
    def on_arrays(self) -> bool:
        """It writes to an array."""
        return self.kind not in ("total", "number")


@dataclass(frozen=True)
class Group:
    """Statements that belong together and stay in order: the update of one parameter, say."""

    statements: tuple[Statement, ...]
    writes: frozenset[str] = frozenset()  # arrays that others read before: parameters

    @property
    def reads(self) -> frozenset[str]:
        own = {s.output for s in self.statements}
        return frozenset(name for s in self.statements for name in s.reads if name not in own) | (
            self.writes & {name for s in self.statements for name in s.reads}
        )
