"""NumPy expressions -> the same in JAX or torch, part by part, by the vocabulary.

What the vocabulary does not have raises: nothing is passed on in the hope that it means the same.
"""

from __future__ import annotations

import ast
from functools import cache
from typing import Any

from derive import UnknownNode

from .vocabulary import MODULES, spellings

HOLE = "hole_"


def translate(text: str, backend: str) -> str:
    """An expression in NumPy -> in another backend.  Raises UnknownNode for a name of NumPy without a spelling."""
    if backend == "numpy":
        return text
    node = ast.parse(text, mode="eval").body
    found = _translated(node, backend)
    return (
        text
        if ast.dump(found) == ast.dump(node)
        else ast.unparse(ast.fix_missing_locations(found)).replace(" ** ", "**")
    )


@cache
def _templates(backend: str) -> tuple[tuple[ast.expr, ast.expr], ...]:
    """(what is looked for, what is written for it), with names for holes."""
    return tuple((_parsed(s.numpy), _parsed(getattr(s, backend))) for s in spellings())


def _parsed(template: str) -> ast.expr:
    return ast.parse(template.replace("{", HOLE).replace("}", ""), mode="eval").body


def _translated(node: Any, backend: str) -> Any:
    for pattern, written in _templates(backend):
        holes: dict[str, Any] = {}
        if _matches(pattern, node, holes):
            return _filled(written, {name: _translated(part, backend) for name, part in holes.items()})
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np":
        raise UnknownNode(f"the vocabulary of {MODULES[backend]}", ast.unparse(node))
    if isinstance(node, ast.Call) and not isinstance(node.func, ast.Attribute):
        raise UnknownNode(f"the vocabulary of {MODULES[backend]}", ast.unparse(node))
    return _rebuilt(node, backend)


def _rebuilt(node: Any, backend: str) -> Any:
    """The same node with translated parts."""
    if not isinstance(node, ast.AST):
        return node
    parts = {name: [_translated(p, backend) for p in part] if isinstance(part, list) else _translated(part, backend)
             for name, part in ast.iter_fields(node)}  # fmt: skip
    return type(node)(**parts)


def _matches(pattern: Any, node: Any, holes: dict[str, Any]) -> bool:
    """The node is the pattern, with something for every hole; the same for the same hole."""
    if isinstance(pattern, ast.Name) and pattern.id.startswith(HOLE):
        if not isinstance(node, ast.expr):
            return False
        known = holes.setdefault(pattern.id, node)
        return ast.dump(known) == ast.dump(node)
    if isinstance(pattern, list):
        return isinstance(node, list) and len(pattern) == len(node) and all(
            _matches(p, n, holes) for p, n in zip(pattern, node, strict=True)
        )  # fmt: skip
    if not isinstance(pattern, ast.AST):
        return bool(pattern == node)
    if type(pattern) is not type(node):
        return False
    fields = [name for name in pattern._fields if name not in ("ctx", "kind")]
    return all(_matches(getattr(pattern, name, None), getattr(node, name, None), holes) for name in fields)


def _filled(written: Any, holes: dict[str, Any]) -> Any:
    """The template with its holes filled."""
    if isinstance(written, ast.Name) and written.id in holes:
        return holes[written.id]
    if isinstance(written, list):
        return [_filled(part, holes) for part in written]
    if not isinstance(written, ast.AST):
        return written
    return type(written)(**{name: _filled(part, holes) for name, part in ast.iter_fields(written)})
