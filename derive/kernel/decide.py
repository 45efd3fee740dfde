"""decide(claim): Proved, Refuted or Unknown.  The only place that makes `Proved`.

    refute at a few exact points  ->  prove left - right = 0 in normal form  ->  more points  ->  Unknown
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from . import verdict
from .claim import Claim
from .crossings import refute_beside_jumps
from .elementary import KINKS
from .index import Apply, Greatest, Largest, Positive
from .points import RECIPES
from .proof import prove
from .refute import Trial, describe, refute
from .verdict import Proved, Unknown, Verdict
from .walk import nodes

BUDGET = 3_000_000                  # units of work, the same on every machine
FIRST_POINTS = 4
SEEDS = 16                          # draws of every recipe before giving up
ENOUGH = 56                         # points that agree; where there are kinks, differences may hide between two
EVALUATION = 200_000                # table entries per point
PIECES = KINKS | {"elu"}            # functions with another formula on either side of a point


@dataclass(frozen=True)
class Attempt:
    """How a proof attempt ended."""

    done: bool
    stopped: str = ""
    conditions: tuple[str, ...] = ()
    null_set: str | None = None
    laws: frozenset[str] = frozenset()


def decide(claim: Claim, budget: int = BUDGET, deadline: float | None = None) -> Verdict:
    """The verdict on left = right, for all shapes and all values, wherever both sides are defined.

    `budget` counts work; `deadline`, in seconds, is a last resort and gives Unknown.  Raises UnknownNode for an
    expression that no table knows.
    """
    end = None if deadline is None else time.monotonic() + deadline
    trial = refute(claim, FIRST_POINTS, EVALUATION, end=end)
    if trial.refuted is not None and not trial.refuted.at_kink:
        return trial.refuted
    proof = attempt(claim, budget, end)
    if trial.refuted is not None and not (proof.done and proof.null_set and trial.defined > 1):
        return trial.refuted
    if proof.done and shows(trial, proof):
        return _unless_refuted(claim, proof, end) if proof.null_set else proved(proof)
    agreed = 0
    for seed in range(SEEDS):
        trial = refute(claim, len(RECIPES), EVALUATION, seed, end)
        agreed += trial.agreed
        if trial.refuted is not None and not (trial.refuted.at_kink and proof.done and proof.null_set):
            return trial.refuted
        if proof.done and shows(trial, proof):
            return proved(proof)
        if seed == 0 and not proof.done and has_pieces(claim):
            trial = refute_beside_jumps(claim, end)
            agreed += trial.agreed
            if trial.refuted is not None:
                return trial.refuted
        if (agreed >= ENOUGH and not has_pieces(claim)) or (end is not None and time.monotonic() > end):
            break
    return _unknown(proof, agreed)


def shows(trial: Trial, proof: Attempt) -> bool:
    """Was a point seen where both sides are defined?  With every dimension above 1, where a null set is left out."""
    return trial.wide > 0 if proof.null_set else trial.defined > 0


def _unless_refuted(claim: Claim, proof: Attempt, end: float | None) -> Verdict:
    """A proof but for a null set, unless a point outside it says otherwise."""
    trial = refute(claim, len(RECIPES), EVALUATION, 1, end)
    return trial.refuted if trial.refuted is not None and not trial.refuted.at_kink else proved(proof)


def proved(proof: Attempt) -> Proved:
    """The verdict of a proof that is done."""
    reason = "both sides have the same normal form"
    laws = tuple(sorted(proof.laws))
    return Proved(reason, proof.conditions, except_on=proof.null_set, laws=laws, token=verdict._KERNEL)


def _unknown(proof: Attempt, agreed: int) -> Unknown:
    if proof.done:
        where = "every dimension is above 1 and both sides are" if proof.null_set else "both sides are"
        return Unknown(f"no point was found where {where} defined", proof.conditions, 0)
    return Unknown(proof.stopped, proof.conditions, agreed)


def has_pieces(claim: Claim) -> bool:
    """Only then may the sides differ on a null set alone, or on a small piece."""
    return any(isinstance(e, Positive | Largest | Greatest) or (isinstance(e, Apply) and e.function in PIECES)
               for e in nodes((claim.left, claim.right)))


def attempt(claim: Claim, budget: int, end: float | None) -> Attempt:
    """One attempt at a proof, with its conditions as text."""
    proof = prove(claim, budget, end)
    conditions = [f"assumed: {describe(fact)}" for fact in claim.facts]
    conditions += [f"where {describe(need, claim.free)}" for need in proof.needs]
    left_out = [f"a null set of {_names(proof.jumps)} where an indicator jumps"] * bool(proof.jumps)
    left_out += [f"where a maximum over {_names(proof.ties)} is attained twice"] * bool(proof.ties)
    said = tuple(dict.fromkeys(conditions))
    return Attempt(proof.done, proof.stopped, said, "; ".join(left_out) or None, proof.laws)


def _names(arrays: frozenset[str]) -> str:
    return ", ".join(sorted(arrays))


__all__ = ["BUDGET", "Attempt", "attempt", "decide", "has_pieces", "proved"]
