"""Explicit entries: matrices become tables of SymPy symbols at small sizes, functions their definitions.

Nothing here knows a backprop rule: values are computed entry by entry, derivatives are plain SymPy `diff` of entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product as every
from typing import Any

from sympy import (
    Add,
    Basic,
    Derivative,
    Dummy,
    Expr,
    Function,
    HadamardPower,
    HadamardProduct,
    ImmutableDenseMatrix,
    Integer,
    MatAdd,
    MatMul,
    MatrixSymbol,
    Piecewise,
    Subs,
    Symbol,
    Trace,
    Transpose,
    exp,
    log,
    piecewise_fold,
    together,
)
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix
from sympy.matrices.expressions.special import Identity, OneMatrix, ZeroMatrix

from derive.errors import UnknownNode
from derive.functions import row_of, z
from derive.nodes import GenericLoss, LogSumExp, LossGradient, Softmax, Total

Table = dict[tuple[int, int], Any]


class Entries:
    """Values of expressions at small sizes; `values` holds the entries of the variables that are known."""

    def __init__(self, sizes: Mapping[Any, int]) -> None:
        self.sizes = dict(sizes)
        self.values: dict[Any, Table] = {}

    def shape(self, expr: Any) -> tuple[int, int]:
        """Concrete (rows, columns); (1, 1) for a number."""
        if not getattr(expr, "is_Matrix", False):
            return (1, 1)
        return tuple(self.sizes.get(s, None) or int(s) for s in expr.shape)  # type: ignore[return-value]

    def symbols(self, variable: Any) -> Table:
        """Fresh entries X[i,j] for a variable, remembered."""
        rows, columns = self.shape(variable)
        if variable not in self.values:
            self.values[variable] = {
                (i, j): Symbol(f"{variable}_{i + 1}{j + 1}") for i, j in every(range(rows), range(columns))
            }
        return self.values[variable]

    def __call__(self, expr: Any) -> Table:
        """All entries of an expression."""
        rows, columns = self.shape(expr)
        at = every(range(rows), range(columns))
        match expr:
            case MatrixSymbol() | Symbol() if expr not in self.sizes:
                return self.values[expr] if expr in self.values else self.symbols(expr)
            case OneMatrix():
                return dict.fromkeys(at, Integer(1))
            case ZeroMatrix():
                return dict.fromkeys(at, Integer(0))
            case Identity():
                return {(i, j): Integer(i == j) for i, j in at}
            case MatAdd():
                parts = [self(p) for p in expr.args]
                return {k: Add(*(p[k] for p in parts)) for k in at}
            case HadamardProduct():
                parts = [self(p) for p in expr.args]
                return {k: _times(p[k] for p in parts) for k in at}
            case HadamardPower():
                return {k: v ** expr.args[1] for k, v in self(expr.args[0]).items()}
            case MatMul():
                return self._product(expr)
            case Transpose():
                return {(j, i): v for (i, j), v in self(expr.arg).items()}
            case DiagMatrix():
                return {(i, j): self(expr.args[0])[i, 0] if i == j else Integer(0) for i, j in at}
            case ElementwiseApplyFunction():
                body = definition(expr.function.expr.xreplace({expr.function.variables[0]: z}))
                return {k: inserted(body, {z: v}) for k, v in self(expr.expr).items()}
            case Softmax() | LogSumExp():
                return self._along(expr)
            case LossGradient():
                return {k: v.diff(s) for k, s, v in self._loss(expr)}
        return {(0, 0): self.number(expr)}

    def number(self, expr: Any) -> Any:
        """A scalar expression: totals, traces, and ordinary algebra."""
        match expr:
            case Total():
                return Add(*self(expr.args[0]).values())
            case Trace():
                return Add(*(v for (i, j), v in self(expr.arg).items() if i == j))
            case GenericLoss():
                return self._generic(expr)
            case Symbol() if expr in self.values:
                return self.values[expr][0, 0]
            case Symbol():
                return expr if expr in self.sizes else self.symbols(expr)[0, 0]
            case Function() if row_of(expr.func(z, *expr.args[1:])):
                return definition(expr.func(z, *expr.args[1:])).xreplace({z: self.number(expr.args[0])})
            case Derivative():
                return self.number(expr.expr).diff(self.number(expr.variables[0]))
            case Expr() if not getattr(expr, "is_Matrix", False):
                return expr.func(*(self.number(p) for p in expr.args)) if expr.args else expr
        raise UnknownNode("the explicit route", expr)

    def _product(self, expr: MatMul) -> Table:
        coefficient, (first, *rest) = expr.as_coeff_matrices()
        found, (rows, inner) = self(first), self.shape(first)
        for factor in rest:
            right, (_, columns) = self(factor), self.shape(factor)
            found = {(i, j): Add(*(found[i, k] * right[k, j] for k in range(inner)))
                     for i, j in every(range(rows), range(columns))}  # fmt: skip
            inner = columns
        c = self.number(coefficient)
        return {k: c * v for k, v in found.items()}

    def _along(self, expr: Any) -> Table:
        """e^z_k / sum e^z, or log sum e^z, along the axis."""
        inner, (rows, columns) = self(expr.matrix), self.shape(expr.matrix)
        found: Table = {}
        for line in range(columns if expr.axis == 0 else rows):
            keys = [(i, line) if expr.axis == 0 else (line, i) for i in range(rows if expr.axis == 0 else columns)]
            bottom = Add(*(exp(inner[k]) for k in keys))
            if isinstance(expr, Softmax):
                found |= {k: exp(inner[k]) / bottom for k in keys}
            else:
                found[(0, line) if expr.axis == 0 else (line, 0)] = log(bottom)
        return found

    def _arguments(self, expr: Any) -> tuple[list[Any], list[Any]]:
        return list(self(expr.args[1]).values()), [v for part in expr.args[2:] for v in self(part).values()]

    def _generic(self, expr: Any) -> Any:
        """C(a_11, ..., y_11, ...): an undefined function of all entries."""
        output, target = self._arguments(expr)
        return Function(str(expr.args[0]))(*output, *target)

    def _loss(self, expr: Any) -> Any:
        """(position, slot symbol, the loss with that slot free): SymPy differentiates by slots."""
        output, target = self._arguments(expr)
        for k, value in self(expr.args[1]).items():
            slot = value if value.is_Symbol else Dummy()
            inserted = [slot if v == value else v for v in output]
            yield k, slot, Function(str(expr.args[0]))(*inserted, *target)


def definition(body: Any) -> Any:
    """f(z) written with exp, log and cases; generic functions and powers stay."""
    if body.is_Symbol or body.is_number:
        return body
    if (row := row_of(body)) is not None:
        return row.definition
    if isinstance(body, AppliedUndef | Derivative):
        return body
    if isinstance(body, Function) and body.args:
        row = row_of(body.func(z, *body.args[1:]))
        if row is None:
            raise UnknownNode("the explicit route", body)
        return row.definition.xreplace({z: definition(body.args[0])})
    return body.func(*(definition(p) if isinstance(p, Basic) and isinstance(p, Expr) else p for p in body.args))


def inserted(expr: Any, values: Mapping[Any, Any]) -> Any:
    """expr with values for symbols; g'(z) at a value that is no symbol is written as SymPy's own diff writes it."""
    primes = {p: Subs(p, v, values[v]) for p in expr.atoms(Derivative) for v in p.variables[:1]
              if v in values and not values[v].is_Symbol}  # fmt: skip
    return expr.xreplace({**values, **primes})


def _times(parts: Any) -> Any:
    found: Any = Integer(1)
    for part in parts:
        found = found * part
    return found


def is_zero(difference: Any) -> bool:
    """Exactly zero as a rational function of its variables, exponentials, logarithms and generic functions."""
    if difference == 0 or difference.expand() == 0:
        return True
    if difference.has(Piecewise):
        difference = piecewise_fold(difference)
        if isinstance(difference, Piecewise):
            return all(is_zero(value) for value, _ in difference.args)
    atoms: dict[Any, Symbol] = {}
    numerator = together(_rational(difference, atoms)).as_numer_denom()[0]
    return numerator.expand() == 0


def _rational(expr: Any, atoms: dict[Any, Symbol]) -> Any:
    """Replace exp(c u + d v) by T_u^c T_v^d and other transcendental values by symbols."""
    if isinstance(expr, exp):
        found: Any = Integer(1)
        for term in Add.make_args(expr.args[0].expand()):
            c, rest = term.as_coeff_Mul()
            power, c = (rest, c) if c.is_Integer else (term, Integer(1))
            found *= atoms.setdefault(("exp", power), Dummy()) ** c
        return found
    if isinstance(expr, Function | Derivative) or type(expr).__name__ == "Subs":
        return atoms.setdefault(expr, Dummy())
    return expr.func(*(_rational(p, atoms) for p in expr.args)) if expr.args else expr


def matrix(table: Table, shape: tuple[int, int]) -> ImmutableDenseMatrix:
    """The entries as an explicit SymPy matrix."""
    return ImmutableDenseMatrix(*shape, lambda i, j: table[i, j])
