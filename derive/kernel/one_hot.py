"""Rows of an array with one 1 in each row, else 0.

    Y_ij Y_ik = delta_jk Y_ij,   Y_ij sum_k Y_ik a_k = sum_k Y_ik Y_ij a_k
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .algebra import Algebra, Gen, Poly, Pos
from .label import slot

Powers = Mapping[Gen, Any]


def picked(al: Algebra, powers: Powers) -> Poly | None:
    """What a product of powers is by these laws."""
    if pair := _same_row(al, powers):
        rest = al.mono({g: e for g, e in powers.items() if g != pair[1]})
        return al.times(rest, al.delta(pair[0][1][-1], pair[1][1][-1]))
    if pair := _same_pick(al, powers):
        picking, other = pair
        rest = al.mono({g: e - (g == picking) - (g == other) for g, e in powers.items()})
        return al.times(rest, al.remake(picking, 1, lambda body: al.times(body, al.one(other))))
    return None


def _same_row(al: Algebra, powers: Powers) -> tuple[Gen, Gen] | None:
    """Two entries of one row."""
    first: dict[tuple[int, tuple[Pos, ...]], Gen] = {}
    for g in sorted(g for g in powers if g[0] in al.one_hot):
        other = first.setdefault((g[0], g[1][:-1]), g)
        if other is not g:
            return other, g
    return None


def _same_pick(al: Algebra, powers: Powers) -> tuple[Gen, Gen] | None:
    """sum_k Y_ik a_k beside Y_ij, or beside sum_k Y_ik b_k: the second is multiplied into the sum"""
    rows: dict[Any, list[Gen]] = {}
    for g, e in sorted(powers.items()):
        row = (g[0], g[1][:-1]) if g[0] in al.one_hot else _row_of_sum(al, g)
        if row is not None and e >= 1:
            rows.setdefault(row, []).extend([g] * (2 if e >= 2 else 1))
    for mine in rows.values():
        sums = [g for g in mine if al.kind(g) == "sum"]
        if sums and len(mine) > 1:
            others = list(mine)
            others.remove(sums[0])
            return sums[0], others[0]
    return None


def _row_of_sum(al: Algebra, g: Gen) -> tuple[int, tuple[Pos, ...]] | None:
    """The one-hot row that a sum runs along."""
    if al.kind(g) != "sum":
        return None
    outside = {slot(k): p for k, p in enumerate(g[1])}
    for _, mono in al.templates[g[0]].body:
        for h, _ in mono:
            if h[0] in al.one_hot and h[1][-1][0] not in outside and h[1][-1][0] != -1:
                row = [(outside[p[0]][0], outside[p[0]][1] + p[1]) if p[0] in outside else p for p in h[1][:-1]]
                if all(p[0] in outside or p[0] == -1 for p in h[1][:-1]):
                    return h[0], tuple(row)
    return None
