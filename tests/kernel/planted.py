"""Faults planted in the kernel itself, and the kind of cases and the rows of `faults` that are to notice them."""

from derive.kernel import algebra, cases, facts, matrices, maxima, nonlinear, ratio, signs
from derive.kernel.ratio import skeleton_sign
from derive.kernel.signs import PLUS

_content, _switched, _sign_of = ratio.content, ratio.switched, facts.sign_of


def _negative_content(p):
    """The gcd of one negative number is negative."""
    c = _content(p)
    return -c if all(v < 0 for v in p.values()) else c


def _unsigned(al, p):
    return al.scale(p, -1) if skeleton_sign(p) < 0 else p


def _either_case(al, p):
    """p, and p in each case of its indicators."""
    inds = sorted({g for m in p for g, _ in m if al.kind(g) == "ind"})
    return [p, *(ratio.switched(al, p, g, case) for g in inds for case in (True, False))]


# name -> (module, attribute, what stands there instead, kind of cases, rows of faults; all if none is named)
PLANTED = {
    "every set is a null set": (cases, "vanishes_on_null_set", lambda al, p: True, "false", ["both signs"]),
    "the absolute value dropped": (nonlinear, "absolute", lambda al, p: p, "false", ["the root of a square"]),
    "a negative content leaves max": (maxima, "content", _negative_content, "false", ["a sign through max"]),
    "everything is below a maximum":
        (signs, "_is_below", lambda al, p, top: True, "false", ["nothing above a maximum"]),
    "below a maximum in one case": (signs, "_not_above", _either_case, "false", ["nothing above a maximum"]),
    "any factor leaves max": (maxima, "sign_of", lambda al, p: PLUS, "false", ["a factor through max"]),
    "guards are not seen": (facts, "_is_guard", lambda e: False, "false", ["a sign by another element"]),
    "a fact of one element counts for all":
        (facts, "covers_axes", lambda claim, e: True, "false", ["a sign by another element"]),
    "x is not 0 in x^2 y >= 0":
        (facts, "sign_of", lambda al, p: (*_sign_of(al, p)[:2], True), "false", ["a sign by another element"]),
    "positions without order": (algebra, "least_positions", lambda at, syms: tuple(sorted(at)), "normal", []),
    "a delta contracted out of range":
        (algebra.Algebra, "in_range", lambda al, p, size: True, "false", ["a delta out of range"]),
    "every matrix is symmetric":
        (matrices, "_orientation", lambda al, axes, body: (False, axes, True), "false", ["an inverse transposed"]),
    "the sine is even":
        (nonlinear, "_circle", lambda al, p: (al.atom("cos", None, p), al.atom("sin", None, _unsigned(al, p))), "false",
         ["an even sine"]),
    "every sign is positive": (nonlinear, "sign_of", lambda al, p: PLUS, "normal", []),
    "an indicator is always 1": (ratio, "switched", lambda al, p, b, on: _switched(al, p, b, True), "normal", []),
}  # fmt: skip
