"""How expressions of arrays are written.

    W A -> W @ A        A * B -> A * B        A^T -> A.T        1 1^T -> 1, by broadcasting
    b 1^T -> b, by broadcasting               A 1 -> A.sum(axis=1, keepdims=True)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from itertools import pairwise
from typing import Any

from sympy import HadamardPower, HadamardProduct, MatAdd, MatMul, Pow, Symbol, Trace, Transpose
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix
from sympy.matrices.expressions.special import Identity, OneMatrix, ZeroMatrix

from derive import DeriveError, GenericLoss, LogSumExp, Softmax, Total, reading_order

from . import entrywise
from .fragments import (
    ATOM,
    NUMBER_ONE,
    NUMBER_ZERO,
    ONE,
    Fragment,
    add,
    call,
    divide,
    matmul,
    multiply,
    sums,
    transpose,
)
from .writer import Table, Writer


def _matrix_sum(w: Writer, node: Any) -> Fragment:
    return entrywise.reduced(w, node) or add(*map(w.write, reading_order(node.args)))


def _hadamard(w: Writer, node: Any) -> Fragment:
    """A * B;  A * B^(-1) = A / B"""
    if found := entrywise.reduced(w, node):
        return found
    above, below = [], []
    for factor in node.args:
        if isinstance(factor, HadamardPower) and factor.exp.is_Rational and factor.exp < 0:
            below.append(_entry_power(w, factor.base, -factor.exp))
        else:
            above.append(w.write(factor))
    return divide(multiply(*above) if above else NUMBER_ONE, multiply(*below) if below else NUMBER_ONE)


def _hadamard_power(w: Writer, node: Any) -> Fragment:
    if node.exp.is_Rational and node.exp < 0:
        return divide(NUMBER_ONE, _entry_power(w, node.base, -node.exp))
    return _entry_power(w, node.base, node.exp)


def _entry_power(w: Writer, base: Any, exponent: Any) -> Fragment:
    """a**p for every entry"""
    f, x = w.write(base), Symbol("x", positive=True)
    return f if exponent == 1 else w.body(Pow(x, exponent), {x: f})


def _elementwise(w: Writer, node: Any) -> Fragment:
    """f(Z) for every entry, in a form that is stable"""
    return entrywise.elementwise(w, node)


def _matrix_product(w: Writer, node: Any) -> Fragment:
    """c A B;  columns and rows of ones are sums and broadcasts"""
    c, factors = node.as_coeff_matrices()
    return scaled(w, c, _chain(w, [f for f in factors if not isinstance(f, Identity)] or factors[:1]))


def scaled(w: Writer, c: Any, f: Fragment) -> Fragment:
    """c A, numbers with numbers first;  A / m for c = 1/m"""
    above, below = c.as_numer_denom()
    if above in (1, -1):
        f = divide(f, w.write(below))
        return f if above == 1 else Fragment(f.text, f.level, f.shape, not f.negative, f.mask)
    return multiply(w.write(c), f)


def _chain(w: Writer, factors: list[Any]) -> Fragment:
    """A 1 1^T B = (row sums of A) * (column sums of B), by broadcasting; ones cut a product into segments."""
    if any(isinstance(f, ZeroMatrix) for f in factors):
        return NUMBER_ZERO
    cuts = [k for k, f in enumerate(factors) if isinstance(f, OneMatrix)]
    if not cuts:
        return _segment(w, factors)
    parts = [NUMBER_ONE]
    if cuts[0] > 0:
        parts.append(_row_sums(w, factors[: cuts[0]]))
    for left, right in pairwise(cuts):
        between = factors[left + 1 : right]
        parts.append(call("np.sum", _segment(w, between)) if between else w.write(factors[left].shape[1]))
    if cuts[-1] < len(factors) - 1:
        parts.append(_column_sums(w, factors[cuts[-1] + 1 :]))
    return multiply(*parts)


def _segment(w: Writer, factors: list[Any]) -> Fragment:
    if len(factors) == 1:
        return w.write(factors[0])
    return w.share(reduce(matmul, map(w.full, factors)))


def _row_sums(w: Writer, factors: list[Any]) -> Fragment:
    """A B 1 = A @ (row sums of B)"""
    *before, last = (w.full(f) for f in factors)
    f = last if factors[-1].shape[1] == 1 else w.share(sums(last, axis=1))
    return reduce(lambda right, left: matmul(left, right), reversed(before), f)


def _column_sums(w: Writer, factors: list[Any]) -> Fragment:
    """1^T A B = (column sums of A) @ B"""
    first, *after = (w.full(f) for f in factors)
    f = first if factors[0].shape[0] == 1 else w.share(sums(first, axis=0))
    return reduce(matmul, after, f)


def _along_axis(helper: str) -> Callable[[Writer, Any], Fragment]:
    def write(w: Writer, node: Any) -> Fragment:
        return w.share(call(helper, w.full(node.matrix), f"axis={node.axis}", node.shape))

    return write


def _total(w: Writer, node: Any) -> Fragment:
    f = w.full(node.args[0])
    return Fragment(f"np.sum({f.text})", ATOM, None, f.negative)


def _trace(w: Writer, node: Any) -> Fragment:
    """tr(A B) = sum(A^T * B), which takes no product"""
    c, factors = node.arg.as_coeff_matrices() if isinstance(node.arg, MatMul) else (ONE, [node.arg])
    if len(factors) == 1 or any(isinstance(f, OneMatrix | ZeroMatrix | Identity) for f in factors):
        return call("np.trace", w.full(node.arg))
    f = multiply(transpose(w.full(factors[0])), _segment_full(w, factors[1:]))
    return scaled(w, c, Fragment(f"np.sum({f.text})", ATOM, None, f.negative))


def _segment_full(w: Writer, factors: list[Any]) -> Fragment:
    return w.full(factors[0]) if len(factors) == 1 else _segment(w, factors)


def _identity(w: Writer, node: Any) -> Fragment:
    return Fragment(f"np.eye({w.size(node.shape[0])}, dtype={w.dtype})", ATOM, node.shape)


def _generic_loss(w: Writer, node: Any) -> Fragment:
    raise DeriveError(
        f"cannot compile the generic loss {node.args[0]}: it has no formula\n"
        "  choose one, such as loss='cross_entropy', or build a Program with a formula for it"
    )


MATRICES: Table = {
    MatAdd: _matrix_sum,
    MatMul: _matrix_product,
    HadamardProduct: _hadamard,
    HadamardPower: _hadamard_power,
    ElementwiseApplyFunction: _elementwise,
    Transpose: lambda w, node: transpose(w.write(node.arg)),
    OneMatrix: lambda w, node: NUMBER_ONE,
    ZeroMatrix: lambda w, node: NUMBER_ZERO,
    Identity: _identity,
    DiagMatrix: lambda w, node: call("np.diagflat", w.full(node.arg), shape=node.shape),
    Softmax: _along_axis("softmax"),
    LogSumExp: _along_axis("logsumexp"),
    Total: _total,
    Trace: _trace,
    GenericLoss: _generic_loss,
}
