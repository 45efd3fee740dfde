"""Is the forward function what it is meant to be?  A wrong one with a matching backward passes every gradient check.

Specifications are NumPy functions: by name from the table, or one's own.  They are traced as the forward function is,
with the same arguments in the same order.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from derive import DeriveError, Refuted, Unknown
from derive.arrays import decide_equal

from . import formulas as form
from .assumptions import Assumptions
from .grids import size
from .judging import Judgement
from .problem import Problem, parameters
from .refusal import WrongUse
from .report import Part
from .run import Stopped, Traced, trace_function


def softmax(x: Any) -> Any:
    """e^x_k / sum_i e^x_i along the last axis"""
    powers = np.exp(x)
    return powers / np.sum(powers, axis=-1, keepdims=True)


def layer_norm(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    """gamma (x - mean) / sqrt(var + eps) + beta, along the last axis.  Source: Ba, Kiros, Hinton (2016)."""
    mean = np.mean(x, axis=-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(np.var(x, axis=-1, keepdims=True) + eps) + beta


def batch_norm(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    """gamma (x - mean) / sqrt(var + eps) + beta, along the first axis.  Source: Ioffe, Szegedy (2015)."""
    return gamma * (x - np.mean(x, axis=0)) / np.sqrt(np.var(x, axis=0) + eps) + beta


def rms_norm(x: Any, gamma: Any, eps: Any) -> Any:
    """gamma x / sqrt(mean of squares + eps), along the last axis.  Source: Zhang, Sennrich (2019)."""
    return gamma * x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)


SPECIFICATIONS: dict[str, Callable[..., Any]] = {
    "affine": lambda x, w, b: x @ w + b,
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x, slope: np.where(x > 0, x, slope * x),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "softmax": softmax,
    "log_softmax": lambda x: np.log(softmax(x)),
    "logsumexp": lambda x: np.log(np.sum(np.exp(x), axis=-1)),
    "layer_norm": layer_norm,
    "batch_norm": batch_norm,
    "rms_norm": rms_norm,
    "mean_squared_error": lambda x, y: np.mean((x - y) ** 2),
    "softmax_cross_entropy": lambda x, y: -np.mean(np.sum(y * np.log(softmax(x)), axis=-1)),
}  # fmt: skip


def against(problem: Problem, assumptions: Assumptions, judged: Judgement, spec: Any, timeout: float) -> Part:
    """The verdict on the first output of the forward function."""
    name = spec if isinstance(spec, str) else getattr(spec, "__name__", "the specification")
    function = SPECIFICATIONS.get(spec) if isinstance(spec, str) else spec
    if function is None or not callable(function):
        raise WrongUse(
            f"no specification is called {spec!r}; there are {', '.join(SPECIFICATIONS)}, or give a function"
        )
    title = f"forward ({name})"
    traced = judged.traced
    if traced is None:
        return Part(title, Unknown("the functions could not be traced"), "")
    wanted = trace_function(bound(problem, function), traced.symbols)
    if isinstance(wanted, Stopped):
        return Part(title, Unknown(f"the specification cannot be traced: {wanted.reason}"), "", place=wanted.place)
    return Part(title, _verdict(traced, wanted, assumptions, timeout), "")


def bound(problem: Problem, function: Any) -> Callable[..., Any]:
    """The specification as a function of the arguments of the forward function: by name, else in their order."""
    forward = [p.name for p in parameters(problem.first)]
    try:
        own = [p.name for p in inspect.signature(function).parameters.values()]
    except ValueError:
        own = forward[:1]
    if set(own) <= set(forward):
        return lambda **values: function(**{n: values[n] for n in own})
    if len(own) > len(forward):
        raise WrongUse(f"the specification takes {', '.join(own)}; the forward function has {', '.join(forward)}")
    return lambda **values: function(*(values[n] for n in forward[: len(own)]))


def _verdict(traced: Traced, wanted: Any, assumptions: Assumptions, timeout: float) -> Any:
    own = traced.outputs[0]
    if own.axes != wanted.axes:
        known = traced.symbols.known
        pairs = [[size(axis).where(known) for axis in g.axes] for g in (own, wanted)]
        if pairs[0] == pairs[1]:
            return Unknown("the forward function and the specification have one shape for the given sizes alone")
        return Refuted("the forward function gives another shape than the specification")
    verdicts = []
    try:
        for v, w in zip(own.cells.ravel(), wanted.cells.ravel(), strict=True):
            shape = own.names
            verdicts.append(
                decide_equal(form.filled(v, shape), form.filled(w, shape), assumptions.facts(traced.symbols), timeout)
            )
    except (DeriveError, RecursionError) as error:
        return Unknown(f"not decided: {error}")
    for kind in (Refuted, Unknown):
        for found in verdicts:
            if isinstance(found, kind):
                return found
    return verdicts[0]
