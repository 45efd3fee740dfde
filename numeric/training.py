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
from sympy import Expr

from derive import DeriveError

from .arrays import check_shapes
from .codegen import CompiledDerivation, lambdify
from .initialization import initialize
from .samples import Samples, Stream, check_finite, checked_inputs, in_file, one_sample
from .steps import training_step

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
    learning_rate: Any,
    epochs: int = 100,
    batch_size: int | None = None,
    batches: Any = None,
    optimizer: Any = "sgd",
    clip_norm: float | None = None,
    clip_value: float | None = None,
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
    `optimizer`, `learning_rate` and clipping are those of training_step.  `numbers` are the free numbers of the
    program, such as l2, and those of the optimizer, such as momentum.  The same seed gives the same result.

    Arrays may be memory maps (numpy.load(file, mmap_mode="r")), of which each batch reads its samples; best with
    samples next to each other in the file, which is the order of numpy.asfortranarray.  Or leave the arrays out and
    give `batches`: a list of (X, Y), or a function of the epoch 1, 2, ... that returns an iterator of them.
    Raises DeriveError for data that do not fit, and when the cost is not finite, naming epoch and batch.
    """
    _check_options(learning_rate, epochs, batch_size, stop, max_iterations)
    f: CompiledDerivation = d if isinstance(d, CompiledDerivation) else lambdify(d)
    own = {name: numbers.pop(name) for name in [*numbers] if name in f.by_name}
    options: dict[str, Any] = {"clip_norm": clip_norm, "clip_value": clip_value, **numbers}
    source, theta, scalars = _start(f, arrays, batches, batch_size, params, (seed, scale), own)
    dtype = np.result_type(*(p.dtype for p in theta.values()))
    step = training_step(f, optimizer, learning_rate, getattr(source, "batch_size", None), dtype, loss=True, **options)
    run = partial(step, theta, **scalars)
    return _Descent(run, theta, source, learning_rate, stop, max_iterations, seed).go(epochs, callback)


def _start(
    f: CompiledDerivation, arrays: tuple[Any, ...], batches: Any, batch_size: int | None,
    params: Mapping[str, Any] | None, start: tuple[int, Any], numbers: Mapping[str, Any],
) -> tuple[Samples | Stream, dict[str, Array], dict[str, Any]]:  # fmt: skip
    """Where batches come from, the parameters as arrays of their own, and the free numbers."""
    if batches is not None and (arrays or batch_size is not None):
        raise DeriveError("give arrays, or batches, which have a size of their own; not both")
    first = one_sample(f, arrays) if batches is None else _first(batches)
    inputs = checked_inputs(f, first)
    dtype = np.result_type(*(x.dtype for x in inputs.values())) if inputs else np.dtype(float)
    if params is None:
        seed, scale = start
        params = initialize(f.program, seed, scale, dtype, check_shapes(inputs))
    values = f.bind(params, *inputs.values(), **numbers)
    check_finite(values)
    dtype = np.result_type(*(values[p].dtype for p in f.program.parameters))
    theta = {str(p): np.array(values[p], dtype, order="C") for p in f.program.parameters}
    scalars = f.plain(values)[1]
    if batches is not None:
        return Stream(f, batches, dtype), theta, scalars
    whole = {v: np.asarray(x) for v, x in zip(f.task.arguments, arrays, strict=True)}
    return Samples.of(f, whole if any(map(in_file, arrays)) else values, batch_size, dtype), theta, scalars


def _first(batches: Any) -> tuple[Any, ...]:
    """The arrays of the first batch of the first epoch."""
    for given in batches(1) if callable(batches) else batches:
        return tuple(given) if isinstance(given, tuple | list) else (given,)
    raise DeriveError("batches has no batch; expected a list of (X, Y), or a function of the epoch that gives them")


class _Descent:
    """The state of one training run."""

    def __init__(self, run: Callable[..., Any], theta: dict[str, Array], samples: Samples | Stream, learning_rate: Any,
                 stop: float | None, max_iterations: int | None, seed: int) -> None:  # fmt: skip
        self.run, self.theta, self.samples, self.learning_rate = run, theta, samples, learning_rate
        self.stop, self.max_iterations, self.seed = stop, max_iterations, seed
        self.rng = np.random.default_rng((seed, 1))
        self.iterations, self.stopped = 0, ""
        self.before = {name: p.copy() for name, p in theta.items()} if stop is not None else {}

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
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # told below
            for number, (size, batch) in enumerate(self.samples.batches(self.rng, epoch), start=1):
                J = float(self.run(*batch))
                if not math.isfinite(J):
                    raise DeriveError(
                        f"the cost became {J} in epoch {epoch}, batch {number}{_advice(self.learning_rate)}"
                    )
                cost += size * J
                seen += size
                self.iterations += 1
                if self.stop is not None and self.change() < self.stop:
                    self.stopped = "small change"
                elif self.iterations == self.max_iterations:
                    self.stopped = "max_iterations"
                if self.stopped:
                    break
        return cost / seen

    def change(self) -> float:
        """The largest change of an entry of a parameter since the last time."""
        largest = 0.0
        for name, p in self.theta.items():
            before = self.before[name]
            np.subtract(p, before, out=before)
            largest = max(largest, float(np.abs(before).max()))
            np.copyto(before, p)
        return largest


# --- what can be wrong ------------------------------------------------------------------------------------------------


def _check_options(
    learning_rate: Any, epochs: int, batch_size: int | None, stop: float | None, max_iterations: int | None
) -> None:
    for name, value, least in (
        ("epochs", epochs, 0),
        ("batch_size", batch_size, 1),
        ("max_iterations", max_iterations, 1),
    ):
        if value is not None and (isinstance(value, bool) or not isinstance(value, Integral) or value < least):
            raise DeriveError(f"{name} must be an integer of at least {least}, not {value!r}")
    for name, number in (("learning_rate", learning_rate), ("stop", stop)):
        fine = number is None or isinstance(number, Expr) or (isinstance(number, Real) and 0 < float(number) < math.inf)
        if not fine:
            raise DeriveError(f"{name} must be a positive number, not {number!r}")


def _check_result(theta: Mapping[str, Array], epoch: int, learning_rate: Any) -> None:
    for name, p in theta.items():
        if not np.isfinite(p).all():
            raise DeriveError(f"{name} is not finite after the last update, in epoch {epoch}{_advice(learning_rate)}")


def _advice(learning_rate: Any) -> str:
    rate = str(learning_rate) if isinstance(learning_rate, Expr) else f"{learning_rate:g}"
    return f" (learning_rate={rate})\n  a smaller learning_rate, or parameters that start smaller, may help"
