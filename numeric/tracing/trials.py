"""Where the functions are tried before a verdict: sizes and values at which code does something else, if it ever does.

sizes     small ones; every dimension 1 in turn; all equal; beyond the integers that stand in the code
values    drawn ones; zeros; ties; both sides of every number that stands in the code

Sizes and values in control flow are refused while the code is traced; this is the second line.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import cycle
from math import prod

from derive.arrays.draws import Draw, arrays_in, draws, is_sign

from .arguments import GIVEN, at_sizes
from .assumptions import Assumptions
from .reproduction import SIZES, sizes_of
from .run import Traced

SMALL = (2, 3, 2, 4)  # of the dimensions beside the one that is looked at
SINGLY = 6  # so many dimensions are looked at one by one; more of them every other, by the bits of their numbers
LARGEST_SIZE = 80  # constants beyond are no sizes that are tried
MOST_ELEMENTS = 3_000  # of all arrays of a trial
MOST_THRESHOLDS = 5
FACTORS = (Fraction(1, 2), Fraction(3, 2), Fraction(-1, 2), Fraction(-3, 2), Fraction(20), Fraction(-20))


def constants_of(functions: Iterable[types.FunctionType]) -> tuple[list[int], list[Fraction]]:
    """The integers from 2 on, and all other numbers but 0 and 1, that stand in the code."""
    integers: set[int] = set()
    others: set[Fraction] = set()
    stack: list[object] = [f.__code__ for f in functions]
    while stack:
        c = stack.pop()
        if isinstance(c, types.CodeType):
            stack.extend(c.co_consts)
        elif isinstance(c, tuple | frozenset):
            stack.extend(c)
        elif type(c) is int and c >= 2:
            integers.add(c)
        elif type(c) is float and 1e-12 < abs(c) < 1e4:
            others.add(abs(Fraction(repr(c))))
    return sorted(integers), sorted(others | {Fraction(n) for n in integers if n <= 1000})


def sizes_to_try(traced: Traced, integers: Sequence[int]) -> list[dict[str, int]]:
    """Sizes of all dimensions, without repeats; dimensions whose given value was asked for keep it."""
    free = [n for n in traced.dimensions if not (n.startswith(GIVEN) and n in traced.asked)]
    base = sizes_of(traced.dimensions, 0, traced.asked)
    out = [sizes_of(traced.dimensions, k, traced.asked) for k in range(len(SIZES))]
    small = {**base, **dict(zip(free, cycle(SMALL), strict=False))}
    out += [{**small, **dict.fromkeys(some, 1)} for some in _some(free)]
    out += [{**base, **dict.fromkeys(free, n)} for n in (1, 2)]
    beyond = [n + 1 for n in integers if n <= LARGEST_SIZE]
    for n in dict.fromkeys(beyond[-1:] + beyond[:1]):
        out += [{**small, **dict.fromkeys(some, n)} for some in _some(free)]
    out = [traced.complete(d) for d in out]
    return [d for k, d in enumerate(out) if d not in out[:k] and _elements(traced, d) <= MOST_ELEMENTS]


def _some(names: Sequence[str]) -> list[list[str]]:
    """One name after the other; of many names those with a bit in their number, and those without."""
    if len(names) <= SINGLY:
        return [[n] for n in names]
    bits = range(len(names).bit_length())
    return [[n for k, n in enumerate(names) if (k >> bit & 1) == side] for bit in bits for side in (0, 1)]


def _elements(traced: Traced, dims: Mapping[str, int]) -> int:
    return sum(map(prod, at_sizes(traced.shapes(), dims).values()))


def special_draws(
    traced: Traced, assumptions: Assumptions, dims: Mapping[str, int], numbers: Sequence[Fraction]
) -> Iterator[Draw]:
    """Zeros, ties, and both sides of every number; what facts bind keeps its values."""
    facts = assumptions.facts(traced.symbols, dims)
    signed = {a for f in facts if is_sign(f) for a in arrays_in(f)}
    bound = {a for f in facts if not is_sign(f) for a in arrays_in(f)} | set(traced.douts_declared())
    shapes = at_sizes(traced.shapes(), dims)
    start = next(draws(shapes, facts=facts), None)
    if start is None:
        return
    one = Fraction(1)
    patterns = [[Fraction(0)], [one, one, -one], [one / 2], *([n * f for f in FACTORS] for n in _thresholds(numbers))]
    for pattern in patterns:
        if signed and not all(pattern):
            pattern = [one]
        values = cycle(pattern)
        yield Draw(
            start.dims,
            {
                name: cells
                if name in bound
                else {at: abs(v) if name in signed else v for at, v in zip(cells, values, strict=False)}
                for name, cells in start.arrays.items()
            },
        )


def _thresholds(numbers: Sequence[Fraction]) -> list[Fraction]:
    """The unusual ones first."""
    return sorted(numbers, key=lambda n: -abs(float(n) - 1) if n > 1 else -1 / float(n))[:MOST_THRESHOLDS]
