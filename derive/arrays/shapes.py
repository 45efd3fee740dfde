"""Shapes: tuples of sizes, and NumPy's rules for them.

A size is an integer or the name of a dimension.  Two sizes fit when they fit for all values of the dimensions, so n
and m do not, and neither do n and 3; 1 fits everything in broadcasting.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import ShapeError

Size = int | str
Shape = tuple[Size, ...]


def show(shape: Shape) -> str:
    """(n, 1), (n,), ()"""
    return f"({shape[0]},)" if len(shape) == 1 else f"({', '.join(map(str, shape))})"


def has_one_element(shape: Shape) -> bool:
    """(), (1,), (1, 1), ..."""
    return all(size == 1 for size in shape)


def broadcast(*shapes: Shape) -> Shape:
    """(n, 1), (m,)  ->  (n, m):  aligned at the right, 1 is stretched."""
    width = max(map(len, shapes))
    sizes = [_common([shape[axis] for shape in shapes if len(shape) >= -axis], shapes) for axis in range(-width, 0)]
    return tuple(sizes)


def _common(sizes: Sequence[Size], shapes: Sequence[Shape]) -> Size:
    """The one size other than 1, or 1."""
    others = list(dict.fromkeys(size for size in sizes if size != 1))
    if len(others) > 1:
        given = " and ".join(show(shape) for shape in dict.fromkeys(shapes))
        raise ShapeError(f"shapes {given} do not broadcast: {others[0]} is not {others[1]}")
    return others[0] if others else 1


def product(left: Shape, right: Shape) -> Shape:
    """(n, p) @ (p, m)  ->  (n, m), as numpy.matmul: 1-D arrays are vectors, leading axes broadcast."""
    if not left or not right:
        raise ShapeError(f"cannot multiply {show(left)} @ {show(right)}: a scalar is multiplied with *")
    inner_left, inner_right = left[-1], right[-2] if len(right) > 1 else right[0]
    if inner_left != inner_right:
        given = f"cannot multiply {show(left)} @ {show(right)}"
        raise ShapeError(f"{given}: the inner dimensions {inner_left} and {inner_right} differ")
    rows = left[-2:-1] if len(left) > 1 else ()
    columns = right[-1:] if len(right) > 1 else ()
    return broadcast(left[:-2], right[:-2]) + rows + columns


def same(left: Shape, right: Shape) -> bool:
    """Shapes that may stand on both sides of ==: equal, both of one element, or one side is a scalar."""
    return left == right or (has_one_element(left) and has_one_element(right)) or () in (left, right)
