"""A difference that goes away with a small number:  log(p + 1e-7)  against  p - y.

The small constants of the code, and its scalar arguments, are made smaller; if the relative difference shrinks with
them, the gradient is equal up to O(eps).
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from derive.arrays.draws import Draw
from derive.arrays.values import Constant, Declared, Value, in_order
from derive.arrays.witness import Witness

from .constants_moved import replaced
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
    for name in _scalars(traced):
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


def _scalars(traced: Traced) -> list[str]:
    return [leaf.name for leaf in traced.symbols.arguments.leaves if not leaf.sizes]


def _shrinks(sizes: list[float | None]) -> bool:
    """In proportion, or faster?"""
    known = [s for s in sizes if s is not None]
    if len(known) < len(sizes) or not known[0]:
        return False
    return all(b <= a * 0.25 for a, b in pairwise(known))
