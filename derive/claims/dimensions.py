"""The dimension trick: sizes decide what a shape must be, and which order and which transposes a product has.

    x (2, 1), z = W @ x + b (3, 1)        =>   W (3, 2), b (3, 1)
    dz (n, 1), a (p, 1), wanted (n, p)    =>   dz @ a.T

Source: Andrew Ng's check of the dimensions of dW, db and da.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, permutations, product

from ..arrays.shapes import Shape, Size, show
from ..errors import ShapeError
from .errors import Place, Problem, in_file
from .reading import parsed
from .spelling import check_spelling

MOST_FACTORS = 5  # 3,840 products


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
    same = [name for name, shape in factors.items() if shape[0] == shape[1]]
    because = f": {', '.join(same)} {'is' if len(same) == 1 else 'are'} square" if same else ""
    return f"{len(found)} products have shape {show(wanted)}{because}; here the dimensions alone decide nothing"


def _check_matrix(name: str, shape: Shape) -> None:
    if len(shape) != 2:
        raise ShapeError(f"{name} has shape {show(shape)}, expected a matrix (rows, columns)")


def infer_shapes(equation: str, known: Mapping[str, Shape]) -> Inferred:
    """The shapes that follow from  left = right  and the known ones.  Every name is a matrix, a column is (n, 1).

    The language is that of claims: @ + - * /, .T, and functions that work element by element.
    """
    try:
        check_spelling(equation)
        tree = parsed(equation)
        sizes = _Sizes()
        for name, shape in known.items():
            _check_matrix(name, shape)
            for variable, size in zip(sizes.of_name(name), shape, strict=True):
                sizes.fix(variable, size, name)
        for statement in tree.body:  # type: ignore[attr-defined]
            sizes.equate(statement)
    except Problem as problem:
        raise in_file(problem, "<equation>", equation) from None
    return sizes.solve()


@dataclass(frozen=True)
class _Stretch:
    """out is what broadcasting makes of left and right, along one axis."""

    left: int
    right: int
    out: int
    operation: ast.BinOp

    @property
    def text(self) -> str:
        return ast.unparse(self.operation)


@dataclass
class _Sizes:
    """Unknown sizes, which are equal to each other (union-find) or to a value."""

    parents: list[int] = field(default_factory=list)
    values: dict[int, Size] = field(default_factory=dict)
    names: dict[str, tuple[int, int]] = field(default_factory=dict)
    stretches: list[_Stretch] = field(default_factory=list)

    def new(self) -> int:
        self.parents.append(len(self.parents))
        return self.parents[-1]

    def root(self, variable: int) -> int:
        while self.parents[variable] != variable:
            variable = self.parents[variable]
        return variable

    def get(self, variable: int) -> Size | None:
        return self.values.get(self.root(variable))

    def fix(self, variable: int, size: Size, text: str) -> None:
        """A size is a value."""
        if self.get(variable) not in (None, size):
            raise ShapeError(f"{text}: {self.get(variable)} is not {size}")
        self.values[self.root(variable)] = size

    def same(self, a: int, b: int, text: str) -> None:
        """Two sizes are equal."""
        first, second = self.root(a), self.root(b)
        size = self.get(b)
        if size is not None:
            self.fix(a, size, text)
        self.parents[second] = first

    def of_name(self, name: str) -> tuple[int, int]:
        if name not in self.names:
            self.names[name] = (self.new(), self.new())
        return self.names[name]

    def equate(self, statement: ast.stmt) -> None:
        """left = right, or left == right"""
        match statement:
            case ast.Assign(targets=[left], value=right):
                sides = (left, right)
            case ast.Expr(value=ast.Compare(left=left, ops=[ast.Eq()], comparators=[right])):
                sides = (left, right)
            case _:
                raise Problem(Place(statement.lineno, 1), "expected an equation", "write z = W @ x + b")
        for a, b in zip(*map(self.shape, sides), strict=True):
            self.same(a, b, ast.unparse(statement))

    def shape(self, node: ast.expr) -> tuple[int, int]:
        """Rows and columns of an expression."""
        match node:
            case ast.Name(id=name):
                return self.of_name(name)
            case ast.Constant():
                return self._one(), self._one()
            case ast.UnaryOp(op=ast.USub(), operand=a) | ast.Call(args=[a], keywords=[]):
                return self.shape(a)
            case ast.Attribute(value=a, attr="T"):
                rows, columns = self.shape(a)
                return columns, rows
            case ast.BinOp(left=a, op=ast.MatMult(), right=b):
                (rows, inner), (same, columns) = self.shape(a), self.shape(b)
                self.same(inner, same, f"inner dimensions of {ast.unparse(node)}")
                return rows, columns
            case ast.BinOp(left=a, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div(), right=b):
                return self._stretched(self.shape(a), self.shape(b), node)
        raise Problem(Place(node.lineno, node.col_offset + 1), "not part of the language of shapes",
                      "there are @ + - * /, .T, and functions of one array")

    def _one(self) -> int:
        variable = self.new()
        self.values[variable] = 1
        return variable

    def _stretched(self, a: tuple[int, int], b: tuple[int, int], node: ast.BinOp) -> tuple[int, int]:
        out = (self.new(), self.new())
        self.stretches += [_Stretch(x, y, z, node) for x, y, z in zip(a, b, out, strict=True)]
        return out

    def solve(self) -> Inferred:
        """What follows; then, where broadcasting leaves a choice, nothing is stretched."""
        self._follow_all()
        words: list[str] = []
        for stretch in self.stretches:
            words += self._choose(stretch)
            self._follow_all()
        decided = {name: shape for name in self.names if (shape := self._known(name)) is not None}
        rest = tuple(name for name in self.names if name not in decided)
        return Inferred(decided, rest, tuple(dict.fromkeys(words)))

    def _known(self, name: str) -> Shape | None:
        rows, columns = map(self.get, self.names[name])
        return None if rows is None or columns is None else (rows, columns)

    def _follow_all(self) -> None:
        while sum(self._follow(stretch) for stretch in self.stretches):
            pass

    def _follow(self, s: _Stretch) -> bool:
        """What broadcasting leaves no choice in; true if something new follows."""
        left, right, out = self.get(s.left), self.get(s.right), self.get(s.out)
        if left is not None and right is not None:
            if left != right and 1 not in (left, right):
                raise ShapeError(f"{s.text}: {left} is not {right}")
            size = right if left == 1 else left
            self.fix(s.out, size, s.text)
            return out is None
        for one, other in ((s.left, s.right), (s.right, s.left)):
            given = self.get(one)
            if given == 1 and self.root(other) != self.root(s.out):
                self.same(other, s.out, s.text)
                return True
            if given not in (None, 1) and out is None:
                self.fix(s.out, given, s.text)
                return True
        return False

    def _choose(self, s: _Stretch) -> Iterator[str]:
        """The open side has the size of the result; a 1 would fit too, and that is said."""
        for variable, part in ((s.left, s.operation.left), (s.right, s.operation.right)):
            if self.get(variable) is None:
                self.same(variable, s.out, s.text)
                size = self.get(s.out)
                if size not in (None, 1):
                    yield f"in {s.text} the size {size} of {ast.unparse(part)} could also be 1, stretched"
