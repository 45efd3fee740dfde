"""Two ways to write variables: "ng" (Z^[l], input is layer 0, dZ), "nielsen" (z^l, input is layer 1, delta^l)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import DeriveError
from .layout import THIN, Layout, Name, Scripts, Sign, letter, number, partial, row

NAME = re.compile(r"(?P<d>d?)(?P<letter>[A-Za-z])(?P<layer>\d+|[lL](?:[+-]1)?)?(?P<prime>'*)")
SIZE = re.compile(r"n(?P<layer>\d+|[lL](?:[+-]1)?)")
LOSS = letter("J")


@dataclass(frozen=True)
class Notation:
    """How names become layouts.  `shift` is added to the number of a layer.

    Where the mean is taken late, dX is m dJ/dX: `times` is m, and `scaled` are the gradients of which this is true.
    """

    name: str
    shift: int
    square: bool  # layer as [l] (ng) or as l (nielsen)
    hadamard: Sign
    times: Layout | None = None
    scaled: frozenset[str] = frozenset()

    def layer(self, text: str) -> Layout:
        """The layer as it stands in a superscript: numbers are shifted, letters are not."""
        shown = str(int(text) + self.shift) if text.isdigit() else text
        return number(f"[{shown}]" if self.square else shown)

    def variable(self, name: str) -> Layout:
        """Z1, dZ1, W2, lambda, ... -> its layout."""
        if size := SIZE.fullmatch(name):
            return self.size(size["layer"])
        if "_" in name:
            stem, _, below = name.partition("_")
            if not self.square and (found := NAME.fullmatch(stem)) and found["d"] and found["letter"] not in "zZ":
                return self._nielsen_gradient(found["letter"], name[1:])
            return Scripts(self.variable(stem), None, letter(below) if below.isalpha() else number(below))
        found = NAME.fullmatch(name)
        if not found:
            return self._gradient_of(name[1:]) if name[:1] == "d" and NAME.fullmatch(name[1:]) else letter(name)
        if found["d"] and not self.square:
            return self._nielsen_gradient(found["letter"], name[1:])
        base = Name("d" + found["letter"], "d" + found["letter"]) if found["d"] else letter(found["letter"])
        return self._scripts(base, found["layer"], found["prime"])

    def _gradient_of(self, name: str) -> Layout:
        return row(letter("d"), self.variable(name))

    def _scripts(self, base: Layout, layer: str | None, prime: str) -> Layout:
        if prime:
            return Scripts(base, Sign(r"\prime" * len(prime), "'" * len(prime)))
        return base if layer is None else Scripts(base, self.layer(layer))

    def _nielsen_gradient(self, symbol: str, name: str) -> Layout:
        """delta for Z, the gradient sign for activations, a partial derivative for parameters."""
        if symbol in "zZ":
            found = NAME.fullmatch(name)
            assert found is not None
            delta = Name(r"\delta", "δ") if symbol == "z" else Name(r"\Delta", "Δ")
            return self._scripts(delta, found["layer"], found["prime"])
        if symbol in "aA":
            found_by = row(Scripts(Name(r"\nabla", "∇"), None, self.variable(name)), LOSS)
        else:
            found_by = partial(LOSS, self.variable(name))
        return row(self.times, THIN, found_by) if self.times and f"d{name}" in self.scaled else found_by

    def is_product(self, name: str) -> bool:
        """m times a derivative: it needs brackets beside other factors."""
        found = NAME.fullmatch(name.partition("_")[0])
        return name in self.scaled and not self.square and found is not None and found["letter"] not in "zZ"

    def size(self, layer: str) -> Layout:
        """n^[l] or n_l."""
        return Scripts(letter("n"), self.layer(layer)) if self.square else Scripts(letter("n"), None, self.layer(layer))

    def function(self, name: str) -> Layout:
        """A generic function: g, or g^[1] for g1."""
        return Scripts(letter(name[0]), self.layer(name[1:])) if name[1:].isdigit() else letter(name)


NOTATIONS = {
    "ng": Notation("ng", 0, True, Sign(r"\ast", "*")),
    "nielsen": Notation("nielsen", 1, False, Sign(r"\odot", "⊙")),
}


def notation(name: str | Notation) -> Notation:
    """A notation by name.  Raises DeriveError for names that are not known."""
    if isinstance(name, Notation):
        return name
    if name not in NOTATIONS:
        raise DeriveError(f"unknown notation {name!r}; expected one of {', '.join(NOTATIONS)}")
    return NOTATIONS[name]
