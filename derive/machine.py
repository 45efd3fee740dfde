"""A derivation as data that a small interpreter can run: sizes, what is given, and the tree of every equation.

The page's script reads it: {"sizes": [["n1", 3], ...], "given": [{"name": "W1", "shape": [...], "fill": ...}, ...],
"equations": [["Z1", ["+", ...]], ...], "gradients": [["W1", "dW1"], ...], "loss": "J"}.
"""

from __future__ import annotations

import json
from typing import Any

from .array_tree import array_tree, parts
from .shapes import shape_of

SMALL = (2, 3, 2, 2)  # sizes to begin with, over and over
LARGEST = 6  # a size that can still be typed
NO_FORMULA = {"g", "loss", "loss'"}


def machine(derivation: Any) -> dict[str, Any] | str:
    """The program as plain data; else the key of the words that say why there is none."""
    program = derivation.program
    equations = [(str(e.lhs), array_tree(e.rhs)) for e in (*program.equations, *derivation.equations)]
    if any(node[0] in NO_FORMULA for _, tree in equations for node in parts(tree)):
        return "page_generic"
    given = [s for name, s in program.symbols.items() if name not in program.by_name]
    shapes = [n for s in program.symbols.values() for n in shape_of(s) or ()]
    if any(n.is_Integer and n > LARGEST for n in shapes):
        return "page_too_large"
    named = {str(s) for n in shapes for s in n.free_symbols}
    sizes = sorted(named, key=lambda name: (name == str(program.samples), len(name), name))
    return {
        "sizes": [[name, SMALL[k % len(SMALL)]] for k, name in enumerate(sizes)],
        "given": [_given(s, program) for s in given if str(s) not in sizes],
        "equations": equations,
        "gradients": [[str(p), f"d{p}"] for p in program.parameters],
        "loss": str(program.equations[-1].lhs),
    }


def machine_json(found: dict[str, Any]) -> str:
    """One line of JSON."""
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _given(symbol: Any, program: Any) -> dict[str, Any]:
    """A field: its name, its shape, and which numbers it is filled with."""
    shape = shape_of(symbol)
    if shape is None:
        return {"name": str(symbol), "shape": None, "value": 0.5}
    return {"name": str(symbol), "shape": [array_tree(n) for n in shape], "fill": _fill(symbol, program)}


def _fill(symbol: Any, program: Any) -> str:
    """One-hot columns where they must sum to 1, bits for labels, else any numbers."""
    if any(symbol in fact.left.free_symbols for fact in program.facts):
        return "one-hot"
    if str(symbol).upper() == "Y" and "cross" in program.loss:
        return "bits"
    return "numbers"
