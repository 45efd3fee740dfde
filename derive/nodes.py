"""Expressions that SymPy lacks, as SymPy expressions, and small constructors that keep the order of factors.

The sum of all entries, softmax and log-sum-exp along one axis, and a generic loss with its gradient.  Row sums and
broadcasts are products with ones, as SymPy writes them: A*1_m and b*1_m^T.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sympy import (
    Expr,
    HadamardPower,
    HadamardProduct,
    Integer,
    Lambda,
    MatAdd,
    MatMul,
    MatrixExpr,
    Mul,
    Transpose,
    preorder_traversal,
    sympify,
)
from sympy.core.sorting import default_sort_key
from sympy.core.symbol import Str
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.special import Identity, OneMatrix, ZeroMatrix

from .functions import canonical, z

ONE = Integer(1)


class Total(Expr):
    """sum_ij A_ij: the sum of all entries, a number."""

    is_commutative = True

    def __new__(cls, matrix: MatrixExpr) -> Total:
        return Expr.__new__(cls, matrix)

    def _sympystr(self, printer: Any) -> str:
        return f"sum({printer._print(self.args[0])})"


class _AlongAxis(MatrixExpr):
    """Common shape handling: axis 0 goes down each column (samples are columns), axis 1 along each row."""

    def __new__(cls, matrix: MatrixExpr, axis: int = 0) -> _AlongAxis:
        if axis not in (0, 1):
            raise ValueError(f"axis must be 0 or 1, not {axis!r}")
        return MatrixExpr.__new__(cls, sympify(matrix, strict=True), Integer(axis))

    @property
    def matrix(self) -> MatrixExpr:
        return self.args[0]

    @property
    def axis(self) -> int:
        return int(self.args[1])

    def _sympystr(self, printer: Any) -> str:
        return f"{type(self).__name__.lower()}({printer._print(self.matrix)}, axis={self.axis})"


class Softmax(_AlongAxis):
    """A_kt = exp(Z_kt) / sum_i exp(Z_it) for axis 0: each column of A sums to 1.  Source: Bridle (1990)."""

    @property
    def shape(self) -> tuple:
        return self.matrix.shape


class LogSumExp(_AlongAxis):
    """s_t = log sum_k exp(Z_kt) for axis 0, of shape (1, m)."""

    @property
    def shape(self) -> tuple:
        rows, columns = self.matrix.shape
        return (ONE, columns) if self.axis == 0 else (rows, ONE)


class GenericLoss(Expr):
    """C(A, ...): any differentiable function of its arguments, a number; its gradient is taken in the first."""

    is_commutative = True

    def __new__(cls, name: Any, *arrays: MatrixExpr) -> GenericLoss:
        return Expr.__new__(cls, Str(str(name)), *arrays)

    def _sympystr(self, printer: Any) -> str:
        return f"{self.args[0]}({', '.join(map(printer._print, self.args[1:]))})"


class LossGradient(MatrixExpr):
    """nabla_A C: the partial derivatives of a generic loss in its first argument, of the shape of A."""

    def __new__(cls, name: Any, *arrays: MatrixExpr) -> LossGradient:
        return MatrixExpr.__new__(cls, Str(str(name)), *arrays)

    @property
    def shape(self) -> tuple:
        return self.args[1].shape

    def _sympystr(self, printer: Any) -> str:
        return f"grad {self.args[0]}({', '.join(map(printer._print, self.args[1:]))})"


def ones(rows: Any, columns: Any = 1) -> OneMatrix:
    """The matrix of ones; one argument gives the column 1_n."""
    return OneMatrix(rows, columns)


def total(matrix: MatrixExpr) -> Expr:
    """sum of all entries, linear factors pulled out: total(c A) = c total(A)."""
    c, rest = split(matrix)
    return c * Total(rest)


def elementwise(function: Any, matrix: Expr) -> Expr:
    """f applied to every entry; the identity leaves the matrix, a constant gives c 1 1^T, 1/z a Hadamard power."""
    body = function if isinstance(function, Expr) and not isinstance(function, Lambda) else canonical(function)
    if not getattr(matrix, "is_Matrix", False):
        return body.xreplace({z: matrix})
    if body == z:
        return matrix
    if z not in body.free_symbols:
        return scale(body, OneMatrix(*matrix.shape))
    if body.is_Pow and body.base == z and body.exp.is_Integer:
        return HadamardPower(matrix, body.exp)
    return ElementwiseApplyFunction(Lambda(z, body), matrix)


def split(matrix: MatrixExpr) -> tuple[Expr, MatrixExpr]:
    """c A -> (c, A)."""
    if isinstance(matrix, MatMul):
        c, factors = matrix.as_coeff_matrices()
        return c, factors[0] if len(factors) == 1 else MatMul(*factors)
    return ONE, matrix


def scale(c: Any, matrix: Expr) -> Expr:
    """c A."""
    if c == 1:
        return matrix
    if not getattr(matrix, "is_Matrix", False):
        return Mul(c, matrix)
    if c == 0:
        return ZeroMatrix(*matrix.shape)
    inner, rest = split(matrix)
    c = c * inner
    if c == 1:
        return rest
    return MatMul(c, *rest.args) if isinstance(rest, MatMul) else MatMul(c, rest)


def reading_order(terms: Iterable[Any]) -> tuple[Any, ...]:
    """The terms of a sum as one writes them: A - Y, 1 - A, W x + b, (1/m) dZ X^T + (lambda/m) W; else short ones first.

    SymPy sorts the terms of a sum by a key of its own, in which -Y stands before A.
    """

    def key(term: Any) -> tuple[bool, bool, bool, int]:
        c, rest = split(term)
        product = isinstance(rest, MatMul) and not rest.has(OneMatrix)
        lone = not isinstance(rest, MatMul | HadamardProduct) and bool(c.free_symbols)
        return c.could_extract_minus_sign(), lone, not product, sum(1 for _ in preorder_traversal(rest))

    return tuple(sorted(terms, key=key))


def hadamard(*factors: Any) -> Any:
    """A * B * ... entry by entry, in the order given; numbers pulled out, ones left out."""
    c: Any = ONE
    flat: list[MatrixExpr] = []
    for factor in factors:
        k, rest = split(factor)
        c *= k
        flat.extend(rest.args if isinstance(rest, HadamardProduct) else [rest])
    kept = [f for f in flat if not isinstance(f, OneMatrix)]
    if any(isinstance(f, ZeroMatrix) for f in kept):
        return ZeroMatrix(*flat[0].shape)
    if not kept:
        return scale(c, flat[0])
    return scale(c, HadamardProduct(*kept) if len(kept) > 1 else kept[0])


def product(*factors: Any) -> Any:
    """A B ... with numbers pulled out; identities, and ones of shape (1, 1), are left out; 1_n (1_m)^T is all ones."""
    c: Any = ONE
    flat: list[MatrixExpr] = []
    for factor in factors:
        if not getattr(factor, "is_Matrix", False):
            c = c * factor
            continue
        k, rest = split(factor)
        c = c * k
        for part in rest.args if isinstance(rest, MatMul) else [rest]:
            if isinstance(part, ZeroMatrix):
                return ZeroMatrix(factors[0].shape[0], factors[-1].shape[1])
            if flat and isinstance(part, OneMatrix) and isinstance(flat[-1], OneMatrix) and part.shape[0] == 1:
                flat[-1] = OneMatrix(flat[-1].shape[0], part.shape[1])
            else:
                flat.append(part)
    kept = [f for f in flat if not _is_one(f)] or flat[:1]
    return scale(c, MatMul(*kept) if len(kept) > 1 else kept[0])


def _is_one(matrix: Any) -> bool:
    """The unit of the product: an identity, or the matrix of ones of shape (1, 1)."""
    return isinstance(matrix, Identity) or (isinstance(matrix, OneMatrix) and matrix.shape == (1, 1))


def transpose(matrix: Any) -> Any:
    """A^T, pushed inward: (A B)^T = B^T A^T."""
    match matrix:
        case Transpose():
            return matrix.args[0]
        case OneMatrix() | ZeroMatrix():
            return type(matrix)(matrix.shape[1], matrix.shape[0])
        case Identity():
            return matrix
        case MatAdd():
            return MatAdd(*map(transpose, matrix.args))
        case HadamardProduct():
            return HadamardProduct(*map(transpose, matrix.args))
        case HadamardPower():
            return HadamardPower(transpose(matrix.args[0]), matrix.args[1])
        case ElementwiseApplyFunction():
            return ElementwiseApplyFunction(matrix.function, transpose(matrix.expr))
        case Softmax():
            return Softmax(transpose(matrix.matrix), 1 - matrix.axis)
        case MatMul():
            c, factors = matrix.as_coeff_matrices()
            return scale(c, product(*(transpose(f) for f in reversed(factors))))
    return Transpose(matrix)


def add(*terms: Any) -> Any:
    """A + B + ..., as SymPy's own operators build it: like terms collected, zeros left out, terms sorted."""
    kept = [t for t in terms if not isinstance(t, ZeroMatrix) and t != 0]
    if not kept:
        return terms[0]
    if len(kept) == 1:
        return kept[0]
    if not getattr(kept[0], "is_Matrix", False):
        return sum(kept[1:], kept[0])
    counts: dict[Any, Any] = {}
    for term in (s for t in kept for s in (t.args if isinstance(t, MatAdd) else [t])):
        c, rest = split(term)
        counts[rest] = counts.get(rest, 0) + c
    flat = [scale(c, rest) for rest, c in counts.items() if c != 0]
    if not flat:
        return ZeroMatrix(*kept[0].shape)
    return flat[0] if len(flat) == 1 else MatAdd(*sorted(flat, key=default_sort_key))
