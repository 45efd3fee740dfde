"""The network that a header names: its forward pass in the claims language, and the formulas for its gradients."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches

from ..claims.errors import ClaimsError
from ..model_header import ACTIVATIONS
from .model import GENERIC, HeaderError, Model, claims_name

NUMERAL = re.compile(r"\d+(\.\d+)?(/[1-9]\d*)?")
FREE = "z"
LOSSES: dict[str, Callable[[str, str], str]] = {
    "cross_entropy": lambda a, y: f"-sum({y} * log({a}) + (1 - {y}) * log(1 - {a}))",
    "squared_error": lambda a, y: f"sum(({a} - {y}) ** 2) / 2",
    "softmax_cross_entropy": lambda a, y: f"-sum({y} * log({a}))",
    "generic": lambda a, y: f"C({a}, {y})",
}


def network(sizes: list[str], options: Mapping[str, str], notation: str) -> Model:
    """Z_l = W_l A_{l-1} + b_l,  A_l = g_l(Z_l),  J = (1/m) sum of losses"""
    first = 0 if notation == "ng" else 1
    depth = first + len(sizes) - 1
    m = options.get("samples", "m")
    one = m == "1"
    if not (m.isidentifier() or (m.isdigit() and int(m) > 0)):
        raise HeaderError(0, f"samples={m} is no name", "write samples=m, samples=5, or samples=1 for one sample")
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
    dims = list(dict.fromkeys([*filter(None, named), *([] if m.isdigit() else [m])]))
    lines = [f"{', '.join(dims)} = dims"] if dims else []
    lines += [f"{k} = {s}" for k, s in zip(n, sizes, strict=True) if k != s]
    lines += [f"{g} = function" for g in dict.fromkeys(activations.values()) if g not in ACTIVATIONS]
    columns = options.get("weights") == "columns"
    for k, (below, here) in enumerate(itertools.pairwise(n), first + 1):
        lines += [f"W{k}: ({below}, {here})" if columns else f"W{k}: ({here}, {below})", f"b{k}: ({here}, 1)"]
    lines += [f"{case('X')}: ({n[0]}, {m})", f"{case('Y')}: ({n[-1]}, {m})"]
    lines.append(f"{FREE}: ()")
    l2 = options.get("l2", "")
    if l2.isidentifier():
        lines.append(f"{claims_name(l2)}: ()")
    elif l2 and not NUMERAL.fullmatch(l2):
        raise HeaderError(0, f"l2={l2} is neither a name nor a number", "write l2=lambda, l2=0.1 or l2=1/10")
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
        penalty = f" + {claims_name(l2) if l2.isidentifier() else f'({l2})'} / (2 * {m}) * ({squares})"
    lines.append(f"J = {LOSSES[loss](before, case('Y'))}{share}{penalty}")
    late = "" if one or options.get("mean", "late") == "early" else m
    decay = f" + {claims_name(l2) if l2.isidentifier() else f'({l2})'} / {m}" if l2 else ""
    known = _backward(activations, case, loss, first, "" if one else m, late, columns, decay)
    model = Model("\n".join(lines) + "\n", notation, first, depth, activations, late, FREE, known)
    try:
        _ = model.script
    except ClaimsError as error:
        raise HeaderError(0, error.message, error.advice) from None
    return model


def _backward(
    activations: Mapping[int, str], case: Callable[[str], str], loss: str, first: int, m: str, late: str,
    columns: bool, decay: str,
) -> dict[str, str]:  # fmt: skip
    """The gradients of a network, each from the next; a formula is used only beside the proof that it is right.

    dZ_L = A_L - Y,   dA_{l-1} = W_l^T dZ_l,   dZ_l = dA_l * g'(Z_l),   dW_l = (1/m) dZ_l A_{l-1}^T  (+ l2/m W_l)
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
        "generic": f"{late} * grad(J, {a})" if late else f"grad(J, {a})",
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
        of_input = f" / {late}" if before == X and late else ""
        found[f"d{before}"] = f"W{k}{'' if columns else '.T'} @ d{Z}{k}{of_input}"
        product = f"{before} @ d{Z}{k}.T" if columns else f"d{Z}{k} @ {before}.T"
        found[f"dW{k}"] = f"{product}{share}{f'{decay} * W{k}' if decay else ''}"
        found[f"db{k}"] = f"sum(d{Z}{k}, axis=1, keepdims=True){share}"
    return found


def _function(name: str) -> str:
    name = name.removeprefix("\\")
    if name in ACTIVATIONS or name in GENERIC or re.fullmatch(r"[gh]\d", name):
        return name
    near = get_close_matches(name, ACTIVATIONS, 1)
    raise HeaderError(0, f"unknown activation {name!r}", f"did you mean {near[0]}?" if near else
                      f"expected one of {', '.join(ACTIVATIONS)}, or g for a generic one")  # fmt: skip
