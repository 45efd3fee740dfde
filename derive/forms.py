"""A derivation -> a document: in matrix, element or diagonal form, or all of them; the key points, or everything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .article import Article
from .chains import backward
from .closing import batch, checked, cross_checked, dimensions, steps, summary
from .cross_check import CrossCheck
from .diagonal_form import diagonal_sections
from .document import Block, Document, Paragraph, numbered
from .element_form import element_section
from .errors import DeriveError
from .notation import notation
from .single import early, single
from .words import Words

FORMS = ("matrix", "element", "diagonal", "all")
DETAILS = ("key", "all")


def article(
    derivation: Any,
    style: Any = "ng",
    form: str = "matrix",
    language: str = "en",
    detail: str = "all",
    cross_checks: Iterable[CrossCheck] = (),
) -> Document:
    """The document of a derivation in a notation, a form, a language and a length.

    Raises DeriveError for unknown names, and for the diagonal form of a model that is not made of columns.
    """
    if form not in FORMS:
        raise DeriveError(f"unknown form {form!r}; expected one of {', '.join(FORMS)}")
    if detail not in DETAILS:
        raise DeriveError(f"unknown detail {detail!r}; expected one of {', '.join(DETAILS)}")
    words, shown = Words(language), notation(style)
    build = _Build(derivation, shown, words, detail == "key")
    blocks = {"matrix": build.matrix, "element": build.element, "diagonal": build.diagonal, "all": build.all}[form]()
    closing = (*build.proved(), *cross_checked(build.main, cross_checks))
    main = build.main
    return numbered(Document(main.title(), (*blocks, *closing), main.facts(), words.language, main.model))


class _Build:
    """The parts of a document in their order; `main` is the derivation that the document is about."""

    def __init__(self, derivation: Any, style: Any, words: Words, key: bool) -> None:
        self.given, self.style, self.words, self.key = derivation, style, words, key
        self.main = self.article(derivation)
        self.other: tuple[str, Any] | None = None  # what else is printed, and proved too

    def article(self, derivation: Any, prefix: str = "") -> Article:
        return Article(derivation, self.style, self.words, getattr(derivation, "hypothesis", ""), prefix)

    def batched(self) -> bool:
        """Several samples, in a network that can be written for one."""
        return self.given.program.samples is not None and bool(self.given.program.recipe)

    def head(self) -> tuple[Block, ...]:
        a = self.main
        symbols = () if self.key else (a.symbols(),)
        return (*a.opening(), a.conventions(), *symbols, a.forward())

    def foot(self) -> tuple[Block, ...]:
        return (summary(self.main), *(() if self.key else dimensions(self.main)))

    def matrix(self) -> tuple[Block, ...]:
        tables = () if self.key else (steps(self.main),)
        return (*self.head(), *backward(self.main, self.key), *self.batch(), *self.foot(), *tables)

    def element(self) -> tuple[Block, ...]:
        self.turn_to(self.alone() if self.batched() else early(self.given))
        return (*self.head(), element_section(self.main), *self.batch(), *self.foot())

    def diagonal(self) -> tuple[Block, ...]:
        if self.given.program.samples is not None:
            self.turn_to(self.alone())
        sections = diagonal_sections(self.main)
        return (*self.head(), *sections, *self.batch(), *self.foot())

    def all(self) -> tuple[Block, ...]:
        """Matrix form, and then the element and diagonal forms of the same network for one sample."""
        more = self.article(self.alone() if self.batched() else early(self.given), "one:")
        forward: tuple[Block, ...] = ()
        if self.batched():
            forward = (Paragraph((*self.words("one_sample_forward"), *self.words("colon"))), more.forward_equations())
        elif more.d is self.given:
            more = self.article(self.given)
        else:
            forward = (Paragraph(self.words("mean_early_here")),)
        try:
            diagonal: tuple[Block, ...] = diagonal_sections(more)
        except DeriveError:
            diagonal = (Paragraph(self.words("no_diagonal")),)
        if more.d is not self.given and self.batched():
            self.other = "checked_one", more.d
        tables = () if self.key else (steps(self.main),)
        return (*self.head(), *backward(self.main, self.key), element_section(more, forward), *diagonal, *self.batch(),
                *self.foot(), *tables)  # fmt: skip

    def alone(self) -> Any:
        return single(self.given)

    def turn_to(self, found: Any) -> None:
        """The document is about the network for one sample, or about the early mean."""
        self.main = self.article(found)
        if self.batched() and not self.key:
            self.other = "checked_batch", self.given

    def batch(self) -> tuple[Block, ...]:
        """One sample and the batch, side by side."""
        if self.key or not self.batched():
            return ()
        return (batch(self.article(self.given), self.article(self.alone())),)

    def proved(self) -> tuple[Block, ...]:
        return (checked(self.main, *(self.other or ())),)
