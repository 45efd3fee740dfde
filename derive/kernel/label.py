"""Canonical names: two terms that differ only in the names of indices become the same template.

    sum_ij a_i b_ij c_j  and  sum_kl b_lk c_k a_l    ->   one template, no free position
    f(a_i + b_j)                                     ->   template f(a_0 + b_1) and the positions (i, j)

Colours are refined until stable; ties are broken by trying each and taking the least certificate, and every
trial that reaches the same certificate is a symmetry of the template.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import DeriveError

Pos = tuple[int, int]                       # (label, offset); label -1: the constant position `offset`
Gen = tuple[int, tuple[Pos, ...]]           # template number, positions
Mono = tuple[tuple[Gen, Any], ...]          # sorted (generator, exponent)
Symmetries = tuple[tuple[int, ...], ...]
LEAVES = 800


class TooHard(DeriveError):
    """More work than the budget allows."""


@dataclass(frozen=True)
class Canonical:
    """Body over slots -2, -3, ...: free positions first, then ordered labels, then bound ones."""

    free: tuple[Pos, ...]
    body: tuple[tuple[Any, Mono], ...]
    sizes: tuple[str, ...]                  # of the bound labels
    symmetries: Symmetries                  # permutations of the free slots


def slot(k: int) -> int:
    """The label of slot k."""
    return -2 - k


def canonical(terms: Sequence[tuple[Any, Mono]], ordered: Sequence[int], bound: dict[int, int | str],
              symmetries: dict[int, Symmetries]) -> Canonical:
    """Name the free positions and the bound labels of tagged terms by their structure alone."""
    inner = {*ordered, *bound}
    free = sorted({p for _, mono in terms for (_, at), _ in mono for p in at if p[0] not in inner})
    vertices: list[Any] = [*free, *ordered, *bound]
    number: dict[Any, int] = {v: k for k, v in enumerate(vertices)}
    placed = [(1, f"{k:06}") for k in range(len(ordered))]
    start = [(0, "")] * len(free) + placed + [(2, str(s)) for s in bound.values()]
    factors = []
    for t, (_tag, mono) in enumerate(terms):
        for (tid, at), exponent in mono:
            places = tuple((number[p[0]], p[1]) if p[0] in inner else (number[p], 0) for p in at)
            factors.append((t, tid, exponent, places, symmetries.get(tid, ())))
    search = _Search([tag for tag, _ in terms], factors, len(free), len(ordered))
    search.run(_ranks(start))
    best = search.best
    if best is None:
        raise TooHard("no labelling")
    first = search.leaves[0]
    where = {v: k for k, v in enumerate(first)}
    perms = sorted({tuple(where[v] for v in leaf[:len(free)]) for leaf in search.leaves})
    options = sorted((tuple(free[v] for v in leaf[:len(free)]), k) for k, leaf in enumerate(search.leaves))
    labels = [v - len(free) - len(ordered) for v in first[len(free) + len(ordered):]]
    sizes = [str(s) for s in bound.values()]
    return Canonical(options[0][0], best, tuple(sizes[k] for k in labels), tuple(perms) if len(perms) > 1 else ())


def _ranks(keys: Sequence[Any]) -> list[int]:
    order = {k: r for r, k in enumerate(sorted(set(keys)))}
    return [order[k] for k in keys]


class _Search:
    def __init__(self, tags: list[Any], factors: list[Any], free: int, ordered: int) -> None:
        self.tags, self.factors, self.free, self.ordered = tags, factors, free, ordered
        self.best: tuple[tuple[Any, Mono], ...] | None = None
        self.leaves: list[tuple[int, ...]] = []
        self.visited = 0

    def run(self, colours: list[int]) -> None:
        colours = self.refine(colours)
        tied = [k for k in range(len(colours)) if colours.count(colours[k]) > 1] if (
            len(set(colours)) < len(colours)) else []
        if not tied:
            self.leaf(colours)
            return
        cell = min(colours[k] for k in tied)
        for v in [k for k in tied if colours[k] == cell]:
            self.run([2 * c + (1 if c == cell and k != v else 0) for k, c in enumerate(colours)])

    def refine(self, colours: list[int]) -> list[int]:
        while True:
            if len(set(colours)) == len(colours):
                return colours
            signs = [(tid, exponent, _least(places, colours, syms)) for _, tid, exponent, places, syms in self.factors]
            by_term: list[list[Any]] = [[] for _ in self.tags]
            for f, s in zip(self.factors, signs, strict=True):
                by_term[f[0]].append(s)
            term_keys = _ranks([(tag, tuple(sorted(s))) for tag, s in zip(self.tags, by_term, strict=True)])
            sign_keys = _ranks(signs)
            seen: list[list[Any]] = [[] for _ in colours]
            for f, key in zip(self.factors, sign_keys, strict=True):
                for place, (v, offset) in enumerate(f[3]):
                    orbit = min((p.index(place) for p in f[4]), default=place)
                    seen[v].append((term_keys[f[0]], key, orbit, offset))
            new = _ranks([(c, tuple(sorted(s))) for c, s in zip(colours, seen, strict=True)])
            if len(set(new)) == len(set(colours)):
                return new
            colours = new

    def leaf(self, colours: list[int]) -> None:
        self.visited += 1
        if self.visited > LEAVES:
            raise TooHard("too many symmetric index names")
        order = sorted(range(len(colours)), key=lambda v: colours[v])
        label = {v: slot(k) for k, v in enumerate(order)}
        by_term: list[list[Any]] = [[] for _ in self.tags]
        for t, tid, exponent, places, syms in self.factors:
            at = tuple((label[v], offset) for v, offset in places)
            by_term[t].append(((tid, least_positions(at, syms)), exponent))
        body = tuple(sorted((tag, tuple(sorted(m))) for tag, m in zip(self.tags, by_term, strict=True)))
        if self.best is None or body < self.best:
            self.best, self.leaves = body, [tuple(order)]
        elif body == self.best:
            self.leaves.append(tuple(order))


def _least(places: Any, colours: list[int], syms: Symmetries) -> tuple[Any, ...]:
    at = tuple((colours[v], offset) for v, offset in places)
    return least_positions(at, syms)


def least_positions(at: tuple[Any, ...], syms: Symmetries) -> tuple[Any, ...]:
    """The least arrangement of positions under the symmetries of their template."""
    return min(tuple(at[k] for k in perm) for perm in syms) if syms else at


__all__ = ["Canonical", "Gen", "Mono", "Pos", "Symmetries", "TooHard", "canonical", "least_positions", "slot"]
