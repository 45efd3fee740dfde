"""A derivation is a value: the equations of the backward pass, with every step that led to them.

dX has the shape of X (denominator layout).  With mean = "late", dX = m dJ/dX for every intermediate X, and
dW = (1/m) ... for the parameters; with mean = "early", dX = dJ/dX throughout.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Equality, Integer

from .html import html_document
from .json_document import json_document
from .latex import aligned
from .latex_document import latex_document
from .mathematics import layout
from .program import Program
from .shapes import shape_of
from .text import text_document


@dataclass(frozen=True)
class Step:
    """One application of one rule.

    kind "rule": `given` = (node, G), `gives` = one gradient for each part that matters.
    kind "paths": `given` = what arrived at a variable, `gives` = their sum.
    kind "rewrite": `given` = (expression, the equation used or None), `gives` = the new expression.
    """

    kind: str
    rule: str
    target: str  # the gradient that the step works on: "dZ1"
    given: tuple[Any, ...]
    gives: tuple[Any, ...]
    parts: tuple[Any, ...] = ()  # for a rule: the parts that received `gives`
    label: str = ""  # "sigmoid + cross-entropy"

    @property
    def shapes(self) -> tuple[tuple, tuple]:
        """Shapes before and after; () for a number."""
        return (tuple(shape_of(e) or () for e in self.given if hasattr(e, "is_Matrix")),
                tuple(shape_of(e) or () for e in self.gives))  # fmt: skip

    def __str__(self) -> str:
        return f"{self.target}: {self.label or self.rule}: {', '.join(map(str, self.gives))}"


@dataclass(frozen=True)
class Derivation:
    """d["dW1"] is a SymPy equation, d.gradients["W1"] its right side, d.steps how it came about."""

    program: Program
    mean: str
    equations: tuple[Equality, ...]
    steps: tuple[Step, ...]

    @cached_property
    def by_name(self) -> dict[str, Equality]:
        return {str(e.lhs): e for e in self.equations}

    def __getitem__(self, name: str) -> Equality:
        if name not in self.by_name:
            raise KeyError(f"no equation {name!r}; there are {', '.join(self.by_name)}")
        return self.by_name[name]

    def __iter__(self) -> Iterator[Equality]:
        return iter(self.equations)

    @property
    def factor(self) -> Any:
        """dX = factor * dJ/dX for intermediates: m with mean="late", else 1."""
        return self.program.samples if self.mean == "late" and self.program.samples is not None else Integer(1)

    @cached_property
    def gradients(self) -> dict[str, Any]:
        """The gradient of the loss by parameter: {"W1": (1/m) dZ1 X^T, ...}."""
        return {str(p): self.by_name[f"d{p}"].rhs for p in self.program.parameters}

    def check(self) -> Any:
        """Replay every step and confirm every gradient by explicit entries.

        Raises CheckError, naming the step or the gradient; returns what was checked.
        """
        from .check import check

        return check(self)

    def to_latex(self, **options: Any) -> str:
        """The derivation as a LaTeX document; notation "ng" or "nielsen", form "matrix", "element" or "diagonal"."""
        return latex_document(self.document(**options))

    def to_text(self, **options: Any) -> str:
        """The derivation as plain text."""
        return text_document(self.document(**options))

    def to_html(self, **options: Any) -> str:
        """The derivation as one self-contained HTML page."""
        return html_document(self.document(**options))

    def to_json(self, **options: Any) -> str:
        """The derivation as JSON: the same tree, and every equation as text."""
        return json_document(self.document(**options))

    def _repr_latex_(self) -> str:
        return aligned([(layout(e.lhs), layout(e.rhs)) for e in self.equations])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/latex": self._repr_latex_(), "text/plain": str(self)}

    def __str__(self) -> str:
        return "\n".join(f"{e.lhs} = {e.rhs}" for e in self.equations)

    def document(self, notation: str = "ng", form: str = "matrix", language: str = "en") -> Any:
        """The tree that every format is printed from."""
        from .forms import article

        return article(self, notation, form, language)
