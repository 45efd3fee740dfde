"""Zero where indicators and exponents hide it; what is zero but for a null set.

    exponents combined as fractions:  e^(x/(1+x)) e^(1/(1+x)) = e
    [F = 0] F = 0,  [F = 0] [F > 0] = 0,  [F = 0] |F|^r = 0,  and [F = 0] q = 0 if q is 0 where F is
    case by case over the order relations of indicators:  a > b, b > c, not a > c is impossible
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, product
from typing import Any

from .algebra import ONE, Algebra, Gen, Nowhere, Poly
from .equal import is_zero
from .label import slot
from .nonlinear import exp_of, zero_set
from .ratio import divide, split, switched
from .signs import PLUS, arrays_in, is_gap, sign_of, vanishes_on_null_set

MOST_CASES = 8                  # indicators


def simpler(al: Algebra, p: Poly) -> Poly:
    """A numerator, its exponents combined, without what is zero at the edge of an indicator."""
    return _without_boundaries(al, _combined_exponents(al, p))


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


def vanishes(al: Algebra, powers: Mapping[Gen, Any]) -> bool:
    """Is a product zero because of one [F = 0] in it?"""
    return any(al.kind(g) == "zero" and _vanishes(al, g, powers) for g in powers)


def _vanishes(al: Algebra, z: Gen, powers: Mapping[Gen, Any]) -> bool:
    body = al.templates[z[0]].body
    base = body[0][1][0][0] if len(body) == 1 and len(body[0][1]) == 1 else None
    alone = base is not None and base[1] == tuple((slot(k), 0) for k in range(len(z[1])))
    return any(g[1] == z[1] and ((base is not None and alone and g[0] == base[0] and e > 0) or (
        al.kind(g) in ("ind", "root") and al.templates[g[0]].body == body)) for g, e in powers.items())


def joined(al: Algebra, powers: Mapping[Gen, Any]) -> Poly | None:
    """[F = 0] [G = 0] = [F + G = 0] for gaps F and G of which the sum is a gap"""
    gaps = {z: f if is_gap(al, f) else al.scale(f, -1) for z in powers if al.kind(z) == "zero" for f in (al.body(z),)}
    for z, w in combinations(sorted(gaps), 2):
        both = al.total((gaps[z], gaps[w]))
        if is_gap(al, gaps[z]) and is_gap(al, gaps[w]) and is_gap(al, both):
            return al.times(al.mono({g: e for g, e in powers.items() if g not in (z, w)}), zero_set(al, both))
    return None


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
            elif h[0] != g[0] and g[0] in al.within(h[0]):
                term = al.times(term, al.remake(h, e, lambda q: _replaced(al, q, g, value)))
            else:
                term = al.times(term, al.one(h, e))
        out.append(term)
    return al.total(out)


def _switches(al: Algebra, p: Poly, *kinds: str) -> list[Gen]:
    return sorted({g for m in p for g, _ in m if al.kind(g) in kinds})


# ---- null sets

def left_out(al: Algebra, p: Poly) -> frozenset[str] | None:
    """The arrays of the null sets where p may differ from zero; None if it may differ elsewhere."""
    rest, null = _without_null_sets(al, p)
    return frozenset().union(*(arrays_in(al, f) for f in null)) if null and is_zero(al, rest) else None


def _without_null_sets(al: Algebra, p: Poly) -> tuple[Poly, list[Poly]]:
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


# ---- order relations

def zero_by_cases(al: Algebra, p: Poly) -> bool:
    """Is p zero in every case of its indicators that the order of numbers allows?"""
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
