"""Expressions of arrays as plain trees: what a page computes with, and what NumPy and claims texts are written from.

W1 X + b1 1^T  ->  ("+", ("@", ("name", "W1"), ("name", "X")), ("@", ("name", "b1"), ("ones", 1, m)))

    ("number", p, q)   p/q                   ("name", "W1")          a variable, or a size
    ("T", A)           A^T                   ("ones", n, m)          ("eye", n)   ("zeros", n, m)
    ("@", A, B, ...)   matrix product        ("*", A, B, ...)        entry by entry; a number times anything
    ("+", A, B, ...)   sum                   ("**", A, p)            power, entry by entry
    ("f", name, A)     a function of the table, entry by entry       ("leaky_relu", slope, A)
    ("g", name, k, A)  the k-th derivative of a generic function     ("loss", name, A, ...)   ("loss'", name, A, ...)
    ("softmax", axis, A)   ("logsumexp", axis, A)   ("sum", A)   ("trace", A)   ("diag", A)

Both sides of "+" and "*" have the same shape, numbers apart: nothing is broadcast, ones stand where they are meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sympy import (
    Add,
    Function,
    HadamardPower,
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixSymbol,
    Mul,
    NumberSymbol,
    Pow,
    Rational,
    Symbol,
    Trace,
    Transpose,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix
from sympy.matrices.expressions.special import Identity, OneMatrix, ZeroMatrix

from .errors import UnknownNode
from .functions import canonical, generic_of, leaky_relu, row_of, z
from .nodes import GenericLoss, LogSumExp, LossGradient, Softmax, Total, reading_order

Tree = tuple[Any, ...]


def array_tree(expr: Any) -> Tree:
    """The tree of a SymPy expression.  Raises UnknownNode for what has none."""
    return _tree(expr, {})


def _tree(expr: Any, env: dict[Any, Tree]) -> Tree:
    """`env` gives the argument of an elementwise function: z -> the tree of the matrix."""
    if expr in env:
        return env[expr]
    match expr:
        case MatrixSymbol() | Symbol():
            return ("name", str(expr))
        case Rational():
            return ("number", int(expr.p), int(expr.q))
        case NumberSymbol():
            return ("name", str(expr))
        case OneMatrix() | ZeroMatrix():
            return ("ones" if isinstance(expr, OneMatrix) else "zeros", *(_tree(n, env) for n in expr.shape))
        case Identity():
            return ("eye", _tree(expr.shape[0], env))
        case Transpose():
            return ("T", _tree(expr.arg, env))
        case MatAdd():
            return ("+", *(_tree(t, env) for t in reading_order(expr.args)))
        case Add():
            return ("+", *(_tree(t, env) for t in expr.as_ordered_terms()))
        case MatMul():
            return _product(expr)
        case Mul() | HadamardProduct():
            return ("*", *(_tree(f, env) for f in expr.args))
        case HadamardPower() | Pow():
            return ("**", *(_tree(p, env) for p in expr.args))
        case ElementwiseApplyFunction():
            return _tree(canonical(expr.function), {z: _tree(expr.expr, {})})
        case Softmax() | LogSumExp():
            return (type(expr).__name__.lower(), expr.axis, _tree(expr.matrix, env))
        case Total():
            return ("sum", _tree(expr.args[0], env))
        case Trace() | DiagMatrix():
            return ("trace" if isinstance(expr, Trace) else "diag", _tree(expr.arg, env))
        case GenericLoss() | LossGradient():
            kind = "loss" if isinstance(expr, GenericLoss) else "loss'"
            return (kind, str(expr.args[0]), *(_tree(a, env) for a in expr.args[1:]))
    return _function(expr, env)


def _product(expr: MatMul) -> Tree:
    """c A B: the number, then the product."""
    c, factors = expr.as_coeff_matrices()
    parts = [_tree(f, {}) for f in factors]
    body = parts[0] if len(parts) == 1 else ("@", *parts)
    return body if c == 1 else ("*", _tree(c, {}), body)


def _function(expr: Any, env: dict[Any, Tree]) -> Tree:
    """f(u), g(u), g'(u)"""
    inner = getattr(expr, "expr", expr).args[0] if getattr(expr, "args", ()) else None
    if inner is None:
        raise UnknownNode("a tree of arrays", expr)
    argument, body = _tree(inner, env), expr.xreplace({inner: z})
    if generic := generic_of(body):
        return ("g", *generic, argument)
    if isinstance(expr, leaky_relu):
        return ("leaky_relu", _tree(expr.args[1], env), argument)
    if isinstance(expr, Function) and (row := row_of(body)):
        return ("f", row.name, argument)
    raise UnknownNode("a tree of arrays", expr)


def parts(tree: Tree) -> Iterator[Tree]:
    """A tree and all that is in it, in the order in which it is written."""
    yield tree
    for part in tree[1:]:
        if isinstance(part, tuple):
            yield from parts(part)
