"""A long computation and what is claimed about it: named arrays instead of one large expression.

    v_j[q] = f_j(inputs, earlier v)[q]          definitions; the last one is the loss J
    u[p]   = e(inputs, v, earlier u)[p]         what is claimed:  u = c dJ/dv,  or  u = c v
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ..errors import DeriveError
from .chain import Definition, adjoint, adjoints
from .claim import Claim, Fact, Sizes, arrays_of
from .elementary import ONE, ZERO
from .index import Dim, Expr, Mul, Number, Pow


@dataclass(frozen=True)
class Goal:
    """claimed = scale * dJ/d `of`;  without `gradient`, claimed = scale * `of`.  The scale is never zero."""

    claimed: str
    of: str
    gradient: bool = True
    scale: Expr = ONE

    def __post_init__(self) -> None:
        if not _never_zero(self.scale):
            raise DeriveError(f"the scale of a goal is made of numbers and dimensions, not {self.scale}")

    @property
    def target(self) -> str:
        """The array that is meant."""
        return adjoint(self.of) if self.gradient else self.of


def _never_zero(scale: Expr) -> bool:
    match scale:
        case Number(value):
            return value != 0
        case Dim():
            return True
        case Mul(factors):
            return all(map(_never_zero, factors))
        case Pow(base, _):
            return _never_zero(base)
    return False


@dataclass(frozen=True)
class Network:
    """A forward computation, what is claimed about it, and what is assumed of its inputs."""

    forward: tuple[Definition, ...]
    claimed: tuple[Definition, ...]
    goals: tuple[Goal, ...]
    arrays: Mapping[str, Sizes] = field(default_factory=dict)
    dims: tuple[str, ...] = ()
    generic: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """Every named array that is computed, each from earlier ones."""
        backward = adjoints(self.forward, self.arrays) if any(goal.gradient for goal in self.goals) else ()
        every = (*self.forward, *backward, *self.claimed)
        found = {d.name: d for d in every}
        if len(found) != len(every) or found.keys() & self.arrays.keys():
            raise DeriveError("a name is defined twice")
        return found

    @cached_property
    def inputs(self) -> Claim:
        """What every claim says beside its sides."""
        return Claim(ZERO, ZERO, arrays=self.arrays, dims=self.dims, generic=self.generic, facts=self.facts)

    @cached_property
    def behind(self) -> dict[str, frozenset[str]]:
        """Forward name -> the names that it is computed from, directly or not."""
        found: dict[str, frozenset[str]] = {}
        for d in self.forward:
            direct = arrays_of(d.body)
            found[d.name] = direct.union(*(found[name] for name in direct if name in found))
        return found

    def after(self, name: str) -> frozenset[str]:
        """The forward names that are computed from an array."""
        return frozenset(d for d, names in self.behind.items() if name in names)
