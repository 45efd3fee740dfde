"""Where np.argmax has a choice: the trace speaks of one largest element; are the functions right where there are more?

    max(0, x) + b, where all x < 0    every element is the largest, and the function has a derivative
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from derive.arrays.draws import Draw, arrays_in, draws

from .arguments import at_sizes
from .assumptions import Assumptions
from .numbers import Numbers
from .problem import Problem
from .reproduction import Point, point_of, run_real, tied
from .run import Traced

DRAWS = 4
FIRST = "several elements are the largest, np.argmax takes the first, and there"
STEP = 1e-4
CLOSE = 1e-5  # relative: slopes to both sides that are one
FAR = 1e-3  # relative: slopes that differ


def wrong_at_ties(problem: Problem, traced: Traced, assumptions: Assumptions, dims: Mapping[str, int]) -> str | None:
    """Along a line through such a point the function has a slope, and the gradients give another one."""
    for point in _tied_points(traced, assumptions, dims) if traced.choices else ():
        for name, g in traced.gradients.items():
            if g is None:
                continue
            along = np.random.default_rng(0).uniform(0.5, 1.5, np.shape(point.leaves[name]))
            slope, claimed = _slope(problem, point, name, along), _claimed(problem, point, name, along)
            if slope is not None and claimed is not None and abs(slope - claimed) > FAR * max(1.0, abs(slope)):
                return f"{FIRST} the gradient of {name} gives the slope {claimed:.6g}, the function has {slope:.6g}"
    return None


def _tied_points(traced: Traced, assumptions: Assumptions, dims: Mapping[str, int]) -> Iterator[Point]:
    dims = traced.complete(dims)
    facts = assumptions.facts(traced.symbols, dims)
    bound = {name for fact in facts for name in arrays_in(fact)}
    shapes = at_sizes(traced.shapes(), dims)
    for draw in islice(draws(shapes, facts=facts, seed=3), DRAWS):
        for s in (0, -1, 1):
            arrays = {
                name: cells if name in bound or not s else {at: s * abs(v) for at, v in cells.items()}
                for name, cells in draw.arrays.items()
            }
            point = point_of(traced, Draw(draw.dims, arrays), dims)
            if tied(traced, Numbers(point.dims, point.declared)):
                yield point


def _slope(problem: Problem, point: Point, name: str, along: Any) -> float | None:
    """(f(x + h a) - f(x - h a)) / 2h, if it is the same to both sides."""

    def at(h: float) -> float | None:
        moved = replace(point, leaves={**point.leaves, name: point.leaves[name] + h * along})
        ran = run_real(problem, moved)
        return None if ran.outputs is None else _total(point, ran.outputs.values)

    values = [at(h) for h in (-STEP, 0.0, STEP)]
    if any(v is None or not np.isfinite(v) for v in values):
        return None
    below, here, above = (float(v) for v in values if v is not None)
    left, right = (here - below) / STEP, (above - here) / STEP
    return (left + right) / 2 if abs(left - right) <= CLOSE * max(1.0, abs(left)) else None


def _total(point: Point, outputs: Any) -> float:
    """sum(dout * out), or the loss"""
    if not point.douts:
        return float(np.asarray(outputs[0]))
    return float(sum(np.sum(d * out) for d, out in zip(point.douts, outputs, strict=True)))


def _claimed(problem: Problem, point: Point, name: str, along: Any) -> float | None:
    ran = run_real(problem, point)
    found = None if ran.outputs is None else ran.outputs.gradients.get(name)
    return None if found is None or np.shape(found) != along.shape else float(np.sum(np.asarray(found) * along))
