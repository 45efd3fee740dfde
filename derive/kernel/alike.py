"""Values that were made in the same way from the same rationals are equal, where balls are only near to each other.

    max_k tanh(x_k) - tanh(x_i) = 0    where x_i is certainly the largest
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flint import arb, fmpq

from ..errors import DeriveError
from .index import Add, Apply, Expr, Greatest, Largest, Mul, Pow, Sum
from .tree import nodes

Cell = tuple[int, ...]
Tables = Mapping[int, Mapping[Cell, Any]]           # id of a node -> its values


class Keys:
    """A number for every value in the tables: values of the same number are equal.

    `parts` says of a node and a cell which values that one is made of: ids of nodes, and their cells.
    """

    def __init__(self, tables: Tables, parts: Callable[[Expr, Cell], Iterable[tuple[int, Cell]]]) -> None:
        self.tables, self.parts = tables, parts
        self.known: dict[int, dict[Cell, int]] = {}
        self.numbers: dict[Any, int] = {}

    def of(self, e: Expr) -> dict[Cell, int]:
        """The keys of the table of e."""
        for node in nodes((e,)):
            if id(node) not in self.known:
                values = self.tables[id(node)]
                self.known[id(node)] = {cell: self._key(node, cell, v) for cell, v in values.items()}
        return self.known[id(e)]

    def _key(self, e: Expr, cell: Cell, value: Any) -> int:
        if isinstance(value, fmpq):
            return self._number(value)
        if isinstance(value, DeriveError):
            return self._number(object())
        below = [(self.known[node][at], self.tables[node][at]) for node, at in self.parts(e, cell)]
        match e:
            case Largest() | Greatest():
                best = {key for key, v in below if not arb(v) < value}
                return best.pop() if len(best) == 1 else self._number(object())
            case Pow(_, exponent):
                said: Any = exponent
            case Apply(function, order, _):
                said = function, order
            case Add() | Mul() | Sum():
                said = None
            case _:
                return self._number(object())
        return self._number((type(e), said, *(key for key, _ in below)))

    def _number(self, said: Any) -> int:
        return self.numbers.setdefault(said, len(self.numbers))
