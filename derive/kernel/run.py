"""Runs: the exact values of every named array of a computation, at points of its inputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from flint import arb, fmpq

from .chain import Definition
from .claim import Claim
from .elementary import ZERO
from .evaluate import Ambiguous, Evaluation, Point, TooLarge, Undefined, Value, precision
from .index import Add, Entry, Index
from .plan import Plan
from .points import RECIPES, Recipe, points
from .refute import PRECISIONS, at_point
from .verdict import Refuted

DIGITS = 256                        # bits of a rational that stays one; a longer one becomes a ball
LIMIT = 200_000                     # table entries for one definition


@dataclass(frozen=True)
class Run:
    """The inputs, all arrays, and whether no indicator jumps here."""

    inputs: Point
    everything: Point
    smooth: bool


def runs(
    about: Claim, definitions: Iterable[Definition], table: tuple[Recipe, ...] = RECIPES, seed: int = 0,
    end: float | None = None,
) -> Iterator[Run]:
    """One run after the other; `about` says arrays, facts and generic functions.  None is begun after `end`."""
    plan, chosen = Plan(), tuple(definitions)
    for point in points(with_all_arrays(about), seed, len(table), table, end):
        yield run(point, chosen, plan)


def with_all_arrays(about: Claim) -> Claim:
    """A claim in which every array plays a part."""
    inputs = Add((ZERO, *(Entry(name, (0,) * len(sizes)) for name, sizes in about.shapes.items())))
    return replace(about, left=inputs, right=ZERO)


def run(point: Point, definitions: tuple[Definition, ...], plan: Plan) -> Run:
    """The run at a point; an array that is not defined there has no elements."""
    for bits in PRECISIONS:
        arrays = dict(point.arrays)
        everything = Point(point.dims, arrays, point.functions)
        smooth = True
        try:
            with precision(bits):
                for definition in definitions:
                    sides = Evaluation(everything, LIMIT, plan)
                    try:
                        arrays[definition.name] = _cells(definition, sides)
                    except (Undefined, TooLarge):
                        arrays[definition.name] = {}
                    smooth = smooth and sides.smooth
        except Ambiguous:
            continue
        break
    return Run(point, everything, smooth)


def _cells(definition: Definition, sides: Evaluation) -> Mapping[tuple[int, ...], Value]:
    point, (order, values) = sides.point, sides.table(definition.body)
    cells = {}
    for cell in product(*(range(point.size(p.size)) if isinstance(p, Index) else (0,) for p in definition.at)):
        where = dict(zip(definition.at, cell, strict=True))
        cells[cell] = _short(values[tuple(where[i] for i in order)])
    return cells


def _short(value: Value) -> Value:
    long = isinstance(value, fmpq) and value.p.height_bits() + value.q.height_bits() > DIGITS
    return arb(value) if long else value


def compare(claim: Claim, run: Run) -> Refuted | bool:
    """Refuted where the sides certainly differ, shown at the inputs; else whether both are defined."""
    found = at_point(claim, run.everything, LIMIT, shown=run.inputs)
    return replace(found, at_kink=found.at_kink or not run.smooth) if isinstance(found, Refuted) else found
