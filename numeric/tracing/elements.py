"""Which element of which array a view shows: is an array the largest element of what another is taken from?

    z == z.max(axis=1, keepdims=True)    element (i, j) of the one is among those that (i, j) of the other runs over
    z == z.max(axis=1)                   it is not: j picks another row
"""

from __future__ import annotations

from derive.arrays.shapes import Shape, broadcast
from derive.arrays.values import Along, Reduced, Value, View

Source = int | Along


def is_largest_of(most: Value, a: Value) -> bool:
    """Is every element of `most` the largest among elements of an array, one of which stands in a, both broadcast?"""
    top = broadcast(most.shape, a.shape)
    base, own = _sources(a, top)
    found, kept = _sources(most, top)
    if not (isinstance(found, Reduced) and found.largest):
        return False
    whole, places = _sources(found.child, found.child.shape)
    if whole is not base:
        return False
    outer = dict(zip([k for k in range(len(found.child.shape)) if k not in found.axes], kept, strict=True))
    chosen: dict[int, Source] = {}
    for axis, (mine, place) in enumerate(zip(own, places, strict=True)):
        if isinstance(place, Along) and place.axis in found.axes:
            whole_axis = place.offset == 0 and found.child.shape[place.axis] == base.shape[axis]
            if not whole_axis or chosen.setdefault(place.axis, mine) != mine:
                return False
        elif mine != _composed(place, outer):
            return False
    return True


def _sources(value: Value, top: Shape) -> tuple[Value, list[Source]]:
    """What it is a view of, and for each axis of that an axis of the broadcast array, or a position."""
    missing = len(top) - len(value.shape)
    found: list[Source] = [
        Along(k + missing, 0) if size == top[k + missing] else 0 for k, size in enumerate(value.shape)
    ]
    while isinstance(value, View):
        along, sources = dict(enumerate(found)), [s for s in value.sources if isinstance(s, int | Along)]
        if len(sources) < len(value.sources):
            break
        found, value = [_composed(source, along) for source in sources], value.child
    return value, found


def _composed(source: Source, along: dict[int, Source]) -> Source:
    if not isinstance(source, Along):
        return source
    inner = along[source.axis]
    return Along(inner.axis, inner.offset + source.offset) if isinstance(inner, Along) else inner + source.offset
