"""Cut points: what is claimed about a long computation, decided piece by piece.

Every named array is a free array in the proof of the next claim: what holds for all arrays holds for those of the
computation; and once u = c dJ/dv is proved, u / c stands for dJ/dv.  Free arrays forget how they hang together, so a
proof that fails is tried again with definitions put back, nearest first.  Only values of the whole computation refute.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from .chain import Definition, inserted
from .claim import Claim, arrays_of
from .decide import BUDGET, EVALUATION, Attempt, attempt, proved
from .elementary import power
from .index import Entry, Expr, Index
from .network import Goal, Network
from .partial import product
from .points import RECIPES, SMALL
from .refute import refute
from .run import Run, compare, runs
from .signature import signature
from .tree import is_partial
from .verdict import Refuted, Unknown, Verdict
from .walk import weight

FIRST = (RECIPES[0], SMALL[0], RECIPES[1])
CUT_POINTS = 2                      # of a claim over free arrays, to see that it cannot be proved
FEW = 24                            # definitions; above, nothing is tried with all of them put back
ROUNDS = 4                          # times that definitions are put back
HEAVY = 20_000                      # nodes of both sides, written out
WORK = 400_000                      # units for one proof with cut points


def decide_network(network: Network, budget: int = BUDGET, deadline: float | None = None) -> dict[str, Verdict]:
    """Name of what is claimed -> the verdict, for all shapes and all values, wherever everything is defined.

    The goals are taken in order, so those near the loss come first.  `deadline`, in seconds, is a last resort.  With a
    budget of 0 nothing is proved; values may still refute.
    """
    return _Decision(network, budget, None if deadline is None else time.monotonic() + deadline).run()


@dataclass(frozen=True)
class _Seen:
    """What runs say of a goal."""

    refuted: Refuted | None = None
    agreed: int = 0
    wide: int = 0                   # of these, with every dimension above 1

    def and_then(self, found: Refuted | bool, wide: bool) -> _Seen:
        """With one more run."""
        if isinstance(found, Refuted):
            return replace(self, refuted=found if self.refuted is None or not found.at_kink else self.refuted)
        return replace(self, agreed=self.agreed + found, wide=self.wide + (found and wide))

    def shows(self, proof: Attempt) -> bool:
        """Is that a proof, and was a point seen where all is defined?  A wide one, where a null set is left out."""
        return proof.done and (self.wide if proof.null_set else self.agreed) > 0

    @property
    def settled(self) -> bool:
        """Refuted where nothing jumps: no null set explains it."""
        return self.refuted is not None and not self.refuted.at_kink


class _Decision:
    """The goals one after the other."""

    def __init__(self, network: Network, budget: int, end: float | None) -> None:
        self.net, self.budget, self.end = network, budget, end
        self.order = {name: k for k, name in enumerate(network.definitions)}
        self.free = {d.name for d in network.forward} | {goal.claimed for goal in network.goals}
        self.kept: dict[bool, tuple[list[Run], Iterator[Run]]] = {}
        self.memory: dict[str, Attempt] = {}                       # proofs without conditions, by signature
        self.known: dict[str, tuple[Definition, Attempt]] = {}     # name -> what stands for it, and the proof

    def run(self) -> dict[str, Verdict]:
        seen = self.watch(self.net.goals, later=False)
        return {goal.claimed: self.verdict(goal, seen[goal.claimed]) for goal in self.net.goals}

    def verdict(self, goal: Goal, seen: _Seen) -> Verdict:
        """One goal, after the first runs."""
        if seen.settled:
            assert seen.refuted is not None
            return seen.refuted
        proof = self.prove(goal) if self.budget else Attempt(False, "no proof was asked for")
        if seen.refuted is not None and not (proof.done and proof.null_set):
            return seen.refuted
        if not proof.done and goal.of in self.order and seen.agreed:
            return Unknown(proof.stopped, proof.conditions, seen.agreed)                  # a guess, and no more is lost
        if not seen.shows(proof):
            more = self.watch((goal,), later=True)[goal.claimed]
            if more.refuted is not None and (more.settled or not (proof.done and proof.null_set)):
                return more.refuted
            seen = _Seen(None, seen.agreed + more.agreed, seen.wide + more.wide)
        if seen.shows(proof):
            self.learn(goal, proof)
            return proved(proof)
        return Unknown("no point was found where everything is defined" if proof.done else proof.stopped,
                       proof.conditions, seen.agreed)

    def watch(self, goals: Iterable[Goal], later: bool) -> dict[str, _Seen]:
        """The goals at the values of the first runs, or of the later ones."""
        claims = {goal.claimed: self.by_name(goal) for goal in goals}
        found = dict.fromkeys(claims, _Seen())
        for run in self.runs(later):
            if not self.forward_is_defined(run):
                continue
            wide = all(size > 1 for size in run.everything.dims.values())
            for name, claim in claims.items():
                if not found[name].settled:
                    found[name] = found[name].and_then(compare(claim, run), wide)
        return found

    def runs(self, later: bool) -> Iterator[Run]:
        """Runs of the whole computation, each made once."""
        table = (*RECIPES[len(FIRST):], *RECIPES) if later else FIRST
        fresh: Iterator[Run] = runs(self.net.inputs, self.net.definitions.values(), table, later, self.end)
        kept, more = self.kept.setdefault(later, ([], fresh))
        yield from kept
        for run in more:
            kept.append(run)
            yield run
            if self.end is not None and time.monotonic() > self.end:
                return

    def forward_is_defined(self, run: Run) -> bool:
        """A derivative is taken where the function is defined."""
        return all(run.everything.arrays.get(d.name) for d in self.net.forward)

    def by_name(self, goal: Goal) -> Claim:
        """u = c v, by the names alone"""
        at = self.net.definitions[goal.claimed].at
        return self.claim(goal, (Entry(goal.claimed, at), product(goal.scale, Entry(goal.target, at))))

    def claim(self, goal: Goal, sides: tuple[Expr, ...]) -> Claim:
        """left = right where the rest is defined, every name a free array; only what plays a part is said."""
        left, right, *where = sides
        named = sorted(arrays_of(*sides) & self.order.keys(), key=self.order.__getitem__)
        arrays = {**self.net.arrays, **{name: self.net.definitions[name].sizes for name in named}}
        claim = replace(self.net.inputs, left=left, right=right, where=tuple(where), arrays=arrays,
                        computed=frozenset(named), hanging=frozenset(self.hanging(named, arrays)),
                        free=tuple(i for i in self.net.definitions[goal.claimed].at if isinstance(i, Index)))
        return claim.alone()

    def hanging(self, named: Iterable[str], arrays: Iterable[str]) -> Iterator[tuple[str, str]]:
        """What each of the names is computed from; gradients from everything."""
        every = frozenset(arrays)
        for name in named:
            yield from ((name, a) for a in self.net.behind.get(name, every) if a != name)

    # ---- proofs

    def prove(self, goal: Goal) -> Attempt:
        """With as few definitions put back as possible."""
        proof = Attempt(False, "no proof was tried")
        tried: set[tuple[Expr, ...]] = set()
        for opened in self.openings(goal):
            if self.end is not None and time.monotonic() > self.end:
                return Attempt(False, "the time was up", proof.conditions)
            sides, used = self.opened(goal, opened)
            if weight(*sides) > HEAVY:
                break
            if sides in tried:
                continue
            tried.add(sides)
            claim = self.claim(goal, sides)
            name = signature(claim)
            if name in self.memory:
                return _with(self.memory[name], [self.known[name][1] for name in used])
            if claim.computed and refute(claim, CUT_POINTS, EVALUATION, end=self.end).refuted is not None:
                proof = Attempt(False, "the free arrays of the cut points forget too much", proof.conditions)
                continue
            proof = attempt(claim, WORK if claim.computed else self.budget, self.end)
            if proof.done:
                if not proof.conditions and not proof.null_set:
                    self.memory[name] = proof
                return _with(proof, [self.known[name][1] for name in used])
        return proof

    def openings(self, goal: Goal) -> Iterator[frozenset[str]]:
        """Names whose definitions are put back: none, then what hangs on the variable, then what shows, then all."""
        opened: frozenset[str] = frozenset()
        yield opened
        for _ in range(ROUNDS):
            opened |= self.net.after(goal.of)
            yield opened
            sides, _ = self.opened(goal, opened)
            opened |= arrays_of(*sides) & self.order.keys()
            yield opened
        if len(self.order) <= FEW:
            yield frozenset(self.order)

    def opened(self, goal: Goal, names: frozenset[str]) -> tuple[tuple[Expr, ...], tuple[str, ...]]:
        """Both sides and what must be defined, with definitions put back; and the names explained by earlier proofs."""
        at = self.net.definitions[goal.claimed].at
        left = self.net.definitions[goal.claimed].body
        right = product(goal.scale, Entry(goal.target, at))
        if goal.target in self.order:
            right = inserted(right, self.net.definitions[goal.target])
        users = (d.body for d in self.net.forward if goal.of in arrays_of(d.body))
        sides = (left, right, *(u for u in users if is_partial((u,))))
        used = []
        while (last := self.last(names, sides)) is not None:
            used += [last] if last in self.known else []
            sides = tuple(inserted(side, self.meaning(last)) for side in sides)
        return sides, tuple(used)

    def last(self, names: frozenset[str], sides: tuple[Expr, ...]) -> str | None:
        """The last name that does not stay a free array."""
        showing = arrays_of(*sides) & self.order.keys()
        gone = [n for n in showing if n in names or n in self.known or n not in self.free]
        return max(gone, key=self.order.__getitem__, default=None)

    def meaning(self, name: str) -> Definition:
        """What stands for a name: by an earlier proof, or by its definition."""
        return self.known[name][0] if name in self.known else self.net.definitions[name]

    def learn(self, goal: Goal, proof: Attempt) -> None:
        """dJ/dv = u / c,  or  u = c v"""
        at = self.net.definitions[goal.claimed].at
        if goal.gradient:
            name, body = goal.target, product(power(goal.scale, -1), Entry(goal.claimed, at))
        else:
            name, body = goal.claimed, product(goal.scale, Entry(goal.of, at))
        self.known[name] = Definition(name, at, body), proof


def _with(proof: Attempt, used: list[Attempt]) -> Attempt:
    """A proof with the conditions and the laws of those that it uses."""
    every = (*used, proof)
    null_sets = dict.fromkeys(p.null_set for p in every if p.null_set)
    conditions = dict.fromkeys(c for p in every for c in p.conditions)
    laws = frozenset().union(*(p.laws for p in every))
    return replace(proof, conditions=tuple(conditions), null_set="; ".join(null_sets) or None, laws=laws)
