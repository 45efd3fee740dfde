"""Expressions made ready to be evaluated at many points: functions by definition, nodes in order, places in tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .elementary import LARGEST
from .index import Apply, Expr, Index, Position, Shifted
from .partial import define
from .walk import bound, children, fold, free_indices, nodes, positions, with_children


@dataclass(frozen=True)
class Layout:
    """Where a node finds what it needs, by places in a cell: its free indices, followed by those that it binds.

    A position is (place of its index, offset), or (-1, number); `below` has the places of each child's indices.
    """

    order: tuple[Index, ...]
    bound: tuple[tuple[Index, ...], ...]
    below: tuple[tuple[int, ...], ...]
    at: tuple[tuple[int, int], ...]


class Plan:
    """Expressions made ready to be evaluated at many points: functions by definition, nodes in order, layouts.

    Nothing is evaluated after `end`, a time of the monotonic clock.
    """

    def __init__(self, end: float | None = None) -> None:
        self.end = end
        self.defined: dict[int, Expr] = {}
        self.free: dict[int, frozenset[Index]] = {}
        self.layouts: dict[int, Layout] = {}
        self.ready: dict[int, tuple[Expr, list[Expr]]] = {}
        self.alive: list[Expr] = []

    def of(self, e: Expr) -> tuple[Expr, list[Expr]]:
        """The expression by definitions, and its nodes, children first."""
        if id(e) not in self.ready:
            self.alive.append(e)
            root = fold(e, _by_definition, self.defined)
            free_indices(root, self.free)
            below = nodes((root,))
            for node in below:
                if id(node) not in self.layouts:
                    self.layouts[id(node)] = self._layout(node)
            self.ready[id(e)] = root, below
        return self.ready[id(e)]

    def _layout(self, e: Expr) -> Layout:
        order = tuple(sorted(self.free[id(e)], key=lambda i: (i.name, str(i.size))))
        place = {i: k for k, i in enumerate(order)}
        binds, below = [], []
        for k, child in enumerate(children(e)):
            mine = bound(e, k)
            inner = place | {i: len(order) + n for n, i in enumerate(mine)}
            binds.append(mine)
            below.append(tuple(inner[i] for i in self.layouts[id(child)].order))
        return Layout(order, tuple(binds), tuple(below), tuple(_place(p, place) for p in positions(e)))


def _place(p: Position, place: Mapping[Index, int]) -> tuple[int, int]:
    match p:
        case Index():
            return place[p], 0
        case Shifted(index, offset):
            return place[index], offset
    return -1, p


def _by_definition(e: Expr, below: tuple[Expr, ...]) -> Expr:
    node = with_children(e, below)
    if isinstance(node, Apply) and node.function != LARGEST:
        return define(node.function, node.order, node.arg) or node
    return node
