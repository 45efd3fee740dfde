"""A document, and what is known beside it -> the whole page."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from ..document import Document
from ..words import Words
from .blocks import Printer
from .companion import Companion
from .graph import graphs
from .numbers import numbers
from .rules import steps_and_laws, whole_texts


def html_document(document: Document, companion: Companion | None = None) -> str:
    """One file that works from disk: no network, no fonts; without its companion a page has no script either."""
    words = Words(document.language)
    printer = Printer(words, companion)
    body = "\n".join(printer.block(b, 2) for b in document.blocks)
    title = escape(document.title)
    before, after, scripts = "", "", ""
    if companion is not None:
        before = whole_texts(companion, printer) + graphs(companion, printer)
        after = numbers(companion, printer) + steps_and_laws(companion, printer) + printer.bar()
        scripts = "".join(f"<script>\n{asset(name)}</script>\n" for name in ("page.js", "numbers.js"))
    return (
        f'<!doctype html>\n<html lang="{document.language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>\n{asset('page.css')}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{before}{body}\n{after}"
        f"</main>\n{scripts}</body>\n</html>\n"
    )


def asset(name: str) -> str:
    """The text of a style sheet or script of this package."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
