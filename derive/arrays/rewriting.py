"""Index expressions taken apart and put together again, without recursion: they may be thousands of nodes deep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

from ..kernel.index import Array, Entry, Expr, Pow

Part = Expr | Array


def parts(node: Part) -> Iterator[Part]:
    """The expressions and arrays that a node is made of."""
    for field in fields(node):  # type: ignore[arg-type]
        content = getattr(node, field.name)
        for part in content if isinstance(content, tuple) else (content,):
            if isinstance(part, Expr | Array):
                yield part


def in_order(expr: Part) -> list[Part]:
    """Every node, children first, each once."""
    order: list[Part] = []
    seen: set[int] = set()
    stack: list[tuple[Part, bool]] = [(expr, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack += [(part, False) for part in parts(node)]
    return order


def weight(expr: Part) -> int:
    """The number of nodes, shared ones counted as often as they stand there; a power counts its base that often."""
    weights: dict[int, int] = {}
    for node in in_order(expr):
        inside = sum(weights[id(part)] for part in parts(node))
        if isinstance(node, Pow):
            inside *= max(1, abs(node.exponent.numerator))
        weights[id(node)] = 1 + inside
    return weights[id(expr)]


def entries(expr: Part, array: str) -> list[Entry]:
    """The elements of an array that stand in an expression."""
    return [node for node in in_order(expr) if isinstance(node, Entry) and node.array == array]


def substituted(expr: Expr, array: str, element: Callable[[Entry], Expr]) -> Expr:
    """The expression with each element of an array exchanged."""
    new: dict[int, Any] = {}

    def exchange(content: Any) -> Any:
        if isinstance(content, tuple):
            return tuple(map(exchange, content))
        return new[id(content)] if isinstance(content, Expr | Array) else content

    for node in in_order(expr):
        if isinstance(node, Entry):
            new[id(node)] = element(node) if node.array == array else node
            continue
        changes = {}
        for field in fields(node):  # type: ignore[arg-type]
            content = getattr(node, field.name)
            if any(new[id(part)] is not part for part in (content if isinstance(content, tuple) else (content,))
                   if isinstance(part, Expr | Array)):
                changes[field.name] = exchange(content)
        new[id(node)] = replace(node, **changes) if changes else node  # type: ignore[type-var]
    return new[id(expr)]
