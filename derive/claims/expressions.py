"""Python's syntax tree of an expression -> the array that it means.

One method for each kind of node that the language has; every other kind is refused.  Nothing is evaluated.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from fractions import Fraction

from ..arrays import operations as op
from ..arrays.indexing import Selector, Slice, select
from ..arrays.shapes import Size
from ..arrays.values import Constant, Dimension, IsAbove, IsNotBelow, Mapped, Power, Value
from ..errors import OpenShape, ShapeError
from ..kernel.index import Index
from .calls import call
from .errors import Misfit, Place, Problem, Unsaid
from .scope import Scope, Sizes, spoken

LARGEST_EXPONENT = 64
LONGEST_NUMBER = 30  # characters
LARGEST_POWER_OF_TEN = 30
LARGEST_SIZE = 1_000_000
MOST_AXES = 4
MOST_PARTS = 250_000  # that the gradients of one file go through

OPERATORS: dict[type, Callable[[Value, Value], Value]] = {
    ast.Add: op.add,
    ast.Sub: op.subtract,
    ast.Mult: op.multiply,
    ast.Div: op.divide,
    ast.MatMult: op.matmul,
}
COMPARISONS: dict[type, Callable[[Value, Value], Value]] = {
    ast.Gt: lambda a, b: IsAbove((op.subtract(a, b),)),
    ast.Lt: lambda a, b: IsAbove((op.subtract(b, a),)),
    ast.GtE: lambda a, b: IsNotBelow((op.subtract(a, b),)),
    ast.LtE: lambda a, b: IsNotBelow((op.subtract(b, a),)),
}
SPOKEN = {
    ast.List: "a list",
    ast.Slice: "a slice",
    ast.BoolOp: "'and' or 'or'",
    ast.Starred: "a starred expression",
    ast.NamedExpr: "an assignment inside an expression",
}


class Reader:
    """Reads the expressions of one file."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.lines = text.split("\n")
        self.scope = scope
        self.variables = 0  # free variables that gradients have put in
        self.parts = 0  # that gradients have gone through

    def place(self, node: ast.AST) -> Place:
        """Where a node begins; the parser counts bytes, people count letters."""
        line = self.lines[node.lineno - 1]  # type: ignore[attr-defined]
        before = line.encode()[: node.col_offset]  # type: ignore[attr-defined]
        return Place(node.lineno, len(before.decode()) + 1)  # type: ignore[attr-defined]

    def spend(self, parts: int, node: ast.AST) -> None:
        """Counts the work of reading, which grows with the square of a file that is made for it."""
        self.parts += parts
        if self.parts > MOST_PARTS:
            raise Problem(self.place(node), f"the gradients up to here go through more than {MOST_PARTS:,} parts",
                          "write a file of its own for some of them")

    def source(self, node: ast.AST) -> str:
        """A node as it is written; one line."""
        first, last = node.lineno - 1, node.end_lineno - 1  # type: ignore[attr-defined]
        lines = [line.encode() for line in self.lines[first : last + 1]]
        lines[-1] = lines[-1][: node.end_col_offset]  # type: ignore[attr-defined]
        lines[0] = lines[0][node.col_offset :]  # type: ignore[attr-defined]
        return " ".join(b" ".join(lines).decode().split())

    def value(self, node: ast.expr) -> Value:
        """The array that an expression means."""
        meaning = self.meaning(node)
        if not isinstance(meaning, Value):
            raise Problem(self.place(node), f"expected an array, found {spoken(meaning)}")
        return meaning

    def meaning(self, node: ast.expr) -> Value | Sizes:
        """The array or the shape that an expression means."""
        match node:
            case ast.Constant():
                return Constant(self.number(node))
            case ast.Name(id="pi") if "pi" not in self.scope.names:
                return Mapped((op.number(0),), "pi")
            case ast.Name(id=name):
                meaning = self.scope.look_up(name, self.place(node))
                if not isinstance(meaning, Value):
                    raise Problem(self.place(node), f"{name!r} is {spoken(meaning)}, expected an array")
                return meaning
            case ast.Tuple():
                return Sizes(self.shape(node))
            case ast.BinOp():
                return self._binary(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.Compare():
                return self._comparison(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript():
                return self._subscript(node)
            case ast.Call():
                return call(self, node)
        raise Problem(self.place(node), f"{SPOKEN.get(type(node), 'this')} is not part of the claims language")

    def fitting(self, node: ast.AST, build: Callable[..., Value], *given: object) -> Value:
        """build(*given), its shape error put at the node."""
        try:
            value = build(*given)
        except ShapeError as error:
            kind = Unsaid if isinstance(error, OpenShape) else Misfit
            raise kind(self.place(node), str(error)) from None
        if len(value.shape) > 2 * MOST_AXES:
            raise Problem(self.place(node), f"the array has {len(value.shape)} axes; {2 * MOST_AXES} are the limit")
        return value

    def _binary(self, node: ast.BinOp) -> Value:
        if isinstance(node.op, ast.Pow):
            return self.fitting(node, lambda a, q: Power((a,), q), self.value(node.left), self._exponent(node.right))
        build = OPERATORS.get(type(node.op))
        if build is None:
            raise Problem(self.place(node), "this operator is not part of the claims language")
        return self.fitting(node, build, self.value(node.left), self.value(node.right))

    def _unary(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.USub):
            inner = self.value(node.operand)
            return Constant(-inner.value) if isinstance(inner, Constant) else op.negative(inner)
        if isinstance(node.op, ast.UAdd):
            return self.value(node.operand)
        raise Problem(self.place(node), "'not' stands only at the beginning of an assert")

    def _comparison(self, node: ast.Compare) -> Value:
        if len(node.ops) > 1:
            raise Problem(self.place(node), "a chain of comparisons", "write a product: (0 < x) * (x < 1)")
        build = COMPARISONS.get(type(node.ops[0]))
        if build is None:
            raise Problem(self.place(node), "== stands once, at the top of an assert", "inside use > < >= <=")
        return self.fitting(node, build, self.value(node.left), self.value(node.comparators[0]))

    def _attribute(self, node: ast.Attribute) -> Value | Sizes:
        if isinstance(node.value, ast.Name) and node.value.id in ("np", "numpy", "jnp", "torch", "math"):
            raise Problem(self.place(node), "functions stand without a module", f"write {node.attr}")
        if node.attr not in ("T", "shape"):
            raise Problem(self.place(node), f"unknown attribute {node.attr!r}", "there are .T and .shape")
        value = self.value(node.value)
        return op.transpose(value) if node.attr == "T" else Sizes(value.shape)

    def _subscript(self, node: ast.Subscript) -> Value:
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        base = self.meaning(node.value)
        if isinstance(base, Sizes):
            where = self.integer(node.slice)
            if not -len(base.shape) <= where < len(base.shape):
                raise Misfit(self.place(node), f"the shape has {len(base.shape)} sizes, none at {where}")
            return op.size_value(base.shape[where])
        return self.fitting(node, select, base, tuple(map(self._selector, parts)))

    def _selector(self, node: ast.expr) -> Selector:
        match node:
            case ast.Constant(value=None):
                return None
            case ast.Slice(lower, upper, None):
                return Slice(self._bound(lower), self._bound(upper))
            case ast.Slice():
                raise Problem(self.place(node), "a slice with a step is not part of the claims language")
            case ast.Name(id=name) if isinstance(index := self.scope.look_up(name, self.place(node)), Index):
                return index
        return self.integer(node)

    def _bound(self, node: ast.expr | None) -> Size | None:
        if node is None:
            return None
        size = self.value(node)
        return size.name if isinstance(size, Dimension) else self.integer(node)

    def number(self, node: ast.Constant) -> Fraction:
        """The exact value of a number as it is written: 0.1 is one tenth."""
        place = self.place(node)
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise Problem(place, f"expected a number, found {node.value!r}")
        text = self.source(node).replace("_", "")
        power = re.search(r"[eE]([+-]?\d+)$", text)
        if len(text) > LONGEST_NUMBER or (power and abs(int(power.group(1))) > LARGEST_POWER_OF_TEN):
            raise Problem(place, f"a number has at most {LONGEST_NUMBER} characters and powers of ten up to"
                                 f" {LARGEST_POWER_OF_TEN}")
        return Fraction(text)

    def integer(self, node: ast.expr) -> int:
        """A whole number that stands there, or the name of one."""
        value = self.value(node)
        if not isinstance(value, Constant) or value.value.denominator != 1:
            raise Problem(self.place(node), "expected an integer")
        return int(value.value)

    def _exponent(self, node: ast.expr) -> Fraction:
        exponent = self._rational(node)
        if max(abs(exponent.numerator), exponent.denominator) > LARGEST_EXPONENT:
            raise Problem(self.place(node), f"exponents go up to {LARGEST_EXPONENT}")
        return exponent

    def _rational(self, node: ast.expr) -> Fraction:
        """-2, 1/2, 0.5: a number made of numbers"""
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return -self._rational(inner)
            case ast.BinOp(left=left, op=ast.Div(), right=right) if self._rational(right):
                return self._rational(left) / self._rational(right)
            case ast.Constant() | ast.Name() if isinstance(value := self.value(node), Constant):
                return value.value
        raise Problem(self.place(node), "expected a number as exponent", "write exp(y * log(x)) for x to the power y")

    def shape(self, node: ast.expr) -> tuple[Size, ...]:
        """(n, 1), (), or X.shape"""
        if isinstance(node, ast.Tuple):
            if len(node.elts) > MOST_AXES:
                raise Problem(self.place(node), f"the array has {len(node.elts)} axes; {MOST_AXES} are the limit")
            return tuple(map(self.size, node.elts))
        meaning = self.meaning(node)
        if isinstance(meaning, Sizes):
            return meaning.shape
        raise Problem(self.place(node), "expected a shape", f"write ({self.source(node)},) for an array of one axis")

    def size(self, node: ast.expr) -> Size:
        """A dimension or a positive integer"""
        value = self.value(node)
        if isinstance(value, Dimension):
            return value.name
        if not isinstance(value, Constant):
            raise Problem(self.place(node), "expected a dimension or a positive integer")
        if value.value.denominator != 1 or not 1 <= value.value <= LARGEST_SIZE:
            raise Problem(self.place(node), f"a size is an integer from 1 to {LARGEST_SIZE:,}")
        return int(value.value)
