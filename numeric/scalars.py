"""How numbers are written, and functions of numbers, which are also applied to every entry of an array.

    a b / c        1 + x in a logarithm: log1p(x)        1 - e^u: -expm1(u)        [u > 0]: a comparison
"""

from __future__ import annotations

import re
from typing import Any

from sympy import (
    Add,
    Derivative,
    Float,
    Function,
    Integer,
    MatrixSymbol,
    Mul,
    NumberSymbol,
    Pow,
    Rational,
    Symbol,
    exp,
    log,
)
from sympy.core.function import AppliedUndef

from derive import DeriveError, UnknownNode
from derive.functions import row_of, step, z

from .fragments import ATOM, NUMBER_ONE, ONE, PRODUCT, Fragment, add, atom, call, divide, multiply, power
from .writer import Table, Writer


def _variable(w: Writer, node: Any) -> Fragment:
    if node not in w.names:
        raise DeriveError(
            f"{node} has no value: no equation defines it, and it is no array, nor the size of one, that is given"
        )
    return Fragment(w.names[node], ATOM, node.shape if getattr(node, "is_Matrix", False) else None)


def _integer(w: Writer, node: Any) -> Fragment:
    return Fragment(str(abs(int(node))), negative=bool(node < 0))


def _rational(w: Writer, node: Any) -> Fragment:
    """0.01 where a decimal is exact, else p / q."""
    p, q = abs(int(node.p)), int(node.q)
    if 10**15 % q == 0:
        return Fragment(repr(p / q), negative=bool(node < 0))
    return Fragment(f"{p} / {q}", PRODUCT, negative=bool(node < 0))


def _float(w: Writer, node: Any) -> Fragment:
    return Fragment(repr(abs(float(node))), negative=bool(node < 0))


def _constant(w: Writer, node: Any) -> Fragment:
    """pi, e: NumPy has them as Python floats; others by value."""
    text = {"pi": "np.pi", "E": "np.e"}.get(str(node), repr(float(node)))
    return Fragment(text)


# --- sums, products and functions -------------------------------------------------------------------------------------


def _sum(w: Writer, node: Any) -> Fragment:
    """a + b;  1 - e^u = -expm1(u) keeps the digits of a small difference"""
    if len(node.args) == 2:
        if ONE in node.args and isinstance(ONE - node, exp):
            f = w.share(call("np.expm1", w.write((ONE - node).args[0])))
            return Fragment(f.text, f.level, negative=True)
        if -ONE in node.args and isinstance(node + ONE, exp):
            return w.share(call("np.expm1", w.write((node + ONE).args[0])))
    return add(*map(w.write, node.as_ordered_terms()))


def _product(w: Writer, node: Any) -> Fragment:
    """a b / c"""
    above, below = [], []
    for factor in node.as_ordered_factors():
        if factor.is_Rational and not factor.is_Integer and factor.p in (1, -1):
            above.append(w.write(Integer(factor.p)))
            below.append(w.write(Integer(factor.q)))
        elif isinstance(factor, Pow) and factor.exp.is_Rational and factor.exp < 0:
            below.append(w.write(Pow(factor.base, -factor.exp)))
        else:
            above.append(w.write(factor))
    return divide(multiply(*above) if above else NUMBER_ONE, multiply(*below) if below else NUMBER_ONE)


def _power(w: Writer, node: Any) -> Fragment:
    """a**p;  1 / a for p = -1, np.sqrt(a) for p = 1/2"""
    if node.exp.is_Rational and node.exp < 0:
        return divide(NUMBER_ONE, w.write(Pow(node.base, -node.exp)))
    if node.exp == Rational(1, 2) and not node.base.is_number:
        return w.share(call("np.sqrt", w.write(node.base)))
    exponent = _float(w, node.exp) if node.exp.is_Rational and not node.exp.is_Integer else w.write(node.exp)
    return power(w.write(node.base), exponent)


def _function(w: Writer, node: Any) -> Fragment:
    """f(u), as the table of functions spells it"""
    if node.is_number:
        return _float(w, node)
    row = row_of(node.func(z, *node.args[1:]))
    if row is None:
        raise UnknownNode("the table of functions", node)
    if row.name == "leaky_relu" and not 0 <= node.args[1] < 1:
        raise DeriveError(f"the slope of a leaky_relu lies between 0 and 1, but here it is {node.args[1]}")
    u = w.write(node.args[0])
    u = w.share(u) if row.numpy.count("{z}") > 1 else u
    return w.share(Fragment(_spell(row.numpy, u)))


def _spell(template: str, u: Fragment) -> str:
    """The template with {z} filled in; in brackets unless it stands alone between brackets and commas."""

    def fill(match: re.Match[str]) -> str:
        alone = template[: match.start()].endswith(("(", ", ")) and template[match.end()] in ",)"
        return str(u) if alone else atom(u)

    return re.sub(r"\{z\}", fill, template)


def _step(w: Writer, node: Any) -> Fragment:
    """[u > 0], with the dtype of u; a comparison is enough as a factor"""
    u = w.write(node.args[0])
    return Fragment(f"np.heaviside({u}, 0)", ATOM, mask=f"{u} > 0")


def _logarithm(w: Writer, node: Any) -> Fragment:
    """log u;  log1p(x) for u = 1 + x keeps the digits of a small x"""
    if node.is_number:
        return _float(w, node)
    u = node.args[0]
    if isinstance(u, Add) and ONE in u.args:
        return w.share(call("np.log1p", w.write(u - ONE)))
    return w.share(call("np.log", w.write(u)))


def _generic(w: Writer, node: Any) -> Fragment:
    name = node.expr.func.__name__ if isinstance(node, Derivative) else node.func.__name__
    raise DeriveError(
        f"cannot compile the generic function {name}: it has no formula\n"
        f"  give {name} a formula, such as hidden='tanh' or a SymPy Lambda"
    )


SCALARS: Table = {
    Symbol: _variable,
    MatrixSymbol: _variable,
    Integer: _integer,
    Rational: _rational,
    Float: _float,
    NumberSymbol: _constant,
    Add: _sum,
    Mul: _product,
    Pow: _power,
    exp: _function,
    log: _logarithm,
    step: _step,
    AppliedUndef: _generic,
    Derivative: _generic,
    Function: _function,
}
