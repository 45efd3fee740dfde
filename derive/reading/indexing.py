"""Entries and indices: z_j^l is z2[j, 0]; a free index is an index of the claims language, one under a sum an axis."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

from ..arrays.shapes import Shape, Size, has_one_element, show
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
            return Piece("pi", ATOM)
        piece = self.array(v)
        if v.entry is None and v.sample is None:
            return piece
        entry = (*(v.entry or ()), *([v.sample] if v.sample else ()))
        if v.entry is None:
            return self.column(piece, v)
        if v.letter in ("w", "W") and len(entry) == 1 and not v.is_gradient and (row := self.row_of(piece, v)):
            return row
        return self.entry(piece, entry, v.at)

    def array(self, v: f.Var) -> Piece:
        """The whole array of a variable; delta is the gradient in z."""
        if v.letter in ("delta", "Delta") and not v.is_gradient and not self.known(v):
            v = f.Var("z" if v.letter == "delta" else "Z", v.layer, v.entry, v.sample, True, v.sub, at=v.at)
        return Piece(self.gradient(v) if v.is_gradient else self.name(v), ATOM)

    def placed(self, part: f.Formula) -> Iterator[tuple[f.Place, Size]]:
        """The indices of an entry with the sizes of their axes; nothing for what is no entry, or is not read."""
        try:
            if isinstance(part, f.Var):
                places = (*(part.entry or ()), *([part.sample] if part.sample else ()))
                shape = self.shape(self.array(part)) if places else None
            else:
                places = part.entry if isinstance(part, f.Entry) else ()
                shape = self.shape(self.write(part.inner)) if isinstance(part, f.Entry) else None
            axes = self.axes(shape, places) if shape and places else None
        except LatexError:
            return
        for place, size in zip(axes or (), shape or (), strict=False):
            if place is not None and place.letter and not place.offset:
                yield place, size

    def axes(self, shape: Shape, places: Sequence[f.Place]) -> list[f.Place | None] | None:
        """Which index stands on which axis: axes of size 1 may be left out; nothing if there are too many or few."""
        waiting, found = list(places), []
        for axis, size in enumerate(shape):
            longer = sum(s != 1 for s in shape[axis:])
            left_out = size == 1 and len(waiting) <= longer
            found.append(None if left_out or not waiting else waiting.pop(0))
            if found[-1] is None and size != 1:
                return None
        return None if waiting else found

    def row_of(self, piece: Piece, v: f.Var, transposed: bool = False) -> Piece | None:
        """w_1^T is the first row of W; where W has one row or one column, w_k is an entry of it."""
        (place,) = v.entry or ()
        shape = self.shape(piece)
        if shape is None or has_one_element(shape[1:]) or (shape[0] == 1 and not transposed):
            return None
        return Piece(f"{piece.text}[{self.selector(place, shape[0], v.at)}, :][:, None]", ATOM)

    def column(self, piece: Piece, v: f.Var) -> Piece:
        """x^{(i)} is a column of X."""
        found = self.value(piece.text)
        if v.sample is None or found is None or len(found.shape) != 2:
            raise LatexError(v.at, f"{piece.text} has no samples")
        if found.shape[0] == 1:
            return self.entry(piece, (v.sample,), v.at)
        if v.sample.letter in self.bound and not v.sample.offset:
            return Piece(f"{piece.text}.T[:, :, None]", ATOM, sample=v.sample.letter)
        return Piece(f"{piece.text}[:, {self.selector(v.sample, found.shape[1], v.at)}][:, None]", ATOM)

    def entry(self, piece: Piece, places: Sequence[f.Place], at: int) -> Piece:
        """X[j, k]: a position for each axis that is longer than 1."""
        found = self.value(piece.text)
        if found is None:
            raise LatexError(at, f"the shapes in {piece.text} do not fit")
        shape, selectors, axes = found.shape, [], []
        placed = self.axes(shape, places)
        if placed is None:
            raise self.wrong_indices(piece, shape, places, at)
        for place, size in zip(placed, shape, strict=True):
            if place is None:
                selectors.append("0")
            elif place.letter in self.bound:
                if place.offset:
                    raise LatexError(at, f"the index {place} under a sum is not read")
                selectors.append(":")
                axes.append(place.letter)
            else:
                selectors.append(self.selector(place, size, at))
        if len(set(axes)) < len(axes):
            raise LatexError(at, f"{piece.text} has the same index twice under a sum", "write its trace")
        text = f"{piece.at(ATOM)}[{', '.join(selectors)}]" if shape else piece.text
        return self.ordered(Piece(text, ATOM, tuple(axes)), at)

    def wrong_indices(self, piece: Piece, shape: Shape, places: Sequence[f.Place], at: int) -> LatexError:
        """Too many indices, or too few: an entry of one sample is not one of the samples of a batch."""
        given = f"{len(places)} ind{'ices are' if len(places) > 1 else 'ex is'} written"
        samples = self.model.samples
        if samples and len(shape) == 2 and shape[1] == samples and len(places) == 1:
            advice = f"it has a column for each of {samples} samples: write which, as x_j^{{(i)}}, or samples=1 above"
        else:
            advice = f"it has shape {show(shape)}"
        return LatexError(at, f"{piece.text} has {sum(s != 1 for s in shape)} indices, {given}", advice)

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
        if inner.axes or inner.sample:
            raise LatexError(e.at, "an entry of what stands under a sum", "write the index at the letter: z_j^{(i)}")
        return self.entry(inner, e.entry, e.at)

    def _kronecker(self, d: f.Kronecker) -> Piece:
        """eye(n)[j, k]; its size is that of an index whose size is known."""
        if d.size is None:
            raise UnknownName(d.at, "the range of the indices is not known", "they stand in no array of the equation")
        return self.entry(Piece(f"eye({d.size})", ATOM), (d.left, d.right), d.at)
