"""Points where a claimed gradient is wrong: exact, off kinks, and as small as they come."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import log10, prod
from typing import Any

import numpy as np

from derive import Refuted
from derive.arrays.draws import Draw, arrays_in, draws, is_sign
from derive.arrays.values import Constant, Declared, IsAbove, Mapped, MaximumOf, Reduced, Value, in_order
from derive.arrays.witness import Witness

from .arguments import at_sizes
from .assumptions import Assumptions
from .numbers import Numbers, gradient
from .reproduction import point_of, tied
from .run import Traced

NUDGES = 3
JUMP = 1e-3  # relative: what is more was no small change
JUMPING = frozenset({"abs", "sign", "relu", "leaky_relu", "step"})
FACTORS = (Fraction(1, 2), Fraction(3, 2), Fraction(20))  # of a threshold: below, above, far above
MOST_THRESHOLDS = 8
MOST_ELEMENTS = 300  # of all arrays, where sizes were given
MOST_SECONDS = 1.0  # for making an example smaller: how it looks may hang on the machine, a verdict may not
MOST_TRIES = 60  # points looked at to make an example smaller
ORDINARY = Fraction(1)
SIMPLE = (Fraction(0), Fraction(1), Fraction(2))


@dataclass(frozen=True)
class Example:
    """A point where both sides are defined and differ."""

    draw: Draw
    refuted: Refuted


def has_kinks(*values: Value) -> bool:
    """Only then may two formulas differ on a null set alone."""
    return any(
        isinstance(n, IsAbove | MaximumOf)
        or (isinstance(n, Reduced) and n.largest)
        or (isinstance(n, Mapped) and n.function in JUMPING)
        for v in values
        for n in in_order(v)
    )


class Examples:
    """Looks for examples that `value` is not the derivative of the loss in `variable`."""

    def __init__(
        self, traced: Traced, assumptions: Assumptions, variable: Declared, value: Value, real: Callable[[Draw], bool]
    ) -> None:
        """`real`: do the functions themselves run at a point, and give what the trace says?"""
        self.real = real
        self.traced, self.assumptions, self.variable, self.value = traced, assumptions, variable, value
        facts = assumptions.facts(traced.symbols)
        self.signed = {a for f in facts if is_sign(f) for a in arrays_in(f)}
        self.bound = {a for f in facts if not is_sign(f) for a in arrays_in(f)}
        self.kinks = has_kinks(traced.loss, value)
        self.end = 0.0
        self.witness = Witness(traced.loss, variable, value, facts)

    def complete(self, at: Mapping[str, Any]) -> Draw:
        """The point of a refutation; arrays that it does not speak of get values of their own."""
        dims = {name: at.get(name, 2) for name in self.traced.dimensions}
        shapes = self._shapes(dims)
        arrays: dict[str, Mapping[tuple[int, ...], Fraction]] = {
            name: dict(_cells(at[name])) for name in shapes if name in at
        }
        missing = {name: shape for name, shape in shapes.items() if name not in at}
        if missing:
            facts = [f for f in self.assumptions.facts(self.traced.symbols, dims) if arrays_in(f) <= missing.keys()]
            arrays |= next(draws(missing, facts=facts)).arrays
        return Draw(dims, {name: arrays[name] for name in shapes})

    def _shapes(self, dims: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
        return at_sizes(self.traced.shapes(), dims)

    def differs(self, draw: Draw, scale: Fraction = ORDINARY) -> Refuted | None:
        """The refutation at a point; none where an indicator of either side jumps, or where np.argmax has a choice."""
        found = self.witness.at(draw).refuted
        if found is None or not self.kinks:
            return found
        return found if self._continuous(draw, scale) and not self._tied(draw) else None

    def _tied(self, draw: Draw) -> bool:
        if not self.traced.choices:
            return False
        point = point_of(self.traced, draw, draw.dims)
        return tied(self.traced, Numbers(point.dims, point.declared))

    def differs_by_floats(self, draw: Draw) -> bool:
        """Is there a difference at all points nearby?  For expressions that are too large to be looked at exactly."""
        for near in self.near(draw):
            point = point_of(self.traced, near, near.dims)
            claimed = Numbers(point.dims, point.declared).of(self.value)
            gap = np.abs(gradient(self.traced.loss, point, self.variable.name) - claimed)
            if not np.max(gap, initial=0) > JUMP * max(1.0, float(np.max(np.abs(claimed), initial=0))):
                return False
        return True

    def _continuous(self, draw: Draw, scale: Fraction) -> bool:
        """Are both sides nearly the same at points nearby?"""
        here = self.witness.values(draw)
        for near in self.near(draw, scale):
            there = self.witness.values(near)
            if (
                here is None
                or there is None
                or any(abs(a - b) > JUMP * max(1.0, abs(a)) for a, b in zip(here, there, strict=True))
            ):
                return False
        return True

    def near(self, draw: Draw, scale: Fraction = ORDINARY) -> Iterator[Draw]:
        """Points nearby where no two numbers are equal; nearer where the numbers of the point are small."""
        for k in range(NUDGES):
            rng = random.Random(k)
            yield Draw(
                draw.dims,
                {
                    name: cells
                    if name in self.bound
                    else nudged(cells, rng, name in self.signed, min(scale, ORDINARY))
                    for name, cells in draw.arrays.items()
                },
            )

    # ---- search

    def search(self) -> Example | None:
        """Points around the thresholds that stand in the code: where 0 < x < 1e-6, where |x| > 500."""
        for size in (1, 2):
            dims = dict.fromkeys(self.traced.dimensions, size)
            facts = self.assumptions.facts(self.traced.symbols, dims)
            start = next(draws(self._shapes(dims), facts=facts), None)
            if start is None:
                continue
            for draw, scale in self._around(Draw(dims, start.arrays)):
                if (found := self.differs(draw, scale)) is not None:
                    return Example(draw, found)
        return None

    def at_given_sizes(self) -> Example | None:
        """Points where the sizes that were given have their values, and the others are small."""
        for size in (2, 1):
            dims = {name: self.traced.symbols.known.get(name, size) for name in self.traced.dimensions}
            for draw in self.starts(dims, 4):
                if (found := self.differs(draw)) is not None:
                    return Example(draw, found)
        return None

    def starts(self, dims: Mapping[str, int], count: int) -> Iterator[Draw]:
        """Drawn points of given sizes; none where the arrays are too large to be looked at."""
        shapes = self._shapes(dims)
        if sum(prod(shape) for shape in shapes.values()) <= MOST_ELEMENTS:
            facts = self.assumptions.facts(self.traced.symbols, dims)
            for drawn, _ in zip(draws(shapes, facts=facts), range(count), strict=False):
                yield Draw(dict(dims), drawn.arrays)

    def _around(self, draw: Draw) -> Iterator[tuple[Draw, Fraction]]:
        """The free arrays, one after the other and all together, on both sides of every threshold."""
        free = [name for name in draw.arrays if name not in self.bound]
        signs = (1, -1)
        for scale in self._thresholds():
            for names, factor, sign in product([*([n] for n in free), free], FACTORS, signs):
                moved = Draw(
                    draw.dims,
                    {
                        name: {
                            at: (1 if name in self.signed else sign)
                            * scale
                            * factor
                            * (1 + (abs(v) + Fraction(k, 7)) / 100)  # no two alike
                            for k, (at, v) in enumerate(cells.items())
                        }
                        if name in names
                        else cells
                        for name, cells in draw.arrays.items()
                    },
                )
                yield moved, scale

    def _thresholds(self) -> list[Fraction]:
        """Numbers of the code, the unusual ones first."""
        found = {abs(n.value) for v in (self.traced.loss, self.value) for n in in_order(v) if isinstance(n, Constant)}
        return sorted(found - {Fraction(0)}, key=lambda s: -abs(log10(s)))[:MOST_THRESHOLDS]

    # ---- making it small

    def smaller(self, example: Example) -> Example:
        """Fewer and simpler numbers, as long as the sides differ; the sizes that were given stay."""
        best, tries = example, MOST_TRIES
        self.end = time.monotonic() + MOST_SECONDS
        for dims in _smaller_sizes(example.draw.dims, self.traced.symbols.known):
            facts = self.assumptions.facts(self.traced.symbols, dims)
            for draw, _ in zip(draws(self._shapes(dims), facts=facts), range(3), strict=False):
                tries -= 1
                candidate = Draw(dims, draw.arrays)
                if tries > 0 and (found := self._really(candidate)) is not None:
                    return self._simpler(Example(candidate, found), tries)
        return self._simpler(best, tries)

    def _really(self, draw: Draw) -> Refuted | None:
        found = self.differs(draw) if time.monotonic() < self.end else None
        return found if found is not None and self.real(draw) else None

    def _simpler(self, example: Example, tries: int) -> Example:
        """Whole arrays of zeros or ones first, then element by element."""
        pieces = [(name, tuple(cells)) for name, cells in example.draw.arrays.items() if name not in self.bound]
        pieces += [(name, (at,)) for name, every in pieces if len(every) > 1 for at in every]
        for name, places in pieces:
            for value in SIMPLE:
                now = example.draw.arrays[name]
                if tries <= 0 or all(now[at] == value for at in places) or (name in self.signed and value <= 0):
                    break
                tries -= 1
                arrays = {**example.draw.arrays, name: {**now, **dict.fromkeys(places, value)}}
                if (found := self._really(Draw(example.draw.dims, arrays))) is not None:
                    example = Example(Draw(example.draw.dims, arrays), found)
                    break
        return example


def _smaller_sizes(dims: Mapping[str, int], known: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """Every choice of 1 and 2 that has fewer elements, smallest first."""
    free = [n for n in dims if n not in known]
    choices = product((1, 2), repeat=min(len(free), 6))
    for sizes in sorted(choices, key=lambda s: (sum(s), s)):
        chosen = dict(zip(free, sizes, strict=False))
        if sum(chosen.values()) < sum(dims[n] for n in chosen):
            yield {n: chosen.get(n, dims[n]) for n in dims}


def nudged(
    cells: Mapping[tuple[int, ...], Fraction], rng: random.Random, upwards: bool, scale: Fraction
) -> dict[tuple[int, ...], Fraction]:
    """Numbers next to these, no two of them equal."""
    signs = (1,) if upwards else (-1, 1)
    return {at: v + scale * Fraction(rng.randrange(1, 10**6) * rng.choice(signs), 10**12) for at, v in cells.items()}


def _cells(nested: Any, at: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Fraction]]:
    if isinstance(nested, tuple):
        for k, part in enumerate(nested):
            yield from _cells(part, (*at, k))
    else:
        yield at, Fraction(nested)
