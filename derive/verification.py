"""The doors to the kernel and to the claims language; what is behind them is imported when it is first used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .errors import DeriveError
from .kernel.verdict import Verdict
from .program import Program

if TYPE_CHECKING:
    from .claims import Result
    from .claims.dimensions import Fits, Inferred

Shape = tuple[int | str, ...]


def prove(
    lhs: Any, rhs: Any, given: Program | None = None, assume: Iterable[str] = (), timeout: float = 20.0
) -> Verdict:
    """lhs = rhs, entry by entry: Proved, Refuted with a counterexample, or Unknown with what stopped it.

    Both sides are SymPy matrix expressions or numbers, or both are index expressions of the kernel.  `given` is a
    program whose definitions are unfolded and whose facts are assumed; without it every symbol is free.  `assume` are
    lines in the language of claims: "S == S.T", "sum(Y, axis=0) == 1", "eps > 0"; SymPy's positive and nonnegative
    symbols are taken at their word.  Sides of different shapes, or ill-shaped ones, are refuted by their shapes.
    `timeout`, in seconds, is a last resort.  Raises DeriveError for what is not an expression.
    """
    from .proving import prove

    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
        raise DeriveError(f"timeout is a number of seconds, not {timeout!r}")
    return prove(lhs, rhs, given, tuple(assume), timeout)


def check_claims(text: str, name: str = "<claims>", timeout: float = 20.0) -> tuple[Result, ...]:
    """assert left == right  ->  one result for each assert: .line, .text, .verdict, .holds, .hint.

    `text` is in the language of claims; it is parsed, never executed.  `timeout`, in seconds for each assert, is a last
    resort.  Raises derive.claims.ClaimsError, with `name`, line and column, for what cannot be read.
    """
    from .claims import check_claims

    if not isinstance(text, str):
        raise DeriveError(f"check_claims takes the text of the claims, not {text!r}")
    return check_claims(text, name, timeout)


def from_latex(text: str, program: Program, notation: str = "ng", mean: str = "late") -> Any:
    """A formula in LaTeX about a program -> a SymPy expression, or an equation; the inverse of the printer.

    `mean` is that of `backprop`: with "late" dZ is m times the derivative of J by Z.
    Raises DeriveError for what cannot be read, with an offset in the text, and where the extra `latex` is missing.
    """
    from .reading import from_latex

    return from_latex(text, program, notation, mean)


def infer_shapes(equation: str, known: Mapping[str, Shape]) -> Inferred:
    """z = W x + b with x: (2, 1), z: (3, 1)  ->  W: (3, 2), b: (3, 1): the shapes that follow from the known ones."""
    from .claims import infer_shapes

    return infer_shapes(equation, known)


def fitting_products(factors: Mapping[str, Shape], wanted: Shape) -> Fits:
    """dZ: (n, m), A: (k, m), wanted (n, k)  ->  dZ @ A.T: all orders and transposes that have the wanted shape."""
    from .claims import fitting_products

    return fitting_products(factors, wanted)
