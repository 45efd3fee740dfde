"""A claim without its names: claims of one signature differ in the names of arrays, dimensions and indices alone."""

from __future__ import annotations

from typing import Any

from .claim import Claim, sides
from .index import Apply, Array, Dim, Entry, Expr, Index, ScalarFunction, Shifted
from .walk import fold


def signature(claim: Claim) -> str:
    """A text in which names are numbered in the order of their appearance."""
    names = _Numbers()
    expressions = (*claim.expressions, *(side for fact in claim.facts for side in sides(fact)))
    lines = [names.expression(e) for e in expressions]
    lines += [str(len(claim.where)), names.data(claim.free)]
    lines += [" ".join(type(fact).__name__ for fact in claim.facts), str(claim.generic)]
    lines += sorted(f"{names('array', name)} {names.data(sizes)}" for name, sizes in claim.shapes.items())
    lines += sorted(names("array", name) for name in claim.computed)
    return "\n".join(lines)


class _Numbers:
    def __init__(self) -> None:
        self.known: dict[tuple[str, Any], str] = {}

    def __call__(self, kind: str, name: Any) -> str:
        return self.known.setdefault((kind, name), f"{kind}{len(self.known)}")

    def expression(self, e: Expr) -> str:
        found: str = fold(e, lambda node, below: f"({self.node(node)} {' '.join(below)})")
        return found

    def node(self, e: Expr) -> str:
        """What a node says itself, beside the expressions in it."""
        match e:
            case Entry(array, at):
                own = f"{self('array', array)} {self.data(at)}"
            case Dim(name):
                own = self.data(name)
            case Apply(function, order, _):
                own = f"{function!r} {order}"
            case ScalarFunction(function, arguments, by):
                own = f"{function!r} {self.data(arguments)} {self.data(by)}"
            case _:
                own = " ".join(self.data(v) for v in vars(e).values() if not isinstance(v, Expr))
        return f"{type(e).__name__} {own}"

    def data(self, value: Any) -> str:
        """Positions, sizes, exponents, orders, and tuples of them."""
        match value:
            case Index(name, size):
                return f"{self('index', (name, size))}<{self.data(size)}"
            case Shifted(index, offset):
                return f"{self.data(index)}+{offset}"
            case str():
                return self("size", value)
            case Array(indices, _):
                return self.data(indices)
            case tuple():
                return f"[{' '.join(self.data(v) for v in value if not isinstance(v, Expr))}]"
        return repr(value)
