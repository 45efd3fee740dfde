"""Functions of whole arrays: inverses, determinants, and functions of which nothing is known.

    (L R)^-1 = R^-1 L^-1,   det L R = det L det R,   (M^-1)^-1 = M,   det M^-1 = 1 / det M,   (M^T)^-1 = (M^-1)^T
    (diag(f) M diag(g))^-1_ij = (M^-1)_ij / (g_i f_j)
    M = T + R:   sum_j T_ij (M^-1)_jk = delta_ik - sum_j R_ij (M^-1)_jk
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .algebra import ONE, Algebra, Gen, Inside, Mono, Poly, Pos, Undecided
from .ratio import content, normalise, reciprocal, skeleton_sign, whole_power
from .signs import padded
from .sums import components, pieces, sum_over

Axes = tuple[int, int]
Slots = tuple[tuple[int, tuple[Pos, ...]], ...]


def packed(al: Algebra, kind: str, name: Any, groups: list[tuple[int, ...]], bodies: list[Poly], slots: Slots) -> Poly:
    """f(A, B, ...) or its derivative at positions; a group has the labels of one array's axes."""
    bodies = [normalise(al, p) for p in bodies]
    moves = {label: (al.label(al.sizes[label]), 0) for labels in groups for label in labels}
    groups = [tuple(moves[label][0] for label in labels) for labels in groups]
    bodies = [al.substitute(p, moves) for p in bodies]
    if kind == "sf":
        shape = tuple(len(labels) for labels in groups)
        return al.atom("sf", (name, shape), *bodies, slots=slots, ordered=tuple(x for labels in groups for x in labels))
    a, b = groups[0]
    if al.sizes[a] != al.sizes[b]:
        raise Undecided("an inverse or determinant of a matrix that is not square")
    return determinant(al, (a, b), bodies[0]) if kind == "det" else inverse(al, (a, b), bodies[0], *slots[0][1])


def inverse(al: Algebra, axes: Axes, body: Poly, i: Pos, j: Pos) -> Poly:
    """(M^-1)_ij"""
    a, b = axes
    if al.sizes[a] == 1:
        return reciprocal(al, al.substitute(body, {a: (-1, 0), b: (-1, 0)}))
    unit = content(body) * (skeleton_sign(body) or 1)
    shared = set.intersection(*(set(m) for m in body)) if body else set()
    apart = {f for f in shared if not (al.touches(f[0], a) and al.touches(f[0], b))}
    outside = al.substitute({tuple(sorted(apart)): unit}, {a: j, b: i})
    body = {tuple(f for f in m if f not in apart): c / unit for m, c in body.items()}
    return al.times(reciprocal(al, outside), _inverse(al, axes, body, i, j))


def _inverse(al: Algebra, axes: Axes, body: Poly, i: Pos, j: Pos) -> Poly:
    a, b = axes
    if body == al.delta((a, 0), (b, 0)):
        return al.delta(i, j)
    inner = _inverted(al, axes, body)
    if inner is not None:
        c, d = inner.ordered if inner.slots[0][1] == ((a, 0), (b, 0)) else inner.ordered[::-1]
        return al.substitute(inner.parts[0], {c: i, d: j})
    cut = _cut(al, axes, body)
    if cut is not None:
        s, left, right = cut
        t = al.label(al.sizes[a])
        return sum_over(al, al.times(inverse(al, (s, b), right, i, (t, 0)), inverse(al, (a, s), left, (t, 0), j)), t)
    turned, order, symmetric = _orientation(al, axes, body)
    at = (j, i) if turned else (i, j)
    tid, places = al.closed("inv", None, body, slots=((0, tuple(sorted(at)) if symmetric else at),), ordered=order)
    if symmetric and i != j and not any(p in at for m in body for g, _ in m for p in g[1]):
        swap = {i: j, j: i}
        al.symmetric(tid, tuple(places.index(swap.get(p, p)) for p in places))
    return al.one(al.least(tid, places))


def determinant(al: Algebra, axes: Axes, body: Poly) -> Poly:
    """det M"""
    a, b = axes
    if al.sizes[a] == 1:
        return al.substitute(body, {a: (-1, 0), b: (-1, 0)})
    if body == al.delta((a, 0), (b, 0)):
        return al.constant(1)
    inner = _inverted(al, axes, body)
    if inner is not None:
        return reciprocal(al, determinant(al, (inner.ordered[0], inner.ordered[1]), inner.parts[0]))
    cut = _cut(al, axes, body)
    if cut is not None:
        s, left, right = cut
        return al.times(determinant(al, (a, s), left), determinant(al, (s, b), right))
    return al.atom("det", None, body, ordered=_orientation(al, axes, body)[1])


def _inverted(al: Algebra, axes: Axes, body: Poly) -> Inside | None:
    """What M is the inverse of, if it is one."""
    g = al.alone(body)
    if g is None or al.kind(g) != "inv":
        return None
    inner = al.open(g)
    fits = sorted(inner.slots[0][1]) == sorted((x, 0) for x in axes) and sum(p[0] in axes for p in g[1]) == 2
    return inner if fits else None


def _orientation(al: Algebra, axes: Axes, body: Poly) -> tuple[bool, Axes, bool]:
    """Of M and its transpose the lesser template: is it the transpose, its axes, are they the same?"""
    a, b = axes
    plain, turned = (al.closed("matrix", None, body, ordered=order)[0] for order in ((a, b), (b, a)))
    symmetric = plain == turned and al.substitute(body, {a: (b, 0), b: (a, 0)}) == body
    return turned < plain, (b, a) if turned < plain else (a, b), symmetric


def _cut(al: Algebra, axes: Axes, body: Poly) -> tuple[int, Poly, Poly] | None:
    """M_ab = sum_s L_as R_sb for square L and R, L as small as possible."""
    if len(body) != 1:
        return None
    ((mono, c),) = body.items()
    both = [g for g, e in mono if al.touches(g, axes[0]) and al.touches(g, axes[1]) and e == 1]
    if len(both) != 1 or al.kind(both[0]) != "sum":
        return None
    inside = al.open(both[0])
    ((inner, _),) = inside.parts[0].items()
    factors = [*(f for f in mono if f[0] != both[0]), *inner]
    best = None
    for s in inside.bound:
        others = [x for x in inside.bound if x != s]
        groups = components([*others, *axes], factors)
        right = next(piece for names, piece in groups if axes[1] in names)
        left = [f for _, piece in groups if piece is not right for f in piece]
        apart = not any(axes[0] in names and axes[1] in names for names, _ in groups)
        if al.sizes[s] == al.sizes[axes[0]] and apart and (best is None or len(left) < len(best[1])):
            best = s, left, right, [x for names, piece in groups if piece is not right for x in names if x in others]
    if best is None:
        return None
    s, left, right, mine = best
    rest = [x for x in inside.bound if x != s and x not in mine]
    return (s, sum_over(al, al.scale(al.mono(dict(left)), c), *mine), sum_over(al, al.mono(dict(right)), *rest))


# ---- M inv(M) = 1 inside a sum

def inverse_law(al: Algebra, bound: list[int], mono: Mono) -> tuple[list[int], Poly] | None:
    """The first term T of M times the inverse, summed over j: delta less the other terms times the inverse."""
    for g, e in mono:
        if al.kind(g) != "inv" or e < 1:
            continue
        inside = al.open(g)
        row, column = inside.slots[0][1]
        a, b = inside.ordered
        law = next((_Sum(al, g, inside, t, c) for t, c in _terms(al, inside)), None) or _Square(al, g, inside)
        for j, end, axes in ((row, column, (a, b)), (column, row, (b, a))):
            if j[0] in bound and j[1] == 0 and sum(p[0] == j[0] for p in g[1]) == 1:
                rest = tuple((f, k - (f == g)) for f, k in mono if f != g or k > 1)
                found = law.found([x for x in bound if x != j[0]], rest, j, end, axes)
                if found is not None:
                    return found
    return None


def _terms(al: Algebra, inside: Inside) -> Iterator[tuple[Gen, Any]]:
    """Single entries or sums among the terms of a matrix."""
    for term, c in inside.parts[0].items():
        t = al.alone({term: ONE})
        if t is not None and al.kind(t) in ("entry", "sum") and sorted(
                p for p in t[1] if p[0] in inside.ordered) == sorted((x, 0) for x in inside.ordered):
            yield t, c


@dataclass(frozen=True)
class _Sum:
    """sum_j T_xj N_jk = (delta_xk - sum_j R_xj N_jk) / c  for N the inverse of M = c T + R"""

    al: Algebra
    g: Gen
    inside: Inside
    t: Gen
    c: Any

    def found(self, bound: list[int], others: Mono, j: Pos, end: Pos, axes: Axes) -> tuple[list[int], Poly] | None:
        """The other bound indices, and what is summed over them."""
        al, free = self.al, [x for x in bound if not self.al.touches(self.g, x)]
        for h, rest, left in pieces(al, free, others, len(al.templates[self.t[0]].bound), (j[0],)):
            at = self.place(h, j, axes)
            if at is not None:
                moved = al.substitute(al.minus(self.inside.parts[0], al.scale(al.one(self.t), self.c)),
                                      {axes[0]: at, axes[1]: j})
                value = al.minus(al.delta(at, end), sum_over(al, al.times(moved, al.one(self.g)), j[0]))
                return [*left, *(x for x in bound if x not in free)], al.times({rest: 1 / self.c}, value)
        return None

    def place(self, h: Gen, j: Pos, axes: Axes) -> Pos | None:
        """Where h = T_xj has its x."""
        t = self.t
        for perm in self.al.symmetries.get(t[0], (tuple(range(len(t[1]))),)) if h[0] == t[0] else ():
            at = tuple(h[1][k] for k in perm)
            x = at[t[1].index((axes[0], 0))]
            if x != j and at == tuple(x if p == (axes[0], 0) else j if p == (axes[1], 0) else p for p in t[1]):
                return x
        return None


@dataclass(frozen=True)
class _Square:
    """sum_j N_rj N_jx = (N_rx - sum_jb N_rj R_jb N_bx) / c  for N the inverse of M = c + R, no term of R an entry"""

    al: Algebra
    g: Gen
    inside: Inside

    def found(self, bound: list[int], others: Mono, j: Pos, end: Pos, axes: Axes) -> tuple[list[int], Poly] | None:
        """The other bound indices, and what is summed over them."""
        al, matrix = self.al, self.inside.parts[0]
        (one,) = al.delta((axes[0], 0), (axes[1], 0))
        near = [(h, e) for h, e in others if al.touches(h, j[0])]
        if one not in matrix or len(near) != 1 or near[0][1] != 1:
            return None
        for x in near[0][0][1]:
            if al.one(near[0][0]) == inverse(al, axes, matrix, x, j) != {} and x != j:
                label = al.label(al.sizes[axes[0]])
                rest = al.substitute(al.minus(matrix, {one: matrix[one]}), {axes[0]: (label, 0), axes[1]: j})
                twice = al.product((inverse(al, axes, matrix, x, (label, 0)), rest, al.one(self.g)))
                value = al.minus(inverse(al, axes, matrix, x, end), sum_over(al, twice, label, j[0]))
                return bound, al.times({tuple(f for f in others if f not in near): 1 / matrix[one]}, value)
        return None


def makers(al: Algebra) -> dict[str, Any]:
    """kind -> how a function of whole arrays is made again."""

    def made(kind: str) -> Any:
        def again(payload: Any, inside: Inside, e: Any) -> Poly:
            name, shape = payload or (None, (2,))
            ends = [sum(shape[: k + 1]) for k in range(len(shape))]
            groups = [inside.ordered[end - rank:end] for end, rank in zip(ends, shape, strict=True)]
            bodies = list(padded(inside, len(shape)))
            return whole_power(al, packed(al, kind, name, groups, bodies, inside.slots), int(e))

        return again

    return {kind: made(kind) for kind in ("sf", "inv", "det")}
