"""Sums and maxima over an index.

    sum_j delta_ij f_j = f_i,    sum_i a b_i = a sum_i b_i,    sum_i 1 = n,    sum_i a_i sum_j b_ij = sum_ij a_i b_ij
    S = sum_k e_k in a denominator q = a S + b:   sum_k e_k / q = (1 - b / q) / a       (S found again in the numerator)
    a fact sum_k Y_ik = v is used wherever its sum stands, also inside a longer one
    M inv(M) = 1;    max_i (a + b_i) = a + max_i b_i,   max_i c b_i = c max_i b_i for c > 0
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any

from flint import fmpq

from .algebra import ONE, Algebra, Gen, Mono, Poly, Pos
from .nonlinear import whole_power
from .ratio import content, normalise, reciprocal, tagged
from .signs import sign_of


def sum_over(al: Algebra, p: Poly, label: int) -> Poly:
    """sum over one index"""
    p = normalise(al, p)
    if al.sizes[label] == 1:
        return al.substitute(p, {label: (-1, 0)})
    return al.total(al.scale(close(al, [label], mono), c) for mono, c in p.items())


def close(al: Algebra, bound: Iterable[int], mono: Mono) -> Poly:
    """sum over several indices of one monomial"""
    al.spend(4)
    bound, flat = _flatten(al, list(bound), mono)
    if isinstance(flat, dict):
        return close_all(al, bound, flat)
    factors = list(flat)
    contracted = _contract(al, bound, factors)
    if contracted is not None:
        return contracted
    outside = tuple((g, e) for g, e in factors if not any(al.touches(g, b) for b in bound))
    inside = [(g, e) for g, e in factors if any(al.touches(g, b) for b in bound)]
    parts: list[Poly] = [{outside: ONE}]
    for names, piece in _components(al, bound, inside):
        if not piece:
            parts.append(dimension(al, al.sizes[names[0]]))
        else:
            parts.append(_component(al, names, tuple(sorted(piece))))
    return al.product(parts)


def dimension(al: Algebra, size: Any) -> Poly:
    """sum_i 1 = n"""
    return al.constant(size) if isinstance(size, int) else al.one(al.leaf("dim", size, ()))


def _flatten(al: Algebra, bound: list[int], mono: Mono) -> tuple[list[int], Mono | Poly]:
    """Sums of positive power that touch a bound index become more bound indices."""
    powers: dict[Gen, Any] = {}
    queue = list(mono)
    while queue:
        g, e = queue.pop()
        if al.kind(g) == "sum" and e > 0 and any(al.touches(g, b) for b in bound):
            for _ in range(int(e)):
                terms, _, fresh = al.open(g)
                bound.extend(fresh)
                ((inner, _),) = terms[0][1].items()
                queue.extend(inner)
            continue
        powers[g] = powers.get(g, 0) + e
    return bound, al.tidy(powers)


def _contract(al: Algebra, bound: list[int], factors: list[tuple[Gen, Any]]) -> Poly | None:
    """sum_j delta(j, p) f_j = f_p where p is certainly in range."""
    for g, _ in factors:
        if al.kind(g) != "delta":
            continue
        for one, other in (g[1], g[1][::-1]):
            if one[0] in bound and one[1] == 0 and _inside(al, other, al.sizes[one[0]]):
                rest = tuple((h, e) for h, e in factors if h != g)
                left = [b for b in bound if b != one[0]]
                return close_all(al, left, al.substitute({rest: ONE}, {one[0]: other}))
    return None


def close_all(al: Algebra, bound: list[int], p: Poly) -> Poly:
    """sum over several indices of an element"""
    if not bound:
        return p
    return al.total(al.scale(close(al, list(bound), m), c) for m, c in p.items())


def _inside(al: Algebra, p: Pos, size: Any) -> bool:
    if p[0] == -1:
        return p[1] == 0 or (isinstance(size, int) and 0 <= p[1] < size)
    own = al.sizes[p[0]]
    if p[1] == 0 and own == size:
        return True
    return isinstance(own, int) and isinstance(size, int) and p[1] >= 0 and own + p[1] <= size


def _components(al: Algebra, bound: list[int], factors: list[tuple[Gen, Any]]) -> (
        list[tuple[list[int], list[tuple[Gen, Any]]]]):
    """Groups of bound indices that factors connect."""
    groups: list[tuple[set[int], list[tuple[Gen, Any]]]] = [({b}, []) for b in bound]
    for g, e in factors:
        mine = {p[0] for p in g[1]}
        hit = [grp for grp in groups if grp[0] & mine]
        merged: tuple[set[int], list[tuple[Gen, Any]]] = (set().union(*(h[0] for h in hit)),
                                                          [f for h in hit for f in h[1]] + [(g, e)])
        groups = [grp for grp in groups if grp not in hit] + [merged]
    return [(sorted(names), piece) for names, piece in groups]


def _component(al: Algebra, bound: list[int], mono: Mono) -> Poly:
    """One connected sum: laws that find a known sum inside it, then its canonical name."""
    found = _known_sum(al, bound, mono)
    if found is None:
        found = _inverse_law(al, bound, mono)
    if found is not None:
        return found
    return sum_gen(al, bound, mono)


def sum_gen(al: Algebra, bound: list[int], mono: Mono) -> Poly:
    """The generator of a connected sum, or the value that a fact gives it."""
    g = al.closed("sum", None, [((0, 1, 1), mono)], bound=tuple(bound))
    value = fact_value(al, g)
    return al.one(g) if value is None else value


def fact_value(al: Algebra, g: Gen) -> Poly | None:
    """The right side of an equality fact about this sum."""
    if g[0] not in al.sum_facts:
        return None
    at, value = al.sum_facts[g[0]]
    if any(old[0] < 0 and old != new for old, new in zip(at, g[1], strict=True)):
        return None
    return al.substitute(value, {old[0]: new for old, new in zip(at, g[1], strict=True) if old[0] >= 0})


def _known_sum(al: Algebra, bound: list[int], mono: Mono) -> Poly | None:
    """Some bound indices whose factors are exactly a sum that a fact or a denominator knows."""
    below = [(g, e) for g, e in mono if e < 0 and al.kind(g) in ("sum", "den")]
    wanted = {g[0] for g, _ in below if al.kind(g) == "sum"}
    for g, _ in below:
        if al.kind(g) == "den":
            wanted |= {h[0] for _, m in al.templates[g[0]].body for h, k in m if al.kind(h) == "sum" and k == 1}
    wanted |= set(al.sum_facts)
    lengths = {len(al.templates[t].bound) for t in wanted}
    for length in sorted(lengths):
        if length > len(bound) or length > 3:
            continue
        for names in combinations(bound, length):
            piece = tuple((g, e) for g, e in mono if any(al.touches(g, b) for b in names))
            if len(_components(al, list(names), list(piece))) != 1:
                continue
            g = al.closed("sum", None, [((0, 1, 1), piece)], bound=names)
            if g[0] not in wanted:
                continue
            rest = tuple(f for f in mono if f not in piece)
            left = [b for b in bound if b not in names]
            value = fact_value(al, g)
            if value is not None:
                return close_all(al, left, al.times({rest: ONE}, value))
            for h, e in below:
                if (h, e) in rest and h == g:
                    return close_all(al, left, al.times({rest: ONE}, al.one(g)))
                if (h, e) in rest and al.kind(h) == "den":
                    reduced = _over_denominator(al, g, h)
                    if reduced is not None:
                        others = tuple(f for f in rest if f != (h, e))
                        lower: Poly = {((h, e + 1),): ONE} if e != -1 else {(): ONE}
                        return close_all(al, left, al.product(({others: ONE}, lower, reduced)))
    return None


def _over_denominator(al: Algebra, s: Gen, den: Gen) -> Poly | None:
    """S / q = (1 - b / q) / a for q = a S + b, a one term without S."""
    a: Poly = {}
    b: Poly = {}
    for mono, c in al.body(den).items():
        power = dict(mono).get(s, 0)
        if power == 1:
            a[tuple((g, e) for g, e in mono if g != s)] = c
        elif power == 0:
            b[mono] = c
        else:
            return None
    if len(a) != 1:
        return None
    quotient = al.times(b, al.one(den, -1))
    return al.times(al.total((al.constant(1), al.scale(quotient, fmpq(-1)))), reciprocal(al, a))


def _inverse_law(al: Algebra, bound: list[int], mono: Mono) -> Poly | None:
    """sum_j M_ij (M^-1)_jk = delta_ik, read through the first term of M:  first = delta - the other terms"""
    for g, e in mono:
        if al.kind(g) != "inv" or e != 1:
            continue
        terms, ordered, _ = al.open(g)
        (row, column), = [tuple(p for (_, at), _ in m for p in at) for tag, q in terms if tag[0] == -1 for m in q]
        body = [(al.scale(q, fmpq(tag[1], tag[2]))) for tag, q in terms if tag[0] == 0]
        matrix = al.total(body)
        for j, flip in ((row, False), (column, True)):
            if j[0] not in bound or j[1] != 0:
                continue
            here = [f for f in mono if f != (g, e) and al.touches(f[0], j[0])]
            found = _match_row(al, bound, here, mono, g, j[0], matrix, ordered, flip, column if not flip else row)
            if found is not None:
                return found
    return None


def _match_row(al: Algebra, bound: list[int], here: list[tuple[Gen, Any]], mono: Mono, g: Gen, j: int, matrix: Poly,
               ordered: tuple[int, ...], flip: bool, other: Pos) -> Poly | None:
    """The factors at index j are one term of the matrix: replace them."""
    if len(here) != 1 or here[0][1] != 1 or al.kind(here[0][0]) != "entry" or any(
            al.touches(h, j) for h, _ in mono if h not in (g, here[0][0])) or sum(p[0] == j for p in g[1]) != 1:
        return None
    entry = here[0][0]
    a, b = ordered if not flip else ordered[::-1]           # sum_j M_aj inv_jk: j stands at b
    for term, c in matrix.items():
        if len(term) != 1 or term[0][1] != 1 or al.kind(term[0][0]) != "entry" or term[0][0][0] != entry[0]:
            continue
        pattern = term[0][0][1]
        for at in _arrangements(al, entry):
            if [p for p in pattern if p[0] == a] != [(a, 0)] or [p for p in pattern if p[0] == b] != [(b, 0)]:
                continue
            outer = next(q for p, q in zip(pattern, at, strict=True) if p == (a, 0))
            image = tuple(outer if p == (a, 0) else (j, 0) if p == (b, 0) else p for p in pattern)
            if image != at:
                continue
            rest = al.total((matrix, {term: -c}))
            moved = al.substitute(rest, {a: outer, b: (j, 0)})
            left = tuple(f for f in mono if f[0] not in (g, entry))
            others = close_all(al, [j], al.times(moved, al.one(g)))
            inside = al.total((al.delta(outer, other), al.scale(others, fmpq(-1))))
            return close_all(al, [x for x in bound if x != j], al.times({left: 1 / c}, inside))
    return None


def _arrangements(al: Algebra, g: Gen) -> list[tuple[Pos, ...]]:
    syms = al.symmetries.get(g[0], ())
    return [tuple(g[1][k] for k in perm) for perm in syms] if syms else [g[1]]


# ---- maximum

def max_over(al: Algebra, p: Poly, labels: list[int]) -> Poly:
    """max over indices"""
    p = normalise(al, p)
    for label in [b for b in labels if al.sizes[b] == 1]:
        p = al.substitute(p, {label: (-1, 0)})
    labels = [b for b in labels if al.sizes[b] != 1 and any(al.touches(g, b) for m in p for g, _ in m)]
    if not labels:
        return p
    outside = {m: c for m, c in p.items() if not any(al.touches(g, b) for g, _ in m for b in labels)}
    inside = {m: c for m, c in p.items() if m not in outside}
    if len(inside) == 1:
        ((mono, c),) = inside.items()
        if c > 0 and len(mono) == 1 and mono[0][1] == 1 and al.kind(mono[0][0]) == "max":
            terms, _, fresh = al.open(mono[0][0])
            body = al.total(al.scale(q, c * fmpq(tag[1], tag[2])) for tag, q in terms)
            return al.total((outside, max_over(al, body, [*labels, *fresh])))
    scale = content(inside)
    inside = al.scale(inside, 1 / scale)
    common, inside = _positive_part(al, inside, labels)
    g = al.closed("max", None, tagged(inside), bound=tuple(labels))
    return al.total((outside, al.scale(al.times(common, al.one(g)), scale)))


def _positive_part(al: Algebra, p: Poly, labels: list[int]) -> tuple[Poly, Poly]:
    """Common factors that are positive and touch no label."""
    shared: dict[Gen, Any] | None = None
    for mono in p:
        mine = {g: e for g, e in mono if not any(al.touches(g, b) for b in labels)}
        if shared is None:
            shared = mine
        else:
            shared = {g: e for g, e in shared.items() if mine.get(g) == e}
    keep = {g: e for g, e in (shared or {}).items() if sign_of(al, al.one(g))[1:] == (True, True)
            and not sign_of(al, al.one(g))[0]}
    if not keep:
        return {(): ONE}, p
    common = {tuple(sorted(keep.items())): ONE}
    return common, {tuple((g, e) for g, e in m if g not in keep): c for m, c in p.items()}


def sum_rebuild(al: Algebra, g: Gen, e: Any) -> Poly:
    """A sum whose positions coincide is made again."""
    terms, _, fresh = al.open(g)
    return whole_power(al, close_all(al, list(fresh), terms[0][1]), int(e))


def max_rebuild(al: Algebra, g: Gen, e: Any) -> Poly:
    """A maximum whose positions coincide is made again."""
    terms, _, fresh = al.open(g)
    body = al.total(al.scale(q, fmpq(tag[1], tag[2])) for tag, q in terms)
    return whole_power(al, max_over(al, body, list(fresh)), int(e))
