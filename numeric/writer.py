"""What is known while a function is written: names, definitions, and what has been computed so far.

How each kind of node is written stands in two tables: numbers and functions in `scalars`, arrays in `matrices`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Set
from typing import Any

from sympy import Expr

from derive import UnknownNode

from .fragments import ATOM, Fragment, broadcast

Table = Mapping[type, Callable[["Writer", Any], Fragment]]


def fresh(name: str, taken: Any) -> str:
    """The name if it is free; else with the next number, or an underscore."""
    while name in taken:
        stem = name.rstrip("0123456789")
        name = f"{stem}{int(name[len(stem) :]) + 1}" if stem == "T" and stem != name else f"{name}_"
    return name


class Writer:
    """What is known while a function is written: names, definitions, and what has been computed so far."""

    def __init__(self, table: Table, names: Mapping[Any, str], hoisted: Set[str], dtype: str) -> None:
        self.table, self.names, self.hoisted, self.dtype = table, names, hoisted, dtype
        self.definitions: dict[Any, Any] = {}  # variable -> its right side
        self.fractions: set[Any] = set()  # variables whose right side divides by a variable
        self.named: dict[Any, Any] = {}  # f(Z) or softmax(Z) -> A
        self.outputs: dict[tuple[Any, Any], Any] = {}  # (f, Z) -> A, for A = f(Z)
        self.known: dict[str, str] = {}  # text -> the name that has this value
        self.counts: Counter[str] = Counter()
        self.temporary: list[tuple[str, Fragment]] = []
        self.env: dict[Any, Fragment] = {}
        self.notes: list[str] = []

    def write(self, node: Any) -> Fragment:
        """The fragment of a node.  Raises UnknownNode for a node without a row, DeriveError for what is generic."""
        if node in self.env:
            return self.env[node]
        for kind in type(node).__mro__:
            if kind in self.table:
                return self.table[kind](self, node)
        raise UnknownNode("the table of NumPy spellings", node)

    def full(self, node: Any) -> Fragment:
        """The fragment, of the shape of the node itself and not of one that is broadcast to it."""
        f = self.write(node)
        if not getattr(node, "is_Matrix", False) or f.shape == node.shape:
            return f
        rows, columns = node.shape
        if f.shape is not None and f.shape[0] == rows:
            return Fragment(f"np.repeat({f}, {self.size(columns)}, axis=1)", ATOM, node.shape)
        if f.shape is not None and f.shape[1] == columns:
            return Fragment(f"np.repeat({f}, {self.size(rows)}, axis=0)", ATOM, node.shape)
        shape = f"({self.size(rows)}, {self.size(columns)})"
        if f.text == "0":
            return Fragment(f"np.zeros({shape}, dtype={self.dtype})", ATOM, node.shape)
        return Fragment(f"np.full({shape}, {f}, dtype={self.dtype})", ATOM, node.shape)

    def size(self, size: Any) -> str:
        """A dimension as a Python integer."""
        return str(self.write(size))

    def share(self, f: Fragment) -> Fragment:
        """The name of this value if it has one, or gets one because it is needed again."""
        if re.fullmatch(r"[\w.]+", f.text):
            return f
        if f.text not in self.known:
            if f.text not in self.hoisted:
                self.counts[f.text] += 1
                return f
            self.known[f.text] = fresh("T1", {*self.names.values(), *self.known.values()})
            self.temporary.append((self.known[f.text], f))
        return Fragment(self.known[f.text], ATOM, f.shape, f.negative)

    def body(self, body: Expr, env: Mapping[Any, Fragment]) -> Fragment:
        """A scalar expression, applied entry by entry to the arrays that its symbols stand for."""
        outside, self.env = self.env, {**env}
        f = self.write(body)
        self.env = outside
        return Fragment(f.text, f.level, broadcast(f.shape, *(e.shape for e in env.values())), f.negative, f.mask)
