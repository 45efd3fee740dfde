"""Which slips to look for in a refuted equation, with the names that they may concern; likely ones first."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import islice

from ..arrays.shapes import Shape
from ..arrays.values import Declared, Dimension, Mapped, Named, Value, in_order
from . import slips
from .calls import ELEMENTWISE
from .scope import Function, Scope
from .variants import Suspicion

MOST_NAMES = 8  # of each kind: a file may have hundreds
OF_SHAPE = (
    Suspicion("an axis", slips.axis, of_shape=True),
    Suspicion("a transpose", slips.transpose, of_shape=True),
    Suspicion("the order of a product", slips.order, of_shape=True),
    Suspicion("a transpose", slips.whole_transpose, in_parts=False, of_shape=True),
    Suspicion("@ and * confused", slips.kind_of_product, of_shape=True),
    Suspicion("brackets", slips.brackets, of_shape=True),
)


def suspicions(scope: Scope, equation: ast.Compare, formula: ast.expr, other: Value) -> Iterator[Suspicion]:
    """The slips that may turn a formula into one that equals the other side."""
    dims, targets = _dimensions(scope, formula, other), _targets(equation)
    factors = [slips.name(dim) for dim in dims] + [slips.number(k) for k in _numbers(equation)]
    slopes = list(islice(_slopes(scope, equation, targets), MOST_NAMES))
    axis, transpose, order, whole_transpose, kind, brackets = OF_SHAPE
    yield axis
    yield transpose
    yield Suspicion("a factor too much", slips.superfluous_factor(dims))
    yield Suspicion("a sign", slips.sign)
    yield Suspicion("a sign", slips.negative, in_parts=False)
    yield from _missing_factors(factors)
    yield from (order, whole_transpose, kind, brackets)
    yield Suspicion("something too much", slips.too_much)
    for function, argument in slopes:
        yield Suspicion(f"a missing diff({function})({argument})", slips.missing_slope(function, argument))
    yield Suspicion("a missing sum", slips.missing_sum)
    yield Suspicion("a power", slips.power)
    yield Suspicion("another name", slips.wrong_name(tuple(_arrays(scope)), tuple(sorted(targets))))
    for function, argument in slopes:
        yield Suspicion(f"the derivative of {function}", slips.wrong_slope(function, argument))
    yield Suspicion("a missing transpose of a part", slips.symmetric(_squares(scope, formula)))
    yield from _missing_factors(factors, in_a_term=True)
    scalars = tuple(name for name, array in _arrays(scope).items() if isinstance(array, Declared) and array.shape == ())
    terms = _like(scope, formula, other.shape, targets)
    yield Suspicion("a missing term", slips.missing_term(terms, (*scalars[:MOST_NAMES], *dims)), in_parts=False)
    for suspicion in _missing_factors(factors):
        both = _after(slips.negative, suspicion.slip)
        yield Suspicion(f"a sign and {suspicion.name}", both, in_parts=False)


def _after(first: slips.Slip, then: slips.Slip) -> slips.Slip:
    return lambda node: (changed for between in first(node) for changed in then(between))


def _missing_factors(factors: Iterable[ast.expr], in_a_term: bool = False) -> Iterator[Suspicion]:
    for factor in factors:
        for slip, text in ((slips.missing_divisor(factor), f"1/{ast.unparse(factor)}"),
                           (slips.missing_factor(factor), ast.unparse(factor))):
            where = " in a term" if in_a_term else ""
            yield Suspicion(f"a missing factor {text}{where}", slips.in_a_term(slip) if in_a_term else slip, False)


def _arrays(scope: Scope) -> dict[str, Declared | Named]:
    return {name: meaning for name, meaning in scope.names.items() if isinstance(meaning, Declared | Named)}


def _dimensions(scope: Scope, formula: ast.expr, other: Value) -> tuple[str, ...]:
    """The dimensions that the other side uses as numbers, then those of the shapes of both sides."""
    numbers = [node.name for node in in_order(other) if isinstance(node, Dimension)]
    arrays = _arrays(scope)
    sizes = [size for name in _names(formula) if name in arrays for size in arrays[name].shape]
    found = dict.fromkeys(size for size in (*numbers, *other.shape, *sizes) if isinstance(size, str))
    return tuple(islice(found, MOST_NAMES))


def _numbers(equation: ast.expr) -> tuple[int, ...]:
    """2, and the small numbers that the equation speaks of, such as the 3 of x ** 3."""
    found = [part.value for part in ast.walk(equation) if isinstance(part, ast.Constant) and type(part.value) is int]
    return tuple(islice(dict.fromkeys((2, *(k for k in found if 2 < k < 10))), MOST_NAMES))


def _targets(equation: ast.expr) -> frozenset[str]:
    """The X of grad(J, X)"""
    found = [part.args[1] for part in ast.walk(equation) if isinstance(part, ast.Call) and len(part.args) == 2]
    return frozenset(name.id for name in found if isinstance(name, ast.Name))


def _names(node: ast.expr) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.id for part in ast.walk(node) if isinstance(part, ast.Name)))


def _slopes(scope: Scope, equation: ast.Compare, targets: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(g, Z) for each g(Z) that the equation or a definition speaks of, those of the targets first."""
    found: dict[tuple[str, str], None] = {}
    for part in ast.walk(equation):
        match part:
            case ast.Call(func=ast.Name(id=function), args=[ast.Name(id=argument)]) if _is_function(scope, function):
                found[function, argument] = None
    for meaning in scope.names.values():
        match meaning:
            case Named(_, Mapped((Named(argument, _) | Declared(argument, _),), function, 0)):
                found[function, argument] = None
    return iter(sorted(found, key=lambda pair: pair[1] not in targets))


def _is_function(scope: Scope, name: str) -> bool:
    return isinstance(scope.names.get(name), Function) or (name in ELEMENTWISE and name not in scope.names)


def _squares(scope: Scope, formula: ast.expr) -> tuple[str, ...]:
    """The square matrices of a formula."""
    arrays = _arrays(scope)
    shapes = {name: arrays[name].shape for name in _names(formula) if name in arrays}
    return tuple(name for name, shape in shapes.items() if len(shape) == 2 and shape[0] == shape[1])


def _like(scope: Scope, formula: ast.expr, shape: Shape, targets: frozenset[str]) -> tuple[str, ...]:
    """The arrays of a shape that a formula does not use, targets first."""
    used = _names(formula)
    found = [name for name, array in _arrays(scope).items() if array.shape == shape and name not in used]
    return tuple(sorted(found, key=lambda name: name not in targets)[:MOST_NAMES])
