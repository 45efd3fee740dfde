"""Code that raises: does it raise for all shapes that were promised, and where?"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from derive.arrays.draws import draws

from .arguments import Symbols, as_floats, assembled, at_sizes, concrete_values, symbols
from .assumptions import Assumptions
from .problem import Problem
from .refusal import WrongUse
from .reproduction import SIZES, sizes_of


def leaves_at(problem: Problem, made: Symbols, assumptions: Assumptions, dims: Mapping[str, int]) -> Any:
    """The arguments at one point of these sizes; None if the assumptions leave none."""
    shapes = at_sizes(made.shapes(), dims)
    draw = next(draws(shapes, facts=assumptions.facts(made, dims)), None)
    if draw is None:
        return None
    found = {}
    for leaf in problem.arguments.leaves:
        x = assembled(made.sources[leaf.name], made.sizes(dims), draw.arrays)
        found[leaf.name] = x.argmax(axis=-1) if leaf.classes is not None else as_floats(x)
    return found


def raises(problem: Problem, assumptions: Assumptions) -> tuple[dict[str, int], str, bool] | None:
    """Sizes, what is raised there, in the backward function?; None unless something is raised at all sizes tried."""
    made = symbols(problem.arguments, frozenset())
    names = tuple(dict.fromkeys(s for shape in made.shapes().values() for s in shape if isinstance(s, str)))
    found = None
    for attempt in range(len(SIZES)):
        dims = sizes_of(names, attempt)
        if attempt and min(dims.values(), default=2) == 1:
            continue
        leaves = leaves_at(problem, made, assumptions, dims)
        if leaves is None:
            return None
        error = _error(problem, leaves)
        if error is None:
            return None
        found = found or (dims, *error)
    return found


def _error(problem: Problem, leaves: Mapping[str, Any]) -> tuple[str, bool] | None:
    stage: list[bool] = []
    rng = np.random.default_rng(0)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            problem.run(
                lambda: concrete_values(problem.arguments, leaves),
                np.array,
                lambda _, out: rng.standard_normal(np.shape(out)),
                lambda: stage.append(True),
            )
        except WrongUse:
            raise
        except Exception as error:
            return f"{type(error).__name__}: {error}", bool(stage)
    return None
