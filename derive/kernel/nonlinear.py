"""Nonlinear functions of elements, each by its laws.

    e^(a + b) = e^a e^b,   log|a b| = log|a| + log|b|,   |a b|^r = |a|^r |b|^r,   |a| = a (2 [a > 0] - 1)
    [c a > 0] = [a > 0] for c > 0,   [-F > 0] = 1 - [F > 0] - [F = 0],   [F > 0] = 1 - [F = 0] for F >= 0
    [a b > 0] = [a > 0] [b > 0] + [-a > 0] [-b > 0],   [F^2 = 0] = [F = 0]
    f(b E1 + (1 - b) E0) = b f(E1) + (1 - b) f(E0) for an indicator b
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import arb, fmpq, fmpz

from .algebra import ONE, Algebra, Gen, Inside, Nowhere, Poly, Undecided, whole
from .precision import precision
from .ratio import by_cases, factors, generic, normalise, reciprocal, skeleton_sign, split, whole_power
from .signs import MINUS, PLUS, sign_of

MOST_TURNS = 6              # of terms in the argument of a sine, counted as often as they stand there

# ---- exp and log


@by_cases
def exp_of(al: Algebra, p: Poly) -> Poly:
    """e^p, one generator per term of p"""
    out: Poly = {(): ONE}
    for mono, c in p.items():
        g = mono[0][0] if len(mono) == 1 and mono[0][1] == 1 else None
        if g is not None and al.kind(g) == "log":
            piece = root_of(al, al.body(g), whole(c))
        elif g is not None and al.kind(g) == "logp":
            piece = number_power(al, fmpq(al.templates[g[0]].payload), whole(c))
        else:
            piece = al.one(al.closed("exp", None, {mono: ONE}), whole(c))
        out = al.times(out, piece)
    return out


@by_cases
def log_of(al: Algebra, p: Poly) -> Poly:
    """log|p|"""
    if not p:
        raise Nowhere("the logarithm of zero")
    c, found = factors(al, p)
    parts = [al.scale(al.one(al.leaf("logp", b, ())), k) for b, k in _primes(abs(c))]
    return al.total((*parts, *(al.scale(_log_factor(al, f), k) for f, k in found)))


def _log_factor(al: Algebra, f: Poly) -> Poly:
    g, e = _single(f)
    kind = al.kind(g) if g else ""
    if kind in ("exp", "root", "den"):
        return al.scale(al.body(g) if kind == "exp" else log_of(al, al.body(g)), e)
    return al.atom("log", None, f)


def _single(f: Poly) -> tuple[Any, Any]:
    """(g, e) of an element g^e."""
    return next(iter(f))[0] if len(f) == 1 else (None, 0)


def _primes(c: fmpq) -> list[tuple[int, int]]:
    """c = prod b^k, b prime (or a large cofactor)"""
    out: list[tuple[int, int]] = []
    for n, s in ((int(c.p), 1), (int(c.q), -1)):
        out += [(n, s)] if n > 10**24 else [(int(b), s * int(k)) for b, k in fmpz(n).factor()]
    return [(b, k) for b, k in out if b != 1]


# ---- roots and absolute values


@by_cases
def root_of(al: Algebra, p: Poly, a: int | Fraction) -> Poly:
    """|p|^a"""
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
        up, rest = divmod(Fraction(k) * a, 1)
        if abs(up) > 4000:
            raise Undecided("a power too large to write down")
        out = al.scale(out, fmpq(b) ** int(up))
        if rest:
            out = al.times(out, al.one(al.closed("root", None, al.constant(b)), rest))
    return out


def _base_power(al: Algebra, f: Poly, b: Fraction) -> Poly:
    """|f|^b for one generator or one irreducible sum"""
    g, e = _single(f)
    kind = al.kind(g) if g else ""
    if kind == "exp":
        return al.one(g, whole(e * b))
    if kind in ("root", "den"):
        return root_of(al, al.body(g), e * b)
    k, rest = int(b // 1), b % 1
    out = whole_power(al, f, k - k % 2)
    if k % 2:
        out = al.times(out, absolute(al, f))
    return al.times(out, al.one(al.closed("root", None, f), rest)) if rest else out


def absolute(al: Algebra, p: Poly) -> Poly:
    """|p| = p (2 [p > 0] - 1)"""
    low, high, _ = sign_of(al, p)
    if low and high:
        return al.times(p, al.minus(al.scale(indicator(al, p), 2), al.constant(1)))
    return al.scale(p, -1) if low else p


# ---- indicators


@by_cases
def indicator(al: Algebra, p: Poly) -> Poly:
    """[p > 0]"""
    low, high, _ = sign_of(al, p)
    if not high:
        return {}
    if not low:
        return al.minus(al.constant(1), zero_set(al, p))
    known = _sign_of_constant(al, p)
    if known is not None:
        return al.constant(known)
    s, (first, *others) = _sign_core(al, p)
    if others:
        rest = al.scale(al.product(others), s)
        both = al.times(indicator(al, first), indicator(al, rest))
        return al.total((both, al.times(indicator(al, al.scale(first, -1)), indicator(al, al.scale(rest, -1)))))
    body = al.scale(first, s)
    other = _compare_logs(al, body) or _compare_powers(al, body)
    if other is not None or body != p:
        return indicator(al, other or body)
    if skeleton_sign(body) >= 0:
        return al.atom("ind", None, body)
    opposite = al.scale(body, -1)
    return al.minus(al.constant(1), al.total((al.atom("ind", None, opposite), zero_set(al, opposite))))


@by_cases
def zero_set(al: Algebra, p: Poly) -> Poly:
    """[p = 0]:  [a b = 0] = 1 - (1 - [a = 0]) (1 - [b = 0])"""
    if not p:
        return al.constant(1)
    nonzero = al.constant(1)
    for f, k in factors(al, p)[1]:
        if k > 0 and not sign_of(al, f)[2] and _sign_of_constant(al, f) is None:
            g, _ = _single(f)
            here = zero_set(al, al.body(g)) if g and al.kind(g) == "root" else al.atom("zero", None, f)
            nonzero = al.times(nonzero, al.minus(al.constant(1), here))
    return al.minus(al.constant(1), nonzero)


def _sign_of_constant(al: Algebra, p: Poly) -> int | None:
    """[p > 0] for a constant, by balls."""
    for bits in (64, 256, 1024):
        with precision(bits):
            value = ball(al, p)
            if value is None:
                return None
            if value > 0 or value < 0:
                return 1 if value > 0 else 0
    raise Undecided("a constant that may be zero")


def _sign_core(al: Algebra, p: Poly) -> tuple[int, list[Poly]]:
    """s = 1 or -1 and elements whose product has the sign of s p, without positive factors."""
    top, below = split(al, p)
    c, found = factors(al, top)
    s = 1 if c > 0 else -1
    core: list[Poly] = []
    for f, k in (*found, *((al.body(g), -k) for g, k in below.items())):
        low, high, nonzero = sign_of(al, f)
        sign = low, high, nonzero or k < 0
        if sign == PLUS or (sign[2] and k % 2 == 0):
            continue
        if sign == MINUS and k % 2 == 1:
            s = -s
        else:
            core.append(al.one(_single(f)[0], k) if k.denominator != 1 else al.power(f, 1 if k % 2 else 2))
    return s, core or [{(): ONE}]


def _compare_logs(al: Algebra, body: Poly) -> Poly | None:
    """a e^u - b e^v > 0 as u - v + log(a / b) > 0, a, b > 0"""
    if len(body) != 2:
        return None
    (m, a), (n, b) = sorted(body.items(), key=lambda item: -item[1])
    if not (a > 0 > b) or any(al.kind(g) != "exp" for g, _ in (*m, *n)):
        return None
    logs = [al.scale(al.body(g), s * e) for mono, s in ((m, 1), (n, -1)) for g, e in mono]
    return al.total((*logs, log_of(al, al.constant(-a / b))))


def _compare_powers(al: Algebra, body: Poly) -> Poly | None:
    """a log|u| + b log|v| > 0 as |u|^a |v|^b > 1"""
    if not all(len(m) == 1 and m[0][1] == 1 and al.kind(m[0][0]) in ("log", "logp") for m in body):
        return None
    return al.minus(exp_of(al, body), al.constant(1))


def ball(al: Algebra, p: Poly) -> arb | None:
    """The value of a constant, None if p is not one."""
    out = arb(0)
    for mono, c in p.items():
        term = arb(c)
        for g, e in mono:
            value = _ball_gen(al, g)
            if value is None or not value.is_finite():
                return None
            term *= value ** int(e) if e.denominator == 1 else value ** (arb(e.numerator) / e.denominator)
        out += term
    return out if out.is_finite() else None


def _ball_gen(al: Algebra, g: Gen) -> arb | None:
    t = al.templates[g[0]]
    if t.kind == "pi":
        return arb.pi()
    if t.kind == "logp":
        return arb(t.payload).log()
    if t.arity or t.bound or t.kind not in ("exp", "log", "root", "den", "erf", "sin", "cos"):
        return None
    inside = ball(al, al.body(g))
    if inside is None:
        return None
    return {"exp": inside.exp, "log": abs(inside).log, "root": inside.__abs__, "den": lambda: inside,
            "erf": inside.erf, "sin": inside.sin, "cos": inside.cos}[t.kind]()


# ---- the error function

@by_cases
def erf_of(al: Algebra, p: Poly) -> Poly:
    """erf(-u) = -erf(u)"""
    s = -1 if skeleton_sign(p) < 0 else 1
    return al.scale(al.atom("erf", None, al.scale(p, s)), s) if p else {}


# ---- sine and cosine

@by_cases
def sin_of(al: Algebra, p: Poly) -> Poly:
    """sin(p), by its terms: sin(a + b) = sin(a) cos(b) + cos(a) sin(b)"""
    return _turned(al, p)[1]


@by_cases
def cos_of(al: Algebra, p: Poly, k: int = 1) -> Poly:
    """cos(p);  cos(p)^k = (1 - sin(p)^2)^(k/2) for an even k"""
    if k > 1:
        return al.power(al.minus(al.constant(1), al.power(sin_of(al, p), 2)), k // 2)
    return _turned(al, p)[0]


def _turned(al: Algebra, p: Poly) -> tuple[Poly, Poly]:
    """cos(p) and sin(p)"""
    if sum(abs(int(c.p)) for c in p.values()) > MOST_TURNS:
        return _circle(al, p)
    cos, sin = al.constant(1), al.constant(0)
    for mono, c in p.items():
        a, b = _circle(al, {mono: fmpq(1 if c > 0 else -1, c.q)})
        for _ in range(abs(int(c.p))):
            cos, sin = al.minus(al.times(cos, a), al.times(sin, b)), al.total((al.times(sin, a), al.times(cos, b)))
    return cos, sin


def _circle(al: Algebra, p: Poly) -> tuple[Poly, Poly]:
    """cos(-u) = cos(u),  sin(-u) = -sin(u)"""
    s = -1 if skeleton_sign(p) < 0 else 1
    return al.atom("cos", None, al.scale(p, s)), al.scale(al.atom("sin", None, al.scale(p, s)), s)


CASES = (exp_of, log_of, root_of, indicator, zero_set, generic, erf_of, sin_of, cos_of, reciprocal)
BY_CASES = {f.__name__: f for f in CASES}



def makers(al: Algebra) -> dict[str, Any]:
    """kind -> how a power of a generator is made again from its body, after a change that may let laws apply."""

    def power_of(f: Any) -> Any:
        return lambda payload, inside, e: whole_power(al, f(payload, inside.parts[0]), int(e))

    def by_body(f: Any) -> Any:
        return lambda payload, inside, e: f(inside.parts[0] if inside.parts else {}, e)

    return {
        "exp": by_body(lambda p, e: exp_of(al, al.scale(p, e))),
        "root": by_body(lambda p, e: root_of(al, p, e)),
        "ind": by_body(lambda p, e: indicator(al, p)),
        "zero": by_body(lambda p, e: zero_set(al, p)),
        "log": power_of(lambda payload, p: log_of(al, p)),
        "erf": power_of(lambda payload, p: erf_of(al, p)),
        "sin": power_of(lambda payload, p: sin_of(al, p)),
        "cos": power_of(lambda payload, p: cos_of(al, p)),
        "opaque": power_of(lambda payload, p: BY_CASES[payload[0]](al, p, *payload[1:])),
    }


__all__ = ["Inside", "absolute", "ball", "erf_of", "exp_of", "generic", "indicator", "log_of", "makers", "normalise",
           "number_power", "reciprocal", "root_of", "zero_set"]
