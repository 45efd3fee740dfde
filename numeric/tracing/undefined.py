"""Where a claimed gradient is no number although the loss has a derivative: on more than a null set?

    dout * (h / h),  h = max(0, x)    0 / 0 wherever x < 0: the fraction cancels in a proof, but not in the code
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from fractions import Fraction
from itertools import islice

import numpy as np

from derive.arrays.draws import Draw, arrays_in, draws, is_sign
from derive.arrays.values import Inverted, Mapped, Power, Value, in_order

from .arguments import at_sizes
from .assumptions import Assumptions
from .examples import nudged
from .numbers import Numbers, gradient
from .reproduction import Point, point_of, tied
from .run import Traced

POINTS = 8
NEARBY = 3
SMALL = Fraction(1, 64)  # of what is drawn: floats neither overflow nor saturate there


def undefined_nearby(traced: Traced, assumptions: Assumptions, dims: Mapping[str, int]) -> dict[str, str]:
    """The gradients that are no numbers at a point and at all points around it, and where that is."""
    left = {name for name, g in traced.gradients.items() if g is not None and _partial(*g.cells.ravel())}
    dims = traced.complete(dims)
    facts = assumptions.facts(traced.symbols, dims)
    signed = {a for f in facts if is_sign(f) for a in arrays_in(f)}
    bound = {a for f in facts if not is_sign(f) for a in arrays_in(f)}
    found: dict[str, str] = {}
    for draw in islice(draws(at_sizes(traced.shapes(), dims), facts=facts, seed=11), POINTS if left else 0):
        names = set(left)
        for k in range(NEARBY):
            point = point_of(traced, _near(draw, bound, signed, random.Random(k)), dims)
            names = {name for name in names if _no_number(traced, point, name)}
        found |= {name: _said(point, name) for name in names}
        left -= names
    return found


def _partial(*values: Value) -> bool:
    """Is anything divided by, or is there a root, a logarithm, an inverse?"""
    return any(
        isinstance(v, Inverted)
        or (isinstance(v, Power) and (v.exponent < 0 or v.exponent.denominator > 1))
        or (isinstance(v, Mapped) and v.function == "log")
        for v in in_order(*values)
    )


def _near(draw: Draw, bound: set[str], signed: set[str], rng: random.Random) -> Draw:
    arrays = {}
    for name, cells in draw.arrays.items():
        small = {at: v * SMALL for at, v in cells.items()}
        arrays[name] = cells if name in bound else nudged(small, rng, name in signed, Fraction(1))
    return Draw(draw.dims, arrays)


def _no_number(traced: Traced, point: Point, name: str) -> bool:
    """Is the gradient no number here, while the functions' results and the derivative are?"""
    numbers, g = Numbers(point.dims, point.declared), traced.gradients[name]
    assert g is not None
    if np.isfinite(numbers.grid(g)).all() or tied(traced, numbers):
        return False
    if not all(np.isfinite(numbers.grid(out)).all() for out in traced.outputs):
        return False
    return all(np.isfinite(gradient(traced.loss, point, v.name)).all() for v, _ in traced.cells(name))


def _said(point: Point, name: str) -> str:
    at = np.array2string(np.asarray(point.leaves[name]), precision=3, threshold=12).replace("\n", "")
    return (
        f"the gradient of {name} divides by zero, or takes a root or logarithm beyond its domain, near {name} = {at}: "
        "there the function has a derivative; if such values are not meant, say so: assume=..."
    )
