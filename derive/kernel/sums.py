"""Sums over an index.

    sum_j delta_ij f_j = f_i,    sum_i a b_i = a sum_i b_i,    sum_i 1 = n,    sum_i a_i sum_j b_ij = sum_ij a_i b_ij
    S = sum_k e_k in a denominator q = a S + b:   sum_k e_k / q = (1 - b / q) / a       (S found again in the numerator)
    a fact sum_k Y_ik = v is used wherever its sum stands, also inside a longer one
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any

from .algebra import ONE, Algebra, Gen, Mono, Poly
from .ratio import normalise, reciprocal, whole_power

Factor = tuple[Gen, Any]


def sum_over(al: Algebra, p: Poly, *bound: int) -> Poly:
    """sum over indices"""
    p = normalise(al, p)
    for label in [b for b in bound if al.sizes[b] == 1]:
        p = al.substitute(p, {label: (-1, 0)})
    return close_all(al, p, [b for b in bound if al.sizes[b] != 1])


def close_all(al: Algebra, p: Poly, bound: list[int]) -> Poly:
    """sum over indices, term by term as they stand"""
    return al.total(al.scale(close(al, [*bound], m), c) for m, c in p.items()) if bound else p


def close(al: Algebra, bound: list[int], mono: Mono) -> Poly:
    """sum over several indices of one monomial"""
    al.spend(4)
    flat = _flatten(al, bound, mono)
    if len(flat) != 1:
        return close_all(al, flat, bound)
    ((mono, c),) = flat.items()
    contracted = _contract(al, bound, mono)
    if contracted is not None:
        return al.scale(contracted, c)
    out = {tuple(f for f in mono if not touched(al, f, bound)): c}
    for names, piece in components(bound, [f for f in mono if touched(al, f, bound)]):
        out = al.times(out, _component(al, names, tuple(sorted(piece))) if piece else dimension(al, al.sizes[names[0]]))
    return out


def dimension(al: Algebra, size: Any) -> Poly:
    """sum_i 1 = n"""
    return al.constant(size) if isinstance(size, int) else al.one(al.leaf("dim", size, ()))


def touched(al: Algebra, f: Factor, bound: Iterable[int]) -> bool:
    """Does a factor depend on one of the bound indices?"""
    return any(al.touches(f[0], b) for b in bound)


def _flatten(al: Algebra, bound: list[int], mono: Mono) -> Poly:
    """Sums of positive power that touch a bound index become more bound indices."""
    powers: dict[Gen, Any] = {}
    queue = list(mono)
    while queue:
        g, e = queue.pop()
        if al.kind(g) == "sum" and e > 0 and touched(al, (g, e), bound):
            for _ in range(int(e)):
                inside = al.open(g)
                bound.extend(inside.bound)
                ((inner, _),) = inside.parts[0].items()
                queue.extend(inner)
        else:
            powers[g] = powers.get(g, 0) + e
    return al.mono(powers)


def _contract(al: Algebra, bound: list[int], factors: Mono) -> Poly | None:
    """sum_j delta(j, p) f_j = f_p where p is certainly in range."""
    for g, _ in factors:
        if al.kind(g) != "delta":
            continue
        for one, other in (g[1], g[1][::-1]):
            if one[0] in bound and one[1] == 0 and al.in_range(other, al.sizes[one[0]]):
                rest = al.substitute({tuple(f for f in factors if f[0] != g): ONE}, {one[0]: other})
                return close_all(al, rest, [b for b in bound if b != one[0]])
    return None


def components(bound: Iterable[int], factors: Iterable[Factor]) -> list[tuple[list[int], list[Factor]]]:
    """Groups of bound indices that factors connect."""
    groups: list[tuple[set[int], list[Factor]]] = [({b}, []) for b in bound]
    for f in factors:
        hit = [grp for grp in groups if grp[0] & {p[0] for p in f[0][1]}]
        merged = set().union(*(h[0] for h in hit)), [*(x for h in hit for x in h[1]), f]
        groups = [*(grp for grp in groups if grp not in hit), merged]
    return [(sorted(names), piece) for names, piece in groups]


def _component(al: Algebra, bound: list[int], mono: Mono) -> Poly:
    """One connected sum: laws that find a known sum inside it, then its canonical name."""
    found = known_sum(al, bound, mono)
    if found is None and any(al.kind(g) == "inv" for g, _ in mono):
        found = al.law("inverse_law", bound, mono)
    if found is not None:
        return close_all(al, found[1], found[0])
    g = al.closed("sum", None, {mono: ONE}, bound=bound)
    value = _fact(al, g)
    return al.one(g) if value is None else value


def _fact(al: Algebra, g: Gen) -> Poly | None:
    """The right side of an equality fact about this sum."""
    at, value = al.sum_facts.get(g[0], ((), {}))
    if g[0] not in al.sum_facts or any(old[0] < 0 and old != new for old, new in zip(at, g[1], strict=True)):
        return None
    return al.substitute(value, {old[0]: new for old, new in zip(at, g[1], strict=True) if old[0] >= 0})


def pieces(al: Algebra, bound: list[int], mono: Mono, number: int, always: tuple[int, ...] = ()) -> (
        Iterable[tuple[Gen, Mono, list[int]]]):
    """Connected sums over some of the bound indices: their generators, the other factors, the other indices."""
    for names in combinations(bound, number):
        piece = tuple(f for f in mono if touched(al, f, (*names, *always)))
        if len(components(names, piece)) == 1 and (names or piece[0][1] == 1):
            g = al.closed("sum", None, {piece: ONE}, bound=names) if names else piece[0][0]
            yield g, tuple(f for f in mono if f not in piece), [b for b in bound if b not in names]


def known_sum(al: Algebra, bound: list[int], mono: Mono) -> tuple[list[int], Poly] | None:
    """Some bound indices whose factors are exactly a sum that a fact or a denominator knows."""
    below = [(g, e) for g, e in mono if e < 0 and al.kind(g) in ("sum", "den")]
    wanted = {g[0] for g, _ in below if al.kind(g) == "sum"} | set(al.sum_facts)
    for g, _ in below:
        if al.kind(g) == "den":
            wanted |= {h[0] for _, m in al.templates[g[0]].body for h, k in m if al.kind(h) == "sum" and k == 1}
    for length in sorted({len(al.templates[t].bound) for t in wanted} & {1, 2, 3}):
        for s, rest, left in pieces(al, bound, mono, length):
            value = _fact(al, s)
            if value is not None:
                return left, al.times({rest: ONE}, value)
            for h, e in below if s[0] in wanted else ():
                if (h, e) in rest and h == s:
                    return left, al.times({rest: ONE}, al.one(s))
                reduced = _over_denominator(al, s, h) if (h, e) in rest and al.kind(h) == "den" else None
                if reduced is not None:
                    return left, al.times(al.mono({g: k + (g == h) for g, k in rest}), reduced)
    return None


def _over_denominator(al: Algebra, s: Gen, den: Gen) -> Poly | None:
    """S / q = (1 - b / q) / a for q = a S + b, a one term without S.

    S is the first of the sums in q: with two of them, each would be written by the other for ever.
    """
    a: Poly = {}
    b: Poly = {}
    body = al.body(den)
    if s != min((g for mono in body for g, _ in mono if al.kind(g) == "sum"), default=None):
        return None
    for mono, c in body.items():
        power = dict(mono).get(s, 0)
        if power not in (0, 1):
            return None
        (a if power else b)[tuple(f for f in mono if f[0] != s)] = c
    if len(a) != 1:
        return None
    return al.times(al.minus(al.constant(1), al.times(b, al.one(den, -1))), reciprocal(al, a))


def makers(al: Algebra) -> dict[str, Any]:
    """How a sum is made again."""
    return {"sum": lambda _, inside, e: whole_power(al, sum_over(al, inside.parts[0], *inside.bound), int(e))}


__all__ = ["close_all", "components", "dimension", "known_sum", "makers", "pieces", "sum_over"]
