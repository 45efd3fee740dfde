"""Does the trace say what the functions do?  A verdict speaks of the functions, so both are run and compared first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from derive import DeriveError

from .assumptions import Assumptions
from .problem import Problem
from .reaching import Reach, reachable
from .reproduction import Point, compared, point_of, points, run_real
from .run import Traced
from .states import drift
from .trials import constants_of, sizes_to_try, special_draws

MOST_POINTS = 12  # of the same sizes


def check(problem: Problem, traced: Traced, assumptions: Assumptions) -> str | None:
    """Why the trace cannot be trusted; None if it agrees with the functions wherever they were tried."""

    def below() -> Reach:
        return reachable([problem.first, problem.second, *problem.arguments.passed.values()])

    integers, numbers = constants_of(below().functions)
    agreed: Point | None = None
    last = ""
    for k, dims in enumerate(sizes_to_try(traced, integers)):
        try:
            point, fault = _at_sizes(problem, traced, assumptions, dims, k)
        except DeriveError as error:
            last = str(error)
            continue
        if fault:
            return f"at sizes {_shown(dims)}, {fault}" if dims else fault
        agreed = agreed or point
    if agreed is None:
        return f"no point was found where the functions give numbers{f': {last}' if last else ''}"
    return _at_special_values(problem, traced, assumptions, agreed.dims, numbers) or drift(
        below, lambda: run_real(problem, agreed)
    )


def _shown(dims: Mapping[str, int]) -> str:
    return ", ".join(f"{name} = {n}" for name, n in dims.items()).replace("size_", "")


def _at_sizes(
    problem: Problem, traced: Traced, assumptions: Assumptions, dims: Mapping[str, int], seed: int
) -> tuple[Point | None, str]:
    """A point where both agree, or the fault; neither where no point has values on either side."""
    last = ""
    for number, point in enumerate(points(traced, assumptions, dims, seed)):
        if number >= MOST_POINTS and last:
            break
        ran = run_real(problem, point)
        found = compared(traced, point, ran)
        if found.agree:
            return point, ""
        if found.differ and not traced.unique:
            return None, found.text
        last = found.text or last
    return None, last


def _at_special_values(
    problem: Problem,
    traced: Traced,
    assumptions: Assumptions,
    dims: Mapping[str, int],
    numbers: Sequence[Fraction],
) -> str | None:
    """Zeros, ties, both sides of the numbers of the code; what is not defined there says nothing."""
    if traced.unique:
        return None
    try:
        for draw in special_draws(traced, assumptions, dims, numbers):
            point = point_of(traced, draw, dims)
            found = compared(traced, point, run_real(problem, point))
            if found.differ:
                return found.text
    except DeriveError:
        return None
    return None
