"""Elementwise formulas, built from the nodes of derive.arrays, with numbers worked out on the way.

A `Constant`, of shape (), stands for an array of any shape whose elements are that number.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derive import UnknownNode
from derive.arrays import operations as op
from derive.arrays.shapes import broadcast
from derive.arrays.values import (
    Along,
    Constant,
    IsAbove,
    Mapped,
    MaximumOf,
    Picked,
    Plus,
    Power,
    Reduced,
    Source,
    Times,
    Value,
    View,
)

from .elements import is_largest_of
from .refusal import NotCovered

ZERO, ONE, MINUS_ONE = Constant(Fraction(0)), Constant(Fraction(1)), Constant(Fraction(-1))
LARGEST_EXPONENT = 64
LARGEST_POWER = 10**60


def number(value: int | Fraction) -> Constant:
    """An exact rational."""
    return Constant(Fraction(value))


def is_number(a: Value, value: int) -> bool:
    """Is this the number?"""
    return isinstance(a, Constant) and a.value == value


def add(*terms: Value) -> Value:
    """a + b + ..."""
    rest = [t for t in terms if not isinstance(t, Constant)]
    total = sum((t.value for t in terms if isinstance(t, Constant)), Fraction(0))
    if total or not rest:
        rest.append(Constant(total))
    return rest[0] if len(rest) == 1 else Plus(tuple(rest))


def multiply(*factors: Value) -> Value:
    """a b ..."""
    rest = [f for f in factors if not isinstance(f, Constant)]
    scale = Fraction(1)
    for f in factors:
        if isinstance(f, Constant):
            scale *= f.value
    if scale == 0:
        return ZERO
    if scale != 1 or not rest:
        rest.insert(0, Constant(scale))
    return rest[0] if len(rest) == 1 else Times(tuple(rest))


def negative(a: Value) -> Value:
    """-a"""
    return multiply(MINUS_ONE, a)


def subtract(a: Value, b: Value) -> Value:
    """a - b"""
    return ZERO if a is b else add(a, negative(b))


def divide(a: Value, b: Value) -> Value:
    """a / b"""
    return multiply(a, to_the(b, Fraction(-1)))


def to_the(a: Value, exponent: Fraction) -> Value:
    """a ** exponent, the exponent a number"""
    if exponent == 1:
        return a
    if exponent == 0:
        return ONE
    if isinstance(a, Constant) and exponent.denominator == 1:
        if a.value == 0 and exponent < 0:
            raise NotCovered("division by zero")
        found = a.value ** int(exponent)
        if max(abs(found.numerator), found.denominator) < LARGEST_POWER:
            return Constant(found)
    if max(abs(exponent.numerator), exponent.denominator) > LARGEST_EXPONENT:
        raise NotCovered(f"the exponent {float(exponent)!r}", f"exponents are fractions up to {LARGEST_EXPONENT}")
    return Power((a,), exponent)


def power(a: Value, b: Value) -> Value:
    """a ** b = exp(b log a) unless b is a number"""
    if isinstance(b, Constant):
        return to_the(a, b.value)
    if is_number(a, 1):
        return ONE
    return mapped("exp")(multiply(b, mapped("log")(a)))


def mapped(function: str) -> Callable[[Value], Value]:
    """f(a)"""

    def build(a: Value) -> Value:
        return Mapped((a,), function)

    return build


def above(a: Value, b: Value) -> Value:
    """[a > b];  for an indicator a and a number b it is 1, a or 0"""
    gap = subtract(a, b)
    if isinstance(gap, Constant):
        return number(int(gap.value > 0))
    if isinstance(b, Constant) and is_indicator(a):
        return ONE if b.value < 0 else a if b.value < 1 else ZERO
    if isinstance(a, Constant) and is_indicator(b):
        return ZERO if a.value <= 0 else opposite(b) if a.value <= 1 else ONE
    return IsAbove((gap,))


def is_indicator(a: Value) -> bool:
    """Comparisons, their views and products, and 1 - a: what is 0 or 1."""
    match a:
        case IsAbove():
            return True
        case View(child, _, _):
            return is_indicator(child)
        case Times((Constant(), _)):
            return False
        case Times(parts):
            return all(map(is_indicator, parts))
        case Plus((Times((Constant(c), part)), Constant(d))):
            return c == -1 and d == 1 and is_indicator(part)
    return False


def opposite(a: Value) -> Value:
    """1 - a for an indicator a"""
    return subtract(ONE, a)


def not_below(a: Value, b: Value) -> Value:
    """[a >= b]"""
    return opposite(above(b, a))


def equal(a: Value, b: Value) -> Value:
    """[a = b];  where b is the largest of the a, [a = b] = 1 - [b > a]"""
    if is_largest_of(b, a):
        return not_below(a, b)
    if is_largest_of(a, b):
        return not_below(b, a)
    return opposite(add(above(a, b), above(b, a)))


def either(a: Value, b: Value) -> Value:
    """a or b, indicators"""
    return subtract(add(a, b), multiply(a, b))


def exclusive(a: Value, b: Value) -> Value:
    """one of a and b, indicators"""
    return add(a, b, multiply(number(-2), a, b))


def maximum(a: Value, b: Value) -> Value:
    """b + (a - b) [a - b > 0]; a number stands for b"""
    if isinstance(a, Constant):
        a, b = b, a
    if isinstance(a, Constant) and isinstance(b, Constant):
        return Constant(max(a.value, b.value))
    gap = subtract(a, b)
    return add(b, multiply(gap, IsAbove((gap,))))


def greatest(parts: list[Value]) -> Value:
    """max(a, b, ...);  max(a, max(b, c)) = max(a, b, c)"""
    parts = [q for p in parts for q in (p.children if isinstance(p, MaximumOf) else (p,))]
    numbers = [p.value for p in parts if isinstance(p, Constant)]
    rest: list[Value] = list(dict.fromkeys(p for p in parts if not isinstance(p, Constant)))
    rest += [Constant(max(numbers))] if numbers else []
    return rest[0] if len(rest) == 1 else pulled(lambda *found: MaximumOf(found), tuple(rest))


def minimum(a: Value, b: Value) -> Value:
    """a - (a - b) [a - b > 0]; a number stands for b"""
    return negative(maximum(negative(a), negative(b)))


def choose(condition: Value, yes: Value, no: Value) -> Value:
    """c yes + (1 - c) no, c an indicator"""
    if isinstance(condition, Constant):
        return yes if condition.value else no
    if yes is no:
        return yes
    return add(multiply(condition, yes), multiply(opposite(condition), no))


def view(a: Value, shape: tuple[int | str, ...], sources: tuple[Source, ...]) -> Value:
    """Element p of the view is element sources(p) of a; what labels pick stays outermost."""
    if isinstance(a, Picked):
        rows = [sources[row] for row in a.rows]
        if all(isinstance(r, Along) and r.offset == 0 for r in rows):
            child = View(a.child, (*shape, a.child.shape[-1]), (*sources, Along(len(shape))))
            return Picked(child, a.hot, tuple(r.axis for r in rows if isinstance(r, Along)))
    if isinstance(a, View):
        return view(a.child, shape, tuple(_through(source, sources) for source in a.sources))
    plain = a.shape == shape and all(isinstance(s, Along) and s == Along(k) for k, s in enumerate(sources))
    return a if plain else View(a, shape, sources)


def _through(source: Source, outer: tuple[Source, ...]) -> Source:
    """Where a view of a view reads."""
    if not isinstance(source, Along):
        return source
    match outer[source.axis]:
        case Along(axis, offset):
            return Along(axis, offset + source.offset)
        case int(position):
            return position + source.offset
    raise UnknownNode("a view of a view", outer[source.axis])


def widened(a: Value, shape: tuple[int | str, ...]) -> Value:
    """The array broadcast to a shape; a number stays a number."""
    if isinstance(a, Constant) or a.shape == shape:
        return a
    shift = len(shape) - len(a.shape)
    sources = tuple(0 if size == 1 and shape[k + shift] != 1 else Along(k + shift) for k, size in enumerate(a.shape))
    return view(a, shape, sources)


def filled(a: Value, shape: tuple[int | str, ...]) -> Value:
    """The array broadcast to a shape, a number too."""
    return View(a, shape, ()) if isinstance(a, Constant) and shape else widened(a, shape)


def pulled(build: Callable[..., Value], parts: tuple[Value, ...]) -> Value:
    """build(...) of broadcast arrays;  f(sum_k Y_nk a_nk, b_n) = sum_k Y_nk f(a_nk, b_n)  for one-hot rows Y"""
    pick = next((p for p in parts if isinstance(p, Picked)), None)
    if pick is None:
        return build(*parts)
    shape = broadcast(*(p.shape for p in parts))
    rows = _rows(pick, shape)
    inner = [
        p.child
        if isinstance(p, Picked) and p.hot is pick.hot and _rows(p, shape) == rows
        else p
        if isinstance(p, Constant)
        else view(p, (*p.shape, 1), tuple(map(Along, range(len(p.shape)))))
        for p in parts
    ]
    found = widened(pulled(build, tuple(inner)), (*shape, pick.child.shape[-1]))
    return found if isinstance(found, Constant) else Picked(found, pick.hot, rows)


def _rows(pick: Picked, shape: tuple[int | str, ...]) -> tuple[int, ...]:
    shift = len(shape) - len(pick.shape)
    return tuple(row + shift for row in pick.rows)


def along(a: Value, axes: tuple[int, ...], reduce: Callable[[Value, tuple[int, ...]], Value]) -> Value:
    """A sum or a maximum along axes; what labels pick stays outermost if their rows remain."""
    if isinstance(a, Picked) and not set(axes) & set(a.rows):
        rows = tuple(row - sum(axis < row for axis in axes) for row in a.rows)
        return Picked(reduce(a.child, axes), a.hot, rows)
    return reduce(a, axes)


def sums(a: Value, axes: tuple[int, ...], sizes: tuple[int | str, ...]) -> Value:
    """The sum over axes of these sizes."""
    if isinstance(a, Constant):
        return multiply(a, *(op.size_value(size) for size in sizes))
    return along(a, axes, Reduced) if axes else a
