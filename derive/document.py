"""A document is a tree of frozen parts; every format is printed from it, and formulas stay layouts until then."""

from __future__ import annotations

from dataclasses import dataclass

from .layout import Layout

Inline = str | Layout  # running text is words and formulas
Inlines = tuple[Inline, ...]


@dataclass(frozen=True)
class Line:
    """left = right, why, and the shape of the result.  A continued line has no left side."""

    left: Layout | None
    right: Layout
    reason: Inlines = ()
    shape: Layout | None = None
    relation: Layout | None = None  # "=" unless said otherwise


@dataclass(frozen=True)
class Equations:
    """Lines that stand under each other; `label` names them for references; `boxed` marks a result."""

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
    """A titled part; a title may hold formulas."""

    title: Inlines
    blocks: tuple[Block, ...]


Block = Equations | Paragraph | Items | Table | Section


@dataclass(frozen=True)
class Document:
    """The whole: to_latex, to_text, to_html and to_json print it."""

    title: str
    blocks: tuple[Block, ...]
    facts: tuple[tuple[str, str], ...] = ()  # plain data for to_json: ("dW1", "dZ1*X.T/m"), ...
    language: str = "en"
