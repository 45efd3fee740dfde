"""Walks over index expressions: children, bottom-up folds, free indices, substitution.  No walk recurses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any

from ..errors import UnknownNode
from .index import (
    Add,
    Apply,
    Array,
    Delta,
    Determinant,
    Dim,
    Entry,
    Expr,
    Index,
    InverseEntry,
    Largest,
    Mul,
    Number,
    Position,
    Positive,
    Pow,
    ScalarFunction,
    Shifted,
    Sum,
)


def children(e: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside e."""
    match e:
        case Number() | Dim() | Entry() | Delta():
            return ()
        case Add(terms):
            return terms
        case Mul(factors):
            return factors
        case Pow(base, _):
            return (base,)
        case Sum(_, body) | Largest(_, body):
            return (body,)
        case Positive(arg) | Apply(_, _, arg):
            return (arg,)
        case ScalarFunction(_, arguments, _):
            return tuple(a.body for a in arguments)
        case InverseEntry(matrix, _, _) | Determinant(matrix):
            return (matrix.body,)
    raise UnknownNode("children", e)


def with_children(e: Expr, new: tuple[Expr, ...]) -> Expr:
    """e with other expressions inside, same binders."""
    if all(a is b for a, b in zip(children(e), new, strict=True)):
        return e
    match e:
        case Add():
            return Add(new)
        case Mul():
            return Mul(new)
        case Pow(_, exponent):
            return Pow(new[0], exponent)
        case Sum(index, _):
            return Sum(index, new[0])
        case Largest(index, _):
            return Largest(index, new[0])
        case Positive():
            return Positive(new[0])
        case Apply(f, order, _):
            return Apply(f, order, new[0])
        case ScalarFunction(f, arguments, by):
            return ScalarFunction(f, tuple(Array(a.indices, b) for a, b in zip(arguments, new, strict=True)), by)
        case InverseEntry(matrix, row, column):
            return InverseEntry(Array(matrix.indices, new[0]), row, column)
        case Determinant(matrix):
            return Determinant(Array(matrix.indices, new[0]))
    raise UnknownNode("with_children", e)


def bound(e: Expr, child: int = 0) -> tuple[Index, ...]:
    """The indices that e binds in its child number `child`."""
    match e:
        case Sum(index, _) | Largest(index, _):
            return (index,)
        case ScalarFunction(_, arguments, _):
            return arguments[child].indices
        case InverseEntry(matrix, _, _) | Determinant(matrix):
            return matrix.indices
    return ()


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


def fold(e: Expr, f: Callable[[Expr, tuple[Any, ...]], Any], memo: dict[int, Any] | None = None) -> Any:
    """f(node, values of its children), bottom up; a shared node is visited once.  Nodes must outlive `memo`."""
    done: dict[int, Any] = {} if memo is None else memo
    stack = [e]
    while stack:
        node = stack[-1]
        if id(node) in done:
            stack.pop()
            continue
        below = children(node)
        waiting = [c for c in below if id(c) not in done]
        if waiting:
            stack.extend(reversed(waiting))
            continue
        done[id(node)] = f(node, tuple(done[id(c)] for c in below))
        stack.pop()
    return done[id(e)]


def _free_here(e: Expr, below: tuple[frozenset[Index], ...]) -> frozenset[Index]:
    mine = {i for p in positions(e) if (i := index_of(p)) is not None}
    return frozenset(mine.union(*(inner.difference(bound(e, k)) for k, inner in enumerate(below))))


def free_indices(e: Expr, memo: dict[int, Any] | None = None) -> frozenset[Index]:
    """The indices that no sum, maximum or array inside e binds."""
    return fold(e, _free_here, memo)


def nodes(es: Iterable[Expr]) -> list[Expr]:
    """Every node of the expressions once, children first."""
    seen: list[Expr] = []
    memo: dict[int, Any] = {}
    for e in es:
        fold(e, lambda node, below: seen.append(node), memo)
    return seen


def is_guard(e: Expr) -> bool:
    """Made of indicators and numbers alone: [a > 0] (1 - [b > 0])"""
    match e:
        case Positive() | Delta():
            return True
        case Add(parts) | Mul(parts):
            rest = [p for p in parts if not isinstance(p, Number)]
            return bool(rest) and all(map(is_guard, rest))
    return False


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
