"""LaTeX read back: formulas as we print them, and as people write them by hand."""

from .errors import LatexError
from .expressions import from_latex
from .notes import Equation, Notes, Section, read_notes, told

__all__ = ["Equation", "LatexError", "Notes", "Section", "from_latex", "read_notes", "told"]
