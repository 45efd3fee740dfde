"""What other asserts of the file say about a refuted equation for which no small change was found."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from ..arrays.values import Dimension, Named, Value, in_order
from .reading import Assertion, Script
from .scope import Scope

REFUTED, PROVED = "refuted", "proved"


def known_beside(script: Script, kinds: Sequence[str | None], hinted: Sequence[bool]) -> dict[int, str]:
    """Number of an assert -> a hint, for refuted equations that have none; `kinds` are those of their verdicts."""
    proved = {a.left_text: a for a, kind in zip(script.assertions, kinds, strict=True) if kind == PROVED}
    wrong = _wrong_definitions(script.reader.scope, script.assertions, kinds)
    hints = {}
    for k, assertion in enumerate(script.assertions):
        if kinds[k] == REFUTED and not hinted[k]:
            hints[k] = _wrong_before(assertion, wrong) or _proved(assertion, proved)
    return {k: hint for k, hint in hints.items() if hint}


def _proved(assertion: Assertion, proved: Mapping[str, Assertion]) -> str:
    """The proved equation that has the same left side."""
    known = proved.get(assertion.left_text)
    return f"line {known.line} proves {known.text.removeprefix('not ')}" if known else ""


def _wrong_before(assertion: Assertion, wrong: Mapping[str, int]) -> str:
    """A definition that it is computed from and that an earlier assert refutes."""
    for name in _used(assertion.right):
        if wrong.get(name, assertion.line) < assertion.line:
            return f"it is computed from {name}, which line {wrong[name]} refutes"
    return ""


def _used(side: object) -> list[str]:
    return [node.name for node in in_order(side) if isinstance(node, Named)] if isinstance(side, Value) else []


def _wrong_definitions(scope: Scope, assertions: Sequence[Assertion], kinds: Sequence[str | None]) -> dict[str, int]:
    """dZ -> the line of a refuted  assert grad(J, Z) == dZ / m"""
    wrong: dict[str, int] = {}
    for assertion, kind in zip(assertions, kinds, strict=True):
        name = _definition(scope, assertion.equation.comparators[0])
        if kind == REFUTED and assertion.asserted and name:
            wrong.setdefault(name, assertion.line)
    return wrong


def _definition(scope: Scope, node: ast.expr) -> str:
    """dZ / m -> dZ"""
    match node:
        case ast.Name(id=name) if isinstance(scope.names.get(name), Named):
            return name
        case ast.BinOp(left=inner, op=ast.Mult() | ast.Div(), right=factor) if _is_factor(scope, factor):
            return _definition(scope, inner)
        case ast.BinOp(left=factor, op=ast.Mult(), right=inner) if _is_factor(scope, factor):
            return _definition(scope, inner)
    return ""


def _is_factor(scope: Scope, node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.Name) and isinstance(scope.names.get(node.id), Dimension)
    )
