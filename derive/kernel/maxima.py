"""Maxima over an index, and of some elements; where their elements are equal.

    max_i (a + b_i) = a + max_i b_i,   max_i c b_i = c max_i b_i for c > 0,   max(a, max(b, c)) = max(a, b, c)
    max(a, b) = b + (a - b) [a > b]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from .algebra import ONE, Algebra, Gen, Inside, Mono, Poly
from .claim import Claim, IsNonNegative, IsPositive, arrays_of, sides
from .elementary import KNOWN, LARGEST
from .index import Add, Apply, Entry, Expr, Greatest, Index, Largest, Mul, Number, Positive, Pow
from .lower import Lowering
from .nonlinear import indicator
from .ratio import content, normalise, whole_power
from .signs import PLUS, arrays_in, moves, padded, sign_of, terms_of
from .sums import Factor, touched
from .tree import bound, children, nodes


def max_over(al: Algebra, p: Poly, *bound: int) -> Poly:
    """max over indices"""
    p = normalise(al, p)
    for label in [b for b in bound if al.sizes[b] == 1]:
        p = al.substitute(p, {label: (-1, 0)})
    labels = [b for b in bound if any(al.touches(g, b) for m in p for g, _ in m)]
    if not labels:
        return p
    new = [al.label(al.sizes[b]) for b in labels]               # delta_ij f_j = delta_ij f_i: one of both, always
    p, labels = al.substitute(p, {b: (n, 0) for b, n in zip(labels, new, strict=True)}), new
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
    """Are the elements of differentiated maxima equal on a null set only, for all shapes?

    They are if each varies with an entry that no other has: x_j W_jk beside x_k, but not (x_j - x_k)^2, which is there
    twice, and not x - mean(x), which is 0 if there is one x.

    Functions f(u_i) of what varies may be equal on more, as relu(x_i) is: where f(u_i) stays the same while u_i varies,
    f'(u_i) is 0, and so is the derivative of the maximum, which f(u_i) touches from below; nothing is counted twice.
    """
    low = Lowering(al, claim.generic)
    gaps = [e.arg for e in nodes((claim.left, claim.right)) if isinstance(e, Apply) and e.function == LARGEST]
    ties = (f for f in claim.facts if not isinstance(f, IsPositive | IsNonNegative))
    free = _Free(al, claim.computed.union(al.constrained, *(arrays_of(*sides(f)) for f in ties)))
    return all(_apart(free, low, e) for e in nodes(gaps) if isinstance(e, Largest | Greatest))


def _apart(free: _Free, low: Lowering, most: Largest | Greatest) -> bool:
    if isinstance(most, Greatest):
        elements = [normalise(free.al, low.lower(_argument(_body(term)[1]))) for term in most.terms]
        return all(any(free.varies(p, q) for p, q in ((a, b), (b, a))) for a, b in combinations(elements, 2))
    over, body = _body(most)
    body = _argument(body)
    inside = nodes((body,))
    if any(i in over for n in inside for k in range(len(children(n))) for i in bound(n, k)):
        return False
    places: dict[str, set[tuple[int, ...]]] = {}
    for n in inside:
        if isinstance(n, Entry):
            places.setdefault(n.array, set()).add(tuple(n.at.index(i) if i in n.at else -1 for i in over))
    own = [a for a, at in places.items() if len(at) == 1 and -1 not in next(iter(at))]
    p = normalise(free.al, low.lower(body))
    return any(free.varies_with(p, a) for a in own)


def _body(e: Expr) -> tuple[list[Index], Expr]:
    """max_i max_j e is the maximum over both."""
    over: list[Index] = []
    while isinstance(e, Largest):
        over, e = [*over, e.index], e.body
    return over, e


def _argument(e: Expr) -> Expr:
    """The u of e = f(u), made of known functions, numbers and u alone; e itself if it is made of more."""
    match e:
        case Apply(f, 0, arg) if f in KNOWN and f != LARGEST:
            return _argument(arg)
        case Positive(arg) | Pow(arg, _):
            return _argument(arg)
        case Add(parts) | Mul(parts) | Greatest(parts):
            arguments = {_argument(p) for p in parts if not isinstance(p, Number)}
            return arguments.pop() if len(arguments) == 1 else e
    return e


@dataclass(frozen=True)
class _Free:
    """How elements vary with the entries of free arrays, which no fact ties and which stand for nothing computed."""

    al: Algebra
    tied: frozenset[str]

    def varies(self, p: Poly, q: Poly) -> bool:
        """With an array that is not in q, and that nothing in q is computed from?"""
        others = arrays_in(self.al, q)
        return any(self.varies_with(p, a) for a in arrays_in(self.al, p) - others if not moves(self.al, a, others))

    def varies_with(self, p: Poly, array: str) -> bool:
        """p = c X^k + rest, or sum_k c_k X_k^j + rest, without X in c and rest;  or made of single entries by exp."""
        with_it = [mono for mono in p if array in arrays_in(self.al, {mono: ONE})]
        if array in self.tied or not with_it or moves(self.al, array, arrays_in(self.al, p)):
            return False
        if len(with_it) == 1 and self._is_power(with_it[0], array):
            return True
        arrays = arrays_in(self.al, p)
        found = self._entries(p)
        return found is not None and len(found) == len(arrays) and not arrays & self.tied

    def _entries(self, p: Poly, kinds: tuple[str, ...] = ("den", "exp")) -> set[Gen] | None:
        """The entries that p is made of, by fractions and by exp of what has none: then the normal form shows whether
        it varies; None if of anything else."""
        found: set[Gen] = set()
        for g in {g for mono in p for g, _ in mono}:
            kind = self.al.kind(g)
            below = ("exp",) if kind == "exp" else kinds
            inner = {g} if kind == "entry" else self._entries(self.al.body(g), below) if kind in kinds else None
            if inner is None:
                return None
            found |= inner
        return found

    def _is_power(self, mono: Mono, array: str) -> bool:
        """X^k, k > 0, times what is zero on a null set only"""
        al = self.al
        (found, e), *more = [f for f in mono if array in arrays_in(al, {(f,): ONE})]
        others = [f for f in mono if f[0] != found]
        if more or e.denominator != 1 or e < 1 or not all(self._rarely_zero(f) for f in others):
            return False
        if al.kind(found) == "sum" and e == 1:
            inside = list(al.body(found))
            return len(inside) == 1 and self._is_power(inside[0], array)
        return al.kind(found) == "entry"

    def _rarely_zero(self, factor: Factor) -> bool:
        """A factor that is zero on a null set only, whatever the sizes."""
        al, (g, e) = self.al, factor
        if al.kind(g) == "sum":
            inside = list(al.body(g))
            return len(inside) == 1 and all(map(self._rarely_zero, inside[0]))
        return e < 0 or al.kind(g) in ("dim", "exp", "pi", "logp") or (
            al.kind(g) == "entry" and al.templates[g[0]].payload not in self.tied)
