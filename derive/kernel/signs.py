"""Signs that hold for all shapes and all values.

    e^u > 0,   n > 0,   sum of positive = positive,   u^2 >= 0,   a product has the product of the signs
    max_i a_i - a_k >= 0,   max_ij a_ij - max_j a_kj >= 0
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from math import prod
from typing import Any

from flint import fmpq

from .algebra import Algebra, Gen, Inside, Mono, Poly, Template
from .ratio import content, skeleton_sign, switched

Sign = tuple[bool, bool, bool]              # (may be negative, may be positive, is never zero)
PLUS: Sign = (False, True, True)
MINUS: Sign = (True, False, True)
NONNEGATIVE: Sign = (False, True, False)
ANY: Sign = (True, True, False)

ANALYTIC = frozenset({"entry", "dim", "sum", "exp", "den", "pi", "erf", "logp", "sin", "cos"})
POSITIVE = frozenset({"dim", "exp", "pi", "logp"})
MAXIMA = frozenset({"max", "greatest"})
MOST_TERMS = 6              # of a gap between a maximum and an element
MOST_PLACES = 100           # where that element may stand


def sign_of(al: Algebra, p: Poly, assume: Mapping[str, Sign] | None = None) -> Sign:
    """The sign of an element; `assume` gives signs of whole arrays."""
    found = _sum(_flip(_mono(al, m, assume), c < 0) for m, c in p.items())
    if assume is None and p and not (found[2] and found[0] != found[1]):
        unit = content(p) * (skeleton_sign(p) or 1)
        for s in (1, -1):
            tid = fact_id(al, al.scale(p, s / unit))
            if tid in al.positive or tid in al.nonnegative:
                return _flip(PLUS if tid in al.positive else NONNEGATIVE, (unit > 0) != (s > 0))
        for s in (1, -1):
            if is_gap(al, al.scale(p, s)):
                return _flip(NONNEGATIVE, s < 0)
    return found


def is_gap(al: Algebra, p: Poly) -> bool:
    """Is p = c (max_i a_i - a_k), c > 0?  Or the gap of one maximum to another that runs over fewer elements?"""
    for mono, c in p.items() if len(p) <= MOST_TERMS else ():
        tops = [g for g, e in mono if al.kind(g) in MAXIMA and e == 1]
        if c < 0 or len(tops) != 1:
            continue
        unit = tuple(f for f in mono if f[0] != tops[0])
        if sign_of(al, {unit: c}) == PLUS:
            inverse = {tuple((g, -e) for g, e in unit): -1 / c}
            if _is_below(al, al.times({m: v for m, v in p.items() if m != mono}, inverse), tops[0]):
                return True
    return False


def _is_below(al: Algebra, p: Poly, top: Gen) -> bool:
    """Is p one of the elements that a maximum runs over, or a maximum of such elements?"""
    al.spend(8)
    g = al.alone(p)
    if g == top:
        return True
    if g is not None and al.kind(g) in MAXIMA and all(_is_below(al, q, top) for q in terms_of(al, g)):
        return True
    if al.kind(top) == "greatest":
        inner = [(q, al.alone(q)) for q in terms_of(al, top)]
        return any(p in _not_above(al, q) or (h is not None and al.kind(h) in MAXIMA and _is_below(al, p, h))
                   for q, h in inner)
    inside = al.open(top)
    return any(_is_instance(al, p, q, inside) for q in _not_above(al, inside.parts[0]))


def _not_above(al: Algebra, p: Poly) -> Iterator[Poly]:
    """p, and what p is where F > 0, or where F < 0, if p is no less in the other case: u and 0 for relu(u)"""
    yield p
    found = {g for m in p for g, _ in m}
    for g in sorted(g for g in found if al.kind(g) == "ind"):
        gap = al.body(g)
        above, at, below = switched(al, p, g, True), *[switched(al, p, g, False)] * 2
        for z in sorted(z for z in found if al.kind(z) == "zero" and al.body(z) in (gap, al.scale(gap, -1))):
            at, below = switched(al, at, z, True), switched(al, below, z, False)
        for low, high, s in ((above, below, -1), (below, above, 1)):
            rise, edge = (_ratio(al.minus(q, low), gap) for q in (high, at))
            if rise is not None and rise * s > 0 and edge is not None:
                yield low


def _ratio(p: Poly, q: Poly) -> fmpq | None:
    """The number p / q, if it is one; q is not 0"""
    factor = next((c / q[m] for m, c in p.items() if m in q), fmpq(0))
    return factor if p == {m: factor * c for m, c in q.items() if factor} else None


def _is_instance(al: Algebra, p: Poly, body: Poly, inside: Inside) -> bool:
    """Is p the body of a maximum at some positions?"""
    if _skeleton(p) != _skeleton(body):
        return False
    bound = [b for b in inside.bound if any(al.touches(g, b) for m in body for g, _ in m)]
    places = sorted({at for m in p for g, _ in m for at in g[1]})
    choices = [[at for at in places if al.in_range(at, al.sizes[b])] for b in bound]
    if prod(map(len, choices)) > MOST_PLACES:
        return False
    return any(al.substitute(body, dict(zip(bound, chosen, strict=True))) == p for chosen in product(*choices))


def terms_of(al: Algebra, g: Gen) -> tuple[Poly, ...]:
    """The elements of max(p, q, ...); the element of max_i p_i, at new indices."""
    payload = al.templates[g[0]].payload
    return padded(al.open(g), 1 if payload is None else payload)


def padded(inside: Inside, number: int) -> tuple[Poly, ...]:
    """As many elements as there are: zeros at the end have no terms."""
    return (*inside.parts, *[{} for _ in range(number - len(inside.parts))])


def _skeleton(p: Poly) -> list[tuple[list[tuple[int, Any]], Any]]:
    """p without its positions."""
    return sorted((sorted((g[0], e) for g, e in m), c) for m, c in p.items())


def fact_id(al: Algebra, p: Poly) -> int:
    """The template that facts about p are kept under, for all positions."""
    if len(p) == 1:
        ((mono, c),) = p.items()
        if c == 1 and len(mono) == 1 and mono[0][1] == 1:
            return mono[0][0][0]
    return al.closed("fact", None, p)[0]


def _flip(s: Sign, negative: bool) -> Sign:
    return (s[1], s[0], s[2]) if negative else s


def _sum(signs: Iterable[Sign]) -> Sign:
    low = high = some = False
    for a, b, nonzero in signs:
        low, high, some = low or a, high or b, some or nonzero
    return low, high, some and low != high


def _mono(al: Algebra, mono: Mono, assume: Mapping[str, Sign] | None) -> Sign:
    low, high, nonzero = PLUS
    for g, e in mono:
        a, b, never = _gen(al, g, assume)
        if e.denominator == 1 and e % 2 == 0:
            a, b = False, True
        low, high = (low and b) or (high and a), (low and a) or (high and b)
        nonzero = nonzero and (never or e < 0)          # a denominator that is defined is not zero
    return low, high, nonzero


def _gen(al: Algebra, g: Gen, assume: Mapping[str, Sign] | None) -> Sign:
    template = al.templates[g[0]]
    kind = template.kind
    if kind in POSITIVE:
        return PLUS
    if kind in ("ind", "zero", "delta"):
        return NONNEGATIVE
    if kind == "entry" and assume is not None and template.payload in assume:
        return assume[template.payload]
    if g[0] in al.positive:
        return PLUS
    if g[0] in al.nonnegative:
        return NONNEGATIVE
    if kind in ("sum", "max", "den", "root", "erf"):
        inside = sign_of(al, _body(template), assume)
        return (False, True, inside[2]) if kind == "root" else inside
    return ANY


def _body(template: Template) -> Poly:
    """The body of a template over its own slots."""
    return {mono: fmpq(tag[1], tag[2]) for tag, mono in template.body}


def arrays_in(al: Algebra, p: Poly) -> frozenset[str]:
    """Names of the arrays that p depends on."""
    return frozenset(t.payload for t in _templates(al, p) if t.kind == "entry")


def _templates(al: Algebra, p: Poly) -> list[Template]:
    return [al.templates[tid] for tid in frozenset().union(*(al.within(g[0]) for m in p for g, _ in m))]


def vanishes_on_null_set(al: Algebra, p: Poly) -> bool:
    """Is p zero on a null set only, for all shapes and coinciding indices?

    Either a free array occurs in p once, alone and linearly, and nothing else in p is computed from it; or p is
    analytic (no indicator, maximum or generic function anywhere inside, roots and logarithms of positive elements and
    divisions by them only) and some choice of signs for whole arrays makes it positive, or negative, everywhere.
    """
    for mono, _ in p.items():
        if len(mono) == 1 and mono[0][1] == 1 and al.kind(mono[0][0]) == "entry":
            name = al.templates[mono[0][0][0]].payload
            rest = arrays_in(al, {m: c for m, c in p.items() if m != mono})
            if name not in al.constrained and name not in rest and not moves(al, name, rest):
                return True
    names = sorted(arrays_in(al, p))
    if not names or (al.constrained | al.narrowed) & set(names):
        return False
    if not _divides(al, p) or not all(_analytic(al, t) and _divides(al, _body(t)) for t in _templates(al, p)):
        return False
    for choice in product((PLUS, MINUS), repeat=min(len(names), 5)):
        assume = dict.fromkeys(names, PLUS) | dict(zip(names, choice, strict=False))
        if any(s == MINUS and n in al.positive_arrays for n, s in assume.items()):
            continue
        low, high, nonzero = sign_of(al, p, assume)
        if nonzero and low != high:
            return True
    return False


def moves(al: Algebra, name: str, others: Iterable[str]) -> bool:
    """Is one of the others computed from this array?"""
    return any((other, name) in al.hanging for other in others)


def _divides(al: Algebra, p: Poly) -> bool:
    """Are all denominators above 0?  x^-1 is defined on two sets, with nothing in between."""
    return all(e > 0 or _by_entries(al, {((g, 1),): fmpq(1)}) for mono in p for g, e in mono)


def _analytic(al: Algebra, t: Template) -> bool:
    return t.kind in ANALYTIC or (t.kind in ("root", "log") and _by_entries(al, _body(t)))


def _by_entries(al: Algebra, p: Poly) -> bool:
    """Is p > 0 on a connected set of arrays?  A fact about a sum may hold on two separate sets."""
    known = al.positive, al.nonnegative
    try:
        al.positive, al.nonnegative = ({k for k in kept if al.templates[k].kind == "entry"} for kept in known)
        return sign_of(al, p) == PLUS
    finally:
        al.positive, al.nonnegative = known
