"""What the functions of the language mean, built from the few nodes of values.py.  Each says its law and its shapes."""

from __future__ import annotations

from fractions import Fraction

from ..errors import ShapeError
from .shapes import Shape, Size, has_one_element, product, show
from .values import (
    Along,
    Constant,
    Dimension,
    IsAbove,
    IsNotBelow,
    Mapped,
    Named,
    Plus,
    Power,
    Reduced,
    Times,
    Unit,
    Value,
    View,
)

Axes = tuple[int, ...]


def number(value: int | Fraction) -> Value:
    """An exact rational, ()"""
    return Constant(Fraction(value))


def size_value(size: Size) -> Value:
    """A size as a number, ()"""
    return Dimension(size) if isinstance(size, str) else number(size)


def add(*terms: Value) -> Value:
    """A + B"""
    return Plus(terms)


def multiply(*factors: Value) -> Value:
    """A * B"""
    return Times(factors)


def negative(a: Value) -> Value:
    """-A"""
    return Times((number(-1), a))


def subtract(a: Value, b: Value) -> Value:
    """A - B"""
    return Plus((a, negative(b)))


def divide(a: Value, b: Value) -> Value:
    """A / B"""
    return Times((a, Power((b,), Fraction(-1))))


def transpose(a: Value) -> Value:
    """(n, m) -> (m, n): the axes in reverse order"""
    width = len(a.shape)
    return View(a, a.shape[::-1], tuple(Along(width - 1 - axis) for axis in range(width)))


def expand(a: Value, axis: int) -> Value:
    """(n, m) -> (n, 1, m): an axis of size 1 is put in at `axis`"""
    shape = (*a.shape[:axis], 1, *a.shape[axis:])
    return View(a, shape, tuple(Along(k + (k >= axis)) for k in range(len(a.shape))))


def drop(a: Value, axis: int) -> Value:
    """(n, 1, m) -> (n, m): position 0 of an axis"""
    shape = a.shape[:axis] + a.shape[axis + 1 :]
    sources = tuple(0 if k == axis else Along(k - (k > axis)) for k in range(len(a.shape)))
    return View(a, shape, sources)


def matmul(a: Value, b: Value) -> Value:
    """C_ij = sum_k A_ik B_kj,  (n, p) (p, m) -> (n, m), 1-D arrays as vectors"""
    product(a.shape, b.shape)
    row, column = len(a.shape) == 1, len(b.shape) == 1
    left = expand(expand(a, 0) if row else a, 2 if row else len(a.shape))  # (..., n, p, 1)
    right = expand(b, 1) if column else b
    right = expand(right, len(right.shape) - 2)  # (..., 1, p, m)
    both = Times((left, right))
    result: Value = Reduced(both, (len(both.shape) - 2,))
    result = drop(result, len(result.shape) - 2) if row else result
    return drop(result, len(result.shape) - 1) if column else result


def _keep(reduced: Value, axes: Axes, keepdims: bool) -> Value:
    for axis in sorted(axes) if keepdims else ():
        reduced = expand(reduced, axis)
    return reduced


def total(a: Value, axes: Axes, keepdims: bool) -> Value:
    """sum over the axes"""
    return _keep(Reduced(a, axes), axes, keepdims)


def largest(a: Value, axes: Axes, keepdims: bool) -> Value:
    """max over the axes"""
    return _keep(Reduced(a, axes, largest=True), axes, keepdims)


def mean(a: Value, axes: Axes, keepdims: bool) -> Value:
    """(1/m) sum over the axes, m their number of elements"""
    count = [size_value(a.shape[axis]) for axis in axes] or [number(1)]
    return divide(total(a, axes, keepdims), Times(tuple(count)))


def norm2(a: Value, axes: Axes, keepdims: bool) -> Value:
    """sqrt(sum of squares): the Frobenius norm of a matrix"""
    return Power((total(Power((a,), Fraction(2)), axes, keepdims),), Fraction(1, 2))


def softmax(a: Value, axes: Axes, _keepdims: bool = True) -> Value:
    """exp(A) / sum(exp(A), axis, keepdims=True)"""
    powers = Mapped((a,), "exp")
    return divide(powers, total(powers, axes, True))


def maximum(a: Value, b: Value) -> Value:
    """a where a > b, else b"""
    return where(IsAbove((subtract(a, b),)), a, b)


def minimum(a: Value, b: Value) -> Value:
    """b where a > b, else a"""
    return where(IsAbove((subtract(a, b),)), b, a)


def where(condition: Value, yes: Value, no: Value) -> Value:
    """c A + (1 - c) B, c an indicator"""
    if not is_indicator(condition):
        raise ShapeError("where wants a comparison as its first argument, such as z > 0")
    return Plus((Times((condition, yes)), Times((subtract(number(1), condition), no))))


def is_indicator(value: Value) -> bool:
    """Comparisons c, their views, their products and 1 - c are 0 or 1."""
    match value:
        case IsAbove() | IsNotBelow():
            return True
        case Plus((Constant(one), Times((Constant(minus_one), child)))) if (one, minus_one) == (1, -1):
            return is_indicator(child)
        case Named(_, child) | View(child, _, _):
            return is_indicator(child)
        case Times(children):
            return all(map(is_indicator, children))
    return False


def dot(a: Value, b: Value) -> Value:
    """numpy.dot: * for scalars, else @"""
    if () in (a.shape, b.shape):
        return Times((a, b))
    if max(len(a.shape), len(b.shape)) > 2:
        raise ShapeError(f"dot of {show(a.shape)} and {show(b.shape)}: write @ for arrays of three axes and more")
    return matmul(a, b)


def _as_vector(a: Value, what: str) -> Value:
    """(n,), (n, 1) or (1, n) -> (n,)"""
    if len(a.shape) == 2 and 1 in a.shape:
        return drop(a, 1 if a.shape[1] == 1 else 0)
    if len(a.shape) != 1:
        raise ShapeError(f"{what} wants vectors, not shape {show(a.shape)}")
    return a


def outer(a: Value, b: Value) -> Value:
    """C_ij = a_i b_j,  (n,) (m,) -> (n, m); columns and rows count as vectors"""
    return Times((expand(_as_vector(a, "outer"), 1), _as_vector(b, "outer")))


def _square(a: Value, what: str) -> None:
    if len(a.shape) != 2 or a.shape[0] != a.shape[1]:
        raise ShapeError(f"{what} wants a square matrix, not shape {show(a.shape)}")


def diagonal(a: Value) -> Value:
    """(n, n) -> (n,)"""
    return View(a, a.shape[:1], (Along(0), Along(0)))


def diag(a: Value) -> Value:
    """(n,) or (n, 1) -> the diagonal matrix (n, n);  (n, n) -> its diagonal (n,)"""
    if len(a.shape) == 1 or (len(a.shape) == 2 and a.shape[1] == 1 != a.shape[0]):
        vector = _as_vector(a, "diag")
        return Times((Unit(vector.shape[0]), expand(vector, 1)))
    _square(a, "diag")
    return diagonal(a)


def trace(a: Value) -> Value:
    """sum_i A_ii"""
    _square(a, "trace")
    return Reduced(diagonal(a), (0,))


def check_square(a: Value, what: str) -> Value:
    """The value, if it is a square matrix."""
    _square(a, what)
    return a


def full(shape: Shape, value: int) -> Value:
    """An array whose elements are all the same number"""
    return View(number(value), shape, ())


def as_scalar(a: Value, what: str) -> Value:
    """An array of one element -> ()"""
    if not has_one_element(a.shape):
        raise ShapeError(f"{what} wants one element, not shape {show(a.shape)}")
    return View(a, (), (0,) * len(a.shape))


def normal_axes(a: Value, axes: Axes | None) -> Axes:
    """Negative axes counted from the end; None means all; refused where there is no such axis."""
    width = len(a.shape)
    if axes is None:
        return tuple(range(width))
    for axis in axes:
        if not -width <= axis < width:
            raise ShapeError(f"an array of shape {show(a.shape)} has no axis {axis}")
    normal = tuple(axis % width for axis in axes)
    if len(set(normal)) < len(normal):
        raise ShapeError(f"axis {axes} names an axis twice")
    return normal
