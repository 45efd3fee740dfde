"""A LaTeX formula as it is written: letters with scripts, fractions, brackets, sums.  What it means is settled later.

Every node knows the characters of the formula it came from; they do not count when nodes are compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Node:
    """A part of a formula; `start` and `end` are offsets in its text."""

    start: int = field(default=0, compare=False, kw_only=True)
    end: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True)
class Number(Node):
    """12 or 0.5"""

    text: str


@dataclass(frozen=True)
class Letter(Node):
    """Z, a Greek letter by its name, or a word such as axis; alphabets (bold, roman) are not kept."""

    name: str


@dataclass(frozen=True)
class Operator(Node):
    """A named function: log, tanh, softmax, np.sum."""

    name: str


@dataclass(frozen=True)
class Big(Node):
    """The sign of a sum or a product; what it runs over are its scripts."""

    name: str


@dataclass(frozen=True)
class Bracket(Node):
    """( ... ), [ ... ], { ... } or a norm, with a list of parts."""

    kind: str
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Fraction(Node):
    """Numerator over denominator."""

    top: Node
    bottom: Node


@dataclass(frozen=True)
class Scripted(Node):
    """A base with superscripts, subscripts and primes in the order in which they are written."""

    base: Node
    up: tuple[Node, ...]
    down: tuple[Node, ...]
    primes: int = 0


@dataclass(frozen=True)
class Run(Node):
    """Factors side by side."""

    factors: tuple[Node, ...]


@dataclass(frozen=True)
class Product(Node):
    """Runs joined by signs: a \\odot b * c / d."""

    runs: tuple[Node, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True)
class Sum(Node):
    """Terms, each with its sign."""

    terms: tuple[Node, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True)
class Relation(Node):
    """a = b = c; the first side is None where a line goes on from the one before."""

    sides: tuple[Node | None, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True)
class Raised(Node):
    """\\circ p: the exponent of a power entry by entry."""

    exponent: Node
