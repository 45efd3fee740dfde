"""The header that names a model for `backproof check`: what a document prints as a comment above its formulas.

    backproof: mlp 784,30,10 hidden=tanh output=sigmoid loss=cross_entropy notation=ng samples=m
    backproof: notation=ng                        and below it the model in the claims language

A network of symbolic depth is named by one of its instances.  The words are those of docs/latex.md, and
reading/header.py reads them.
"""

from __future__ import annotations

import re
from typing import Any

from .array_code import CLAIMS, identifier
from .claims_text import model_text
from .errors import DeriveError
from .notation import SIZE, notation

ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "sign", "softmax", "identity", "gelu", "silu",
               "erf")  # fmt: skip
GENERIC = re.compile(r"g|h|f|sigma|phi|[gh]\d")
DEPTH = 3  # layers of weights of the instance that stands for any depth
TAKEN = frozenset(["J", "C", "L", "X", "Y", "x", "y", "z"])  # what a model calls something else


def model_header(derivation: Any, style: Any = "ng") -> str:
    """The text of the header for the formulas of a derivation in a notation; "" for what no header can name."""
    shown = notation(style)
    recipe = dict(derivation.program.recipe)
    if isinstance(recipe.get("sizes"), str):
        network = f"mlp {DEPTH} layers" if _is_named(derivation.program, recipe) else ""
    else:
        network = _network(derivation.program, recipe, shown)
    if network:
        return " ".join([f"backproof: {network}", *_options(derivation, recipe, shown)])
    return _own(derivation, shown)


def _is_named(program: Any, recipe: dict[str, Any]) -> bool:
    """Its activations have words."""
    names = [layer.activation for layer in program.layers] or [recipe["hidden"], recipe["output"]]
    return all(isinstance(n, str) and (n in ACTIVATIONS or GENERIC.fullmatch(n) is not None) for n in names)


def _network(program: Any, recipe: dict[str, Any], style: Any) -> str:
    """mlp 784,30,10 or mlp n,h,c; "" for other programs, and for names that mean something else in the model."""
    if not recipe or not _is_named(program, recipe):
        return ""
    sizes = [str(s) for s in recipe["sizes"]]
    last = len(sizes) - 1
    if sizes == [f"n{k}" for k in range(last + 1)]:
        return f"mlp {last} layer{'s' if last > 1 else ''}"
    own = re.compile(r"[nWbZAza]\d+")
    names = {s for s in sizes if not s.isdigit()}
    clash = any(own.fullmatch(s) or s in TAKEN or SIZE.fullmatch(s) or identifier(s, CLAIMS) != s for s in names)
    return "" if clash else f"mlp {','.join(sizes)}"


def _options(derivation: Any, recipe: dict[str, Any], style: Any) -> list[str]:
    """hidden=tanh output=sigmoid loss=cross_entropy notation=ng samples=m, and what else is not as usual."""
    program = derivation.program
    hidden, output = _activations(program, recipe)
    found = [f"hidden={hidden}"] if hidden else []
    found += [f"output={output}", f"loss={recipe['loss'] or 'generic'}", f"notation={style.name}"]
    found.append(f"samples={1 if program.samples is None else program.samples}")
    if program.samples is not None and derivation.mean == "early":
        found.append("mean=early")
    if recipe["l2"] is not None:
        found.append(f"l2={recipe['l2']}")
    return [*found, *(["weights=columns"] if recipe["weights"] == "columns" else [])]


def _activations(program: Any, recipe: dict[str, Any]) -> tuple[str, str]:
    """("tanh", "sigmoid"): one word for hidden layers that are all alike."""
    if not program.layers:
        return recipe["hidden"], recipe["output"]
    *hidden, output = [layer.activation for layer in program.layers]
    return hidden[0] if len(set(hidden)) == 1 else ",".join(hidden), output


def _own(derivation: Any, style: Any) -> str:
    """The equations of the forward model in the claims language; "" for what that cannot say."""
    program = derivation.program
    if not isinstance(program.recipe, tuple) or isinstance(dict(program.recipe).get("sizes"), str):
        return ""
    try:
        model = model_text(program)
    except DeriveError:
        return ""
    model = re.sub(r"(?:_prime)+", lambda found: "p" * (len(found[0]) // len("_prime")), model)  # z'' is zpp
    if style.shift:
        model = re.sub(r"\b(d?[A-Za-z])(\d+)\b", lambda found: f"{found[1]}{int(found[2]) + style.shift}", model)
    if program.layers and "z" not in program.symbols:
        model += "\nz: ()"  # any number: sigma'(z)
    mean = "" if derivation.factor == 1 else f" mean=late samples={derivation.factor}"
    return f"backproof: notation={style.name}{mean}\n{model}".rstrip("\n")


__all__ = ["ACTIVATIONS", "model_header"]
