"""Equal forms that do not overflow and never take the logarithm of 0: scalar bodies f(z) -> the same f(z).

    log f(u), log(1 - f(u))     from the table of functions, as -softplus(-u) and -softplus(u) for the sigmoid
    log(1 + e^u)                softplus(u)
    1 / (1 + e^u)^n             sigmoid(-u)^n
    e^u sigmoid(-u)^n           sigmoid(u) sigmoid(-u)^(n-1)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Add, Expr, Function, Integer, Mul, Piecewise, Pow, exp, log

from derive.functions import row_of, sigmoid, softplus, table, z

ONE = Integer(1)
DEFINITIONS = {row.definition: row.body for row in table() if row.definition != row.body}


def stable(body: Expr) -> Expr:
    """The body rewritten from the inside out."""
    if body in DEFINITIONS:
        return DEFINITIONS[body]
    if not body.args or isinstance(body, Piecewise):
        return body
    args = [stable(part) for part in body.args]
    body = body if list(body.args) == args else body.func(*args)
    rewrite = STABLE.get(body.func)
    return rewrite(body) if rewrite else body


def _logarithm(body: Expr) -> Expr:
    """log f(u), log(1 - f(u)) and log(1 + e^u)"""
    inside = body.args[0]
    if (found := _table_form(inside, "log")) is not None:
        return found
    rest = inside - ONE
    if isinstance(rest, exp):
        return softplus(rest.args[0])
    found = _table_form(-rest, "log_complement")
    return body if found is None else found


def _table_form(inside: Expr, column: str) -> Expr | None:
    """The column of the row of f, at u, if inside = f(u)."""
    if not isinstance(inside, Function):
        return None
    row = row_of(inside.func(z, *inside.args[1:]))
    form = getattr(row, column) if row else None
    return None if form is None else form.xreplace({z: inside.args[0]})


def _power(body: Expr) -> Expr:
    """1 / (1 + e^u)^n = sigmoid(-u)^n"""
    rest = body.base - ONE
    if body.exp.is_Integer and body.exp < 0 and isinstance(rest, exp):
        return sigmoid(-rest.args[0]) ** -body.exp
    return body


def _product(body: Expr) -> Expr:
    """e^u sigmoid(-u)^n = sigmoid(u) sigmoid(-u)^(n-1)"""
    factors = list(body.args)
    for k, factor in enumerate(factors):
        if isinstance(factor, exp):
            other = sigmoid(-factor.args[0])
            for j, partner in enumerate(factors):
                base, n = partner.as_base_exp()
                if base == other and n.is_Integer and n > 0:
                    factors[k], factors[j] = sigmoid(factor.args[0]), other ** (n - 1)
                    return Mul(*factors)
    return body


STABLE: dict[Any, Callable[[Expr], Expr]] = {log: _logarithm, Pow: _power, Mul: _product}


def one_minus(body: Expr) -> Expr | None:
    """x if body = 1 - x or 1 + x stands in a logarithm: log1p of -x or x."""
    return body - ONE if isinstance(body, Add) and ONE in body.args else None
