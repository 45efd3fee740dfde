"""Samples for training: checked once at the door, then handed out in batches.

Samples are columns: X (n, m) has m of them.  Inside they are rows, so that a batch is one gather of whole rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from derive import DeriveError, ShapeError

from .arrays import as_arrays, check_shapes
from .codegen import CompiledDerivation

Array = np.ndarray[Any, Any]


class Samples:
    """The inputs of a program, batch by batch; `axis` says where each has its samples, None if it has none.

    A batch is gathered into arrays of its own, which the next one overwrites.  Arrays in memory are turned once, so
    that a sample is a row; those in a file stay there, and only what a batch needs is read.
    """

    def __init__(
        self, f: CompiledDerivation, arrays: tuple[Any, ...], axis: tuple[int | None, ...], count: int, batch_size: int,
        dtype: Any,
    ) -> None:  # fmt: skip
        self.f, self.arrays, self.axis, self.count, self.batch_size = f, arrays, axis, count, batch_size
        self.dtype, self.files = dtype, any(map(in_file, arrays))
        self.gathered: dict[int, tuple[Array, ...]] = {}

    @classmethod
    def of(cls, f: CompiledDerivation, values: Mapping[Any, Any], batch_size: int | None, dtype: Any) -> Samples:
        """Checked inputs, with the samples brought to the front, in the dtype of the parameters."""
        inputs, m = f.task.arguments, f.program.samples
        symbolic = m is not None and m.is_Symbol
        if batch_size is not None and not symbolic:
            speaks = "one sample" if m is None else f"exactly {m} samples"
            raise DeriveError(f"the program speaks of {speaks} and takes no batch_size; leave samples= out")
        axis = tuple(v.shape.index(m) if symbolic and m in v.shape else None for v in inputs)
        count = check_shapes(values)[m] if symbolic else 1
        if batch_size is None or batch_size >= count:
            return cls(f, tuple(np.asarray(values[v], dtype) for v in inputs), axis, count, count, dtype)
        rows = [values[v] if k is None else np.moveaxis(values[v], k, 0) for v, k in zip(inputs, axis, strict=True)]
        kept = tuple(x if in_file(values[v]) else np.ascontiguousarray(x, dtype)
                     for v, x in zip(inputs, rows, strict=True))  # fmt: skip
        return cls(f, kept, axis, count, batch_size, dtype)

    def batches(
        self, rng: np.random.Generator, epoch: int = 1, done: int = 0
    ) -> Iterator[tuple[int, tuple[Array, ...]]]:
        """(number of samples, inputs) for every batch of one epoch, in random order; all at once in the order given.

        The first `done` batches are left out.
        """
        if self.batch_size >= self.count:
            if not done:
                yield self.count, self.arrays
            return
        order = rng.permutation(self.count)
        for start in range(done * self.batch_size, self.count, self.batch_size):
            chosen = order[start : start + self.batch_size]
            arrays = self.gather(chosen)
            if self.files:  # not checked before: that would have read all
                check(self.f, dict(zip(self.f.task.arguments, arrays, strict=True)))
            yield len(chosen), arrays

    def gather(self, chosen: Array) -> tuple[Array, ...]:
        """The samples by their numbers, as columns where they were columns."""
        if len(chosen) not in self.gathered:
            sizes = ((len(chosen), *x.shape[1:]) if k is not None else x.shape
                     for x, k in zip(self.arrays, self.axis, strict=True))  # fmt: skip
            self.gathered[len(chosen)] = tuple(np.empty(size, self.dtype) for size in sizes)
        places = self.gathered[len(chosen)]
        for x, k, place in zip(self.arrays, self.axis, places, strict=True):
            if k is None:
                np.copyto(place, x, casting="same_kind" if x.dtype.kind == "f" else "unsafe")
            elif x.dtype == self.dtype:
                np.take(x, chosen, axis=0, out=place, mode="clip")
            else:
                place[...] = x[chosen]
        return tuple(x.T if k == 1 else x for x, k in zip(places, self.axis, strict=True))


class Stream:
    """Batches that are made elsewhere: `source(epoch)` or `source` itself gives (X, Y) again and again."""

    def __init__(self, f: CompiledDerivation, source: Any, dtype: Any) -> None:
        self.f, self.source, self.dtype = f, source, dtype

    def batches(
        self, rng: np.random.Generator, epoch: int = 1, done: int = 0
    ) -> Iterator[tuple[int, tuple[Array, ...]]]:
        """(number of samples, inputs) for every batch of one epoch, in the order in which they come, but for `done`."""
        m, empty = self.f.program.samples, True
        for number, given in enumerate(self.source(epoch) if callable(self.source) else self.source):
            empty = False
            if number < done:
                continue
            values = checked_inputs(self.f, tuple(given) if isinstance(given, tuple | list) else (given,))
            check(self.f, values)
            arrays = tuple(x.astype(self.dtype, copy=False) for x in values.values())
            yield check_shapes(values).get(m, 1), arrays
        if empty:
            raise DeriveError(
                f"there is no batch in epoch {epoch}\n"
                "  batches is a list, or a function of the epoch that returns an iterator; an iterator itself is spent"
            )


def in_file(array: Any) -> bool:
    """The array, or what it is a view of, is mapped from a file."""
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap):
            return True
        array = array.base
    return False


def one_sample(f: CompiledDerivation, arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """Of arrays in files the first sample, from which names, types and shapes can be checked."""
    m = f.program.samples
    if len(arrays) != len(f.task.arguments) or m is None or not m.is_Symbol or not any(map(in_file, arrays)):
        return arrays
    axes = (v.shape.index(m) if m in v.shape else None for v in f.task.arguments)
    short = []
    counts: dict[str, int] = {}
    for v, x, k in zip(f.task.arguments, arrays, axes, strict=True):
        x = np.asarray(x)
        if k is not None and x.ndim == 2:
            counts[str(v)] = x.shape[k]
            x = x[:, :1] if k == 1 else x[:1]
        short.append(x)
    if len(set(counts.values())) > 1:
        raise ShapeError(f"arrays must have the same number of samples, but got {counts}")
    return tuple(short)


def checked_inputs(f: CompiledDerivation, arrays: tuple[Any, ...]) -> dict[Any, Any]:
    """{input: array}.  Raises DeriveError for arrays that do not fit, and for values that are not finite."""
    inputs = f.task.arguments
    if len(arrays) != len(inputs):
        raise DeriveError(f"the program has the inputs {', '.join(map(str, inputs))}, but got {len(arrays)} arrays")
    values = as_arrays(dict(zip(inputs, arrays, strict=True)))
    check_finite(values)
    return values


def check(f: CompiledDerivation, values: Mapping[Any, Any]) -> None:
    """Raises DeriveError for values that are not finite, and for what is not as the derivation assumes."""
    check_finite(values)
    check_labels(f, values)
    f.check_facts(values)


def check_labels(f: CompiledDerivation, values: Mapping[Any, Any]) -> None:
    """Cross-entropy takes labels from 0 to 1.  Raises DeriveError for others, such as 1 and 2, with the repair."""
    if dict(f.program.recipe).get("loss") not in ("cross_entropy", "softmax_cross_entropy"):
        return
    Y = f.program.inputs[-1]
    labels = np.asarray(values[Y])
    if labels.size and not (labels.min() >= 0 and labels.max() <= 1):
        wrong = labels[(labels < 0) | (labels > 1)].flat[0]
        advice = f"{Y} - 1 counts from 0" if set(np.unique(labels)) == {1, 2} else ""
        advice = f"({Y} + 1) / 2 has 0 for -1" if set(np.unique(labels)) == {-1, 1} else advice
        advice = advice or "of classes 0, 1, ..., numeric.datasets.one_hot(labels, classes) makes rows of 0 and 1"
        raise DeriveError(f"cross-entropy takes labels from 0 to 1, but {Y} has {wrong:g}\n  {advice}")


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
