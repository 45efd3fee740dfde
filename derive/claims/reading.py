"""A claims file -> its asserts, each with the arrays that it speaks of.  The text is parsed and never executed."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from ..arrays.operations import size_value
from ..arrays.shapes import same, show
from ..arrays.values import Constant, Declared, Dimension, Named, Value
from ..kernel.elementary import KNOWN
from ..kernel.index import Index
from .calls import FUNCTIONS
from .errors import ClaimsError, Misfit, Place, Problem, in_file
from .expressions import SPOKEN, Reader
from .scope import Function, ScalarFunction, Scope, Sizes, did_you_mean
from .spelling import check_spelling

DEEPEST = 100  # nesting of one expression
MOST_STATEMENTS = 2_000
STATEMENT_WORDS = frozenset({"dims", "function", "scalar_function", "index", "assume"})
RESERVED = FUNCTIONS | STATEMENT_WORDS


@dataclass(frozen=True)
class Assumption:
    """assume(left relation right): ==, > or >=."""

    relation: str
    left: Value
    right: Value
    text: str


Side = Value | Sizes | Misfit


@dataclass(frozen=True, eq=False)
class Assertion:
    """assert left == right, or assert not; a side that has no shape is the misfit that it ran into."""

    line: int
    text: str
    asserted: bool
    note: str
    left: Side
    right: Side
    assumptions: tuple[Assumption, ...]
    equation: ast.Compare

    @property
    def left_text(self) -> str:
        """The left side, in one spelling."""
        return ast.unparse(self.equation.left)


@dataclass(frozen=True, eq=False)
class Script:
    """What a claims file says."""

    reader: Reader
    assertions: tuple[Assertion, ...]


def read(text: str, name: str = "<claims>") -> Script:
    """Reads a claims file; a ClaimsError says what cannot be read, and where."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        check_spelling(text)
        return _Statements(text).read()
    except Problem as problem:
        raise in_file(problem, name, text) from None
    except (RecursionError, MemoryError):
        raise ClaimsError(name, Place(1, 1), "", "the file is nested too deep") from None


def read_assumption(text: str, scope: Scope, name: str = "<assumption>") -> Assumption:
    """The content of assume(...), as it is written."""
    try:
        check_spelling(text)
        return assumption(Reader(text, scope), parsed(text, "eval").body)  # type: ignore[attr-defined]
    except Problem as problem:
        raise in_file(problem, name, text) from None


def parsed(text: str, mode: str = "exec") -> ast.AST:
    """Python's syntax tree, with every way to fail told as a Problem."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, mode=mode)
    except SyntaxError as error:
        message = (error.msg or "invalid syntax").split(". ")[0]
        place = Place(error.lineno or 1, max(1, error.offset or 1))
        raise Problem(place, f"not readable: {message}", _advice(text.split("\n")[place.line - 1], place)) from None
    except (ValueError, RecursionError, MemoryError):
        raise Problem(Place(1, 1), "the text is nested too deep to be read") from None
    _check_depth(tree)
    return tree


def _advice(line: str, place: Place) -> str:
    """For = in place of ==, and for a first word that is nearly assert."""
    first = line.split(maxsplit=1)[0] if line.strip() else ""
    if first == "assert" and line[place.column - 1 : place.column + 1].rstrip() == "=":
        return "an equation is written with =="
    return "" if first == "assert" else did_you_mean(first, ("assert",))


def _check_depth(tree: ast.AST) -> None:
    """Refuses an expression whose syntax tree is deeper than DEEPEST."""
    level = [(node, node) for node in ast.iter_child_nodes(tree)]
    for _ in range(DEEPEST):
        level = [(root, child) for root, node in level for child in ast.iter_child_nodes(node)]
    if level:
        root = level[0][0]
        raise Problem(Place(root.lineno, root.col_offset + 1),  # type: ignore[attr-defined]
                      f"the expression is nested more than {DEEPEST} deep", "give names to its parts")


def assumption(reader: Reader, node: ast.expr) -> Assumption:
    """left == right, left > right, ...; < is turned around."""
    if not isinstance(node, ast.Compare) or len(node.ops) > 1:
        raise Problem(reader.place(node), "assume wants one equation or inequality", "such as eps > 0")
    left, right = reader.value(node.left), reader.value(node.comparators[0])
    if not same(left.shape, right.shape):
        raise Problem(reader.place(node), f"the sides have shapes {show(left.shape)} and {show(right.shape)}")
    text = reader.source(node)
    match node.ops[0]:
        case ast.Eq():
            return Assumption("==", left, right, text)
        case ast.Gt():
            return Assumption(">", left, right, text)
        case ast.GtE():
            return Assumption(">=", left, right, text)
        case ast.Lt():
            return Assumption(">", right, left, text)
        case ast.LtE():
            return Assumption(">=", right, left, text)
    raise Problem(reader.place(node), "assume wants ==, >, >=, < or <=")


class _Statements:
    """One method for each kind of statement."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.scope = Scope(RESERVED)
        self.reader = Reader(text, self.scope)
        self.assertions: list[Assertion] = []
        self.assumptions: list[Assumption] = []

    def read(self) -> Script:
        table: dict[type, Callable] = {
            ast.Assign: self._assign,
            ast.AnnAssign: self._declare,
            ast.Assert: self._assert,
            ast.Expr: self._expression,
        }
        statements = parsed(self.text).body  # type: ignore[attr-defined]
        if len(statements) > MOST_STATEMENTS:
            raise Problem(self.reader.place(statements[MOST_STATEMENTS]),
                          f"the file has {len(statements):,} statements; {MOST_STATEMENTS:,} are the limit")
        for statement in statements:
            table.get(type(statement), self._refuse)(statement)
        return Script(self.reader, tuple(self.assertions))

    def _refuse(self, node: ast.AST) -> NoReturn:
        raise Problem(self.reader.place(node), "this statement is not part of the claims language",
                      "there are declarations, definitions, assume(...) and assert")

    def _name(self, node: ast.expr) -> str:
        if not isinstance(node, ast.Name):
            what = SPOKEN.get(type(node), "this")
            raise Problem(self.reader.place(node), f"expected a name on the left, found {what}")
        return node.id

    def _assign(self, node: ast.Assign) -> None:
        if len(node.targets) > 1:
            raise Problem(self.reader.place(node.targets[1]), "one name for each definition")
        target, value = node.targets[0], node.value
        word = value.id if isinstance(value, ast.Name) else ""
        if word == "dims":
            self._dimensions(target)
        elif word in ("function", "scalar_function"):
            self._function(target, word)
        elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "index":
            self._index(target, value)
        elif isinstance(target, ast.Tuple):
            self._unpack(target, value)
        else:
            self._definition(target, value)

    def _dimensions(self, target: ast.expr) -> None:
        """n, m = dims"""
        for node in target.elts if isinstance(target, ast.Tuple) else [target]:
            self.scope.define(self._name(node), Dimension(self._name(node)), self.reader.place(node))

    def _function(self, target: ast.expr, word: str) -> None:
        """g = function"""
        name, place = self._name(target), self.reader.place(target)
        if name in KNOWN:
            raise Problem(place, f"{name!r} is a function already", "choose another name for a generic one")
        self.scope.define(name, Function(name) if word == "function" else ScalarFunction(name), place)

    def _index(self, target: ast.expr, value: ast.Call) -> None:
        """i = index(m)"""
        if len(value.args) != 1 or value.keywords:
            raise Problem(self.reader.place(value), "index takes one dimension", "write i = index(m)")
        name = self._name(target)
        self.scope.define(name, Index(name, self.reader.size(value.args[0])), self.reader.place(target))

    def _unpack(self, target: ast.Tuple, value: ast.expr) -> None:
        """N, D = X.shape"""
        sizes = self.reader.meaning(value)
        if not isinstance(sizes, Sizes) or len(sizes.shape) != len(target.elts):
            raise Problem(self.reader.place(value), f"expected a shape of {len(target.elts)} sizes")
        for node, size in zip(target.elts, sizes.shape, strict=True):
            self.scope.define(self._name(node), size_value(size), self.reader.place(node))

    def _definition(self, target: ast.expr, value: ast.expr) -> None:
        """Z = W @ X + b; a name for a number stays a number"""
        name, meaning = self._name(target), self.reader.value(value)
        if not isinstance(meaning, Constant | Dimension):
            meaning = Named(name, meaning)
        self.scope.define(name, meaning, self.reader.place(target))

    def _declare(self, node: ast.AnnAssign) -> None:
        """X: (n, m)"""
        if node.value is not None:
            raise Problem(self.reader.place(node.value), "a name is declared with a shape or defined, not both")
        name, shape = self._name(node.target), self.reader.shape(node.annotation)
        self.scope.define(name, Declared(name, shape), self.reader.place(node.target))

    def _expression(self, node: ast.Expr) -> None:
        """assume(...)"""
        match node.value:
            case ast.Call(func=ast.Name(id="assume"), args=[fact], keywords=[]):
                self.assumptions.append(assumption(self.reader, fact))
            case ast.Call(func=ast.Name(id="assume")):
                raise Problem(self.reader.place(node), "assume wants one equation or inequality", "such as eps > 0")
            case ast.Constant(value=str()):
                raise Problem(self.reader.place(node), "a string alone says nothing", "a comment begins with #")
            case ast.Compare():
                raise Problem(self.reader.place(node), "an equation alone says nothing", "write assert in front of it")
            case _:
                self._refuse(node)

    def _assert(self, node: ast.Assert) -> None:
        """assert left == right, "note"; assert not left == right"""
        equation, asserted = node.test, True
        if isinstance(equation, ast.UnaryOp) and isinstance(equation.op, ast.Not):
            equation, asserted = equation.operand, False
        if not (isinstance(equation, ast.Compare) and [type(o) for o in equation.ops] == [ast.Eq]):
            chain = isinstance(equation, ast.Compare) and len(equation.ops) > 1
            advice = "put brackets around a comparison: (a > b) == c" if chain else "write assert left == right"
            raise Problem(self.reader.place(equation), "a claim is one equation", advice)
        note = ""
        if node.msg is not None:
            if not (isinstance(node.msg, ast.Constant) and isinstance(node.msg.value, str)):
                raise Problem(self.reader.place(node.msg), 'the note of a claim is "plain text"')
            note = node.msg.value
        left, right = self._side(equation.left), self._side(equation.comparators[0])
        for side, other in ((left, right), (right, left)):
            if isinstance(side, Sizes) and isinstance(other, Value):
                raise Problem(self.reader.place(equation), "one side is a shape, the other an array",
                              "write .shape on both sides, or on none")
        self.assertions.append(Assertion(node.lineno, self.reader.source(node.test), asserted, note, left, right,
                                         tuple(self.assumptions), equation))

    def _side(self, node: ast.expr) -> Side:
        try:
            return self.reader.meaning(node)
        except Misfit as misfit:
            return misfit
