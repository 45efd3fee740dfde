"""The slips that people make when they write gradients by hand, each undone by one function.

A slip goes from a node of the syntax tree to what might have been meant there.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from itertools import product

Slip = Callable[[ast.expr], Iterator[ast.expr]]
ALONG_AXES = ("sum", "mean", "max", "norm2")
MATMUL, TIMES, DIVIDED, PLUS, MINUS = ast.MatMult(), ast.Mult(), ast.Div(), ast.Add(), ast.Sub()


def name(text: str) -> ast.expr:
    """A name as an expression."""
    return ast.Name(text, ast.Load())


def number(value: int) -> ast.expr:
    """A number as an expression."""
    return ast.Constant(value)


def transposed(node: ast.expr) -> ast.expr:
    """X.T for X, X for X.T"""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())


def slope(function: str, argument: str) -> ast.expr:
    """diff(g)(Z)"""
    return ast.Call(ast.Call(name("diff"), [name(function)], []), [name(argument)], [])


def transpose(node: ast.expr) -> Iterator[ast.expr]:
    """X for X.T, X.T for X"""
    if isinstance(node, ast.Name | ast.Attribute | ast.Call):
        yield transposed(node)


def whole_transpose(node: ast.expr) -> Iterator[ast.expr]:
    """A.T for A"""
    yield transposed(node)


def order(node: ast.expr) -> Iterator[ast.expr]:
    """B @ A for A @ B, with and without transposes"""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        yield from _products(node.left, node.right)


def _products(a: ast.expr, b: ast.expr) -> Iterator[ast.expr]:
    for x, y in ((a, b), (b, a)):
        for first, second in product((x, transposed(x)), (y, transposed(y))):
            yield ast.BinOp(first, MATMUL, second)


def kind_of_product(node: ast.expr) -> Iterator[ast.expr]:
    """A * B for A @ B, A @ B for A * B, (A @ B) * C for A @ (B * C)"""
    match node:
        case ast.BinOp(left=a, op=ast.MatMult(), right=ast.BinOp(left=b, op=ast.Mult(), right=c)):
            yield ast.BinOp(ast.BinOp(a, MATMUL, b), TIMES, c)
            yield ast.BinOp(a, TIMES, ast.BinOp(b, TIMES, c))
        case ast.BinOp(left=ast.BinOp(left=a, op=ast.MatMult(), right=b), op=ast.Mult(), right=c):
            yield ast.BinOp(a, MATMUL, ast.BinOp(b, TIMES, c))
            yield ast.BinOp(ast.BinOp(a, MATMUL, b), MATMUL, c)
        case ast.BinOp(left=a, op=ast.MatMult(), right=b):
            yield ast.BinOp(a, TIMES, b)
        case ast.BinOp(left=a, op=ast.Mult(), right=b):
            yield from _products(a, b)


def brackets(node: ast.expr) -> Iterator[ast.expr]:
    """(a - b) / c for a - b / c, a @ (b + c) for a @ b + c"""
    match node:
        case ast.BinOp(left=a, op=ast.Add() | ast.Sub() as o, right=ast.BinOp(left=b, op=p, right=c)) if _joins(p):
            yield ast.BinOp(ast.BinOp(a, o, b), p, c)
    match node:  # both may fit
        case ast.BinOp(left=ast.BinOp(left=a, op=p, right=b), op=ast.Add() | ast.Sub() as o, right=c) if _joins(p):
            yield ast.BinOp(a, p, ast.BinOp(b, o, c))


def _joins(operator: ast.operator) -> bool:
    return isinstance(operator, ast.Mult | ast.Div | ast.MatMult)


def sign(node: ast.expr) -> Iterator[ast.expr]:
    """B - A for A - B, A + B for A - B, A for -A"""
    match node:
        case ast.BinOp(left=a, op=ast.Add(), right=b):
            yield ast.BinOp(a, MINUS, b)
        case ast.BinOp(left=a, op=ast.Sub(), right=b):
            yield from (ast.BinOp(b, MINUS, a), ast.BinOp(a, PLUS, b))
        case ast.UnaryOp(op=ast.USub(), operand=a):
            yield a


def negative(node: ast.expr) -> Iterator[ast.expr]:
    """-A for A"""
    yield ast.UnaryOp(ast.USub(), node)


def axis(node: ast.expr) -> Iterator[ast.expr]:
    """axis=0 for axis=1, keepdims=True added or left out, an axis where there is none"""
    match node:
        case ast.Call(func=ast.Name(id=called), args=[array], keywords=words) if called in ALONG_AXES:
            given = {word.arg: word.value for word in words}
            for options in ({"axis": 0}, {"axis": 1}, {"axis": 0, "keepdims": True}, {"axis": 1, "keepdims": True}, {}):
                if {key: getattr(value, "value", value) for key, value in given.items()} != options:
                    yield _along(called, array, options)
        case ast.Call(func=ast.Name(id="softmax"), args=[array], keywords=[ast.keyword(arg="axis")]):
            yield from (_along("softmax", array, {"axis": k}) for k in (0, 1))


def missing_sum(node: ast.expr) -> Iterator[ast.expr]:
    """sum(A, axis=1, keepdims=True) for A"""
    for k, kept in product((1, 0), (True, False)):
        yield _along("sum", node, {"axis": k, "keepdims": True} if kept else {"axis": k})
    yield _along("sum", node, {})


def _along(called: str, array: ast.expr, options: dict[str, int]) -> ast.expr:
    return ast.Call(name(called), [array], [ast.keyword(key, number(value)) for key, value in options.items()])


def power(node: ast.expr) -> Iterator[ast.expr]:
    """A ** 2 for A, A ** 2 for A ** 3, A for A ** 2"""
    match node:
        case ast.BinOp(left=a, op=ast.Pow(), right=ast.Constant(value=int(k))):
            yield from (ast.BinOp(a, ast.Pow(), number(q)) for q in (k - 1, k + 1) if q > 1)
            yield a
        case ast.Name() | ast.Call() | ast.Attribute():
            yield ast.BinOp(node, ast.Pow(), number(2))


def superfluous_factor(names: tuple[str, ...]) -> Slip:
    """A for 2 * A, A * 2, A / 2, A / m and m * A"""

    def is_factor(node: ast.expr) -> bool:
        return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id in names)

    def undo(node: ast.expr) -> Iterator[ast.expr]:
        match node:
            case ast.BinOp(left=factor, op=ast.Mult(), right=a) if is_factor(factor):
                yield a
            case ast.BinOp(left=a, op=ast.Mult() | ast.Div(), right=factor) if is_factor(factor):
                yield a

    return undo


def too_much(node: ast.expr) -> Iterator[ast.expr]:
    """A for A * B, A / B, A + B, A - B and A * B * C"""
    match node:
        case ast.BinOp(left=a, op=ast.Mult() | ast.Add() | ast.Sub(), right=b):
            yield from (a, b)
            if isinstance(node.op, ast.Mult) and isinstance(a, ast.BinOp) and isinstance(a.op, ast.Mult):
                yield a.left
        case ast.BinOp(left=a, op=ast.Div()):
            yield a


def missing_factor(factor: ast.expr) -> Slip:
    """A * k for A"""
    return lambda node: iter([ast.BinOp(node, TIMES, factor)])


def missing_divisor(factor: ast.expr) -> Slip:
    """A / k for A"""
    return lambda node: iter([ast.BinOp(node, DIVIDED, factor)])


def in_a_term(slip: Slip) -> Slip:
    """The slip in one of the terms of a sum, not in all of it"""

    def undo(node: ast.expr) -> Iterator[ast.expr]:
        match node:
            case ast.BinOp(left=a, op=ast.Add() | ast.Sub() as o, right=b):
                yield from (ast.BinOp(changed, o, b) for changed in (*slip(a), *undo(a)))
                yield from (ast.BinOp(a, o, changed) for changed in slip(b))

    return undo


def missing_slope(function: str, argument: str) -> Slip:
    """A * g'(Z) for A"""

    def undo(node: ast.expr) -> Iterator[ast.expr]:
        if isinstance(node, ast.BinOp | ast.Name | ast.Attribute | ast.Call):
            yield ast.BinOp(node, TIMES, slope(function, argument))

    return undo


def wrong_slope(function: str, argument: str) -> Slip:
    """A * g'(Z) for A * B and A * B * C, g'(Z) for the whole"""
    right = slope(function, argument)

    def undo(node: ast.expr) -> Iterator[ast.expr]:
        match node:
            case ast.BinOp(left=a, op=ast.Mult(), right=b):
                yield from (ast.BinOp(a, TIMES, right), ast.BinOp(b, TIMES, right))
                if isinstance(a, ast.BinOp) and isinstance(a.op, ast.Mult):
                    yield ast.BinOp(a.left, TIMES, right)

    return undo


def wrong_name(known: tuple[str, ...], likely: tuple[str, ...]) -> Slip:
    """W1 for W2: a name with the number before or after, or a likely one"""

    def undo(node: ast.expr) -> Iterator[ast.expr]:
        if isinstance(node, ast.Name) and node.id in known:
            stem = node.id.rstrip("0123456789")
            count = int(node.id[len(stem) :] or 0)
            for other in dict.fromkeys((*likely, f"{stem}{count - 1}", f"{stem}{count + 1}")):
                if other in known and other != node.id:
                    yield name(other)

    return undo


def symmetric(names: tuple[str, ...]) -> Slip:
    """S + S.T for S and for 2 * S"""

    def undo(node: ast.expr) -> Iterator[ast.expr]:
        match node:
            case ast.Name(id=known) if known in names:
                yield ast.BinOp(node, PLUS, transposed(node))
            case ast.BinOp(left=ast.Constant(value=2), op=ast.Mult(), right=ast.Name(id=known) as s) if known in names:
                yield ast.BinOp(s, PLUS, transposed(s))

    return undo


def missing_term(names: tuple[str, ...], scales: tuple[str, ...]) -> Slip:
    """The whole formula plus or minus an array that has a name, with or without a factor"""

    def undo(node: ast.expr) -> Iterator[ast.expr]:
        for array in names:
            scaled = [name(array), *(ast.BinOp(name(s), TIMES, name(array)) for s in scales),
                      *(ast.BinOp(name(array), DIVIDED, name(s)) for s in scales)]
            for term, operator in product(scaled, (PLUS, MINUS)):
                yield ast.BinOp(node, operator, term)
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                    yield ast.BinOp(ast.BinOp(node.left, operator, term), DIVIDED, node.right)

    return undo
