"""Fractions of elements: common denominators, exact division, irreducible factors (by flint).

    N / (D_1^a D_2^b)  is kept as the expanded numerator times den(D_1)^-a den(D_2)^-b; each D is irreducible,
    none divides N.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from .algebra import ONE, Algebra, Gen, Mono, Nowhere, Poly, Undecided


def dens(al: Algebra, p: Poly) -> dict[Gen, int]:
    """The denominators of p with their highest powers."""
    out: dict[Gen, int] = {}
    for mono in p:
        for g, e in mono:
            if al.kind(g) == "den":
                out[g] = max(out.get(g, 0), -int(e))
    return out


def split(al: Algebra, p: Poly) -> tuple[Poly, dict[Gen, int]]:
    """p = N / prod D^k with N free of denominators, reduced."""
    below = dens(al, p)
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
        while below[g]:
            quotient = divide(al, top, bodies[g])
            if quotient is None:
                break
            top = quotient
            below[g] -= 1
    return top, {g: k for g, k in below.items() if k}


def normalise(al: Algebra, p: Poly) -> Poly:
    """p over its common denominator, reduced, numerator expanded."""
    if not dens(al, p):
        return p
    top, below = split(al, p)
    return al.times(top, {tuple(sorted((g, -k) for g, k in below.items())): ONE}) if below else top


class Variables:
    """Generators as the variables of flint polynomials; exponents shifted and scaled to whole numbers."""

    def __init__(self, polys: Sequence[Poly]) -> None:
        low: dict[Gen, Any] = {}
        scale: dict[Gen, int] = {}
        for p in polys:
            for mono in p:
                for g, e in mono:
                    scale[g] = lcm(scale.get(g, 1), e.denominator if isinstance(e, Fraction) else 1)
                    low.setdefault(g, 0)
        self.gens = sorted(low)
        self.scale = [scale[g] for g in self.gens]
        self.number = {g: k for k, g in enumerate(self.gens)}
        self.ctx = fmpq_mpoly_ctx.get(tuple(f"x{k}" for k in range(len(self.gens))), Ordering.degrevlex)

    def to_flint(self, p: Poly) -> tuple[Any, list[int]]:
        """A flint polynomial q and shifts s with p = q * x^s."""
        rows = []
        for mono, c in p.items():
            row = [0] * len(self.gens)
            for g, e in mono:
                k = self.number[g]
                row[k] = int(e * self.scale[k])
            rows.append((row, c))
        shifts = [min(row[k] for row, _ in rows) for k in range(len(self.gens))]
        data = {tuple(a - s for a, s in zip(row, shifts, strict=True)): c for row, c in rows}
        return self.ctx.from_dict(data), shifts

    def from_flint(self, q: Any, shifts: Sequence[int]) -> Poly:
        """The element q * x^shifts."""
        out: Poly = {}
        for exponents, c in q.to_dict().items():
            mono = []
            for k, (e, s) in enumerate(zip(exponents, shifts, strict=True)):
                total = Fraction(int(e) + s, self.scale[k])
                if total != 0:
                    mono.append((self.gens[k], int(total) if total.denominator == 1 else total))
            out[tuple(mono)] = fmpq(c)
        return out


def divide(al: Algebra, p: Poly, q: Poly) -> Poly | None:
    """p / q if it is exact, monomials counting as units."""
    gens_q = {g for m in q for g, _ in m}
    gens_p = {g for m in p for g, _ in m}
    if len(q) > 1 and not gens_q <= gens_p:
        return None
    names = Variables((p, q))
    a, s = names.to_flint(p)
    b, t = names.to_flint(q)
    al.spend(len(p) + len(q))
    quotient, rest = divmod(a, b)
    if rest != 0:
        return None
    return retidy(al, names.from_flint(quotient, [x - y for x, y in zip(s, t, strict=True)]))


def retidy(al: Algebra, p: Poly) -> Poly:
    """p with the laws of monomials applied again."""
    if not any(g[0] in al.special for m in p for g, _ in m):
        return p
    return al.total(_tidied(al, m, c) for m, c in p.items())


def _tidied(al: Algebra, m: Mono, c: fmpq) -> Poly:
    found = al.tidy(dict(m))
    return al.scale(found, c) if isinstance(found, dict) else {found: c}


def factors(al: Algebra, p: Poly) -> tuple[fmpq, list[tuple[Poly, Any]]]:
    """p = c * prod f^k: single generators (any exponent) and irreducible sums with normal sign and content."""
    top, below = split(al, p)
    if not top:
        raise Undecided("the factors of zero")
    out: list[tuple[Poly, Any]] = [(al.one(g, -1), k) for g, k in below.items()]
    if len(top) == 1:
        ((mono, c),) = top.items()
        return c, out + [(al.one(g), e) for g, e in mono]
    names = Variables((top,))
    q, shifts = names.to_flint(top)
    al.spend(4 * len(top))
    c, found = q.factor()
    c = fmpq(c)
    powers: dict[Gen, Any] = {}
    for k, s in enumerate(shifts):
        if s:
            powers[names.gens[k]] = Fraction(s, names.scale[k])
    zero = [0] * len(shifts)
    for f, k in found:
        piece = names.from_flint(f, zero)
        if len(piece) == 1:
            ((mono, v),) = piece.items()
            c *= v ** int(k)
            for g, e in mono:
                powers[g] = powers.get(g, 0) + e * int(k)
            continue
        unit, normal = normal_sign(al, piece)
        c *= unit ** int(k)
        out.append((normal, int(k)))
    singles = [(al.one(g), int(e) if e == int(e) else e) for g, e in powers.items() if e]
    return c, out + singles


def content(p: Poly) -> fmpq:
    """The positive rational c such that p / c has coprime whole coefficients."""
    top = bottom = None
    for v in p.values():
        top = abs(v.p) if top is None else _gcd(top, v.p)
        bottom = v.q if bottom is None else bottom * v.q / _gcd(bottom, v.q)
    return fmpq(int(top or 1), int(bottom or 1))


def _gcd(a: Any, b: Any) -> Any:
    a, b = abs(int(a)), abs(int(b))
    while b:
        a, b = b, a % b
    return a


def skeleton_sign(p: Poly) -> int:
    """A sign that no renaming of indices changes: of the first group of like terms whose coefficients do not cancel."""
    groups: dict[Any, Any] = {}
    for mono, c in p.items():
        key = tuple(sorted((g[0], Fraction(e)) for g, e in mono))
        groups[key] = groups.get(key, 0) + c
    for key in sorted(groups, key=lambda k: (len(k), k)):
        if groups[key] != 0:
            return 1 if groups[key] > 0 else -1
    return 0


def normal_sign(al: Algebra, p: Poly) -> tuple[fmpq, Poly]:
    """p = unit * q, q with content 1 and positive skeleton sign."""
    unit = content(p)
    if skeleton_sign(p) < 0:
        unit = -unit
    return unit, al.scale(p, 1 / unit)


def reciprocal(al: Algebra, p: Poly) -> Poly:
    """1 / p"""
    p = normalise(al, p)
    if not p:
        raise Nowhere("a denominator that is zero everywhere")
    cases = case_split(al, p, lambda q: reciprocal(al, q))
    if cases is not None:
        return cases
    c, found = factors(al, p)
    out = al.constant(1 / c)
    for f, k in found:
        if len(f) == 1:
            ((mono, _),) = f.items()
            inverse = al.tidy({g: -e * k for g, e in mono})
            out = al.times(out, inverse if isinstance(inverse, dict) else {inverse: ONE})
        else:
            g = al.closed("den", None, tagged(f))
            out = al.times(out, al.one(g, -int(k)))
    return out


def tagged(p: Poly, part: int = 0) -> list[tuple[Any, Mono]]:
    """The terms of an element, tagged for a template."""
    return [((part, int(c.p), int(c.q)), mono) for mono, c in p.items()]


def case_split(al: Algebra, p: Poly, f: Any) -> Poly | None:
    """f(b p1 + (1 - b) p0) = b f(p1) + (1 - b) f(p0) for the first indicator or delta b of p; None without one."""
    switches = sorted({g for m in p for g, _ in m if al.kind(g) in ("ind", "zero", "delta")})
    if not switches:
        return None
    al.spend(16)
    if len(switches) > 6:
        raise Undecided("too many indicators inside a nonlinear function")
    b = switches[0]
    branches: list[Poly] = []
    undefined = 0
    for on in (True, False):
        try:
            branches.append(f(switched(al, p, b, on)))
        except Nowhere:                                 # no value there: any will do, and b / b = b
            branches.append({})
            undefined += 1
    if undefined == 2:
        raise Nowhere("defined nowhere")
    yes, no = branches
    return al.total((no, al.times(al.one(b), al.total((yes, al.scale(no, fmpq(-1)))))))


def switched(al: Algebra, p: Poly, b: Gen, on: bool) -> Poly:
    """p where the indicator or delta b is 1, or 0."""
    without = al.total({tuple((g, e) for g, e in m if g != b): c} for m, c in p.items()
                       if on or all(g != b for g, _ in m))
    if on and al.kind(b) == "delta":
        old, new = al.delta_rule(b)
        if old is not None:
            return al.substitute(without, {old: new})
    return without
