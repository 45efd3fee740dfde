"""Partial derivatives of index expressions, straight from the definition.

    d X_ij / d X_kl = delta_ik delta_jl,     d f(u) = f'(u) du,     d sum_i e_i = sum_i d e_i
    d [u > 0] = 0,                           d max_i e_i = sum_i [e_i is the largest] d e_i      (kinks left out)
                                             d max(e, f) = [e is the largest] d e + [f is the largest] d f
    d f(A, B) = sum_ij f_{A_ij} d A_ij + ...
    d (M^-1)_ij = - sum_ab (M^-1)_ia d M_ab (M^-1)_bj,      d det M = det M sum_ab (M^-1)_ba d M_ab
"""

from __future__ import annotations

from fractions import Fraction

from ..errors import UnknownNode
from .definitions import define
from .elementary import LARGEST, ONE, ZERO, product, total
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
    Position,
    Positive,
    Pow,
    ScalarFunction,
    Sum,
)
from .walk import bound, children, fold, free_indices, fresh, index_of, instantiate, substitute, with_children


def partial(e: Expr, array: str, at: tuple[Position, ...]) -> Expr:
    """d e / d array[at], with Kronecker deltas; `collapse` removes them against sums."""
    avoid = frozenset(i for p in at if (i := index_of(p)) is not None)

    def rule(node: Expr, d: tuple[Expr, ...]) -> Expr:
        return _rule(node, d, array, at)

    return fold(_apart(e, avoid), rule)


def _rule(e: Expr, d: tuple[Expr, ...], array: str, at: tuple[Position, ...]) -> Expr:
    """The derivative of one node; d are the derivatives of its children."""
    match e:
        case Number() | Dim() | Delta() | Positive():
            return ZERO
        case Entry(name, where):
            if name != array:
                return ZERO
            return product(*(Delta(p, q) for p, q in zip(where, at, strict=True)))
        case Add():
            return total(*d)
        case Mul(factors):
            return total(*(product(*factors[:k], dk, *factors[k + 1:]) for k, dk in enumerate(d)))
        case Pow(base, exponent):
            outer = ONE if exponent == 1 else base if exponent == 2 else Pow(base, exponent - 1)
            return product(Number(exponent), outer, d[0])
        case Sum(index, _):
            return ZERO if d[0] == ZERO else Sum(index, d[0])
        case Largest(index, body):
            return ZERO if d[0] == ZERO else Sum(index, product(is_largest(index, body), d[0]))
        case Greatest(terms):
            return total(*(product(_attains(e, term), dk) for term, dk in zip(terms, d, strict=True)))
        case Apply(f, order, arg):
            return product(Apply(f, order + 1, arg), d[0])
        case ScalarFunction(f, arguments, by):
            slots = []
            for k, argument in enumerate(arguments):
                at = tuple(0 if i.size == 1 else i for i in argument.indices)
                one = ScalarFunction(f, arguments, (*by, (k, at)))
                slots.append(_over(tuple(i for i in at if isinstance(i, Index)), product(one, d[k])))
            return total(*slots)
        case InverseEntry(matrix, row, column):
            a, b = matrix.indices
            inner = product(InverseEntry(matrix, row, a), d[0], InverseEntry(matrix, b, column))
            return product(Number(Fraction(-1)), _over((a, b), inner))
        case Determinant(matrix):
            a, b = matrix.indices
            return product(e, _over((a, b), product(InverseEntry(matrix, b, a), d[0])))
    raise UnknownNode("partial", e)


def is_largest(index: Index, body: Expr) -> Expr:
    """1 - [max_k e_k - e_index > 0]: 1 where the element is the largest, ties included."""
    other = fresh(index)
    return _attains(Largest(other, substitute(body, {index: other})), body)


def _attains(most: Expr, e: Expr) -> Expr:
    return Apply(LARGEST, 0, Add((most, product(Number(Fraction(-1)), e))))


def _over(indices: tuple[Index, ...], body: Expr) -> Expr:
    if body == ZERO:
        return ZERO
    for index in reversed(indices):
        body = Sum(index, body)
    return body


def _apart(e: Expr, avoid: frozenset[Index]) -> Expr:
    """e with bound indices renamed that would capture, also by the arrays that a derivative copies.

    log |u| is written log(u^2) / 2: its derivative has no kink.
    """

    def step(node: Expr, below: tuple[Expr, ...]) -> Expr:
        node = with_children(node, below)
        match node:
            case Apply("log", 0, Apply("abs", 0, u)):
                return product(Number(Fraction(1, 2)), Apply("log", 0, Pow(u, Fraction(2))))
            case Sum(i, body) | Largest(i, body) if i in avoid:
                j = fresh(i)
                return type(node)(j, substitute(body, {i: j}))
            case ScalarFunction(f, arguments, by):
                return ScalarFunction(f, tuple(_fresh_array(a) for a in arguments), by)
            case InverseEntry(matrix, row, column):
                return InverseEntry(_fresh_array(matrix), row, column)
            case Determinant(matrix):
                return Determinant(_fresh_array(matrix))
        return node

    return fold(e, step)


def _fresh_array(a: Array) -> Array:
    names = {i: fresh(i) for i in a.indices}
    return Array(tuple(names.values()), substitute(a.body, dict(names)))


def collapse(e: Expr) -> Expr:
    """sum_i W_ki delta_ij = W_kj, everywhere in e, and delta_ii = 1; nothing else changes."""
    return fold(e, lambda node, below: _collapse_here(with_children(node, below)))


def _collapse_here(e: Expr) -> Expr:
    match e:
        case Delta(left, right) if left == right:
            return ONE
        case Delta(int(), int()):
            return ZERO
        case Mul(factors):
            return product(*factors)
        case Sum(index, Add(terms)) if any(_target(index, t) is not None for t in terms):
            return total(*(_collapse_here(Sum(index, t)) for t in terms))
        case Sum(index, body) if (found := _target(index, body)) is not None:
            delta, goal = found
            factors = body.factors if isinstance(body, Mul) else (body,)
            at = factors.index(delta)
            rest = product(*factors[:at], *factors[at + 1:])
            return collapse(substitute(rest, {index: goal}))
        case Sum(index, Sum(inner, body)) if (found := _target(index, body)) is not None and index_of(
            found[1]
        ) != inner:
            return _collapse_here(Sum(inner, _collapse_here(Sum(index, body))))
    return e


def _target(index: Index, body: Expr) -> tuple[Delta, Position] | None:
    """A factor delta(index, p) of the body whose p is certainly inside the range of index."""
    for f in body.factors if isinstance(body, Mul) else (body,):
        if isinstance(f, Delta):
            for one, other in ((f.left, f.right), (f.right, f.left)):
                if one == index and other != index and inside(other, index.size):
                    return f, other
    return None


def inside(p: Position, size: int | str) -> bool:
    """Is the position always one of 0 .. size - 1?"""
    if isinstance(p, Index):
        return p.size == size or (isinstance(p.size, int) and isinstance(size, int) and p.size <= size)
    if isinstance(p, int):
        return p == 0 or (isinstance(size, int) and 0 <= p < size)
    within = p.index.size
    return isinstance(within, int) and isinstance(size, int) and p.offset >= 0 and within + p.offset <= size


__all__ = ["bound", "children", "collapse", "define", "free_indices", "inside", "instantiate", "partial", "product",
           "total"]
