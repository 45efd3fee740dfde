"""Names of formulas -> names of the claims language: Z^{[2]} is Z2, and dZ2 is defined where it is first used."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ..arrays.shapes import Shape
from ..arrays.values import Value
from ..claims.errors import Problem
from ..claims.expressions import Reader
from ..claims.reading import parsed, read
from ..claims.scope import Scope
from . import formula as f
from .errors import LatexError, UnknownName
from .model import Model, claims_name

SUM, PRODUCT, UNARY, POWER, ATOM = range(5)


@dataclass(frozen=True)
class Piece:
    """Text of the claims language; `axes` are the bound indices along its axes, None for arrays as they are.

    `sample` is a bound index of samples along the first axis, with a matrix or column of each sample behind it.
    """

    text: str
    level: int
    axes: tuple[str, ...] | None = None
    sample: str = ""

    def at(self, level: int) -> str:
        """In brackets if it binds less tightly than `level`."""
        return f"({self.text})" if self.level < level else self.text


class Naming:
    """The names of a model, the gradients defined so far, and what a text means with them."""

    def __init__(self, model: Model, shared: dict[str, str], defined: Sequence[str] = (), by: str = "") -> None:
        self.model, self.shared, self.by = model, shared, by
        self.defined = list(defined)  # names that formulas above have defined
        self.indices: dict[str, tuple[str, Any]] = {}  # free index -> (its name, its size)
        self.bound: list[str] = []

    def value(self, text: str) -> Value | None:
        """What a text means; nothing where shapes do not fit, or where it is no value."""
        reader = Reader(text, self.scope())
        try:
            found = reader.meaning(parsed(text, "eval").body)  # type: ignore[attr-defined]
        except Problem:
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
        """The shape; of what is one for each sample, that of one."""
        found = self.value(piece.text)
        return None if found is None else found.shape[1:] if piece.sample else found.shape

    def known(self, v: f.Var) -> bool:
        return self.spelled(v.letter, v.layer) in self.model.names

    def spelled(self, letter: str, layer: f.Place | None) -> str:
        number = self.number(layer) if layer is not None else None
        name = claims_name(letter) if number is None else f"{letter}{number}"
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
        if v.letter.endswith("hat"):
            candidates += [self.spelled(v.letter.removesuffix("hat") + "_hat", v.layer)]
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
        if tried == "1":
            raise LatexError(v.at, "ones have a size", r"write \mathbf{1}_m")
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


@lru_cache(64)
def _scope(claims: str) -> Scope:
    return read(claims, "the model").reader.scope
