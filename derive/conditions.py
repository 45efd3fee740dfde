"""What the kernel assumed, "where A1[r,s] > 0", -> formulas in the notation of a document."""

from __future__ import annotations

import ast
import re

from .layout import COMMA, EQUALS, MINUS, PLUS, SUM, Big, Bracket, Fraction, Layout, Scripts, Sign, letter, number, row
from .notation import Notation

RELATIONS = {ast.Gt: Sign(">", ">"), ast.GtE: Sign(r"\ge", "≥"), ast.Eq: EQUALS, ast.NotEq: Sign(r"\ne", "≠")}
RESERVED = "reserved_"  # put before names that Python keeps for itself: lambda


def condition(text: str, style: Notation) -> tuple[str, Layout | str, Layout | None]:
    """("assumed" or "where", the formula, for every which index); a text that is no formula stays one."""
    text, _, every = text.partition(" for every ")
    names = [letter(name) for name in every.split(", ")] if every else []
    indices = row(*(q for k, n in enumerate(names) for q in ((COMMA, n) if k else (n,)))) if names else None
    kind, _, body = text.partition(" ") if text.startswith("where ") else text.partition(": ")
    if kind not in ("assumed", "where"):
        return "where", text, indices
    code = re.sub(r"(?<![<>=!])=(?!=)", "==", re.sub(r"\blambda\b", RESERVED + "lambda", body))
    try:
        return kind, _Reader(style).write(ast.parse(code, mode="eval").body), indices
    except (SyntaxError, ValueError):
        return kind, body, indices


class _Reader:
    """Python's syntax tree of the kernel's short text -> a layout.  Raises ValueError for what it does not know."""

    def __init__(self, style: Notation) -> None:
        self.style = style

    def write(self, node: ast.AST, tight: bool = False) -> Layout:
        match node:
            case ast.Compare(left, [relation], [right]) if type(relation) in RELATIONS:
                return row(self.write(left), RELATIONS[type(relation)], self.write(right))
            case ast.BinOp(left, ast.Add() | ast.Sub() as sign, right):
                subtracted = isinstance(sign, ast.Sub)
                found = row(self.write(left), MINUS if subtracted else PLUS, self.write(right, tight=subtracted))
                return Bracket(found) if tight else found
            case ast.BinOp(left, ast.Mult(), right):
                return row(self.write(left, tight=True), Sign(r"\,", " "), self.write(right, tight=True))
            case ast.BinOp(left, ast.Div(), right):
                return Fraction(self.write(left), self.write(right))
            case ast.BinOp(left, ast.Pow(), right):
                return Scripts(self.write(left, tight=True), self.write(right))
            case ast.Subscript(ast.Name(name), at):
                return self.entry(name, at.elts if isinstance(at, ast.Tuple) else [at])
            case ast.Name(name):
                return self.style.variable(name.removeprefix(RESERVED))
            case ast.Constant(int(value)):
                return number(value)
            case ast.UnaryOp(ast.USub(), operand):
                return row(MINUS, self.write(operand, tight=True))
            case ast.Call(ast.Name(name), [inner]) if name.startswith("sum_"):
                return Big(SUM, letter(name.removeprefix("sum_")), self.write(inner, tight=True))
        raise ValueError(ast.dump(node))

    def entry(self, name: str, at: list[ast.expr]) -> Layout:
        """A_rs; the position 0 of a size 1 is not written."""
        base = self.style.variable(name)
        places = [self.write(p) for p in at if not (isinstance(p, ast.Constant) and p.value == 0)]
        if not places:
            return base
        simple = all(isinstance(p, ast.Name) for p in at)
        below = row(*places) if simple else row(*(q for k, p in enumerate(places) for q in ((COMMA, p) if k else (p,))))
        return Scripts(base.base, base.up, below) if isinstance(base, Scripts) else Scripts(base, None, below)

