"""Is an element zero for all shapes and values?

    1. over a common denominator, the numerator has no term, perhaps made simpler by `cases`
    2. sums over axes of small known sizes written out
    3. case by case over the order relations of its indicators: see `cases`
    4. everything under one sum, n = sum_i 1:  sum_i e_i/(1+e_i) + sum_i 1/(1+e_i) - n = sum_i 0
"""

from __future__ import annotations

from flint import fmpq

from .algebra import Algebra, Gen, Mono, Poly
from .ratio import split
from .sums import close_all

DEPTH = 3
SMALL = 4                       # sizes that are written out


def is_zero(al: Algebra, p: Poly, depth: int = DEPTH) -> bool:
    """True if p is certainly zero; False says nothing."""
    top, _ = split(al, p)
    kinds = {al.kind(g) for m in top for g, _ in m}
    if kinds & {"exp", "zero"}:
        top = al.law("simpler", top)
    if not top:
        return True
    written = _written_out(al, top)
    if written != top:
        return is_zero(al, written, depth)
    if kinds & {"ind", "zero"} and al.law("zero_by_cases", top):
        return True
    return depth > 0 and _zero_under_one_sum(al, top, depth)


# ---- sums

def _written_out(al: Algebra, p: Poly) -> Poly:
    """Sums over axes of small known sizes, term by term."""
    out = []
    for mono, c in p.items():
        term = al.constant(c)
        for g, e in mono:
            small = [k for k, s in enumerate(al.templates[g[0]].bound) if s.isdigit() and int(s) <= SMALL]
            if al.kind(g) != "sum" or e < 0 or not small:
                term = al.times(term, al.one(g, e))
                continue
            inside = al.open(g)
            label = inside.bound[small[0]]
            rest = [b for b in inside.bound if b != label]
            each = (al.substitute(inside.parts[0], {label: (-1, k)}) for k in range(int(al.sizes[label])))
            term = al.times(term, al.power(al.total(close_all(al, q, rest) for q in each), int(e)))
        out.append(term)
    return al.total(out)


def _zero_under_one_sum(al: Algebra, p: Poly, depth: int) -> bool:
    sizes = {s for m in p for g, e in m if al.kind(g) == "sum" and e > 0 for s in al.templates[g[0]].bound}
    for size in sorted(sizes):
        options = max(len(_openings(al, m, size)) for m in p)
        for k in range(min(options, 4)):
            al.spend(32)
            i = al.label(size)
            merged = al.total(_opened(al, m, c, size, i, k) for m, c in p.items())
            if is_zero(al, merged, depth - 1):
                return True
    return False


def _openings(al: Algebra, mono: Mono, size: str) -> list[tuple[Gen, int]]:
    return [(g, k) for g, e in mono if al.kind(g) == "sum" and e > 0
            for k, s in enumerate(al.templates[g[0]].bound) if s == size]


def _opened(al: Algebra, mono: Mono, c: fmpq, size: str, i: int, k: int) -> Poly:
    """The summand at i of a term: its k-th sum of this size opened, or the term divided by n."""
    openings = _openings(al, mono, size)
    if not openings:
        if size.isdigit():
            return {mono: c / int(size)}
        return al.times({mono: c}, al.one(al.leaf("dim", size, ()), -1))
    g, which = openings[k % len(openings)]
    inside = al.open(g)
    body = al.substitute(inside.parts[0], {inside.bound[which]: (i, 0)})
    inner = close_all(al, body, [b for n, b in enumerate(inside.bound) if n != which])
    return al.scale(al.times(al.mono({h: e - (h == g) for h, e in mono}), inner), c)
