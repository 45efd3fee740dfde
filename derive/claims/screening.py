"""Many formulas compared with one side of a claim at a few points: a quick look before the kernel decides.

Every definition is worked out once at each point.  What comes out is a guess, no verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, product
from math import prod
from typing import Any

from ..arrays.elements import Elements
from ..arrays.shapes import has_one_element
from ..arrays.values import Declared, Named, Value
from ..kernel.chain import Definition, adjoint, adjoints
from ..kernel.evaluate import Ambiguous, Evaluation, Point, TooLarge, Undefined, precision
from ..kernel.index import Entry, Expr
from ..kernel.plan import Plan
from ..kernel.points import SMALL as RECIPES
from ..kernel.points import points
from ..kernel.run import run, with_all_arrays
from .equations import axes, surroundings
from .lifting import MOST_CELLS, cells
from .reading import Assertion
from .scope import Scope
from .together import definition, definitions, is_plain, row_of

MOST_POINTS = 2
SMALL = 1_000  # elements
EVALUATION = 200_000  # table entries for each formula
BITS = 128


class Screen:
    """One side of a claim at a few points, and whether other formulas seem to be equal to it."""

    def __init__(self, scope: Scope, assertion: Assertion, side: Value, used: Sequence[Value]) -> None:
        """`used` are what the others are made of, as far as one knows."""
        about = surroundings(scope, (side, *used, *_small_arrays(scope)), assertion.assumptions)
        if cells(about) > MOST_CELLS:
            raise TooLarge("arrays too large to be filled with numbers")
        row = row_of(scope, 0, assertion) if side is assertion.left else None
        loss = row.loss if row is not None and is_plain(row.loss) else None
        forward = [] if loss is None else list(definitions((loss,)))
        others = [node for node in definitions(used) if node not in set(forward) and is_plain(node)]
        self.names: dict[Value, str] = {node: node.name for node in (*forward, *others)}
        self.at, self.plan = axes(scope, side.shape), Plan()
        steps = self._steps(scope, forward)
        if row is not None and loss is not None:
            steps += adjoints(steps, dict(about.shapes))
            element: Expr = Entry(adjoint(row.variable.name), self.at)
        else:
            element = self._element(side)
        every = (*steps, *self._steps(scope, others))
        found = (run(point, every, self.plan).everything for point in points(with_all_arrays(about), table=RECIPES))
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

    def _steps(self, scope: Scope, nodes: Sequence[Named]) -> tuple[Definition, ...]:
        return tuple(definition(scope, Elements(self.names), node.name, node, node.shape) for node in nodes)

    def _element(self, value: Value) -> Expr:
        """By the names of definitions; a derivative looks below them."""
        at = (0,) * len(value.shape) if has_one_element(value.shape) else self.at
        return Elements(self.names if is_plain(value) else {}).of(value, at)

    def _table(self, point: Point, element: Expr) -> Any:
        """The values over the free indices; None where nothing can be said."""
        try:
            with precision(BITS):
                return Evaluation(point, EVALUATION, self.plan).table(element)
        except (Ambiguous, Undefined, TooLarge):
            return None


def _small_arrays(scope: Scope) -> list[Value]:
    """The arrays of the file, without those of large given sizes."""
    declared = [meaning for meaning in scope.names.values() if isinstance(meaning, Declared)]
    return [array for array in declared if prod(s for s in array.shape if isinstance(s, int)) <= SMALL]


def _differ(point: Point, left: Any, right: Any) -> bool:
    """Some element certainly differs."""
    order = sorted({*left[0], *right[0]}, key=lambda index: index.name)
    for at in product(*(range(point.size(index.size)) for index in order)):
        place = dict(zip(order, at, strict=True))
        a, b = (values[tuple(place[index] for index in own)] for own, values in (left, right))
        if a != b:  # of balls: they have no point in common
            return True
    return False
