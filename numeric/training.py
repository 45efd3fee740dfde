"""Gradient descent from derived formulas, on all samples, on mini-batches, or on one sample at a time.

W <- W - learning_rate * dW,  b <- b - learning_rate * db;  stop when no entry of any W, b changes by more than
epsilon in one update, or after the last epoch or iteration.  Source: Nielsen (2015), chapter 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
from sympy import Expr

from derive import DeriveError

from .arrays import check_shapes
from .checkpoints import Checkpoint, check_seconds, run_of
from .codegen import CompiledDerivation, lambdify
from .descent import Descent, Progress, Rules, Training
from .initialization import initialize
from .samples import Samples, Stream, check_finite, check_labels, checked_inputs, in_file, one_sample
from .steps import training_step
from .validation import held_out, measure

__all__ = ["Progress", "Training", "train"]
Array = np.ndarray[Any, Any]


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
    validation: Any = None,
    patience: int | None = None,
    least_gain: float = 0.0,
    callback: Any = None,
    every_batch: Callable[[Progress], Any] | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_every: float = 10.0,
    resume: bool = False,
    about: Mapping[str, Any] | None = None,
    **numbers: float,
) -> Training:
    """Minimize the loss of a derivation, train(d, X, Y, learning_rate=0.1): the result holds params and history.

    `batch_size` None takes all samples at once, 1 is stochastic gradient descent; batches are drawn without
    replacement in each epoch, the last one may be short.  Starts from `params`, which are copied, or from
    initialize(d, seed, scale).  `stop` is the epsilon of the stopping rule.  `optimizer`, `learning_rate` and clipping
    are those of training_step.  `numbers` are the free numbers of the program, such as l2, and those of the optimizer,
    such as momentum.  The same seed gives the same result, bit for bit.

    `validation` is a pair (X, Y), or the share of the samples that is kept for it: the result then has the parameters
    of the best epoch, and `patience` ends training after so many epochs without a gain of more than `least_gain`.
    `callback`, a function or a list of them, is called after each epoch; one that returns True ends it all.
    `every_batch` is called after each update.  Ctrl-C ends after the update under way, with what was reached.

    `checkpoint` names a file, .npz or .safetensors, that is written whole at most every `checkpoint_every` seconds and
    at the end; with `resume`, training goes on from it, if it is there, to the bits of a run that was never stopped.
    `about`, plain values, is kept in it.

    Arrays may be memory maps (numpy.load(file, mmap_mode="r")), of which each batch reads its samples; best with
    samples next to each other in the file, which is the order of numpy.asfortranarray.  Or leave the arrays out and
    give `batches`: a list of (X, Y), or a function of the epoch 1, 2, ... that returns an iterator of them.
    Raises DeriveError for data that do not fit, and when the cost is not finite, naming epoch, batch and layer.
    """
    _check_options(learning_rate, epochs, batch_size, stop, max_iterations, patience)
    if patience is not None and validation is None:
        raise DeriveError("patience watches the validation samples; give validation=(X, Y), or a share such as 0.1")
    f: CompiledDerivation = d if isinstance(d, CompiledDerivation) else lambdify(d)
    own = {name: numbers.pop(name) for name in [*numbers] if name in f.by_name}
    options: dict[str, Any] = {"clip_norm": clip_norm, "clip_value": clip_value, **numbers}
    arrays, kept = held_out(f, arrays, validation, seed)
    source, theta, scalars = _start(f, arrays, batches, batch_size, params, (seed, scale), own)
    dtype = np.result_type(*(p.dtype for p in theta.values()))
    step = training_step(f, optimizer, learning_rate, getattr(source, "batch_size", None), dtype, loss=True, **options)
    save = None
    if checkpoint is not None:
        told = {"optimizer": step.wish.optimizer.name, "learning_rate": learning_rate, "batch_size": batch_size,
                "seed": seed, "dtype": dtype, "numbers": own, "stop": stop, "validation": kept and "given",
                "patience": patience, "least_gain": least_gain, **options}  # fmt: skip
        run = run_of(f, source, (*arrays, *(kept or ())), theta, told)
        save = Checkpoint(checkpoint, check_seconds(checkpoint_every), run, about or {})
    callbacks = () if callback is None else (callback,) if callable(callback) else tuple(callback)
    rules = Rules(learning_rate, stop, max_iterations, callbacks, every_batch, measure(f, kept, own) if kept else None,
                  patience, least_gain, save)  # fmt: skip
    descent = Descent(f, step, theta, scalars, source, seed, rules)
    if save is not None and resume and save.path.exists():
        save.resume(descent)
    return descent.go(epochs)


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
    check_labels(f, values)
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


# --- what can be wrong ------------------------------------------------------------------------------------------------


def _check_options(
    learning_rate: Any, epochs: int, batch_size: int | None, stop: float | None, max_iterations: int | None,
    patience: int | None,
) -> None:  # fmt: skip
    for name, value, least in (
        ("epochs", epochs, 0),
        ("batch_size", batch_size, 1),
        ("max_iterations", max_iterations, 1),
        ("patience", patience, 1),
    ):
        if value is not None and (isinstance(value, bool) or not isinstance(value, Integral) or value < least):
            raise DeriveError(f"{name} must be an integer of at least {least}, not {value!r}")
    for name, number in (("learning_rate", learning_rate), ("stop", stop)):
        fine = number is None or isinstance(number, Expr) or (isinstance(number, Real) and 0 < float(number) < math.inf)
        if not fine:
            raise DeriveError(f"{name} must be a positive number, not {number!r}")
