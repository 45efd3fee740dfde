"""A claim: left = right for every value of the free indices, under facts that are assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .index import Entry, Expr, Index
from .walk import nodes


@dataclass(frozen=True)
class IsPositive:
    """expr > 0 for all values of its free indices."""

    expr: Expr


@dataclass(frozen=True)
class IsNonNegative:
    """expr >= 0 for all values of its free indices."""

    expr: Expr


@dataclass(frozen=True)
class AreEqual:
    """left = right for all values of their free indices: sum_j Y_ij = 1, S_ij = S_ji."""

    left: Expr
    right: Expr


Fact = IsPositive | IsNonNegative | AreEqual
Sizes = tuple[int | str, ...]


def sides(fact: Fact) -> tuple[Expr, ...]:
    """The expressions of a fact."""
    return (fact.left, fact.right) if isinstance(fact, AreEqual) else (fact.expr,)


def arrays_of(*es: Expr) -> frozenset[str]:
    """Names of the arrays in expressions."""
    return frozenset(e.array for e in nodes(es) if isinstance(e, Entry))


@dataclass(frozen=True)
class Claim:
    """left = right; `arrays` maps a name to its sizes (a mapping or pairs); a size is an integer or a name."""

    left: Expr
    right: Expr
    free: tuple[Index, ...] = ()
    arrays: Mapping[str, Sizes] | tuple[tuple[str, Sizes], ...] = ()
    dims: tuple[str, ...] = ()
    generic: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()

    def __post_init__(self) -> None:
        pairs = self.arrays.items() if isinstance(self.arrays, Mapping) else self.arrays
        object.__setattr__(self, "arrays", tuple((name, tuple(sizes)) for name, sizes in pairs))
        named = {size for _, sizes in self.shapes.items() for size in sizes} | {index.size for index in self.free}
        extra = sorted(s for s in named if isinstance(s, str) and s not in self.dims)
        object.__setattr__(self, "dims", (*self.dims, *extra))

    @property
    def in_play(self) -> frozenset[str]:
        """The arrays of both sides, and those that facts tie to them."""
        used = arrays_of(self.left) | arrays_of(self.right)
        groups = [arrays_of(*sides(fact)) for fact in self.facts]
        while True:
            more = used.union(*(g for g in groups if g & used)) if groups else used
            if more == used:
                return used
            used = more

    @property
    def shapes(self) -> dict[str, Sizes]:
        """Array name -> sizes."""
        return dict(self.arrays)
