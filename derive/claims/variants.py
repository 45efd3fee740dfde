"""Small changes of a formula: the slips that people make when they write gradients by hand.

Each slip is one function from a node of the syntax tree to what might have been meant; `variants` applies each of
them at each node.  Formulas are kept as text: what comes out is read again like everything else.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

Slip = Callable[[ast.expr], Iterator[ast.expr]]


@dataclass(frozen=True)
class Variant:
    """A changed formula, and the slip that it undoes."""

    text: str
    slip: str


def _transposed(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())


def _times(left: ast.expr, operator: ast.operator, right: ast.expr) -> ast.expr:
    return ast.BinOp(left, operator, right)


def transpose(node: ast.expr) -> Iterator[ast.expr]:
    """X for X.T, X.T for X"""
    if isinstance(node, ast.Name | ast.Attribute | ast.Call):
        yield _transposed(node)


def whole_transpose(node: ast.expr) -> Iterator[ast.expr]:
    """A.T for A"""
    yield _transposed(node)


def order(node: ast.expr) -> Iterator[ast.expr]:
    """B @ A for A @ B, with and without transposes"""
    match node:
        case ast.BinOp(left=a, op=ast.MatMult(), right=b):
            for x, y in ((a, b), (b, a)):
                for first, second in product((x, _transposed(x)), (y, _transposed(y))):
                    yield _times(first, ast.MatMult(), second)


def kind_of_product(node: ast.expr) -> Iterator[ast.expr]:
    """A * B for A @ B, A @ B for A * B, (A @ B) * C for A @ (B * C)"""
    match node:
        case ast.BinOp(left=a, op=ast.MatMult(), right=ast.BinOp(left=b, op=ast.Mult(), right=c)):
            yield _times(_times(a, ast.MatMult(), b), ast.Mult(), c)
            yield _times(a, ast.Mult(), ast.BinOp(b, ast.Mult(), c))
        case ast.BinOp(left=ast.BinOp(left=a, op=ast.MatMult(), right=b), op=ast.Mult(), right=c):
            yield _times(a, ast.MatMult(), _times(b, ast.Mult(), c))
            yield _times(_times(a, ast.MatMult(), b), ast.MatMult(), c)
        case ast.BinOp(left=a, op=ast.MatMult(), right=b):
            yield _times(a, ast.Mult(), b)
        case ast.BinOp(left=a, op=ast.Mult(), right=b):
            for x, y in ((a, b), (b, a)):
                for first, second in product((x, _transposed(x)), (y, _transposed(y))):
                    yield _times(first, ast.MatMult(), second)


def sign(node: ast.expr) -> Iterator[ast.expr]:
    """B - A for A - B, A + B for A - B, A for -A"""
    match node:
        case ast.BinOp(left=a, op=ast.Add(), right=b):
            yield _times(a, ast.Sub(), b)
        case ast.BinOp(left=a, op=ast.Sub(), right=b):
            yield from (_times(b, ast.Sub(), a), _times(a, ast.Add(), b))
        case ast.UnaryOp(op=ast.USub(), operand=a):
            yield a


def axis(node: ast.expr) -> Iterator[ast.expr]:
    """axis=0 for axis=1, keepdims=True added or left out"""
    if not (isinstance(node, ast.Call) and any(word.arg == "axis" for word in node.keywords)):
        return
    words = {word.arg: word.value for word in node.keywords}
    kept = {"keepdims": ast.Constant(True)}
    for number in (0, 1):
        for more in ({}, kept):
            keywords = [ast.keyword(arg, value) for arg, value in ({"axis": ast.Constant(number)} | more).items()]
            if [k.arg for k in keywords] != list(words) or ast.dump(words["axis"]) != ast.dump(ast.Constant(number)):
                yield ast.Call(node.func, node.args, keywords)
    yield ast.Call(node.func, node.args, [])


def superfluous_number(node: ast.expr) -> Iterator[ast.expr]:
    """A for 2 * A, A * 2 and A / 2"""
    match node:
        case ast.BinOp(left=ast.Constant(), op=ast.Mult(), right=a):
            yield a
        case ast.BinOp(left=a, op=ast.Mult() | ast.Div(), right=ast.Constant()):
            yield a


def too_much(node: ast.expr) -> Iterator[ast.expr]:
    """A for A * B, A / B, A + B and A - B"""
    match node:
        case ast.BinOp(left=a, op=ast.Mult() | ast.Add() | ast.Sub(), right=b):
            yield from (a, b)
        case ast.BinOp(left=a, op=ast.Div()):
            yield a


def factors(names: tuple[str, ...]) -> Slip:
    """The whole formula times or divided by a dimension or 2, or negated"""

    def rewrite(node: ast.expr) -> Iterator[ast.expr]:
        yield ast.UnaryOp(ast.USub(), node)
        for factor in (*map(_name, names), ast.Constant(2)):
            yield _times(node, ast.Div(), factor)
            yield _times(node, ast.Mult(), factor)

    return rewrite


def activations(pairs: tuple[tuple[str, str], ...]) -> Slip:
    """A * g'(Z) for A"""

    def rewrite(node: ast.expr) -> Iterator[ast.expr]:
        if not isinstance(node, ast.BinOp | ast.Name | ast.Attribute | ast.Call):
            return
        for function, argument in pairs:
            slope = ast.Call(ast.Call(_name("diff"), [_name(function)], []), [_name(argument)], [])
            yield _times(node, ast.Mult(), slope)

    return rewrite


def terms(names: tuple[str, ...], scales: tuple[str, ...]) -> Slip:
    """The whole formula plus or minus an array that has a name, with or without a factor"""

    def rewrite(node: ast.expr) -> Iterator[ast.expr]:
        for name in names:
            scaled = [_name(name), *(_times(_name(s), ast.Mult(), _name(name)) for s in scales),
                      *(_times(_name(name), ast.Div(), _name(s)) for s in scales)]
            for term, operator in product(scaled, (ast.Add(), ast.Sub())):
                yield _times(node, operator, term)
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                for term, operator in product(scaled, (ast.Add(), ast.Sub())):
                    yield _times(_times(node.left, operator, term), ast.Div(), node.right)

    return rewrite


def _name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


@dataclass(frozen=True)
class Suspicion:
    """A slip by name, and whether it is looked for in the parts of a formula too."""

    name: str
    slip: Slip
    in_parts: bool = True


TRANSPOSE = Suspicion("a transpose", transpose)
ORDER = Suspicion("the order of a product", order)
WHOLE_TRANSPOSE = Suspicion("a transpose", whole_transpose, in_parts=False)
SIGN = Suspicion("a sign", sign)
AXIS = Suspicion("an axis", axis)
KIND = Suspicion("@ and * confused", kind_of_product)
NUMBER = Suspicion("a number too much", superfluous_number)
TOO_MUCH = Suspicion("something too much", too_much)


def variants(node: ast.expr, suspicions: tuple[Suspicion, ...]) -> Iterator[Variant]:
    """Every formula that one slip leads to, each once, slip after slip."""
    seen = {ast.unparse(node)}
    for suspicion in suspicions:
        formulas = _anywhere(node, suspicion.slip) if suspicion.in_parts else suspicion.slip(node)
        yield from _new(suspicion.name, formulas, seen)


def _new(name: str, formulas: Iterator[ast.expr], seen: set[str]) -> Iterator[Variant]:
    for formula in formulas:
        text = ast.unparse(formula)
        if text not in seen and ".T.T" not in text:
            seen.add(text)
            yield Variant(text, name)


def _anywhere(node: ast.expr, slip: Slip) -> Iterator[ast.expr]:
    """The slip at a node or below it; not inside of grad, shapes and indices, where nothing is meant otherwise."""
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
        case ast.Call(func=ast.Name(id=name) as f, args=args, keywords=words) if name not in (
            "grad", "jac", "ones", "zeros", "eye"
        ):
            for k, a in enumerate(args):
                yield lambda x, k=k: ast.Call(f, [*args[:k], x, *args[k + 1:]], words), a  # type: ignore[misc]
