"""The dimension trick: sizes decide what a shape must be, and which order and which transposes a product has.

    x (2, 1), z = W @ x + b (3, 1)        =>   W (3, 2), b (3, 1)
    dz (n, 1), a (p, 1), wanted (n, p)    =>   dz @ a.T

Source: Andrew Ng's check of the dimensions of dW, db and da.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise, permutations, product

from ..arrays.shapes import Shape, show
from ..errors import ShapeError
from .calls import ELEMENTWISE, FUNCTIONS
from .errors import Place, Problem, in_file
from .reading import parsed
from .spelling import check_spelling
from .unknown_sizes import Sizes

MOST_FACTORS = 5  # 3,840 products
AXES = {"0": 0, "1": 1, "-1": 1, "-2": 0}
Pair = tuple[int, int]


@dataclass(frozen=True)
class Inferred:
    """What an equation says of shapes; `undecided` are the names whose shape does not follow."""

    shapes: Mapping[str, Shape]
    undecided: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Fits:
    """All products that have the wanted shape, and a word on what that decides."""

    products: tuple[str, ...]
    word: str


# --- which product ----------------------------------------------------------------------------------------------------


def fitting_products(factors: Mapping[str, Shape], wanted: Shape) -> Fits:
    """Every order and every choice of transposes whose product has the wanted shape; factors are matrices."""
    if not 1 <= len(factors) <= MOST_FACTORS:
        raise ShapeError(f"1 to {MOST_FACTORS} factors, {len(factors)} given")
    for name, shape in (*factors.items(), ("the product", wanted)):
        _check_matrix(name, shape)
    found = []
    for order in permutations(factors):
        for turned in product((False, True), repeat=len(order)):
            shapes = [factors[name][::-1] if t else factors[name] for name, t in zip(order, turned, strict=True)]
            inner = all(a[1] == b[0] for a, b in pairwise(shapes))
            if inner and (shapes[0][0], shapes[-1][1]) == wanted:
                found.append(" @ ".join(name + ".T" * t for name, t in zip(order, turned, strict=True)))
    return Fits(tuple(found), _word(factors, wanted, found))


def _word(factors: Mapping[str, Shape], wanted: Shape, found: list[str]) -> str:
    if not found:
        return f"no order and no transposes give shape {show(wanted)}"
    if len(found) == 1:
        return f"only {found[0]} has shape {show(wanted)}"
    if len(found) == 2 and wanted == (1, 1):
        return f"{found[0]} and {found[1]} are the same number: each is the transpose of the other"
    same = [name for name, shape in factors.items() if shape[0] == shape[1]]
    because = f": {', '.join(same)} {'is' if len(same) == 1 else 'are'} square" if same else ""
    return f"{len(found)} products have shape {show(wanted)}{because}; here the dimensions alone decide nothing"


def _check_matrix(name: str, shape: Shape) -> None:
    if len(shape) != 2:
        raise ShapeError(f"{name} has shape {show(shape)}, expected a matrix (rows, columns)")


# --- which shapes -----------------------------------------------------------------------------------------------------


def infer_shapes(equation: str, known: Mapping[str, Shape]) -> Inferred:
    """The shapes that follow from equations  left = right,  one a line, and the known ones.

    A key of `known` is a name, or a part of an equation such as "W @ x".  Everything is a matrix: a column is (n, 1), a
    number is (1, 1) or (); a name that is a size in `known`, such as the m of 1 / m, is a number.  The language is that
    of claims: @ + - * /, .T, sums with their axes, inv, det, trace, and functions that work element by element.
    """
    sizes = {size for shape in known.values() for size in shape if isinstance(size, str)}
    shapes = _Shapes()
    for part, shape in (dict.fromkeys(sorted(sizes), ()) | dict(known)).items():
        with _told(part):
            shapes.fix(part, shape)
    with _told(equation):
        for statement in _statements(equation):
            shapes.equate(statement)
    words = tuple(dict.fromkeys(shapes.sizes.solve()))
    found = {name: shapes.known(name) for name in shapes.names if name not in sizes}
    decided = {name: shape for name, shape in found.items() if shape is not None}
    return Inferred(decided, tuple(name for name in found if name not in decided), words)


@contextmanager
def _told(text: str) -> Iterator[None]:
    """Problems are told with the text in which they stand."""
    try:
        yield
    except Problem as problem:
        raise in_file(problem, "<equation>", text) from None


def _statements(text: str) -> list[ast.stmt]:
    check_spelling(text)
    return parsed(text).body  # type: ignore[attr-defined]


class _Shapes:
    """The shapes of names and expressions, as pairs of unknown sizes."""

    def __init__(self) -> None:
        self.sizes = Sizes()
        self.names: dict[str, Pair] = {}

    def known(self, name: str) -> Shape | None:
        """The shape of a name, if both sizes are known."""
        rows, columns = map(self.sizes.get, self.names[name])
        return None if rows is None or columns is None else (rows, columns)

    def fix(self, part: str, shape: Shape) -> None:
        """The shape of a part of an equation is known."""
        matrix = shape or (1, 1)
        _check_matrix(part, matrix)
        match _statements(part):
            case [ast.Expr(value=expression)]:
                for variable, size in zip(self.of(expression), matrix, strict=True):
                    self.sizes.fix(variable, size, part)
            case _:
                raise Problem(Place(1, 1), "expected a name or a part of an equation")

    def equate(self, statement: ast.stmt) -> None:
        """left = right, or left == right"""
        match statement:
            case ast.Assign(targets=[left], value=right):
                sides = (left, right)
            case ast.Expr(value=ast.Compare(left=left, ops=[ast.Eq()], comparators=[right])):
                sides = (left, right)
            case _:
                raise Problem(Place(statement.lineno, 1), "expected an equation", "write z = W @ x + b")
        for a, b in zip(*map(self.of, sides), strict=True):
            self.sizes.same(a, b, ast.unparse(statement))

    def of(self, node: ast.expr) -> Pair:
        """Rows and columns of an expression."""
        match node:
            case ast.Name(id=name):
                return self.names.setdefault(name, (self.sizes.new(), self.sizes.new()))
            case ast.Constant():
                return self._one()
            case ast.UnaryOp(op=ast.USub(), operand=a) | ast.BinOp(left=a, op=ast.Pow(), right=ast.Constant()):
                return self.of(a)
            case ast.Attribute(value=a, attr="T"):
                return self.of(a)[::-1]
            case ast.BinOp(left=a, op=ast.MatMult(), right=b):
                (rows, inner), (same, columns) = self.of(a), self.of(b)
                self.sizes.same(inner, same, f"inner dimensions of {ast.unparse(node)}")
                return rows, columns
            case ast.BinOp(left=a, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div(), right=b):
                return self.sizes.stretched(self.of(a), self.of(b), node)
            case ast.Call(func=ast.Name(id=name), args=[a]):
                return self._call(node, name, self.of(a))
        raise _unknown(node)

    def _call(self, node: ast.Call, name: str, shape: Pair) -> Pair:
        """f(A)"""
        if name in ("inv", "det", "trace"):
            self.sizes.same(*shape, f"rows and columns of the matrix in {ast.unparse(node)}")
        if name in ("det", "trace"):
            return self._one()
        if name in ("sum", "mean", "max", "norm2"):
            return self._along(node, shape)
        if name in ELEMENTWISE or name in ("softmax", "inv") or name not in FUNCTIONS:
            return shape
        raise _unknown(node)

    def _along(self, node: ast.Call, shape: Pair) -> Pair:
        """sum(X) is a number; sum(X, axis=1, keepdims=True) has one column."""
        words = {word.arg: word.value for word in node.keywords}
        if not words:
            return self._one()
        match words:
            case {"axis": axis, "keepdims": ast.Constant(value=True)} if ast.unparse(axis) in AXES:
                one = self.sizes.new(1)
                return (one, shape[1]) if AXES[ast.unparse(axis)] == 0 else (shape[0], one)
        raise Problem(Place(node.lineno, node.col_offset + 1), "expected a matrix", "write axis=1, keepdims=True")

    def _one(self) -> Pair:
        return self.sizes.new(1), self.sizes.new(1)


def _unknown(node: ast.expr) -> Problem:
    return Problem(Place(node.lineno, node.col_offset + 1), "not part of the language of shapes",
                   "there are @ + - * /, .T, sums, inv, det, trace, and functions of one array")
