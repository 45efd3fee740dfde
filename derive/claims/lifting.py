"""Claims about large arrays of given size, proved for all sizes: what holds for every n holds for n = 784.

Only `Proved` is carried back; a claim that fails for other sizes may still hold for the given ones.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from math import prod
from time import monotonic
from typing import Any

from ..arrays.rewriting import in_order
from ..kernel.claim import Claim
from ..kernel.decide import decide
from ..kernel.index import Delta, Entry, Expr, Index, InverseEntry
from ..kernel.verdict import Proved, Refuted, Unknown, Verdict

SMALL = 6  # sizes up to this stay as they are
MOST_CELLS = 20_000  # of the arrays of given size that are filled with numbers


def decide_at_any_size(claim: Claim, timeout: float) -> Verdict:
    """For all sizes in place of large ones first, then as it stands."""
    general, end = lifted(claim), monotonic() + timeout
    verdict = None if general is None else decide(general, deadline=timeout)
    if isinstance(verdict, Proved):
        return verdict
    if cells(claim) > MOST_CELLS:
        elsewhere = "false for other sizes, and " if isinstance(verdict, Refuted) else ""
        return Unknown(f"{elsewhere}not tried with arrays of {cells(claim):,} elements: write names of dimensions")
    return decide(claim, deadline=max(0.0, end - monotonic()))


def cells(claim: Claim) -> int:
    """The number of elements of all arrays, a dimension counted as 1."""
    return sum(prod(size for size in shape if isinstance(size, int)) for shape in claim.shapes.values())


def lifted(claim: Claim) -> Claim | None:
    """The claim with a dimension in place of each large size; None if there is none, or a position is fixed."""
    sizes = {size for _, shape in claim.shapes.items() for size in shape} | {index.size for index in claim.free}
    large: dict[Any, str] = {size: f"size_{size}" for size in sizes if isinstance(size, int) and size > SMALL}
    names = set(claim.dims)
    if not large or names & set(large.values()) or claim.facts:
        return None
    if not all(_whole(node, claim.shapes) for side in claim.expressions for node in in_order(side)):
        return None
    sides = [_resized(side, large) for side in claim.expressions]
    return replace(
        claim,
        left=sides[0],
        right=sides[1],
        where=tuple(sides[2:]),
        free=tuple(_index(index, large) for index in claim.free),
        arrays=tuple((name, tuple(large.get(s, s) for s in shape)) for name, shape in claim.shapes.items()),
        dims=(*claim.dims, *large.values()),
    )


def _index(index: Index, large: dict[Any, str]) -> Index:
    return replace(index, size=large.get(index.size, index.size))


def _resized(expr: Expr, large: dict[Any, str]) -> Any:
    """The expression with the sizes of its indices exchanged."""
    new: dict[int, Any] = {}

    def exchange(content: Any) -> Any:
        if isinstance(content, tuple):
            return tuple(map(exchange, content))
        if isinstance(content, Index):
            return _index(content, large)
        return new.get(id(content), content) if is_dataclass(content) else content

    node: Any
    for node in in_order(expr):
        contents = {field.name: getattr(node, field.name) for field in fields(node)}
        changes = {name: exchange(content) for name, content in contents.items() if not isinstance(content, str | int)}
        new[id(node)] = replace(node, **changes) if changes else node
    return new[id(expr)]


def _whole(node: Any, shapes: dict[str, Any]) -> bool:
    """Every position runs over a whole axis, or is 0: x[5], x[1:] and x[:3] speak of a size."""
    match node:
        case Entry(name, at):
            sizes = shapes[name]
            return all(p == 0 or (isinstance(p, Index) and p.size == size) for p, size in zip(at, sizes, strict=True))
        case Delta(left, right):
            sizes = {p.size for p in (left, right) if isinstance(p, Index)}
            return all(p == 0 or isinstance(p, Index) for p in (left, right)) and len(sizes) <= 1
        case InverseEntry(_, row, column):
            return all(p == 0 or isinstance(p, Index) for p in (row, column))
    return True
