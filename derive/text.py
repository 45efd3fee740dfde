"""Layouts and documents -> plain text for a terminal."""

from __future__ import annotations

from .document import Block, Document, Equations, Inlines, Items, Line, Paragraph, Section, Table
from .errors import UnknownNode
from .layout import EQUALS, PARTIAL, Big, Bracket, Fraction, Layout, Name, Root, Row, Scripts, Sign

SPACED = {"=", "+", "-", "*", "⊙", "×", ">", "≥", "<"}
SQUARED = {"T": "^T", "'": "'"}


def text(part: Layout) -> str:
    """Layout -> one line of plain text."""
    match part:
        case Name(text=plain) | Sign(text=plain):
            return plain
        case Row(parts):
            return _joined(parts)
        case Scripts(base, up, down):
            return text(base) + (f"_{_script(down)}" if down else "") + (_up(up) if up else "")
        case Fraction(top, bottom):
            return f"{_wrapped(top)}/{_wrapped(bottom)}"
        case Root(inside):
            return f"√{text(inside) if isinstance(inside, Name) else f'({text(inside)})'}"
        case Bracket(inside, square):
            return f"[{text(inside)}]" if square else f"({text(inside)})"
        case Big(sign, below, body, above):
            limits = f"_{{{text(below)}}}" + (f"^{{{text(above)}}}" if above else "")
            return f"{sign.text}{limits} {text(body)}"
    raise UnknownNode("text", part)


def _joined(parts: tuple[Layout, ...]) -> str:
    found = ""
    for k, part in enumerate(parts):
        plain = text(part)
        binary = isinstance(part, Sign) and plain in SPACED
        if binary:
            found += plain if plain == "-" and k == 0 else f"{plain} " if k == 0 else f" {plain} "
        elif found and isinstance(part, Big) and not found.endswith(" "):
            found += " " + plain
        else:
            found += plain
    return found.replace("  ", " ")


def _script(part: Layout) -> str:
    plain = text(part)
    return plain if len(plain) == 1 else f"{{{plain}}}"


def _up(part: Layout) -> str:
    plain = text(part)
    if set(plain) <= {"'"}:
        return plain
    if plain.startswith("["):
        return plain.replace("]T", "]^T")
    return f"^{plain}" if len(plain) == 1 else f"^{{{plain}}}"


def _wrapped(part: Layout) -> str:
    """A part of a fraction, in brackets when it is more than one thing."""
    one = isinstance(part, Name | Bracket | Scripts | Root) or (isinstance(part, Row) and part.parts[0] == PARTIAL)
    return text(part) if one else f"({text(part)})"


def text_document(document: Document) -> str:
    """The whole document, 100 columns or so."""
    rule = "=" * len(document.title)
    return "\n\n".join([f"{document.title}\n{rule}", *(_block(b, 0) for b in document.blocks)]) + "\n"


def _block(block: Block, depth: int) -> str:
    match block:
        case Section(title, blocks):
            heading = _inlines(title)
            underline = ("-", ".")[min(depth, 1)] * len(heading)
            return "\n\n".join([f"{heading}\n{underline}", *(_block(b, depth + 1) for b in blocks)])
        case Paragraph(inlines):
            return _inlines(inlines)
        case Items(items):
            return "\n".join(f"- {_inlines(i)}" for i in items)
        case Table(head, rows):
            cells = [head, *(tuple(_inlines(c) for c in row) for row in rows)]
            widths = [max(len(r[k]) for r in cells) for k in range(len(head))]
            lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in cells]
            return "\n".join([lines[0], "  ".join("-" * w for w in widths), *lines[1:]])
        case Equations(lines):
            return "\n".join(_lines(lines))
    raise UnknownNode("text_document", block)


def _lines(lines: tuple[Line, ...]) -> list[str]:
    left_width = max((len(text(line.left)) for line in lines if line.left is not None), default=0)
    found = []
    for line in lines:
        left = text(line.left) if line.left is not None else ""
        formula = f"  {left:>{left_width}} {text(line.relation or EQUALS)} {text(line.right)}"
        notes = [_inlines(line.reason)] if line.reason else []
        if line.shape is not None:
            notes.append(text(line.shape))
        if line.number:
            notes.append(f"({line.number})")
        found.append(f"{formula:<58}    {'   '.join(notes)}".rstrip() if notes else formula)
    return found


def _inlines(inlines: Inlines) -> str:
    return "".join(i if isinstance(i, str) else text(i) for i in inlines)
