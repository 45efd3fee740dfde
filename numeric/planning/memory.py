"""Where each value is kept: two values share a place if they are never needed at the same time.

A value lives from the statement that writes it to the last one that reads it.  An entry-by-entry statement may write
over an operand that nobody needs later.  Booleans may live among numbers, of which each takes the place of several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sympy import Expr, Integer, ceiling, expand

from .statements import Array, Statement, Value

NOTHING = Integer(0)
BYTES = {"float32": 4, "float64": 8}  # of a number


@dataclass(frozen=True)
class Block:
    """One piece of memory; `values` live in it, one after the other."""

    values: tuple[str, ...]
    sizes: tuple[Expr, ...]  # numbers of entries, of which the largest is needed
    boolean: bool  # all of them
    starts: Mapping[str, Expr]  # value -> where it begins; some live beside each other


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
    plans = [_Packing(values, entries, item, sorted(lives, key=order)) for order in orders]
    plan = min(plans, key=lambda plan: plan.taken)
    at_once = [sum(size(life) for life in lives if life.first <= k <= life.last) for k in range(len(statements))]
    return Memory(tuple(map(plan.block, plan.blocks)), merged, plan.taken, max(at_once, default=0))


@dataclass(frozen=True)
class _Placed:
    """A life in a block: the entries from `start` to `end`, in numbers of the block."""

    life: _Life
    start: Expr
    end: Expr


class _Packing:
    """Each life into the block that fits best: one that is free, or beside what lives there, or else a new one."""

    def __init__(
        self, values: Mapping[str, Value], entries: Callable[[Expr], int], item: int, lives: list[_Life]
    ) -> None:
        self.values, self.entries, self.item = values, entries, item
        self.blocks: list[list[_Placed]] = []
        for life in lives:
            found = min(self.places(life), key=lambda place: place[0], default=None)
            if found is None:
                self.blocks.append([self.placed(life, self.boolean(life), NOTHING)])
            else:
                found[1].append(found[2])

    def places(self, life: _Life) -> Iterator[tuple[Any, list[_Placed], _Placed]]:
        """(how badly it fits, block, place)"""
        for block in self.blocks:
            boolean = self.boolean(block[0].life)
            if boolean and not self.boolean(life):
                continue
            beside = [p for p in block if life.first <= p.life.last and p.life.first <= life.last]
            for start in dict.fromkeys(p.end for p in beside) if beside else (NOTHING,):
                new = self.placed(life, boolean, start)
                inside = self.entries(new.end) <= self.length(block)
                if not beside or (inside and all(_apart(new, p) for p in beside)):
                    yield (abs(self.length(block) - self.entries(new.end - new.start)), self.entries(start)), block, new

    def boolean(self, life: _Life) -> bool:
        return self.values[life.values[0]].boolean

    def count(self, life: _Life) -> Expr:
        rows, columns = self.values[life.values[0]].shape
        return rows * columns

    def placed(self, life: _Life, boolean: bool, start: Expr) -> _Placed:
        """In a block of booleans, or of numbers, of which booleans take a whole number: 5 m of them that of 2 m."""
        length = self.count(life)
        if self.boolean(life) and not boolean:
            factor, rest = length.as_coeff_Mul()
            length = ceiling(factor / self.item) * rest
        return _Placed(life, start, start + length)

    def length(self, block: list[_Placed]) -> int:
        return max(self.entries(p.end) for p in block)

    @property
    def taken(self) -> int:
        """Bytes"""
        return sum(self.length(b) * (1 if self.boolean(b[0].life) else self.item) for b in self.blocks)

    def block(self, placed: list[_Placed]) -> Block:
        members = sorted(placed, key=lambda p: p.life.first)
        sizes = dict.fromkeys(p.end for p in members)
        kept = tuple(s for s in sizes if not any(o != s and _at_most(s, o) for o in sizes))
        starts = {name: p.start for p in members for name in p.life.values}
        return Block(tuple(starts), kept, self.boolean(placed[0].life), starts)


def _apart(a: _Placed, b: _Placed) -> bool:
    """One ends where the other begins, or before, whatever the sizes are."""
    return _at_most(a.end, b.start) or _at_most(b.end, a.start)


def _at_most(a: Expr, b: Expr) -> bool:
    """a <= b whatever the sizes are, of at least 1: with n + 1 for every size n, b - a has no negative coefficient."""
    gap = b - a
    larger = {n: n + 1 for n in gap.free_symbols}
    return all(c >= 0 for c in expand(gap.xreplace(larger)).as_coefficients_dict().values())


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
