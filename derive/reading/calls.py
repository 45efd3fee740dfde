r"""Calls and derivatives: \sigma'(z) is diff(sigmoid)(z); a derivative is grad, jac or partials."""

from __future__ import annotations

import re
from dataclasses import replace

from ..arrays.shapes import has_one_element
from ..arrays.values import Named
from ..claims.scope import Function, ScalarFunction
from . import formula as f
from .errors import LatexError, UnknownName
from .model import GENERIC
from .naming import ATOM, Piece
from .operations import Operations

ELEMENTWISE = frozenset(["log", "exp", "tanh", "sqrt", "erf", "relu", "sigmoid", "softplus", "sign", "leaky_relu",
                         "silu", "gelu"])  # fmt: skip


class Calls(Operations):
    """Functions and what is differentiated by what."""

    def _apply(self, a: f.Apply) -> Piece:
        names = self.model.names
        if a.function in ("J", "L", "C") and not isinstance(names.get(a.function), ScalarFunction):
            self.check_whole(a)
            self.check_loss(a)
            return Piece(self.model.loss, ATOM)
        if isinstance(names.get(a.function), ScalarFunction):
            self.check_whole(a)
            return Piece(f"{a.function}({', '.join(self.write(x).text for x in a.arguments)})", ATOM)
        if a.function == "np.sum":
            self.check_whole(a)
            options = "".join(f", {k}={self.option(v)}" for k, v in a.options)
            return Piece(f"sum({self.write(a.arguments[0]).text}{options})", ATOM)
        if a.options:
            raise LatexError(a.at, f"{a.function} takes no argument by name")
        if a.function in ("max", "min") and len(a.arguments) == 2:
            pieces, axes, sample = self.together([self.write(x) for x in a.arguments], a.at)
            word = {"max": "maximum", "min": "minimum"}[a.function]
            return Piece(f"{word}({', '.join(p.text for p in pieces)})", ATOM, axes, sample)
        if len(a.arguments) != 1:
            raise LatexError(a.at, f"{a.function} takes one argument, {len(a.arguments)} given")
        inner = self.write(a.arguments[0])
        if a.function in ("trace", "det", "diag"):
            self.check_whole(a)
            return self.diagonal(inner) if a.function == "diag" else Piece(f"{a.function}({inner.text})", ATOM)
        if a.function == "lse":
            axis = 1 if inner.sample else 0
            return Piece(f"log(sum(exp({inner.text}), axis={axis}, keepdims=True))", ATOM, sample=inner.sample)
        function = self.function(a)
        if function == "identity":
            return Piece("1", ATOM) if a.order else inner
        if function == "softmax":
            if a.order or inner.axes:
                raise LatexError(a.at, "softmax does not act entry by entry")
            return Piece(f"softmax({inner.text}, axis={1 if inner.sample else 0})", ATOM, sample=inner.sample)
        spelled = "diff(" * a.order + function + ")" * a.order
        piece = Piece(f"{spelled}({inner.text})", ATOM, inner.axes, inner.sample)
        if a.function == "Sigma":
            self.check_whole(a)
            return self.diagonal(piece)
        return piece

    def check_whole(self, a: f.Apply) -> None:
        """Raises LatexError for an entry or a sample in the argument of what is a function of whole arrays."""
        for part in (p for x in a.arguments for p in f.parts(x)):
            if isinstance(part, f.Var) and (part.sample is not None or set(part.entry or ()) & self.moving()):
                raise LatexError(a.at, f"{a.function} is a function of whole arrays here, not of one sample or entry")

    def check_loss(self, a: f.Apply) -> None:
        """L(a, y), J(W, b): raises LatexError for a computed array that the loss is not directly made of."""
        made_of = re.search(rf"^{self.model.loss} = (.*)$", self.model.claims, re.MULTILINE)
        for x in a.arguments:
            name = self.name(x) if isinstance(x, f.Var) else ""
            computed = isinstance(self.model.names.get(name), Named)
            if not name or (computed and not re.search(rf"\b{name}\b", made_of[1] if made_of else "")):
                raise LatexError(
                    x.at, f"it is not plain that {a.function} is a function of this", "write the loss alone"
                )

    def moving(self) -> set[f.Place]:
        """The indices of the sums around."""
        return {f.Place(index) for index in self.bound}

    def diagonal(self, column: Piece) -> Piece:
        """The matrix with a column on its diagonal; np.diag would take the entry out of a matrix of one entry."""
        shape = self.shape(column)
        return column if shape is not None and has_one_element(shape) else Piece(f"diag({column.text})", ATOM)

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
        if a.function not in GENERIC and a.function != "Sigma":
            raise UnknownName(a.at, f"{a.function} of this is not read")
        inside = a.arguments[0]
        if isinstance(inside, f.Var) and inside.letter in ("x", "X"):
            raise UnknownName(a.at, f"{a.function} of the input is no activation", "write its layer, as in g^{[1]}")
        if isinstance(inside, f.Var) and inside.layer is not None and (number := self.number(inside.layer)) in acts:
            return acts[number]
        if len(set(acts.values())) == 1:
            return next(iter(acts.values()))
        raise UnknownName(a.at, f"unknown function {a.function}", "write its layer, as in g^{[1]}" if acts else
                          "declare it in the header: g = function")  # fmt: skip

    def _partial(self, p: f.Partial) -> Piece:
        """grad(J, X), jac(y, x) or partials(y, X), and entries of them"""
        if not isinstance(p.by, f.Var) or p.by.is_gradient:
            raise LatexError(p.by.at, "a derivative is taken by a variable")
        by = p.by
        if by.letter in ("a", "A") and by.layer is None and self.model.depth and by.letter not in self.model.names:
            by = replace(by, layer=f.Place("L"))  # nabla_a speaks of the output
        name = self.name(by)
        of = p.of
        entry, below = _places(of), _places(by)
        inner = self.array(of) if isinstance(of, f.Var) and entry else self.differentiated(of)
        if inner.axes or inner.sample:
            raise LatexError(p.at, "what is differentiated stands under a sum", "give it a name")
        above, under = self.value(inner.text), self.value(name)
        if above is None or under is None:
            raise LatexError(p.at, f"the shapes in {inner.text} do not fit")
        if has_one_element(above.shape):
            found = Piece(f"grad({inner.text}, {name})", ATOM)
            if by.sample is not None and by.entry is None:
                return self.column(found, by)
            return self.entry(found, below, p.at) if below else found
        if any(isinstance(x, f.Var) and x.sample is not None and x.entry is None for x in (of, by)):
            raise LatexError(
                p.at, "the derivative of a column of one sample is not read", "write its entries: z_k^{(i)}"
            )
        columns = all(len(v.shape) == 2 and v.shape[1] == 1 for v in (above, under))
        if not entry and not below:
            return Piece(f"{'jac' if columns else 'partials'}({inner.text}, {name})", ATOM)
        if columns:
            return self.entry(Piece(f"jac({inner.text}, {name})", ATOM), (*below, *entry), p.at)
        return self.entry(Piece(f"partials({inner.text}, {name})", ATOM), (*below, *entry), p.at)

    def differentiated(self, of: f.Formula) -> Piece:
        """A variable by its name; a generic loss C, of which J is made, by what it is a function of."""
        if not isinstance(of, f.Var) or of.is_gradient:
            return self.write(of)
        if not isinstance(self.model.names.get(of.letter), ScalarFunction) or of.layer is not None:
            return Piece(self.name(of), ATOM)
        calls = set(re.findall(rf"\b{of.letter}\([^()]*\)", self.model.claims))
        if len(calls) != 1:
            raise LatexError(of.at, f"it is not plain of what {of.letter} is a function here", "write its arguments")
        call = calls.pop()
        whole = f"{self.model.loss} = {call}" in self.model.claims.split("\n")
        return Piece(self.model.loss if whole else call, ATOM)

    def _primed(self, p: f.Primed) -> Piece:
        if not self.by:
            raise LatexError(p.at, "it is not plain by what this is differentiated", r"write \frac{d}{dz} (...)")
        return Piece(f"grad({self.write(p.inner).text}, {self.by})", ATOM)


def _places(v: f.Formula) -> tuple[f.Place, ...]:
    """The indices of an entry, its sample last."""
    if not isinstance(v, f.Var):
        return ()
    return (*(v.entry or ()), *([v.sample] if v.sample is not None else ()))
