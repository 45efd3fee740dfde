"""Index expressions to normal form, one line per node."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..errors import UnknownNode
from . import ratio, sums
from .algebra import Algebra, Poly, Pos
from .definitions import define
from .index import (
    Add,
    Apply,
    Array,
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
    Position,
    Positive,
    Pow,
    ScalarFunction,
    Shifted,
    Sum,
)
from .ratio import generic, whole_power
from .sums import dimension, sum_over
from .tree import fold, is_guard


class Lowering:
    """The normal forms of expressions in one algebra; a shared node is lowered once."""

    def __init__(self, al: Algebra, generic_names: tuple[str, ...]) -> None:
        self.al = al
        self.generic = frozenset(generic_names)
        self.labels: dict[Index, int] = {}
        self.memo: dict[int, Poly] = {}
        self.alive: list[Expr] = []
        al.makers.update(ratio.makers(al) | sums.makers(al))

    def lower(self, e: Expr) -> Poly:
        """The element that e is, over its free indices."""
        self.alive.append(e)
        out: Poly = fold(e, self.node, self.memo)
        return out

    def position(self, p: Position) -> Pos:
        """A position as (label, offset)."""
        match p:
            case Index():
                if p.size == 1:
                    return (-1, 0)
                if p not in self.labels:
                    self.labels[p] = self.al.label(p.size)
                return self.labels[p], 0
            case Shifted(index, offset):
                label, start = self.position(index)
                return label, start + offset
        return -1, p

    def node(self, e: Expr, below: tuple[Poly, ...]) -> Poly:
        """One node, given the elements of its children."""
        al = self.al
        match e:
            case Number(value):
                return al.constant(value)
            case Dim(name):
                return dimension(al, name)
            case Entry(array, at):
                return al.one(al.leaf("entry", array, tuple(self.position(p) for p in at)))
            case Delta(left, right):
                return al.delta(self.position(left), self.position(right))
            case Add():
                return al.total(below)
            case Mul(factors):                                  # guards last: s / s is 1 before [s > 0] s is s
                return al.product(below[k] for k in sorted(range(len(below)), key=lambda k: is_guard(factors[k])))
            case Pow(_, exponent):
                if exponent.denominator == 1:
                    return whole_power(al, below[0], int(exponent))
                return al.law("root_of", below[0], exponent)
            case Sum(index, _):
                return sum_over(al, below[0], self.position(index)[0]) if index.size != 1 else below[0]
            case Largest(index, _):
                return al.law("max_over", below[0], self.position(index)[0]) if index.size != 1 else below[0]
            case Greatest(terms):
                return al.law("greatest", [self.memo[id(t)] for t in _elements(e)] if len(terms) > 2 else below)
            case Positive():
                return al.law("indicator", below[0])
            case Apply(f, order, arg):
                return self.apply(f, order, arg, below[0])
            case ScalarFunction(f, arguments, by):
                return self.packed("sf", f, arguments, below, tuple((k, at) for k, at in by))
            case InverseEntry(matrix, row, column):
                return self.packed("inv", None, (matrix,), below, ((0, (row, column)),))
            case Determinant(matrix):
                return self.packed("det", None, (matrix,), below, ())
        raise UnknownNode("the normal form", e)

    def apply(self, f: str, order: int, arg: Expr, p: Poly) -> Poly:
        """f^(order) of an element: by definition, by law, or a generic generator."""
        al = self.al
        if order == 0 and f == "pi":
            return al.one(al.leaf("pi", None, ()))
        if order == 0 and f in ("exp", "log", "erf", "sin", "cos"):
            return al.law(f"{f}_of", p)
        if f in self.generic:
            return generic(al, p, f, order)
        defined = define(f, order, arg)
        if defined is not None:
            self.alive.append(defined)
            return self.lower(defined)
        raise UnknownNode("the normal form", Apply(f, order, Number(Fraction(0))))

    def packed(self, kind: str, name: Any, arrays: tuple[Array, ...], below: tuple[Poly, ...],
               by: tuple[tuple[int, tuple[Position, ...]], ...]) -> Poly:
        """A function of whole arrays; axes of size 1 keep a label, so that arrays keep their rank."""
        groups = [tuple(self.position(i)[0] if i.size != 1 else self.al.label(1) for i in a.indices) for a in arrays]
        slots = tuple((k, tuple(self.position(p) for p in at)) for k, at in by)
        return self.al.law("packed", kind, name, groups, list(below), slots)


def _elements(e: Expr) -> tuple[Expr, ...]:
    """max(a, max(b, c)) = max(a, b, c)"""
    return tuple(t for term in e.terms for t in _elements(term)) if isinstance(e, Greatest) else (e,)
