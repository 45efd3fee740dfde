"""Many formulas compared with one at a few points: a quick look before the kernel decides.

All are evaluated together, so that what they share is worked out once.  What comes out is a guess, no verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

from ..arrays.values import Value
from ..kernel.evaluate import Ambiguous, Evaluation, Point, TooLarge, Undefined, precision
from ..kernel.index import Add
from ..kernel.points import points
from .equations import elements_of
from .reading import Assumption
from .scope import Scope

MOST_POINTS = 2
EVALUATION = 200_000  # table entries for each point
BITS = 128


def may_be_equal(scope: Scope, value: Value, others: Sequence[Value], assumptions: Iterable[Assumption]) -> list[bool]:
    """For each of the others: does no point show that it differs from the value?"""
    elements, claim = elements_of(scope, (value, *others), assumptions)
    possible = [True] * len(others)
    for point in points(claim, recipes=MOST_POINTS):
        with precision(BITS):
            evaluation = Evaluation(point, EVALUATION)
            expanded = evaluation.expand(Add(tuple(elements)))
            tables = [_table(evaluation, element) for element in expanded.terms]  # type: ignore[attr-defined]
            for k, table in enumerate(tables[1:]):
                possible[k] = possible[k] and not _differ(point, tables[0], table)
    return possible


def _table(evaluation: Evaluation, element: Any) -> Any:
    """The values over the free indices; None where nothing can be said."""
    try:
        return evaluation.table(element)
    except (Ambiguous, Undefined, TooLarge):
        return None


def _differ(point: Point, left: Any, right: Any) -> bool:
    """Some element certainly differs."""
    if left is None or right is None:
        return False
    order = sorted({*left[0], *right[0]}, key=lambda index: index.name)
    for at in product(*(range(point.size(index.size)) for index in order)):
        place = dict(zip(order, at, strict=True))
        a, b = (values[tuple(place[index] for index in own)] for own, values in (left, right))
        if a != b:  # of balls: they have no point in common
            return True
    return False
