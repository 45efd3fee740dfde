"""Elements as sums of terms: a rational times generators with exponents of either sign.

A generator is a template (closed, numbered) plus a tuple of positions; renaming an index touches the positions only.

    kind          body                      law kept here
    entry, dim    -                         size 1 is position 0; a dimension that is a number is that number
    delta         -                         delta^2 = delta,  delta_ij f_j = delta_ij f_i
    ind, zero     F                         [F>0]^2 = [F>0],  [F=0]^2 = [F=0]
    den           D, irreducible            exponents negative only
    root          E, irreducible            exponents in (0, 1)
    exp           one term                  exponents rational
    cos           E                         no exponent above 1
    sum           one term                  see `sums`
    others        see `laws`
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from flint import fmpq

from ..errors import DeriveError
from .label import Canonical, Gen, Mono, Pos, Symmetries, TooHard, canonical, least_positions, slot
from .laws import FILE_OF, MAKER_OF

Poly = dict[Mono, fmpq]
Size = int | str
ONE = fmpq(1)
IDEMPOTENT = ("delta", "ind", "zero")
SPECIAL = (*IDEMPOTENT, "root", "den", "cos")      # kinds that `tidy` has laws for


class Undecided(DeriveError):
    """The normal form has no row for this: nothing is concluded."""


class Nowhere(Undecided):
    """1/0, log 0: defined for no values at all."""


@dataclass(frozen=True)
class Template:
    """A closed body; slots 0 .. arity - 1 are filled by positions, then come ordered and bound labels."""

    kind: str
    payload: Any
    arity: int
    ordered: tuple[str, ...] = ()
    bound: tuple[str, ...] = ()
    body: tuple[tuple[Any, Mono], ...] = ()


@dataclass(frozen=True)
class Inside:
    """A template opened at positions: its elements, positions that it carries, its ordered and bound labels."""

    parts: tuple[Poly, ...]
    slots: tuple[tuple[int, tuple[Pos, ...]], ...]
    ordered: tuple[int, ...]
    bound: tuple[int, ...]


def exact(c: Any) -> fmpq:
    """A number as a rational of flint."""
    return c if isinstance(c, fmpq) else fmpq(c.numerator, c.denominator)


def whole(e: Any) -> int | Fraction:
    """An exponent: an integer if it is one."""
    e = Fraction(int(e.p), int(e.q)) if isinstance(e, fmpq) else e
    return int(e) if e.denominator == 1 else e


@dataclass
class Algebra:
    """The templates of one decision, and the laws of multiplication."""

    budget: int
    opening: Callable[[str], Any]                               # file of laws -> its module
    templates: list[Template] = field(default_factory=list)
    symmetries: dict[int, Symmetries] = field(default_factory=dict)
    sizes: dict[int, Size] = field(default_factory=dict)
    makers: dict[str, Callable[[Any, Inside, Any], Poly]] = field(default_factory=dict)     # kind -> made again
    opened: dict[str, Any] = field(default_factory=dict)        # files of laws that were needed
    positive: set[int] = field(default_factory=set)             # templates known > 0, whatever their positions
    nonnegative: set[int] = field(default_factory=set)          # templates known >= 0
    positive_arrays: set[str] = field(default_factory=set)
    idempotent: set[int] = field(default_factory=set)           # templates with X^2 = X
    one_hot: set[int] = field(default_factory=set)              # templates with X_ij X_ik = delta_jk X_ij
    special: set[int] = field(default_factory=set)              # templates that `tidy` has laws for
    constrained: set[str] = field(default_factory=set)          # arrays that are not free: in facts, or computed
    narrowed: set[str] = field(default_factory=set)             # arrays that a logarithm keeps to one side of something
    hanging: frozenset[tuple[str, str]] = frozenset()           # (a computed array, one that it is computed from)
    sum_facts: dict[int, tuple[tuple[Pos, ...], Poly]] = field(default_factory=dict)
    watch: Callable[[], None] = lambda: None
    _numbers: dict[Template, int] = field(default_factory=dict)
    _kinds: list[str] = field(default_factory=list)
    _within: dict[int, frozenset[int]] = field(default_factory=dict)

    # ---- work, labels, templates

    def spend(self, work: int = 1) -> None:
        """Count work; the budget is the same on every machine."""
        self.budget -= work
        if self.budget < 0:
            raise TooHard("the proof needs more work than the budget allows")
        self.watch()

    def label(self, size: Size) -> int:
        """A new index label."""
        number = len(self.sizes)
        self.sizes[number] = int(size) if isinstance(size, str) and size.isdigit() else size
        return number

    def number(self, template: Template) -> int:
        """The number of a template: equal templates, equal numbers."""
        if template not in self._numbers:
            number = self._numbers[template] = len(self.templates)
            self.templates.append(template)
            self._kinds.append(template.kind)
            if template.kind == "delta":
                self.symmetries[number] = ((0, 1), (1, 0))
            inside = {h[0] for _, mono in template.body for h, _ in mono} if template.kind == "sum" else set()
            if template.kind in SPECIAL or inside & self.one_hot:
                self.special.add(number)
        return self._numbers[template]

    def kind(self, g: Gen) -> str:
        """The kind of a generator."""
        return self._kinds[g[0]]

    def within(self, tid: int) -> frozenset[int]:
        """The template and all templates inside it."""
        if tid not in self._within:
            inner = (self.within(g[0]) for _, mono in self.templates[tid].body for g, _ in mono)
            self._within[tid] = frozenset({tid}).union(*inner)
        return self._within[tid]

    def leaf(self, kind: str, payload: Any, at: tuple[Pos, ...]) -> Gen:
        """A generator without body: an entry, a dimension, a delta."""
        tid = self.number(Template(kind, payload, len(at)))
        return self.least(tid, at)

    def least(self, tid: int, at: tuple[Pos, ...]) -> Gen:
        """A template at positions that its symmetries bring into order."""
        return tid, least_positions(at, self.symmetries.get(tid, ()))

    def symmetric(self, tid: int, perm: tuple[int, ...]) -> None:
        """A template does not change when its positions are permuted."""
        group = {tuple(range(len(perm))), perm, *self.symmetries.get(tid, ())}
        while (more := {tuple(p[k] for k in q) for p in group for q in group}) != group:
            group |= more
        self.symmetries[tid] = tuple(sorted(group))

    def closed(self, kind: str, payload: Any, *parts: Poly, slots: Iterable[tuple[int, tuple[Pos, ...]]] = (),
               ordered: tuple[int, ...] = (), bound: Iterable[int] = ()) -> Gen:
        """The generator whose template is the canonical form of its elements."""
        terms: list[tuple[Any, Mono]] = []
        terms += [((k, int(c.p), int(c.q)), m) for k, p in enumerate(parts) for m, c in p.items()]
        terms += [((-1, k, len(at)), ((self.leaf("slot", len(at), at), 1),)) for k, at in slots]
        self.spend(4 + sum(len(m) for _, m in terms))
        c: Canonical = canonical(terms, ordered, {b: self.sizes[b] for b in bound}, self.symmetries)
        order_sizes = tuple(str(self.sizes[o]) for o in ordered)
        tid = self.number(Template(kind, payload, len(c.free), order_sizes, c.sizes, c.body))
        if c.symmetries:
            self.symmetries[tid] = c.symmetries
        return tid, least_positions(c.free, c.symmetries)

    def atom(self, kind: str, payload: Any, *parts: Poly, **places: Any) -> Poly:
        """That generator as an element."""
        return self.one(self.closed(kind, payload, *parts, **places))

    def open(self, g: Gen) -> Inside:
        """The body of a generator at its positions; ordered and bound labels are fresh."""
        t = self.templates[g[0]]
        ordered, bound = (tuple(self.label(s) for s in sizes) for sizes in (t.ordered, t.bound))
        at = {slot(k): p for k, p in enumerate((*g[1], *((b, 0) for b in (*ordered, *bound))))}
        parts: dict[int, Poly] = {}
        slots = []
        for tag, mono in t.body:
            p = self.substitute({mono: ONE}, at)
            if tag[0] == -1:
                (((leaf, _),),) = p
                slots.append((tag[1], leaf[1]))
            else:
                parts[tag[0]] = self.total((parts.get(tag[0], {}), self.scale(p, fmpq(tag[1], tag[2]))))
        return Inside(tuple(parts.get(k, {}) for k in range(max(parts, default=0) + 1)), tuple(slots), ordered, bound)

    def body(self, g: Gen) -> Poly:
        """The body of a generator that is one element."""
        return self.open(g).parts[0]

    def remake(self, g: Gen, e: Any, change: Callable[[Poly], Poly] = lambda p: p) -> Poly:
        """g^e made again by its laws, its elements changed."""
        self.spend(8)
        inside, kind = self.open(g), self.kind(g)
        parts = tuple(change(p) for p in inside.parts)
        if kind not in self.makers:
            self.makers.update(self._file(MAKER_OF[kind]).makers(self))
        return self.makers[kind](self.templates[g[0]].payload,
                                 Inside(parts, inside.slots, inside.ordered, inside.bound), e)

    def law(self, name: str, *given: Any) -> Any:
        """What a law of `laws` makes of this."""
        return getattr(self._file(FILE_OF[name]), name)(self, *given)

    def _file(self, name: str) -> Any:
        if name not in self.opened:
            self.opened[name] = self.opening(name)
        return self.opened[name]

    # ---- arithmetic

    def constant(self, value: Any) -> Poly:
        """A number."""
        return self.scale({(): ONE}, value)

    def one(self, g: Gen, exponent: Any = 1) -> Poly:
        """A generator as an element."""
        return {((g, exponent),): ONE}

    def total(self, polys: Iterable[Poly]) -> Poly:
        """p + q + ..."""
        out: Poly = {}
        for p in polys:
            self.spend(len(p))
            for m, c in p.items():
                value = out.get(m, 0) + c
                if value == 0:
                    out.pop(m, None)
                else:
                    out[m] = value
        return out

    def scale(self, p: Poly, c: Any) -> Poly:
        """c p"""
        c = exact(c)
        return {} if c == 0 else {m: c * v for m, v in p.items()}

    def minus(self, p: Poly, q: Poly) -> Poly:
        """p - q"""
        return self.total((p, self.scale(q, -1)))

    def times(self, p: Poly, q: Poly) -> Poly:
        """p q"""
        if len(p) * len(q) > 20_000:
            raise TooHard("a product with too many terms")
        self.spend(len(p) * len(q))
        if p == {(): ONE}:
            return q
        if q == {(): ONE}:
            return p
        plain: Poly = {}
        extra = []
        for m, c in p.items():
            for n, d in q.items():
                found = self.merge(m, n)
                if isinstance(found, dict):
                    extra.append(self.scale(found, c * d))
                else:
                    value = plain.get(found, 0) + c * d
                    if value == 0:
                        plain.pop(found, None)
                    else:
                        plain[found] = value
        return self.total((plain, *extra)) if extra else plain

    def product(self, polys: Iterable[Poly]) -> Poly:
        """p q ..."""
        out: Poly = {(): ONE}
        for p in polys:
            out = self.times(out, p)
        return out

    def power(self, p: Poly, k: int) -> Poly:
        """p^k for k >= 0"""
        if k > 60 and len(p) > 1:
            raise TooHard("a high power of a sum")
        if k < 4:
            return self.product([p] * k)
        half = self.power(p, k // 2)
        return self.product([half, half, *([p] if k % 2 else [])])

    def merge(self, m: Mono, n: Mono) -> Mono | Poly:
        """The product of two monomials; an element if a law applies."""
        if not m or not n:
            return m or n
        powers = dict(m)
        for g, e in n:
            powers[g] = powers.get(g, 0) + e
        if any(g[0] in self.special for g, _ in m) or any(g[0] in self.special for g, _ in n):
            return self.tidy(powers)
        return tuple(sorted((g, e) for g, e in powers.items() if e != 0))

    def mono(self, powers: Mapping[Gen, Any]) -> Poly:
        """A product of powers as an element."""
        found = self.tidy(powers)
        return found if isinstance(found, dict) else {found: ONE}

    def tidy(self, powers: Mapping[Gen, Any]) -> Mono | Poly:
        """The laws of one monomial: idempotents, roots, denominators, deltas."""
        out: dict[Gen, Any] = {}
        extra: list[Poly] = []
        for g, e in powers.items():
            kind = self._kinds[g[0]]
            if e == 0:
                continue
            if kind in IDEMPOTENT or g[0] in self.idempotent:
                if e < 0:
                    raise Undecided("division by what may be zero")
                e = 1
            elif kind == "root" and not 0 < e < 1:
                k = e.numerator // e.denominator
                extra.append(self.law("root_of", self.body(g), k))
                e = e - k
            elif kind == "cos" and e > 1:
                extra.append(self.law("cos_of", self.body(g), e - e % 2))
                e = e % 2
            elif kind == "den" and e > 0:
                extra.append(self.power(self.body(g), int(e)))
                e = 0
            if e != 0:
                out[g] = e
        if self.one_hot and (found := self.law("picked", out)) is not None:
            return self.product([found, *extra])
        zeros = sum(self._kinds[g[0]] == "zero" for g in out)
        if zeros and self.law("vanishes", out):
            return {}
        if zeros > 1 and (found := self.law("joined", out)) is not None:
            return self.product([found, *extra])
        for g in [g for g in out if self._kinds[g[0]] == "delta"]:
            old, new = self.delta_rule(g)
            others = {h: e for h, e in out.items() if h != g}
            if old is not None and any(p[0] == old for h in others for p in h[1]):
                return self.product([self.one(g), self.substitute({tuple(others.items()): ONE}, {old: new}), *extra])
        mono = tuple(sorted(out.items()))
        return self.product([{mono: ONE}, *extra]) if extra else mono

    def delta_rule(self, g: Gen) -> tuple[int | None, Pos]:
        """delta_ij f_j = delta_ij f_i: the label to replace and its replacement, if the sizes agree."""
        p, q = sorted(g[1])
        if p[0] == -1:
            return (q[0], p) if q[1] == 0 else (None, p)
        if q[1] == 0 and p[0] >= 0 and self.sizes.get(p[0]) == self.sizes.get(q[0]) and p[1] == 0:
            return q[0], p
        return None, p

    # ---- renaming

    def delta(self, p: Pos, q: Pos) -> Poly:
        """Kronecker delta of two positions."""
        if p == q:
            return {(): ONE}
        if p[0] == q[0]:
            return {}
        for a, b in ((p, q), (q, p)):
            if a[0] == -1 and b[0] >= 0:
                size = self.sizes[b[0]]
                value = a[1] - b[1]
                if value < 0 or (isinstance(size, int) and value >= size):
                    return {}
        return self.one(self.leaf("delta", None, (p, q)))

    def substitute(self, p: Poly, mapping: Mapping[int, Pos]) -> Poly:
        """p with labels replaced by positions."""
        parts = []
        for mono, c in p.items():
            plain: dict[Gen, Any] = {}
            extra: list[Poly] = []
            for g, e in mono:
                moved = self._moved(g, e, mapping)
                if isinstance(moved, dict):
                    extra.append(moved)
                else:
                    plain[moved] = plain.get(moved, 0) + e
            parts.append(self.scale(self.product([self.mono(plain), *extra]), c))
        return parts[0] if len(parts) == 1 else self.total(parts)

    def _moved(self, g: Gen, e: Any, mapping: Mapping[int, Pos]) -> Gen | Poly:
        """One generator renamed; made again unless the new positions are distinct and plain."""
        at = tuple((mapping[p[0]][0], mapping[p[0]][1] + p[1]) if p[0] in mapping else p for p in g[1])
        if at == g[1]:
            return g
        if self._kinds[g[0]] == "delta":
            return self.delta(at[0], at[1])
        if not self.templates[g[0]].body or (len({p[0] for p in at}) == len(at) and all(p[0] != -1 for p in at)):
            return self.least(g[0], at)
        return self.remake((g[0], at), e)

    def alone(self, p: Poly) -> Gen | None:
        """The generator that an element is."""
        mono, c = next(iter(p.items()), ((), ONE))
        return mono[0][0] if len(p) == 1 and c == 1 and len(mono) == 1 and mono[0][1] == 1 else None

    def in_range(self, p: Pos, size: Any) -> bool:
        """Is the position always one of 0 .. size - 1?"""
        if p[0] == -1:
            return p[1] == 0 or (isinstance(size, int) and 0 <= p[1] < size)
        own = self.sizes.get(p[0])              # a slot of a template has none
        return (p[1] == 0 and own == size) or (
            isinstance(own, int) and isinstance(size, int) and p[1] >= 0 and own + p[1] <= size)

    def touches(self, g: Gen, label: int) -> bool:
        """Does the generator depend on the index?"""
        return any(p[0] == label for p in g[1])


__all__ = ["ONE", "Algebra", "Gen", "Inside", "Mono", "Nowhere", "Poly", "Pos", "Template", "TooHard", "Undecided",
           "exact", "whole"]
