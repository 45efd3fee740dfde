"""How wide a formula or a text is on paper, in points at 11 pt: what the LaTeX printer decides line breaks by.

Estimates from the widths of Computer Modern, a little on the wide side.
"""

from __future__ import annotations

from .document import Inlines
from .errors import UnknownNode
from .layout import Big, Bracket, Fraction, Layout, Name, Root, Row, Scripts, Sign, tall

GAP = Sign(r"\quad", "  ")  # between a reason and a shape
SCRIPT = 0.74  # a superscript beside its base
NARROW, WIDE = "ijlftIrsJ'.,;:|![]()", "mwMWQOGDHNAUVKRXYZB"
SIGNS = {"=": 14.5, "+": 13.5, "-": 13.5, "*": 11.0, "⊙": 14.5, "×": 13.5, ",": 5.0, " ": 2.0, "  ": 11.0,
         "'": 3.2, "->": 17.0, " => ": 24.0, ", ": 16.0, ">": 14.5, "≥": 14.5, "in": 13.5}  # fmt: skip


def letters(text: str, upright: bool = False) -> float:
    """Letters and digits of a formula."""
    size = {**dict.fromkeys(NARROW, 4.6), **dict.fromkeys(WIDE, 9.2)}
    return sum(size.get(c, 6.0) * (0.95 if upright else 1.0) for c in text)


def width(part: Layout | None) -> float:
    """The width of a formula in display style."""
    match part:
        case None:
            return 0.0
        case Name(text=plain, upright=upright):
            return letters(plain, upright or len(plain) > 2)
        case Sign(text=plain):
            return SIGNS.get(plain, letters(plain) + 4.0)
        case Row(parts):
            return sum(map(width, parts))
        case Scripts(base, up, down):
            return width(base) + SCRIPT * max(width(up), width(down)) + 0.6
        case Fraction(top, bottom):
            return max(width(top), width(bottom)) + 3.0
        case Root(inside):
            return width(inside) + 9.5
        case Bracket(inside):
            return width(inside) + (16.0 if tall(inside) else 9.5)
        case Big(_, below, body, above):
            return max(16.5, SCRIPT * width(below), SCRIPT * width(above)) + 2.5 + width(body)
    raise UnknownNode("width", part)


def words_width(inlines: Inlines, small: float = 0.92) -> float:
    """The width of running text with formulas, set in \\small."""
    return small * sum(text_width(i) if isinstance(i, str) else 0.9 * width(i) for i in inlines)


def text_width(text: str) -> float:
    """Latin letters, and Chinese characters as wide as they are high."""
    return sum(11.0 if c > "⺀" else 3.6 if c in " ijlft.,;:()'" else 5.5 for c in text)


def wrapped(inlines: Inlines, limit: float) -> list[Inlines]:
    """Lines no wider than the limit, broken at spaces and between Chinese characters; never within a formula."""
    lines: list[list[str | Layout]] = [[]]
    used = 0.0
    for piece in _pieces(inlines):
        size = words_width((piece,))
        if used + size > limit and lines[-1]:
            lines.append([])
            used = 0.0
        if not lines[-1] and (piece == " " or piece == GAP):
            continue
        lines[-1].append(piece)
        used += size
    return [tuple(line) for line in lines]


def _pieces(inlines: Inlines) -> list[str | Layout]:
    """Words with their following punctuation, spaces, Chinese characters, formulas."""
    found: list[str | Layout] = []
    for inline in inlines:
        if not isinstance(inline, str) or type(inline) is not str:  # a formula, or a reference
            found.append(inline)
            continue
        word = ""
        for c in inline:
            if c == " " or c > "⺀":
                found += [word] if word else []
                word = ""
                found.append(c)
            else:
                word += c
        found += [word] if word else []
    return _glued(found)


def _glued(pieces: list[str | Layout]) -> list[str | Layout]:
    """Punctuation does not begin a line: plain words take it along."""
    found: list[str | Layout] = []
    for piece in pieces:
        closing = isinstance(piece, str) and piece[:1] in set(",.;:)，。；：）")
        if closing and found and type(found[-1]) is str and found[-1] != " ":
            found[-1] = found[-1] + str(piece)
        else:
            found.append(piece)
    return found
