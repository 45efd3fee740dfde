"""Lines of plain NumPy source -> statements that say where they write to.

A value is a sum of terms c A, c A B and c, with numbers c: so that a factor waits until it can be taken in where it
costs nothing, and a product until it is known where it is added to.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, Float, Integer, Symbol

from derive import UnknownNode

from ..fragments import broadcast
from .statements import ONE, Array, Number, Operand, Shape, Statement, Value

NOTHING, UNIT = Integer(0), Integer(1)

# What takes several statements, as source: the last expression is the value.
EXPANSIONS = {
    "sigmoid": "np.exp(np.minimum(_z, TOP)) / (1 + np.exp(np.minimum(_z, TOP)))",
    "np.logaddexp": "np.maximum(_z, 0) + np.log1p(np.exp(-np.abs(_z)))",  # with 0 as its first argument
    "softmax": "np.exp(_z - _z.max(axis=AXIS)) / np.exp(_z - _z.max(axis=AXIS)).sum(axis=AXIS)",
    "logsumexp": "_z.max(axis=AXIS) + np.log(np.exp(_z - _z.max(axis=AXIS)).sum(axis=AXIS))",
}
UFUNCS = {f"np.{name}": name for name in ("exp", "expm1", "log", "log1p", "sqrt", "tanh", "sign", "square")}
UFUNCS |= {"np.abs": "absolute", "np.maximum": "maximum", "np.minimum": "minimum"}
TOP = {"float32": "88", "float64": "709"}  # e^TOP is finite; e^z / (1 + e^z) is 1 from far below


@dataclass(frozen=True)
class Product:
    """A B, not computed yet."""

    left: Array
    right: Array


@dataclass(frozen=True)
class Term:
    """c A, c A B, or c alone."""

    coefficient: Expr
    value: Array | Product | None = None


class Lowering:
    """The statements written so far, and what is known of their values."""

    def __init__(self, values: Mapping[str, Value], numbers: Iterable[str], taken: Iterable[str], dtype: str) -> None:
        self.values, self.top = dict(values), TOP[dtype]
        self.numbers = set(numbers)
        self.taken = {*taken, *self.values, *self.numbers}
        self.statements: list[Statement] = []
        self.known: dict[Any, Array] = {}  # what was computed -> where it is
        self.alias: dict[str, Operand] = {}  # another name of a value

    # --- lines --------------------------------------------------------------------------------------------------------

    def line(self, name: str, text: str, comment: str = "") -> None:
        """name = text"""
        node, start = ast.parse(text, mode="eval").body, len(self.statements)
        if (number := self.number(node)) is not None:
            self.statements.append(Statement("number", "", (Number(number),), name))
            self.numbers.add(name)
        else:
            self._name(self.array(node), name, start)
        if len(self.statements) > start:
            self.statements[start] = replace(self.statements[start], comment=comment)

    def _name(self, found: Array, name: str, start: int) -> None:
        """The value gets its name, if it was computed for it; else it has two names."""
        fresh = start < len(self.statements) and self.statements[-1].output == found.name and not found.flipped
        if self.values[found.name].boolean:
            found, fresh = self.real(found), True
        if not fresh:
            self.alias[name] = found
            return
        old = self.statements[-1]
        self.statements[-1] = replace(old, output=name)
        self.values[name] = replace(self.values.pop(found.name), name=name)
        self.known = {key: Array(name) if where == Array(old.output) else where for key, where in self.known.items()}
        self.alias[old.output] = Array(name)

    def emit(self, kind: str, function: str, inputs: tuple[Operand, ...], shape: Shape, **more: Any) -> Array:
        """The value of a statement, which is written unless it was written before."""
        boolean = more.pop("boolean", False)
        key = (kind, function, inputs, shape, *sorted(more.items()))
        if key not in self.known:
            name = self.fresh("T")
            self.values[name] = Value(name, shape, boolean=boolean)
            self.statements.append(Statement(kind, function, inputs, name, **more))
            self.known[key] = Array(name)
        found = self.known[key]
        return self.alias.get(found.name, found)  # type: ignore[return-value]

    def fresh_name(self, name: str) -> str:
        """The name if it is free, else with underscores after it."""
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    def forget(self, name: str) -> None:
        """An array has changed: what was computed from it is no longer known."""
        self.known = {
            key: where for key, where in self.known.items()
            if not any(isinstance(o, Array) and o.name == name for part in key if isinstance(part, tuple) for o in part)
        }  # fmt: skip

    def fresh(self, stem: str) -> str:
        number = 1
        while f"{stem}{number}" in self.taken:
            number += 1
        self.taken.add(f"{stem}{number}")
        return f"{stem}{number}"

    def shape(self, operand: Operand) -> Shape | None:
        if isinstance(operand, Number):
            return None
        rows, columns = self.values[operand.name].shape
        return (columns, rows) if operand.flipped else (rows, columns)

    def ufunc(self, function: str, *inputs: Operand) -> Array:
        """f(A, B), of the shape that they have together."""
        shape = broadcast(*map(self.shape, inputs))
        assert shape is not None
        if function != "multiply" and function != "greater":
            inputs = tuple(self.real(o) for o in inputs)
        if function == "absolute":
            inputs = (self._magnitude(inputs[0]),)
        return self.emit("ufunc", function, inputs, shape, boolean=function == "greater")

    def real(self, operand: Any) -> Any:
        """Numbers for truth values."""
        if isinstance(operand, Array) and self.values[operand.name].boolean:
            return self.emit("copy", "", (operand,), self.values[operand.name].shape)
        return operand

    # --- numbers ------------------------------------------------------------------------------------------------------

    def number(self, node: ast.AST) -> Expr | None:
        """The value of a node that is a number; None for arrays."""
        match node:
            case ast.Constant(value=value):
                return Integer(value) if isinstance(value, int) else Float(value)
            case ast.Name(id=name):
                if name in self.numbers:
                    return Symbol(name)
                known = self.alias.get(name)
                return known.value if isinstance(known, Number) else None
            case ast.Attribute(value=ast.Name(id="np"), attr=attr):
                return Symbol(f"np.{attr}")
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                value = self.number(inner)
                return None if value is None else -value
            case ast.BinOp(left=left, op=op, right=right) if not isinstance(op, ast.MatMult):
                if (a := self.number(left)) is None or (b := self.number(right)) is None:
                    return None
                return self._compute(op, a, b)
            case ast.Call(func=function, args=[inner, *_]) if ast.unparse(function) in ("np.sum", "np.trace"):
                return self._total(ast.unparse(function), inner)
            case ast.Call(func=function, args=args) if args and ast.unparse(function) not in ("np.full", "np.zeros"):
                values = [self.number(arg) for arg in args]
                if any(v is None for v in values) or ast.unparse(function) in ("np.eye", "np.repeat"):
                    return None
                text = f"{ast.unparse(function)}({', '.join(map(str, values))})"
                return self._named(Symbol(text), values)
        return None

    def _named(self, value: Expr, parts: Iterable[Any]) -> Expr:
        """A call of numbers, under a name of its own."""
        name = self.fresh("s")
        reads = tuple(Number(p) for p in parts)
        self.statements.append(Statement("number", str(value), reads, name))
        self.numbers.add(name)
        return Symbol(name)

    @staticmethod
    def _compute(op: ast.operator, a: Expr, b: Expr) -> Expr:
        match op:
            case ast.Add():
                return a + b
            case ast.Sub():
                return a - b
            case ast.Mult():
                return a * b
            case ast.Div():
                return a / b
            case ast.Pow():
                return a**b
        raise UnknownNode("the planner", type(op).__name__)

    def _total(self, function: str, inner: ast.expr) -> Expr:
        """sum of all entries, or of the diagonal; a factor comes out of the sum"""
        if (value := self.number(inner)) is not None:
            return value
        terms = self.terms(inner)
        if len(terms) == 1 and terms[0].value is not None:
            c, A = terms[0].coefficient, self.value(terms[0].value)
        else:
            c, A = UNIT, self.add(terms)
        inputs: tuple[Operand, ...] = (self.real(A),)
        made = self._made(A)
        if made is not None and made.function == "square" and function == "np.sum":
            function, inputs = "np.vdot", made.inputs * 2
        key = ("total", function, A)
        if key not in self.known:
            name = self.fresh("s")
            self.statements.append(Statement("total", function, inputs, name))
            self.numbers.add(name)
            self.known[key] = Array(name)
        return c * Symbol(self.known[key].name)

    # --- arrays -------------------------------------------------------------------------------------------------------

    def array(self, node: ast.expr) -> Array:
        """The value of a node, computed."""
        return self.add(self.terms(node))

    def terms(self, node: ast.expr) -> list[Term]:
        """The value of a node as a sum."""
        if (number := self.number(node)) is not None:
            return [Term(number)]
        match node:
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
                sign = UNIT if isinstance(op, ast.Add) else -UNIT
                return [*self.terms(left), *(scaled(t, sign) for t in self.terms(right))]
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return [scaled(t, -UNIT) for t in self.terms(inner)]
            case ast.BinOp(op=ast.Mult() | ast.Div()):
                return self._product_of_entries(node)
            case ast.BinOp(left=left, op=ast.MatMult(), right=right):
                (c, A), (d, B) = self._single(left), self._single(right)
                return [Term(c * d, Product(self.real(A), self.real(B)))]
            case ast.Call(func=ast.Attribute(value=inner, attr="sum"), keywords=keywords) if not _is_numpy(inner):
                c, A = self._single(inner)
                return [Term(c, self._sums(self.real(A), _axis(keywords)))]
        return [Term(UNIT, self.atom(node))]

    def _single(self, node: ast.expr) -> tuple[Expr, Array]:
        """c, A for a node that is c A."""
        terms = self.terms(node)
        if len(terms) == 1 and terms[0].value is not None:
            return terms[0].coefficient, self.value(terms[0].value)
        return UNIT, self.add(terms)

    def _sums(self, A: Array, axis: int) -> Product:
        """Row sums are A 1, column sums 1^T A."""
        rows, columns = self.shape(A) or (UNIT, UNIT)
        return Product(A, self.ones(columns, UNIT)) if axis == 1 else Product(self.ones(UNIT, rows), A)

    def ones(self, rows: Any, columns: Any) -> Array:
        """A column or row of ones, made once."""
        size = rows if columns == 1 else columns
        name = f"ones_{size}" if columns == 1 else f"ones_1_{size}"
        name = name.replace(" ", "").replace("*", "x").replace("+", "p")
        self.values.setdefault(name, Value(name, (rows, columns), "constant"))
        self.taken.add(name)
        return Array(name)

    def value(self, value: Array | Product) -> Array:
        if isinstance(value, Array):
            return value
        (rows, _), (_, columns) = self.shape(value.left), self.shape(value.right)  # type: ignore[misc]
        return self.emit("product", "", (value.left, value.right), (rows, columns))

    def add(self, terms: list[Term]) -> Array:
        """The sum of the terms, computed: what has the factor 1 first."""
        number = sum((t.coefficient for t in terms if t.value is None), NOTHING)
        parts = [(t.coefficient, self.value(t.value)) for t in terms if t.value is not None]
        assert parts
        parts.sort(key=lambda part: (part[0] != 1, part[0] != -1))
        (c, total), rest = parts[0], parts[1:]
        if c == -1 and number != 0:
            total, number = self.ufunc("subtract", Number(number), total), NOTHING
        elif c == -1:
            total = self.ufunc("negative", total)
        elif c != 1:
            total = self.ufunc("multiply", total, Number(c))
        for c, A in rest:
            if c in (1, -1):
                total = self.ufunc("add" if c == 1 else "subtract", total, A)
            else:
                total = self.ufunc("add", total, self.ufunc("multiply", A, Number(c)))
        return total if number == 0 else self.ufunc("add", total, Number(number))

    def _product_of_entries(self, node: ast.expr) -> list[Term]:
        """c A * B / D: numbers are gathered in c."""
        c = UNIT
        above: list[ast.expr] = []
        below: list[ast.expr] = []
        todo = [(node, True)]
        while todo:
            part, up = todo.pop()
            number = self.number(part)
            match part:
                case _ if number is not None:
                    c = c * number if up else c / number
                case ast.BinOp(left=left, op=ast.Mult(), right=right):
                    todo += [(right, up), (left, up)]
                case ast.BinOp(left=left, op=ast.Div(), right=right):
                    todo += [(right, not up), (left, up)]
                case ast.UnaryOp(op=ast.USub(), operand=inner):
                    c = -c
                    todo.append((inner, up))
                case _:
                    (above if up else below).append(part)
        if len(above) == 1 and not below:
            terms = self.terms(above[0])
            return [scaled(terms[0], c)] if len(terms) == 1 else [Term(c, self.add(terms))]
        singles = [self._single(part) for part in above]
        for d, _ in singles:
            c *= d
        found = [A for _, A in singles]
        value: Any = found[0] if found else None
        for A in found[1:]:
            value = self.ufunc("multiply", value, A)
        for part in below:
            d, A = self._single(part)
            value = self.ufunc("divide", ONE if value is None else value, A)
            c /= d
        return [Term(c, value)]

    def atom(self, node: ast.expr) -> Array:
        """What is no sum, product or quotient."""
        match node:
            case ast.Name(id=name):
                return self.look_up(name)
            case ast.Attribute(value=inner, attr="T"):
                return self.array(inner).T
            case ast.BinOp(left=base, op=ast.Pow(), right=exponent):
                return self._power(self.array(base), self.number(exponent))
            case ast.Compare(left=left, ops=[ast.Gt()], comparators=[right]):
                return self.ufunc("greater", self.array(left), Number(self.number(right) or NOTHING))
            case ast.Call(func=ast.Attribute(value=inner, attr="copy"), args=[]):
                return self.copy(self.array(inner))
            case ast.Call(func=ast.Attribute(value=inner, attr="max"), keywords=keywords) if not _is_numpy(inner):
                return self._largest(self.array(inner), _axis(keywords))
            case ast.Call(func=function, args=args, keywords=keywords):
                return self._call(ast.unparse(function), args, keywords, node)
        raise UnknownNode("the planner", ast.unparse(node))

    def look_up(self, name: str) -> Array:
        found = self.alias.get(name, Array(name))
        if not isinstance(found, Array) or found.name not in self.values:
            raise UnknownNode("the planner", name)
        return found

    def _power(self, A: Array, exponent: Expr | None) -> Array:
        if exponent == 2:
            return self.ufunc("square", A)
        if exponent == 3:
            return self.ufunc("multiply", self.ufunc("square", A), A)
        if exponent == Float(0.5):
            return self.ufunc("sqrt", A)
        if exponent is None:
            raise UnknownNode("the planner", "a power of which the exponent is an array")
        return self.ufunc("power", A, Number(exponent))

    def copy(self, A: Array) -> Array:
        """An array of its own."""
        return self.emit("copy", "", (A,), self.shape(A) or (UNIT, UNIT))

    def _largest(self, A: Array, axis: int) -> Array:
        rows, columns = self.shape(A) or (UNIT, UNIT)
        return self.emit("reduce", "maximum", (A,), (UNIT, columns) if axis == 0 else (rows, UNIT), options=str(axis))

    def _call(self, function: str, args: list[ast.expr], keywords: list[ast.keyword], node: ast.expr) -> Array:
        if function in EXPANSIONS and (function != "np.logaddexp" or self.number(args[0]) == 0):
            return self._expand(EXPANSIONS[function], self.array(args[-1]), keywords)
        if function in UFUNCS:
            return self.ufunc(UFUNCS[function], *(self._operand(arg) for arg in args))
        if function == "np.heaviside":
            return self.ufunc("greater", self.array(args[0]), Number(NOTHING))
        if function in ("np.full", "np.zeros") and isinstance(args[0], ast.Tuple):
            rows, columns = (self.number(size) for size in args[0].elts)
            value = self.number(args[1]) if function == "np.full" else NOTHING
            return self.emit("copy", "", (Number(value if value is not None else NOTHING),), (rows, columns))
        if function == "np.repeat":
            A, size = self.array(args[0]), self.number(args[1])
            rows, columns = self.shape(A) or (UNIT, UNIT)
            return self.emit("copy", "", (A,), (rows, size) if _axis(keywords) == 1 else (size, columns))
        if function == "np.eye":
            size = self.number(args[0])
            return self.emit("call", function, (Number(size or UNIT),), (size, size))
        if function == "np.diagflat":
            A = self.array(args[0])
            rows, columns = self.shape(A) or (UNIT, UNIT)
            return self.emit("call", function, (A,), (rows * columns, rows * columns))
        if function == "erf":
            A = self.array(args[0])
            return self.emit("call", function, (A,), self.shape(A) or (UNIT, UNIT))
        raise UnknownNode("the planner", ast.unparse(node))

    def _operand(self, node: ast.expr) -> Operand:
        number = self.number(node)
        return self.array(node) if number is None else Number(number)

    def _expand(self, text: str, z: Array, keywords: list[ast.keyword]) -> Array:
        text = text.replace("AXIS", str(_axis(keywords))) if "AXIS" in text else text.replace("TOP", self.top)
        outside, self.alias["_z"] = self.alias.get("_z", z), z
        found = self.array(ast.parse(text, mode="eval").body)
        self.alias["_z"] = outside
        return found

    def _magnitude(self, operand: Any) -> Any:
        """|-A| is |A|, which may be known."""
        made = self._made(operand)
        if made is None or made.function != "negative":
            return operand
        return made.inputs[0].T if operand.flipped else made.inputs[0]  # type: ignore[union-attr]

    def _made(self, operand: Operand) -> Statement | None:
        """The statement that computed an array."""
        if not isinstance(operand, Array) or self.values[operand.name].kind != "buffer":
            return None
        return next((s for s in self.statements if s.output == operand.name), None)


def scaled(term: Term, factor: Expr) -> Term:
    return replace(term, coefficient=term.coefficient * factor)


def _is_numpy(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "np"


def _axis(keywords: list[ast.keyword]) -> int:
    for keyword in keywords:
        if keyword.arg == "axis":
            return int(ast.literal_eval(keyword.value))
    raise UnknownNode("the planner", "a sum without its axis")
