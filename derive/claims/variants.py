"""Small changes of a formula: every slip undone at every place where it may have happened.

Formulas are kept as text: what comes out is read again like everything else.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .slips import Slip

CLOSED = ("grad", "jac", "partials", "ones", "zeros", "eye", "diff")  # their arguments are not formulas


@dataclass(frozen=True)
class Variant:
    """A changed formula, and the slip that it undoes."""

    text: str
    suspicion: Suspicion


@dataclass(frozen=True)
class Suspicion:
    """A slip by name; `in_parts`: it may have happened in a part of a formula; `of_shape`: it may change the shape."""

    name: str
    slip: Slip
    in_parts: bool = True
    of_shape: bool = False


def variants(node: ast.expr, suspicions: Iterable[Suspicion]) -> Iterator[Variant]:
    """Every formula that one slip leads to, each once, slip after slip."""
    seen = {ast.unparse(node)}
    for suspicion in suspicions:
        formulas = _anywhere(node, suspicion.slip) if suspicion.in_parts else suspicion.slip(node)
        for formula in formulas:
            text = ast.unparse(formula)
            if text not in seen and ".T.T" not in text:
                seen.add(text)
                yield Variant(text, suspicion)


def _anywhere(node: ast.expr, slip: Slip) -> Iterator[ast.expr]:
    """The slip at a node or below it."""
    yield from slip(node)
    for put_back, child in _operands(node):
        for changed in _anywhere(child, slip):
            yield put_back(changed)


def _operands(node: ast.expr) -> Iterator[tuple[Callable[[ast.expr], ast.expr], ast.expr]]:
    match node:
        case ast.BinOp(left=a, op=o, right=b):
            yield lambda x: ast.BinOp(x, o, b), a
            if not isinstance(o, ast.Pow):
                yield lambda x: ast.BinOp(a, o, x), b
        case ast.UnaryOp(op=unary, operand=a):
            yield lambda x: ast.UnaryOp(unary, x), a
        case ast.Attribute(value=a, attr=attr):
            yield lambda x: ast.Attribute(x, attr, ast.Load()), a
        case ast.Subscript(value=a, slice=s):
            yield lambda x: ast.Subscript(x, s, ast.Load()), a
        case ast.Call(func=ast.Name(id=called) as f, args=args, keywords=words) if called not in CLOSED:
            for k, a in enumerate(args):
                yield lambda x, k=k: ast.Call(f, [*args[:k], x, *args[k + 1:]], words), a  # type: ignore[misc]
