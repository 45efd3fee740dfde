"""Formulas that work entry by entry, in the form that is stable and uses what is known.

    log A        with A = f(Z): from Z, never the logarithm of a rounded 0
    f'(Z)        with A = f(Z): from A, where the table of functions has it
    A * B / A    reduced to B: a denominator that can round to 0 goes away where it cancels
"""

from __future__ import annotations

from typing import Any

from sympy import (
    Dummy,
    Expr,
    HadamardPower,
    HadamardProduct,
    Integer,
    MatAdd,
    MatMul,
    MatrixSymbol,
    Mul,
    Poly,
    Transpose,
    cancel,
    factor,
    fraction,
    log,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.special import OneMatrix

from derive import Softmax
from derive.functions import a, canonical, prime, row_of, z

from .fragments import Fragment, add, call
from .stable import stable
from .writer import Writer

ONE = Integer(1)


def elementwise(w: Writer, node: Any) -> Fragment:
    """f(M) for every entry of M"""
    body = canonical(node.function)
    found = _stable_logarithm(w, body, node.expr) or _from_output(w, body, node.expr)
    if found:
        return found
    inside = w.write(node.expr)
    return w.body(stable(body), {z: w.share(inside) if body.count(z) > 1 else inside})


def _stable_logarithm(w: Writer, body: Expr, M: Any) -> Fragment | None:
    """log f(U), with M = f(U), from U;  log softmax(U) = U - logsumexp(U)"""
    if not body.has(log):
        return None
    atoms: dict[Any, Dummy] = {}
    inside = entry(w, M, atoms)
    if len(atoms) != 1:
        return None
    ((variable, symbol),) = atoms.items()
    source = w.definitions.get(variable, variable)
    if isinstance(source, Softmax) and body == log(z) and inside == symbol:
        return _log_softmax(w, source)
    if not isinstance(source, ElementwiseApplyFunction):
        return None
    f = canonical(source.function)
    before = body.xreplace({z: inside.xreplace({symbol: f})})
    after = stable(before)
    if after.count(log) >= body.count(log):
        return None
    U = w.share(w.write(source.expr))
    w.notes.append(f"logarithms from {U}: never log(0)")
    return w.body(after, {z: U})


def _log_softmax(w: Writer, source: Any) -> Fragment:
    U = w.full(source.matrix)
    w.notes.append(f"logarithms from {U}: never log(0)")
    shape = (ONE, U.shape[1]) if source.axis == 0 else (U.shape[0], ONE)  # type: ignore[index]
    spread = w.share(call("logsumexp", U, f"axis={source.axis}", shape))
    return add(U, Fragment(spread.text, spread.level, spread.shape, negative=True))


def _from_output(w: Writer, body: Expr, M: Any) -> Fragment | None:
    """f'(Z) as a function of A = f(Z)"""
    found = w.outputs.get((body, M))
    if found is None:
        return None
    A, form = found
    return w.body(stable(form), {a: w.write(A)})


def remember(w: Writer, variable: Any, formula: Any) -> None:
    """A = f(Z): from here on f'(Z) can be taken from A."""
    w.definitions[variable] = formula
    if isinstance(formula, ElementwiseApplyFunction | Softmax):
        w.named.setdefault(formula, variable)
    if divides(w, formula):
        w.fractions.add(variable)
    if isinstance(formula, ElementwiseApplyFunction):
        body = canonical(formula.function)
        row = row_of(body)
        if row and row.from_output is not None:
            w.outputs.setdefault((prime(body), formula.expr), (variable, row.from_output))


# --- fractions --------------------------------------------------------------------------------------------------------


def divides(w: Writer, node: Any) -> bool:
    """Some entry is divided by another, here or in a variable that stands here."""
    if node in w.fractions:
        return True
    if isinstance(node, HadamardPower) and node.exp.is_negative:
        return True
    if isinstance(node, MatMul):
        return any(divides(w, f) for f in node.args) and len(node.as_coeff_matrices()[1]) == 1
    return isinstance(node, MatAdd | HadamardProduct | HadamardPower) and any(divides(w, p) for p in node.args)


def reduced(w: Writer, node: Any) -> Fragment | None:
    """The formula with fewer denominators, if some of them cancel."""
    if not divides(w, node):
        return None
    atoms: dict[Any, Dummy] = {}
    below: dict[Expr, None] = {}
    formula = entry(w, node, atoms, below)
    if not formula.is_rational_function(*atoms.values()):
        return None
    formula = factor(cancel(formula))
    if _degree(fraction(formula)[1]) >= _degree(Mul(*below)):
        return None
    env = {symbol: w.write(matrix) for matrix, symbol in atoms.items() if formula.has(symbol)}
    return w.body(stable(formula), env)


def _degree(polynomial: Expr) -> int:
    return Poly(polynomial).total_degree() if polynomial.free_symbols else 0


def entry(w: Writer, node: Any, atoms: dict[Any, Dummy], below: dict[Expr, None] | None = None) -> Expr:
    """One entry of the matrix as a number; what is not computed entry by entry becomes a symbol.

    With `below`, names of fractions are replaced by what they stand for, and the denominators are collected.
    """
    node = w.named.get(node, node)
    match node:
        case OneMatrix():
            return ONE
        case MatAdd():
            return sum((entry(w, t, atoms, below) for t in node.args), Integer(0))
        case HadamardProduct():
            value: Expr = ONE
            for factor in node.args:
                value *= entry(w, factor, atoms, below)
            return value
        case HadamardPower():
            power = entry(w, node.base, atoms, below) ** node.exp
            if below is not None and node.exp.is_negative:
                below[1 / power] = None
            return power
        case ElementwiseApplyFunction():
            body = canonical(node.function)
            if below is not None and (body, node.expr) in w.outputs:
                A, form = w.outputs[body, node.expr]
                return form.xreplace({a: entry(w, A, atoms, below)})
            return body.xreplace({z: entry(w, node.expr, atoms, below)}) if below is not None else _symbol(node, atoms)
        case MatMul():
            c, factors = node.as_coeff_matrices()
            if len(factors) == 1:
                return c * entry(w, factors[0], atoms, below)
            return c * _symbol(MatMul(*factors), atoms)
    if below is not None and node in w.fractions:
        return entry(w, w.definitions[node], atoms, below)
    return _symbol(node, atoms)


def _symbol(node: Any, atoms: dict[Any, Dummy]) -> Dummy:
    name = str(node) if isinstance(node, MatrixSymbol | Transpose) else f"x{len(atoms)}"
    return atoms.setdefault(node, Dummy(name, positive=True))
