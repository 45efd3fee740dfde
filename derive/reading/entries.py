r"""Formulas in entries -> index expressions: \sum_k w_{jk} a_k is Sum(k, Mul(Entry(W, j, k), Entry(A, k, 0)))."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ..element import Lowering, size
from ..functions import BY_NAME, composed
from ..kernel import index as ix
from ..shapes import shape_of
from . import formula as f
from .errors import LatexError, UnknownName
from .expressions import Names


class EntryReader:
    """One method for each kind of formula; indices get their sizes from the arrays in which they stand."""

    def __init__(self, names: Names, sizes: Mapping[str, int | str] | None = None) -> None:
        self.names = names
        self.sizes = dict(sizes or {})  # of indices that stand only in deltas: the other side of the equation says them

    def read(self, formula: f.Formula) -> ix.Expr:
        """Raises LatexError for what is no formula in entries."""
        for part in f.parts(formula):
            if isinstance(part, f.Var) and part.entry:
                for place, n in self.placed(part):
                    self.sizes.setdefault(place.letter, size(n))
        deltas = [{p.left.letter, p.right.letter} for p in f.parts(formula) if isinstance(p, f.Kronecker)]
        for pair in deltas * len(deltas):
            for letter in pair:
                if known := [self.sizes[x] for x in pair if x in self.sizes]:
                    self.sizes.setdefault(letter, known[0])
        return self.build(formula)

    def build(self, formula: f.Formula) -> ix.Expr:
        method = getattr(self, f"_{type(formula).__name__.lower()}", None)
        if method is None:
            raise LatexError(formula.at, "this is not read in entries")
        found: ix.Expr = method(formula)
        return found

    def array(self, v: f.Var) -> tuple[str, Any]:
        """The name and the symbol of an array; w_jk is an entry of W."""
        name = self.names.name(replace(v, entry=None))
        for tried in (name, name.replace("w", "W")):
            if tried in self.names.symbols:
                return tried, self.names.symbols[tried]
        raise UnknownName(v.at, f"unknown name {name}")

    def placed(self, v: f.Var) -> list[tuple[f.Place, Any]]:
        """Which index stands at which axis: axes of size 1 are not written."""
        shape = shape_of(self.array(v)[1]) or ()
        entry = v.entry or ()
        axes = [n for n in shape if n != 1] if len(entry) < len(shape) else list(shape)
        if len(axes) != len(entry):
            raise LatexError(v.at, f"{v.letter} has {len(axes)} indices, {len(entry)} are written")
        return list(zip(entry, axes, strict=True))

    def position(self, place: f.Place) -> ix.Position:
        if not place.letter:
            return place.offset - 1
        if place.letter not in self.sizes:
            raise LatexError(0, f"the range of the index {place.letter} is not known here")
        index = ix.Index(place.letter, self.sizes[place.letter])
        return ix.Shifted(index, place.offset) if place.offset else index

    def entry(self, v: f.Var) -> ix.Entry:
        name, symbol = self.array(v)
        waiting = [p for p, _ in self.placed(v)]
        shape = shape_of(symbol) or ()
        every = len(waiting) == len(shape)
        return ix.Entry(name, tuple(self.position(waiting.pop(0)) if every or n != 1 else 0 for n in shape))

    def _var(self, v: f.Var) -> ix.Expr:
        _, symbol = self.array(v)
        sizes = {s for x in self.names.symbols.values() for n in shape_of(x) or () for s in n.free_symbols}
        return ix.Dim(str(symbol)) if symbol in sizes else self.entry(v)

    def _num(self, n: f.Num) -> ix.Expr:
        return ix.Number(n.value)

    def _add(self, a: f.Add) -> ix.Expr:
        return ix.Add(tuple(map(self.build, a.terms)))

    def _neg(self, n: f.Neg) -> ix.Expr:
        return ix.Mul((ix.Number(Fraction(-1)), self.build(n.inner)))

    def _mul(self, m: f.Mul) -> ix.Expr:
        return ix.Mul(tuple(map(self.build, m.factors)))

    def _hadamard(self, h: f.Hadamard) -> ix.Expr:
        return ix.Mul(tuple(map(self.build, h.factors)))

    def _div(self, d: f.Div) -> ix.Expr:
        return ix.Mul((self.build(d.top), ix.Pow(self.build(d.bottom), Fraction(-1))))

    def _power(self, p: f.Power) -> ix.Expr:
        if not isinstance(p.exponent, f.Num):
            raise LatexError(p.at, "the exponent is no number")
        return ix.Pow(self.build(p.base), p.exponent.value)

    def _over(self, o: f.Over) -> ix.Expr:
        if o.sign != "sum" or o.lower is not None or o.upper is not None or o.index not in self.sizes:
            raise LatexError(o.at, "of sums, those over an index of entries are read")
        return ix.Sum(ix.Index(o.index, self.sizes[o.index]), self.build(o.body))

    def _kronecker(self, d: f.Kronecker) -> ix.Expr:
        return ix.Delta(self.position(d.left), self.position(d.right))

    def _indicator(self, i: f.Indicator) -> ix.Expr:
        if i.sign != ">" or i.right != f.Num(Fraction(0)):
            raise LatexError(i.at, "of indicators, [x > 0] is read")
        return ix.Positive(self.build(i.left))

    def _apply(self, a: f.Apply) -> ix.Expr:
        if isinstance(a.arguments[0], f.Var) and a.function in {str(x.args[0]) for x in self.names.losses.values()}:
            return Lowering().number(self.names.losses[self.array(a.arguments[0])[1]])
        if len(a.arguments) != 1:
            raise LatexError(a.at, f"{a.function} takes one argument, {len(a.arguments)} given")
        name = "sigmoid" if a.function == "sigma" else a.function
        layer = self.names.layer(a.layer) if a.layer is not None else ""
        known = name in BY_NAME or name in composed()
        return ix.Apply(name if known else f"{name}{layer}", a.order, self.build(a.arguments[0]))

    def _partial(self, p: f.Partial) -> ix.Expr:
        """dJ/dw_jk is an entry of dW; dC/da_j the derivative of a generic loss."""
        if not isinstance(p.by, f.Var) or not isinstance(p.of, f.Var):
            raise LatexError(p.at, "of derivatives, those of the loss by an entry are read")
        entry = self.entry(p.by)
        loss = self.names.losses.get(self.names.symbols[entry.array])
        if loss is not None and p.of.letter == str(loss.args[0]):
            whole = Lowering().number(loss)
            assert isinstance(whole, ix.ScalarFunction)
            return replace(whole, by=((0, entry.at),))
        return ix.Entry(f"d{entry.array}", entry.at)
