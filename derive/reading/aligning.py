r"""Pieces side by side: entries along the same axes, and columns of samples under a sum.

\sum_k w_{jk} a_k                        W[j, :] * a[:, 0], then the sum along the axis of k
\sum_i dz^{(i)} (W a^{(i)} + b)^T         one matrix for each sample behind the axis of i, then the sum along it
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from dataclasses import replace

from ..arrays.shapes import has_one_element
from .errors import LatexError
from .indexing import Indexing
from .naming import ATOM, Piece


class Aligning(Indexing, ABC):
    """Makes pieces fit for an operation."""

    def together(self, pieces: Sequence[Piece], at: int) -> tuple[list[Piece], tuple[str, ...] | None, str]:
        """Pieces for an operation element by element or a product, their axes, and the index of their samples."""
        samples = {p.sample for p in pieces if p.sample}
        if not samples:
            return (*self.aligned(pieces, at), "")
        if len(samples) > 1:
            raise LatexError(at, f"columns of the samples {' and '.join(sorted(samples))} are mixed", "write entries")
        (sample,) = samples
        if any(set(p.axes or ()) - samples for p in pieces):  # entries of more than samples: numbers may join them
            return (*self.aligned([self.as_number(p, at) for p in pieces], at), "")
        return [self.as_matrix(p, sample) for p in pieces], None, sample

    def as_number(self, piece: Piece, at: int) -> Piece:
        """One number for each sample, as an entry."""
        if not piece.sample:
            return piece
        if (shape := self.shape(piece)) is None or not has_one_element(shape):
            raise LatexError(at, f"entries and the columns {piece.text} are mixed", "write their indices too")
        return Piece(f"{piece.at(ATOM)}[:, 0, 0]", ATOM, (piece.sample,))

    def as_matrix(self, piece: Piece, sample: str) -> Piece:
        """An entry of each sample as a matrix of one entry."""
        if piece.axes is None:
            return piece
        if not piece.axes:
            return replace(piece, axes=None)
        return Piece(f"{piece.at(ATOM)}[:, None, None]", ATOM, sample=sample)

    def aligned(self, pieces: Sequence[Piece], at: int) -> tuple[list[Piece], tuple[str, ...] | None]:
        """Pieces with the same axes, for an operation element by element."""
        if all(p.axes is None for p in pieces):
            return list(pieces), None
        union = tuple(i for i in self.bound if any(i in (p.axes or ()) for p in pieces))
        found = []
        for piece in pieces:
            if piece.axes is None:
                shape = self.shape(piece)
                if shape is None:
                    raise LatexError(at, f"the shapes in {piece.text} do not fit")
                if not has_one_element(shape):
                    raise LatexError(at, f"entries and the array {piece.text} are mixed", "write its indices too")
                piece = Piece(f"{piece.at(ATOM)}[{', '.join('0' * len(shape))}]", ATOM, ()) if shape else piece
            axes = piece.axes or ()
            if axes and axes != union:
                inside = ", ".join(":" if i in axes else "None" for i in union)
                piece = Piece(f"{piece.at(ATOM)}[{inside}]", ATOM, union)
            found.append(piece)
        return found, union
