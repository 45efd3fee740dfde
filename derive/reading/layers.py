"""Layers that a letter stands for: prod_{k=l}^{L-1} becomes its factors; which letters are layers, which count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from . import formula as f
from .errors import LatexError, UnknownName
from .model import Model

COUNTERS = frozenset(["i", "j", "k", "l", "L", "N"])  # letters of indices and layers: l = 2, 3 says nothing


def unrolled(formula: f.Formula, model: Model) -> f.Formula:
    """prod_{k=l}^{L-1} of matrices, factors in the order of k."""
    match formula:
        case f.Over(sign, index, lower, upper, body) if _layer_index(body, index) and lower and upper:
            first, last = (_integer(x, model) for x in (lower, upper))
            rest: tuple[f.Formula, ...] = ()
            if sign == "prod" and isinstance(body, f.Mul):  # a product reaches as far as its index is used
                used = [k for k, x in enumerate(body.factors) if _layer_index(x, index)]
                rest, body = body.factors[used[-1] + 1 :], f.Mul(body.factors[: used[-1] + 1], at=body.at)
            found = [unrolled(f.layered(body, index, k), model) for k in range(first, last + 1)]
            if not found and not rest:
                raise UnknownName(formula.at, f"the {sign} over {index} has no factors here")
            several = (*found, *rest)
            joined = f.Mul(several, at=formula.at) if sign == "prod" else f.Add(several, at=formula.at)
            return several[0] if len(several) == 1 else joined
        case f.Mul(factors):
            return replace(formula, factors=tuple(unrolled(x, model) for x in factors))
        case f.Over():
            return replace(formula, body=unrolled(formula.body, model))
    return formula


def _layer_index(body: f.Formula, index: str) -> bool:
    return any(p.layer is not None and p.layer.letter == index for p in f.parts(body) if isinstance(p, f.Var | f.Apply))


def _integer(formula: f.Formula, model: Model) -> int:
    match formula:
        case f.Num(value) if value.denominator == 1:
            return int(value)
        case f.Var("L", None, None):
            return model.depth
        case f.Add(terms):
            return sum(_integer(t, model) for t in terms)
        case f.Neg(inner):
            return -_integer(inner, model)
    raise LatexError(formula.at, "the bounds of a product are numbers of layers")


def layer_letters(sides: Sequence[f.Formula]) -> set[str]:
    """The letters that stand for layers."""
    bound = {p.index for side in sides for p in f.parts(side) if isinstance(p, f.Over)}
    used = (p.layer for side in sides for p in f.parts(side) if isinstance(p, f.Var | f.Apply) and p.layer is not None)
    return {layer.letter for layer in used if layer.letter not in ("", "L")} - bound


def has_dots(sides: Sequence[f.Formula | None]) -> bool:
    return any(isinstance(p, f.Var) and p.letter == "..." for s in sides if s is not None for p in f.parts(s))


def located(sides: Sequence[f.Formula], model: Model) -> list[f.Formula]:
    """z of a network with one layer is z of that layer; in what is said of functions alone it is any number.

    So is delta, the gradient in z.  Raises UnknownName where there are several layers, and z stands beside what is
    theirs.
    """
    variables = [p for side in sides for p in f.parts(side) if isinstance(p, f.Var) and p.letter not in ("e", "pi")]
    bare = [v for v in variables if _of_one_layer(v, model)]
    if not bare or all(v == f.Var(model.free) for v in variables):
        return list(sides)
    if model.depth != model.first + 1:
        name = {"delta": r"\delta", "Delta": r"\Delta"}.get(bare[0].letter, bare[0].letter)
        spelled = f"{name}^{{[1]}}" if model.square else f"{name}^2"
        raise UnknownName(bare[0].at, f"{name} of which layer?", f"write {spelled}")
    return [_at_layer(side, model) for side in sides]


def _of_one_layer(v: f.Var, model: Model) -> bool:
    """z, Z and delta without a layer, unless the model has them."""
    other = v.letter in (model.free.upper(), "delta", "Delta") and v.letter not in model.names
    return bool(model.free) and v.layer is None and (v.letter == model.free or other)


def _at_layer(part: Any, model: Model) -> Any:
    """z -> z^{[1]}"""
    if isinstance(part, tuple):
        return tuple(_at_layer(each, model) for each in part)
    if isinstance(part, f.Var) and _of_one_layer(part, model):
        return replace(part, layer=f.Place("", model.depth))
    if isinstance(part, f.Formula):
        return replace(part, **{x.name: _at_layer(getattr(part, x.name), model) for x in fields(part)})
    return part


def is_condition(sides: Sequence[f.Formula | None], model: Model) -> bool:
    """z = 0: where the argument of a function is a number, not a claim that it is one."""
    left, *rest = [s.inner if isinstance(s, f.Neg) else s for s in sides]
    return bool(model.free) and left == f.Var(model.free) and all(isinstance(s, f.Num) for s in rest)


def is_counter(left: f.Formula) -> bool:
    """l = 2: an index or a layer."""
    return isinstance(left, f.Var) and left.letter in COUNTERS and left.layer is None and left.entry is None
