"""What a formula looks like, before any format: names, rows, fractions, scripts.  latex, text and html print it.

A layout has no mathematics in it and no markup; precedence and brackets are settled by whoever builds it.
"""

from __future__ import annotations

from dataclasses import dataclass


class Layout:
    """Something that can be printed."""


@dataclass(frozen=True)
class Name(Layout):
    """An identifier: LaTeX and plain spelling; upright names are operators such as tanh."""

    latex: str
    text: str
    upright: bool = False


@dataclass(frozen=True)
class Sign(Layout):
    """An operator or relation between parts: =, +, the Hadamard sign."""

    latex: str
    text: str


@dataclass(frozen=True)
class Row(Layout):
    """Parts side by side."""

    parts: tuple[Layout, ...]


@dataclass(frozen=True)
class Scripts(Layout):
    """A base with a superscript and a subscript."""

    base: Layout
    up: Layout | None = None
    down: Layout | None = None


@dataclass(frozen=True)
class Fraction(Layout):
    """Numerator over denominator."""

    top: Layout
    bottom: Layout


@dataclass(frozen=True)
class Root(Layout):
    """The square root of a part."""

    inside: Layout


@dataclass(frozen=True)
class Bracket(Layout):
    """A part in round or square brackets."""

    inside: Layout
    square: bool = False


@dataclass(frozen=True)
class Big(Layout):
    """A sum or product sign with what it runs over, in front of its body."""

    sign: Sign
    below: Layout
    body: Layout
    above: Layout | None = None


EQUALS = Sign("=", "=")
PLUS = Sign("+", "+")
MINUS = Sign("-", "-")
COMMA = Sign(",", ",")
THIN = Sign(r"\,", " ")
PRIME = Sign(r"\prime", "'")
SUM = Sign(r"\sum", "sum")
PRODUCT = Sign(r"\prod", "prod")
PARTIAL = Name(r"\partial", "∂")


def row(*parts: Layout) -> Layout:
    """Side by side; one part stays itself, rows are joined."""
    flat = [q for p in parts for q in (p.parts if isinstance(p, Row) else (p,))]
    return flat[0] if len(flat) == 1 else Row(tuple(flat))


def tall(part: Layout) -> bool:
    """Needs growing brackets: a fraction or a big sign somewhere inside."""
    match part:
        case Fraction() | Big():
            return True
        case Row(parts):
            return any(map(tall, parts))
        case Scripts(base) | Bracket(base) | Root(base):
            return tall(base)
    return False


def number(value: object) -> Name:
    """A number as it stands."""
    return Name(str(value), str(value))


def letter(text: str) -> Name:
    """A variable: Greek names become Greek letters, long names upright."""
    if text in GREEK:
        return Name(rf"\{text}", GREEK[text])
    return Name(text if len(text) == 1 else rf"\mathit{{{text}}}", text)


def partial(of: Layout, by: Layout) -> Layout:
    """d of / d by, with round d."""
    return Fraction(row(PARTIAL, of), row(PARTIAL, by))


GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η", "theta": "θ", "lambda": "λ",
    "mu": "μ", "nu": "ν", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "psi": "ψ", "omega": "ω",
}  # fmt: skip
