"""Where the first number that is not finite appeared: the update, the layer, the value.

Steps work in place, so the parameters before the fatal update are gone.  Training is reproducible: from a copy made at
the start of the epoch the updates are done again, one by one, and looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .codegen import CompiledDerivation, forward

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Blame:
    """The value that was not finite first, in which batch of its epoch."""

    name: str
    batch: int
    during: str  # "the forward pass", "the backward pass" or "the update"

    def __str__(self) -> str:
        layer = re.fullmatch(r"d?[A-Za-z]+_?(\d+)", self.name)
        where = f"{self.name}, layer {layer[1]}" if layer else self.name
        return f"first not finite: {where}, in {self.during} of batch {self.batch}"


def blame(
    f: CompiledDerivation, step: Any, theta: dict[str, Array], batches: Iterator[tuple[int, int, tuple[Any, ...]]],
    numbers: Mapping[str, Any],
) -> Blame | None:  # fmt: skip
    """Does the updates of (number, size, arrays) again, until one goes wrong; None if none does."""
    with np.errstate(all="ignore"):
        for batch, _, arrays in batches:
            before = {name: p.copy() for name, p in theta.items()}
            cost = step(theta, *arrays, **numbers)
            wrong = [name for name, p in theta.items() if not np.isfinite(p).all()]
            if np.isfinite(cost) and not wrong:
                continue
            name = _first_forward(f, before, arrays, numbers)
            if name:
                return Blame(name, batch, "the forward pass")
            name = _first_backward(f, before, arrays, numbers)
            return Blame(name or wrong[0], batch, "the backward pass" if name else "the update")
    return None


def _first_forward(f: CompiledDerivation, params: Any, arrays: tuple[Any, ...], numbers: Mapping[str, Any]) -> str:
    """The first equation of the program whose value is not finite."""
    given = dict(zip(map(str, f.task.arguments), arrays, strict=True))
    for equation in f.program.equations:
        part = forward(f.program, str(equation.lhs))
        inputs = [given[str(v)] for v in part.task.arguments]
        free = {part.names[v]: numbers[f.names[v]] for v in part.task.scalars}
        if not np.isfinite(part.run(params, *inputs, **free)).all():
            return str(equation.lhs)
    return ""


def _first_backward(f: CompiledDerivation, params: Any, arrays: tuple[Any, ...], numbers: Mapping[str, Any]) -> str:
    """The first gradient, from the loss backwards, that is not finite."""
    _, gradients = f(params, *arrays, **numbers)
    return next((f"d{p}" for p in reversed(gradients) if not np.isfinite(gradients[p]).all()), "")
