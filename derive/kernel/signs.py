"""Signs that hold for all shapes and all values.

    e^u > 0,   n > 0,   sum of positive = positive,   u^2 >= 0,   a product has the product of the signs
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

from flint import fmpq

from .algebra import Algebra, Gen, Mono, Poly, Template
from .ratio import content, skeleton_sign

Sign = tuple[bool, bool, bool]              # (may be negative, may be positive, is never zero)
PLUS: Sign = (False, True, True)
MINUS: Sign = (True, False, True)
NONNEGATIVE: Sign = (False, True, False)
ANY: Sign = (True, True, False)

ANALYTIC = frozenset({"entry", "dim", "sum", "exp", "den", "pi", "erf", "logp"})
POSITIVE = frozenset({"dim", "exp", "pi", "logp"})


def sign_of(al: Algebra, p: Poly, assume: Mapping[str, Sign] | None = None) -> Sign:
    """The sign of an element; `assume` gives signs of whole arrays."""
    found = _sum(_flip(_mono(al, m, assume), c < 0) for m, c in p.items())
    if assume is None and p and not (found[2] and found[0] != found[1]):
        unit = content(p) * (skeleton_sign(p) or 1)
        for s in (1, -1):
            tid = fact_id(al, al.scale(p, s / unit))
            if tid in al.positive or tid in al.nonnegative:
                return _flip(PLUS if tid in al.positive else NONNEGATIVE, (unit > 0) != (s > 0))
    return found


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

    Either an array without equality facts occurs in p once, alone and linearly; or p is analytic (no indicator,
    maximum or generic function anywhere inside, roots and logarithms of positive elements only) and some choice of
    signs for whole arrays makes it positive, or negative, everywhere.
    """
    for mono, _ in p.items():
        if len(mono) == 1 and mono[0][1] == 1 and al.kind(mono[0][0]) == "entry":
            name = al.templates[mono[0][0][0]].payload
            if name not in al.constrained and name not in arrays_in(al, {m: c for m, c in p.items() if m != mono}):
                return True
    names = sorted(arrays_in(al, p))
    if not names or al.constrained & set(names) or not all(_analytic(al, t) for t in _templates(al, p)):
        return False
    for choice in product((PLUS, MINUS), repeat=min(len(names), 5)):
        assume = dict.fromkeys(names, PLUS) | dict(zip(names, choice, strict=False))
        if any(s == MINUS and n in al.positive_arrays for n, s in assume.items()):
            continue
        low, high, nonzero = sign_of(al, p, assume)
        if nonzero and low != high:
            return True
    return False


def _analytic(al: Algebra, t: Template) -> bool:
    return t.kind in ANALYTIC or (t.kind in ("root", "log") and _always_positive(al, t))


def _always_positive(al: Algebra, t: Template) -> bool:
    """Is the body > 0 on a connected set of arrays?  A fact about a sum may hold on two separate sets."""
    known = al.positive, al.nonnegative
    try:
        al.positive, al.nonnegative = ({k for k in kept if al.templates[k].kind == "entry"} for kept in known)
        return sign_of(al, _body(t)) == PLUS
    finally:
        al.positive, al.nonnegative = known
