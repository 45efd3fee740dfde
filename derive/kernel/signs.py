"""Signs that hold for all shapes and all values.

    e^u > 0,   n > 0,   sum of positive = positive,   u^2 >= 0,   a product has the product of the signs

A sign is (lowest, highest, nonzero): may it be negative, may it be positive, can it not be zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import product
from typing import Any

from flint import fmpq

from .algebra import Algebra, Gen, Mono, Poly
from .ratio import content, skeleton_sign, tagged

Sign = tuple[bool, bool, bool]              # (may be negative, may be positive, is never zero)
PLUS: Sign = (False, True, True)
MINUS: Sign = (True, False, True)
NONNEGATIVE: Sign = (False, True, False)
ANY: Sign = (True, True, False)
ZERO: Sign = (False, False, False)

ANALYTIC = frozenset({"entry", "dim", "sum", "exp", "den", "pi", "erf", "logp"})
POSITIVE = frozenset({"dim", "exp", "pi", "logp"})


def sign_of(al: Algebra, p: Poly, assume: Mapping[str, Sign] | None = None) -> Sign:
    """The sign of an element; `assume` gives signs of whole arrays."""
    found = _sum(_times(_number(c), _mono(al, m, assume)) for m, c in p.items())
    if assume is None and p and not _definite(found):
        unit = content(p) * (skeleton_sign(p) or 1)
        for s in (1, -1):
            tid = fact_id(al, al.scale(p, s / unit))
            flip = (unit > 0) == (s > 0)
            if tid in al.positive:
                return PLUS if flip else MINUS
            if tid in al.nonnegative:
                return NONNEGATIVE if flip else (True, False, False)
    return found


def fact_id(al: Algebra, p: Poly) -> int:
    """The template that facts about p are kept under, for all positions."""
    if len(p) == 1:
        ((mono, c),) = p.items()
        if c == 1 and len(mono) == 1 and mono[0][1] == 1:
            return mono[0][0][0]
    return al.closed("fact", None, tagged(p))[0]


def _definite(s: Sign) -> bool:
    return s[2] and s[0] != s[1]


def _number(c: Any) -> Sign:
    return PLUS if c > 0 else MINUS if c < 0 else ZERO


def _sum(signs: Iterable[Sign]) -> Sign:
    low = high = some = False
    for a, b, nonzero in signs:
        low, high, some = low or a, high or b, some or nonzero
    return low, high, some and low != high


def _times(a: Sign, b: Sign) -> Sign:
    low = (a[0] and b[1]) or (a[1] and b[0])
    high = (a[0] and b[0]) or (a[1] and b[1])
    return low, high, a[2] and b[2]


def _mono(al: Algebra, mono: Mono, assume: Mapping[str, Sign] | None) -> Sign:
    out = PLUS
    for g, e in mono:
        s = _gen(al, g, assume)
        if e < 0:
            s = (s[0], s[1], True)                      # defined, hence not zero
        if Fraction(e).denominator == 1 and int(e) % 2 == 0:
            s = (False, True, s[2])
        out = _times(out, s)
    return out


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
        inside = sign_of(al, _body(al, g[0]), assume) if kind != "sum" else _sum(
            _times(_number(Fraction(tag[1], tag[2])), _mono(al, m, assume)) for tag, m in template.body)
        return (False, True, inside[2]) if kind == "root" else inside
    return ANY


def _body(al: Algebra, tid: int) -> Poly:
    """The body of a template over its own slots."""
    return {mono: fmpq(tag[1], tag[2]) for tag, mono in al.templates[tid].body}


def arrays_in(al: Algebra, p: Poly) -> frozenset[str]:
    """Names of the arrays that p depends on."""
    return frozenset().union(*(_names(al, g[0]) for m in p for g, _ in m)) if p else frozenset()


def _names(al: Algebra, tid: int) -> frozenset[str]:
    if tid not in al.names:
        t = al.templates[tid]
        own = frozenset({t.payload}) if t.kind == "entry" else frozenset()
        al.names[tid] = own.union(*(_names(al, g[0]) for _, m in t.body for g, _ in m))
    return al.names[tid]


def analytic(al: Algebra, p: Poly) -> bool:
    """No indicator, maximum, root, logarithm or generic function anywhere inside, unless its argument is positive."""
    return all(_analytic(al, g[0]) for m in p for g, _ in m)


def _analytic(al: Algebra, tid: int) -> bool:
    if tid not in al.analytic:
        t = al.templates[tid]
        fine = t.kind in ANALYTIC or (t.kind in ("root", "log") and sign_of(al, _body(al, tid)) == PLUS)
        al.analytic[tid] = fine and all(_analytic(al, g[0]) for _, m in t.body for g, _ in m)
    return al.analytic[tid]


def vanishes_on_null_set(al: Algebra, p: Poly) -> bool:
    """Is p zero on a null set only, for all shapes and coinciding indices?

    Either an array without equality facts occurs in p once, alone and linearly; or p is analytic and some choice of
    signs for whole arrays makes it positive, or negative, everywhere.
    """
    for mono, _ in p.items():
        if len(mono) == 1 and mono[0][1] == 1 and al.kind(mono[0][0]) == "entry":
            name = al.templates[mono[0][0][0]].payload
            rest = {m: c for m, c in p.items() if m != mono}
            if name not in al.constrained and name not in arrays_in(al, rest):
                return True
    names = sorted(arrays_in(al, p))
    if not names or not analytic(al, p) or any(name in al.constrained for name in names):
        return False
    for choice in product((PLUS, MINUS), repeat=min(len(names), 5)):
        assume = dict.fromkeys(names, PLUS) | dict(zip(names, choice, strict=False))
        if any(n in al.positive_arrays and s == MINUS for n, s in assume.items()):
            continue
        if _definite(sign_of(al, p, assume)):
            return True
    return False
