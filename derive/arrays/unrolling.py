"""Facts about whole arrays, said of their parts: an axis of given size is written out, an axis of size 1 is left out.

sum_j Y_ij = 1,  Y (N, 2)    ->    Y[0]_i + Y[1]_i = 1,  Y[0] and Y[1] (N,)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

from ..errors import UnknownNode
from ..kernel.claim import AreEqual, Fact, IsNonNegative, IsPositive
from ..kernel.index import Add, Entry, Expr, Index, Largest, Sum
from ..kernel.walk import fold, free_indices, nodes, substitute, with_children

KEPT, WRITTEN_OUT, LEFT_OUT = "kept", "written out", "left out"
Layout = Mapping[str, tuple[str, ...]]  # array -> what happens to each of its axes


def part_name(name: str, at: tuple[int, ...]) -> str:
    """Y[0,2]: the part of an array at given positions."""
    return f"{name}[{','.join(map(str, at))}]" if at else name


def unrolled(facts: Iterable[Fact], layout: Layout) -> tuple[Fact, ...]:
    """The facts about the parts of the arrays; arrays without a layout stay as they are."""
    return tuple(made for fact in facts for made in _one(fact, layout))


def _one(fact: Fact, layout: Layout) -> Iterator[Fact]:
    sides = (fact.left, fact.right) if isinstance(fact, AreEqual) else (fact.expr,)
    free = sorted({i for e in sides for i in free_indices(e) if i in _positions(e, layout)}, key=lambda i: i.name)
    for at in product(*(range(_count(i)) for i in free)):
        chosen: dict[Index, Any] = dict(zip(free, at, strict=True))
        parts = [_parts(substitute(e, chosen), layout) for e in sides]
        if isinstance(fact, AreEqual):
            yield AreEqual(*parts)
        elif isinstance(fact, IsPositive | IsNonNegative):
            yield replace(fact, expr=parts[0])
        else:
            yield fact


def _count(index: Index) -> int:
    if not isinstance(index.size, int):
        raise UnknownNode("an axis that is written out", index)
    return index.size


def _positions(e: Expr, layout: Layout) -> set[Index]:
    """The indices that stand at an axis which is written out."""
    found: set[Index] = set()
    for node in nodes((e,)):
        if isinstance(node, Entry) and node.array in layout:
            for p, how in zip(node.at, layout[node.array], strict=True):
                if how == WRITTEN_OUT and isinstance(p, Index):
                    found.add(p)
    return found


def _parts(e: Expr, layout: Layout) -> Expr:
    """Sums over axes that are written out as sums of parts, entries as entries of parts."""
    while (
        inner := next(
            (n for n in nodes((e,)) if isinstance(n, Sum | Largest) and n.index in _positions(n.body, layout)), None
        )
    ) is not None:
        if isinstance(inner, Largest):
            raise UnknownNode("an axis that is written out", inner)
        terms = tuple(substitute(inner.body, {inner.index: k}) for k in range(_count(inner.index)))
        e = _replaced(e, inner, Add(terms))
    return fold(e, lambda n, below: _entry(n, layout) if isinstance(n, Entry) else with_children(n, below))


def _replaced(e: Expr, old: Expr, new: Expr) -> Expr:
    found: Expr = fold(e, lambda n, below: new if n is old else with_children(n, below))
    return found


def _entry(e: Entry, layout: Layout) -> Entry:
    if e.array not in layout:
        return e
    marked = list(zip(e.at, layout[e.array], strict=True))
    outside = [p for p, how in marked if how == WRITTEN_OUT]
    if not all(isinstance(p, int) for p in outside):
        raise UnknownNode("an axis that is written out", e)
    inside = tuple(p for p, how in marked if how == KEPT)
    return Entry(part_name(e.array, tuple(p for p in outside if isinstance(p, int))), inside)
