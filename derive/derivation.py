"""backprop: from a program to its derivation, a backward pass that can check itself and print itself.

The check and the printers are imported when they are used: `import derive` stays about as quick as `import sympy`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .backward_pass import BackwardPass, InductivePass
from .errors import DeriveError
from .induction import induction
from .listing import Listing
from .program import Program
from .sweep import sweep

if TYPE_CHECKING:
    from .check import Checked
    from .cross_check import CrossCheck
    from .document import Document


class Printed(Listing, BackwardPass):
    """What every derivation can do: check(), to_latex(), to_text(), to_html(), to_json(), and show itself."""

    def check(self) -> Checked:
        """Replay every step and confirm every gradient by explicit entries.

        Raises CheckError, naming the step or the gradient; returns what was checked.
        """
        from .check import check

        return check(self)

    def to_latex(self, **options: Any) -> str:
        """The derivation as a LaTeX document for pdflatex; `options` are those of `document`."""
        from .latex_document import latex_document

        return latex_document(self.document(**options))

    def to_text(self, **options: Any) -> str:
        """The derivation as plain text."""
        from .text import text_document

        return text_document(self.document(**options))

    def to_html(self, numpy: str = "", **options: Any) -> str:
        """The derivation as one self-contained HTML page: steps unfold, formulas can be copied and computed.

        `numpy` is the source of a NumPy function, such as that of lambdify; readers can copy it.
        """
        from .companion import companion
        from .html import html_document

        document = self.document(**options)
        return html_document(document, companion(self, options.get("notation", "ng"), document.language, numpy))

    def to_json(self, **options: Any) -> str:
        """The derivation as JSON: the same tree, and every equation as text."""
        from .json_document import json_document

        return json_document(self.document(**options))

    def document(
        self,
        notation: str = "ng",
        form: str = "matrix",
        language: str = "en",
        detail: str = "all",
        cross_checks: Iterable[CrossCheck] = (),
    ) -> Document:
        """The tree that every format is printed from.

        form "matrix", "element", "diagonal" or "all"; language "en" or "zh"; detail "key" or "all"; `cross_checks` are
        figures that the document reports.
        """
        from .forms import article

        return article(self, notation, form, language, detail, cross_checks)


@dataclass(frozen=True, repr=False)
class Derivation(Printed):
    """d["dW1"] is a SymPy equation, d.gradients["W1"] its right side, d.steps how it came about."""


@dataclass(frozen=True, repr=False)
class Induction(Printed, InductivePass):
    """A derivation for any depth: d["BP1"] to d["BP4"], by a base case and an induction step."""


def backprop(program: Program, mean: str = "late") -> Derivation | Induction:
    """The derivation of all gradients of a program.

    `mean` says where the 1/m of a mean stands: "late", dZ = A - Y and dW = (1/m) dZ A^T (so dZ is m times the
    derivative), or "early", dZ = (A - Y)/m.  A program of symbolic depth gives BP1 to BP4, by induction.
    Raises UnknownNode when an expression has no rule, DeriveError for what is not a Program.
    """
    if not isinstance(program, Program):
        raise DeriveError(f"backprop takes a Program, such as mlp([2, 4, 1]) makes, not {program!r}")
    if mean not in ("late", "early"):
        raise DeriveError(f"mean must be 'late' or 'early', not {mean!r}")
    if isinstance(dict(program.recipe).get("sizes"), str):
        found = induction(program, mean)
        return Induction(program, mean, found.equations, found.steps, found.base, found.step)
    plain = sweep(program, mean)
    return Derivation(program, mean, plain.equations, plain.steps)
