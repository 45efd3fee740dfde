"""Sizes as polynomials in the dimensions, with whole coefficients: N, 4 H, N - 1.

p > 0 for all dimensions >= 1   if   p(1 + t) has no negative coefficient and a positive constant term
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import comb

Monomial = tuple[str, ...]  # names, sorted, repeated for powers


@dataclass(frozen=True)
class Polynomial:
    """sum of c * names, without zero terms, sorted."""

    terms: tuple[tuple[Monomial, int], ...]

    def __str__(self) -> str:
        shown = []
        for names, c in sorted(self.terms, key=lambda term: (-len(term[0]), term[0])):
            factors = list(map(str, names)) if c == 1 and names else [str(c), *names]
            shown.append("*".join(factors))
        return " + ".join(shown).replace("+ -", "- ") or "0"

    @property
    def names(self) -> tuple[str, ...]:
        """The dimensions it depends on."""
        return tuple(sorted({name for names, _ in self.terms for name in names}))

    @property
    def number(self) -> int | None:
        """Its value, if it is the same for all dimensions."""
        if not self.terms:
            return 0
        return self.terms[0][1] if len(self.terms) == 1 and not self.terms[0][0] else None

    def at(self, sizes: Mapping[str, int]) -> int:
        """Its value."""
        total = 0
        for names, c in self.terms:
            for name in names:
                c *= sizes[name]
            total += c
        return total

    def where(self, known: Mapping[str, int]) -> Polynomial:
        """The polynomial in the dimensions that are left where some are known."""
        found: dict[Monomial, int] = {}
        for names, c in self.terms:
            for name in names:
                c *= known.get(name, 1)
            left = tuple(name for name in names if name not in known)
            found[left] = found.get(left, 0) + c
        return collect(found)

    def plus(self, other: Polynomial, scale: int = 1) -> Polynomial:
        """p + scale q"""
        found = dict(self.terms)
        for names, c in other.terms:
            found[names] = found.get(names, 0) + scale * c
        return collect(found)

    def times(self, other: Polynomial) -> Polynomial:
        """p q"""
        found: dict[Monomial, int] = {}
        for (m, c), (n, d) in product(self.terms, other.terms):
            key = tuple(sorted(m + n))
            found[key] = found.get(key, 0) + c * d
        return collect(found)

    def divided_by(self, other: Polynomial) -> Polynomial | None:
        """p / q for a q of one term that divides every term of p."""
        if len(other.terms) != 1:
            return None
        ((below, d),) = other.terms
        found: dict[Monomial, int] = {}
        for names, c in self.terms:
            rest = list(names)
            for name in below:
                if name not in rest:
                    return None
                rest.remove(name)
            if c % d:
                return None
            found[tuple(rest)] = c // d
        return collect(found)

    def sign(self) -> int | None:
        """1, 0 or -1 if the sign is the same for all dimensions >= 1; else None."""
        if not self.terms:
            return 0
        shifted = _shifted(self)
        constant = shifted.get((), 0)
        if all(c >= 0 for c in shifted.values()) and constant > 0:
            return 1
        if all(c <= 0 for c in shifted.values()) and constant < 0:
            return -1
        return None

    def not_negative(self) -> bool:
        """p >= 0 for all dimensions >= 1?  False says nothing."""
        return all(c >= 0 for c in _shifted(self).values())


def _shifted(p: Polynomial) -> dict[Monomial, int]:
    """The coefficients of p(1 + t)."""
    found: dict[Monomial, int] = {}
    for names, c in p.terms:
        powers = [(name, names.count(name)) for name in dict.fromkeys(names)]
        for chosen in product(*(range(k + 1) for _, k in powers)):
            ways = c
            key: Monomial = ()
            for (name, k), j in zip(powers, chosen, strict=True):
                ways *= comb(k, j)
                key += (name,) * j
            key = tuple(sorted(key))
            found[key] = found.get(key, 0) + ways
    return {key: c for key, c in found.items() if c}


def collect(found: Mapping[Monomial, int]) -> Polynomial:
    """A polynomial from its coefficients."""
    return Polynomial(tuple(sorted((names, c) for names, c in found.items() if c)))


def constant(value: int) -> Polynomial:
    """A number."""
    return collect({(): value})


def dimension(name: str) -> Polynomial:
    """A dimension."""
    return collect({(name,): 1})
