"""Words of one language, by key; formulas are put in by position: {0}, {1}."""

from __future__ import annotations

import re
from typing import Any

from ..document import Inlines
from ..errors import DeriveError
from ..layout import Layout
from .chinese import CHINESE
from .english import ENGLISH

CATALOGUES = {"en": ENGLISH, "zh": CHINESE}


class Words:
    """One language.  words("late", a, b) gives inlines with a and b, formulas or texts, in their places.

    Raises DeriveError for a language without a catalogue.
    """

    def __init__(self, language: str) -> None:
        if language not in CATALOGUES:
            raise DeriveError(
                f"there is no catalogue for language {language!r}; expected one of {', '.join(CATALOGUES)}"
            )
        self.language = language
        self.catalogue = CATALOGUES[language]

    def __call__(self, key: str, *parts: Any) -> Inlines:
        found: list[Any] = []
        for piece in re.split(r"(\{\d\})", self.catalogue[key]):
            if re.fullmatch(r"\{\d\}", piece):
                part = parts[int(piece[1])]
                found.extend(
                    part if isinstance(part, tuple) else [part if isinstance(part, Layout | str) else str(part)]
                )
            elif piece:
                found.append(piece)
        return tuple(found)

    def plain(self, key: str, *parts: Any) -> str:
        """Words without formulas."""
        return "".join(str(p) for p in self(key, *parts))

    def __contains__(self, key: str) -> bool:
        return key in self.catalogue

    def joined(self, parts: list[Any]) -> Inlines:
        """a, b, c, as the language writes a list."""
        comma = self.catalogue["comma"]
        flat = [p if isinstance(p, tuple) else (p,) for p in parts]
        return tuple(q for k, p in enumerate(flat) for q in ((comma, *p) if k else p))

    def label(self, label: str) -> str:
        """ "sigmoid + cross-entropy", each name as the language says it."""
        return " + ".join(self.catalogue.get(f"name {part}", part) for part in label.split(" + "))
