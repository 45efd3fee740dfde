"""Gradient descent from derived formulas, on all samples, on mini-batches, or on one sample at a time.

    W <- W - learning_rate * dW,  b <- b - learning_rate * db;  stop when no entry of any W, b changes by more than
    epsilon in one update, or after the last epoch or iteration.  Source: Nielsen (2015), chapter 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any

import numpy as np

from derive import DeriveError

from .arrays import check_shapes
from .codegen import CompiledDerivation, lambdify
from .initialization import initialize
from .samples import Samples, check_finite, checked_inputs

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Training:
    """What training gives.  `history` has one cost per epoch: the mean over its samples, each before its update."""

    params: Mapping[str, Array]
    history: tuple[float, ...]
    stopped: str  # why: "epochs", "max_iterations", "small change" or "callback"
    iterations: int  # the number of updates
    seed: int

    def __str__(self) -> str:
        costs = f"cost {self.history[0]:.6g} -> {self.history[-1]:.6g}" if self.history else "no epoch"
        return f"{len(self.history)} epochs, {self.iterations} updates, {costs}; stopped by {self.stopped}"


@dataclass(frozen=True)
class Progress:
    """What a callback is told after each epoch; `params` are the arrays that training goes on with."""

    epoch: int  # 1, 2, ...
    cost: float
    params: Mapping[str, Array]
    iterations: int


def train(
    d: Any,
    *arrays: Any,
    learning_rate: float,
    epochs: int = 100,
    batch_size: int | None = None,
    params: Mapping[str, Any] | None = None,
    scale: str | float = "normal",
    seed: int = 0,
    stop: float | None = None,
    max_iterations: int | None = None,
    callback: Callable[[Progress], Any] | None = None,
    **numbers: float,
) -> Training:
    """Minimize the loss of a derivation, train(d, X, Y, learning_rate=0.1): the result holds params and history.

    `batch_size` None takes all samples at once, 1 is stochastic gradient descent; batches are drawn without
    replacement in each epoch, the last one may be short.  Starts from `params`, which are copied, or from
    initialize(d, seed, scale).  `stop` is the epsilon of the stopping rule.  A callback that returns True ends it all.
    `numbers` are the free numbers of the program, such as l2.  The same seed gives the same result.
    Raises DeriveError for data that do not fit, and when the cost is not finite, naming epoch and batch.
    """
    _check_options(learning_rate, epochs, batch_size, stop, max_iterations)
    f: CompiledDerivation = d if isinstance(d, CompiledDerivation) else lambdify(d)
    inputs = checked_inputs(f, arrays)
    dtype = np.result_type(*(x.dtype for x in inputs.values())) if inputs else np.dtype(float)
    if params is None:
        params = initialize(f.program, seed, scale, dtype, check_shapes(inputs))
    values = f.bind(params, *inputs.values(), **numbers)
    check_finite(values)
    theta = {str(p): np.array(values[p]) for p in f.program.parameters}
    run = partial(f.run, **f.plain(values)[1])
    dtype = np.result_type(*(p.dtype for p in theta.values()))
    samples = Samples.of(f, {v: values[v] for v in inputs}, batch_size, dtype)
    return _Descent(run, theta, samples, float(learning_rate), stop, max_iterations, seed).go(epochs, callback)


class _Descent:
    """The state of one training run."""

    def __init__(self, run: Callable[..., Any], theta: dict[str, Array], samples: Samples, learning_rate: float,
                 stop: float | None, max_iterations: int | None, seed: int) -> None:  # fmt: skip
        self.run, self.theta, self.samples, self.learning_rate = run, theta, samples, learning_rate
        self.stop, self.max_iterations, self.seed = stop, max_iterations, seed
        self.rng = np.random.default_rng((seed, 1))
        self.iterations, self.stopped = 0, ""

    def go(self, epochs: int, callback: Callable[[Progress], Any] | None) -> Training:
        """All epochs, or fewer."""
        history: list[float] = []
        while len(history) < epochs and not self.stopped:
            history.append(self.epoch(len(history) + 1))
            told = callback and callback(Progress(len(history), history[-1], self.theta, self.iterations))
            if told and not self.stopped:
                self.stopped = "callback"
        _check_result(self.theta, len(history), self.learning_rate)
        return Training(
            MappingProxyType(self.theta), tuple(history), self.stopped or "epochs", self.iterations, self.seed
        )

    def epoch(self, epoch: int) -> float:
        """One update for every batch; the mean cost of the samples, each before its update."""
        cost, seen = 0.0, 0
        for number, (size, batch) in enumerate(self.samples.batches(self.rng), start=1):
            with np.errstate(
                over="ignore", invalid="ignore", divide="ignore"
            ):  # told below
                J, gradients = self.run(self.theta, *batch)
                if not math.isfinite(J):
                    raise DeriveError(
                        f"the cost became {float(J)} in epoch {epoch}, batch {number}{_advice(self.learning_rate)}"
                    )
                change = update(self.theta, gradients, self.learning_rate, self.stop is not None)
            cost += size * float(J)
            seen += size
            self.iterations += 1
            if self.stop is not None and change < self.stop:
                self.stopped = "small change"
            elif self.iterations == self.max_iterations:
                self.stopped = "max_iterations"
            if self.stopped:
                break
        return cost / seen


def update(
    params: Mapping[str, Array], gradients: Mapping[str, Any], learning_rate: float, measure: bool = False
) -> float:
    """W <- W - learning_rate * dW, in place, for every parameter; gives the largest change, if asked for."""
    largest = 0.0
    for name, gradient in gradients.items():
        step = learning_rate * gradient
        np.subtract(params[name], step, out=params[name], casting="same_kind")
        if measure:
            largest = max(largest, float(np.abs(step).max()))
    return largest


# --- what can be wrong ------------------------------------------------------------------------------------------------


def _check_options(
    learning_rate: float, epochs: int, batch_size: int | None, stop: float | None, max_iterations: int | None
) -> None:
    for name, value, least in (
        ("epochs", epochs, 0),
        ("batch_size", batch_size, 1),
        ("max_iterations", max_iterations, 1),
    ):
        if value is not None and (isinstance(value, bool) or not isinstance(value, Integral) or value < least):
            raise DeriveError(f"{name} must be an integer of at least {least}, not {value!r}")
    for name, number in (("learning_rate", learning_rate), ("stop", stop)):
        if number is not None and not (isinstance(number, Real) and 0 < number < math.inf):
            raise DeriveError(f"{name} must be a positive number, not {number!r}")


def _check_result(theta: Mapping[str, Array], epoch: int, learning_rate: float) -> None:
    for name, p in theta.items():
        if not np.isfinite(p).all():
            raise DeriveError(f"{name} is not finite after the last update, in epoch {epoch}{_advice(learning_rate)}")


def _advice(learning_rate: float) -> str:
    return f" (learning_rate={learning_rate:g})\n  a smaller learning_rate, or parameters that start smaller, may help"
