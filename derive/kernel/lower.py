"""Index expressions to normal form, one line per node."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import fmpq

from ..errors import UnknownNode
from .algebra import ONE, Algebra, Gen, Poly, Pos, Undecided
from .index import (
    Add,
    Apply,
    Array,
    Delta,
    Determinant,
    Dim,
    Entry,
    Expr,
    Index,
    InverseEntry,
    Largest,
    Mul,
    Number,
    Position,
    Positive,
    Pow,
    ScalarFunction,
    Shifted,
    Sum,
)
from .nonlinear import erf_of, exp_of, generic, indicator, log_of, rebuild_table, root_of, whole_power
from .partial import define
from .ratio import normalise, tagged
from .sums import dimension, max_over, max_rebuild, sum_over, sum_rebuild
from .walk import fold, is_guard


class Lowering:
    """The normal forms of expressions in one algebra; a shared node is lowered once."""

    def __init__(self, al: Algebra, generic_names: tuple[str, ...]) -> None:
        self.al = al
        self.generic = frozenset(generic_names)
        self.labels: dict[Index, int] = {}
        self.memo: dict[int, Poly] = {}
        self.alive: list[Expr] = []
        al.rebuild.update(rebuild_table(al))
        al.rebuild |= {"sum": lambda g, e: sum_rebuild(al, g, e), "max": lambda g, e: max_rebuild(al, g, e)}
        al.rebuild |= dict.fromkeys(("sf", "inv", "det"), self._remake)

    def lower(self, e: Expr) -> Poly:
        """The element that e is, over its free indices."""
        self.alive.append(e)
        out: Poly = fold(e, self.node, self.memo)
        return out

    def position(self, p: Position) -> Pos:
        """A position as (label, offset)."""
        match p:
            case Index():
                if p.size == 1:
                    return (-1, 0)
                if p not in self.labels:
                    self.labels[p] = self.al.label(p.size)
                return self.labels[p], 0
            case Shifted(index, offset):
                label, start = self.position(index)
                return label, start + offset
        return -1, p

    def node(self, e: Expr, below: tuple[Poly, ...]) -> Poly:
        """One node, given the elements of its children."""
        al = self.al
        match e:
            case Number(value):
                return al.constant(value)
            case Dim(name):
                return dimension(al, name)
            case Entry(array, at):
                return al.one(al.leaf("entry", array, tuple(self.position(p) for p in at)))
            case Delta(left, right):
                return al.delta(self.position(left), self.position(right))
            case Add():
                return al.total(below)
            case Mul(factors):                                  # guards last: s / s is 1 before [s > 0] s is s
                return al.product(below[k] for k in sorted(range(len(below)), key=lambda k: is_guard(factors[k])))
            case Pow(_, exponent):
                if exponent.denominator == 1:
                    return whole_power(al, below[0], int(exponent))
                return root_of(al, below[0], exponent)
            case Sum(index, _):
                return sum_over(al, below[0], self._bound(index)) if index.size != 1 else below[0]
            case Largest(index, _):
                return max_over(al, below[0], [self._bound(index)]) if index.size != 1 else below[0]
            case Positive():
                return indicator(al, below[0])
            case Apply(f, order, arg):
                return self.apply(f, order, arg, below[0])
            case ScalarFunction(f, arguments, by):
                return self.packed("sf", f, arguments, below, tuple((k, at) for k, at in by))
            case InverseEntry(matrix, row, column):
                return self.packed("inv", None, (matrix,), below, ((0, (row, column)),))
            case Determinant(matrix):
                return self.packed("det", None, (matrix,), below, ())
        raise UnknownNode("the normal form", e)

    def _bound(self, index: Index) -> int:
        return self.position(index)[0]

    def apply(self, f: str, order: int, arg: Expr, p: Poly) -> Poly:
        """f^(order) of an element: by definition, by law, or a generic generator."""
        al = self.al
        if order == 0 and f in ("exp", "log", "erf", "pi"):
            if f == "pi":
                return al.one(al.leaf("pi", None, ()))
            return {"exp": exp_of, "log": log_of, "erf": erf_of}[f](al, p)
        defined = define(f, order, arg)
        if defined is not None:
            self.alive.append(defined)
            return self.lower(defined)
        if f in self.generic:
            return generic(al, f, order, p)
        raise UnknownNode("the normal form", Apply(f, order, Number(Fraction(0))))

    # ---- functions of whole arrays: ordered labels, positions as a term of their own

    def packed(self, kind: str, name: Any, arrays: tuple[Array, ...], below: tuple[Poly, ...],
               by: tuple[tuple[int, tuple[Position, ...]], ...]) -> Poly:
        """A function of whole arrays as a generator."""
        ordered = [tuple(self.position(i)[0] for i in a.indices) for a in arrays]
        if any(label == -1 for labels in ordered for label in labels):
            ordered, below = self._unit_axes(arrays, below)
        slots = tuple((k, tuple(self.position(p) for p in at)) for k, at in by)
        return self.make(kind, name, ordered, list(below), slots)

    def _unit_axes(self, arrays: tuple[Array, ...], below: tuple[Poly, ...]) -> tuple[Any, Any]:
        """Axes of size 1 keep a label, so that arrays keep their rank."""
        ordered = []
        for a in arrays:
            ordered.append(tuple(self.position(i)[0] if i.size != 1 else self.al.label(1) for i in a.indices))
        return ordered, below

    def make(self, kind: str, name: Any, ordered: list[tuple[int, ...]], bodies: list[Poly],
             slots: tuple[tuple[int, tuple[Pos, ...]], ...]) -> Poly:
        """The generator of f(A, B, ...) by its bodies over ordered labels and the positions of its derivatives."""
        al = self.al
        bodies = [normalise(al, p) for p in bodies]
        clash = {p[0] for _, at in slots for p in at} & {label for labels in ordered for label in labels}
        if clash:
            fresh = {label: al.label(al.sizes[label]) for label in clash}
            moves = {old: (new, 0) for old, new in fresh.items()}
            bodies = [al.substitute(p, moves) for p in bodies]
            ordered = [tuple(fresh.get(label, label) for label in labels) for labels in ordered]
        if kind in ("inv", "det"):
            if al.sizes[ordered[0][0]] != al.sizes[ordered[0][1]]:
                raise Undecided("an inverse or determinant of a matrix that is not square")
            if al.sizes[ordered[0][0]] == 1:
                return bodies[0] if kind == "det" else whole_power(al, bodies[0], -1)
            return self._square(kind, ordered[0], bodies[0], slots)
        terms = [t for k, p in enumerate(bodies) for t in tagged(p, k)]
        for k, at in slots:
            terms.append(((-1, k, len(at)), ((al.leaf("slot", len(at), at), 1),)))
        shape = tuple(len(labels) for labels in ordered)
        return al.one(al.closed(kind, (name, shape), terms, tuple(x for labels in ordered for x in labels)))

    def _square(self, kind: str, axes: tuple[int, ...], body: Poly, slots: Any) -> Poly:
        """(M^T)^-1 = (M^-1)^T, det M^T = det M: of M and its transpose, the lesser template."""
        al = self.al
        options = []
        for flip in (False, True):
            order = axes[::-1] if flip else axes
            g = al.closed("matrix", None, tagged(body), order)
            options.append((g[0], flip, order))
        _, flip, order = min(options)
        if kind == "det":
            return al.one(al.closed("det", (None, (2,)), tagged(body), order))
        ((_, at),) = slots
        symmetric = options[0][0] == options[1][0] and self._same_positions(body, axes)
        at = at[::-1] if flip else at
        if symmetric:
            at = tuple(sorted(at))
        pseudo = ((-1, 0, 2), ((al.leaf("slot", 2, at), 1),))
        return al.one(al.closed("inv", (None, (2,)), [*tagged(body), pseudo], order))

    def _same_positions(self, body: Poly, axes: tuple[int, ...]) -> bool:
        swapped = self.al.substitute(body, {axes[0]: (axes[1], 0), axes[1]: (axes[0], 0)})
        return swapped == body

    def _remake(self, g: Gen, e: Any) -> Poly:
        """A function of whole arrays whose positions coincide is made again."""
        al = self.al
        name, shape = al.templates[g[0]].payload
        terms, ordered, _ = al.open(g)
        bodies: list[Poly] = [{} for _ in shape]
        slots = []
        for tag, p in terms:
            if tag[0] == -1:
                (((leaf, _),),) = p
                slots.append((tag[1], leaf[1]))
            else:
                bodies[tag[0]] = al.total((bodies[tag[0]], al.scale(p, fmpq(tag[1], tag[2]))))
        groups, start = [], 0
        for rank in shape:
            groups.append(ordered[start:start + rank])
            start += rank
        return whole_power(al, self.make(al.kind(g), name, groups, bodies, tuple(slots)), int(e))


__all__ = ["ONE", "Lowering"]
