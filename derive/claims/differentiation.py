"""grad(J, X), jac(y, x) and partials(y, x): what a derivative of written formulas means.

X is a declared array (the total derivative), or a definition, whose right side is then replaced by a free variable
of its shape; the result is taken at the definition.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from ..arrays import operations as op
from ..arrays.shapes import show
from ..arrays.values import Along, Declared, Derivative, Named, Value, View, in_order, replaced
from ..errors import ShapeError
from .errors import Misfit, Problem
from .scope import spoken


def gradient(reader: Any, node: ast.expr, y: ast.expr, x: ast.expr) -> Value:
    """dJ/dX, of the shape of X; J has one element."""
    body = reader.fitting(node, op.as_scalar, reader.value(y), "the first argument of grad")
    return _derivative(reader, body, x, reader.source(y))


def jacobian(reader: Any, node: ast.expr, y: ast.expr, x: ast.expr) -> Value:
    """Element (j, k) is dy_k / dx_j,  y (n, 1), x (p, 1) -> (p, n): the denominator layout."""
    value = reader.value(y)
    body = reader.fitting(node, _column, value, "the first argument of jac")
    result = _derivative(reader, body, x, reader.source(y))
    rows = result.shape[:-1]
    if len(rows) > 2 or rows[1:] not in ((), (1,)):
        raise Misfit(reader.place(x), f"the second argument of jac wants a column, not shape {show(rows)}")
    sources = {0: (Along(1),), 1: (Along(0), Along(1)), 2: (Along(0), 0, Along(1))}[len(rows)]
    return View(result, (*rows[:1], result.shape[-1]) if rows else (1, result.shape[-1]), sources)


def partials(reader: Any, node: ast.expr, y: ast.expr, x: ast.expr) -> Value:
    """Element (p, q) is dy_q / dx_p, for arrays of any shapes: x (n, k), y (m, 1) -> (n, k, m, 1)."""
    return _derivative(reader, reader.value(y), x, reader.source(y))


def _column(value: Value, what: str) -> Value:
    """(n, 1), (n,) or () -> (n,)"""
    shape = value.shape
    if not shape:
        return op.expand(value, 0)
    if len(shape) > 2 or shape[1:] not in ((), (1,)):
        raise ShapeError(f"{what} wants a column, not shape {show(shape)}")
    return op.drop(value, 1) if len(shape) == 2 else value


def _derivative(reader: Any, body: Value, x: ast.expr, spoken_body: str) -> Value:
    """The derivative of a body by what a name means."""
    place = reader.place(x)
    if not isinstance(x, ast.Name):
        raise Problem(place, "differentiate with respect to a name", "give the expression a name first: Z = ...")
    match reader.scope.look_up(x.id, place):
        case Declared() as array:
            return Derivative(body, array)
        case Named(name, _) as definition:
            _check_reached(reader, body, name, x, spoken_body)
            reader.variables += 1
            free = Declared(f"{name}~{reader.variables}", definition.shape)
            return Derivative(replaced(body, name, free), free, definition)
        case other:
            raise Problem(place, f"{x.id!r} is {'a number' if isinstance(other, Value) else spoken(other)}",
                          "differentiate with respect to a declared array or a definition")


def _check_reached(reader: Any, body: Value, name: str, x: ast.expr, spoken_body: str) -> None:
    """The body must use the name; a gradient in a declared array must not hide it."""
    nodes = in_order(body)
    reader.spend(len(nodes), x)
    if not _uses(nodes, name):
        raise Problem(reader.place(x), f"{spoken_body} does not use {name} by name",
                      f"write {spoken_body} with {name}, or differentiate with respect to a declared array")
    for node in nodes:
        if isinstance(node, Derivative) and node.at is None:
            inside = in_order(node.body)
            reader.spend(len(inside), x)
            if _uses(inside, name):
                raise Problem(reader.place(x), f"a gradient inside of {spoken_body} depends on {name}",
                              "differentiate with respect to a declared array")


def _uses(nodes: Iterable[Value], name: str) -> bool:
    return any(isinstance(node, Named) and node.name == name for node in nodes)
