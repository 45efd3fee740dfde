"""What cannot be read in a formula, and where: an offset, what stands there, what was expected."""

from __future__ import annotations

from ..errors import DeriveError


class LatexError(DeriveError):
    """A formula that cannot be read; `offset` counts characters from its beginning."""

    def __init__(self, offset: int, message: str, advice: str = "") -> None:
        super().__init__(message + (f"; {advice}" if advice else ""))
        self.offset, self.message, self.advice = offset, message, advice


class UnknownName(LatexError):
    """A letter that the model does not have."""
