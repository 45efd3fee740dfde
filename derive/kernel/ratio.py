"""Fractions of elements: common denominators, exact division, irreducible factors (by flint).

    N / (D_1^a D_2^b)  is kept as the expanded numerator times den(D_1)^-a den(D_2)^-b; each D is irreducible,
    none divides N.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import wraps
from math import gcd, lcm
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from .algebra import ONE, Algebra, Gen, Nowhere, Poly, TooHard, Undecided, whole

HIGH_DEGREE = 500           # of a polynomial in one generator that is factored
MOST_SWITCHES = 6           # indicators and deltas inside one nonlinear function


def split(al: Algebra, p: Poly) -> tuple[Poly, dict[Gen, int]]:
    """p = N / prod D^k with N free of denominators, reduced."""
    below: dict[Gen, int] = {}
    for mono in p:
        for g, e in mono:
            if al.kind(g) == "den":
                below[g] = max(below.get(g, 0), -int(e))
    if not below:
        return p, {}
    bodies = {g: al.body(g) for g in below}
    cache: dict[Any, Poly] = {}
    parts = []
    for mono, c in p.items():
        here = {g: -int(e) for g, e in mono if g in below}
        rest = tuple((g, e) for g, e in mono if g not in below)
        missing = tuple((g, k - here.get(g, 0)) for g, k in sorted(below.items()))
        if missing not in cache:
            cache[missing] = al.product(al.power(bodies[g], k) for g, k in missing if k)
        parts.append(al.times({rest: c}, cache[missing]))
    top = al.total(parts)
    if not top:
        return {}, {}
    for g in sorted(below):
        while below[g] and (quotient := divide(al, top, bodies[g])) is not None:
            top = quotient
            below[g] -= 1
    return top, {g: k for g, k in below.items() if k}


def normalise(al: Algebra, p: Poly) -> Poly:
    """p over its common denominator, reduced, numerator expanded."""
    top, below = split(al, p)
    return al.times(top, {tuple(sorted((g, -k) for g, k in below.items())): ONE}) if below else top


class Variables:
    """Generators as the variables of flint polynomials; exponents shifted, and divided by what they have in common."""

    def __init__(self, *polys: Poly) -> None:
        found: dict[Gen, set[Any]] = {}
        for p in polys:
            for mono in p:
                for g, e in mono:
                    found.setdefault(g, set()).add(e)
        self.gens = sorted(found)
        self.unit = [_unit(found[g]) for g in self.gens]
        self.number = {g: k for k, g in enumerate(self.gens)}
        self.ctx = fmpq_mpoly_ctx.get(tuple(f"x{k}" for k in range(len(self.gens))), Ordering.degrevlex)

    def to_flint(self, p: Poly) -> tuple[Any, list[int]]:
        """A flint polynomial q and shifts s with p = q * x^s."""
        rows = []
        for mono, c in p.items():
            row = [0] * len(self.gens)
            for g, e in mono:
                k = self.number[g]
                row[k] = int(e / self.unit[k])
            rows.append((row, c))
        shifts = [min(row[k] for row, _ in rows) for k in range(len(self.gens))]
        data = {tuple(a - s for a, s in zip(row, shifts, strict=True)): c for row, c in rows}
        return self.ctx.from_dict(data), shifts

    def from_flint(self, q: Any, shifts: Sequence[int]) -> Poly:
        """The element q * x^shifts."""
        out: Poly = {}
        for exponents, c in q.to_dict().items():
            powers = [(int(e) + s) * u for e, s, u in zip(exponents, shifts, self.unit, strict=True)]
            out[tuple((g, whole(e)) for g, e in zip(self.gens, powers, strict=True) if e)] = fmpq(c)
        return out


def _unit(exponents: set[Any]) -> Fraction:
    """What all exponents are multiples of: 1/q, unless the polynomial in x^(1/q) would be of a very high degree."""
    below = lcm(*(e.denominator for e in exponents))
    above = [abs(int(e * below)) for e in exponents]
    if max(above) <= HIGH_DEGREE:
        return Fraction(1, below)
    common = gcd(*above)
    if max(above) > HIGH_DEGREE * common:
        raise TooHard("exponents that are too far apart")
    return Fraction(common, below)


def divide(al: Algebra, p: Poly, q: Poly) -> Poly | None:
    """p / q if it is exact, monomials counting as units."""
    if len(q) > 1 and not {g for m in q for g, _ in m} <= {g for m in p for g, _ in m}:
        return None
    names = Variables(p, q)
    (a, s), (b, t) = names.to_flint(p), names.to_flint(q)
    al.spend(len(p) + len(q))
    quotient, rest = divmod(a, b)
    if rest != 0:
        return None
    found = names.from_flint(quotient, [x - y for x, y in zip(s, t, strict=True)])
    if not any(g[0] in al.special for m in found for g, _ in m):
        return found
    return al.total(al.scale(al.mono(dict(m)), c) for m, c in found.items())


def factors(al: Algebra, p: Poly) -> tuple[fmpq, list[tuple[Poly, Any]]]:
    """p = c * prod f^k: single generators (any exponent) and irreducible sums with normal sign and content."""
    top, below = split(al, p)
    if not top:
        raise Undecided("the factors of zero")
    out: list[tuple[Poly, Any]] = [(al.one(g, -1), k) for g, k in below.items()]
    if len(top) == 1:
        ((mono, c),) = top.items()
        return c, out + [(al.one(g), e) for g, e in mono]
    names = Variables(top)
    q, shifts = names.to_flint(top)
    al.spend(4 * len(top))
    c, found = q.factor()
    c = fmpq(c)
    powers = {g: s * u for g, s, u in zip(names.gens, shifts, names.unit, strict=True)}
    for f, k in found:
        piece = names.from_flint(f, [0] * len(shifts))
        unit = content(piece) * (-1 if skeleton_sign(piece) < 0 else 1)
        c *= unit ** int(k)
        if len(piece) > 1:
            out.append((al.scale(piece, 1 / unit), int(k)))
            continue
        for g, e in next(iter(piece)):
            powers[g] += e * int(k)
    return c, out + [(al.one(g), whole(e)) for g, e in powers.items() if e]


def content(p: Poly) -> fmpq:
    """The positive rational c such that p / c has coprime whole coefficients."""
    return fmpq(gcd(*(int(v.p) for v in p.values())) or 1, lcm(*(int(v.q) for v in p.values())))


def skeleton_sign(p: Poly) -> int:
    """A sign that no renaming of indices changes: of the first group of like terms whose coefficients do not cancel."""
    groups: dict[Any, Any] = {}
    for mono, c in p.items():
        key = tuple(sorted((g[0], e) for g, e in mono))
        groups[key] = groups.get(key, 0) + c
    for key in sorted(groups, key=lambda k: (len(k), k)):
        if groups[key] != 0:
            return 1 if groups[key] > 0 else -1
    return 0


# ---- functions of elements, indicators split off

def by_cases(f: Callable[..., Poly]) -> Callable[..., Poly]:
    """f(b p1 + (1 - b) p0) = b f(p1) + (1 - b) f(p0) for every indicator or delta b; f is asked of reduced elements"""

    @wraps(f)
    def law(al: Algebra, p: Poly, *rest: Any) -> Poly:
        p = normalise(al, p)
        switches = sorted({g for m in p for g, _ in m if al.kind(g) in ("ind", "zero", "delta") or g[0] in al.one_hot})
        if not switches:
            return f(al, p, *rest)
        al.spend(16)
        if len(switches) > MOST_SWITCHES:                # too many cases: f(p) as it stands
            return al.atom("opaque", (f.__name__, *rest), p)
        b = switches[0]
        yes, no = (_unless_nowhere(lambda q: law(al, q, *rest), al, p, b, on) for on in (True, False))
        if yes is None and no is None:
            raise Nowhere("no value in any case")
        yes, no = yes or {}, no or {}                   # where there is no value any will do, and b / b = b
        return al.total((no, al.times(al.one(b), al.minus(yes, no))))

    return law


def _unless_nowhere(f: Callable[[Poly], Poly], al: Algebra, p: Poly, b: Gen, on: bool) -> Poly | None:
    try:
        return f(switched(al, p, b, on))
    except Nowhere:
        return None


def switched(al: Algebra, p: Poly, b: Gen, on: bool) -> Poly:
    """p where the indicator or delta b is 1, or 0; [F > 0] and [F = 0] are not 1 together."""
    gone = _rivals(al, p, b) if on else {b}
    out = al.total({tuple(f for f in m if f[0] != b): c} for m, c in p.items() if not any(g in gone for g, _ in m))
    if not on or al.kind(b) != "delta":
        return out
    old, new = al.delta_rule(b)
    return out if old is None else al.substitute(out, {old: new})


def _rivals(al: Algebra, p: Poly, b: Gen) -> set[Gen]:
    body = al.templates[b[0]].body
    return {g for m in p for g, _ in m if body and g != b and g[1] == b[1] and al.templates[g[0]].body == body
            and al.kind(g) in ("ind", "zero")}


@by_cases
def reciprocal(al: Algebra, p: Poly) -> Poly:
    """1 / p"""
    if not p:
        raise Nowhere("a denominator that is zero everywhere")
    c, found = factors(al, p)
    out = al.constant(1 / c)
    for f, k in found:
        if len(f) == 1:
            ((mono, _),) = f.items()
            out = al.times(out, al.mono({g: -e * k for g, e in mono}))
        else:
            out = al.times(out, al.one(al.closed("den", None, f), -int(k)))
    return out


def whole_power(al: Algebra, p: Poly, k: int) -> Poly:
    """p^k for any integer k"""
    return al.power(p, k) if k >= 0 else al.power(reciprocal(al, p), -k)


@by_cases
def generic(al: Algebra, p: Poly, name: str, order: int) -> Poly:
    """g^(order)(p), g unknown"""
    return al.atom("fun", (name, order), p)


def makers(al: Algebra) -> dict[str, Any]:
    """kind -> how a power of a generator is made again from its body, after a change that may let laws apply."""
    return {
        "den": lambda payload, inside, e: whole_power(al, inside.parts[0] if inside.parts else {}, int(e)),
        "fun": lambda payload, inside, e: whole_power(al, generic(al, inside.parts[0], *payload), int(e)),
    }
