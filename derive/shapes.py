"""Strict shapes: every expression that enters is checked, also where dimensions are symbols (SymPy 1.14 does not)."""

from __future__ import annotations

from itertools import pairwise
from itertools import product as every
from typing import Any

from sympy import (
    Add,
    Derivative,
    Determinant,
    Expr,
    Function,
    HadamardPower,
    HadamardProduct,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    Mul,
    Number,
    NumberSymbol,
    Pow,
    Symbol,
    Trace,
    Transpose,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.expressions.special import Identity, OneMatrix, ZeroMatrix

from .errors import ShapeError, UnknownNode
from .nodes import GenericLoss, LogSumExp, LossGradient, Softmax, Total

LEAVES = (MatrixSymbol, OneMatrix, ZeroMatrix, Identity, Symbol, Number, NumberSymbol)
INSIDE = (Transpose, HadamardPower, ElementwiseApplyFunction, Softmax, LogSumExp, Total, DiagMatrix)
SCALAR = (Add, Mul, Pow, Function, Derivative)


def shape_of(expr: Any) -> tuple | None:
    """(rows, columns) of a matrix expression, None of a number."""
    return expr.shape if getattr(expr, "is_Matrix", False) else None


def same(left: Any, right: Any) -> bool:
    """Two sizes are the same number."""
    return left == right or (left - right).expand() == 0


def same_shape(left: tuple | None, right: tuple | None) -> bool:
    """Two shapes agree in both sizes."""
    if left is None or right is None:
        return left is right
    return same(left[0], right[0]) and same(left[1], right[1])


def text(shape: tuple | None) -> str:
    """(n, m) as a user writes it; () for a number."""
    return "()" if shape is None else f"({shape[0]}, {shape[1]})"


def check(expr: Any) -> tuple | None:
    """The shape of an expression, after checking every part of it.

    Raises ShapeError, naming both shapes and the repair where one exists, and UnknownNode for what is not ours.
    """
    if isinstance(expr, LEAVES):
        return shape_of(expr)
    if isinstance(expr, ElementwiseApplyFunction):
        return check(expr.expr)
    if isinstance(expr, (Softmax, LogSumExp)):
        check(expr.matrix)
        return expr.shape
    if isinstance(expr, (GenericLoss, LossGradient)):
        _agree("compare", expr.args[1:])
        return shape_of(expr)
    if isinstance(expr, (Trace, Determinant, Inverse, MatPow)):
        matrix = expr.args[0]
        if not same(*(check(matrix) or (1, 1))):
            what = type(expr).__name__.lower().replace("matpow", "power")
            raise ShapeError(f"cannot take the {what} of {matrix}: {text(shape_of(matrix))}\n  a {what} needs a square")
        return shape_of(expr)
    if isinstance(expr, MatrixElement):
        check(expr.parent)
        return None
    if isinstance(expr, (MatAdd, HadamardProduct)):
        return _agree("add" if isinstance(expr, MatAdd) else "multiply entry by entry", expr.args)
    if isinstance(expr, MatMul):
        return _chain(expr)
    if isinstance(expr, INSIDE):
        check(expr.args[0])
        return shape_of(expr)
    if isinstance(expr, SCALAR):
        for part in expr.args if not isinstance(expr, Derivative) else ():
            if check(part) is not None:
                raise ShapeError(f"a matrix where a number is expected: {part}: {text(shape_of(part))} in {expr}")
        return None
    raise UnknownNode("a program", expr)


def _agree(verb: str, parts: tuple) -> tuple | None:
    """All parts have one shape."""
    first = parts[0]
    shape = check(first)
    for other in parts[1:]:
        if not same_shape(shape, check(other)):
            raise ShapeError(cannot(verb, first, other, _repair_sum(first, other)))
    return shape


def _chain(expr: MatMul) -> tuple:
    """Neighbours in a product agree in the inner size."""
    coefficient, factors = expr.as_coeff_matrices()
    check(coefficient)
    for factor in factors:
        check(factor)
    for left, right in pairwise(factors):
        if not same(left.shape[1], right.shape[0]):
            raise ShapeError(
                cannot("multiply", left, right, _repair_product(left, right)).replace(
                    "\n", f"\n  inner dimensions must agree, but {left.shape[1]} != {right.shape[0]}\n", 1
                )
            )
    return (factors[0].shape[0], factors[-1].shape[1])


def cannot(verb: str, left: Any, right: Any, repair: str) -> str:
    """The one message: what was given, what was expected, what to do."""
    join = {"add": "and", "compare": "with"}.get(verb, "by")
    first = f"cannot {verb} {left}: {text(shape_of(left))} {join} {right}: {text(shape_of(right))}"
    return first + (f"\n  did you mean {repair}?" if repair else "\n  no transpose of either makes the shapes fit")


def _repair_sum(left: Any, right: Any) -> str:
    """A transpose, or a broadcast, that makes both shapes equal."""
    want, have = shape_of(left), shape_of(right)
    if want is None or have is None:
        matrix, number = (left, right) if have is None else (right, left)
        return f"{matrix} + {number}*ones({matrix.shape[0]}, {matrix.shape[1]})"
    if same_shape(want, have[::-1]):
        return f"{_flipped(right)}, of shape {text(want)}"
    for (n, m), (rows, columns), part in ((want, have, right), (have, want, left)):
        if same(rows, n) and columns == 1:
            return f"{_wrap(part)}*ones(1, {m}), of shape {text((n, m))}"
        if same(columns, m) and rows == 1:
            return f"ones({n}, 1)*{_wrap(part)}, of shape {text((n, m))}"
    return ""


def _repair_product(left: Any, right: Any) -> str:
    """The first order and transposes of two factors that fit."""
    for flip, (A, B) in every(((0, 1), (1, 0), (0, 0), (1, 1)), ((left, right), (right, left))):
        a, b = (s[::-1] if f else s for s, f in zip((A.shape, B.shape), flip, strict=True))
        if same(a[1], b[0]):
            names = [_flipped(x) if f else _wrap(x) for x, f in zip((A, B), flip, strict=True)]
            return f"{names[0]} * {names[1]}, of shape {text((a[0], b[1]))}"
    return ""


def _flipped(expr: Expr) -> str:
    """A.T; A of A.T."""
    return str(expr.arg) if isinstance(expr, Transpose) else f"{_wrap(expr)}.T"


def _wrap(expr: Expr) -> str:
    return f"({expr})" if isinstance(expr, (MatAdd, MatMul)) else str(expr)
