r"""Formulas -> the claims language: matrices with @ and *, entries with indices, sums over an index along an axis.

    dW^{[2]} = \frac{1}{m} dZ^{[2]} A^{[1]T}                     dW2 == 1 / m * dZ2 @ A1.T
    z_j^2 = \sum_k w_{jk}^2 a_k^1 + b_j^2                        z2[j, 0] == sum(W2[j, :] * x[:, 0]) + b2[j, 0]

A free index is an index of the claims language; an index under a sum is an axis.  What products mean depends on shapes,
and these the reader of claims knows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from ..arrays.shapes import Shape, has_one_element, show
from ..arrays.values import Constant, Dimension, Value
from ..claims.errors import Misfit
from ..claims.expressions import Reader
from ..claims.reading import parsed, read
from ..claims.scope import Function, ScalarFunction, Scope
from . import formula as f
from .errors import LatexError, UnknownName
from .model import Model, claims_name

SUM, PRODUCT, UNARY, POWER, ATOM = range(5)
ELEMENTWISE = frozenset(["log", "exp", "tanh", "sqrt", "erf", "relu", "sigmoid", "softplus", "sign", "leaky_relu"])


@dataclass(frozen=True)
class Piece:
    """Text of the claims language; `axes` are the bound indices along its axes, None for arrays as they are."""

    text: str
    level: int
    axes: tuple[str, ...] | None = None

    def at(self, level: int) -> str:
        """In brackets if it binds less tightly than `level`."""
        return f"({self.text})" if self.level < level else self.text


class Writer:
    """Writes the formulas of one statement; definitions of gradients are shared by all statements of a section."""

    def __init__(self, model: Model, shared: dict[str, str], defined: Sequence[str] = (), by: str = "") -> None:
        self.model, self.shared, self.by = model, shared, by
        self.defined = list(defined)  # names that formulas above have defined
        self.indices: dict[str, tuple[str, Any]] = {}  # free index -> (its name, its size)
        self.bound: list[str] = []

    def write(self, formula: f.Formula) -> Piece:
        """The text of a formula.  Raises LatexError for what has no meaning in the model."""
        method = getattr(self, f"_{type(formula).__name__.lower()}", None)
        if method is None:
            raise LatexError(formula.at, "this is not read here")
        return method(formula)

    # --- shapes -------------------------------------------------------------------------------------------------------

    def value(self, text: str) -> Value | None:
        """What a text means; nothing where shapes do not fit."""
        reader = Reader(text, self.scope())
        try:
            found = reader.meaning(parsed(text, "eval").body)  # type: ignore[attr-defined]
        except Misfit:
            return None
        return found if isinstance(found, Value) else None

    def scope(self) -> Scope:
        """Every name that may be used so far."""
        return _scope("".join(f"{line}\n" for line in (self.model.claims.rstrip("\n"), *self.lines())))

    def lines(self) -> list[str]:
        """What stands between the model and the assert."""
        found = [*(f"{name} = {text}" for name, text in self.shared.items()), *self.defined]
        return found + [f"{name} = index({size})" for name, size in self.indices.values()]

    def shape(self, piece: Piece) -> Shape | None:
        found = self.value(piece.text)
        return None if found is None else found.shape

    # --- names --------------------------------------------------------------------------------------------------------

    def _var(self, v: f.Var) -> Piece:
        if v.letter == "e" and "e" not in self.model.names:
            return Piece("exp(1)", ATOM)
        if v == f.Var("L") and "L" not in self.model.names and self.model.depth:
            return Piece(str(self.model.depth), ATOM)
        if v.letter == "pi" and "pi" not in self.model.names:
            raise UnknownName(v.at, "the number pi is not read")
        if v.letter in ("delta", "Delta") and not v.is_gradient and not self.known(v):
            v = f.Var("z" if v.letter == "delta" else "Z", v.layer, v.entry, v.sample, True, v.sub, at=v.at)
        name = self.gradient(v) if v.is_gradient else self.name(v)
        piece = Piece(name, ATOM)
        if v.entry is None and v.sample is None:
            return piece
        entry = (*(v.entry or ()), *([v.sample] if v.sample else ()))
        if v.entry is None:
            return self.column(piece, v)
        if v.letter in ("w", "W") and len(entry) == 1 and not v.is_gradient:
            return self.row_of(piece, v)
        return self.entry(piece, entry, v.at)

    def known(self, v: f.Var) -> bool:
        return self.spelled(v.letter, v.layer) in self.model.names

    def row_of(self, piece: Piece, v: f.Var) -> Piece:
        """w_1^T is the first row of W."""
        (place,) = v.entry or ()
        found = self.value(piece.text)
        if found is not None and has_one_element(found.shape[1:]):
            return self.entry(piece, (place,), v.at)
        return Piece(f"{piece.text}[{self.selector(place, found.shape[0] if found else 1, v.at)}, :][:, None]", ATOM)

    def column(self, piece: Piece, v: f.Var) -> Piece:
        """x^{(i)} is a column of X."""
        found = self.value(piece.text)
        if v.sample is None or found is None or len(found.shape) != 2:
            raise LatexError(v.at, f"{piece.text} has no samples")
        if found.shape[0] == 1:
            return self.entry(piece, (v.sample,), v.at)
        return Piece(f"{piece.text}[:, {self.selector(v.sample, found.shape[1], v.at)}][:, None]", ATOM)

    def spelled(self, letter: str, layer: f.Place | None) -> str:
        number = self.number(layer) if layer is not None else None
        name = claims_name(letter.replace("hat", "")) if number is None else f"{letter}{number}"
        if name.rstrip("'") != name:
            name = name.rstrip("'") + "p" * (len(name) - len(name.rstrip("'")))
        return name

    def number(self, layer: f.Place) -> int:
        """L is the last layer."""
        if layer.letter == "L":
            return self.model.depth + layer.offset
        if layer.letter:
            raise LatexError(0, f"the layer {layer} has no number")
        return layer.offset

    def name(self, v: f.Var) -> str:
        """The name of the claims language for a letter and its layer."""
        names, model = self.scope().names, self.model
        tried = self.spelled(v.letter, v.layer)
        swapped = self.spelled(v.letter.swapcase(), v.layer) if len(v.letter) == 1 else tried
        candidates = [tried]
        if v.letter in ("a", "A") and v.layer is not None and self.number(v.layer) == model.first:
            candidates += ["x" if v.letter == "a" else "X"]
        if v.letter in ("yhat", "Yhat") and v.layer is None and model.depth:
            candidates += [f"{'a' if v.letter == 'yhat' else 'A'}{model.depth}"]
        if v.layer is None and model.depth == model.first + 1:
            candidates += [f"{v.letter}{model.depth}"]
        if v.letter == "w" or v.entry is not None or v.sample is not None or "X" not in names:
            candidates += [swapped]
            if v.layer is None and model.depth == model.first + 1:
                candidates += [f"{v.letter.swapcase()}{model.depth}"]
            if v.letter in "aA" and v.layer is not None and self.number(v.layer) == model.first:
                candidates += ["X" if v.letter == "a" else "x"]
        if v.letter in ("J", "L", "C") and v.layer is None:
            candidates.append(model.loss)
        for name in candidates:
            if isinstance(names.get(name), Value):
                return name
        shown = tried if not v.sub or v.entry is not None else f"{tried}_{v.sub}"
        raise UnknownName(v.at, f"unknown name {shown}", model.near(tried))

    def gradient(self, v: f.Var) -> str:
        """dZ2, defined as grad(J, Z2), times m where 1/m stands late"""
        target = self.name(f.Var(v.letter, v.layer, v.entry, v.sample, sub=v.sub, at=v.at))
        name = f"d{target}"
        if isinstance(self.model.names.get(name), Value):
            return name
        self.define(name, target)
        return name

    def define(self, name: str, target: str) -> None:
        """dZ2 by the formula that the model supplies, after what that is made of; else as m grad(J, Z2)."""
        if name in self.shared:
            return
        text = self.model.gradients.get(name)
        for below in re.findall(r"\bd[A-Za-z]\d*\b", text or ""):
            self.define(below, below[1:])
        self.shared[name] = text or f"{self.model.scale(target)}grad({self.model.loss}, {target})"

    def gradient_of(self, side: f.Formula) -> str:
        """The variable that a side is the gradient of; nothing if it is anything else."""
        match side:
            case f.Var(letter, layer, None, None) if side.is_gradient or (
                letter in ("delta", "Delta") and not self.known(side)
            ):
                found = side if side.is_gradient else f.Var("z" if letter == "delta" else "Z", layer, sub=side.sub)
                target = self.name(replace(found, is_gradient=False))
                return "" if isinstance(self.model.names.get(f"d{target}"), Value) else target
        return ""

    # --- entries ------------------------------------------------------------------------------------------------------

    def entry(self, piece: Piece, places: Sequence[f.Place], at: int) -> Piece:
        """X[j, k]: a position for each axis that is longer than 1."""
        found = self.value(piece.text)
        if found is None:
            raise LatexError(at, f"the shapes in {piece.text} do not fit")
        shape, selectors, axes = found.shape, [], []
        waiting = list(places)
        for axis, size in enumerate(shape):
            longer = sum(s != 1 for s in shape[axis:])
            if not waiting or (size == 1 and len(waiting) <= longer):
                selectors.append("0")
                continue
            place = waiting.pop(0)
            if place.letter in self.bound:
                if place.offset:
                    raise LatexError(at, f"the index {place} under a sum is not read")
                selectors.append(":")
                axes.append(place.letter)
            else:
                selectors.append(self.selector(place, size, at))
        if waiting or len(set(axes)) < len(axes):
            raise LatexError(at, f"{piece.text} has shape {show(shape)}, not {len(places)} indices")
        if selectors[: len(shape)].count("0") and not places:
            return piece
        text = f"{piece.at(ATOM)}[{', '.join(selectors)}]" if shape else piece.text
        return self.ordered(Piece(text, ATOM, tuple(axes)), at)

    def ordered(self, piece: Piece, at: int) -> Piece:
        """The axes in the order in which their sums are written."""
        axes = piece.axes or ()
        wanted = tuple(sorted(axes, key=self.bound.index))
        if wanted == axes:
            return piece
        if wanted != axes[::-1]:
            raise LatexError(at, "indices under more than two sums, in another order than the sums, are not read")
        return Piece(f"{piece.at(ATOM)}.T", ATOM, wanted)

    def selector(self, place: f.Place, size: Any, at: int) -> str:
        """A position that counts from 0; a free index gets a name and a size."""
        if not place.letter:
            if place.offset < 1:
                raise LatexError(at, f"entries count from 1, not {place.offset}")
            return str(place.offset - 1)
        if place.offset:
            raise LatexError(at, f"the index {place} is not read")
        if place.letter not in self.indices:
            taken = self.scope().names
            name = next(n for n in (place.letter, *(f"{place.letter}_{k}" for k in range(9))) if n not in taken)
            self.indices[place.letter] = name, size
        return self.indices[place.letter][0]

    def _entry(self, e: f.Entry) -> Piece:
        inner = self.write(e.inner)
        if inner.axes is not None and inner.axes:
            raise LatexError(e.at, "an entry of an entry")
        return self.entry(inner, e.entry, e.at)

    def _kronecker(self, d: f.Kronecker) -> Piece:
        """eye(n)[j, k]; its size is that of an index whose size is known."""
        size = next((self.indices[p.letter][1] for p in (d.left, d.right) if p.letter in self.indices), None)
        if size is None:
            raise LatexError(d.at, "the range of the indices is not known here", "write it after other factors")
        return self.entry(Piece(f"eye({size})", ATOM), (d.left, d.right), d.at)

    def aligned(self, pieces: Sequence[Piece], at: int) -> tuple[list[Piece], tuple[str, ...] | None]:
        """Pieces with the same axes, for an operation element by element."""
        if all(p.axes is None for p in pieces):
            return list(pieces), None
        union = tuple(i for i in self.bound if any(i in (p.axes or ()) for p in pieces))
        found = []
        for piece in pieces:
            if piece.axes is None:
                shape = self.shape(piece)
                if shape is None or not has_one_element(shape):
                    raise LatexError(at, f"entries and the array {piece.text} are mixed", "write its indices too")
                piece = Piece(f"{piece.at(ATOM)}[{', '.join('0' * len(shape))}]", ATOM, ()) if shape else piece
            axes = piece.axes or ()
            if axes and axes != union:
                inside = ", ".join(":" if i in axes else "None" for i in union)
                piece = Piece(f"{piece.at(ATOM)}[{inside}]", ATOM, union)
            found.append(piece)
        return found, union

    # --- operations ---------------------------------------------------------------------------------------------------

    def _num(self, n: f.Num) -> Piece:
        value = n.value
        return Piece(str(Decimal(value.numerator) / Decimal(value.denominator)), ATOM)  # a decimal fraction as written

    def _add(self, a: f.Add) -> Piece:
        inner = [(isinstance(t, f.Neg), self.write(t.inner if isinstance(t, f.Neg) else t)) for t in a.terms]
        pieces, axes = self.aligned([p for _, p in inner], a.at)
        text = ""
        for (negative, _), piece in zip(inner, pieces, strict=True):
            shown = piece.at(PRODUCT)
            text += f" {'-' if negative else '+'} {shown}" if text else f"-{piece.at(UNARY)}" if negative else shown
        return Piece(text, SUM, axes)

    def _neg(self, n: f.Neg) -> Piece:
        inner = self.write(n.inner)
        return Piece(f"-{inner.at(PRODUCT)}", SUM, inner.axes)

    def _hadamard(self, h: f.Hadamard) -> Piece:
        pieces, axes = self.aligned([self.write(x) for x in h.factors], h.at)
        return Piece(" * ".join(p.at(UNARY if k else PRODUCT) for k, p in enumerate(pieces)), PRODUCT, axes)

    def _div(self, d: f.Div) -> Piece:
        (top, bottom), axes = self.aligned([self.write(d.top), self.write(d.bottom)], d.at)
        return Piece(f"{top.at(PRODUCT)} / {bottom.at(UNARY)}", PRODUCT, axes)

    def _mul(self, m: f.Mul) -> Piece:
        """From left to right; @ for arrays, * for numbers, entries, and one-element arrays where @ does not fit."""
        found = [None if isinstance(x, f.Kronecker) else self.write(x) for x in m.factors]
        pieces = [p or self.write(x) for p, x in zip(found, m.factors, strict=True)]  # deltas last: they need sizes
        if any(p.axes is not None for p in pieces):
            pieces, axes = self.aligned(pieces, m.at)
            return Piece(" * ".join(p.at(UNARY if k else PRODUCT) for k, p in enumerate(pieces)), PRODUCT, axes)
        result = pieces[0]
        for piece in pieces[1:]:
            sign = self.sign(result, piece)
            result = Piece(f"{result.at(PRODUCT)} {sign} {piece.at(UNARY)}", PRODUCT)
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
            return Piece(f"exp({inner.text})", ATOM, inner.axes)
        base, exponent = self.write(p.base), self.write(p.exponent)
        if not isinstance(self.value(exponent.text), Constant | None) and not exponent.text.strip("-()").isdigit():
            raise LatexError(p.at, "the exponent is no number", r"write \exp(y \log x)")
        shape = self.shape(base) if base.axes is None else ()
        if not p.circle and shape and len(shape) == 2 and shape[0] == shape[1] and not has_one_element(shape):
            raise LatexError(p.at, "a power of a square matrix", r"write A^{\circ 2} entry by entry, or A A")
        if not p.circle and shape and exponent.text.startswith("-") and not has_one_element(shape):
            raise LatexError(p.at, "a negative power of a matrix that is not square", r"write A^{\circ -1}")
        return Piece(f"{base.at(ATOM)} ** {exponent.at(POWER)}", POWER, base.axes)

    def _transposed(self, t: f.Transposed) -> Piece:
        inner = self.write(t.inner)
        if inner.axes:
            raise LatexError(t.at, "an entry has no transpose")
        return Piece(f"{inner.at(ATOM)}.T", ATOM, inner.axes)

    def _norm(self, n: f.Norm) -> Piece:
        inner = self.write(n.inner)
        if inner.axes is not None:
            return Piece(f"abs({inner.text})", ATOM, inner.axes)
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
        (left, right), axes = self.aligned([self.write(i.left), self.write(i.right)], i.at)
        return Piece(f"({left.at(SUM)} {i.sign} {right.at(SUM)})", ATOM, axes)

    def _tuple(self, t: f.Tuple) -> Piece:
        return Piece(f"({', '.join(self.write(p).text for p in t.parts)})", ATOM)

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
        front = [self.write(x).at(PRODUCT) for x in factors[: len(factors) - len(moving)]]
        return Piece(" * ".join([*front, text]), PRODUCT if len(names) > 1 or front else ATOM)

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

    # --- functions ----------------------------------------------------------------------------------------------------

    def _apply(self, a: f.Apply) -> Piece:
        names = self.model.names
        if a.function in ("J", "L", "C") and not isinstance(names.get(a.function), ScalarFunction):
            return Piece(self.model.loss, ATOM)
        if isinstance(names.get(a.function), ScalarFunction):
            return Piece(f"{a.function}({', '.join(self.write(x).text for x in a.arguments)})", ATOM)
        if a.function == "np.sum":
            options = "".join(f", {k}={self.option(v)}" for k, v in a.options)
            return Piece(f"sum({self.write(a.arguments[0]).text}{options})", ATOM)
        if a.options:
            raise LatexError(a.at, f"{a.function} takes no argument by name")
        if a.function in ("max", "min") and len(a.arguments) == 2:
            pieces, axes = self.aligned([self.write(x) for x in a.arguments], a.at)
            word = {"max": "maximum", "min": "minimum"}[a.function]
            return Piece(f"{word}({', '.join(p.text for p in pieces)})", ATOM, axes)
        if len(a.arguments) != 1:
            raise LatexError(a.at, f"{a.function} takes one argument, {len(a.arguments)} given")
        inner = self.write(a.arguments[0])
        if a.function in ("trace", "det", "diag"):
            return Piece(f"{a.function}({inner.text})", ATOM)
        if a.function == "lse":
            return Piece(f"log(sum(exp({inner.text}), axis=0, keepdims=True))", ATOM)
        function = self.function(a)
        if function == "identity":
            return Piece("1", ATOM) if a.order else inner
        if function == "softmax":
            if a.order or inner.axes:
                raise LatexError(a.at, "softmax does not act entry by entry")
            return Piece(f"softmax({inner.text}, axis=0)", ATOM)
        spelled = "diff(" * a.order + function + ")" * a.order
        piece = Piece(f"{spelled}({inner.text})", ATOM, inner.axes)
        return Piece(f"diag({piece.text})", ATOM) if a.function == "Sigma" else piece

    def option(self, value: f.Formula) -> str:
        """axis = 1, keepdims = True"""
        if isinstance(value, f.Var) and value.letter in ("True", "False"):
            return value.letter
        return self.write(value).text

    def function(self, a: f.Apply) -> str:
        """Which function of the claims language a letter stands for: that of its layer, or of its argument's."""
        names, acts = self.model.names, self.model.activations
        if a.function in ELEMENTWISE or a.function == "softmax":
            return a.function
        if a.layer is None and isinstance(names.get(a.function), Function):
            return a.function
        if a.layer is not None:
            number = self.number(a.layer)
            if number not in acts:
                raise UnknownName(a.at, f"there is no activation of a layer {number}")
            return acts[number]
        if a.function == "sigma" and "sigma" not in names:
            return "sigmoid"
        inside = a.arguments[0]
        if isinstance(inside, f.Var) and inside.layer is not None and (number := self.number(inside.layer)) in acts:
            return acts[number]
        if len(set(acts.values())) == 1:
            return next(iter(acts.values()))
        raise UnknownName(a.at, f"unknown function {a.function}", "write its layer, as in g^{[1]}" if acts else
                          "declare it in the header: g = function")  # fmt: skip

    # --- derivatives --------------------------------------------------------------------------------------------------

    def _partial(self, p: f.Partial) -> Piece:
        """grad(J, X), jac(y, x) or partials(y, X), and entries of them"""
        if not isinstance(p.by, f.Var) or p.by.is_gradient:
            raise LatexError(p.by.at, "a derivative is taken by a variable")
        by = p.by
        if by.letter in ("a", "A") and by.layer is None and self.model.depth and by.letter not in self.model.names:
            by = replace(by, layer=f.Place("L"))  # nabla_a speaks of the output
        name = self.name(by)
        of = p.of
        entry: tuple[f.Place, ...] = ()
        if isinstance(of, f.Var) and of.entry is not None:
            entry, of = of.entry, f.Var(of.letter, of.layer, sub=of.sub, at=of.at)
        below = p.by.entry or ()
        inner = Piece(self.name(of), ATOM) if isinstance(of, f.Var) and not of.is_gradient else self.write(of)
        if inner.axes:
            raise LatexError(p.at, "what is differentiated stands under a sum", "give it a name")
        above, under = self.value(inner.text), self.value(name)
        if above is None or under is None:
            raise LatexError(p.at, f"the shapes in {inner.text} do not fit")
        if has_one_element(above.shape):
            found = Piece(f"grad({inner.text}, {name})", ATOM)
            return self.entry(found, below, p.at) if below else found
        columns = all(len(v.shape) == 2 and v.shape[1] == 1 for v in (above, under))
        if not entry and not below:
            return Piece(f"{'jac' if columns else 'partials'}({inner.text}, {name})", ATOM)
        if columns:
            return self.entry(Piece(f"jac({inner.text}, {name})", ATOM), (*below, *entry), p.at)
        return self.entry(Piece(f"partials({inner.text}, {name})", ATOM), (*below, *entry), p.at)

    def _primed(self, p: f.Primed) -> Piece:
        if not self.by:
            raise LatexError(p.at, "it is not plain by what this is differentiated", r"write \frac{d}{dz} (...)")
        return Piece(f"grad({self.write(p.inner).text}, {self.by})", ATOM)


@lru_cache(64)
def _scope(claims: str) -> Scope:
    return read(claims, "the model").reader.scope
