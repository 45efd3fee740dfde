"""A document is a tree of frozen parts; every format is printed from it, and formulas stay layouts until then."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .layout import Layout

Inline = str | Layout  # running text is words and formulas
Inlines = tuple[Inline, ...]


class Reference(str):
    """The number of an equation in running text, "(3)"; `label` is that of the line that it names."""

    label: str

    def __new__(cls, label: str, number: str = "") -> Reference:
        found = super().__new__(cls, f"({number})")
        found.label = label
        return found


@dataclass(frozen=True)
class Line:
    """left = right, why, and the shape of the result.  A continued line has no left side."""

    left: Layout | None
    right: Layout
    reason: Inlines = ()
    shape: Layout | None = None
    relation: Layout | None = None  # "=" unless said otherwise
    label: str = ""  # a line with a label is numbered
    number: str = ""  # as `numbered` counts: "3"


@dataclass(frozen=True)
class Equations:
    """Lines that stand under each other; `label` names the last of them; `boxed` marks a result."""

    lines: tuple[Line, ...]
    label: str = ""
    boxed: bool = False


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    inlines: Inlines


@dataclass(frozen=True)
class Items:
    """A list of short texts."""

    items: tuple[Inlines, ...]


@dataclass(frozen=True)
class Table:
    """A head and rows of cells."""

    head: tuple[str, ...]
    rows: tuple[tuple[Inlines, ...], ...]


@dataclass(frozen=True)
class Section:
    """A titled part; a title may hold formulas.  `model` is the header that names what its formulas speak of."""

    title: Inlines
    blocks: tuple[Block, ...]
    model: str = ""


Block = Equations | Paragraph | Items | Table | Section


@dataclass(frozen=True)
class Document:
    """The whole: to_latex, to_text, to_html and to_json print it."""

    title: str
    blocks: tuple[Block, ...]
    facts: tuple[tuple[str, str], ...] = ()  # plain data for to_json: ("dW1", "dZ1*X.T/m"), ...
    language: str = "en"
    model: str = ""  # the header for what stands before the first section


def numbered(document: Document) -> Document:
    """The same with lines that have a label counted from 1, and every reference to one of them showing its number."""
    numbers: dict[str, str] = {}
    counted = tuple(_counted(b, numbers) for b in document.blocks)
    return replace(document, blocks=tuple(_referred(b, numbers) for b in counted))


def _counted(block: Block, numbers: dict[str, str]) -> Block:
    if isinstance(block, Section):
        return replace(block, blocks=tuple(_counted(b, numbers) for b in block.blocks))
    if not isinstance(block, Equations) or block.boxed:
        return block
    lines = []
    for k, line in enumerate(block.lines):
        label = line.label or (block.label if k == len(block.lines) - 1 else "")
        if label:
            numbers[label] = str(len(numbers) + 1)
        lines.append(replace(line, label=label, number=numbers.get(label, "")))
    return replace(block, lines=tuple(lines))


def _referred(block: Block, numbers: dict[str, str]) -> Block:
    def shown(inlines: Inlines) -> Inlines:
        return tuple(Reference(i.label, numbers[i.label]) if isinstance(i, Reference) else i for i in inlines)

    match block:
        case Section(title, blocks):
            return replace(block, title=shown(title), blocks=tuple(_referred(b, numbers) for b in blocks))
        case Paragraph(inlines):
            return Paragraph(shown(inlines))
        case Items(items):
            return Items(tuple(map(shown, items)))
        case Table(head, rows):
            return Table(head, tuple(tuple(map(shown, r)) for r in rows))
        case Equations(lines):
            return replace(block, lines=tuple(replace(line, reason=shown(line.reason)) for line in lines))
