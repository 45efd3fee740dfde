"""Near misses: a refuted claim, and the small change with which it holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import compress, islice

from ..arrays.shapes import Shape, has_one_element, show
from ..arrays.values import Declared, Dimension, Mapped, Named, Value
from ..errors import DeriveError
from ..kernel.verdict import Proved
from .equations import equation
from .expressions import Reader
from .lifting import decide_at_any_size
from .reading import Assertion
from .scope import Function, Scope, Sizes
from .screening import may_be_equal
from .variants import (
    AXIS,
    KIND,
    NUMBER,
    ORDER,
    SIGN,
    TOO_MUCH,
    TRANSPOSE,
    WHOLE_TRANSPOSE,
    Suspicion,
    Variant,
    activations,
    factors,
    terms,
    variants,
)

MOST_READ = 400  # changed formulas that are read
MOST_COMPARED = 80  # and of these, of the right shape
BATCH = 16  # are looked at together
PATIENCE = 10.0  # seconds to prove one of them: a last resort
EXHAUSTED = (DeriveError, RecursionError, MemoryError, OverflowError, ValueError)


def repair(scope: Scope, assertion: Assertion) -> str:
    """What would hold instead, in words; nothing if no small change helps."""
    formula, other = _sides(assertion)
    left, right = assertion.equation.left, assertion.equation.comparators[0]
    if isinstance(other, Sizes):
        return _first_of_shape(scope, formula, other.shape)
    if not isinstance(other, Value):
        return ""
    known = {ast.unparse(side) for side in (left, right)}
    changes = (v for v in _small_changes(scope, formula, other) if v.text not in known)
    candidates = islice(_readable(scope, changes, other.shape), MOST_COMPARED)
    fits = ""
    while batch := list(islice(candidates, BATCH)):
        fits = fits or f"{batch[0][0].text} has shape {show(batch[0][1].shape)}"
        possible = _possible(scope, assertion, other, [value for _, value in batch])
        for variant, value in compress(batch, possible):
            if _holds(scope, assertion, value, other):
                return f"it holds with {variant.text} ({variant.slip})"
    return "" if _well_shaped(assertion) else fits


def _possible(scope: Scope, assertion: Assertion, other: Value, values: list[Value]) -> list[bool]:
    try:
        return may_be_equal(scope, other, values, assertion.assumptions)
    except EXHAUSTED:
        return [False] * len(values)


def _sides(assertion: Assertion) -> tuple[ast.expr, Value | Sizes | None]:
    """The side to change, which is the one without derivatives or the right one, and what the other side means."""
    left, right = assertion.equation.left, assertion.equation.comparators[0]
    change_left = not isinstance(assertion.left, Value | Sizes) or (_derives(right) and not _derives(left))
    formula, other = (left, assertion.right) if change_left else (right, assertion.left)
    if isinstance(assertion.left, Sizes) and isinstance(assertion.right, Sizes) and _is_shape(left):
        formula, other = left, assertion.right
    return formula, other if isinstance(other, Value | Sizes) else None


def _derives(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Name) and part.id in ("grad", "jac") for part in ast.walk(node))


def _is_shape(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "shape"


def _well_shaped(assertion: Assertion) -> bool:
    left, right = assertion.left, assertion.right
    return isinstance(left, Value) and isinstance(right, Value) and _alike(left.shape, right.shape)


def _alike(left: Shape, right: Shape) -> bool:
    return left == right or (has_one_element(left) and has_one_element(right))


def _small_changes(scope: Scope, formula: ast.expr, other: Value) -> Iterator[Variant]:
    """The slips, with the names of the file that they may concern."""
    used = {part.id for part in ast.walk(formula) if isinstance(part, ast.Name)}
    dims = tuple(name for name, meaning in scope.names.items() if isinstance(meaning, Dimension))
    arrays = {name: meaning for name, meaning in scope.names.items() if isinstance(meaning, Declared | Named)}
    scalars = tuple(name for name, array in arrays.items() if isinstance(array, Declared) and array.shape == ())
    like = tuple(name for name, array in arrays.items() if array.shape == other.shape and name not in used)
    suspicions = (
        TRANSPOSE,
        NUMBER,
        SIGN,
        Suspicion("a factor", factors(dims), in_parts=False),
        ORDER,
        WHOLE_TRANSPOSE,
        AXIS,
        Suspicion("the derivative of an activation", activations(_activations(scope))),
        KIND,
        TOO_MUCH,
        Suspicion("a missing term", terms(like, (*scalars, *dims)), in_parts=False),
    )
    return variants(formula, suspicions)


def _activations(scope: Scope) -> tuple[tuple[str, str], ...]:
    """(g, Z) for each definition A = g(Z)"""
    found: dict[tuple[str, str], None] = {}
    for meaning in scope.names.values():
        match meaning:
            case Named(_, Mapped((Named(argument, _) | Declared(argument, _),), function, 0)) if (
                isinstance(scope.names.get(function), Function) or function not in scope.names
            ):
                found[function, argument] = None
    return tuple(found)


def _readable(scope: Scope, changes: Iterator[Variant], shape: Shape) -> Iterator[tuple[Variant, Value]]:
    """Those that have a meaning and the shape."""
    for number, variant in enumerate(changes):
        if number == MOST_READ:
            return
        value = _read(scope, variant.text)
        if isinstance(value, Value) and _alike(value.shape, shape):
            yield variant, value


def _read(scope: Scope, text: str) -> Value | Sizes | None:
    try:
        return Reader(text, scope).meaning(ast.parse(text, mode="eval").body)
    except (DeriveError, RecursionError, SyntaxError):
        return None


def _holds(scope: Scope, assertion: Assertion, value: Value, other: Value) -> bool:
    try:
        verdict = decide_at_any_size(equation(scope, value, other, assertion.assumptions), PATIENCE)
    except EXHAUSTED:
        return False
    return isinstance(verdict, Proved)


def _first_of_shape(scope: Scope, formula: ast.expr, shape: Shape) -> str:
    """(A * B).shape == (4, 2): another product that has the shape"""
    if not isinstance(formula, ast.Attribute):
        return ""
    for number, variant in enumerate(variants(formula.value, (TRANSPOSE, ORDER, AXIS, KIND))):
        if number == MOST_READ:
            break
        value = _read(scope, variant.text)
        if isinstance(value, Value) and value.shape == shape:
            return f"{variant.text} has shape {show(shape)}"
    return ""
