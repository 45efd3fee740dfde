"""One attempt to prove left - right = 0 in normal form, for all shapes and all values.

    facts  ->  both sides in normal form  ->  is the difference zero, or zero but for a null set?
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from ..errors import UnknownNode
from .algebra import Algebra, Undecided
from .claim import Claim, Fact, arrays_of
from .elementary import LARGEST
from .equal import is_zero
from .index import Apply
from .label import TooHard
from .lower import Lowering
from .opening import opened
from .tree import is_partial, nodes


@dataclass(frozen=True)
class Proof:
    """How an attempt ended: what the sides need to be defined, and the sets of points that it leaves out."""

    done: bool
    stopped: str = ""
    needs: tuple[Fact, ...] = ()
    jumps: frozenset[str] = frozenset()         # an indicator of these arrays jumps there
    ties: frozenset[str] = frozenset()          # a largest element of these arrays, differentiated, is there twice
    laws: frozenset[str] = frozenset()          # files of laws that it opened


class _OutOfTime(TooHard):
    """The last resort."""


def prove(claim: Claim, budget: int, end: float | None) -> Proof:
    """One attempt; whatever has no law ends it without a conclusion."""

    def watch() -> None:
        if end is not None and time.monotonic() > end:
            raise _OutOfTime("the deadline has passed")

    al = Algebra(budget, opened, watch=watch, constrained=set(claim.computed), hanging=claim.hanging)
    needs: tuple[Fact, ...] = ()
    try:
        if claim.facts or is_partial(claim.expressions):
            needs = al.law("gather", claim)
        ties = _ties(claim)
        jumps = _left_out(al, claim, (*claim.generic, LARGEST)) if ties else None
        if jumps is not None:                           # whichever element counts as the largest
            return Proof(True, needs=needs, jumps=jumps, laws=frozenset(al.opened))
        jumps = _left_out(al, claim, claim.generic)
        if jumps is not None and ties and not al.law("rarely_twice", claim):
            return Proof(False, "a maximum may be attained twice on more than a null set", needs)
        if jumps is not None:
            return Proof(True, needs=needs, jumps=jumps, ties=ties, laws=frozenset(al.opened))
        return Proof(False, "the normal forms differ, yet no point shows it", needs)
    except UnknownNode:
        raise
    except (Undecided, TooHard) as stop:
        return Proof(False, str(stop), needs)
    except RecursionError:
        return Proof(False, "the sums stand too deep in each other", needs)


def _left_out(al: Algebra, claim: Claim, generic: tuple[str, ...]) -> frozenset[str] | None:
    """Arrays of the null sets where left = right may fail; None if it is not proved elsewhere."""
    low = Lowering(al, generic)
    difference = al.minus(low.lower(claim.left), low.lower(claim.right))
    if is_zero(al, difference):
        return frozenset()
    jumping = any(al.kind(g) in ("zero", "sum") for m in difference for g, _ in m)
    found: frozenset[str] | None = al.law("left_out", difference) if jumping else None
    return found


def _ties(claim: Claim) -> frozenset[str]:
    """Arrays whose largest element is differentiated."""
    found = (e for e in nodes((claim.left, claim.right)) if isinstance(e, Apply) and e.function == LARGEST)
    return frozenset().union(*(arrays_of(e) for e in found))
