"""Elements as sums of terms: a rational times generators with exponents of either sign.

A generator is a template (closed, numbered) plus a tuple of positions; renaming an index touches the positions only.

    kind          body                      law kept here
    entry, dim    -                         size 1 is position 0; a dimension that is a number is that number
    delta         -                         delta^2 = delta,  delta_ij f_j = delta_ij f_i
    ind, zero     F                         [F>0]^2 = [F>0],  [F=0]^2 = [F=0]
    den           D, irreducible            exponents negative only
    root          E, irreducible            exponents in (0, 1); |E|^1 leaves it
    exp           one term                  exponents rational
    others        see `nonlinear`, `sums`
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from flint import fmpq

from ..errors import DeriveError
from .label import Canonical, Gen, Mono, Pos, Symmetries, TooHard, canonical, least_positions, slot

Poly = dict[Mono, fmpq]
Size = int | str
ONE = fmpq(1)
IDEMPOTENT = ("delta", "ind", "zero")


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
    ordered: tuple[str, ...]
    bound: tuple[str, ...]
    body: tuple[tuple[Any, Mono], ...]


@dataclass
class Algebra:
    """The templates of one decision, and the laws of multiplication."""

    budget: int
    templates: list[Template] = field(default_factory=list)
    symmetries: dict[int, Symmetries] = field(default_factory=dict)
    sizes: dict[int, Size] = field(default_factory=dict)
    rebuild: dict[str, Callable[..., Poly]] = field(default_factory=dict)
    positive: set[int] = field(default_factory=set)             # templates known > 0, whatever their positions
    nonnegative: set[int] = field(default_factory=set)          # templates known >= 0
    positive_arrays: set[str] = field(default_factory=set)
    idempotent: set[int] = field(default_factory=set)           # templates with X^2 = X
    special: set[int] = field(default_factory=set)              # templates that `tidy` has laws for
    constrained: set[str] = field(default_factory=set)          # arrays in equality facts
    sum_facts: dict[int, tuple[tuple[Pos, ...], Poly]] = field(default_factory=dict)
    names: dict[int, frozenset[str]] = field(default_factory=dict)
    analytic: dict[int, bool] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)        # null sets left out
    watch: Callable[[], None] = lambda: None
    _numbers: dict[Template, int] = field(default_factory=dict)
    _kinds: list[str] = field(default_factory=list)

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
            self._numbers[template] = len(self.templates)
            self.templates.append(template)
            self._kinds.append(template.kind)
            if template.kind == "delta":
                self.symmetries[self._numbers[template]] = ((0, 1), (1, 0))
            if template.kind in ("delta", "ind", "zero", "root", "den"):
                self.special.add(self._numbers[template])
        return self._numbers[template]

    def kind(self, g: Gen) -> str:
        """The kind of a generator."""
        return self._kinds[g[0]]

    def leaf(self, kind: str, payload: Any, at: tuple[Pos, ...]) -> Gen:
        """A generator without body: an entry, a dimension, a delta."""
        tid = self.number(Template(kind, payload, len(at), (), (), ()))
        return tid, least_positions(at, self.symmetries.get(tid, ()))

    def closed(self, kind: str, payload: Any, terms: list[tuple[Any, Mono]], ordered: tuple[int, ...] = (),
               bound: tuple[int, ...] = ()) -> Gen:
        """The generator whose template is the canonical form of the terms."""
        self.spend(4 + sum(len(m) for _, m in terms))
        c: Canonical = canonical(terms, ordered, {b: self.sizes[b] for b in bound}, self.symmetries)
        order_sizes = tuple(str(self.sizes[o]) for o in ordered)
        tid = self.number(Template(kind, payload, len(c.free), order_sizes, c.sizes, c.body))
        if c.symmetries:
            self.symmetries[tid] = c.symmetries
        return tid, least_positions(c.free, c.symmetries)

    def open(self, g: Gen) -> tuple[list[tuple[Any, Poly]], tuple[int, ...], tuple[int, ...]]:
        """The body of a generator at its positions: tagged elements, ordered labels, bound labels (fresh)."""
        t = self.templates[g[0]]
        ordered = tuple(self.label(s) for s in t.ordered)
        bound = tuple(self.label(s) for s in t.bound)
        mapping = dict(enumerate((*g[1], *((o, 0) for o in ordered), *((b, 0) for b in bound))))
        slots = {slot(k): p for k, p in mapping.items()}
        return [(tag, self.substitute({mono: ONE}, slots)) for tag, mono in t.body], ordered, bound

    def body(self, g: Gen) -> Poly:
        """The body of a generator that is one element."""
        return self.total(self.scale(p, fmpq(tag[1], tag[2])) for tag, p in self.open(g)[0])

    # ---- arithmetic

    def constant(self, value: Any) -> Poly:
        """A number."""
        value = fmpq(value.numerator, value.denominator) if isinstance(value, Fraction) else fmpq(value)
        return {(): value} if value != 0 else {}

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

    def scale(self, p: Poly, c: fmpq) -> Poly:
        """c p"""
        return {} if c == 0 else {m: c * v for m, v in p.items()}

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
        return self.product([p] * k) if len(p) != 1 or k < 4 else self._mono_power(p, k)

    def _mono_power(self, p: Poly, k: int) -> Poly:
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
                extra.append(self.rebuild["abs_power"](self.body(g), k))
                e = e - k
            elif kind == "den" and e > 0:
                extra.append(self.power(self.body(g), int(e)))
                e = 0
            if e != 0:
                out[g] = e
        for g in [g for g in out if self._kinds[g[0]] in ("ind", "zero") and self._settled(g, out)]:
            if self._kinds[g[0]] == "zero":
                return {}
            del out[g]
        mono = tuple(sorted(out.items()))
        deltas = [g for g in out if self._kinds[g[0]] == "delta"]
        for g in deltas:
            old, new = self.delta_rule(g)
            rest = {h: e for h, e in out.items() if h != g}
            if old is not None and any(p[0] == old for h in rest for p in h[1]):
                changed = self.substitute({tuple(sorted(rest.items())): ONE}, {old: new})
                return self.product([self.one(g), changed, *extra])
        return self.product([{mono: ONE}, *extra]) if extra else mono

    def _settled(self, z: Gen, powers: Mapping[Gen, Any]) -> bool:
        """[F = 0] [F > 0] = 0;  [F = 0] f = 0 and [F > 0] f = f if f = 0 where F = 0, the latter for F >= 0"""
        body = self.templates[z[0]].body
        zero = self._kinds[z[0]] == "zero"
        h, e = body[0][1][0] if len(body) == 1 and len(body[0][1]) == 1 else (None, 0)
        base = h[0] if h and e > 0 and h[1] == tuple((slot(k), 0) for k in range(len(z[1]))) else None
        fine = zero or (base is not None and (base in self.nonnegative or self._kinds[base] == "root" or e % 2 == 0))
        for g, k in powers.items():
            if g[1] == z[1] and g != z:
                kind, same = self._kinds[g[0]], self.templates[g[0]].body == body
                if (zero and kind == "ind" and same) or (k > 0 and ((fine and g[0] == base) or (
                        kind == "root" and same and (zero or z[0] in self.nonnegative)))):
                    return True
        return False

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

    def move(self, p: Pos, mapping: Mapping[int, Pos]) -> Pos:
        """A position after renaming its label."""
        if p[0] not in mapping or p[0] == -1:
            return p
        label, offset = mapping[p[0]]
        return label, offset + p[1]

    def substitute(self, p: Poly, mapping: Mapping[int, Pos]) -> Poly:
        """p with labels replaced by positions."""
        parts = []
        for mono, c in p.items():
            plain: dict[Gen, Any] = {}
            extra: list[Poly] = []
            for g, e in mono:
                moved = self.substitute_gen(g, e, mapping)
                if isinstance(moved, dict):
                    extra.append(moved)
                else:
                    plain[moved] = plain.get(moved, 0) + e
            found = self.tidy(plain)
            base = {found: c} if not isinstance(found, dict) else self.scale(found, c)
            parts.append(self.product([base, *extra]) if extra else base)
        return parts[0] if len(parts) == 1 else self.total(parts)

    def substitute_gen(self, g: Gen, e: Any, mapping: Mapping[int, Pos]) -> Gen | Poly:
        """One generator renamed; rebuilt from its body unless the new positions are distinct and plain."""
        at = tuple(self.move(p, mapping) for p in g[1])
        if at == g[1]:
            return g
        kind = self._kinds[g[0]]
        if kind == "delta":
            return self.delta(at[0], at[1])
        template = self.templates[g[0]]
        if not template.body or (len({p[0] for p in at}) == len(at) and all(p[0] != -1 for p in at)):
            return g[0], least_positions(at, self.symmetries.get(g[0], ()))
        self.spend(8)
        return self.rebuild[kind]((g[0], at), e)

    def touches(self, g: Gen, label: int) -> bool:
        """Does the generator depend on the index?"""
        return any(p[0] == label for p in g[1])


__all__ = ["Algebra", "Gen", "Mono", "Poly", "Pos", "Template", "TooHard", "Undecided"]
