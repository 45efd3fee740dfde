"""Points to try a claim at: small dimensions, exact values that satisfy the facts, deliberate ties and saturations."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from flint import fmpq, fmpq_mat

from .claim import AreEqual, Claim, Fact, IsOneHot, IsPositive, arrays_of, sides
from .elementary import minus
from .evaluate import Ambiguous, Evaluation, Point, TooLarge, Undefined, Value, precision, sign
from .index import Entry, Expr, ScalarFunction
from .plan import Plan
from .walk import nodes

Cells = dict[tuple[int, ...], fmpq]
Recipe = tuple[tuple[int, ...], int, int, str, str]

# dimensions by position (cycled), numerator range, denominator, sign, shape of generic functions
RECIPES: tuple[Recipe, ...] = (
    ((2, 3, 1), 3, 1, "any", "cubic"),
    ((2, 3, 4, 5), 5, 2, "any", "cubic"),
    ((3, 2), 7, 8, "positive", "cubic"),
    ((2, 3), 15, 16, "any", "cubic"),
    ((1,), 5, 2, "any", "cubic"),
    ((1, 2, 3), 1, 1, "ties", "cubic"),
    ((2, 3), 9, 10, "negative", "square"),
    ((3, 2, 1), 5, 100, "any", "cubic"),
    ((2, 1), 3, 1, "ties", "zero"),
    ((2, 3, 1), 40, 1, "any", "line"),
    ((2,), 7, 4, "any", "minus"),
    ((4, 3), 3, 2, "fraction", "cubic"),
    ((2, 1, 3), 3, 2, "scales", "cubic"),
    ((1, 2), 3, 4, "scales", "minus"),
    ((2, 3), 1, 1, "ties", "square"),
    ((3, 2), 25, 2, "any", "quintic"),
    ((2, 3, 4), 60, 7, "any", "minus"),
    ((1,), 30, 4, "any", "quintic"),
    ((2, 1, 3), 20, 3, "positive", "cubic"),
    ((1, 2), 3, 2, "positive scales", "cubic"),
)
# small numbers, so that deep computations neither saturate nor overflow
SMALL: tuple[Recipe, ...] = (
    ((4, 2, 3), 7, 32, "positive", "cubic"),
    ((2, 3, 4), 7, 8, "any", "cubic"),
    ((3, 5, 2, 4), 9, 32, "positive", "cubic"),
    ((5, 4, 2), 5, 16, "positive", "cubic"),
    ((3, 2, 5, 4), 9, 16, "any", "cubic"),
)
SOLVABLE = 400                     # entries of an array that an equality fact determines
NEGATIVE = {"any": 0.45, "scales": 0.45, "mostly positive": 0.2}     # share of the entries
SCALES = (fmpq(1, 16), fmpq(1), fmpq(1), fmpq(8), fmpq(40))         # of whole arrays
FACTORS = (fmpq(-3), fmpq(-1), fmpq(-1, 3), fmpq(1, 3), fmpq(1), fmpq(3))   # of coefficients, after the first draw
ZERO = 0.1                                                          # share of functions that are 0, after that draw
FUNCTIONS = {
    "cubic": ((1, 3), (1, 2), (-2, 5), (1, 7)),
    "quintic": ((1, 3), (1, 2), (-2, 5), (1, 7), (-1, 11), (1, 13)),       # g''' is not constant
    "square": ((0, 1), (0, 1), (1, 1)),
    "zero": ((0, 1),),
    "line": ((1, 1), (-1, 2)),
    "minus": ((-1, 1), (1, 1), (0, 1), (-1, 3)),
}


def points(
    claim: Claim, seed: int = 0, recipes: int = len(RECIPES), table: tuple[Recipe, ...] = RECIPES,
    end: float | None = None,
) -> Iterator[Point]:
    """Points that satisfy the facts; a recipe whose draws all fail them, or take too long, is passed over."""
    setting = Setting(claim, end)
    for number, recipe in enumerate(table[:recipes]):
        for attempt in range(4):
            point = setting.draw(recipe, random.Random(f"{seed} {number} {attempt}"), varied=seed > 0)
            if point is not None:
                yield point
                break


class Setting:
    """What all points of a claim share: the arrays, functions and facts in play."""

    def __init__(self, claim: Claim, end: float | None = None) -> None:
        used = claim.in_play
        self.dims = claim.dims
        self.arrays = {name: sizes for name, sizes in claim.shapes.items() if name in used}
        self.facts = [f for f in claim.facts if not (mine := arrays_of(*sides(f))) or mine & used]
        self.differences = [minus(f.left, f.right) for f in self.facts if isinstance(f, AreEqual)]
        self.signs = {f.expr.array: "positive" if isinstance(f, IsPositive) else "nonnegative"
                      for f in self.facts if not isinstance(f, AreEqual | IsOneHot) and isinstance(f.expr, Entry)}
        self.one_hot = {f.expr.array for f in self.facts if isinstance(f, IsOneHot)}
        found = {e.function: None for e in nodes((claim.left, claim.right)) if isinstance(e, ScalarFunction)}
        self.functions = [*claim.generic, *(f for f in found if f not in claim.generic)]
        self.plan = Plan(end)

    def draw(self, recipe: Recipe, rng: random.Random, varied: bool = False) -> Point | None:
        """One point of a recipe, moved onto the equality facts; None if a fact fails there.

        `varied`: each coefficient of a generic function gets a factor, so that all signs are met; some functions are 0.
        """
        sizes, top, bottom, how, shape = recipe
        dims = {name: sizes[k] if k < len(sizes) else rng.choice(sizes) for k, name in enumerate(self.dims)}
        arrays = {}
        for name, shape_of in self.arrays.items():
            extents = [range(s if isinstance(s, int) else dims[s]) for s in shape_of]
            signs = self.signs.get(name, how) if how != "fraction" else how
            scale = rng.choice(SCALES) if how.endswith("scales") else fmpq(1)
            arrays[name] = {at: scale * _number(rng, top, bottom, signs) for at in product(*extents)}
            if name in self.one_hot:
                chosen = {row: rng.choice(extents[-1]) for row in product(*extents[:-1])}
                arrays[name] = {at: fmpq(int(chosen[at[:-1]] == at[-1])) for at in product(*extents)}
        functions = {}
        for k, name in enumerate(self.functions):
            plain = (fmpq(a, b) + fmpq(k, 3 + j) * (a != 0) for j, (a, b) in enumerate(FUNCTIONS[shape]))
            whole = int(rng.random() > ZERO)
            functions[name] = tuple(whole * c * rng.choice(FACTORS) if varied else c for c in plain)
        try:
            with precision(128):
                for difference in self.differences:
                    self._solve(difference, arrays, Point(dims, arrays, functions))
                return self._satisfying(Point(dims, arrays, functions))
        except (Undefined, Ambiguous, TooLarge):
            return None

    def between(self, one: Point, other: Point, share: fmpq) -> Point | None:
        """(1 - share) one + share other, but for one-hot rows; None if a fact fails there."""
        arrays = {name: {at: v if name in self.one_hot else v + share * (other.arrays[name][at] - v)
                         for at, v in cells.items()} for name, cells in one.arrays.items()}
        try:
            with precision(128):
                return self._satisfying(Point(one.dims, arrays, one.functions))
        except (Undefined, Ambiguous, TooLarge):
            return None

    def _satisfying(self, point: Point) -> Point | None:
        return point if all(self._holds(fact, point) for fact in self.facts) else None

    def _table(self, e: Expr, point: Point) -> list[Value]:
        _, values = Evaluation(point, plan=self.plan).table(e)
        return [values[k] for k in sorted(values)]

    def _holds(self, fact: Fact, point: Point) -> bool:
        if isinstance(fact, IsOneHot):
            return True
        if isinstance(fact, AreEqual):
            return all(isinstance(v, fmpq) and v == 0 for d in self.differences for v in self._table(d, point))
        floor = 1 if isinstance(fact, IsPositive) else 0
        return all(sign(v) >= floor for v in self._table(fact.expr, point))

    def _solve(self, difference: Expr, arrays: dict[str, Cells], point: Point) -> None:
        """Move entries of the first array, as few as possible, until an affine difference vanishes."""
        names = [e.array for e in nodes((difference,)) if isinstance(e, Entry)]
        if not names or len(arrays[names[0]]) > SOLVABLE:
            return
        cells = arrays[names[0]]

        def at(values: Cells) -> list[Value]:
            return self._table(difference, Point(point.dims, arrays | {names[0]: values}, point.functions))

        zero = dict.fromkeys(cells, fmpq(0))
        base = at(zero)
        order = sorted(cells, reverse=True)                 # pivots from the last entries
        columns = [[v - b for v, b in zip(at(zero | {c: fmpq(1)}), base, strict=True)] for c in order]
        if not all(isinstance(v, fmpq) for col in (*columns, base) for v in col):
            return
        rows = fmpq_mat(len(base), len(order) + 1,
                        [v for r in range(len(base)) for v in (*(col[r] for col in columns), -base[r])])
        reduced, rank = rows.rref()
        out = dict(cells)
        for r in range(rank):
            pivot = next(c for c in range(len(order) + 1) if reduced[r, c] != 0)
            if pivot == len(order):
                return
            rest = sum((reduced[r, c] * out[order[c]] for c in range(pivot + 1, len(order))), fmpq(0))
            out[order[pivot]] = reduced[r, len(order)] - rest
        arrays[names[0]] = out


def _number(rng: random.Random, top: int, bottom: int, how: str) -> fmpq:
    if how == "nonnegative" and rng.random() < 0.3:
        return fmpq(0)
    if how == "ties":
        return fmpq(rng.choice((-1, 0, 0, 1, 1)), bottom)
    if how == "fraction":
        return fmpq(rng.randint(1, top), top + 2)
    a = rng.randint(1, top)
    if how == "negative" or (how in NEGATIVE and rng.random() < NEGATIVE[how]):
        a = -a
    return fmpq(a, bottom)


def as_fraction(v: fmpq) -> Fraction:
    """A flint rational as a Python one."""
    return Fraction(int(v.p), int(v.q))
