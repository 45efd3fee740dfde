"""Z1 = W1 X + b1, A1 = tanh(Z1), ...: how what is made of equations shows itself, in a terminal and in a notebook."""

from __future__ import annotations

from typing import Any


class Listing:
    """str and repr are a line for each of `equations`, in the text of documents; notebooks show them typeset."""

    equations: tuple[Any, ...]

    def _layouts(self) -> list[tuple[Any, Any]]:
        from .mathematics import layout

        return [(layout(e.lhs), layout(e.rhs)) for e in self.equations]

    def _repr_latex_(self) -> str:
        from .latex import aligned

        return aligned(self._layouts())

    def _repr_html_(self) -> str:
        from .html.mathml import aligned

        return aligned(self._layouts())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/latex": self._repr_latex_(), "text/plain": str(self)}

    def __repr__(self) -> str:
        from .text import text

        return "\n".join(f"{text(left)} = {text(right)}" for left, right in self._layouts())
