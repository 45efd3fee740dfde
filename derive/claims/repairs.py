"""Near misses: a refuted claim, and the small change with which it holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, takewhile
from time import monotonic

from ..arrays.shapes import Shape, has_one_element, show
from ..arrays.values import Value
from ..errors import DeriveError
from ..kernel.verdict import Proved
from .equations import equation
from .expressions import Reader
from .lifting import decide_at_any_size
from .reading import Assertion
from .scope import Scope, Sizes
from .screening import Screen
from .suspicions import OF_SHAPE, suspicions
from .together import decide_together
from .variants import Variant, variants

MOST_READ = 800  # changed formulas that are read
MOST_COMPARED = 200  # and of these, of the right shape
PATIENCE = 5.0  # seconds for all of it, and never more than the claim has left: a last resort
EXHAUSTED = (DeriveError, RecursionError, MemoryError, OverflowError, ValueError)


def repair(scope: Scope, assertion: Assertion, end: float) -> str:
    """What would hold instead, in words; nothing if no small change is found before `end` (monotonic clock)."""
    end = min(end, monotonic() + PATIENCE)
    formula, other = _sides(assertion)
    left, right = assertion.equation.left, assertion.equation.comparators[0]
    if isinstance(other, Sizes):
        return _first_of_shape(scope, formula, other.shape)
    if not isinstance(other, Value):
        return ""
    known = {ast.unparse(side) for side in (left, right)}
    found = variants(formula, suspicions(scope, assertion.equation, formula, other))
    changes = takewhile(lambda variant: variant.text not in known, found)  # else it would say  A == A
    candidates = islice(_readable(scope, changes, other.shape), MOST_COMPARED)
    screen, fits = _screen(scope, assertion, formula, other), ""
    for variant, value in candidates:
        if monotonic() > end:
            break
        if variant.suspicion.of_shape:
            fits = fits or _fits(variant.text, value.shape)
        if _seems_equal(screen, value) and _holds(scope, assertion, value, other, end):
            return f"it holds with {variant.text} ({variant.suspicion.name})"
    return "" if _well_shaped(assertion) else fits


def _screen(scope: Scope, assertion: Assertion, formula: ast.expr, other: Value) -> Screen | None:
    names = [scope.names.get(part.id) for part in ast.walk(formula) if isinstance(part, ast.Name)]
    try:
        return Screen(scope, assertion, other, [meaning for meaning in names if isinstance(meaning, Value)])
    except EXHAUSTED:
        return None


def _seems_equal(screen: Screen | None, value: Value) -> bool:
    try:
        return screen is not None and screen.may_be_equal(value)
    except EXHAUSTED:
        return False


def _sides(assertion: Assertion) -> tuple[ast.expr, Value | Sizes | None]:
    """The side to change, which is the one without derivatives or the right one, and what the other side means."""
    left, right = assertion.equation.left, assertion.equation.comparators[0]
    change_left = not isinstance(assertion.left, Value | Sizes) or (_derives(right) and not _derives(left))
    formula, other = (left, assertion.right) if change_left else (right, assertion.left)
    if isinstance(assertion.left, Sizes) and isinstance(assertion.right, Sizes) and _is_shape(left):
        formula, other = left, assertion.right
    return formula, other if isinstance(other, Value | Sizes) else None


def _derives(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Name) and part.id in ("grad", "jac", "partials") for part in ast.walk(node))


def _is_shape(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "shape"


def _well_shaped(assertion: Assertion) -> bool:
    left, right = assertion.left, assertion.right
    return isinstance(left, Value) and isinstance(right, Value) and _alike(left.shape, right.shape)


def _alike(left: Shape, right: Shape) -> bool:
    return left == right or (has_one_element(left) and has_one_element(right))


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


def _holds(scope: Scope, assertion: Assertion, value: Value, other: Value, end: float) -> bool:
    """Together with what the loss is computed from, if it is a claim about a gradient; else alone."""
    found = decide_together(scope, [replace(assertion, right=value)] if other is assertion.left else [], end)
    if found:
        return isinstance(found[0], Proved)
    try:
        claim = equation(scope, value, other, assertion.assumptions)
        return isinstance(decide_at_any_size(claim, end - monotonic()), Proved)
    except EXHAUSTED:
        return False


def _first_of_shape(scope: Scope, formula: ast.expr, shape: Shape) -> str:
    """(A * B).shape == (4, 2): another product that has the shape"""
    if not isinstance(formula, ast.Attribute):
        return ""
    for number, variant in enumerate(variants(formula.value, OF_SHAPE)):
        if number == MOST_READ:
            break
        value = _read(scope, variant.text)
        if isinstance(value, Value) and value.shape == shape:
            return _fits(variant.text, shape)
    return ""


def _fits(text: str, shape: Shape) -> str:
    return f"{text} has shape {show(shape)}"
