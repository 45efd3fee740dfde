"""A program: the ordered, named equations of a forward model, shapes checked on entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sympy import (
    Basic,
    Determinant,
    Eq,
    Equality,
    Expr,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    Symbol,
    SympifyError,
    sympify,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.matexpr import MatrixElement

from .errors import DeriveError, ShapeError, UnknownNode
from .functions import canonical
from .listing import Listing
from .nodes import GenericLoss, add, elementwise, product
from .shapes import check, same_shape, shape_of, text


@dataclass(frozen=True)
class Fact:
    """Something assumed: left = right.  Printed wherever it is used."""

    left: Expr
    right: Expr
    words: str


@dataclass(frozen=True)
class Layer:
    """Which variables make one layer, and its activation by name: what printers and code generation ask."""

    number: int
    activation: str


@dataclass(frozen=True, repr=False)
class Program(Listing):
    """z = W a + b,  a = g(z),  J = loss: equations in the order in which they are computed.

    `equations` are SymPy equations or (symbol, expression) pairs, the last one is the loss, a number.  `parameters`
    are the variables to differentiate by.  `samples` is the m of a mean over samples, None for one sample.
    Raises ShapeError for shapes that do not fit, DeriveError for names that are used twice or before they are defined.
    """

    equations: tuple[Equality, ...]
    parameters: tuple[Any, ...]
    samples: Any = None
    facts: tuple[Fact, ...] = ()
    layers: tuple[Layer, ...] = ()
    loss: str = ""
    recipe: tuple[tuple[str, Any], ...] = field(default=(), repr=False)

    def __init__(self, equations: Iterable[Any], parameters: Iterable[Any], **more: Any) -> None:
        pairs = [e.args if isinstance(e, Equality) else e for e in equations]
        if not pairs:
            raise DeriveError("a program needs at least one equation, its loss")
        sympified = ((_expression(a), normal(_expression(b))) for a, b in pairs)
        values = {
            "equations": tuple(Eq(a, b, evaluate=False) for a, b in sympified),
            "parameters": tuple(parameters),
            **{
                name: f.default
                for name, f in self.__dataclass_fields__.items()
                if name not in ("equations", "parameters")
            },
            **more,
        }
        if unknown := values.keys() - self.__dataclass_fields__.keys():
            raise TypeError(f"Program has no argument {sorted(unknown)}")
        for name, value in values.items():
            object.__setattr__(self, name, value)
        self._check()

    def _check(self) -> None:
        seen: dict[str, Any] = {str(p): p for p in self.parameters}
        defined: set[str] = set()
        moving = set(self.parameters)
        for equation in self.equations:
            left, right = equation.args
            if not isinstance(left, (MatrixSymbol, Symbol)):
                raise DeriveError(f"the left side of an equation is a name, but got {left}")
            shape = check(right)
            if not same_shape(shape_of(left), shape):
                raise ShapeError(
                    f"{left} has shape {text(shape_of(left))}, but its right side {right} has shape {text(shape)}\n"
                    f"  declare {left} with shape {text(shape)}, or change the right side"
                )
            for symbol in variables(right):
                known = seen.setdefault(str(symbol), symbol)
                if known != symbol:
                    raise ShapeError(f"{symbol} has two shapes: {text(shape_of(known))} and {text(shape_of(symbol))}")
            if str(left) in seen:
                raise DeriveError(f"{left} is defined after it was used, or twice; every name has one equation")
            seen[str(left)] = left
            defined.add(str(left))
            for node in right.atoms(MatPow, Determinant, MatrixElement):
                raise UnknownNode("a program", node)
            for loss in right.atoms(GenericLoss):
                if moved := [v for part in loss.args[2:] for v in variables(part) if v in moving]:
                    raise DeriveError(
                        f"{loss}: a generic loss is differentiated in its first argument, but {moved[0]} moves too"
                    )
            if not moving.isdisjoint(variables(right)):
                moving.add(left)
        if shape_of(self.equations[-1].lhs) not in (None, (1, 1)):
            raise ShapeError(
                f"the last equation is the loss and must be a number, but {self.equations[-1].lhs} has shape "
                f"{text(shape_of(self.equations[-1].lhs))}"
            )
        used = {str(s) for e in self.equations for s in variables(e.rhs)}
        for parameter in self.parameters:
            if str(parameter) not in used:
                raise DeriveError(f"the parameter {parameter} does not occur in any equation")
            if str(parameter) in defined:
                raise DeriveError(f"{parameter} is defined by an equation and cannot be a parameter")

    @cached_property
    def by_name(self) -> dict[str, Equality]:
        """Equations by the name of their left side."""
        return {str(e.lhs): e for e in self.equations}

    @cached_property
    def symbols(self) -> dict[str, Any]:
        """Every variable by name: parameters, inputs and intermediates."""
        found = {str(s): s for e in self.equations for s in (*variables(e.rhs), e.lhs)}
        return {**{str(p): p for p in self.parameters}, **found}

    @cached_property
    def inputs(self) -> tuple[Any, ...]:
        """Variables that are neither defined nor parameters: the data."""
        own = {str(p) for p in self.parameters} | self.by_name.keys()
        return tuple(s for name, s in self.symbols.items() if name not in own and shape_of(s) is not None)

    def __getitem__(self, name: str) -> Equality:
        if name not in self.by_name:
            raise KeyError(f"no equation {name!r}; there are {', '.join(self.by_name)}")
        return self.by_name[name]


def _expression(given: Any) -> Any:
    """A SymPy expression, or a number; text is never parsed."""
    try:
        return sympify(given, strict=True)
    except SympifyError:
        raise DeriveError(f"an equation is made of SymPy expressions, not of {given!r}") from None


def variables(expr: Expr) -> list[Any]:
    """The variables of an expression in the order in which they are written; sizes are not variables."""
    found: dict[Any, None] = {}
    todo = [expr]
    while todo:
        node = todo.pop()
        if isinstance(node, (MatrixSymbol, Symbol)):
            found[node] = None
        elif isinstance(node, ElementwiseApplyFunction):
            todo.append(node.expr)
        elif not (getattr(node, "is_Matrix", False) and not any(getattr(a, "is_Matrix", 0) for a in node.args)):
            todo.extend(reversed([a for a in node.args if isinstance(a, Basic)]))
    sizes = {s for v in found if shape_of(v) for s in (*v.shape[0].free_symbols, *v.shape[1].free_symbols)}
    return [v for v in found if v not in sizes]


def normal(expr: Expr) -> Expr:
    """Elementwise functions with one argument name and sums flattened: equal expressions become the same object."""
    if isinstance(expr, ElementwiseApplyFunction):
        return elementwise(canonical(expr.function), normal(expr.expr))
    if isinstance(expr, MatAdd):
        return add(*map(normal, expr.args))
    if isinstance(expr, MatMul):
        return product(*map(normal, expr.args))
    if isinstance(expr, MatPow) and expr.exp.is_Integer and expr.exp > 0 and expr.base.shape[0] == expr.base.shape[1]:
        return product(*[normal(expr.base)] * int(expr.exp))  # SymPy makes W**2 of W*W
    if getattr(expr, "is_Matrix", False) and expr.args and not isinstance(expr, MatrixSymbol):
        return expr.func(*(normal(p) if getattr(p, "is_Matrix", False) else p for p in expr.args))
    if expr.args and expr.has(ElementwiseApplyFunction, MatAdd, MatMul, MatPow):
        return expr.func(*(normal(p) if isinstance(p, Expr) else p for p in expr.args))
    return expr
