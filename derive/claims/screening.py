"""Many formulas compared with one at a few points: a quick look before the kernel decides.

Every definition of the file is worked out once at each point.  What comes out is a guess, no verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, product
from math import prod
from typing import Any

from ..arrays.elements import At, Elements
from ..arrays.shapes import has_one_element
from ..arrays.values import Declared, Derivative, Named, Value, in_order
from ..kernel.chain import Definition
from ..kernel.evaluate import Ambiguous, Evaluation, Plan, Point, TooLarge, Undefined, precision
from ..kernel.index import Expr, Index
from ..kernel.points import SMALL as RECIPES
from ..kernel.points import points
from ..kernel.run import run, with_all_arrays
from .equations import axes, surroundings
from .lifting import MOST_CELLS, cells
from .reading import Assumption
from .scope import Scope

MOST_POINTS = 2
SMALL = 1_000  # elements
EVALUATION = 200_000  # table entries for each formula
BITS = 128


class Screen:
    """One value at a few points, and whether others seem to be equal to it."""

    def __init__(
        self, scope: Scope, value: Value, used: Sequence[Value], assumptions: Iterable[Assumption]
    ) -> None:
        """`used` are what the others are made of, as far as one knows."""
        about = surroundings(scope, (value, *used, *_small_arrays(scope)), assumptions)
        if cells(about) > MOST_CELLS:
            raise TooLarge("arrays too large to be filled with numbers")
        self.at: At = axes(scope, value.shape)
        self.plan = Plan()
        below = dict.fromkeys(node for part in (value, *used) for node in in_order(part))
        own = [n for n in below if isinstance(n, Named) and scope.names.get(n.name) is n and not _derives(n)]
        self.names: dict[Value, str] = {node: node.name for node in own}
        steps = tuple(_definition(Elements(self.names), node, name) for node, name in self.names.items())
        element = self._element(value)
        inputs = points(with_all_arrays(about), table=RECIPES)
        found = (run(point, steps, self.plan).everything for point in inputs)
        tables = ((point, self._table(point, element)) for point in found)
        self.tables = list(islice(((point, table) for point, table in tables if table is not None), MOST_POINTS))

    def may_be_equal(self, other: Value) -> bool:
        """Is it defined at some point, and does none show that it differs?"""
        element, seen = self._element(other), False
        for point, table in self.tables:
            mine = self._table(point, element)
            if mine is not None and _differ(point, table, mine):
                return False
            seen = seen or mine is not None
        return seen

    def _element(self, value: Value) -> Expr:
        """By the names of definitions; a derivative looks below them."""
        at = (0,) * len(value.shape) if has_one_element(value.shape) else self.at
        names = {} if _derives(value) else {node: name for node, name in self.names.items() if node is not value}
        return Elements(names).of(value, at)

    def _table(self, point: Point, element: Expr) -> Any:
        """The values over the free indices; None where nothing can be said."""
        try:
            with precision(BITS):
                return Evaluation(point, EVALUATION, self.plan).table(element)
        except (Ambiguous, Undefined, TooLarge):
            return None


def _derives(value: Value) -> bool:
    return any(isinstance(node, Derivative) for node in in_order(value))


def _small_arrays(scope: Scope) -> list[Value]:
    """The arrays of the file, without those of large given sizes."""
    declared = [meaning for meaning in scope.names.values() if isinstance(meaning, Declared)]
    return [array for array in declared if prod(s for s in array.shape if isinstance(s, int)) <= SMALL]


def _definition(elements: Elements, value: Value, name: str) -> Definition:
    at: At = tuple(0 if size == 1 else Index(f"{name}.{axis}", size) for axis, size in enumerate(value.shape))
    return Definition(name, at, elements.of(value, at))


def _differ(point: Point, left: Any, right: Any) -> bool:
    """Some element certainly differs."""
    order = sorted({*left[0], *right[0]}, key=lambda index: index.name)
    for at in product(*(range(point.size(index.size)) for index in order)):
        place = dict(zip(order, at, strict=True))
        a, b = (values[tuple(place[index] for index in own)] for own, values in (left, right))
        if a != b:  # of balls: they have no point in common
            return True
    return False
