"""Maxima over an index, and of some elements; where their elements are equal.

    max_i (a + b_i) = a + max_i b_i,   max_i c b_i = c max_i b_i for c > 0,   max(a, max(b, c)) = max(a, b, c)
    max(a, b) = b + (a - b) [a > b]
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .algebra import ONE, Algebra, Inside, Poly
from .claim import Claim, IsNonNegative, IsPositive, arrays_of, sides
from .elementary import KINKS, KNOWN, LARGEST
from .index import Apply, Delta, Entry, Expr, Greatest, Index, Largest, Positive, ScalarFunction
from .lower import Lowering
from .nonlinear import indicator
from .ratio import content, normalise, whole_power
from .signs import PLUS, arrays_in, padded, sign_of, terms_of
from .sums import touched
from .tree import bound, children, nodes


def max_over(al: Algebra, p: Poly, *bound: int) -> Poly:
    """max over indices"""
    p = normalise(al, p)
    for label in [b for b in bound if al.sizes[b] == 1]:
        p = al.substitute(p, {label: (-1, 0)})
    labels = [b for b in bound if any(al.touches(g, b) for m in p for g, _ in m)]
    if not labels:
        return p
    outside = {m: c for m, c in p.items() if not any(touched(al, f, labels) for f in m)}
    inside = {m: c for m, c in p.items() if m not in outside}
    common, inside = _positive_part(al, inside, labels)
    scale = content(inside)
    inside = al.scale(inside, 1 / scale)
    g = al.alone(inside)
    if g is not None and al.kind(g) == "max":
        deeper = al.open(g)
        found = max_over(al, deeper.parts[0], *labels, *deeper.bound)
    else:
        found = al.atom("max", None, inside, bound=labels)
    return al.total((outside, al.scale(al.times(common, found), scale)))


def greatest(al: Algebra, parts: Iterable[Poly]) -> Poly:
    """max(p, q, ...)"""
    every: dict[tuple[Any, ...], Poly] = {}
    for p in (normalise(al, p) for p in parts):
        g = al.alone(p)
        for q in terms_of(al, g) if g is not None and al.kind(g) == "greatest" else (p,):
            every[tuple(sorted(q.items()))] = q
    found = [every[key] for key in sorted(every)]
    if len(found) == 2:
        gap = al.minus(*found)
        return al.total((found[1], al.times(gap, indicator(al, gap))))
    return found[0] if len(found) == 1 else al.atom("greatest", len(found), *found)


def _positive_part(al: Algebra, p: Poly, labels: list[int]) -> tuple[Poly, Poly]:
    """Common factors that are positive and touch no label."""
    shared = set.intersection(*(set(m) for m in p))
    keep = {f for f in shared if not touched(al, f, labels) and sign_of(al, al.one(f[0])) == PLUS}
    return {tuple(sorted(keep)): ONE}, {tuple(f for f in m if f not in keep): c for m, c in p.items()}


def makers(al: Algebra) -> dict[str, Any]:
    """How maxima are made again."""

    def over(_: Any, inside: Inside, e: Any) -> Poly:
        return whole_power(al, max_over(al, inside.parts[0], *inside.bound), int(e))

    def among(number: int, inside: Inside, e: Any) -> Poly:
        return whole_power(al, greatest(al, padded(inside, number)), int(e))

    return {"max": over, "greatest": among}


# ---- ties

def rarely_twice(al: Algebra, claim: Claim) -> bool:
    """Are the elements of differentiated maxima equal on a null set only?

    They are if each is analytic in free arrays, and depends on entries that no other has: x_j W_jk beside x_k, but not
    (x_j - x_k)^2, which is there twice.
    """
    low = Lowering(al, claim.generic)
    gaps = [e.arg for e in nodes((claim.left, claim.right)) if isinstance(e, Apply) and e.function == LARGEST]
    ties = (f for f in claim.facts if not isinstance(f, IsPositive | IsNonNegative))
    tied = claim.computed.union(*(arrays_of(*sides(f)) for f in ties))
    return all(_apart(al, low, e, tied) for e in nodes(gaps) if isinstance(e, Largest | Greatest))


def _apart(al: Algebra, low: Lowering, most: Largest | Greatest, tied: frozenset[str]) -> bool:
    if isinstance(most, Greatest):
        bodies = [_body(term)[1] for term in most.terms]
        known = [arrays_in(al, low.lower(body)) for body in bodies]
        return all(map(_analytic, bodies)) and len(set(known)) == len(known) and not tied & frozenset().union(*known)
    over, body = _body(most)
    if not _analytic(body) or arrays_of(body) & tied:
        return False
    inside = nodes((body,))
    if any(i in over for n in inside for k in range(len(children(n))) for i in bound(n, k)):
        return False
    places: dict[str, set[tuple[int, ...]]] = {}
    for n in inside:
        if isinstance(n, Entry):
            places.setdefault(n.array, set()).add(tuple(n.at.index(i) if i in n.at else -1 for i in over))
    depends = arrays_in(al, low.lower(body))
    return any(a in depends and len(at) == 1 and -1 not in next(iter(at)) for a, at in places.items())


def _body(e: Expr) -> tuple[list[Index], Expr]:
    """max_i max_j e is the maximum over both."""
    over: list[Index] = []
    while isinstance(e, Largest):
        over, e = [*over, e.index], e.body
    return over, e


def _analytic(e: Expr) -> bool:
    return not any(isinstance(n, Delta | Positive | Largest | Greatest | ScalarFunction) or (
        isinstance(n, Apply) and (n.function in KINKS or n.function not in KNOWN)) for n in nodes((e,)))
