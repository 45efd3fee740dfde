"""The same derivation for one sample, or with the mean taken early: what the element and diagonal forms speak of.

With the mean taken late dZ is m times the derivative, and no chain of partial derivatives could name it.
"""

from __future__ import annotations

from typing import Any

from .backward_pass import InductivePass
from .induction import induction
from .networks import one_sample
from .sweep import sweep


def single(derivation: Any) -> Any:
    """Of a network made by mlp, for one sample.  Raises DeriveError for other programs."""
    if derivation.program.samples is None:
        return derivation
    return derive_again(derivation, one_sample(derivation.program), derivation.mean)


def early(derivation: Any) -> Any:
    """With the factor of the mean in dZ."""
    return derivation if derivation.factor == 1 else derive_again(derivation, derivation.program, "early")


def derive_again(derivation: Any, program: Any, mean: str) -> Any:
    """The derivation of another program of the same kind."""
    return induction(program, mean) if isinstance(derivation, InductivePass) else sweep(program, mean)
