"""Named rewrites: how a gradient is brought to the form in which it is published.

A rewrite takes an expression and the equation it uses (or None) and gives an equal expression.  REWRITES is the table;
the check applies the same rows again and confirms every result by a route of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sympy import Dummy, Equality, HadamardPower, HadamardProduct, MatAdd, MatMul, MatrixSymbol, Symbol, cancel
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.special import OneMatrix

from .errors import UnknownNode
from .functions import a, canonical, prime, row_of, z
from .nodes import Softmax, add, elementwise, hadamard, product, scale, split


@dataclass(frozen=True)
class Rewrite:
    """A named law; calling it applies it to an expression with the equation that it uses."""

    name: str
    law: str
    apply: Callable[[Any, Any], Any]

    def __call__(self, expr: Any, using: Any) -> Any:
        return self.apply(expr, using)


def rewrite(function: Callable[[Any, Any], Any]) -> Rewrite:
    """Declare a rewrite; the first line of the docstring is its law."""
    law = (function.__doc__ or "").strip().split("\n")[0]
    if not law:
        raise TypeError(f"rewrite {function.__name__} needs its law as first line")
    return Rewrite(function.__name__.replace("_", " "), law, function)


def replace(expr: Any, old: Any, new: Any) -> Any:
    """old -> new everywhere, rebuilt with our constructors so that numbers move out and order stays."""
    if expr == old:
        return new
    if not isinstance(expr, (MatAdd, MatMul, HadamardProduct, HadamardPower, ElementwiseApplyFunction, Softmax)):
        if getattr(expr, "is_Matrix", False):
            return expr.xreplace({old: new}) if isinstance(expr, MatrixSymbol) is False and expr.has(old) else expr
        return expr.xreplace({old: new})
    if isinstance(expr, ElementwiseApplyFunction):
        return elementwise(expr.function, replace(expr.expr, old, new))
    if isinstance(expr, Softmax):
        return Softmax(replace(expr.matrix, old, new), expr.axis)
    parts = [replace(p, old, new) if getattr(p, "is_Matrix", False) else p for p in expr.args]
    if isinstance(expr, HadamardPower):
        return HadamardPower(*parts)
    if isinstance(expr, MatAdd):
        return add(*parts)
    if isinstance(expr, HadamardProduct):
        return hadamard(*parts)
    return _within(_keep_ones(parts), old, new)


def _within(expr: Any, old: Any, new: Any) -> Any:
    """In A B C D, the neighbours B C are replaced when old = B C."""
    c, rest = split(expr)
    if not isinstance(rest, MatMul) or not isinstance(old, MatMul):
        return expr
    width = len(old.args)
    for k in range(len(rest.args) - width + 1):
        if rest.args[k : k + width] == old.args:
            return scale(c, MatMul(*rest.args[:k], new, *rest.args[k + width :]))
    return expr


def _keep_ones(parts: list[Any]) -> Any:
    """A product; a column of ones before a row of ones stays as written, since it shows a sum."""
    c, *matrices = parts if not getattr(parts[0], "is_Matrix", False) else (1, *parts)
    flat: list[Any] = []
    for matrix in matrices:
        k, rest = split(matrix)
        c = c * k
        flat.extend(rest.args if isinstance(rest, MatMul) else [rest])
    if any(isinstance(p, MatAdd) for p in flat) or len(flat) == 1:
        return product(c, *flat) if len(flat) == 1 else scale(c, MatMul(*flat))
    return scale(c, MatMul(*flat))


@rewrite
def insert(expr: Any, using: Equality) -> Any:
    """x = e  =>  e may stand for x"""
    return replace(expr, using.lhs, using.rhs)


@rewrite
def name(expr: Any, using: Equality) -> Any:
    """x = e  =>  x may stand for e"""
    return replace(expr, using.rhs, using.lhs)


@rewrite
def derivative_from_the_output(expr: Any, using: Equality) -> Any:
    """A = f(Z)  =>  f'(Z) = r(A)"""
    A, f = using.args
    row = row_of(canonical(f.function))
    if row is None or row.from_output is None or not row.from_output.is_polynomial(a) or row.kink:
        return expr
    old = elementwise(prime(canonical(f.function)), f.expr)
    return replace(expr, old, from_scalar(row.from_output, {a: A}))


@rewrite
def cancel_entry_by_entry(expr: Any, using: None = None) -> Any:
    """entry by entry, fractions are reduced: A * B / A = B   (A != 0)"""
    atoms: dict[Any, Symbol] = {}
    scalar = _entry(expr, atoms)
    reduced = cancel(scalar)
    back = {symbol: matrix for matrix, symbol in atoms.items()}
    if reduced.as_numer_denom()[1].free_symbols & back.keys():
        return expr
    return from_scalar(reduced, back, expr.shape)


@rewrite
def fact(expr: Any, using: Equality) -> Any:
    """an assumption: left = right"""
    return replace(expr, using.lhs, using.rhs)


@rewrite
def ones_disappear(expr: Any, using: None = None) -> Any:
    """1 (1^T) = 1 1^T,  1 * A = A"""
    c, rest = split(expr)
    if c != 1:
        return scale(c, ones_disappear(rest, None))
    if isinstance(expr, MatMul):
        return product(*expr.args)
    if isinstance(expr, HadamardProduct | MatAdd):
        build = hadamard if isinstance(expr, HadamardProduct) else add
        return build(*(ones_disappear(p, None) for p in expr.args))
    return expr


@rewrite
def multiply_out(expr: Any, using: None = None) -> Any:
    """A * (B + C) = A * B + A * C"""
    if isinstance(expr, HadamardProduct):
        for k, part in enumerate(expr.args):
            if isinstance(part, MatAdd):
                before, after = expr.args[:k], expr.args[k + 1 :]
                return add(*(hadamard(*before, term, *after) for term in part.args))
    return expr


@rewrite
def average(expr: Any, using: Any) -> Any:
    """dW = (1/m) (m dJ/dW)"""
    return add(*(scale(using, term) for term in expr.args)) if isinstance(expr, MatAdd) else scale(using, expr)


REWRITES: dict[str, Rewrite] = {
    r.name: r
    for r in (
        insert,
        name,
        derivative_from_the_output,
        cancel_entry_by_entry,
        fact,
        ones_disappear,
        multiply_out,
        average,
    )
}


def _entry(expr: Any, atoms: dict[Any, Symbol]) -> Any:
    """One entry as a SymPy number; what is not elementwise becomes an atom."""
    if isinstance(expr, OneMatrix):
        return 1
    c, rest = split(expr)
    if isinstance(rest, MatAdd):
        return c * sum(_entry(t, atoms) for t in rest.args)
    if isinstance(rest, HadamardProduct):
        value = c
        for part in rest.args:
            value *= _entry(part, atoms)
        return value
    if isinstance(rest, HadamardPower):
        return c * _entry(rest.args[0], atoms) ** rest.args[1]
    if isinstance(rest, MatMul):
        rest = MatMul(*(cancel_entry_by_entry(p, None) if not isinstance(p, OneMatrix) else p for p in rest.args))
    return c * atoms.setdefault(rest, Dummy(f"x{len(atoms)}", positive=True))


def from_scalar(expr: Any, back: dict[Any, Any], shape: Any = None) -> Any:
    """A scalar expression in symbols -> the matrix expression with every operation entry by entry."""
    shape = shape or next(iter(back.values())).shape
    if expr in back:
        return back[expr]
    if not expr.free_symbols & back.keys():
        return scale(expr, OneMatrix(*shape))
    constant, moving = expr.as_independent(*back, as_Add=False)
    if constant != 1:
        return scale(constant, from_scalar(moving, back, shape))
    if expr.is_Add:
        terms = sorted(expr.args, key=lambda t: t.could_extract_minus_sign())
        return add(*(from_scalar(t, back, shape) for t in terms))
    if expr.is_Mul:
        return hadamard(*(from_scalar(f, back, shape) for f in expr.args))
    if expr.is_Pow and expr.exp.is_Integer and expr.exp > 0 and expr.base in back:
        return HadamardPower(back[expr.base], expr.exp)
    symbols = expr.free_symbols
    if len(symbols) == 1 and (symbol := next(iter(symbols))) in back:
        return elementwise(expr.xreplace({symbol: z}), back[symbol])
    raise UnknownNode("an entry-by-entry formula", expr)
