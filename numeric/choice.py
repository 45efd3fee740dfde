"""Which form of a training step is the fastest here: it depends on the shapes, the machine, and the libraries."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from derive import DeriveError

from .backends.jax_functions import required
from .blas import routine
from .steps import training_step

FORMS: tuple[dict[str, Any], ...] = (
    {"library": "numpy"}, {"library": "mkl"}, {"backend": "jax"}, {"backend": "jax", "rows": True},
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """`step` is the fastest of the forms that were tried; `seconds` has the time of one step of each."""

    step: Any
    form: str
    seconds: Mapping[str, float]


def fastest_step(d: Any, params: Mapping[str, Any], *data: Any, rounds: int = 5, **options: Any) -> Choice:
    """Times the forms of training_step that can run here on these arrays, which stay as they are.

    NumPy with its own BLAS, with Intel's (pip install mkl), and JAX on one device (pip install jax), with samples as
    columns and as rows.  The forms take turns, so that a busy moment strikes all alike.  `options` are those of
    training_step.
    """
    forms = {_spoken(form): _on_one_device(form) for form in _present(options.get("dtype", "float32"))}
    steps = {name: training_step(d, **{**options, **form}) for name, form in forms.items()}
    steps = {name: step for name, step in steps.items() if not forms[name].get("rows") or _has_source(step)}
    own = {name: {k: np.array(p) for k, p in params.items()} for name in steps}
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(rounds + 1):
        for name, step in steps.items():
            taken = _seconds(step, own[name], data)
            if number > 0:
                seconds[name].append(taken)
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    best = min(medians, key=medians.__getitem__)
    return Choice(training_step(d, **{**options, **forms[best]}), best, medians)


def _spoken(form: Mapping[str, Any]) -> str:
    """numpy, mkl, jax, jax rows"""
    return " ".join(name if value is True else value for name, value in form.items())


def _has_source(step: Any) -> bool:
    """Not every program can be written with samples as rows."""
    try:
        return bool(step.source)
    except DeriveError:
        return False


def _present(dtype: Any) -> Iterator[dict[str, Any]]:
    for form in FORMS:
        if form.get("library") == "mkl":
            try:
                routine("mkl", np.dtype(dtype))
            except DeriveError:
                continue
        if form.get("backend") == "jax" and (find_spec("jax") is None or not _jax_takes(dtype)):
            continue
        yield form


def _jax_takes(dtype: Any) -> bool:
    return np.dtype(dtype).name == "float32" or bool(required("jax").config.jax_enable_x64)


def _on_one_device(form: dict[str, Any]) -> dict[str, Any]:
    return {**form, "devices": required("jax").local_devices()[:1]} if form.get("backend") == "jax" else form


def _seconds(step: Any, params: dict[str, Any], data: tuple[Any, ...], least: float = 0.05) -> float:
    """One step, from as many as take a moment."""
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < least or count < 2:
        step(params, *data)
        count += 1
    for p in params.values():
        np.asarray(p)  # steps by JAX may still be under way
    return (time.perf_counter() - start) / count
