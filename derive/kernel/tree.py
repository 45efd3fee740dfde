"""Trees of index expressions: children, bottom-up folds, nodes.  No walk recurses; an unknown node raises."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
    Greatest,
    Index,
    InverseEntry,
    Largest,
    Mul,
    Number,
    Positive,
    Pow,
    ScalarFunction,
    Sum,
)


def children(e: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside e."""
    match e:
        case Number() | Dim() | Entry() | Delta():
            return ()
        case Add(terms) | Greatest(terms):
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
        case Greatest():
            return Greatest(new)
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


def is_partial(es: Iterable[Expr]) -> bool:
    """Is there a logarithm or a root, which is not defined everywhere?"""
    return any(n.function in ("log", "sqrt") if isinstance(n, Apply) else n.exponent.denominator != 1
               for n in nodes(es) if isinstance(n, Apply | Pow))
