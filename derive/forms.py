"""A derivation -> a document, in one of three forms: matrix, element, diagonal."""

from __future__ import annotations

from typing import Any

from .article import Article
from .backward_pass import InductivePass
from .diagonal_form import diagonal_form
from .document import Block, Document, Paragraph
from .element_form import element_form
from .errors import DeriveError
from .notation import Notation, notation
from .words import Words


def article(derivation: Any, style: Any = "ng", form: str = "matrix", language: str = "en") -> Document:
    """The document of a derivation in a notation, a form and a language.  Raises DeriveError for unknown names."""
    if form not in FORMS:
        raise DeriveError(f"unknown form {form!r}; expected one of {', '.join(FORMS)}")
    return FORMS[form](derivation, notation(style), Words(language))


def matrix_form(derivation: Any, style: Notation, words: Words) -> Document:
    """Conventions, symbols, forward pass, backward pass with reasons, summary, dimension check, steps, checks."""
    a = Article(derivation, style, words, getattr(derivation, "hypothesis", ""))
    if isinstance(derivation, InductivePass):
        first, second = derivation.cases()
        base, step = Article(first, style, words), Article(second, style, words, derivation.hypothesis)
        known = a.style.variable(derivation.hypothesis)
        backward: tuple[Block, ...] = (
            a.section("base_case", *base.backward().blocks),
            a.section(
                "induction_step", Paragraph(words("induction_text", known)), *step.backward().blocks, parts=("l+1", "l")
            ),
        )
    else:
        backward = (a.backward(),)
    blocks = (a.conventions(), a.symbols(), a.forward(), *backward, a.summary(), a.dimensions(), a.steps(), a.checked())
    return Document(a.title(), blocks, a.facts(), words.language)


FORMS: dict[str, Any] = {"matrix": matrix_form, "element": element_form, "diagonal": diagonal_form}
