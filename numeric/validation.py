"""Samples that are not trained on, and the cost that they have: a pair of arrays, or a share of the samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

import numpy as np

from derive import DeriveError

from .codegen import CompiledDerivation
from .samples import checked_inputs, in_file

Array = np.ndarray[Any, Any]


def held_out(
    f: CompiledDerivation, arrays: tuple[Any, ...], validation: Any, seed: int
) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
    """(arrays to train on, arrays to validate with);  a share s of m samples keeps max(1, round(s m))."""
    if validation is None:
        return arrays, None
    if isinstance(validation, tuple | list):
        return arrays, tuple(validation)
    if isinstance(validation, bool) or not isinstance(validation, Real) or not 0 < float(validation) < 1:
        raise DeriveError(f"validation is a pair (X, Y) or a share between 0 and 1, not {validation!r}")
    m = f.program.samples
    if m is None or not m.is_Symbol or not arrays or any(map(in_file, arrays)):
        raise DeriveError("a share for validation is taken from arrays in memory; give validation=(X, Y) instead")
    whole = checked_inputs(f, arrays)
    axes = [v.shape.index(m) if m in v.shape else None for v in whole]
    count = next(x.shape[k] for x, k in zip(whole.values(), axes, strict=True) if k is not None)
    kept = max(1, round(float(validation) * count))
    if kept >= count:
        raise DeriveError(f"validation = {validation} of {count} samples leaves none to train on")
    order = np.random.default_rng((seed, 2)).permutation(count)
    parts = (np.sort(order[kept:]), np.sort(order[:kept]))
    rest, used = (tuple(x if k is None else _picked(x, k, part) for x, k in zip(whole.values(), axes, strict=True))
                  for part in parts)  # fmt: skip
    return rest, used


def _picked(x: Array, axis: int, part: Array) -> Array:
    """The samples of a part; columns in one piece, as the sets of numeric.datasets have them."""
    return np.take(x.T, part, axis=0).T if axis == 1 else np.take(x, part, axis=axis)


def measure(
    f: CompiledDerivation, arrays: tuple[Any, ...], numbers: Mapping[str, Any]
) -> Callable[[Mapping[str, Array]], float]:
    """params -> the cost of these samples.  Raises DeriveError for samples that do not fit."""
    values = dict(zip(map(str, f.task.arguments), checked_inputs(f, arrays).values(), strict=True))
    needed = [values[str(v)] for v in f.loss.task.arguments]
    return lambda params: float(f.loss(params, *needed, **numbers))
