r"""The model that a file's header names: declarations and definitions in the claims language, and who is who in LaTeX.

backproof: mlp 2 layers hidden=tanh output=sigmoid loss=cross_entropy notation=ng
backproof: mlp 784,30,10 notation=nielsen samples=1
backproof: notation=ng                            and below it a model of one's own in the claims language
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from ..arrays.values import Constant, Dimension, Named, Value
from ..claims.errors import ClaimsError
from ..claims.reading import Script, read
from ..claims.scope import Function, ScalarFunction
from ..errors import DeriveError
from .meaning import Habits

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
ACTIVATIONS = (
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "softplus",
    "sign",
    "softmax",
    "identity",
    "gelu",
    "silu",
    "erf",
)
GENERIC = ("g", "h", "f", "sigma", "phi")
LOSSES: dict[str, Callable[[str, str], str]] = {
    "cross_entropy": lambda a, y: f"-sum({y} * log({a}) + (1 - {y}) * log(1 - {a}))",
    "squared_error": lambda a, y: f"sum(({a} - {y}) ** 2) / 2",
    "softmax_cross_entropy": lambda a, y: f"-sum({y} * log({a}))",
    "generic": lambda a, y: f"C({a}, {y})",
}


class HeaderError(DeriveError):
    """A header that cannot be read; `line` counts from its first line."""

    def __init__(self, line: int, message: str, advice: str = "") -> None:
        super().__init__(message + (f"; {advice}" if advice else ""))
        self.line, self.message, self.advice = line, message, advice


@dataclass(frozen=True)
class Model:
    """What the names of the formulas below a header mean."""

    claims: str  # declarations and definitions
    notation: str
    first: int = 0  # the number of the input layer
    depth: int = 0  # the number of the last layer; 0 without layers
    activations: Mapping[int, str] = field(default_factory=dict)  # layer -> its function in the claims language
    late: str = ""  # the number of samples, where dZ is that many times the derivative
    gradients: Mapping[str, str] = field(default_factory=dict)  # dZ1 -> W2.T @ dZ2 * ...; proved where it is used

    @property
    def square(self) -> bool:
        return self.notation == "ng"

    @cached_property
    def script(self) -> Script:
        """The model as the claims language reads it."""
        return read(self.claims, "the model")

    @cached_property
    def names(self) -> Mapping[str, Any]:
        return self.script.reader.scope.names

    @cached_property
    def loss(self) -> str:
        """The name of what is differentiated: J, else L or C."""
        return next((name for name in ("J", "L", "C") if isinstance(self.names.get(name), Value)), "J")

    @cached_property
    def habits(self) -> Habits:
        declared = {spelled for name in self.names for spelled in latex_names(name)}
        functions = {n for n, v in self.names.items() if isinstance(v, Function)} | set(GENERIC) | {"Sigma"}
        scalar = {n for n, v in self.names.items() if isinstance(v, ScalarFunction)}
        variables = {n for n, v in self.names.items() if isinstance(v, Value)}
        return Habits(self.square, frozenset(functions - variables), frozenset({"L", "C", "J"} | scalar),
                      frozenset(declared))  # fmt: skip

    def near(self, name: str) -> str:
        """Advice that names what the model has."""
        found = get_close_matches(name, self.names, 1)
        known = [n for n, v in self.names.items() if isinstance(v, Value) and not isinstance(v, Constant | Dimension)]
        more = ", ..." if len(known) > 12 else ""
        return f"did you mean {found[0]}?" if found else f"the model has {', '.join(known[:12])}{more}"

    def scale(self, target: str) -> str:
        """dZ is m times the derivative where 1/m stands late."""
        return f"{self.late} * " if self.late and not self.is_parameter(target) else ""

    def is_parameter(self, name: str) -> bool:
        """Declared, not defined, and no input: dW is the derivative itself, wherever 1/m stands."""
        return not isinstance(self.names.get(name), Named) and name not in ("X", "x")


def latex_names(name: str) -> list[str]:
    """How a name of the claims language is spelled in LaTeX: zp is z', w_1 is w_1."""
    primes = re.fullmatch(r"([A-Za-z])(p+)", name)
    return [primes[1] + "'" * len(primes[2])] if primes else [name] if "_" in name else [name] if name == "d" else []


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
    return _network(_sizes(words[1:], notation), options, notation)


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
    return Model(model.claims, notation, first, max(layers, default=0), found, model.late)


def _activation(model: Model, layer: int | str) -> str:
    """A1 = tanh(Z1)  ->  tanh"""
    written = re.search(rf"^[aA]{layer}\s*=\s*(\w+)\([zZ]{layer}\)", model.claims, re.MULTILINE)
    return written[1] if written else ""


def _network(sizes: list[str], options: Mapping[str, str], notation: str) -> Model:
    """Z_l = W_l A_{l-1} + b_l,  A_l = g_l(Z_l),  J = (1/m) sum of losses"""
    first = 0 if notation == "ng" else 1
    depth = first + len(sizes) - 1
    m = options.get("samples", "m")
    one = m == "1"
    if not one and not m.isidentifier():
        raise HeaderError(0, f"samples={m} is no name", "write samples=m, or samples=1 for one sample")
    case = str.lower if one else str.upper
    loss = options.get("loss", "cross_entropy")
    output = options.get("output", "softmax" if loss == "softmax_cross_entropy" else "sigmoid")
    loss = "softmax_cross_entropy" if (loss, output) == ("cross_entropy", "softmax") else loss
    hidden = options.get("hidden", "tanh").split(",")
    functions = [*(hidden * (len(sizes) - 2) if len(hidden) == 1 else hidden), output]
    if len(functions) != len(sizes) - 1:
        raise HeaderError(0, f"{len(sizes) - 2} hidden layers need as many activations, but got {len(functions) - 1}")
    activations = dict(zip(range(first + 1, depth + 1), map(_function, functions), strict=True))
    n = [f"n{k}" for k in range(first, depth + 1)]
    named = [s if not s.isdigit() else "" for s in sizes]
    dims = list(dict.fromkeys([*filter(None, named), *([] if one else [m])]))
    lines = [f"{', '.join(dims)} = dims"] if dims else []
    lines += [f"{k} = {s}" for k, s in zip(n, sizes, strict=True) if k != s]
    lines += [f"{g} = function" for g in dict.fromkeys(activations.values()) if g not in ACTIVATIONS]
    columns = options.get("weights") == "columns"
    for k, (below, here) in enumerate(itertools.pairwise(n), first + 1):
        lines += [f"W{k}: ({below}, {here})" if columns else f"W{k}: ({here}, {below})", f"b{k}: ({here}, 1)"]
    lines += [f"{case('X')}: ({n[0]}, {m})", f"{case('Y')}: ({n[-1]}, {m})"]
    lines.append("z: ()")  # any number, for what is said of a function: sigma'(z) = sigma(z) (1 - sigma(z))
    if l2 := options.get("l2"):
        lines.append(f"{claims_name(l2)}: ()")
    if loss == "softmax_cross_entropy":
        lines.append(f"assume(sum({case('Y')}, axis=0) == 1)")
    if loss == "generic":
        lines.append("C = scalar_function")
    before = case("X")
    for k, g in activations.items():
        z = f"{case('Z')}{k}"
        lines.append(f"{z} = W{k}{'.T' if columns else ''} @ {before} + b{k}")
        before = f"{case('A')}{k}"
        lines.append(f"{before} = " + {"identity": z, "softmax": f"softmax({z}, axis=0)"}.get(g, f"{g}({z})"))
    share = "" if one else f" / {m}"
    penalty = ""
    if l2:
        squares = " + ".join(f"sum(W{k} ** 2)" for k in activations)
        penalty = f" + {claims_name(l2)} / (2 * {m}) * ({squares})"
    lines.append(f"J = {LOSSES[loss](before, case('Y'))}{share}{penalty}")
    late = "" if one or options.get("mean", "late") == "early" else m
    if loss == "generic" or l2 or columns:
        known = {}
    else:
        known = _backward(activations, case, loss, first, "" if one else m, late)
    model = Model("\n".join(lines) + "\n", notation, first, depth, activations, late, known)
    try:
        _ = model.script
    except ClaimsError as error:
        raise HeaderError(0, error.message, error.advice) from None
    return model


def _backward(
    activations: Mapping[int, str], case: Callable[[str], str], loss: str, first: int, m: str, late: str
) -> dict[str, str]:
    """The gradients of a network, each from the next; a formula is used only beside the proof that it is right.

    dZ_L = A_L - Y,   dA_{l-1} = W_l^T dZ_l,   dZ_l = dA_l * g'(Z_l),   dW_l = (1/m) dZ_l A_{l-1}^T
    """
    Z, A, X, Y = map(case, "ZAXY")
    depth = max(activations)
    share = f" / {m}" if late else ""
    early = f" / {m}" if m and not late else ""
    a = f"{A}{depth}"
    of_output = {
        "cross_entropy": f"-({Y} / {a} - (1 - {Y}) / (1 - {a})){early}",
        "squared_error": f"({a} - {Y}){early}",
        "softmax_cross_entropy": f"-{Y} / {a}{early}",
    }
    found = {f"d{a}": of_output[loss]}
    for k in range(depth, first, -1):
        before = f"{A}{k - 1}" if k > first + 1 else X
        g = activations[k]
        matched = (loss, g) in (("cross_entropy", "sigmoid"), ("softmax_cross_entropy", "softmax"))
        if k == depth and matched:
            found[f"d{Z}{k}"] = f"({a} - {Y}){early}"
        elif g == "softmax":
            return {}
        else:
            found[f"d{Z}{k}"] = f"d{A}{k}" if g == "identity" else f"d{A}{k} * diff({g})({Z}{k})"
        found[f"d{before}"] = f"W{k}.T @ d{Z}{k}" + (f" / {late}" if before == X and late else "")
        found[f"dW{k}"] = f"d{Z}{k} @ {before}.T{share}"
        found[f"db{k}"] = f"sum(d{Z}{k}, axis=1, keepdims=True){share}"
    return found


def _function(name: str) -> str:
    name = name.removeprefix("\\")
    if name in ACTIVATIONS or name in GENERIC or re.fullmatch(r"[gh]\d", name):
        return name
    near = get_close_matches(name, ACTIVATIONS, 1)
    raise HeaderError(0, f"unknown activation {name!r}", f"did you mean {near[0]}?" if near else
                      f"expected one of {', '.join(ACTIVATIONS)}, or g for a generic one")  # fmt: skip


def claims_name(name: str) -> str:
    """lambda is a word of Python."""
    return "lambda_" if name == "lambda" else name
