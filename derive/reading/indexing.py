"""Entries and indices: z_j^l is z2[j, 0]; a free index is an index of the claims language, one under a sum an axis."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from ..arrays.shapes import has_one_element, show
from . import formula as f
from .errors import LatexError, UnknownName
from .naming import ATOM, Naming, Piece


class Indexing(Naming, ABC):
    """Variables, their entries, and pieces along the same axes."""

    @abstractmethod
    def write(self, formula: f.Formula) -> Piece:
        """The text of a formula."""

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
