"""Exact evaluation of an index expression at a point: rationals, and balls where a value is transcendental.

Every node becomes the table of its values over its free indices, bottom up.  A value that is not defined, or that balls
cannot decide, stays in its table as the reason; it is raised where someone asks for it.  An indicator that is 0 guards
its product: [x > 0] log x is 0 where x <= 0, as in where(x > 0, log x, 0).  It guards no division by indicators.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from itertools import product
from math import prod
from typing import Any

from flint import fmpq

from ..errors import DeriveError, UnknownNode
from .alike import Keys
from .balls import (
    Ambiguous,
    Undefined,
    Value,
    elementary,
    inverted,
    is_zero,
    larger,
    matrix,
    plus,
    polynomial,
    precision,
    raised,
    scalar_function,
    sign,
    times,
)
from .elementary import LARGEST
from .index import (
    Add,
    Apply,
    Delta,
    Determinant,
    Dim,
    Entry,
    Expr,
    Greatest,
    Index,
    InverseEntry,
    Largest,
    Mul,
    Number,
    Positive,
    Pow,
    ScalarFunction,
    Sum,
)
from .plan import Layout, Plan
from .walk import children, is_guard, nodes

Cell = tuple[int, ...]
Table = tuple[tuple[Index, ...], dict[Cell, Value]]
LIMIT = 200_000                                     # table entries in one evaluation


class TooLarge(DeriveError):
    """More table entries, or more time, than allowed."""


@dataclass(frozen=True)
class Point:
    """Concrete dimensions, arrays and functions; g is the polynomial sum_k c_k x^k."""

    dims: Mapping[str, int]
    arrays: Mapping[str, Mapping[Cell, Value]]
    functions: Mapping[str, tuple[fmpq, ...]] = field(default_factory=dict)

    def size(self, s: int | str) -> int:
        """A size as an integer."""
        return s if isinstance(s, int) else self.dims[s]


def evaluate(e: Expr, point: Point, limit: int = LIMIT) -> Table:
    """The values of e over its free indices, which are sorted by name."""
    return Evaluation(point, limit).table(e)


class Evaluation:
    """Tables of values at one point; shared nodes are evaluated once, and a plan may serve many points."""

    def __init__(self, point: Point, limit: int = LIMIT, plan: Plan | None = None) -> None:
        self.plan = plan or Plan()
        self.point = point
        self.left = limit
        self.tables: dict[int, dict[Cell, Value]] = {}
        self.keys = Keys(self.tables, self.parts)
        self.smooth = True                          # no indicator jumps here

    def expand(self, e: Expr) -> Expr:
        """e with every function by its definition; what expressions share stays shared."""
        return self.plan.of(e)[0]

    def table(self, e: Expr) -> Table:
        """The table of e; raises if an element has no value."""
        root, below = self.plan.of(e)
        for node in below:
            if id(node) not in self.tables:
                self.tables[id(node)] = self.node(node)
        values = self.tables[id(root)]
        for v in values.values():
            _there(v)
        return self.plan.layouts[id(root)].order, values

    def node(self, e: Expr) -> dict[Cell, Value]:
        """The table of a node whose children have theirs."""
        layout = self.plan.layouts[id(e)]
        ranges = self.ranges(layout.order)
        cost = prod(map(len, ranges)) * (1 + sum(prod(map(len, self.ranges(b))) for b in layout.bound))
        self.left -= cost
        if self.left < 0:
            raise TooLarge("evaluation needs more than the budget allows")
        if self.plan.end is not None and time.monotonic() > self.plan.end:
            raise TooLarge("evaluation needs more time than allowed")
        work = _Cells(self, e, layout)
        values = {}
        for cell in product(*ranges):
            try:
                values[cell] = work.value(cell)
            except (Undefined, Ambiguous) as none:
                values[cell] = none
        return values

    def parts(self, e: Expr, cell: Cell) -> Iterator[tuple[int, Cell]]:
        """The nodes, by their ids, and cells of the values that the value of e there is made of."""
        layout = self.plan.layouts[id(e)]
        for child, bound_here, places in zip(children(e), layout.bound, layout.below, strict=True):
            for inner in product(*self.ranges(bound_here)):
                yield id(child), tuple((cell + inner)[p] for p in places)

    def ranges(self, indices: tuple[Index, ...]) -> list[range]:
        """The range of each index."""
        return [range(self.point.size(i.size)) for i in indices]


NOWHERE: Mapping[Index, int] = {}


class _Cells:
    """The values of one node, cell by cell."""

    def __init__(self, run: Evaluation, e: Expr, layout: Layout) -> None:
        self.run, self.point, self.e, self.at = run, run.point, e, layout.at
        self.below = list(zip((run.tables[id(c)] for c in children(e)), layout.below, strict=True))
        self.inner = [list(product(*run.ranges(b))) for b in layout.bound]
        self.rule = RULES.get(type(e))

    def value(self, cell: Cell) -> Value:
        """The value at given indices."""
        if self.rule is None:
            raise UnknownNode("evaluate", self.e)
        return self.rule(self, self.e, cell)

    def child(self, cell: Cell, k: int = 0) -> Value:
        """The value of a child that binds no index."""
        table, places = self.below[k]
        return _there(table[tuple([cell[p] for p in places])])

    def over(self, cell: Cell, k: int = 0) -> list[Value]:
        """The values of a child over the indices that it is bound by, the first outermost."""
        table, places = self.below[k]
        out = []
        for inner in self.inner[k]:
            whole = cell + inner
            out.append(_there(table[tuple([whole[p] for p in places])]))
        return out

    def inside(self, e: Expr, cell: Cell, more: Mapping[Index, int] = NOWHERE) -> Value:
        """The value of a node below a child, where the indices of this one stand, and `more`."""
        return _there(self.run.tables[id(e)][self._at(e, cell, more)])

    def alike(self, a: Expr, b: Expr, cell: Cell) -> bool:
        """Were the values of two nodes below a child made in the same way?"""
        keys = self.run.keys
        return keys.of(a)[self._at(a, cell)] == keys.of(b)[self._at(b, cell)]

    def _at(self, e: Expr, cell: Cell, more: Mapping[Index, int] = NOWHERE) -> Cell:
        layouts = self.run.plan.layouts
        at = {**dict(zip(layouts[id(self.e)].order, cell, strict=True)), **more}
        return tuple(at[i] for i in layouts[id(e)].order)

    def where(self, cell: Cell) -> Cell:
        """The node's own positions as integers."""
        return tuple([offset if p < 0 else cell[p] + offset for p, offset in self.at])


def _there(v: Value) -> Value:
    """The value, unless it is the reason why there is none."""
    if isinstance(v, DeriveError):
        raise v.with_traceback(None)
    return v


# ---- one rule for each kind of node

def _entry(n: _Cells, e: Entry, cell: Cell) -> Value:
    where = n.where(cell)
    try:
        return n.point.arrays[e.array][where]
    except KeyError:
        raise Undefined(f"{e.array} has no element {where}") from None


def _delta(n: _Cells, e: Delta, cell: Cell) -> Value:
    left, right = n.where(cell)
    return fmpq(int(left == right))


def _mul(n: _Cells, e: Mul, cell: Cell) -> Value:
    try:
        return reduce(times, [n.child(cell, k) for k in range(len(e.factors))], fmpq(1))
    except (Undefined, Ambiguous):
        each = [table[tuple([cell[p] for p in places])] for table, places in n.below]
        guarded = any(is_guard(f) and is_zero(v) for f, v in zip(e.factors, each, strict=True))
        lost = any(isinstance(v, DeriveError) and _by_indicators(f) for f, v in zip(e.factors, each, strict=True))
        if lost or not guarded:
            raise
        return fmpq(0)


def _by_indicators(e: Expr) -> bool:
    """A division by what vanishes with an indicator: no guard saves it, for [x > 0] / relu(x) is 0 / 0."""
    return isinstance(e, Pow) and e.exponent < 0 and any(isinstance(d, Positive | Delta) for d in nodes((e.base,)))


def _pow(n: _Cells, e: Pow, cell: Cell) -> Value:
    """(u^2)^(1/2) = |u|, also where a ball does not say that u is 0"""
    match e.base:
        case Pow(u, even) if even.denominator == 1 and even > 0 and even % 2 == 0 and e.exponent.denominator > 1:
            return raised(abs(n.inside(u, cell)), even * e.exponent)
    return raised(n.child(cell), e.exponent)


def _positive(n: _Cells, e: Positive, cell: Cell) -> Value:
    try:
        s = sign(n.child(cell))
    except Ambiguous:
        if not _is_no_difference(n, e.arg, cell):
            raise
        s = 0
    n.run.smooth = n.run.smooth and s != 0
    return fmpq(1 if s > 0 else 0)


def _is_no_difference(n: _Cells, gap: Expr, cell: Cell) -> bool:
    """a - b, both made in the same way"""
    match gap:
        case Add((a, Mul((Number(Fraction(numerator=-1, denominator=1)), b)))):
            return n.alike(a, b, cell)
    return False


def _is_largest(n: _Cells, gap: Expr, cell: Cell) -> Value:
    """1 where max - e = 0, else 0; a maximum that is attained twice has no derivative."""
    match gap:
        case Add((Largest() | Greatest() as most, _)):
            top = n.inside(most, cell)
            if isinstance(most, Greatest):
                values = [n.inside(term, cell) for term in most.terms]
            else:
                values = [n.inside(most.body, cell, {most.index: k}) for k in range(n.point.size(most.index.size))]
            if sum(not plus(top, times(fmpq(-1), v)) > 0 for v in values) > 1:
                exact = all(isinstance(v, fmpq) for v in values)
                raise (Undefined if exact else Ambiguous)("the derivative of a maximum that is attained twice")
            return fmpq(0 if n.child(cell) > 0 else 1)
    raise UnknownNode("evaluate", gap)


def _powers(e: Expr) -> tuple[Expr, ...]:
    """u, v of e^u e^v: log(e^u e^v) = u + v exactly, where a ball is only near"""
    match e:
        case Apply("exp", 0, u):
            return (u,)
        case Mul(factors):
            found = [_powers(f) for f in factors]
            return tuple(u for each in found for u in each) if all(found) else ()
    return ()


def _apply(n: _Cells, e: Apply, cell: Cell) -> Value:
    if e.function == LARGEST:
        return _is_largest(n, e.arg, cell)
    powers = _powers(e.arg) if e.function == "log" and e.order == 0 else ()
    if powers:
        return reduce(plus, [n.inside(p, cell) for p in powers], fmpq(0))
    u = n.child(cell)
    found = elementary(e.function, u) if e.order == 0 else None
    if found is not None:
        return found
    if e.function not in n.point.functions:
        raise UnknownNode("evaluate", Apply(e.function, e.order, e.arg))
    return polynomial(n.point.functions[e.function], e.order, u)


def _scalar(n: _Cells, e: ScalarFunction, cell: Cell) -> Value:
    tables = [n.over(cell, k) for k in range(len(e.arguments))]
    at, by = n.where(cell), []
    for k, positions_of in e.by:
        mine, at = at[: len(positions_of)], at[len(positions_of):]
        if mine not in n.inner[k]:
            raise Undefined("a derivative by an element outside its array")
        by.append((k, n.inner[k].index(mine)))
    return scalar_function(n.point.functions.get(e.function, (fmpq(1),) * 4), tables, by)


def _matrix(n: _Cells, e: InverseEntry | Determinant, cell: Cell) -> tuple[Any, int]:
    rows, columns = (n.point.size(i.size) for i in e.matrix.indices)
    if rows != columns:
        raise Undefined("an inverse or determinant of a matrix that is not square")
    return matrix(rows, n.over(cell)), rows


def _inverse(n: _Cells, e: InverseEntry, cell: Cell) -> Value:
    rows, size = _matrix(n, e, cell)
    i, j = n.where(cell)
    if not (0 <= i < size and 0 <= j < size):
        raise Undefined("an element outside an inverse")
    return inverted(rows)[i, j]


RULES: dict[type, Callable[[_Cells, Any, Cell], Value]] = {
    Number: lambda n, e, cell: fmpq(e.value.numerator, e.value.denominator),
    Dim: lambda n, e, cell: fmpq(n.point.dims[e.name]),
    Entry: _entry,
    Delta: _delta,
    Add: lambda n, e, cell: reduce(plus, [n.child(cell, k) for k in range(len(e.terms))], fmpq(0)),
    Mul: _mul,
    Pow: _pow,
    Sum: lambda n, e, cell: reduce(plus, n.over(cell), fmpq(0)),
    Largest: lambda n, e, cell: reduce(larger, n.over(cell)),
    Greatest: lambda n, e, cell: reduce(larger, [n.child(cell, k) for k in range(len(e.terms))]),
    Positive: _positive,
    Apply: _apply,
    ScalarFunction: _scalar,
    InverseEntry: _inverse,
    Determinant: lambda n, e, cell: _matrix(n, e, cell)[0].det(),
}

__all__ = ["LIMIT", "Ambiguous", "Evaluation", "Point", "Table", "TooLarge", "Undefined", "Value", "evaluate",
           "precision", "sign"]
