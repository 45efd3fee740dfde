"""Values that say the same become one node: what was computed twice is recognised."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .values import Named, Value, in_order, rebuilt


def interned(values: Iterable[Value]) -> tuple[Value, ...]:
    """The values, in which equal arrays are the same node and definitions have lost their names."""
    roots = tuple(values)
    nodes: dict[Any, Value] = {}
    done: dict[Value, Value] = {}
    for node in in_order(*roots):
        new = done[node.child] if isinstance(node, Named) else rebuilt(node, done.__getitem__)
        done[node] = nodes.setdefault(_said(new), new)
    return tuple(done[root] for root in roots)


def _said(node: Value) -> tuple[Any, ...]:
    """The kind of a node and its fields; nodes inside are compared by identity, since they are interned."""
    return (type(node), *(getattr(node, name) for name in node.__dataclass_fields__))
