"""The backprop rules: how the gradient G that arrives at a node is passed to its parts.

G has the shape of the node, every result the shape of its part (denominator layout).  A rule is a function; the first
line of its docstring is its law.  BACKPROP, at the end, is all that the library knows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sympy import Add, Expr, Function, HadamardPower, HadamardProduct, MatAdd, MatMul, Mul, Pow, Trace, Transpose, diff
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.special import Identity, OneMatrix

from .errors import UnknownNode
from .functions import canonical, prime, z
from .nodes import (
    GenericLoss,
    LogSumExp,
    LossGradient,
    Softmax,
    Total,
    elementwise,
    hadamard,
    ones,
    product,
    scale,
    split,
    transpose,
)
from .nodes import add as add_terms
from .nodes import total as sum_of

Parts = tuple[tuple[Any, Any], ...]  # (part, its gradient), ...


@dataclass(frozen=True)
class Rule:
    """A named law with its equation and source; calling it applies it."""

    name: str
    law: str
    source: str
    apply: Callable[[Any, Any], Parts]

    def __call__(self, node: Any, G: Any) -> Parts:
        return self.apply(node, G)


def backprop_rule(source: str) -> Callable[[Callable[[Any, Any], Parts]], Rule]:
    """Declare a rule; a function without a law in its docstring is refused."""

    def declare(function: Callable[[Any, Any], Parts]) -> Rule:
        law = (function.__doc__ or "").strip().split("\n")[0]
        if "=>" not in law:
            raise TypeError(f"rule {function.__name__} needs its law, 'C = ... => dA = ...', as first line")
        return Rule(function.__name__.replace("_", " ").strip(), law, source, function)

    return declare


GILES = "Giles (2008)"
CHAIN = "chain rule"


@backprop_rule("linearity")
def sum_(node: Any, G: Any) -> Parts:
    """C = A + B  =>  dA = G,  dB = G"""
    return tuple((part, G) for part in node.args)


@backprop_rule("linearity")
def scaling(node: Any, G: Any) -> Parts:
    """C = c A  =>  dA = c G,  dc = sum(G * A)"""
    if isinstance(node, MatMul):
        c, rest = split(node)
        return ((rest, scale(c, G)), *(((c, sum_of(hadamard(G, rest))),) if c.free_symbols else ()))
    c, rest = _scalar_split(node)
    return ((rest, scale(c, G)), (c, G * rest))


@backprop_rule(GILES + ", matrix product")
def product_(node: Any, G: Any) -> Parts:
    """C = A B  =>  dA = G B^T,  dB = A^T G"""
    factors = node.args
    found = []
    for k, part in enumerate(factors):
        before, after = (
            [transpose(f) for f in reversed(factors[:k])],
            [transpose(f) for f in reversed(factors[k + 1 :])],
        )
        found.append((part, product(*before, G, *after)))
    return tuple(found)


@backprop_rule("definition of the transpose")
def transposition(node: Any, G: Any) -> Parts:
    """C = A^T  =>  dA = G^T"""
    return ((node.arg, transpose(G)),)


@backprop_rule(CHAIN + ", entry by entry")
def Hadamard_product(node: Any, G: Any) -> Parts:
    """C = A * B  =>  dA = G * B,  dB = G * A   (* entry by entry)"""
    return tuple(
        (part, hadamard(G, *(f for j, f in enumerate(node.args) if j != k))) for k, part in enumerate(node.args)
    )


@backprop_rule(CHAIN + ", entry by entry")
def Hadamard_power(node: Any, G: Any) -> Parts:
    """C = A^(p), entry by entry  =>  dA = p G * A^(p-1)"""
    A, p = node.args
    if not p.is_number:
        raise UnknownNode("the rule Hadamard power (its exponent is a number)", node)
    power = A if p == 2 else HadamardPower(A, p - 1)
    return ((A, scale(p, hadamard(G, power))),)


@backprop_rule(CHAIN + ", entry by entry")
def elementwise_function(node: Any, G: Any) -> Parts:
    """C = f(A)  =>  dA = G * f'(A)"""
    return ((node.expr, hadamard(G, elementwise(prime(canonical(node.function)), node.expr))),)


@backprop_rule("product with ones; adjoint of the row sum")
def broadcast(node: Any, G: Any) -> Parts:
    """C = b 1^T  =>  db = G 1   (row sums)"""
    b, e = node.args
    return ((b, product(G, transpose(e))),)


@backprop_rule("product with ones; adjoint of the broadcast")
def row_sum(node: Any, G: Any) -> Parts:
    """s = A 1  =>  dA = G 1^T   (broadcast)"""
    A, e = node.args
    return ((A, product(G, transpose(e))),)


@backprop_rule("product with ones; adjoint of the broadcast")
def column_sum(node: Any, G: Any) -> Parts:
    """s = 1^T A  =>  dA = 1 G   (broadcast)"""
    e, A = node.args
    return ((A, product(transpose(e), G)),)


@backprop_rule("linearity")
def total(node: Any, G: Any) -> Parts:
    """s = sum_ij A_ij  =>  dA = G 1 1^T"""
    return ((node.args[0], scale(G, ones(*node.args[0].shape))),)


@backprop_rule(GILES + ", trace")
def trace(node: Any, G: Any) -> Parts:
    """s = tr A  =>  dA = G I"""
    return ((node.arg, scale(G, Identity(node.arg.shape[0]))),)


@backprop_rule("Bridle (1990)")
def softmax(node: Any, G: Any) -> Parts:
    """A = softmax(Z)  =>  dZ = A * (G - 1 1^T (G * A))"""
    return ((node.matrix, hadamard(node, add_terms(G, scale(-1, _spread(hadamard(G, node), node.axis))))),)


@backprop_rule(CHAIN)
def log_sum_exp(node: Any, G: Any) -> Parts:
    """s = log sum exp(Z)  =>  dZ = softmax(Z) * (1 G)"""
    e = ones(node.matrix.shape[node.axis])
    spread = product(e, G) if node.axis == 0 else product(G, transpose(e))
    return ((node.matrix, hadamard(Softmax(node.matrix, node.axis), spread)),)


@backprop_rule("definition of the gradient")
def generic_loss(node: Any, G: Any) -> Parts:
    """C = C(A, Y)  =>  dA = G nabla_A C"""
    return ((node.args[1], scale(G, LossGradient(*node.args))),)


@backprop_rule("product rule")
def number_product(node: Any, G: Any) -> Parts:
    """c = a b  =>  da = G b,  db = G a   (numbers)"""
    return tuple((part, Mul(G, *(f for j, f in enumerate(node.args) if j != k))) for k, part in enumerate(node.args))


@backprop_rule(CHAIN)
def number_function(node: Any, G: Any) -> Parts:
    """c = f(a)  =>  da = G f'(a)   (numbers)"""
    inner, *more = node.args
    if not all(a.is_number for a in more):
        raise UnknownNode("the rule number function (one argument, everything else a number)", node)
    if isinstance(node, AppliedUndef):
        return ((inner, G * diff(node.func(inner), inner)),) if inner.is_Symbol else _refuse(node)
    return ((inner, G * prime(node.func(z, *more)).xreplace({z: inner})),)


def _refuse(node: Any) -> Parts:
    raise UnknownNode("the rule number function (name the argument by an equation of its own)", node)


def _spread(matrix: Any, axis: int) -> Any:
    """Sums along the axis, written back along it: 1 1^T M, or M 1 1^T."""
    e = ones(matrix.shape[axis])
    return _raw(e, transpose(e), matrix) if axis == 0 else _raw(matrix, e, transpose(e))


def _raw(*factors: Any) -> Any:
    """A product whose column of ones and row of ones stay apart: 1 (1^T M) shows the sums."""
    c, rest = split(factors[0]) if not isinstance(factors[0], OneMatrix) else split(factors[-1])
    kept = (rest, *factors[1:]) if not isinstance(factors[0], OneMatrix) else (*factors[:-1], rest)
    return scale(c, MatMul(*kept))


def _pair(node: Any) -> bool:
    """A product of two matrices."""
    return isinstance(node, MatMul) and len(node.args) == 2


def _moving(node: Any) -> list[Any]:
    """The factors of a number that are more than constants."""
    return [f for f in node.args if f.has(Total, Trace, GenericLoss)]


def _scalar_split(node: Any) -> tuple[Any, Any]:
    """c s -> (c, s) with s the one factor that is more than a constant."""
    (rest,) = _moving(node)
    return Mul(*(f for f in node.args if f is not rest)), rest


# What a node is: the first row that fits.  Nothing fits: the node is unknown, and that is an error.
BACKPROP: tuple[tuple[Callable[[Any], bool], Rule], ...] = (
    (lambda n: isinstance(n, MatAdd | Add), sum_),
    (lambda n: isinstance(n, MatMul) and split(n)[0] != 1, scaling),
    (lambda n: _pair(n) and isinstance(n.args[1], OneMatrix) and n.args[1].shape[0] == 1, broadcast),
    (lambda n: _pair(n) and isinstance(n.args[1], OneMatrix) and n.args[1].shape[1] == 1, row_sum),
    (lambda n: _pair(n) and isinstance(n.args[0], OneMatrix) and n.args[0].shape[0] == 1, column_sum),
    (lambda n: isinstance(n, MatMul), product_),
    (lambda n: isinstance(n, Transpose), transposition),
    (lambda n: isinstance(n, HadamardProduct), Hadamard_product),
    (lambda n: isinstance(n, HadamardPower), Hadamard_power),
    (lambda n: isinstance(n, ElementwiseApplyFunction), elementwise_function),
    (lambda n: isinstance(n, Total), total),
    (lambda n: isinstance(n, Trace), trace),
    (lambda n: isinstance(n, Softmax), softmax),
    (lambda n: isinstance(n, LogSumExp), log_sum_exp),
    (lambda n: isinstance(n, GenericLoss), generic_loss),
    (lambda n: isinstance(n, Mul) and len(_moving(n)) == 1, scaling),
    (lambda n: isinstance(n, Mul), number_product),
    (lambda n: isinstance(n, Function | Pow), number_function),
)  # fmt: skip

RULES: dict[str, Rule] = {rule.name: rule for _, rule in BACKPROP}


def rule_for(node: Expr) -> Rule:
    """The rule of a node.  Raises UnknownNode when the table has none."""
    for fits, rule in BACKPROP:
        if fits(node):
            return rule
    raise UnknownNode("the table of backprop rules", node)
