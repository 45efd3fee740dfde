"""f(...): the functions of the language, in one table each for one form of arguments."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from ..arrays import operations as op
from ..arrays.values import DeterminantOf, Generic, Inverted, Mapped, Unit, Value
from ..errors import ShapeError
from ..kernel.elementary import KNOWN
from .differentiation import gradient, jacobian, partials
from .errors import Misfit, Problem
from .scope import Function, ScalarFunction, did_you_mean, spoken

HIGHEST_ORDER = 6
ELEMENTWISE = KNOWN - {"pi", "step", "reciprocal", "is_largest"}
OF_ARRAYS: dict[str, tuple[int, Callable[..., Value]]] = {
    "maximum": (2, op.maximum),
    "minimum": (2, op.minimum),
    "where": (3, op.where),
    "dot": (2, op.dot),
    "outer": (2, op.outer),
    "diag": (1, op.diag),
    "trace": (1, op.trace),
    "inv": (1, lambda a: Inverted(op.check_square(a, "inv"))),
    "det": (1, lambda a: DeterminantOf(op.check_square(a, "det"))),
}
ALONG_AXES: dict[str, Callable[[Value, op.Axes, bool], Value]] = {
    "sum": op.total,
    "mean": op.mean,
    "max": op.largest,
    "norm2": op.norm2,
    "softmax": op.softmax,
}
OF_SHAPES: dict[str, Callable[..., Value]] = {
    "ones": lambda *shape: op.full(shape, 1),
    "zeros": lambda *shape: op.full(shape, 0),
}
DERIVATIVES = {"grad": gradient, "jac": jacobian, "partials": partials}
FUNCTIONS = ELEMENTWISE | OF_ARRAYS.keys() | ALONG_AXES.keys() | OF_SHAPES.keys() | DERIVATIVES.keys() | {"eye", "diff"}
ELSEWHERE = {
    "ln": "write log", "norm": "write norm2", "amax": "write max", "min": "write -max(-x)", "Abs": "write abs",
    "tr": "write trace", "transpose": "write X.T", "matmul": "write A @ B", "logistic": "write sigmoid",
    "power": "write x ** 2", "multiply": "write A * B", "add": "write A + B", "mm": "write A @ B",
    "function": "write g = function, then g(Z)", "index": "write i = index(m), then X[:, i]",
    "assume": "write it as a line of its own", "print": "there is nothing to print: write assert left == right",
    "logsumexp": "write log(sum(exp(x)))", "identity": "write eye", "inverse": "write inv",
}


def call(reader: Any, node: ast.Call) -> Value:
    """The array that a call means."""
    if isinstance(node.func, ast.Call):
        name, order = _derivative(reader, node.func)
        return _mapped(reader, node, name, order)
    if isinstance(node.func, ast.Attribute):
        raise Problem(reader.place(node), "functions stand alone", f"write {node.func.attr}(...)")
    if not isinstance(node.func, ast.Name):
        raise Problem(reader.place(node), "this cannot be called")
    name, place = node.func.id, reader.place(node)
    if name in reader.scope.names:
        return _user_function(reader, node, name)
    if name in ELEMENTWISE:
        return _mapped(reader, node, name, 0)
    if name in OF_ARRAYS:
        count, build = OF_ARRAYS[name]
        return reader.fitting(node, build, *map(reader.value, _arguments(reader, node, name, count)))
    if name in ALONG_AXES:
        return _along_axes(reader, node, name)
    if name in OF_SHAPES:
        if len(node.args) != 1 or node.keywords:
            raise Problem(place, f"{name} takes one shape", f"write {name}((n, m))")
        shape = node.args[0]
        sizes = reader.shape(shape) if isinstance(shape, ast.Tuple | ast.Attribute) else (reader.size(shape),)
        return OF_SHAPES[name](*sizes)
    if name == "eye":
        return Unit(reader.size(*_arguments(reader, node, name, 1)))
    if name in DERIVATIVES:
        y, x = _arguments(reader, node, name, 2)
        return DERIVATIVES[name](reader, node, y, x)
    if name == "diff":
        raise Problem(place, "diff(g) is a function", "write diff(g)(Z) for g' at Z, grad(J, X) for a gradient")
    advice = ELSEWHERE.get(name) or did_you_mean(name, FUNCTIONS | reader.scope.names.keys())
    raise Problem(place, f"unknown function {name!r}", advice)


def _arguments(reader: Any, node: ast.Call, name: str, count: int) -> list[ast.expr]:
    """Exactly so many arguments, none by name."""
    if node.keywords:
        raise Problem(reader.place(node), f"{name} takes no argument by name")
    if len(node.args) != count:
        wanted = "1 argument" if count == 1 else f"{count} arguments"
        raise Problem(reader.place(node), f"{name} takes {wanted}, {len(node.args)} given")
    return node.args


def _mapped(reader: Any, node: ast.Call, name: str, order: int) -> Value:
    """g(Z), or its derivative"""
    spoken_name = "diff(" * order + name + ")" * order
    (argument,) = _arguments(reader, node, spoken_name, 1)
    return Mapped((reader.value(argument),), name, order)


def _derivative(reader: Any, node: ast.Call) -> tuple[str, int]:
    """diff(g) -> g, 1;  diff(diff(g)) -> g, 2"""
    if not (isinstance(node.func, ast.Name) and node.func.id == "diff"):
        raise Problem(reader.place(node), "only diff(g) gives a function")
    (argument,) = _arguments(reader, node, "diff", 1)
    if isinstance(argument, ast.Call):
        name, order = _derivative(reader, argument)
        if order == HIGHEST_ORDER:
            raise Problem(reader.place(node), f"derivatives of functions go up to order {HIGHEST_ORDER}")
        return name, order + 1
    if isinstance(argument, ast.Name):
        if argument.id in ELEMENTWISE:
            return argument.id, 1
        if isinstance(meaning := reader.scope.look_up(argument.id, reader.place(argument)), Function):
            return meaning.name, 1
    raise Problem(reader.place(argument), "diff wants an elementwise function", "write g = function to have one")


def _user_function(reader: Any, node: ast.Call, name: str) -> Value:
    """g(Z), f(A, Y)"""
    meaning = reader.scope.names[name]
    if isinstance(meaning, Function):
        return _mapped(reader, node, name, 0)
    if isinstance(meaning, ScalarFunction):
        if node.keywords or not node.args:
            raise Problem(reader.place(node), f"{name} takes one or more arrays, none by name")
        return Generic(name, tuple(map(reader.value, node.args)))
    raise Problem(reader.place(node), f"{name!r} is {spoken(meaning)} and cannot be called", "write * for a product")


def _along_axes(reader: Any, node: ast.Call, name: str) -> Value:
    """sum(X), sum(X, axis=0, keepdims=True)"""
    place = reader.place(node)
    if not 1 <= len(node.args) <= 2:
        raise Problem(place, f"{name} takes an array and an axis, {len(node.args)} arguments given")
    options = {word.arg: word.value for word in node.keywords}
    if len(node.args) == 2:
        if not isinstance(node.args[1], ast.Constant | ast.UnaryOp | ast.Tuple) and name == "max":
            raise Problem(place, "max takes one array", "write maximum(a, b) for the larger of two arrays")
        options.setdefault("axis", node.args[1])
    known = {"axis"} if name == "softmax" else {"axis", "keepdims"}
    if unknown := [word for word in options if word not in known]:
        raise Problem(place, f"{name} takes no argument {unknown[0]!r}")
    value = reader.value(node.args[0])
    try:
        axes = op.normal_axes(value, _axes(reader, options.get("axis")))
    except ShapeError as error:
        raise Misfit(place, str(error)) from None
    if name == "softmax" and "axis" not in options and sum(size != 1 for size in value.shape) > 1:
        raise Problem(place, "softmax of a matrix wants an axis", "write axis=0 for columns, axis=1 for rows")
    return reader.fitting(node, ALONG_AXES[name], value, axes, _flag(reader, options.get("keepdims")))


def _axes(reader: Any, node: ast.expr | None) -> op.Axes | None:
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return None
    return tuple(map(reader.integer, node.elts if isinstance(node, ast.Tuple) else [node]))


def _flag(reader: Any, node: ast.expr | None) -> bool:
    if node is None:
        return False
    if not (isinstance(node, ast.Constant) and isinstance(node.value, bool)):
        raise Problem(reader.place(node), "keepdims is True or False")
    return node.value
