"""Updates of large parameters, some rows at a time: what is computed on the way stays in the cache.


Everything that an optimizer does after the gradient is done entry by entry, and a row of the gradient needs one row of
its left factor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from sympy import Expr, Integer

from .statements import Array, Statement, Value

LARGE = 1 << 16  # entries
PIECE = 1 << 15  # entries


@dataclass(frozen=True)
class Loop:
    """`count` rows of a parameter, `rows` at a time."""

    count: int
    rows: int


def in_blocks(
    statements: Iterable[Statement], values: dict[str, Value], entries: Callable[[Expr], int]
) -> tuple[tuple[Statement, ...], dict[str, Loop]]:
    """The statements, with those of large updates marked by their parameter; `values` get the shape of a block."""
    found: list[Statement] = []
    loops: dict[str, Loop] = {}
    for parameter, run in groupby(statements, key=lambda s: s.block):
        own = list(run)
        loop = _loop(parameter, values, entries) if parameter else None
        before, inside = _split(own, values[parameter].shape, values) if loop else (own, [])
        if loop is None or not _worthwhile(inside, values):
            found += [replace(s, block="") for s in own]
            continue
        loops[parameter] = loop
        found += [replace(s, block="") for s in before]
        found += inside
        for name in {s.output for s in inside if values[s.output].kind == "buffer"}:
            values[name] = replace(values[name], shape=(Integer(loop.rows), values[name].shape[1]))
    return tuple(found), loops


def _loop(parameter: str, values: dict[str, Value], entries: Callable[[Expr], int]) -> Loop | None:
    """Blocks of equal size, as many rows as make a piece; None for what is small, or has too few divisors."""
    if parameter not in values or not values[parameter].shape[0].is_Integer:
        return None
    count, columns = (entries(size) for size in values[parameter].shape)
    if count * columns < LARGE:
        return None
    rows = max((r for r in range(1, count) if count % r == 0 and r * columns <= PIECE), default=count)
    return Loop(count, rows) if rows < count and 4 * rows * columns >= min(PIECE, 4 * columns) else None


def _split(own: list[Statement], shape: Any, values: dict[str, Value]) -> tuple[list[Statement], list[Statement]]:
    """What must be whole: factors of products, and what they are made of; and the rest."""
    whole: set[str] = set()
    before: list[Statement] = []
    for s in reversed(own):
        product = s.kind in ("accumulate", "product")
        if s.output in whole or not s.on_arrays or values[s.output].shape != shape or s.kind not in _BY_ROWS:
            whole |= s.reads
            before.insert(0, s)
        elif product:
            whole |= {o.name for o in s.inputs if isinstance(o, Array)}
    return before, [s for s in own if s not in before]


_BY_ROWS = frozenset({"ufunc", "accumulate", "copy"})


def _worthwhile(inside: list[Statement], values: dict[str, Value]) -> bool:
    """Something is computed on the way; and nothing that is read by rows is transposed."""
    straight = all(not o.flipped for s in inside if s.kind != "accumulate" for o in s.inputs if isinstance(o, Array))
    return straight and any(values[s.output].kind == "buffer" for s in inside)
