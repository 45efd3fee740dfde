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
from .index import Apply, Delta, Entry, Expr, Greatest, Index, Largest, Positive, ScalarFunction
from .label import TooHard
from .lower import Lowering
from .signs import arrays_in
from .tree import bound, children, nodes


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
        if jumps is not None and ties and not _rarely_twice(al, claim):
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


def _rarely_twice(al: Algebra, claim: Claim) -> bool:
    """Are the elements of differentiated maxima equal on a null set only?

    They are if each is analytic in free arrays, and depends on entries that no other has: x_j W_jk beside x_k, but not
    (x_j - x_k)^2, which is there twice.
    """
    low = Lowering(al, claim.generic)
    gaps = [e.arg for e in nodes((claim.left, claim.right)) if isinstance(e, Apply) and e.function == LARGEST]
    ties = (f for f in claim.facts if not isinstance(f, IsPositive | IsNonNegative))
    tied = claim.computed.union(*(arrays_of(*sides(f)) for f in ties))
    return all(_apart(al, low, e, tied) for e in nodes(gaps) if isinstance(e, Largest | Greatest))


def _apart(al: Algebra, low: Lowering, most: Largest | Greatest, tied: frozenset[str]) -> bool:
    if isinstance(most, Greatest):
        bodies = [_body(term)[1] for term in most.terms]
        known = [arrays_in(al, low.lower(body)) for body in bodies]
        return all(map(_analytic, bodies)) and len(set(known)) == len(known) and not tied & frozenset().union(*known)
    over, body = _body(most)
    if not _analytic(body) or arrays_of(body) & tied:
        return False
    inside = nodes((body,))
    if any(i in over for n in inside for k in range(len(children(n))) for i in bound(n, k)):
        return False
    places: dict[str, set[tuple[int, ...]]] = {}
    for n in inside:
        if isinstance(n, Entry):
            places.setdefault(n.array, set()).add(tuple(n.at.index(i) if i in n.at else -1 for i in over))
    depends = arrays_in(al, low.lower(body))
    return any(a in depends and len(at) == 1 and -1 not in next(iter(at)) for a, at in places.items())


def _body(e: Expr) -> tuple[list[Index], Expr]:
    """max_i max_j e is the maximum over both."""
    over: list[Index] = []
    while isinstance(e, Largest):
        over, e = [*over, e.index], e.body
    return over, e


def _analytic(e: Expr) -> bool:
    return not any(isinstance(n, Delta | Positive | Largest | Greatest | ScalarFunction) or (
        isinstance(n, Apply) and (n.function in KINKS or n.function not in KNOWN)) for n in nodes((e,)))


def _ties(claim: Claim) -> frozenset[str]:
    """Arrays whose largest element is differentiated."""
    found = (e for e in nodes((claim.left, claim.right)) if isinstance(e, Apply) and e.function == LARGEST)
    return frozenset().union(*(arrays_of(e) for e in found))
