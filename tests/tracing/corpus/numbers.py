"""Concrete arguments for a row of the corpus, and derivatives by differences: what a prover must not need."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .entry import Entry

SIZES = (
    {"N": 3, "D": 4, "C": 5, "H": 2, "M": 6, "T": 7, "K": 8, "n0": 2, "n1": 5, "n2": 3, "n3": 4, "m": 6},
    {"N": 6, "D": 3, "C": 2, "H": 5, "M": 4, "T": 1, "K": 5, "n0": 4, "n1": 3, "n2": 2, "n3": 1, "m": 5},
)

Arrays = dict[str, Any]


def sizes(entry: Entry) -> tuple[dict[str, int], ...]:
    """Two sets of dimensions: the entry's own, on top of the defaults."""
    own = entry.sizes or ({}, {})
    return tuple({**default, **mine} for default, mine in zip(SIZES, own, strict=True))


def arguments(entry: Entry, dims: Mapping[str, int], rng: np.random.Generator, usual: bool = True) -> Arrays:
    """Every argument of the forward function, by name; usual: hyperparameters at the values people check."""
    found: Arrays = {}
    for name, shape in entry.shapes.items():
        concrete = tuple(length(side, dims) for side in shape)
        if name in entry.labels:
            found[name] = rng.integers(0, length(entry.labels[name], dims), concrete)
        elif usual and name in entry.usual:
            found[name] = entry.usual[name]
        else:
            drawn = DRAW[entry.draw.get(name, "normal")](rng, concrete)
            found[name] = drawn if shape else float(drawn)
    return {**found, **entry.passed}


def length(side: str | int, dims: Mapping[str, int]) -> int:
    """An integer, a dimension, or a product of them: "4*H"."""
    return math.prod(dims[part] if part in dims else int(part) for part in str(side).split("*"))


def _one_hot(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Rows with a single 1."""
    return np.eye(shape[1])[rng.integers(0, shape[1], shape[0])]


def _probabilities(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Positive rows that sum to 1."""
    p = rng.uniform(0.2, 1.0, shape)
    return p / p.sum(axis=-1, keepdims=True)


DRAW: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Any]] = {
    "normal":        lambda rng, shape: rng.standard_normal(shape),
    "positive":      lambda rng, shape: rng.uniform(0.4, 1.6, shape),
    "unit":          lambda rng, shape: rng.uniform(0.2, 0.8, shape),
    "binary":        lambda rng, shape: rng.integers(0, 2, shape).astype(float),
    "sign":          lambda rng, shape: 2.0 * rng.integers(0, 2, shape) - 1.0,
    "one_hot":       _one_hot,
    "column":        lambda rng, shape: _one_hot(rng, shape[::-1]).T,
    "probabilities": _probabilities,
    "counts":        lambda rng, shape: rng.integers(0, 5, shape).astype(float),
}  # fmt: skip


# --- calling ----------------------------------------------------------------------------------------------------------

Pair = tuple[Callable[..., Any], Callable[..., Any]]


def output(entry: Entry, forward: Callable[..., Any], args: Arrays) -> Any:
    """The forward result alone: out of (out, cache), or the loss."""
    result = forward(**args)
    return result[0] if entry.style == "backward" and isinstance(result, tuple) else result


def gradients(entry: Entry, pair: Pair, args: Arrays, dout: Any = None) -> dict[str, Any]:
    """What the hand-written code gives, by name; dout counts for pairs of style "backward" only."""
    forward, backward = pair
    if entry.style == "backward":
        _, cache = forward(**args)
        found = backward(dout, cache)
    else:
        found = backward(**args)
    return named(entry, found)


def named(entry: Entry, found: Any) -> dict[str, Any]:
    """A dict, a tuple or list in the order of wrt, or one array -> by name of wrt."""
    if isinstance(found, dict):
        return {name: found[name] for name in entry.wrt}
    if isinstance(found, tuple | list):
        return dict(zip(entry.wrt, found, strict=True))
    return dict(zip(entry.wrt, (found,), strict=True))


def draw_dout(entry: Entry, forward: Callable[..., Any], args: Arrays, rng: np.random.Generator) -> Any:
    """A random array shaped as the output; None for a loss."""
    return rng.standard_normal(np.shape(output(entry, forward, args))) if entry.style == "backward" else None


# --- derivatives without rules ----------------------------------------------------------------------------------------

STENCIL = ((1, 2 / 3), (-1, -2 / 3), (2, -1 / 12), (-2, 1 / 12))  # f'(x) h, up to h^5 f'''''(x) / 30
STEP = 2e-4


def by_differences(entry: Entry, forward: Callable[..., Any], args: Arrays, dout: Any, name: str) -> Any:
    """d sum(dout * out) / d args[name] by differences of fourth order: about 1e-11."""

    def at(value: Any) -> Any:
        return _scalar(entry, forward, {**args, name: value}, dout)

    def slope(value: Any, place: Any) -> Any:
        return sum(weight * at(_moved(value, place, k * STEP)) for k, weight in STENCIL) / STEP

    return _for_every_entry(args[name], slope)


def by_complex_step(entry: Entry, forward: Callable[..., Any], args: Arrays, dout: Any, name: str) -> Any:
    """d sum(dout * out) / d args[name], the imaginary part at x + 1e-30 i: exact, where forward is analytic."""

    def slope(value: Any, place: Any) -> Any:
        return _scalar(entry, forward, {**args, name: _moved(value, place, 1e-30j)}, dout).imag / 1e-30

    return _for_every_entry(args[name], slope)


def _scalar(entry: Entry, forward: Callable[..., Any], args: Arrays, dout: Any) -> Any:
    out = output(entry, forward, args)
    return np.sum(out if dout is None else dout * out)


def _moved(value: Any, place: Any, by: complex) -> Any:
    moved = np.array(value, dtype=complex if isinstance(by, complex) else float)
    moved[place] += by
    return moved if moved.ndim else moved[()]


def _for_every_entry(value: Any, function: Callable[[Any, Any], Any]) -> Any:
    found = np.zeros(np.shape(value))
    for place in np.ndindex(found.shape):
        found[place] = function(value, place)
    return found
