"""Words of messages: numbers with their nouns, lists of names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def several(count: int, noun: str) -> str:
    """1 gradient, 2 gradients, no gradients, 1 axis, 2 axes"""
    if count == 1:
        return f"1 {noun}"
    many = {"axis": "axes", "index": "indices"}.get(noun, f"{noun}s")
    return f"{count or 'no'} {many}"


def listed(names: Iterable[object]) -> str:
    """Each once: N, D"""
    return ", ".join(dict.fromkeys(map(str, names)))


def as_integers(names: Iterable[object]) -> str:
    """give N as an integer;  give N, D as integers"""
    once = list(dict.fromkeys(map(str, names)))
    return f"give {', '.join(once)} as {'an integer' if len(once) == 1 else 'integers'} in shapes"


def meant(name: str, among: Iterable[str]) -> str:
    """did you mean 'weights'?"""
    near = difflib.get_close_matches(name, list(among), 1, 0.7)
    return f"; did you mean {near[0]!r}?" if near else ""
