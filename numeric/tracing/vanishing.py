"""A difference that goes away with a small number:  log(p + 1e-7)  against  p - y.

The small constants of the code, and its scalar arguments, are made smaller; if the relative difference shrinks with
them, the gradient is equal up to O(eps).
"""

from __future__ import annotations

from decimal import MIN_EMIN, Decimal, InvalidOperation, localcontext
from fractions import Fraction
from itertools import pairwise

import numpy as np

from derive.arrays.draws import Draw
from derive.arrays.values import Constant, Declared, Value, in_order
from derive.arrays.witness import Witness

from .constants_moved import replaced
from .numbers import Numbers
from .reproduction import point_of
from .run import Traced

SMALL = Fraction(1, 500)
SHRINK = (Fraction(1), Fraction(1, 16), Fraction(1, 256))
NAME = "eps~"


def order_of(traced: Traced, variable: Declared, value: Value, draw: Draw) -> str:
    """ "equal up to O(1e-07), ..." or nothing."""
    for constant in _small_constants(traced, value):
        symbol = Declared(NAME.replace("~", ""), ())
        made = {constant: symbol, -constant: _negative(symbol)}
        witness = Witness(replaced(traced.loss, made), variable, replaced(value, made))
        sizes = [witness.sizes(Draw(draw.dims, {**draw.arrays, symbol.name: {(): constant * s}})) for s in SHRINK]
        if _shrinks(sizes):
            return f"equal up to O({float(constant):g}): the relative difference there is {sizes[0]:.1g}"
    for name in _scalars(traced, draw):
        witness = Witness(traced.loss, variable, value)
        start = draw.arrays[name][()]
        small = start if abs(start) < SMALL else start / 1000
        sizes = [witness.sizes(Draw(draw.dims, {**draw.arrays, name: {(): small * s}})) for s in SHRINK]
        if _shrinks(sizes):
            return (
                f"equal up to O({name}): with {name} = {float(small):g} the relative difference there is {sizes[0]:.1g}"
            )
    return ""


def _negative(a: Value) -> Value:
    from .formulas import negative

    return negative(a)


def _small_constants(traced: Traced, value: Value) -> list[Fraction]:
    found = {abs(n.value) for v in (traced.loss, value) for n in in_order(v) if isinstance(n, Constant)}
    return sorted(c for c in found if 0 < c <= SMALL)


def _scalars(traced: Traced, draw: Draw) -> list[str]:
    """Scalar arguments that may be small numbers: called eps, or nothing that the loss is linear in, as a weight."""
    names = [leaf.name for leaf in traced.symbols.arguments.leaves if not leaf.sizes and leaf.classes is None]
    return [name for name in names if "eps" in name.lower() or not _is_weight(traced, draw, name)]


def _is_weight(traced: Traced, draw: Draw, name: str) -> bool:
    """Does the loss lie on a line, as a function of the scalar?"""
    point = point_of(traced, draw, draw.dims)
    start = float(point.declared[name])
    at = [{**point.declared, name: np.array(start + k * (1 + abs(start)) / 4)} for k in range(3)]
    first, middle, last = (float(Numbers(point.dims, arrays).of(traced.loss)) for arrays in at)
    return abs(first - 2 * middle + last) <= 1e-9 * (abs(first) + abs(middle) + abs(last))


def _shrinks(sizes: list[float | None]) -> bool:
    """In proportion, or faster?"""
    known = [s for s in sizes if s is not None]
    if len(known) < len(sizes) or not known[0]:
        return False
    return all(b <= a * 0.25 for a, b in pairwise(known))


# --- how large a difference is ----------------------------------------------------------------------------------------

SHOWN, FLOATS = 1e-3, Decimal("1e-300")  # relative: what is larger needs no words; what no float tells from zero


def difference(derivative: str, returned: str) -> tuple[str, str]:
    """A grade where no float shows a difference, and the size of a small one; "" for others."""
    try:
        with localcontext() as context:
            context.prec, context.Emin = 60, MIN_EMIN
            a, b = _decimal(derivative), _decimal(returned)
            gap, size = abs(a - b), max(abs(a), abs(b))
    except (InvalidOperation, ValueError, ZeroDivisionError):
        return "", ""
    if 0 < gap < FLOATS:
        return f"equal for floats: the difference there is {gap:.1e}, which no float tells from zero", ""
    return "", f"{float(gap / size):.1g}" if size and 0 < gap < Decimal(SHOWN) * size else ""


def _decimal(text: str) -> Decimal:
    above, _, below = text.partition("/")
    return Decimal(above) / Decimal(below or 1)


def readable(derivative: str, returned: str) -> tuple[str, str]:
    """100000000/87500001 as decimal numbers, if they still differ; short fractions stay."""
    found = (_short(derivative), _short(returned))
    return found if found[0] != found[1] else (derivative, returned)


def _short(text: str) -> str:
    above, slash, below = text.partition("/")
    if not slash or len(below) <= 4 or not below.isdigit():
        return text
    return f"{float(Fraction(int(above), int(below))):.16g}"
