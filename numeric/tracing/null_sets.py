"""A gradient that is right except on a null set: is the set a kink of the function, or of the gradient alone?

    np.where(dout == 0, 1, 2 * x * dout)     is wrong where dout = 0, for x^2 has no kink there

Points are looked at where numbers are zero, equal, or those of the code.  The difference is exact; that no indicator
and no maximum of the function is at its edge is seen by floats, far from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import numpy as np

from derive.arrays.draws import Draw
from derive.arrays.values import Constant, IsAbove, IsNotBelow, Mapped, MaximumOf, Reduced, Value, in_order

from .examples import JUMPING, Example, Examples
from .numbers import Numbers
from .reproduction import point_of
from .run import Traced

FAR = 1e-6  # an indicator's argument that is no nearer to zero
MOST_NUMBERS = 6
SIZE = 2
STARTS = 3  # points that the others are made of: in one, what is wrong may cancel


def wrong_where_smooth(traced: Traced, examples: Examples) -> Example | None:
    """A point where the function is smooth, and the gradient is not its derivative."""
    for draw in _special(traced, examples):
        found = examples.witness.at(draw).refuted
        if found is not None and smooth_at(traced, draw) and examples.real(draw):
            return Example(draw, found)
    return None


def _special(traced: Traced, examples: Examples) -> Iterator[Draw]:
    """Every free array set to a number of the code, one after the other; then all of them to one."""
    dims = {name: traced.symbols.known.get(name, SIZE) for name in traced.dimensions}
    for start in examples.starts(dims, STARTS):
        free = [name for name in start.arrays if name not in examples.bound]
        every = [(name,) for name in free] + [tuple(free)]
        for value, names in product(_numbers(traced.loss, examples.value), every):
            if all(value > 0 or name not in examples.signed for name in names):
                new = {name: dict.fromkeys(start.arrays[name], value) for name in names}
                yield Draw(start.dims, {**start.arrays, **new})


def _numbers(*values: Value) -> list[Fraction]:
    """0, 1, and the numbers of the formulas with both signs."""
    found = {n.value for v in values for n in in_order(v) if isinstance(n, Constant)}
    simple = sorted(found | {-n for n in found}, key=lambda n: (abs(n), n))[:MOST_NUMBERS]
    return list(dict.fromkeys([Fraction(0), Fraction(1), *simple]))


def smooth_at(traced: Traced, draw: Draw) -> bool:
    """Is no indicator, no |u| and no maximum of the function at its edge?"""
    point = point_of(traced, draw, draw.dims)
    numbers = Numbers(point.dims, point.declared)
    for node in in_order(traced.loss):
        if isinstance(node, IsAbove | IsNotBelow) or (isinstance(node, Mapped) and node.function in JUMPING):
            if not np.all(np.abs(numbers.of(node.children[0])) > FAR):
                return False
        elif _tied(numbers, node):
            return False
    return True


def _tied(numbers: Numbers, node: Value) -> bool:
    """Are two elements of a maximum nearly the largest?"""
    if not isinstance(node, MaximumOf) and not (isinstance(node, Reduced) and node.largest):
        return False
    a, axes = (numbers.of(node.child), node.axes) if isinstance(node, Reduced) else (numbers.stacked(node), (0,))
    near = a > np.max(a, axis=axes, keepdims=True) - FAR
    return bool(np.any(np.sum(near, axis=axes) != 1))
