"""The one table of elementwise functions: definition, derivative, and how each is written.

Everything that differentiates, prints, generates or traces code reads this table.  `z` is the argument and `a` the
value: `from_output` gives f'(z) as a function of a = f(z), where there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sympy import (
    Derivative,
    Expr,
    Function,
    FunctionClass,
    Integer,
    Lambda,
    Piecewise,
    Pow,
    Rational,
    Symbol,
    erf,
    exp,
    log,
    pi,
    sign,
    sqrt,
    tanh,
)
from sympy.core.function import AppliedUndef

from .errors import DeriveError, UnknownNode

z = Symbol("z", real=True)
a = Symbol("a", real=True)


class sigmoid(Function):
    """sigma(z) = 1 / (1 + exp(-z))"""

    nargs = 1


class softplus(Function):
    """log(1 + exp(z))"""

    nargs = 1


class relu(Function):
    """max(0, z)"""

    nargs = 1


class leaky_relu(Function):
    """max(slope z, z),  0 <= slope < 1"""

    nargs = 2


class step(Function):
    """[z > 0]: 1 where z is positive, else 0"""

    nargs = 1


SLOPE = Rational(1, 100)


@dataclass(frozen=True)
class Elementary:
    """One row: f(z), its definition, its derivative, its spellings."""

    name: str
    body: Expr  # f(z), as SymPy writes it
    definition: Expr  # f(z) from exp, log and cases: what the second route differentiates
    derivative: Expr  # f'(z)
    latex: str
    numpy: str  # stable; {z} is the argument
    jax: str
    torch: str
    from_output: Expr | None = None  # f'(z) in a = f(z)
    log: Expr | None = None  # log f(z), stable
    log_complement: Expr | None = None  # log(1 - f(z)), stable
    kink: str = ""  # where the derivative is a choice


def _leaky(slope: Expr) -> Elementary:
    """max(slope z, z), for any slope."""
    return Elementary(
        "leaky_relu",
        leaky_relu(z, slope),
        Piecewise((z, z > 0), (slope * z, True)),
        slope + (1 - slope) * step(z),
        r"\operatorname{lrelu}",
        f"np.maximum({float(slope)!r} * {{z}}, {{z}})",
        f"jnp.maximum({float(slope)!r} * {{z}}, {{z}})",
        f"torch.nn.functional.leaky_relu({{z}}, {float(slope)!r})",
        from_output=slope + (1 - slope) * step(a),
        kink="z = 0",
    )


# fmt: off
@cache
def table() -> tuple[Elementary, ...]:
    """All rows.  Built when first asked for: the first sum that SymPy makes costs a tenth of its own import."""
    return (
        Elementary("sigmoid", sigmoid(z), 1 / (1 + exp(-z)), sigmoid(z) * (1 - sigmoid(z)), r"\sigma",
                   "sigmoid({z})", "jax.nn.sigmoid({z})", "torch.sigmoid({z})",
                   from_output=a * (1 - a), log=-softplus(-z), log_complement=-softplus(z)),
        Elementary("tanh", tanh(z), (exp(z) - exp(-z)) / (exp(z) + exp(-z)), 1 - tanh(z) ** 2, r"\tanh",
                   "np.tanh({z})", "jnp.tanh({z})", "torch.tanh({z})", from_output=1 - a ** 2),
        Elementary("relu", relu(z), Piecewise((z, z > 0), (0, True)), step(z), r"\operatorname{relu}",
                   "np.maximum(0, {z})", "jax.nn.relu({z})", "torch.relu({z})", from_output=step(a), kink="z = 0"),
        _leaky(SLOPE),
        Elementary("softplus", softplus(z), log(1 + exp(z)), sigmoid(z), r"\operatorname{softplus}",
                   "np.logaddexp(0, {z})", "jax.nn.softplus({z})", "torch.nn.functional.softplus({z})",
                   from_output=1 - exp(-a)),
        Elementary("sign", sign(z), Piecewise((1, z > 0), (-1, z < 0), (0, True)), Integer(0), r"\operatorname{sign}",
                   "np.sign({z})", "jnp.sign({z})", "torch.sign({z})", from_output=Integer(0), kink="z = 0"),
        Elementary("step", step(z), Piecewise((1, z > 0), (0, True)), Integer(0), r"\operatorname{step}",
                   "({z} > 0)", "({z} > 0)", "({z} > 0)", from_output=Integer(0), kink="z = 0"),
        Elementary("exp", exp(z), exp(z), exp(z), r"\exp",
                   "np.exp({z})", "jnp.exp({z})", "torch.exp({z})", from_output=a, log=z),
        Elementary("log", log(z), log(z), 1 / z, r"\log", "np.log({z})", "jnp.log({z})", "torch.log({z})"),
        Elementary("sqrt", sqrt(z), sqrt(z), 1 / (2 * sqrt(z)), r"\operatorname{sqrt}",
                   "np.sqrt({z})", "jnp.sqrt({z})", "torch.sqrt({z})", from_output=1 / (2 * a)),
        Elementary("erf", erf(z), erf(z), 2 * exp(-z ** 2) / sqrt(pi), r"\operatorname{erf}",
                   "erf({z})", "jax.scipy.special.erf({z})", "torch.erf({z})"),
    )
# fmt: on


@cache
def composed() -> Mapping[str, Expr]:
    """Activations made of the rows: code writes them out, and the chain rule differentiates them."""
    return {"silu": z * sigmoid(z), "gelu": z * (1 + erf(z / sqrt(2))) / 2}


def composed_of(body: Expr) -> tuple[str, int] | None:
    """("silu", 0) of silu(z), ("silu", 1) of silu'(z); None for what is not composed."""
    for name, whole in composed().items():
        if body in (whole, prime(whole)):
            return name, int(body != whole)
    return None


class ByName(Mapping[str, Elementary]):
    """The rows by name."""

    def __getitem__(self, name: str) -> Elementary:
        for row in table():
            if row.name == name:
                return row
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (row.name for row in table())

    def __len__(self) -> int:
        return len(table())


BY_NAME = ByName()


@cache
def _by_body() -> dict[Expr, Elementary]:
    return {row.body: row for row in table()}


@cache
def _by_derivative() -> dict[Expr, Elementary]:
    """f' -> f where f' is written in no other way: sigma(z) counts as itself, [z > 0] as relu'."""
    return {row.derivative: row for row in table() if row.name not in ("exp", "softplus", "sign", "step", "log")}


_DERIVATIVES: dict[Expr, Expr] = {}


def row_of(body: Expr) -> Elementary | None:
    """The row of f(z), or None when the table has no such function."""
    if isinstance(body, leaky_relu) and body.args[0] == z:
        return _leaky(body.args[1])
    return _by_body().get(body)


def derivative_of(body: Expr) -> Elementary | None:
    """The row whose f' is written `body`, or None.  [z > 0] counts as relu', sigma(z) as itself."""
    found = _by_derivative().get(body)
    if found is None and body.has(step):
        slope = body.subs(step(z), 0)
        if slope.is_Number and body == _leaky(slope).derivative:
            return _leaky(slope)
    return found


def generic_of(body: Expr) -> tuple[str, int] | None:
    """("g", 0) of g(z), ("g", 1) of g'(z); None when the function is not generic."""
    if isinstance(body, AppliedUndef) and body.args == (z,):
        return body.func.__name__, 0
    if isinstance(body, Derivative) and isinstance(body.expr, AppliedUndef) and body.expr.args == (z,):
        return body.expr.func.__name__, int(body.derivative_count)
    return None


def canonical(function: Any) -> Expr:
    """Any way to write an elementwise function -> f(z), an expression in `z`.

    A name of the table, the name of a generic function ("g", "g1"), a SymPy Lambda or a SymPy function class.
    """
    if isinstance(function, str):
        names = sorted({*BY_NAME, *composed(), "identity"} - {"step"})
        if function == "identity":
            return z
        if function in BY_NAME and function != "step":
            return BY_NAME[function].body
        if function in composed():
            return composed()[function]
        if function[:1] in ("g", "h") and (function[1:].isdigit() or len(function) == 1):
            return Function(function)(z)
        raise DeriveError(
            f"unknown activation {function!r}\n  expected one of {', '.join(names)}, softmax "
            "(output only),\n  a generic function ('g', or 'g1', 'g2', ... one per layer), or a SymPy Lambda"
        )
    if isinstance(function, Lambda):
        if len(function.variables) != 1:
            raise DeriveError(f"an activation has one argument, but {function} has {len(function.variables)}")
        body = function.expr.xreplace({function.variables[0]: z})
        if extra := body.free_symbols - {z}:
            raise DeriveError(f"{function} has free symbols {sorted(map(str, extra))}: give them values first")
        for slope in {f.args[1] for f in body.atoms(leaky_relu)}:
            if not (slope.is_number and 0 <= slope < 1):
                raise DeriveError(f"leaky_relu needs a slope with 0 <= slope < 1, not {slope}")
        return body
    if isinstance(function, FunctionClass):
        return function(z)
    expected = "a name such as 'tanh', a SymPy Lambda or function"
    raise DeriveError(f"not an elementwise function: {function!r}; expected {expected}")


def prime(body: Expr) -> Expr:
    """f'(z) of a canonical f(z): from the table, else by the chain rule on the body."""
    if body not in _DERIVATIVES:
        _DERIVATIVES[body] = _differentiate(body)
    return _DERIVATIVES[body]


def _differentiate(body: Expr) -> Expr:
    """d body / dz; every function must have a row, be generic, or be a power."""
    if body == z:
        return Integer(1)
    if z not in body.free_symbols:
        return Integer(0)
    if row := row_of(body):
        return row.derivative
    if generic_of(body):
        return Derivative(body, z)
    if body.is_Add:
        return body.func(*map(_differentiate, body.args))
    if body.is_Mul:
        return sum((_differentiate(f) * body / f for f in body.args), Integer(0))
    if isinstance(body, Pow) and z not in body.exp.free_symbols:
        return body.exp * body.base ** (body.exp - 1) * _differentiate(body.base)
    inner = body.args[0] if body.args else None
    outer: Callable[..., Expr] = body.func
    if inner is not None and isinstance(body, Function) and not isinstance(body, Piecewise):
        row = row_of(outer(z, *body.args[1:]))
        if row:
            return row.derivative.xreplace({z: inner}) * _differentiate(inner)
        if isinstance(body, AppliedUndef):
            return Derivative(outer(z), z).doit().subs(z, inner) * _differentiate(inner)
    raise UnknownNode("the derivative of an elementwise function", body)
