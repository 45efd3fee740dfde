"""SymPy expressions -> index expressions: what one entry of a matrix expression is.

The kernel differentiates index expressions from the definition (partial derivatives, Kronecker deltas); the proofs in
element form are printed from them.  Samples are columns: entry (j, i) is unit j of sample i.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from sympy import (
    Add,
    Derivative,
    Determinant,
    Function,
    HadamardPower,
    HadamardProduct,
    Integer,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    Mul,
    Pow,
    Rational,
    Symbol,
    Trace,
    Transpose,
    cos,
    cosh,
    sin,
    sinh,
)
from sympy.core.function import AppliedUndef
from sympy.core.numbers import Exp1, Pi
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.expressions.special import Identity, OneMatrix, ZeroMatrix

from .errors import DeriveError, UnknownNode
from .functions import canonical, composed_of, derivative_of, generic_of, leaky_relu, row_of, step, z
from .kernel import index as ix
from .kernel.elementary import PI
from .nodes import GenericLoss, LogSumExp, LossGradient, Softmax, Total, reading_order
from .shapes import shape_of

Positions = tuple[ix.Position, ...]
OF_THE_KERNEL = (sin, cos, sinh, cosh)  # functions without a row in the table


def size(n: Any) -> int | str:
    """A SymPy size as the kernel knows it: an integer or a name."""
    if isinstance(n, int | Integer):
        return int(n)
    if not isinstance(n, Symbol):
        raise DeriveError(f"a size is a symbol or an integer, not {n}; give {n} a name of its own")
    return str(n)


E = ix.Apply("exp", 0, ix.Number(Fraction(1)))
SMALL = 6  # sizes up to this stay as they are


def any_size(n: Any) -> int | str:
    """As `size`, with a name in place of a large number: what holds for all sizes holds for 784."""
    found = size(n)
    return f"{found}~" if isinstance(found, int) and found > SMALL else found


class Lowering:
    """Lowers expressions; `letters` supplies names for bound indices, `size` says what the kernel makes of a size."""

    def __init__(self, letters: str = "prstuvw", size: Callable[[Any], int | str] = size) -> None:
        self.letters, self.size = letters, size
        self.count = 0

    def shape(self, expr: Any) -> tuple[int | str, ...]:
        """The shape as the kernel knows it; () for a number."""
        return tuple(self.size(n) for n in shape_of(expr) or ())

    def index(self, n: Any) -> ix.Position:
        """A fresh bound index; a size of 1 has the position 0."""
        if n == 1:
            return 0
        name = self.letters[self.count % len(self.letters)] + "'" * (self.count // len(self.letters))
        self.count += 1
        return ix.Index(name, self.size(n))

    def over(self, n: Any, body: Any) -> ix.Expr:
        """sum over a fresh index of size n of body(index)."""
        at = self.index(n)
        inside = body(at)
        return ix.Sum(at, inside) if isinstance(at, ix.Index) else inside

    def entry(self, expr: Any, at: Positions) -> ix.Expr:
        """The entry of a matrix expression at two positions."""
        match expr:
            case MatrixSymbol():
                return ix.Entry(str(expr), at)
            case OneMatrix():
                return number(1)
            case ZeroMatrix():
                return number(0)
            case Identity():
                return ix.Delta(*at)
            case Inverse():
                return ix.InverseEntry(self.square(expr.arg), *at)
            case MatPow() if expr.exp.is_Integer and expr.exp > 0:
                return self.product(MatMul(*[expr.base] * int(expr.exp), evaluate=False), at)
            case DiagMatrix():
                return ix.Mul((ix.Delta(*at), self.entry(expr.args[0], (at[0], 0))))
            case MatAdd():
                return ix.Add(tuple(self.entry(t, at) for t in reading_order(expr.args)))
            case HadamardProduct():
                return ix.Mul(tuple(self.entry(f, at) for f in expr.args))
            case HadamardPower():
                return ix.Pow(self.entry(expr.args[0], at), fraction(expr.args[1]))
            case Transpose():
                return self.entry(expr.arg, at[::-1])
            case MatMul():
                return self.product(expr, at)
            case ElementwiseApplyFunction():
                return self.applied(canonical(expr.function), self.entry(expr.expr, at))
            case Softmax():
                return ix.Mul((self.exponential(expr, at), ix.Pow(self.bottom(expr, at), Fraction(-1))))
            case LogSumExp():
                return ix.Apply("log", 0, self.bottom(expr, at))
            case LossGradient():
                return ix.ScalarFunction(str(expr.args[0]), self.arrays(expr), ((0, at),))
        raise UnknownNode("the element form", expr)

    def number(self, expr: Any) -> ix.Expr:
        """A scalar expression."""
        match expr:
            case Rational():
                return number(expr)
            case Pi():
                return PI
            case Exp1():
                return E
            case Symbol():
                return ix.Dim(str(expr)) if expr.is_integer else ix.Entry(str(expr), ())
            case Total():
                rows, columns = expr.args[0].shape
                return self.over(rows, lambda j: self.over(columns, lambda i: self.entry(expr.args[0], (j, i))))
            case Trace():
                return self.over(expr.arg.shape[0], lambda j: self.entry(expr.arg, (j, j)))
            case Determinant():
                return ix.Determinant(self.square(expr.arg))
            case MatrixElement() if all(p.is_Integer for p in expr.indices):
                return self.entry(expr.parent, tuple(int(p) for p in expr.indices))
            case GenericLoss():
                return ix.ScalarFunction(str(expr.args[0]), self.arrays(expr))
            case Add():
                return ix.Add(tuple(self.number(t) for t in expr.args))
            case Mul():
                return ix.Mul(tuple(self.number(f) for f in expr.args))
            case Pow() if expr.exp.is_Rational:
                return ix.Pow(self.number(expr.base), fraction(expr.exp))
            case Derivative() if isinstance(expr.expr, AppliedUndef):
                return ix.Apply(expr.expr.func.__name__, int(expr.derivative_count), self.number(expr.variables[0]))
            case Function():
                return self.applied(expr.func(z, *expr.args[1:]), self.number(expr.args[0]))
        raise UnknownNode("the element form", expr)

    def product(self, expr: MatMul, at: Positions) -> ix.Expr:
        """sum_k A_ik B_kj ..., a number in front."""
        c, (first, *rest) = expr.as_coeff_matrices()

        def chain(left: Any, others: list[Any], here: Any) -> ix.Expr:
            if not others:
                return self.entry(left, (here, at[1]))
            return self.over(
                left.shape[1], lambda k: times(self.entry(left, (here, k)), chain(others[0], others[1:], k))
            )

        found = chain(first, rest, at[0])
        return found if c == 1 else times(self.number(c), found)

    def applied(self, body: Any, arg: ix.Expr) -> ix.Expr:
        """f(arg): a function by name, or written out in functions that have names."""
        if generic := generic_of(body):
            return ix.Apply(*generic, arg)
        if isinstance(body, leaky_relu) or body == step(z):
            return ix.Apply("relu", 1, arg) if body == step(z) else self.leaky(body.args[1], arg)
        if row := row_of(body):
            return ix.Apply(row.name, 0, arg)
        if (row := derivative_of(body)) and not row.name.startswith("leaky"):
            return ix.Apply(row.name, 1, arg)
        if (found := composed_of(body)) and found[1] == 0:  # f' is written out: so the kernel, which knows f, proves it
            return ix.Apply(found[0], 0, arg)
        if body == z:
            return arg
        if body.is_Rational:
            return number(body)
        if isinstance(body, Pi | Exp1):
            return self.number(body)
        if body.is_Add or body.is_Mul:
            build = ix.Add if body.is_Add else ix.Mul
            return build(tuple(self.applied(p, arg) for p in body.args))
        if body.is_Pow and body.exp.is_Rational:
            return ix.Pow(self.applied(body.base, arg), fraction(body.exp))
        if isinstance(body, OF_THE_KERNEL):
            return ix.Apply(type(body).__name__, 0, self.applied(body.args[0], arg))
        if isinstance(body, Function) and (row := row_of(body.func(z, *body.args[1:]))):
            return ix.Apply(row.name, 0, self.applied(body.args[0], arg))
        raise UnknownNode("the element form", body)

    def leaky(self, slope: Any, arg: ix.Expr) -> ix.Expr:
        """slope u + (1 - slope) u [u > 0]"""
        return ix.Add((times(number(slope), arg), ix.Mul((number(1 - slope), arg, ix.Positive(arg)))))

    def exponential(self, expr: Any, at: Positions) -> ix.Expr:
        return ix.Apply("exp", 0, self.entry(expr.matrix, at))

    def bottom(self, expr: Any, at: Positions) -> ix.Expr:
        """sum_k exp(Z_ki), along the axis."""
        return self.over(expr.matrix.shape[expr.axis],
                         lambda k: self.exponential(expr, (k, at[1]) if expr.axis == 0 else (at[0], k)))  # fmt: skip

    def square(self, matrix: Any) -> ix.Array:
        """A whole square matrix, as the argument of an inverse or a determinant; both axes are kept."""
        n = self.size(matrix.shape[0])
        at = tuple(ix.Index(f"{letter}{self.count}", n) for letter in "ab")
        self.count += 1
        return ix.Array(at, self.entry(matrix, (0, 0) if n == 1 else at))

    def arrays(self, expr: Any) -> tuple[ix.Array, ...]:
        """The arguments of a generic loss as whole arrays; all axes are kept."""
        found = []
        for part in expr.args[1:]:
            places = tuple(self.index(n) for n in part.shape)
            axes = tuple(p if isinstance(p, ix.Index) else ix.Index(f"one{k}", 1) for k, p in enumerate(places))
            found.append(ix.Array(axes, self.entry(part, places)))
        return tuple(found)


def number(value: Any) -> ix.Number:
    """An exact rational."""
    return ix.Number(fraction(value))


def fraction(value: Any) -> Fraction:
    """A SymPy rational or an int as a Fraction."""
    return Fraction(int(value.p), int(value.q)) if isinstance(value, Rational) else Fraction(value)


def times(*factors: ix.Expr) -> ix.Expr:
    """A product; products inside are joined, ones left out."""
    flat = [g for f in factors for g in (f.factors if isinstance(f, ix.Mul) else (f,)) if g != number(1)]
    return flat[0] if len(flat) == 1 else ix.Mul(tuple(flat)) if flat else number(1)
