"""decide(claim): Proved, Refuted or Unknown.  The only place that makes `Proved`.

    refute at a few exact points  ->  prove left - right = 0 in normal form  ->  more points  ->  Unknown
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from ..errors import UnknownNode
from . import verdict
from .algebra import Algebra, Poly, Undecided
from .claim import Claim
from .elementary import KINKS
from .equal import drop_null_sets, is_zero
from .facts import gather
from .index import Apply, Largest, Positive
from .label import TooHard
from .lower import Lowering
from .points import RECIPES
from .refute import refute
from .signs import arrays_in
from .verdict import Proved, Unknown, Verdict
from .walk import nodes

BUDGET = 3_000_000                  # units of work, the same on every machine
FIRST_POINTS = 4
SEEDS = 4                           # draws of every recipe before giving up
SEEDS_WITH_KINKS = 16               # differences may hide between two kinks
EVALUATION = 200_000                # table entries per point


@dataclass(frozen=True)
class Attempt:
    """How a proof attempt ended."""

    done: bool
    stopped: str = ""
    conditions: tuple[str, ...] = ()
    null_set: str | None = None


def decide(claim: Claim, budget: int = BUDGET, deadline: float | None = None) -> Verdict:
    """The verdict on left = right, for all shapes and all values, wherever both sides are defined.

    `budget` counts work; `deadline`, in seconds, is a last resort and gives Unknown.  Raises UnknownNode for an
    expression that no table knows.
    """
    end = None if deadline is None else time.monotonic() + deadline
    trial = refute(claim, FIRST_POINTS, EVALUATION)
    if trial.refuted is not None and not trial.refuted.at_kink:
        return trial.refuted
    proof = attempt(claim, budget, end)
    if trial.refuted is not None:
        return proved(proof) if proof.done and proof.null_set and trial.defined > 1 else trial.refuted
    if proof.done and trial.defined:
        return proved(proof)
    agreed = 0
    for seed in range(SEEDS_WITH_KINKS if has_kinks(claim) else SEEDS):
        trial = refute(claim, len(RECIPES), EVALUATION, seed)
        agreed += trial.agreed
        if trial.refuted is not None:
            return trial.refuted
        if proof.done and trial.defined:
            return proved(proof)
        if end is not None and time.monotonic() > end:
            break
    return _unknown(proof, agreed)


def proved(proof: Attempt) -> Proved:
    """The verdict of a proof that is done."""
    reason = "both sides have the same normal form"
    return Proved(reason, proof.conditions, except_on=proof.null_set, token=verdict._KERNEL)


def _unknown(proof: Attempt, agreed: int) -> Unknown:
    if proof.done:
        return Unknown("no point was found where both sides are defined", proof.conditions, 0)
    return Unknown(proof.stopped, proof.conditions, agreed)


def has_kinks(claim: Claim) -> bool:
    """Only then may the sides differ on a null set alone."""
    return any(isinstance(e, Positive | Largest) or (isinstance(e, Apply) and e.function in KINKS)
               for e in nodes((claim.left, claim.right)))


class _OutOfTime(TooHard):
    """The last resort."""


def attempt(claim: Claim, budget: int, end: float | None) -> Attempt:
    """One attempt; whatever has no law ends it without a conclusion."""

    def watch() -> None:
        if end is not None and time.monotonic() > end:
            raise _OutOfTime("the deadline has passed")

    al = Algebra(budget, watch=watch)
    conditions: tuple[str, ...] = ()
    try:
        conditions = gather(al, claim)
        low = Lowering(al, claim.generic)
        difference = al.total((low.lower(claim.left), al.scale(low.lower(claim.right), -1)))
        if is_zero(al, difference):
            return Attempt(True, conditions=conditions)
        rest, null = drop_null_sets(al, difference)
        if null and is_zero(al, rest):
            return Attempt(True, conditions=conditions, null_set=_name(al, null))
        return Attempt(False, "the normal forms differ, yet no point shows it", conditions)
    except UnknownNode:
        raise
    except (Undecided, TooHard) as stop:
        return Attempt(False, str(stop), conditions)


def _name(al: Algebra, null: list[Poly]) -> str:
    names = sorted({name for p in null for name in arrays_in(al, p)})
    return f"a null set of {', '.join(names)} where an indicator jumps"


__all__ = ["BUDGET", "Attempt", "attempt", "decide", "has_kinks", "proved"]
