"""One point, looked at exactly: do a claimed gradient and the derivative of the loss differ there?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from flint import arb, fmpq

from ..kernel.balls import Ambiguous, Undefined, precision
from ..kernel.claim import Claim, Fact
from ..kernel.evaluate import Evaluation, Point, TooLarge
from ..kernel.plan import Plan
from ..kernel.refute import at_point
from ..kernel.verdict import Refuted
from . import operations as op
from .draws import Draw
from .elements import TooLarge as TooManyParts
from .gradients import element_claim
from .values import Declared, Derivative, Value

LIMIT = 200_000  # table entries at one point
BITS = 320


@dataclass(frozen=True)
class Seen:
    """What one point shows: a refutation, and whether both sides are defined there."""

    refuted: Refuted | None
    defined: bool


class Witness:
    """The claim that `value` is the derivative of the loss in the array `name`, ready to be looked at anywhere."""

    def __init__(self, loss: Value, variable: Declared, value: Value, facts: Iterable[Fact] = ()) -> None:
        body = op.as_scalar(loss, "the loss")
        self.claim: Claim | None = None
        self.too_large = ""  # what is too large to be written out is looked at by floats alone
        try:
            self.claim = element_claim(Derivative(body, variable), value, facts)
        except TooManyParts as error:
            self.too_large = str(error)
        self._plan = Plan()

    def at(self, draw: Draw) -> Seen:
        """What the point shows, exactly."""
        if self.claim is None:
            return Seen(None, False)
        point = _point(draw)
        found = at_point(self.claim, point, LIMIT, self._plan)
        return Seen(found if isinstance(found, Refuted) else None, bool(found))

    def values(self, draw: Draw) -> tuple[float, ...] | None:
        """The elements of the derivative, then those that are claimed; None where they are not defined."""
        pairs = self._pairs(draw)
        return None if pairs is None else tuple(x for gap, left in pairs for x in (left, left - gap))

    def gaps(self, draw: Draw) -> tuple[float, ...] | None:
        """derivative - claimed, element by element, worked out with many digits; None where it is not defined."""
        pairs = self._pairs(draw)
        return None if pairs is None else tuple(gap for gap, _ in pairs)

    def sizes(self, draw: Draw) -> float | None:
        """The largest difference over the largest derivative; None where it is not defined."""
        pairs = self._pairs(draw)
        largest = max((abs(left) for _, left in pairs or ()), default=0.0)
        return None if pairs is None or largest == 0 else max(abs(gap) for gap, _ in pairs) / largest

    def _pairs(self, draw: Draw) -> tuple[tuple[float, float], ...] | None:
        """(derivative - claimed, derivative) for every element."""
        if self.claim is None:
            return None
        point = _point(draw)
        try:
            with precision(BITS):
                sides = Evaluation(point, LIMIT, self._plan)
                (own, left), (other, right) = sides.table(self.claim.left), sides.table(self.claim.right)
                order = self.claim.free
                found = []
                for at in product(*(range(point.size(i.size)) for i in order)):
                    env = dict(zip(order, at, strict=True))
                    a, b = left[tuple(env[i] for i in own)], right[tuple(env[i] for i in other)]
                    found.append((float((arb(a) - arb(b)).mid()), float(arb(a).mid())))
                return tuple(found)
        except (Ambiguous, Undefined, TooLarge):
            return None


def _point(draw: Draw) -> Point:
    arrays = {
        name: {at: fmpq(v.numerator, v.denominator) for at, v in cells.items()} for name, cells in draw.arrays.items()
    }
    return Point(draw.dims, arrays)
