r"""The header of a file -> the model that it names.

backproof: mlp 2 layers hidden=tanh output=sigmoid loss=cross_entropy notation=ng
backproof: mlp 784,30,10 notation=nielsen samples=1
backproof: notation=ng                            and below it a model of one's own in the claims language
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from ..arrays.values import Named, Value
from ..claims.errors import ClaimsError
from .model import HeaderError, Model
from .network import FREE, network

OPTIONS: dict[str, tuple[str, ...]] = {  # the first is the default; none: any word
    "notation": ("ng", "nielsen"),
    "hidden": (),
    "output": (),
    "loss": ("cross_entropy", "squared_error", "softmax_cross_entropy", "generic"),
    "samples": (),
    "mean": ("late", "early"),
    "l2": (),
    "weights": ("rows", "columns"),
}


def read_header(text: str) -> Model:
    """The first line says options, lines below it are a model in the claims language.  Raises HeaderError."""
    first, _, below = text.partition("\n")
    words, options = _options(first)
    notation = options.get("notation", "ng")
    if below.strip():
        if words or options.keys() - {"notation", "mean", "samples"}:
            raise HeaderError(0, "a model is named in the first line or written below it, not both")
        return _own(below, notation, options)
    if not words or words[0] != "mlp":
        raise HeaderError(0, "no model is named", "write: backproof: mlp 2 layers hidden=tanh notation=ng")
    return network(_sizes(words[1:], notation), options, notation)


def _options(line: str) -> tuple[list[str], dict[str, str]]:
    words, options = [], {}
    for word in line.replace(", ", ",").split():
        name, equals, value = word.partition("=")
        if not equals:
            words.append(word)
            continue
        if name not in OPTIONS:
            near = get_close_matches(name, OPTIONS, 1)
            raise HeaderError(0, f"unknown option {name!r}", f"did you mean {near[0]}?" if near else
                              f"there are {', '.join(OPTIONS)}")  # fmt: skip
        if OPTIONS[name] and value not in OPTIONS[name]:
            raise HeaderError(0, f"{name}={value} is not known", f"expected one of {', '.join(OPTIONS[name])}")
        options[name] = value
    return words, options


def _sizes(words: list[str], notation: str) -> list[str]:
    """2 layers -> n0, n1, n2 (nielsen: n1, n2, n3); 784,30,10 as they are"""
    start = 0 if notation == "ng" else 1
    if len(words) == 2 and words[0].isdigit() and words[1] in ("layer", "layers"):
        if not 1 <= int(words[0]) <= 16:
            raise HeaderError(0, f"{words[0]} layers", "a network has 1 to 16 layers of weights")
        return [f"n{k}" for k in range(start, start + int(words[0]) + 1)]
    sizes = words[0].split(",") if len(words) == 1 else []
    if not 2 <= len(sizes) <= 17 or not all(s.isidentifier() or s.isdigit() for s in sizes):
        raise HeaderError(
            0, f"the layers are not readable: {' '.join(words)!r}", "write: mlp 2 layers, or mlp 784,30,10"
        )
    return sizes


def _own(text: str, notation: str, options: Mapping[str, str]) -> Model:
    model = Model(text.strip("\n") + "\n", notation, late=options.get("samples", "m") if
                  options.get("mean") == "late" else "")  # fmt: skip
    try:
        if model.script.assertions:
            line = model.script.assertions[0].line
            raise HeaderError(line, "a model declares and defines; it asserts nothing", "write the claim as a formula")
    except ClaimsError as error:
        raise HeaderError(error.line, error.message, error.advice) from None
    layers = [int(n[1:]) for n in model.names if re.fullmatch(r"[zZ]\d", n)]
    first = 0 if notation == "ng" else 1
    found = {k: found for k in layers or [0] if (found := _activation(model, k or ""))}
    z = model.names.get(FREE)
    free = FREE if layers and isinstance(z, Value) and not isinstance(z, Named) and z.shape == () else ""
    return Model(model.claims, notation, first, max(layers, default=0), found, model.late, free)


def _activation(model: Model, layer: int | str) -> str:
    """A1 = tanh(Z1)  ->  tanh"""
    written = re.search(rf"^[aA]{layer}\s*=\s*(\w+)\([zZ]{layer}\)", model.claims, re.MULTILINE)
    return written[1] if written else ""
