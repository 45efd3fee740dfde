"""One attempt to prove left - right = 0 in normal form, for all shapes and all values.

    facts  ->  both sides in normal form  ->  is the difference zero, or zero but for a null set?
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from ..errors import UnknownNode
from .algebra import Algebra, Undecided
from .claim import Claim, Fact, IsNonNegative, IsPositive, arrays_of, sides
from .elementary import KINKS, KNOWN, LARGEST
from .equal import drop_null_sets, is_zero
from .facts import gather
from .index import Apply, Delta, Largest, Positive, ScalarFunction
from .label import TooHard
from .lower import Lowering
from .signs import arrays_in
from .tree import nodes


@dataclass(frozen=True)
class Proof:
    """How an attempt ended: what the sides need to be defined, and the sets of points that it leaves out."""

    done: bool
    stopped: str = ""
    needs: tuple[Fact, ...] = ()
    jumps: frozenset[str] = frozenset()         # an indicator of these arrays jumps there
    ties: frozenset[str] = frozenset()          # a largest element of these arrays, differentiated, is there twice


class _OutOfTime(TooHard):
    """The last resort."""


def prove(claim: Claim, budget: int, end: float | None) -> Proof:
    """One attempt; whatever has no law ends it without a conclusion."""

    def watch() -> None:
        if end is not None and time.monotonic() > end:
            raise _OutOfTime("the deadline has passed")

    al = Algebra(budget, watch=watch)
    needs: tuple[Fact, ...] = ()
    try:
        needs = gather(al, claim)
        ties = _ties(claim)
        jumps = _left_out(al, claim, (*claim.generic, LARGEST)) if ties else None
        if jumps is not None:                           # whichever element counts as the largest
            return Proof(True, needs=needs, jumps=jumps)
        jumps = _left_out(al, claim, claim.generic)
        if jumps is not None and ties and not _rarely_twice(claim):
            return Proof(False, "a maximum may be attained twice on more than a null set", needs)
        if jumps is not None:
            return Proof(True, needs=needs, jumps=jumps, ties=ties)
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
    rest, null = drop_null_sets(al, difference)
    return frozenset().union(*(arrays_in(al, p) for p in null)) if null and is_zero(al, rest) else None


def _rarely_twice(claim: Claim) -> bool:
    """Is what the differentiated maxima run over analytic in free arrays?  Else it may be constant on an open set."""
    gaps = [e.arg for e in nodes((claim.left, claim.right)) if isinstance(e, Apply) and e.function == LARGEST]
    bodies = [e.body for gap in gaps for e in nodes((gap,)) if isinstance(e, Largest)]
    rough = any(isinstance(e, Delta | Positive | Largest | ScalarFunction) or (
        isinstance(e, Apply) and (e.function in KINKS or e.function not in KNOWN)) for e in nodes(bodies))
    ties = (f for f in claim.facts if not isinstance(f, IsPositive | IsNonNegative))
    tied = claim.computed.union(*(arrays_of(*sides(f)) for f in ties))
    return not rough and not arrays_of(*bodies) & tied


def _ties(claim: Claim) -> frozenset[str]:
    """Arrays whose largest element is differentiated."""
    found = (e for e in nodes((claim.left, claim.right)) if isinstance(e, Apply) and e.function == LARGEST)
    return frozenset().union(*(arrays_of(e) for e in found))
