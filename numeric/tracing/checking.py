"""Does the trace say what the functions do?  A verdict speaks of the functions, so both are run and compared first."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from derive import DeriveError
from derive.arrays.draws import Draw
from derive.arrays.values import IsAbove, IsNotBelow, in_order

from .assumptions import Assumptions
from .numbers import Numbers
from .problem import Problem
from .reaching import Reach, reachable
from .reproduction import Comparison, Point, compared, point_of, points, run_real
from .run import Traced
from .states import drift
from .ties import wrong_at_ties
from .trials import constants_of, sizes_to_try, special_draws
from .undefined import undefined_nearby

MOST_POINTS = 12  # of the same sizes
FEWEST_POINTS = 4  # at which the backward function fails, all of them, before the sizes are blamed


@dataclass(frozen=True)
class Failing:
    """Sizes at which the forward function gives numbers, and the backward function raises or gives none."""

    dims: Mapping[str, int]
    what: str
    raises: bool

    def __str__(self) -> str:
        return f"the backward function {self.what} where {_shown(self.dims)}"


@dataclass(frozen=True)
class Checked:
    """`fault`: why the trace cannot be trusted; None if it agrees with the functions wherever they were tried.

    `gaps`: gradients that are no numbers where the loss has a derivative, and where that is.
    """

    fault: str | None = None
    failing: Failing | None = None
    gaps: Mapping[str, str] = field(default_factory=dict)


def check(problem: Problem, traced: Traced, assumptions: Assumptions) -> Checked:
    """Both at many sizes and values.  Sizes at which the backward function fails are noted, others are taken there."""

    def below() -> Reach:
        return reachable([problem.first, problem.second, *problem.arguments.passed.values()])

    integers, numbers = constants_of(below().functions)
    agreed: Point | None = None
    failing: Failing | None = None
    large = False  # did both agree where every size is above 1?
    last = ""
    for k, dims in enumerate(sizes_to_try(traced, integers)):
        try:
            point, fault, failed = _at_sizes(problem, traced, assumptions, dims, k)
        except DeriveError as error:
            last = str(error)
            continue
        if fault:
            return Checked(f"at sizes {_shown(dims)}, {fault}" if dims else fault)
        agreed = agreed or point
        large |= point is not None and min(point.dims.values(), default=2) > 1
        if failed and (failing is None or (failed.raises and not failing.raises)):
            failing = failed
        last = last or (str(failed) if failed else "")
    if agreed is None:
        return Checked(f"no point was found where the functions give numbers{f': {last}' if last else ''}")
    odd = _at_special_values(problem, traced, assumptions, agreed.dims, numbers)
    found = odd or drift(below, lambda: run_real(problem, agreed)) or _object_drift(problem, agreed)
    found = found or _left_over(problem, traced, assumptions, agreed)
    found = found or wrong_at_ties(problem, traced, assumptions, agreed.dims)
    gaps = {} if found else undefined_nearby(traced, assumptions, agreed.dims)
    if failing is not None and not failing.raises and not large:
        gaps = dict.fromkeys(traced.gradients, f"{failing}, and gives some only where a size is 1")
    return Checked(found, failing, gaps)


def _object_drift(problem: Problem, point: Point) -> str | None:
    """What methods count in their object: a copy of it, kept for two runs."""
    if (kept := problem.kept()) is None:
        return None
    same, methods = kept
    return drift(lambda: reachable(methods), lambda: run_real(same, point))


def _left_over(problem: Problem, traced: Traced, assumptions: Assumptions, point: Point) -> str | None:
    """What a call leaves in the object of a method and a later one takes: a copy of it, kept for two calls."""
    if (kept := problem.kept()) is None:
        return None
    try:
        others = points(traced, assumptions, point.dims, seed=7)
        if all(_same(point, other := next(others)) for _ in range(2)):
            return None
        run_real(kept[0], other)
        found = compared(traced, point, run_real(kept[0], point))
    except (DeriveError, StopIteration):
        return None
    if not found.differ:
        return None
    return f"the second call on the same object gives something else: it holds something of the first ({found.text})"


def _same(one: Point, other: Point) -> bool:
    return all(np.array_equal(one.leaves[name], other.leaves[name]) for name in one.leaves)


def _shown(dims: Mapping[str, int]) -> str:
    return ", ".join(f"{name} = {n}" for name, n in dims.items()).replace("size_", "")


def _at_sizes(
    problem: Problem, traced: Traced, assumptions: Assumptions, dims: Mapping[str, int], seed: int
) -> tuple[Point | None, str, Failing | None]:
    """A point where both agree, or the fault, or how the backward function fails at every point of these sizes."""
    last, seen = "", 0
    failed: list[Comparison] = []
    for number, point in enumerate(points(traced, assumptions, dims, seed)):
        if number >= MOST_POINTS and (last or len(failed) == seen):
            break
        found = compared(traced, point, run_real(problem, point))
        if found.agree:
            return point, "", None
        if found.differ:
            return None, found.text, None
        last, seen = (last if found.beyond else found.text or last), seen + 1
        failed += [found] if found.fails else []
    if seen < FEWEST_POINTS or len(failed) < seen or not dims:
        return None, last, None
    return None, "", Failing(traced.complete(dims), failed[0].fails, all(f.raises for f in failed))


def _at_special_values(
    problem: Problem,
    traced: Traced,
    assumptions: Assumptions,
    dims: Mapping[str, int],
    numbers: Sequence[Fraction],
) -> str | None:
    """Zeros, ties, both sides of the numbers of the code; what is not defined there says nothing."""
    try:
        for draw in special_draws(traced, assumptions, dims, numbers):
            point = point_of(traced, draw, dims)
            found = compared(traced, point, run_real(problem, point))
            if found.differ and not _rounded_at_a_kink(problem, traced, draw, dims):
                return found.text
    except DeriveError:
        return None
    return None


def _rounded_at_a_kink(problem: Problem, traced: Traced, draw: Draw, dims: Mapping[str, int]) -> bool:
    """Floats of two orders of sums, 1e-17 and 0, on two sides of a kink: a little beside it, both agree."""
    fixed = {n for n, cells in draw.arrays.items() if all(v in (0, 1) for v in cells.values())}
    rng = random.Random(0)
    moved = {
        name: cells
        if name in fixed
        else {at: v * (1 + Fraction(rng.randint(-99, 99), 10**9)) for at, v in cells.items()}
        for name, cells in draw.arrays.items()
    }
    here, beside = (point_of(traced, d, dims) for d in (draw, Draw(draw.dims, moved)))
    return sides(traced, here) != sides(traced, beside) and compared(traced, beside, run_real(problem, beside)).agree


def sides(traced: Traced, point: Point) -> list[bytes]:
    """On which side of every kink of the trace a point lies."""
    grids = [*traced.outputs, *(g for g in traced.gradients.values() if g is not None)]
    numbers = Numbers(point.dims, point.declared)
    nodes = in_order(*(v for g in grids for v in g.cells.ravel()))
    return [np.asarray(numbers.of(n)).tobytes() for n in nodes if isinstance(n, IsAbove | IsNotBelow)]
