"""Nonlinear functions of elements, each by its laws.

    e^(a + b) = e^a e^b,   log|a b| = log|a| + log|b|,   |a b|^r = |a|^r |b|^r,   |a| = a (2 [a > 0] - 1)
    [c a > 0] = [a > 0] for c > 0,   [-F > 0] = 1 - [F > 0] - [F = 0] where F = 0 is a null set
    f(b E1 + (1 - b) E0) = b f(E1) + (1 - b) f(E0) for an indicator b
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import arb, fmpq, fmpz

from .algebra import ONE, Algebra, Gen, Nowhere, Poly, Undecided
from .balls import precision
from .ratio import case_split, content, factors, normalise, reciprocal, skeleton_sign, split, tagged
from .signs import MINUS, PLUS, sign_of, vanishes_on_null_set


def rational(c: Any) -> int | Fraction:
    """A flint rational as an exponent."""
    return int(c.p) if c.q == 1 else Fraction(int(c.p), int(c.q))


# ---- exp and log

def exp_of(al: Algebra, p: Poly) -> Poly:
    """e^p, one generator per term of p"""
    p = normalise(al, p)
    cases = case_split(al, p, lambda q: exp_of(al, q))
    if cases is not None:
        return cases
    out: Poly = {(): ONE}
    for mono, c in p.items():
        if len(mono) == 1 and mono[0][1] == 1 and al.kind(mono[0][0]) == "log":
            piece = root_of(al, al.body(mono[0][0]), rational(c))
        elif len(mono) == 1 and mono[0][1] == 1 and al.kind(mono[0][0]) == "logp":
            piece = number_power(al, fmpq(al.templates[mono[0][0][0]].payload), rational(c))
        else:
            piece = al.one(al.closed("exp", None, [((0, 1, 1), mono)]), rational(c))
        out = al.times(out, piece)
    return out


def log_of(al: Algebra, p: Poly) -> Poly:
    """log|p|"""
    p = normalise(al, p)
    cases = case_split(al, p, lambda q: log_of(al, q))
    if cases is not None:
        return cases
    if not p:
        raise Nowhere("the logarithm of zero")
    c, found = factors(al, p)
    parts = [al.scale(al.one(al.leaf("logp", b, ())), fmpq(k)) for b, k in _primes(abs(c))]
    for f, k in found:
        parts.append(al.scale(_log_factor(al, f), fmpq(Fraction(k).numerator, Fraction(k).denominator)))
    return al.total(parts)


def _log_factor(al: Algebra, f: Poly) -> Poly:
    if len(f) == 1:
        (((g, e),), _), = f.items()
        if al.kind(g) in ("exp", "root", "den"):
            inner = al.body(g) if al.kind(g) == "exp" else log_of(al, al.body(g))
            return al.scale(inner, fmpq(Fraction(e).numerator, Fraction(e).denominator))
    return al.one(al.closed("log", None, tagged(f)))


def _primes(c: fmpq) -> list[tuple[int, int]]:
    """c = prod b^k, b prime (or a large cofactor)"""
    out = []
    for n, s in ((c.p, 1), (c.q, -1)):
        if abs(int(n)) > 10 ** 24:
            out.append((int(n), s))
            continue
        out += [(int(b), s * int(k)) for b, k in fmpz(n).factor()]
    return [(b, k) for b, k in out if b != 1]


# ---- roots and absolute values

def root_of(al: Algebra, p: Poly, a: int | Fraction) -> Poly:
    """|p|^a"""
    p = normalise(al, p)
    cases = case_split(al, p, lambda q: root_of(al, q, a))
    if cases is not None:
        return cases
    if not p:
        if a > 0:
            return {}
        raise Nowhere("division by zero")
    c, found = factors(al, p)
    out = number_power(al, abs(c), a)
    for f, k in found:
        out = al.times(out, _base_power(al, f, Fraction(k) * a))
    return out


def number_power(al: Algebra, c: fmpq, a: int | Fraction) -> Poly:
    """c^a for a rational c > 0"""
    out: Poly = {(): ONE}
    for b, k in _primes(c):
        whole, rest = divmod(Fraction(k) * a, 1)
        if abs(whole) > 4000:
            raise Undecided("a power too large to write down")
        out = al.scale(out, fmpq(b) ** int(whole))
        if rest:
            out = al.times(out, al.one(al.closed("root", None, [((0, b, 1), ())]), rest))
    return out


def _base_power(al: Algebra, f: Poly, b: Fraction) -> Poly:
    """|f|^b for one generator or one irreducible sum"""
    if len(f) == 1:
        ((((g, e),), _),) = f.items()
        if al.kind(g) == "exp":
            power = e * b
            return al.one(g, int(power) if power == int(power) else power)
        if al.kind(g) in ("root", "den"):
            return root_of(al, al.body(g), e * b)
    whole, rest = divmod(b, 1)
    k = int(whole)
    out = whole_power(al, f, k if k % 2 == 0 else k - 1)
    if k % 2:
        out = al.times(out, absolute(al, f))
    if rest:
        out = al.times(out, al.one(al.closed("root", None, tagged(f)), rest))
    return out


def whole_power(al: Algebra, p: Poly, k: int) -> Poly:
    """p^k for any integer k"""
    return al.power(p, k) if k >= 0 else al.power(reciprocal(al, p), -k)


def absolute(al: Algebra, p: Poly) -> Poly:
    """|p| = p (2 [p > 0] - 1)"""
    low, high, _ = sign_of(al, p)
    if not low:
        return p
    if not high:
        return al.scale(p, fmpq(-1))
    sign = al.total((al.scale(indicator(al, p), fmpq(2)), al.constant(-1)))
    return al.times(p, sign)


# ---- indicators

def indicator(al: Algebra, p: Poly) -> Poly:
    """[p > 0]"""
    p = normalise(al, p)
    cases = case_split(al, p, lambda q: indicator(al, q))
    if cases is not None:
        return cases
    known = _known(al, p)
    if known is not None:
        return al.constant(known)
    s, (first, *others) = _sign_core(al, p)
    if others:                                  # [a b > 0] = [a > 0] [b > 0] + [-a > 0] [-b > 0]
        rest = al.scale(al.product(others), fmpq(s))
        both = al.times(indicator(al, first), indicator(al, rest))
        return al.total((both, al.times(indicator(al, _minus(al, first)), indicator(al, _minus(al, rest)))))
    body = al.scale(first, fmpq(s))
    known = _known(al, body)
    if known is not None:
        return al.constant(known)
    other = _compare_logs(al, body) or _compare_powers(al, body)
    if other is not None:
        return indicator(al, other)
    body = al.scale(body, 1 / content(body))
    opposite = _minus(al, body)
    if skeleton_sign(body) < 0 and vanishes_on_null_set(al, opposite):
        boundary = al.one(al.closed("zero", None, tagged(opposite)))
        inside = al.one(al.closed("ind", None, tagged(opposite)))
        return al.total((al.constant(1), _minus(al, inside), _minus(al, boundary)))
    return al.one(al.closed("ind", None, tagged(body)))


def _minus(al: Algebra, p: Poly) -> Poly:
    return al.scale(p, fmpq(-1))


def _known(al: Algebra, p: Poly) -> int | None:
    """1 or 0 if the sign of p decides [p > 0]."""
    if not p:
        return 0
    low, high, nonzero = sign_of(al, p)
    if nonzero and not low:
        return 1
    if not high:
        return 0
    for bits in (64, 256, 1024):
        with precision(bits):
            value = ball(al, p)
            if value is None:
                return None
            if value > 0 or value < 0:
                return 1 if value > 0 else 0
    raise Undecided("a constant that may be zero")


def _sign_core(al: Algebra, p: Poly) -> tuple[int, list[Poly]]:
    """s = 1 or -1 and elements whose product has the sign of s p, without positive and squared factors."""
    top, below = split(al, p)
    c, found = factors(al, top)
    s = 1 if c > 0 else -1
    core: list[Poly] = []
    for f, k in (*found, *((al.body(g), -k) for g, k in below.items())):
        sign = sign_of(al, f)
        if k < 0:
            sign = (sign[0], sign[1], True)
        if sign == PLUS or (sign[2] and k == int(k) and int(k) % 2 == 0):
            continue
        if sign == MINUS and int(k) % 2:
            s = -s
        elif k != int(k):
            core.append({((next(iter(f))[0][0], k),): ONE})
        else:
            core.append(al.power(f, 1 if int(k) % 2 else 2))
    return s, core or [{(): ONE}]


def _compare_logs(al: Algebra, body: Poly) -> Poly | None:
    """a e^u - b e^v > 0 as u - v + log(a / b) > 0, a, b > 0"""
    if len(body) != 2:
        return None
    (m, a), (n, b) = sorted(body.items(), key=lambda item: -item[1])
    if not (a > 0 > b) or any(al.kind(g) != "exp" for g, _ in (*m, *n)):
        return None
    logs = [al.scale(al.body(g), fmpq(Fraction(e).numerator, Fraction(e).denominator)) for g, e in m]
    logs += [al.scale(al.body(g), -fmpq(Fraction(e).numerator, Fraction(e).denominator)) for g, e in n]
    return al.total((*logs, log_of(al, al.constant(-a / b))))


def _compare_powers(al: Algebra, body: Poly) -> Poly | None:
    """a log|u| + b log|v| > 0 as |u|^a |v|^b > 1"""
    if not all(len(m) == 1 and m[0][1] == 1 and al.kind(m[0][0]) in ("log", "logp") for m in body):
        return None
    return al.total((exp_of(al, body), al.constant(-1)))


def ball(al: Algebra, p: Poly) -> arb | None:
    """The value of a constant, None if p is not one."""
    out = arb(0)
    for mono, c in p.items():
        term = arb(c)
        for g, e in mono:
            value = _ball_gen(al, g)
            if value is None or not value.is_finite():
                return None
            term *= value ** (arb(Fraction(e).numerator) / Fraction(e).denominator) if (
                Fraction(e).denominator != 1) else value ** int(e)
        out += term
    return out if out.is_finite() else None


def _ball_gen(al: Algebra, g: Gen) -> arb | None:
    t = al.templates[g[0]]
    if t.kind == "pi":
        return arb.pi()
    if t.kind == "logp":
        return arb(t.payload).log()
    if t.arity or t.bound or t.kind not in ("exp", "log", "root", "den", "erf"):
        return None
    inside = ball(al, {mono: fmpq(tag[1], tag[2]) for tag, mono in t.body})
    if inside is None:
        return None
    return {"exp": inside.exp, "log": abs(inside).log, "root": inside.__abs__, "den": lambda: inside,
            "erf": inside.erf}[t.kind]()


# ---- generic and special functions

def generic(al: Algebra, name: str, order: int, p: Poly) -> Poly:
    """g^(order)(p), g unknown"""
    p = normalise(al, p)
    cases = case_split(al, p, lambda q: generic(al, name, order, q))
    return al.one(al.closed("fun", (name, order), tagged(p))) if cases is None else cases


def erf_of(al: Algebra, p: Poly) -> Poly:
    """erf(-u) = -erf(u)"""
    p = normalise(al, p)
    cases = case_split(al, p, lambda q: erf_of(al, q))
    if cases is not None:
        return cases
    if not p:
        return {}
    s = -1 if skeleton_sign(p) < 0 else 1
    return al.scale(al.one(al.closed("erf", None, tagged(al.scale(p, fmpq(s))))), fmpq(s))


def zero_set(al: Algebra, p: Poly) -> Poly:
    """[p = 0] for p whose zeros are a null set"""
    p = normalise(al, p)
    if not p:
        return al.constant(1)
    sign = sign_of(al, p)
    if sign[2]:
        return {}
    unit = content(p) * (skeleton_sign(p) or 1)
    return al.one(al.closed("zero", None, tagged(al.scale(p, 1 / unit))))


def rebuild_table(al: Algebra) -> dict[str, Any]:
    """kind -> how a generator whose positions coincide is made again."""

    def with_power(f: Any) -> Any:
        return lambda g, e: whole_power(al, f(g), int(e))

    def named(al: Algebra, g: Any) -> tuple[str, int, Poly]:
        name, order = al.templates[g[0]].payload
        return name, order, al.body(g)

    return {
        "abs_power": lambda p, k: root_of(al, p, k),
        "den": lambda g, e: al.power(reciprocal(al, al.body(g)), -int(e)),
        "exp": lambda g, e: exp_of(al, al.scale(al.body(g), fmpq(Fraction(e).numerator, Fraction(e).denominator))),
        "root": lambda g, e: root_of(al, al.body(g), e),
        "log": with_power(lambda g: log_of(al, al.body(g))),
        "ind": lambda g, e: indicator(al, al.body(g)),
        "zero": lambda g, e: zero_set(al, al.body(g)),
        "fun": with_power(lambda g: generic(al, *named(al, g))),
        "erf": with_power(lambda g: erf_of(al, al.body(g))),
    }
