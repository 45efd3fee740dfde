"""Walks over index expressions: free indices, substitution, renaming.  No walk recurses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from .index import (
    Array,
    Delta,
    Determinant,
    Entry,
    Expr,
    Index,
    InverseEntry,
    Largest,
    Position,
    ScalarFunction,
    Shifted,
    Sum,
)
from .tree import bound, children, fold, is_guard, nodes, with_children


def positions(e: Expr) -> tuple[Position, ...]:
    """The positions that e itself carries, outside all its children."""
    match e:
        case Entry(_, at):
            return at
        case Delta(left, right):
            return (left, right)
        case ScalarFunction(_, _, by):
            return tuple(p for _, at in by for p in at)
        case InverseEntry(_, row, column):
            return (row, column)
    return ()


def index_of(p: Position) -> Index | None:
    """The index inside a position."""
    match p:
        case Shifted(index, _):
            return index
        case Index():
            return p
    return None


def _free_here(e: Expr, below: tuple[frozenset[Index], ...]) -> frozenset[Index]:
    mine = {i for p in positions(e) if (i := index_of(p)) is not None}
    return frozenset(mine.union(*(inner.difference(bound(e, k)) for k, inner in enumerate(below))))


def free_indices(e: Expr, memo: dict[int, Any] | None = None) -> frozenset[Index]:
    """The indices that no sum, maximum or array inside e binds."""
    return fold(e, _free_here, memo)


def weight(*es: Expr) -> int:
    """The number of nodes, a shared one counted wherever it stands: what writing it all out would cost."""
    memo: dict[int, int] = {}
    return sum(fold(e, lambda node, below: 1 + sum(below), memo) for e in es)


_FRESH = count()


def fresh(index: Index) -> Index:
    """A new index of the same size."""
    return Index(f"{index.name.split('~')[0]}~{next(_FRESH)}", index.size)


def move(p: Position, mapping: Mapping[Index, Position]) -> Position:
    """The position after renaming its index."""
    index = index_of(p)
    if index is None or index not in mapping:
        return p
    new = mapping[index]
    if isinstance(p, Index):
        return new
    offset = p.offset if isinstance(p, Shifted) else 0
    match new:
        case Shifted(inner, more):
            return Shifted(inner, more + offset) if more + offset else inner
        case Index():
            return Shifted(new, offset)
    return new + offset


def substitute(e: Expr, mapping: Mapping[Index, Position]) -> Expr:
    """e with indices replaced, sums renamed where they would capture."""
    free: dict[int, frozenset[Index]] = {}
    free_indices(e, free)
    targets = {i for p in mapping.values() if (i := index_of(p)) is not None}
    memo: dict[tuple[int, tuple[tuple[Index, Position], ...]], Expr] = {}
    keep: list[Expr] = []

    def key(node: Expr, m: Mapping[Index, Position]) -> tuple[int, tuple[tuple[Index, Position], ...]]:
        if id(node) not in free:
            free_indices(node, free)
        return id(node), tuple((i, p) for i, p in m.items() if i in free[id(node)])

    def below(node: Expr, m: Mapping[Index, Position]) -> tuple[Expr, list[Mapping[Index, Position]]]:
        maps: list[Mapping[Index, Position]] = []
        for k in range(len(children(node))):
            inner = {i: p for i, p in m.items() if i not in bound(node, k)}
            maps.append(inner)
        return node, maps

    def apart(node: Expr) -> Expr:
        """The node with its own bound indices renamed, if they are among the targets."""
        match node:
            case Sum(i, body) if i in targets:
                j = fresh(i)
                return Sum(j, substitute(body, {i: j}))
            case Largest(i, body) if i in targets:
                j = fresh(i)
                return Largest(j, substitute(body, {i: j}))
            case ScalarFunction(f, arguments, by) if any(i in targets for a in arguments for i in a.indices):
                return ScalarFunction(f, tuple(_apart(a, targets) for a in arguments), by)
            case InverseEntry(matrix, row, column) if any(i in targets for i in matrix.indices):
                return InverseEntry(_apart(matrix, targets), row, column)
            case Determinant(matrix) if any(i in targets for i in matrix.indices):
                return Determinant(_apart(matrix, targets))
        return node

    root = key(e, mapping)
    stack: list[tuple[Expr, Mapping[Index, Position], Any]] = [(e, mapping, root)]
    renamed: dict[int, Expr] = {}
    while stack:
        node, m, k = stack[-1]
        if k in memo:
            stack.pop()
            continue
        if not k[1]:
            memo[k] = node
            stack.pop()
            continue
        if id(node) not in renamed:
            renamed[id(node)] = apart(node)
            keep += [node, renamed[id(node)]]
        safe, maps = below(renamed[id(node)], m)
        keys = [key(c, inner) for c, inner in zip(children(safe), maps, strict=True)]
        waiting = [(c, i, q) for c, i, q in zip(children(safe), maps, keys, strict=True) if q not in memo]
        if waiting:
            stack.extend(waiting)
            continue
        memo[k] = _here(with_children(safe, tuple(memo[q] for q in keys)), m)
        stack.pop()
    return memo[root]


def _apart(a: Array, targets: set[Index]) -> Array:
    names = {i: fresh(i) if i in targets else i for i in a.indices}
    return Array(tuple(names[i] for i in a.indices), substitute(a.body, dict(names)))


def _here(e: Expr, m: Mapping[Index, Position]) -> Expr:
    """e with its own positions moved."""
    match e:
        case Entry(array, at):
            return Entry(array, tuple(move(p, m) for p in at))
        case Delta(left, right):
            return Delta(move(left, m), move(right, m))
        case ScalarFunction(f, arguments, by):
            return ScalarFunction(f, arguments, tuple((k, tuple(move(p, m) for p in at)) for k, at in by))
        case InverseEntry(matrix, row, column):
            return InverseEntry(matrix, move(row, m), move(column, m))
    return e


def instantiate(array: Array, at: Iterable[Position]) -> Expr:
    """The element of an array at given positions."""
    return substitute(array.body, dict(zip(array.indices, at, strict=True)))


__all__ = ["bound", "children", "fold", "free_indices", "fresh", "index_of", "instantiate", "is_guard", "move", "nodes",
           "positions", "substitute", "weight", "with_children"]
