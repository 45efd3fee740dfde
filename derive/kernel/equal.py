"""Is an element zero for all shapes and values?

    1. over a common denominator, the numerator has no term;
    2. exponents combined as fractions:  e^(x/(1+x)) e^(1/(1+x)) = e
    3. [F = 0] q = 0 if q is 0 where F is
    4. everything under one sum, n = sum_i 1:  sum_i e_i/(1+e_i) + sum_i 1/(1+e_i) - n = sum_i 0
    5. sums over axes of small known sizes written out
    6. case by case over the order relations of its indicators:  a > b, b > c, not a > c is impossible
"""

from __future__ import annotations

from itertools import product
from typing import Any

from flint import fmpq

from .algebra import ONE, Algebra, Gen, Mono, Nowhere, Poly
from .nonlinear import exp_of
from .ratio import divide, split, switched
from .signs import PLUS, sign_of, vanishes_on_null_set
from .sums import close_all

DEPTH = 3
SMALL = 4                       # sizes that are written out
MOST_CASES = 8                  # indicators


def is_zero(al: Algebra, p: Poly, depth: int = DEPTH) -> bool:
    """True if p is certainly zero; False says nothing."""
    top, _ = split(al, p)
    top = _without_boundaries(al, _combined_exponents(al, top))
    if not top:
        return True
    written = _written_out(al, top)
    if written != top:
        return is_zero(al, written, depth)
    return _zero_by_cases(al, top) or (depth > 0 and _zero_under_one_sum(al, top, depth))


def _combined_exponents(al: Algebra, p: Poly) -> Poly:
    """Each term with its exponentials of fractions made one."""
    out, changed = [], False
    for mono, c in p.items():
        mine = [(g, e) for g, e in mono if al.kind(g) == "exp" and any(
            al.templates[t].kind == "den" for t in al.within(g[0]))]
        term = {tuple(f for f in mono if f not in mine): c} if len(mine) > 1 else {mono: c}
        if len(mine) > 1:
            changed = True
            term = al.times(term, exp_of(al, al.total(al.scale(al.body(g), e) for g, e in mine)))
        out.append(term)
    return split(al, al.total(out))[0] if changed else p


def _without_boundaries(al: Algebra, p: Poly) -> Poly:
    """[F = 0] q = 0 if q = 0 where F = 0"""
    for z in _switches(al, p, "zero"):
        f = al.body(z)
        q = {tuple(x for x in m if x[0] != z): c for m, c in p.items() if any(g == z for g, _ in m)}
        if not on_zero_set(al, q, f) or (len(f) > 1 and divide(al, q, f) is not None):
            p = {m: c for m, c in p.items() if all(g != z for g, _ in m)}
    return p


def on_zero_set(al: Algebra, p: Poly, f: Poly) -> Poly:
    """p where f = 0: a generator that stands in f alone and linearly is replaced by the rest of f."""
    for mono, c in sorted(f.items()):
        rest = {m: v for m, v in f.items() if m != mono}
        if len(mono) == 1 and mono[0][1] == 1 and all(g != mono[0][0] for m in rest for g, _ in m):
            try:
                return _replaced(al, p, mono[0][0], al.scale(rest, -1 / c))
            except Nowhere:
                return p
    return p


def _replaced(al: Algebra, p: Poly, g: Gen, value: Poly) -> Poly:
    """p with the value in place of g, inside generators too."""
    out = []
    for mono, c in p.items():
        term = al.constant(c)
        for h, e in mono:
            if h == g and e.denominator == 1 and e > 0:
                term = al.times(term, al.power(value, int(e)))
            elif h[0] != g[0] and g[0] in al.within(h[0]) and al.kind(h) in al.makers:
                term = al.times(term, al.remake(h, e, lambda q: _replaced(al, q, g, value)))
            else:
                term = al.times(term, al.one(h, e))
        out.append(term)
    return al.total(out)


def _switches(al: Algebra, p: Poly, *kinds: str) -> list[Gen]:
    return sorted({g for m in p for g, _ in m if al.kind(g) in kinds})


def drop_null_sets(al: Algebra, p: Poly) -> tuple[Poly, list[Poly]]:
    """p without its terms that live on null sets [F = 0], and those F."""
    out: Poly = {}
    found: list[Poly] = []
    for mono, c in p.items():
        zeros = [f for g, _ in mono for f in _zeros_in(al, g) if vanishes_on_null_set(al, f)]
        found += zeros
        if not zeros:
            out[mono] = c
    return out, found


def _zeros_in(al: Algebra, g: Gen) -> list[Poly]:
    if al.kind(g) == "zero":
        return [al.body(g)]
    return [f for m in al.body(g) for h, _ in m for f in _zeros_in(al, h)] if al.kind(g) == "sum" else []


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


# ---- cases of indicators

def _zero_by_cases(al: Algebra, p: Poly) -> bool:
    inds, zeros = _switches(al, p, "ind"), _switches(al, p, "zero")
    if not 1 < len(inds) + len(zeros) <= MOST_CASES:
        return False
    bodies = {g: al.body(g) for g in (*inds, *zeros)}
    for choice in product((True, False), repeat=len(bodies)):
        al.spend(16)
        q = p
        on = dict(zip(bodies, choice, strict=True))
        if _impossible(al, bodies, on):
            continue
        for g in bodies:
            q = switched(al, q, g, on[g])
        vanish = [bodies[z] for z in zeros if on[z]]
        while vanish:
            f, *vanish = vanish
            q, *vanish = (on_zero_set(al, r, f) for r in (q, *vanish))
        if split(al, q)[0]:
            return False
    return True


def _impossible(al: Algebra, bodies: dict[Gen, Poly], on: dict[Gen, bool]) -> bool:
    """No values satisfy F > 0 or F <= 0, F = 0 or F != 0 as chosen, terms taken as independent variables."""
    rows = []
    for g, f in bodies.items():
        minus = al.scale(f, -1)
        if al.kind(g) == "zero" and on[g]:
            rows += [(f, False), (minus, False)]
        elif al.kind(g) == "zero":
            low, high, _ = sign_of(al, f)
            rows += [(f if high else minus, True)] if low != high else []
        elif on[g]:
            rows.append((f, True))
        else:
            away = any(al.kind(z) == "zero" and not on[z] and bodies[z] == f for z in bodies)
            rows.append((minus, away))
    for mono in {m for f in bodies.values() for m in f}:
        if mono and sign_of(al, {mono: ONE}) == PLUS:
            rows.append(({mono: ONE}, True))
    return infeasible(rows)


def infeasible(rows: list[tuple[dict[Any, Any], bool]]) -> bool:
    """Fourier-Motzkin: rows f > 0 (strict) or f >= 0, linear in their keys; the key () is the constant 1."""
    keys = sorted({m for f, _ in rows for m in f if m != ()})
    for key in keys:
        plus = [r for r in rows if r[0].get(key, 0) > 0]
        minus = [r for r in rows if r[0].get(key, 0) < 0]
        rest = [r for r in rows if r[0].get(key, 0) == 0]
        if len(plus) * len(minus) > 200:
            return False
        for f, s in plus:
            for g, t in minus:
                a, b = f[key], -g[key]
                new = {m: b * f.get(m, 0) + a * g.get(m, 0) for m in {*f, *g}}
                rest.append(({m: c for m, c in new.items() if c != 0}, s or t))
        rows = rest
    return any(f.get((), 0) < 0 or (strict and f.get((), 0) <= 0) for f, strict in rows)
