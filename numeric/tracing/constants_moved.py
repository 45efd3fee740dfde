"""Does a refutation hang on the last digits of a constant?

x / 3  against  0.3333333333333333 x:   the float stands for 1/3, and for every number a few ulps away
"""

from __future__ import annotations

from fractions import Fraction

from derive.arrays.draws import Draw
from derive.arrays.values import Constant, Declared, Value, in_order, rebuilt
from derive.arrays.witness import Witness

from .run import Traced

MANY_DIGITS = 13
ULPS = Fraction(8, 2**53)  # relative


def long_constants(*values: Value) -> list[Fraction]:
    """Numbers of so many digits that they were computed as floats, or made of such; 1/3 and 1e-9 are none."""
    found = {n.value for v in values for n in in_order(v) if isinstance(n, Constant)}
    return sorted(c for c in found if max(map(_digits, (c.numerator, c.denominator))) >= MANY_DIGITS)


def _digits(n: int) -> int:
    return len(str(abs(n)).strip("0"))


def replaced(value: Value, constants: dict[Fraction, Value]) -> Value:
    """The formula with other values in place of constants."""
    new: dict[int, Value] = {}
    for node in in_order(value):
        exchanged = constants.get(node.value) if isinstance(node, Constant) else None
        new[id(node)] = exchanged if exchanged is not None else rebuilt(node, lambda c: new[id(c)])
    return new[id(value)]


def hangs_on(traced: Traced, variable: Declared, value: Value, draw: Draw) -> list[Fraction]:
    """The constants whose last digits decide whether the sides are equal at a point; none if they differ anyway."""
    constants = long_constants(traced.loss, value)
    if not constants:
        return []
    symbols: dict[Fraction, Value] = {c: Declared(f"constant {k}", ()) for k, c in enumerate(constants)}
    witness = Witness(replaced(traced.loss, symbols), variable, replaced(value, symbols))
    names = [s.name for s in symbols.values() if isinstance(s, Declared)]

    def gaps(moved: dict[str, Fraction]) -> tuple[float, ...] | None:
        arrays = dict(draw.arrays)
        arrays |= {n: {(): moved.get(n, c)} for n, c in zip(names, constants, strict=True)}
        return witness.gaps(Draw(draw.dims, arrays))

    start = gaps({})
    if start is None:
        return []
    room = [0.0] * len(start)
    guilty: list[Fraction] = []
    for name, c in zip(names, constants, strict=True):
        moved = gaps({name: c * (1 + ULPS)})
        if moved is None:
            continue
        change = [abs(a - b) for a, b in zip(moved, start, strict=True)]
        room = [r + d for r, d in zip(room, change, strict=True)]
        if any(change):
            guilty.append(c)
    small = all(abs(gap) <= r for gap, r in zip(start, room, strict=True) if gap)
    return guilty if small and any(start) else []
