"""What an optimizer does, as plain lines: W1 = W1 - learning_rate * dW1; what a compiler is to plan by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sympy import Symbol

from ..codegen import CompiledDerivation
from ..initialization import inner_sizes
from ..optimizers import decay, g, learning_rate, w
from ..planning.numbers import array_symbol, text_of
from ..planning.planned import Wish
from ..source import Line


def update_lines(f: CompiledDerivation, wish: Wish, states: Mapping[tuple[Any, str], str]) -> list[Line]:
    """One line for every assignment, in order; `states` names what is remembered of each parameter."""
    gradients = {p: f.names[gradient] for p, gradient in f.task.gradients}
    weights = inner_sizes(f.program)
    lines = list(_clipping(wish, list(gradients.values())))
    factor = Symbol("clip") if "clip_norm" in wish.clip else 1
    for p, gradient in gradients.items():
        names = {w: f.names[p]} | {Symbol(part): states[p, part] for part in wish.optimizer.states}
        decays = wish.optimizer.numbers["weight_decay"] != 0 and p in weights
        for left, formula in wish.optimizer.each:
            scaled = factor * g + (decay * w if decays and not wish.optimizer.decoupled else 0)
            formula = formula.xreplace({g: scaled})
            if decays and wish.optimizer.decoupled and left == w:
                formula -= learning_rate * decay * w
            known = {s: array_symbol(n) for s, n in names.items()} | {g: array_symbol(gradient)}
            lines.append(_line(names[left], text_of(formula.xreplace(known))))
    return lines


def _clipping(wish: Wish, gradients: list[str]) -> Iterator[Line]:
    if "clip_value" in wish.clip:
        for name in gradients:
            yield _line(name, f"np.clip({name}, -clip_value, clip_value)")
    if "clip_norm" in wish.clip:
        squares = " + ".join(f"np.vdot({name}, {name})" for name in gradients)
        yield _line("norm", f"np.sqrt({squares})", "of all gradients together")
        yield _line("clip", "np.minimum(1.0, clip_norm / np.maximum(norm, 1e-300))")


def _line(name: str, text: str, comment: str = "") -> Line:
    return Line(name, text, frozenset(), comment)
