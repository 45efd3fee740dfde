"""Where each value is kept: two values share a place if they are never needed at the same time.

A value lives from the statement that writes it to the last one that reads it.  An entry-by-entry statement may write
over an operand that nobody needs later.  Booleans may live among numbers, of which each takes the place of several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sympy import Expr

from .statements import Array, Statement, Value


@dataclass(frozen=True)
class Block:
    """One piece of memory; `values` live in it, one after the other."""

    values: tuple[str, ...]
    sizes: tuple[Expr, ...]  # numbers of entries, of which the largest is needed
    boolean: bool  # all of them


@dataclass(frozen=True)
class Memory:
    """Blocks, and what is alive at once: `needed` is the least that the order of statements allows."""

    blocks: tuple[Block, ...]
    merged: Mapping[str, str]  # value -> the value in whose place it is computed
    taken: int  # bytes
    needed: int  # bytes


@dataclass(frozen=True)
class _Life:
    """Values that are computed in place of each other, from the first to the last."""

    values: tuple[str, ...]
    first: int
    last: int


def memory_of(
    statements: tuple[Statement, ...], values: Mapping[str, Value], entries: Callable[[Expr], int], item: int
) -> Memory:
    """`entries` gives numbers for sizes, so that what is large can be told from what is small."""
    buffers = {s.output for s in statements if s.output in values and values[s.output].kind == "buffer"}
    last = {name: k for k, s in enumerate(statements) for name in (*s.reads, s.output) if name in buffers}
    first: dict[str, int] = {}
    for k, s in enumerate(statements):
        if s.output in buffers:
            first.setdefault(s.output, k)
    for begin, end in _loops(statements):
        for name, k in last.items():
            if first[name] < begin <= k < end:
                last[name] = end - 1  # what a loop reads, it reads again
    merged = _in_place(statements, values, first, last)
    lives = _lives(first, last, merged)

    def size(life: _Life) -> int:
        value = values[life.values[0]]
        return entries(value.shape[0] * value.shape[1]) * (1 if value.boolean else item)

    orders: tuple[Callable[[_Life], Any], ...] = (
        lambda life: (-size(life), life.first),
        lambda life: (life.first, -size(life)),
        lambda life: (-life.last, -size(life)),
    )
    packed = (_packed(sorted(lives, key=order), values, size, item) for order in orders)
    blocks = min(packed, key=lambda blocks: sum(_largest(b, size) for b in blocks))
    at_once = [sum(size(life) for life in lives if life.first <= k <= life.last) for k in range(len(statements))]
    taken = sum(_largest(b, size) for b in blocks)
    return Memory(tuple(_block(b, values, item) for b in blocks), merged, taken, max(at_once, default=0))


def _packed(
    lives: list[_Life], values: Mapping[str, Value], size: Callable[[_Life], int], item: int
) -> list[list[_Life]]:
    """Each into the block that fits best among those that are free while it lives, or else into a new one."""
    blocks: list[list[_Life]] = []
    for life in lives:
        free = (b for b in blocks if _fits(life, b, values, item) and not _meets(life, b))
        block = min(free, key=lambda b: abs(_largest(b, size) - size(life)), default=None)
        if block is None:
            blocks.append([life])
        else:
            block.append(life)
    return blocks


def _largest(block: list[_Life], size: Callable[[_Life], int]) -> int:
    return max(map(size, block))


def _loops(statements: tuple[Statement, ...]) -> Iterator[tuple[int, int]]:
    """Where statements that are repeated begin and end."""
    k = 0
    for block, run in groupby(statements, key=lambda s: s.block):
        begin, k = k, k + len(list(run))
        if block:
            yield begin, k


def _in_place(
    statements: tuple[Statement, ...], values: Mapping[str, Value], first: Mapping[str, int], last: Mapping[str, int]
) -> dict[str, str]:
    """Output -> the operand that it is written over."""
    merged: dict[str, str] = {}
    for k, s in enumerate(statements):
        if s.kind != "ufunc" or first.get(s.output) != k:
            continue
        flipped = {o.name for o in s.inputs if isinstance(o, Array) and o.flipped}
        for operand in s.inputs:
            if (
                isinstance(operand, Array)
                and last.get(operand.name) == k
                and operand.name not in flipped
                and operand.name != s.output
                and values[operand.name].shape == values[s.output].shape
                and values[operand.name].boolean == values[s.output].boolean
            ):
                merged[s.output] = operand.name
                break
    return merged


def _lives(first: Mapping[str, int], last: Mapping[str, int], merged: Mapping[str, str]) -> list[_Life]:
    chains: dict[str, list[str]] = {}
    for name in first:
        root = name
        while root in merged:
            root = merged[root]
        chains.setdefault(root, []).append(name)
    return [_Life(tuple(c), min(first[n] for n in c), max(last[n] for n in c)) for c in chains.values()]


def _meets(life: _Life, block: list[_Life]) -> bool:
    return any(life.first <= other.last and other.first <= life.last for other in block)


def _boolean(life: _Life, values: Mapping[str, Value]) -> bool:
    return values[life.values[0]].boolean


def _fits(life: _Life, block: list[_Life], values: Mapping[str, Value], item: int) -> bool:
    """Of one kind, or booleans that take the place of a whole number of numbers."""
    if _boolean(life, values) == _boolean(block[0], values):
        return True
    return _boolean(life, values) and _count(life, values).as_coeff_Mul()[0] % item == 0


def _count(life: _Life, values: Mapping[str, Value]) -> Expr:
    rows, columns = values[life.values[0]].shape
    return rows * columns


def _block(block: list[_Life], values: Mapping[str, Value], item: int) -> Block:
    members = sorted(block, key=lambda life: life.first)
    names = tuple(name for life in members for name in life.values)
    boolean = all(_boolean(life, values) for life in block)
    sizes: dict[Expr, None] = {}
    for life in members:
        sizes[_count(life, values) / (item if _boolean(life, values) and not boolean else 1)] = None
    kept: list[Any] = []
    for size in sizes:
        if not any(other != size and _covers(other, size) for other in sizes):
            kept.append(size)
    return Block(names, tuple(kept), boolean)


def _covers(a: Expr, b: Expr) -> bool:
    """a >= b whatever the sizes are, which are at least 1: the quotient is a number of at least 1 times sizes."""
    factor, rest = (a / b).as_coeff_Mul()
    return bool(factor >= 1 and all(power.is_Integer and power > 0 for power in rest.as_powers_dict().values()))
