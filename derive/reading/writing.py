r"""Formulas -> the claims language: matrices with @ and *, entries with indices, sums over an index along an axis.

    dW^{[2]} = \frac{1}{m} dZ^{[2]} A^{[1]T}                     dW2 == 1 / m * dZ2 @ A1.T
    z_j^2 = \sum_k w_{jk}^2 a_k^1 + b_j^2                        z2[j, 0] == sum(W2[j, :] * x[:, 0]) + b2[j, 0]

A free index is an index of the claims language; an index under a sum is an axis.  What products mean depends on shapes,
and these the reader of claims knows.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from ..arrays.shapes import has_one_element
from ..arrays.values import Constant, Dimension
from . import formula as f
from .calls import Calls
from .errors import LatexError
from .naming import ATOM, PRODUCT, Piece


class Writer(Calls):
    """Writes the formulas of one statement; definitions of gradients are shared by all statements of a section."""

    def write(self, formula: f.Formula) -> Piece:
        """The text of a formula.  Raises LatexError for what has no meaning in the model."""
        method = getattr(self, f"_{type(formula).__name__.lower()}", None)
        if method is None:
            raise LatexError(formula.at, "this is not read here")
        return method(formula)

    def _over(self, o: f.Over) -> Piece:
        """sum_k body: the axis of k is summed; an index of layers is unrolled by whoever calls."""
        if o.sign == "prod":
            raise LatexError(o.at, "of products, those over layers are read")
        if not o.index:
            raise LatexError(o.at, "it is not plain what the sum runs over", r"write \sum_k")
        if o.sign == "sum" and (found := self.over_samples(o)) is not None:
            return found
        if o.index in self.bound or o.index in self.indices:
            raise LatexError(o.at, f"the index {o.index} is used twice")
        self.bound.append(o.index)
        try:
            body = self.write(o.body)
            if body.sample == o.index:
                self.check_bounds(o, replace(body, axes=(o.index,), sample=""))
                return Piece(f"sum({body.text}, axis=0)", ATOM)
            axes = body.axes or ()
            if o.index not in axes:
                raise LatexError(o.at, f"the index {o.index} does not occur in what is summed")
            self.check_bounds(o, body)
        finally:
            self.bound.pop()
        rest = tuple(i for i in axes if i != o.index)
        where = f", axis={axes.index(o.index)}" if rest else ""
        return Piece(f"sum({body.text}{where})", ATOM, rest)

    def over_samples(self, o: f.Over) -> Piece | None:
        """sum_i z^(i) is the sum of the columns of Z, sum_i z^(i) a^(i)T is Z A^T; nothing for other sums."""
        factors = o.body.factors if isinstance(o.body, f.Mul) else (o.body,)
        moving = [x for x in factors if any(isinstance(p, f.Var) and p.sample == f.Place(o.index) for p in f.parts(x))]
        inner = [x.inner if isinstance(x, f.Transposed) else x for x in moving]
        plain = [replace(x, sample=None) for x in inner if isinstance(x, f.Var)]
        if len(plain) != len(moving) or any(v.entry is not None for v in plain):
            return None
        shapes = [isinstance(x, f.Transposed) for x in moving]
        if shapes not in ([False], [False, True]) or list(factors[-len(moving) :]) != moving:
            return None
        names = [self.write(replace(v, letter=self.capital(v))) for v in plain]
        sizes = [self.shape(name) for name in names]
        if any(n is None or len(n) != 2 or n[0] == 1 for n in sizes):
            return None
        self.check_bounds(o, Piece(names[0].text, ATOM, ("", o.index)))
        text = (
            f"sum({names[0].text}, axis=1, keepdims=True)"
            if len(names) == 1
            else f"{names[0].text} @ {names[1].text}.T"
        )
        front = [self.write(x) for x in factors[: len(factors) - len(moving)]]
        if any(p.axes is not None or (shape := self.shape(p)) is None or not has_one_element(shape) for p in front):
            return None
        return Piece(" * ".join([*(p.at(PRODUCT) for p in front), text]), PRODUCT if len(names) > 1 or front else ATOM)

    def capital(self, v: f.Var) -> str:
        """z^(i) is a column of Z."""
        return {"delta": "Delta"}.get(v.letter, v.letter.upper() if len(v.letter) == 1 else v.letter)

    def check_bounds(self, o: f.Over, body: Piece) -> None:
        if o.lower is not None and o.lower != f.Num(Fraction(1)):
            raise LatexError(o.at, f"a sum over {o.index} begins at 1")
        if o.upper is None:
            return
        shape = self.shape(body)
        size = shape[(body.axes or ()).index(o.index)] if shape else None
        upper = self.value(self.write(o.upper).text)
        known = (
            upper.name if isinstance(upper, Dimension) else int(upper.value) if isinstance(upper, Constant) else None
        )
        if size is not None and known != size:
            raise LatexError(o.at, f"the sum over {o.index} ends at {known}, but there are {size} terms")


__all__ = ["Piece", "Writer"]
