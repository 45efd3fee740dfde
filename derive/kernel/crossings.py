"""Refutation beside jumps: [u > 0] and [v > 0] may differ in a narrow band alone.

    u(P) > 0 > u(Q)    ->    points of the segment from P to Q, ever nearer to where u is 0
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain, islice

from flint import fmpq

from .balls import Ambiguous, Undefined, Value, precision
from .claim import Claim
from .evaluate import Cell, Evaluation, Point, TooLarge
from .index import Expr, Positive
from .plan import Plan
from .points import RECIPES, Setting
from .refute import Trial, at_point
from .verdict import Refuted

SIZES = ((2, 3, 1), (3, 2), (1,))           # dimensions by position (cycled)
MOST_JUMPS = 8                              # indicators that are looked at
HALVINGS = 36
MOST_POINTS = 200                           # in all
SMALL = 2_000                               # table entries of an evaluation: there are many
HALF = fmpq(1, 2)


def refute_beside_jumps(claim: Claim, end: float | None = None) -> Trial:
    """Walk to where each indicator changes, and look on the way whether the sides differ, where nothing jumps."""
    plan = Plan(end)
    agreed = defined = 0
    points = chain.from_iterable(_Walk(claim, sizes, plan).points() for sizes in SIZES)
    for point in islice(points, MOST_POINTS):
        found = at_point(claim, point, SMALL, plan)
        agreed += found is True
        defined += bool(found)
        if isinstance(found, Refuted) and not found.at_kink:
            return Trial(found, agreed, defined)
    return Trial(None, agreed, defined)


class _Walk:
    """From points of the same sizes, with the same generic functions, to where indicators change between them."""

    def __init__(self, claim: Claim, sizes: tuple[int, ...], plan: Plan) -> None:
        self.claim, self.plan = claim, plan
        self.setting = Setting(claim, plan.end)
        drawn = (self.setting.draw((sizes, *r[1:]), random.Random(f"jump {k}")) for k, r in enumerate(RECIPES))
        found = [p for p in drawn if p is not None]
        self.pool = [Point(p.dims, p.arrays, found[0].functions) for p in found if p.dims == found[0].dims]

    def points(self) -> Iterator[Point]:
        for jump in self.jumps():
            known = [(p, self.values(jump, p)) for p in self.pool]
            for at in dict.fromkeys(at for _, values in known for at in values):
                above = next((p for p, values in known if at in values and values[at] > 0), None)
                below = next((p for p, values in known if at in values and values[at] < 0), None)
                if above and below:
                    yield from self.nearer(jump, at, above, below)
                    break

    def jumps(self) -> list[Expr]:
        """u of every [u > 0]; first of those that stand on one side only."""
        left, right = ({e.arg: None for e in self.plan.of(side)[1] if isinstance(e, Positive)}
                       for side in (self.claim.left, self.claim.right))
        alone = [u for u in (left | right) if (u in left) != (u in right)]
        return [*alone, *(u for u in left if u in right)][:MOST_JUMPS]

    def values(self, jump: Expr, point: Point) -> dict[Cell, Value]:
        try:
            with precision(128):
                return Evaluation(point, SMALL, self.plan).table(jump)[1]
        except (Undefined, Ambiguous, TooLarge):
            return {}

    def nearer(self, jump: Expr, at: Cell, above: Point, below: Point) -> Iterator[Point]:
        """By halves of what is left of the way."""
        for _ in range(HALVINGS):
            middle = self.setting.between(above, below, HALF)
            if middle is None or (u := self.values(jump, middle).get(at)) is None:
                return
            yield middle
            above, below = (middle, below) if u > 0 else (above, middle)
