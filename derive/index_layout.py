"""Index expressions -> layouts: w_kj, sums over k, Kronecker deltas, partial derivatives."""

from __future__ import annotations

from fractions import Fraction as Number
from typing import Any

from .errors import UnknownNode
from .functions import BY_NAME, composed
from .kernel import index as ix
from .layout import (
    COMMA,
    MINUS,
    PLUS,
    SUM,
    Big,
    Bracket,
    Fraction,
    Layout,
    Name,
    Root,
    Scripts,
    Sign,
    letter,
    number,
    partial,
    row,
)
from .mathematics import Writer, spaced
from .notation import LOSS, NAME

ADD, MUL, UNIT = range(3)
# beside those of the function table
UPRIGHT = {name: Name(rf"\{name}", name) for name in ("sin", "cos", "sinh", "cosh")}
HALF = Number(1, 2)
KRONECKER = Name(r"\delta", "δ")


class IndexWriter:
    """Writes index expressions in the notation of a writer."""

    def __init__(self, writer: Writer) -> None:
        self.writer, self.style = writer, writer.style

    def __call__(self, expr: ix.Expr) -> Layout:
        return self.write(expr)

    def write(self, expr: ix.Expr, level: int = ADD) -> Layout:
        """The layout, in brackets if it binds less tightly than asked."""
        own, found = self.dispatch(expr)
        return Bracket(found) if own < level else found

    def dispatch(self, expr: ix.Expr) -> tuple[int, Layout]:
        match expr:
            case ix.Number(value):
                shown = (
                    number(abs(value))
                    if value.denominator == 1
                    else Fraction(number(abs(value.numerator)), number(value.denominator))
                )
                return (UNIT, shown) if value >= 0 else (ADD, row(MINUS, shown))
            case ix.Dim(name):
                return UNIT, self.style.variable(name)
            case ix.Entry(name, at):
                return UNIT, self.entry(name, at)
            case ix.Delta(left, right):
                return UNIT, Scripts(KRONECKER, None, self.beside((left, right)))
            case ix.Add(terms):
                return ADD, self.sum(terms)
            case ix.Mul(factors):
                return self.product(factors)
            case ix.Pow(base, exponent):
                return self.power(base, exponent)
            case ix.Sum(index, body):
                return MUL, Big(SUM, letter(index.name), self.write(body, MUL))
            case ix.Positive(arg):
                return UNIT, Bracket(row(self.write(arg), Sign(">", ">"), number(0)), square=True)
            case ix.Apply("pi"):
                return UNIT, letter("pi")
            case ix.Apply(function, order, arg):
                return UNIT, row(self.function(function, order), Bracket(self.write(arg)))
            case ix.ScalarFunction(name, arguments, by):
                return UNIT, self.loss(name, arguments, by)
        raise UnknownNode("the element form", expr)

    def entry(self, name: str, at: tuple[ix.Position, ...]) -> Layout:
        """w_kj of W; the gradient of an entry is a partial derivative where the notation says so."""
        found = NAME.fullmatch(name)
        if found and found["d"] and not self.style.square and found["letter"] not in "zZ":
            return partial(LOSS, self.entry(name[1:], at))
        small = name if not found or found["letter"] in "Jb" else name.replace("W", "w")
        shown = self.style.variable(small)
        below = self.positions(at)
        if below is None:
            return shown
        return Scripts(shown.base, shown.up, below) if isinstance(shown, Scripts) else Scripts(shown, None, below)

    def positions(self, at: tuple[ix.Position, ...]) -> Layout | None:
        """kj; a position 0 of a size 1 is not written."""
        if all(p == 0 for p in at):
            return None
        return self.beside(tuple(p for p in at if p != 0))

    def beside(self, at: tuple[ix.Position, ...]) -> Layout:
        """kj;  k,1"""
        shown = map(self.position, at)
        plain = all(isinstance(p, ix.Index) and len(p.name) == 1 for p in at)
        return row(*shown) if plain else row(*(q for k, p in enumerate(shown) for q in ((COMMA, p) if k else (p,))))

    def position(self, p: ix.Position) -> Layout:
        if isinstance(p, ix.Index):
            return letter(p.name)
        if isinstance(p, ix.Shifted):
            return row(letter(p.index.name), PLUS, number(p.offset))
        return number(p + 1)

    def sum(self, terms: tuple[ix.Expr, ...]) -> Layout:
        parts: list[Layout] = []
        for k, term in enumerate(terms):
            negative, rest = _sign(term)
            if negative or k:
                parts.append(MINUS if negative else PLUS)
            parts.append(self.write(rest, MUL))
        return row(*parts)

    def product(self, factors: tuple[ix.Expr, ...]) -> tuple[int, Layout]:
        negative, rest = _sign(ix.Mul(factors))
        if negative:
            return ADD, row(MINUS, self.write(rest, MUL))
        below = [f for f in factors if isinstance(f, ix.Pow) and f.exponent < 0]
        above = [f for f in factors if f not in below]
        sums = [f for f in above if isinstance(f, ix.Sum)]
        if len(sums) == 1:  # a sum goes last, so that its reach is plain
            above = [*(f for f in above if f is not sums[0]), sums[0]]
        if below and len(above) == 1:
            return MUL, Fraction(self.write(above[0]), self.bottom(below))
        inner = [f for f in above if isinstance(f, ix.Add) or (isinstance(f, ix.Sum) and f is not above[-1])]
        top = spaced(*(self.write(f, UNIT if f in inner else MUL) for f in above)) if above else number(1)
        if not below:
            return MUL, top
        return MUL, Fraction(top, self.bottom(below))

    def bottom(self, below: list[Any]) -> Layout:
        """What stands below the fraction line."""
        parts = [f.base if f.exponent == -1 else ix.Pow(f.base, -f.exponent) for f in below]
        return self.write(parts[0]) if len(parts) == 1 else spaced(*(self.write(p, UNIT) for p in parts))

    def power(self, base: ix.Expr, exponent: Any) -> tuple[int, Layout]:
        if exponent < 0:
            return MUL, Fraction(number(1), self.write(base if exponent == -1 else ix.Pow(base, -exponent)))
        found = self.write(base, UNIT)
        if exponent == HALF:
            return UNIT, Root(self.write(base))
        found = Bracket(found) if isinstance(found, Scripts) and found.up is not None else found
        return UNIT, Scripts(found, number(exponent))

    def function(self, name: str, order: int) -> Layout:
        known = name in BY_NAME or name in composed()
        base = self.writer.elementary(name) if known else UPRIGHT.get(name) or self.style.function(name)
        return self.writer.primed(base, order)

    def loss(self, name: str, arguments: tuple[ix.Array, ...], by: tuple) -> Layout:
        """C(a, y), or its partial derivative by one entry."""
        if by:
            (k, at), *_ = by
            body = arguments[k].body
            assert isinstance(body, ix.Entry)
            return partial(letter(name), self.entry(body.array, at))
        bodies = [
            self.style.variable(a.body.array) if isinstance(a.body, ix.Entry) else self.write(a.body) for a in arguments
        ]
        return row(letter(name), Bracket(row(*(q for k, p in enumerate(bodies) for q in ((COMMA, p) if k else (p,))))))


def _sign(term: ix.Expr) -> tuple[bool, ix.Expr]:
    """(is it negative, the term without its sign)."""
    if isinstance(term, ix.Number) and term.value < 0:
        return True, ix.Number(-term.value)
    if isinstance(term, ix.Mul) and isinstance(term.factors[0], ix.Number) and term.factors[0].value < 0:
        value = term.factors[0].value
        rest = term.factors[1:]
        kept = rest if value == -1 and rest else (ix.Number(-value), *rest)
        return True, kept[0] if len(kept) == 1 else ix.Mul(kept)
    return False, term
