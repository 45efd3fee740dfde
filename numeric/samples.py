"""Samples for training: checked once at the door, then handed out in batches.

Samples are columns: X (n, m) has m of them.  Inside they are rows, so that a batch is one gather of whole rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from derive import DeriveError, ShapeError

from .arrays import as_arrays, check_shapes
from .codegen import CompiledDerivation

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Samples:
    """The inputs of a compiled derivation, in order; `axis` says where each has its samples, None if it has none."""

    arrays: tuple[Any, ...]  # samples first, where there are samples
    axis: tuple[int | None, ...]
    count: int
    batch_size: int

    @classmethod
    def of(cls, f: CompiledDerivation, values: Mapping[Any, Any], batch_size: int | None, dtype: Any) -> Samples:
        """Checked inputs, with the samples brought to the front, in the dtype of the parameters."""
        inputs, m = f.task.arguments, f.program.samples
        symbolic = m is not None and m.is_Symbol
        if batch_size is not None and not symbolic:
            speaks = "one sample" if m is None else f"exactly {m} samples"
            raise DeriveError(
                f"the program speaks of {speaks} and takes no batch_size; leave samples= out"
            )
        axis = tuple(v.shape.index(m) if symbolic and m in v.shape else None for v in inputs)
        count = check_shapes(values)[m] if symbolic else 1
        if batch_size is None or batch_size >= count:
            return cls(tuple(values[v].astype(dtype, copy=False) for v in inputs), axis, count, count)
        rows = (values[v] if k is None else np.moveaxis(values[v], k, 0) for v, k in zip(inputs, axis, strict=True))
        return cls(tuple(np.ascontiguousarray(x, dtype) for x in rows), axis, count, batch_size)

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[int, tuple[Array, ...]]]:
        """(number of samples, inputs) for every batch of one epoch, in random order; all at once in the order given."""
        if self.batch_size >= self.count:
            yield self.count, self.arrays
            return
        order = rng.permutation(self.count)
        for start in range(0, self.count, self.batch_size):
            chosen = order[start : start + self.batch_size]
            yield (
                len(chosen),
                tuple(
                    x if k is None else x[chosen] if k == 0 else x[chosen].T
                    for x, k in zip(self.arrays, self.axis, strict=True)
                ),
            )


def checked_inputs(f: CompiledDerivation, arrays: tuple[Any, ...]) -> dict[Any, Any]:
    """{input: array}.  Raises DeriveError for arrays that do not fit, and for values that are not finite."""
    inputs = f.task.arguments
    if len(arrays) != len(inputs):
        raise DeriveError(f"the program has the inputs {', '.join(map(str, inputs))}, but got {len(arrays)} arrays")
    values = as_arrays(dict(zip(inputs, arrays, strict=True)))
    check_finite(values)
    return values


def check_finite(values: Mapping[Any, Any]) -> None:
    """Raises DeriveError naming the first entry that is nan, infinite or complex."""
    for name, x in values.items():
        if np.iscomplexobj(x):
            raise DeriveError(f"{name} is complex; training takes real numbers")
        if not np.isfinite(x).all():
            where = [int(k) for k in np.argwhere(~np.isfinite(x))[0]]
            raise DeriveError(f"{name} is not finite: {np.asarray(x)[tuple(where)]} at {where}")


def accuracy(output: Any, Y: Any, threshold: float = 0.5) -> float:
    """The share of samples that are right: the largest output is that of the largest Y,  (n, m), (n, m) -> a number.

    With one row, output and Y are on the same side of the threshold.  Samples are columns.
    """
    output, labels = np.asarray(output), np.asarray(Y)
    if output.shape != labels.shape or output.ndim != 2 or 0 in output.shape:
        raise ShapeError(f"accuracy compares two arrays of one shape (n, m), but got {output.shape} and {labels.shape}")
    if len(output) == 1:
        return float(np.mean((output > threshold) == (labels > threshold)))
    return float(np.mean(output.argmax(axis=0) == labels.argmax(axis=0)))
