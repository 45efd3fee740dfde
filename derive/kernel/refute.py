"""Refutation: a point where both sides are defined, everywhere in the array, and certainly differ somewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from flint import arb, ctx, fmpq

from .claim import Claim
from .evaluate import Ambiguous, Evaluation, Point, TooLarge, Undefined, Value, precision
from .index import Index
from .plan import Plan
from .points import as_fraction, points
from .text import text
from .verdict import Refuted
from .walk import free_indices

PRECISIONS = (64, 192, 640)
MOST_BITS = 400                     # of a rational that is shown in full
DIGITS = (15, 30, 60, 120)


@dataclass(frozen=True)
class Trial:
    """What trying the points gave."""

    refuted: Refuted | None
    agreed: int             # points where both sides are defined and every element may be equal
    defined: int            # points where both sides are defined
    wide: int = 0           # of these, with every dimension above 1


def refute(claim: Claim, recipes: int, limit: int, seed: int = 0, end: float | None = None) -> Trial:
    """Try the points until one refutes, where nothing jumps if possible, or until `end` of the monotonic clock."""
    agreed = defined = wide = 0
    at_kink: Refuted | None = None
    plan = Plan(end)
    for point in points(claim, seed, recipes, end=end):
        found = at_point(claim, point, limit, plan)
        wide += bool(found) and all(size > 1 for size in point.dims.values())
        if isinstance(found, Refuted):
            defined += 1
            if not found.at_kink:
                return Trial(found, agreed, defined, wide)
            at_kink = at_kink or found
        elif found:
            agreed += 1
            defined += 1
    return Trial(at_kink, agreed, defined, wide)


def at_point(
    claim: Claim, point: Point, limit: int, plan: Plan | None = None, shown: Point | None = None
) -> Refuted | bool:
    """Refuted, or whether both sides are defined at the point; `shown` is the part of it that a reader sees."""
    plan = plan or Plan()
    for bits in PRECISIONS:
        try:
            with precision(bits):
                sides = Evaluation(point, limit, plan)
                left, right, *_ = map(sides.table, claim.expressions)
                found = _compare(claim, point, left, right, shown or point)
                return replace(found, at_kink=not sides.smooth) if isinstance(found, Refuted) else found
        except Ambiguous:
            continue
        except (Undefined, TooLarge):
            return False
    return False


def _compare(claim: Claim, point: Point, left: Any, right: Any, shown: Point) -> Refuted | bool:
    order = _order(claim, left, right)
    for at in product(*(range(point.size(i.size)) for i in order)):
        env = dict(zip(order, at, strict=True))
        a, b = (values[tuple(env[i] for i in own)] for own, values in (left, right))
        if _certainly_differ(a, b):
            where = tuple(env[i] for i in order)
            a_shown, b_shown = _told_apart(a, b)
            return Refuted(_reason(claim, order, where), at=readable(shown), left=a_shown, right=b_shown, index=where,
                           conditions=tuple(f"assumed: {describe(f)}" for f in claim.facts))
    return True


def _order(claim: Claim, left: Any, right: Any) -> tuple[Index, ...]:
    extra = sorted({*left[0], *right[0]} - set(claim.free), key=lambda i: (i.name, str(i.size)))
    return (*claim.free, *extra)


def _certainly_differ(a: Value, b: Value) -> bool:
    if isinstance(a, fmpq) and isinstance(b, fmpq):
        return bool(a != b)
    gap = arb(a) - arb(b)
    return bool(gap.is_finite() and not gap.contains(0))


def _reason(claim: Claim, order: tuple[Index, ...], at: tuple[int, ...]) -> str:
    where = ", ".join(f"{i.name} = {v}" for i, v in zip(order, at, strict=True))
    return f"the sides differ at {where}" if where else "the sides differ"


def _told_apart(a: Value, b: Value) -> tuple[str, str]:
    """Both, with as many digits as it takes to see that they differ, where that can be seen; else with few."""
    for digits in DIGITS:
        if (shown := (_shown(a, digits), _shown(b, digits)))[0] != shown[1]:
            return shown
    return _shown(a, DIGITS[0]), _shown(b, DIGITS[0])


def _shown(v: Value, digits: int) -> str:
    """An exact rational as it is, a ball or a long rational by its first digits."""
    if isinstance(v, fmpq) and v.p.height_bits() + v.q.height_bits() <= MOST_BITS:
        return str(as_fraction(v))
    with ctx.workdps(digits + 5):
        return str(arb(v).str(digits, radius=False))


def describe(fact: Any, free: tuple[Index, ...] | None = None) -> str:
    """A fact as text; with the free indices of a claim, the others that it holds for are named."""
    if hasattr(fact, "left"):
        return f"{text(fact.left)} = {text(fact.right)}"
    if type(fact).__name__ == "IsOneHot":
        rows = "each row of " if len(fact.expr.at) > 1 else ""
        return f"{rows}{fact.expr.array} holds one 1, else zeros"
    others = () if free is None else sorted({i.name for i in free_indices(fact.expr)} - {i.name for i in free})
    every = f" for every {', '.join(others)}" if others else ""
    return f"{text(fact.expr)} {'>' if type(fact).__name__ == 'IsPositive' else '>='} 0{every}"


def readable(point: Point) -> dict[str, Any]:
    """dims -> int, arrays -> nested lists of exact rationals, functions -> polynomials."""
    out: dict[str, Any] = dict(point.dims)
    for name, cells in point.arrays.items():
        out[name] = _nested(cells)
    for name, c in point.functions.items():
        out[name] = " + ".join(f"{ck}*x**{k}" for k, ck in enumerate(c) if ck != 0) or "0"
    return out


def _nested(cells: Any) -> Any:
    if () in cells:
        return as_fraction(cells[()])
    heads = sorted({at[0] for at in cells})
    return tuple(_nested({at[1:]: v for at, v in cells.items() if at[0] == h}) for h in heads)
