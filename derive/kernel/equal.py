"""Is an element zero for all shapes and values?

    1. over a common denominator, the numerator has no term;
    2. exponents combined as fractions:  e^(x/(1+x)) e^(1/(1+x)) = e
    3. everything under one sum, n = sum_i 1:  sum_i e_i/(1+e_i) + sum_i 1/(1+e_i) - n = sum_i 0
    4. case by case over the order relations of its indicators:  a > b, b > c, not a > c is impossible
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

from flint import fmpq

from .algebra import ONE, Algebra, Gen, Mono, Poly
from .nonlinear import exp_of
from .ratio import divide, split, switched
from .signs import PLUS, sign_of
from .sums import close_all

DEPTH = 3


def is_zero(al: Algebra, p: Poly, depth: int = DEPTH) -> bool:
    """True if p is certainly zero; False says nothing."""
    top, _ = split(al, p)
    top = _combined_exponents(al, top)
    top = _without_boundaries(al, top)
    if not top:
        return True
    return _zero_by_cases(al, top) or (depth > 0 and _zero_under_one_sum(al, top, depth))


def _combined_exponents(al: Algebra, p: Poly) -> Poly:
    """Each term with its exponentials of fractions made one."""
    out = []
    changed = False
    for mono, c in p.items():
        mine = [(g, e) for g, e in mono if al.kind(g) == "exp" and _has_denominator(al, g)]
        if len(mine) < 2:
            out.append({mono: c})
            continue
        changed = True
        exponent = al.total(al.scale(al.body(g), fmpq(Fraction(e).numerator, Fraction(e).denominator)) for g, e in mine)
        rest = tuple(f for f in mono if f not in mine)
        out.append(al.times({rest: c}, exp_of(al, exponent)))
    return split(al, al.total(out))[0] if changed else p


def _has_denominator(al: Algebra, g: Gen) -> bool:
    return any(al.kind(h) == "den" for _, m in al.templates[g[0]].body for h, _ in m)


def _without_boundaries(al: Algebra, p: Poly) -> Poly:
    """[F = 0] q = 0, and [F > 0] q = q for F >= 0, if q = 0 where F = 0"""
    for z in (*_switches(al, p, "zero"), *_switches(al, p, "ind")):
        f = al.body(z)
        if al.kind(z) == "ind" and sign_of(al, f)[0]:
            continue
        q = {tuple((g, e) for g, e in m if g != z): c for m, c in p.items() if any(g == z for g, _ in m)}
        if not on_zero_set(al, q, f) or (len(f) > 1 and divide(al, q, f) is not None):
            rest = {m: c for m, c in p.items() if all(g != z for g, _ in m)}
            p = al.total((rest, q)) if al.kind(z) == "ind" else rest
    return p


def on_zero_set(al: Algebra, p: Poly, f: Poly) -> Poly:
    """p where f = 0: a generator that stands in f alone and linearly is replaced by the rest of f."""
    for mono, c in sorted(f.items()):
        if len(mono) == 1 and mono[0][1] == 1 and all(g != mono[0][0] for m in f if m != mono for g, _ in m):
            g = mono[0][0]
            value = al.scale({m: v for m, v in f.items() if m != mono}, -1 / c)
            return al.total(_replaced(al, m, v, g, value) for m, v in p.items())
    return p


def _replaced(al: Algebra, mono: Mono, c: fmpq, g: Gen, value: Poly) -> Poly:
    power = dict(mono).get(g, 0)
    if power <= 0 or power != int(power):
        return {mono: c}
    rest = tuple((h, e) for h, e in mono if h != g)
    return al.times({rest: c}, al.power(value, int(power)))


def _switches(al: Algebra, p: Poly, kind: str) -> list[Gen]:
    return sorted({g for m in p for g, _ in m if al.kind(g) == kind})


def drop_null_sets(al: Algebra, p: Poly) -> tuple[Poly, list[Poly]]:
    """p without its terms that live on null sets [F = 0], and those F."""
    out: Poly = {}
    found: list[Poly] = []
    for mono, c in p.items():
        zeros = [z for g, _ in mono for z in _zeros_in(al, g)]
        if zeros:
            found += zeros
        else:
            out[mono] = c
    return out, found


def _zeros_in(al: Algebra, g: Gen) -> list[Poly]:
    if al.kind(g) == "zero":
        return [al.body(g)]
    if al.kind(g) == "sum":
        return [z for _, m in al.templates[g[0]].body for h, _ in m for z in _zeros_in(al, h)]
    return []


# ---- one sum

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
    terms, _, fresh = al.open(g)
    body = al.substitute(terms[0][1], {fresh[which]: (i, 0)})
    inner = close_all(al, [b for n, b in enumerate(fresh) if n != which], body)
    lower = al.tidy({h: (e - 1 if h == g else e) for h, e in mono})
    rest = lower if isinstance(lower, dict) else {lower: ONE}
    return al.scale(al.times(rest, inner), c)


# ---- cases of indicators

def _zero_by_cases(al: Algebra, p: Poly) -> bool:
    inds, zeros = _switches(al, p, "ind"), _switches(al, p, "zero")
    if not inds or not 1 < len(inds) + len(zeros) <= 8:
        return False
    bodies = {g: al.body(g) for g in (*inds, *zeros)}
    for choice in product((True, False), repeat=len(bodies)):
        al.spend(16)
        q = p
        on = dict(zip(bodies, choice, strict=True))
        for g in bodies:
            q = switched(al, q, g, on[g])
        vanish = [bodies[z] for z in zeros if on[z]]
        while vanish:
            f, *vanish = vanish
            q, *vanish = (on_zero_set(al, r, f) for r in (q, *vanish))
        if split(al, q)[0] and not _impossible(al, bodies, on):
            return False
    return True


def _impossible(al: Algebra, bodies: dict[Gen, Poly], on: dict[Gen, bool]) -> bool:
    """No values satisfy F > 0 or F <= 0, F = 0 or F != 0 as chosen, terms taken as independent variables."""
    rows = []
    for g, f in bodies.items():
        minus = al.scale(f, fmpq(-1))
        if al.kind(g) == "zero":
            rows += [(f, False), (minus, False)] if on[g] else []
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
