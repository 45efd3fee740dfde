"""backprop: from a program to its derivation, for given layers by one sweep, for symbolic depth by induction."""

from __future__ import annotations

from .derivation import Derivation, Induction
from .errors import DeriveError
from .induction import induction
from .program import Program
from .sweep import sweep


def backprop(program: Program, mean: str = "late") -> Derivation | Induction:
    """The derivation of all gradients of a program.

    `mean` says where the 1/m of a mean stands: "late", dZ = A - Y and dW = (1/m) dZ A^T (so dZ is m times the
    derivative), or "early", dZ = (A - Y)/m.  A program of symbolic depth gives BP1 to BP4, by induction.
    Raises UnknownNode when an expression has no rule.
    """
    if mean not in ("late", "early"):
        raise DeriveError(f"mean must be 'late' or 'early', not {mean!r}")
    if isinstance(dict(program.recipe).get("sizes"), str):
        found = induction(program, mean)
        return Induction(program, mean, found.equations, found.steps, found.base, found.step)
    plain = sweep(program, mean)
    return Derivation(program, mean, plain.equations, plain.steps)
