"""Named arrays, each computed from earlier ones, and the chain rule over them.

    v_j[q] = f_j(inputs, earlier v)[q]     =>     dJ/dv[p] = sum_j sum_q dJ/dv_j[q] d f_j[q] / d v[p]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .claim import Sizes, arrays_of
from .elementary import ONE
from .index import Entry, Expr, Index, Position, Sum
from .partial import collapse, partial, product, total
from .walk import fold, fresh, substitute, with_children


@dataclass(frozen=True)
class Definition:
    """name[at] = body; `at` is an index for each axis, 0 on an axis of size 1."""

    name: str
    at: tuple[Position, ...]
    body: Expr

    @property
    def sizes(self) -> Sizes:
        """The shape."""
        return tuple(p.size if isinstance(p, Index) else 1 for p in self.at)


def axes(sizes: Sizes) -> tuple[Position, ...]:
    """Fresh indices for the axes of an array, 0 on an axis of size 1."""
    return tuple(0 if size == 1 else fresh(Index("a", size)) for size in sizes)


def adjoint(name: str) -> str:
    """The name of dJ/dv."""
    return f"∂{name}"


def adjoints(forward: tuple[Definition, ...], inputs: Mapping[str, Sizes]) -> tuple[Definition, ...]:
    """dJ/dv for every definition, the loss first, then for every input; J is the last definition."""
    users: dict[str, list[Definition]] = {name: [] for name in (*(d.name for d in forward), *inputs)}
    for d in forward:
        for name in sorted(arrays_of(d.body) & users.keys()):
            users[name].append(d)
    *earlier, loss = forward
    found = [Definition(adjoint(loss.name), loss.at, ONE)]
    found += [_chain_rule(d.name, d.at, users[d.name]) for d in reversed(earlier)]
    return (*found, *(_chain_rule(name, axes(sizes), users[name]) for name, sizes in inputs.items()))


def _chain_rule(name: str, at: tuple[Position, ...], users: Iterable[Definition]) -> Definition:
    """sum over the users of what arrives at them times their own derivative"""
    terms = []
    for user in users:
        renamed = {i: fresh(i) for i in user.at if isinstance(i, Index)}
        there = tuple(renamed[p] if isinstance(p, Index) else p for p in user.at)
        slope = partial(substitute(user.body, dict(renamed)), name, at)
        term = product(Entry(adjoint(user.name), there), slope)
        for index in reversed(list(renamed.values())):
            term = Sum(index, term)
        terms.append(collapse(term))
    return Definition(adjoint(name), at, total(*terms))


def inserted(e: Expr, definition: Definition, factor: Expr = ONE) -> Expr:
    """e with factor * body in place of every element of a defined array"""
    known: dict[tuple[Position, ...], Expr] = {}

    def step(node: Expr, below: tuple[Expr, ...]) -> Expr:
        if isinstance(node, Entry) and node.array == definition.name:
            if node.at not in known:
                moves = {i: p for i, p in zip(definition.at, node.at, strict=True) if isinstance(i, Index)}
                known[node.at] = product(factor, substitute(definition.body, moves))
            return known[node.at]
        return with_children(node, below)

    found: Expr = fold(e, step)
    return found
