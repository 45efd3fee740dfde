"""Documents -> JSON: the same tree, every formula as LaTeX and as text, and the equations as SymPy prints them."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any

from .document import Document
from .latex import latex
from .layout import Layout
from .text import text


def json_document(document: Document) -> str:
    """An object with title, language, equations and blocks."""
    tree = {"title": document.title, "language": document.language, "equations": dict(document.facts),
            "blocks": [_plain(b) for b in document.blocks]}  # fmt: skip
    return json.dumps(tree, ensure_ascii=False, indent=1)


def _plain(part: Any) -> Any:
    if isinstance(part, Layout):
        return {"latex": latex(part), "text": text(part)}
    if is_dataclass(part):
        return {"kind": type(part).__name__.lower(), **{f.name: _plain(getattr(part, f.name)) for f in fields(part)}}
    if isinstance(part, tuple):
        return [_plain(p) for p in part]
    return part
