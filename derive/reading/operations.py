"""Operations: sums, products, quotients and powers; whether a product is @ or * depends on the shapes."""

from __future__ import annotations

from decimal import Decimal

from ..arrays.shapes import has_one_element
from ..arrays.values import Constant
from . import formula as f
from .aligning import Aligning
from .errors import LatexError
from .naming import ATOM, POWER, PRODUCT, SUM, UNARY, Piece


class Operations(Aligning):
    """One method for each kind of operation."""

    def _num(self, n: f.Num) -> Piece:
        value = n.value
        return Piece(str(Decimal(value.numerator) / Decimal(value.denominator)), ATOM)  # a decimal fraction as written

    def _add(self, a: f.Add) -> Piece:
        inner = [(isinstance(t, f.Neg), self.write(t.inner if isinstance(t, f.Neg) else t)) for t in a.terms]
        pieces, axes, sample = self.together([p for _, p in inner], a.at)
        text = ""
        for (negative, _), piece in zip(inner, pieces, strict=True):
            shown = piece.at(PRODUCT)
            text += f" {'-' if negative else '+'} {shown}" if text else f"-{piece.at(UNARY)}" if negative else shown
        return Piece(text, SUM, axes, sample)

    def _neg(self, n: f.Neg) -> Piece:
        inner = self.write(n.inner)
        return Piece(f"-{inner.at(PRODUCT)}", SUM, inner.axes, inner.sample)

    def _hadamard(self, h: f.Hadamard) -> Piece:
        pieces, axes, sample = self.together([self.write(x) for x in h.factors], h.at)
        return Piece(" * ".join(p.at(UNARY if k else PRODUCT) for k, p in enumerate(pieces)), PRODUCT, axes, sample)

    def _div(self, d: f.Div) -> Piece:
        (top, bottom), axes, sample = self.together([self.write(d.top), self.write(d.bottom)], d.at)
        return Piece(f"{top.at(PRODUCT)} / {bottom.at(UNARY)}", PRODUCT, axes, sample)

    def _mul(self, m: f.Mul) -> Piece:
        """From left to right; @ for arrays, * for numbers, entries, and one-element arrays where @ does not fit."""
        pieces, axes, sample = self.together([self.write(x) for x in m.factors], m.at)
        if axes is not None:
            return Piece(" * ".join(p.at(UNARY if k else PRODUCT) for k, p in enumerate(pieces)), PRODUCT, axes)
        result = pieces[0]
        for piece in pieces[1:]:
            sign = self.sign(result, piece)
            each = sample if result.sample or piece.sample else ""
            result = Piece(f"{result.at(PRODUCT)} {sign} {piece.at(UNARY)}", PRODUCT, sample=each)
        return result

    def sign(self, left: Piece, right: Piece) -> str:
        a, b = self.shape(left), self.shape(right)
        if a == () or b == ():
            return "*"
        if a is None or b is None or a[-1] == b[max(0, len(b) - 2)]:
            return "@"
        return "*" if has_one_element(a) or has_one_element(b) else "@"

    def _power(self, p: f.Power) -> Piece:
        if isinstance(p.base, f.Var) and p.base.letter == "e" and "e" not in self.model.names:
            inner = self.write(p.exponent)
            return Piece(f"exp({inner.text})", ATOM, inner.axes, inner.sample)
        base = self.write(p.base)
        shape = self.shape(base) if base.axes is None else ()
        square = bool(shape and len(shape) == 2 and shape[0] == shape[1] and not has_one_element(shape))
        if square and not p.circle and (inverse := self.inverse(p, base)):
            return inverse
        exponent = self.write(p.exponent)
        if p.unclear and isinstance(p.base, f.Var):
            self.refuse_powers_of_entries(p, p.base)
        plain = all(isinstance(x, f.Num | f.Neg | f.Div) for x in f.parts(p.exponent))
        if not plain and not isinstance(self.value(exponent.text), Constant | None):
            raise LatexError(p.at, "the exponent is no number", r"write \exp(y \log x)")
        if not p.circle and square:
            raise LatexError(p.at, "a power of a square matrix", r"write A^{\circ 2} entry by entry, or A A")
        if not p.circle and shape and exponent.text.startswith("-") and not has_one_element(shape):
            raise LatexError(p.at, "a negative power of a matrix that is not square", r"write A^{\circ -1}")
        return Piece(f"{base.at(ATOM)} ** {exponent.at(POWER)}", POWER, base.axes, base.sample)

    def refuse_powers_of_entries(self, p: f.Power, base: f.Var) -> None:
        """S^{-1}_{jk} may be an entry of the inverse, S^2_{jk} one of S S: of square matrices neither is read."""
        shape = self.shape(self.array(base))
        if not p.circle and shape and len(shape) == 2 and shape[0] == shape[1] and not has_one_element(shape):
            raise LatexError(p.at, "it is not plain whether this is a power of the entry or an entry of the power",
                             r"write [S^{-1}]_{jk}, or (S_{jk})^{-1}")  # fmt: skip

    def inverse(self, p: f.Power, base: Piece) -> Piece | None:
        """S^{-1} and S^{-T}; nothing for any other power, and for a stack of samples."""
        match p.exponent:
            case f.Neg(f.Num(value=1)) if not base.sample:
                return Piece(f"inv({base.text})", ATOM)
            case f.Neg(f.Var(letter="T")) if not base.sample and "T" not in self.model.names:
                return Piece(f"inv({base.text}).T", ATOM)
        return None

    def _transposed(self, t: f.Transposed) -> Piece:
        inner = self.row(t.inner) or self.write(t.inner)
        if inner.axes is not None:
            entries = any(isinstance(x, f.Var) and x.entry is not None for x in f.parts(t.inner))
            if entries and (inner.axes or isinstance(t.inner, f.Var)):
                raise LatexError(t.at, "an entry has no transpose", "write [A^T]_{jk} for an entry of a transpose")
            return inner  # a number, such as the column of a sample where columns have one entry
        if inner.sample:
            return self.transposed_samples(inner, t.at)
        return Piece(f"{inner.at(ATOM)}.T", ATOM, inner.axes)

    def row(self, v: f.Formula) -> Piece | None:
        """w_1 of w_1^T; nothing for anything else."""
        if not isinstance(v, f.Var) or v.letter not in ("w", "W") or v.is_gradient or len(v.entry or ()) != 1:
            return None
        return self.row_of(self.array(v), v, transposed=True) if v.sample is None else None

    def transposed_samples(self, inner: Piece, at: int) -> Piece:
        """A row for each sample from a column, and the other way round."""
        shape = self.shape(inner)
        if shape is None or len(shape) != 2 or 1 not in shape:
            raise LatexError(at, "of what stands under a sum of samples, columns and rows are transposed",
                             "write (A B)^T as B^T A^T")  # fmt: skip
        turned = "[:, None, :, 0]" if shape[1] == 1 else "[:, 0, :, None]"
        return Piece(f"{inner.at(ATOM)}{turned}", ATOM, sample=inner.sample)

    def _norm(self, n: f.Norm) -> Piece:
        inner = self.write(n.inner)
        if inner.sample:
            return Piece(f"sqrt(sum(({inner.text}) ** 2, axis=(1, 2)))", ATOM, (inner.sample,))
        if inner.axes is not None:
            return Piece(f"abs({inner.text})", ATOM, inner.axes)
        shape = self.shape(inner) or ()
        if n.kind == "2" and len(shape) == 2 and 1 not in shape:
            raise LatexError(n.at, "the 2-norm of a matrix is its largest singular value", r"write \|A\|_F")
        return Piece(f"norm2({inner.text})", ATOM)

    def _ones(self, o: f.Ones) -> Piece:
        sizes = [self.write(s).text for s in o.sizes]
        sizes = sizes if len(sizes) == 2 else ["1", *sizes] if o.transposed else [*sizes, "1"]
        return Piece(f"ones(({', '.join(sizes)}))", ATOM)

    def _unit(self, u: f.Unit) -> Piece:
        if u.size is None:
            raise LatexError(u.at, "the identity has a size", "write I_n")
        return Piece(f"eye({self.write(u.size).text})", ATOM)

    def _indicator(self, i: f.Indicator) -> Piece:
        (left, right), axes, sample = self.together([self.write(i.left), self.write(i.right)], i.at)
        return Piece(f"({left.at(SUM)} {i.sign} {right.at(SUM)})", ATOM, axes, sample)

    def _tuple(self, t: f.Tuple) -> Piece:
        return Piece(f"({', '.join(self.write(p).text for p in t.parts)})", ATOM)
