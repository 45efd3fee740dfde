"""Optimizers as programs: what is remembered of each parameter, and the assignments that an update makes, in order.

All is said of one entry: w of a parameter, g of its gradient, t = 1, 2, ... the number of the update.  The formulas are
compiled like every other, entry by entry for whole arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sympy import Expr, Symbol, sqrt, symbols

from derive import DeriveError

w, g, t = symbols("w g t")
learning_rate, decay = symbols("learning_rate weight_decay")
Assignments = tuple[tuple[Symbol, Expr], ...]


@dataclass(frozen=True)
class Optimizer:
    """`each` is done for every parameter, after `first`, which speaks of numbers alone; `numbers` have defaults."""

    name: str
    each: Assignments
    numbers: Mapping[str, float] = field(default_factory=dict)
    first: Assignments = ()
    decoupled: bool = False  # weight decay acts on w beside the gradient, not through it

    @property
    def states(self) -> tuple[str, ...]:
        """What is remembered of each parameter: an array of its shape, zeros at first."""
        return tuple(str(left) for left, _ in self.each if left != w)


def _sgd() -> Optimizer:
    return Optimizer("sgd", ((w, w - learning_rate * g),))


def _momentum() -> Optimizer:
    """v <- mu v + g,  w <- w - eta v.  Source: Polyak (1964)."""
    v, mu = symbols("v momentum")
    return Optimizer("momentum", ((v, mu * v + g), (w, w - learning_rate * v)), {"momentum": 0.9})


def _nesterov() -> Optimizer:
    """v <- mu v + g,  w <- w - eta (g + mu v).  Source: Nesterov (1983), as Sutskever et al. (2013) have it."""
    v, mu = symbols("v momentum")
    return Optimizer("nesterov", ((v, mu * v + g), (w, w - learning_rate * (g + mu * v))), {"momentum": 0.9})


def _rmsprop() -> Optimizer:
    """r <- rho r + (1 - rho) g^2,  w <- w - eta g / (sqrt(r) + eps).  Source: Tieleman, Hinton (2012)."""
    r, rho, eps = symbols("r rho eps")
    each = ((r, rho * r + (1 - rho) * g**2), (w, w - learning_rate * (g / (sqrt(r) + eps))))
    return Optimizer("rmsprop", each, {"rho": 0.99, "eps": 1e-8})


def _adam() -> Optimizer:
    """s <- b1 s + (1 - b1) g,  r <- b2 r + (1 - b2) g^2,  w <- w - eta s' / (sqrt(r') + eps),
    with s' = s / (1 - b1^t), r' = r / (1 - b2^t).  Source: Kingma, Ba (2015)."""
    s, r, b1, b2, eps, rate, spread = symbols("s r beta1 beta2 eps rate spread")
    each = ((s, b1 * s + (1 - b1) * g), (r, b2 * r + (1 - b2) * g**2), (w, w - rate * (s / (spread * sqrt(r) + eps))))
    first = ((rate, learning_rate / (1 - b1**t)), (spread, 1 / sqrt(1 - b2**t)))
    return Optimizer("adam", each, {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}, first)


def _adamw() -> Optimizer:
    """Adam, with the weights drawn to zero beside the gradient: w <- w - eta lambda w.  Source: Loshchilov, Hutter
    (2019)."""
    return replace(_adam(), name="adamw", numbers={**_adam().numbers, "weight_decay": 0.01}, decoupled=True)


OPTIMIZERS = {"sgd": _sgd, "momentum": _momentum, "nesterov": _nesterov, "rmsprop": _rmsprop, "adam": _adam,
              "adamw": _adamw}  # fmt: skip


def optimizer_of(given: Any, numbers: Mapping[str, Any]) -> Optimizer:
    """A name of the table, or an Optimizer, with its numbers.  Raises DeriveError for names that are not known."""
    if isinstance(given, str):
        if given not in OPTIMIZERS:
            raise DeriveError(f"unknown optimizer {given!r}; expected one of {', '.join(OPTIMIZERS)}")
        given = OPTIMIZERS[given]()
    if not isinstance(given, Optimizer):
        raise DeriveError(f"an optimizer is one of {', '.join(OPTIMIZERS)}, or an Optimizer, not {given!r}")
    known = {**given.numbers, "weight_decay": given.numbers.get("weight_decay", 0.0)}
    for name, value in numbers.items():
        if name not in known:
            raise DeriveError(f"{given.name} has no number {name!r}; it has {', '.join(known)}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise DeriveError(f"{name} must be a number of at least 0, not {value!r}")
    return replace(given, numbers={**known, **numbers})
