"""Faults planted in the kernel itself: name -> (module, attribute, what stands there instead)."""

from derive.kernel import algebra, equal, facts, label, matrices, nonlinear, ratio, sums
from derive.kernel.signs import PLUS

_content, _covers, _inside, _switched = ratio.content, facts.covers_axes, sums._inside, ratio.switched


def _negative_content(p):
    """The gcd of one negative number is negative."""
    c = _content(p)
    return -c if all(v < 0 for v in p.values()) else c


def _unguarded_everywhere(e):
    return False


def _both_sides_on(al, p, b, on):
    """Where an indicator is 0 it counts as 1, too."""
    return _switched(al, p, b, True)


FAULTS = {
    "every set is a null set": (equal, "vanishes_on_null_set", lambda al, p: True),
    "the absolute value dropped": (nonlinear, "absolute", lambda al, p: p),
    "a negative content pulled out of max": (sums, "content", _negative_content),
    "guards are not seen": (facts, "_is_guard", _unguarded_everywhere),
    "a fact of one element counts for all": (facts, "covers_axes", lambda claim, e: True),
    "positions without order": (algebra, "least_positions", lambda at, syms: tuple(sorted(at))),
    "a delta contracted outside its range": (sums, "_inside", lambda al, p, size: True),
    "every matrix is symmetric": (matrices, "_orientation", lambda al, axes, body: (False, axes, True)),
    "every sign is positive": (nonlinear, "sign_of", lambda al, p: PLUS),
    "an indicator is always 1": (ratio, "switched", _both_sides_on),
    "a common factor of max is positive": (sums, "sign_of", lambda al, p: PLUS),
}
__all__ = ["FAULTS", "label"]
