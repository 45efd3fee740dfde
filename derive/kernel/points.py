"""Points to try a claim at: small dimensions, exact values that satisfy the facts, deliberate ties and saturations."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from flint import fmpq, fmpq_mat

from .claim import AreEqual, Claim, IsPositive
from .evaluate import Ambiguous, Point, Undefined, evaluate, precision, sign
from .index import Entry, Expr
from .walk import nodes

Cell = tuple[str, tuple[int, ...]]

# dimensions by position (cycled), numerator range, denominator, sign, shape of generic functions
RECIPES: tuple[tuple[tuple[int, ...], int, int, str, str], ...] = (
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
)
FUNCTIONS = {
    "cubic": ((1, 3), (1, 2), (-2, 5), (1, 7)),
    "square": ((0, 1), (0, 1), (1, 1)),
    "zero": ((0, 1),),
    "line": ((1, 1), (-1, 2)),
    "minus": ((-1, 1), (1, 1), (0, 1), (-1, 3)),
}


def points(claim: Claim, seed: int = 0, recipes: int = len(RECIPES)) -> Iterator[Point]:
    """Points that satisfy the facts; a recipe whose draws all fail them is passed over."""
    for number, recipe in enumerate(RECIPES[:recipes]):
        for attempt in range(4):
            point = draw(claim, recipe, random.Random(f"{seed} {number} {attempt}"))
            if point is not None:
                yield point
                break


def draw(claim: Claim, recipe: tuple[tuple[int, ...], int, int, str, str], rng: random.Random) -> Point | None:
    """One point of a recipe, moved onto the equality facts; None if a fact fails there."""
    sizes, top, bottom, how, shape = recipe
    dims = {name: sizes[k % len(sizes)] for k, name in enumerate(claim.dims)}
    arrays = {}
    positive = {f.expr.array for f in claim.facts if not isinstance(f, AreEqual) and isinstance(f.expr, Entry)}
    for name, shape_of in claim.shapes.items():
        extents = [range(s if isinstance(s, int) else dims[s]) for s in shape_of]
        sign_of = "positive" if name in positive and how in ("any", "negative", "ties") else how
        arrays[name] = {at: _number(rng, top, bottom, sign_of) for at in product(*extents)}
    functions = {}
    for k, name in enumerate(_functions(claim)):
        functions[name] = tuple(fmpq(a, b) + fmpq(k, 3 + j) * (a != 0) for j, (a, b) in enumerate(FUNCTIONS[shape]))
    point: Point | None = Point(dims, arrays, functions)
    if any(isinstance(f, AreEqual) for f in claim.facts):
        point = _onto_equalities(claim, Point(dims, arrays, functions))
    return point if point is not None and satisfies(claim, point) else None


def _number(rng: random.Random, top: int, bottom: int, how: str) -> fmpq:
    if how == "ties":
        return fmpq(rng.choice((-1, 0, 0, 1, 1)), bottom)
    if how == "fraction":
        return fmpq(rng.randint(1, top), top + 2)
    a = rng.randint(1, top)
    if how == "negative" or (how == "any" and rng.random() < 0.45):
        a = -a
    return fmpq(a, bottom)


def _functions(claim: Claim) -> list[str]:
    """Generic elementwise functions, then generic functions of arrays."""
    from .index import ScalarFunction

    exprs = [claim.left, claim.right]
    found = {e.function: None for e in nodes(exprs) if isinstance(e, ScalarFunction)}
    return [*claim.generic, *(f for f in found if f not in claim.generic)]


def satisfies(claim: Claim, point: Point) -> bool:
    """Do all facts hold at the point, certainly?"""
    try:
        with precision(128):
            return all(_holds(fact, point) for fact in claim.facts)
    except (Undefined, Ambiguous):
        return False


def _holds(fact: object, point: Point) -> bool:
    if isinstance(fact, AreEqual):
        difference = _difference(fact)
        return all(isinstance(v, fmpq) and v == 0 for v in evaluate(difference, point)[1].values())
    floor = 1 if isinstance(fact, IsPositive) else 0
    return all(sign(v) >= floor for v in evaluate(fact.expr, point)[1].values())      # type: ignore[attr-defined]


def _difference(fact: AreEqual) -> Expr:
    from .elementary import minus

    return minus(fact.left, fact.right)


def _onto_equalities(claim: Claim, point: Point) -> Point | None:
    """Move array entries, as few as possible, until the equality facts hold; they are affine in the entries moved."""
    arrays = {name: dict(cells) for name, cells in point.arrays.items()}
    for fact in claim.facts:
        if not isinstance(fact, AreEqual):
            continue
        difference = _difference(fact)
        names = [e.array for e in nodes((difference,)) if isinstance(e, Entry)]
        if not names:
            continue
        moved = _solve(difference, names[0], arrays, point)
        if moved is None:
            return None
        arrays[names[0]] = moved
    return Point(point.dims, arrays, point.functions)


def _solve(difference: Expr, name: str, arrays: dict[str, dict[tuple[int, ...], fmpq]], point: Point) -> (
        dict[tuple[int, ...], fmpq] | None):
    """Entries of one array such that an affine difference vanishes: eliminate, keep what is not a pivot."""
    cells = arrays[name]

    def at(values: dict[tuple[int, ...], fmpq]) -> list[fmpq]:
        table = evaluate(difference, Point(point.dims, arrays | {name: values}, point.functions))[1]
        return [table[k] for k in sorted(table)]

    try:
        zero = dict.fromkeys(cells, fmpq(0))
        base = at(zero)
        order = sorted(cells, reverse=True)                 # pivots from the last entries
        columns = [[v - b for v, b in zip(at(zero | {c: fmpq(1)}), base, strict=True)] for c in order]
    except (Undefined, Ambiguous):
        return None
    if not all(isinstance(v, fmpq) for col in columns for v in col):
        return None
    rows = fmpq_mat(len(base), len(order) + 1,
                    [v for r in range(len(base)) for v in (*(col[r] for col in columns), -base[r])])
    reduced, rank = rows.rref()
    out = dict(cells)
    for r in range(rank):
        pivot = next((c for c in range(len(order) + 1) if reduced[r, c] != 0), None)
        if pivot is None or pivot == len(order):
            return None
        rest = sum((reduced[r, c] * out[order[c]] for c in range(pivot + 1, len(order))), fmpq(0))
        out[order[pivot]] = reduced[r, len(order)] - rest
    return out


def as_fraction(v: fmpq) -> Fraction:
    """A flint rational as a Python one."""
    return Fraction(int(v.p), int(v.q))
