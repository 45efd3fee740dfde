"""x[...]: plain positions, indices, slices and new axes, by NumPy's rules."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import OpenShape, ShapeError
from ..kernel.index import Index
from .shapes import Size, show
from .values import Along, Source, Value, View


@dataclass(frozen=True)
class Slice:
    """start:stop; None is left out."""

    start: Size | None
    stop: Size | None

    def __str__(self) -> str:
        return f"{'' if self.start is None else self.start}:{'' if self.stop is None else self.stop}"


Selector = int | Index | Slice | None  # None is a new axis


def select(value: Value, selectors: tuple[Selector, ...]) -> Value:
    """(n, m)[:, None, 0] -> (n, 1); axes that no selector speaks of are kept."""
    given = sum(selector is not None for selector in selectors)
    if given > len(value.shape):
        raise ShapeError(f"{given} indices for an array of shape {show(value.shape)}")
    sizes: list[Size] = []
    sources: list[Source] = []
    for selector in (*selectors, *[Slice(None, None)] * (len(value.shape) - given)):
        if selector is None:
            sizes.append(1)
        elif isinstance(selector, Slice):
            start, size = _range(selector, value.shape[len(sources)])
            sources.append(Along(len(sizes), start) if size != 1 else start)
            sizes.append(size)
        else:
            sources.append(_position(selector, value, len(sources)))
    return View(value, tuple(sizes), tuple(sources))


def _position(selector: int | Index, value: Value, axis: int) -> int | Index:
    """One position of an axis."""
    size = value.shape[axis]
    if isinstance(selector, Index):
        if selector.size != size:
            raise ShapeError(f"{selector.name} runs below {selector.size}, axis {axis} of the array has size {size}")
        return selector
    if isinstance(size, str) and selector != 0:
        raise OpenShape(f"position {selector} of an axis of size {size} is not there for every {size}; 0 is")
    if isinstance(size, int) and not -size <= selector < size:
        raise ShapeError(f"position {selector} is outside of an axis of size {size}")
    return selector % size if isinstance(size, int) else 0


def _range(selector: Slice, size: Size) -> tuple[int, Size]:
    """Where a slice starts, and its size; on an axis of symbolic size only what has the same form for all sizes."""
    start, stop = selector.start, selector.stop
    if isinstance(size, str):
        if start in (None, 0) and stop in (None, size):
            return 0, size
        if start in (None, 0) and stop == 1:
            return 0, 1
        raise OpenShape(f"the slice [{selector}] of an axis of size {size} has no size with a name; [:] and [:1] have")
    if isinstance(start, str) or isinstance(stop, str):
        raise OpenShape(f"the slice [{selector}] of an axis of size {size} mixes a number with a dimension")
    first, last, _ = slice(start, stop).indices(size)
    if last <= first:
        raise ShapeError(f"the slice [{selector}] of an axis of size {size} is empty")
    return first, last - first
