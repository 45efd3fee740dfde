"""A claim: left = right for every value of the free indices, under facts that are assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from .index import Dim, Entry, Expr, Index
from .tree import bound, children, nodes


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


@dataclass(frozen=True)
class IsOneHot:
    """An entry of an array whose rows, along the last axis, hold one 1 and zeros: Y_ij Y_ik = delta_jk Y_ij."""

    expr: Entry


Fact = IsPositive | IsNonNegative | AreEqual | IsOneHot
Sizes = tuple[int | str, ...]


def sides(fact: Fact) -> tuple[Expr, ...]:
    """The expressions of a fact."""
    return (fact.left, fact.right) if isinstance(fact, AreEqual) else (fact.expr,)


def arrays_of(*es: Expr) -> frozenset[str]:
    """Names of the arrays in expressions."""
    return frozenset(e.array for e in nodes(es) if isinstance(e, Entry))


def dims_of(*es: Expr) -> frozenset[str]:
    """Names of the dimensions that expressions speak of, as numbers or as sizes of bound indices."""
    found: set[int | str] = set()
    for e in nodes(es):
        found |= {e.name} if isinstance(e, Dim) else {i.size for k in range(len(children(e))) for i in bound(e, k)}
    return frozenset(d for d in found if isinstance(d, str))


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
    where: tuple[Expr, ...] = ()                # what must be defined too: the function whose derivative is claimed
    computed: frozenset[str] = frozenset()      # arrays that stand for computed ones: they may vanish on an open set
    hanging: frozenset[tuple[str, str]] = frozenset()       # (a computed array, one that it may be computed from)

    def __post_init__(self) -> None:
        pairs = self.arrays.items() if isinstance(self.arrays, Mapping) else self.arrays
        object.__setattr__(self, "arrays", tuple((name, tuple(sizes)) for name, sizes in pairs))
        named = {size for _, sizes in self.shapes.items() for size in sizes} | {index.size for index in self.free}
        named |= dims_of(*self.expressions, *(side for f in self.facts for side in sides(f)))
        extra = sorted(s for s in named if isinstance(s, str) and s not in self.dims)
        object.__setattr__(self, "dims", (*self.dims, *extra))

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """Both sides, and what must be defined too."""
        return (self.left, self.right, *self.where)

    @property
    def in_play(self) -> frozenset[str]:
        """The arrays of both sides, and those that facts tie to them."""
        used = arrays_of(*self.expressions)
        groups = [arrays_of(*sides(fact)) for fact in self.facts]
        while True:
            more = used.union(*(g for g in groups if g & used)) if groups else used
            if more == used:
                return used
            used = more

    def alone(self) -> Claim:
        """The claim without arrays, facts and dimensions that play no part in it."""
        used = self.in_play
        facts = tuple(f for f in self.facts if not (mine := arrays_of(*sides(f))) or mine & used)
        arrays = tuple((name, sizes) for name, sizes in self.shapes.items() if name in used)
        return replace(self, arrays=arrays, facts=facts, dims=())

    @property
    def shapes(self) -> dict[str, Sizes]:
        """Array name -> sizes."""
        return dict(self.arrays)
