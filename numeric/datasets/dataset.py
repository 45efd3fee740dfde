"""A data set: samples are columns, X (n, m), and Y (1, m) or, one-hot, (classes, m).  Arrays are read-only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from derive import DeriveError

from .preparation import AS_IT_IS, Preparation

Array = np.ndarray[Any, Any]


class MissingExtra(DeriveError):
    """An optional package that is not installed; the message says how to install it."""

    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(f'{what} needs {package}, which is not installed: pip install "backproof[{extra}]"')


class DataError(DeriveError):
    """A data file that is missing, or is not the file that it should be."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """X (n, m) and Y (c, m) to train on, the same for testing and, where the set has them, for validation.

    `classes` names the rows of a one-hot Y, or what 0 and 1 mean; `preparation` says how a sample became a column.
    """

    name: str
    X: Array
    Y: Array
    X_test: Array | None = None
    Y_test: Array | None = None
    X_valid: Array | None = None
    Y_valid: Array | None = None
    classes: tuple[str, ...] = ()
    preparation: Preparation = AS_IT_IS

    def __post_init__(self) -> None:
        for array in (self.X, self.Y, self.X_test, self.Y_test, self.X_valid, self.Y_valid):
            if array is not None:
                array.setflags(write=False)


def one_hot(labels: Any, classes: int, dtype: DTypeLike = "float64") -> Array:
    """Y_kj = 1 if labels_j = k, else 0,  (m,) -> (classes, m).  Raises DataError for labels that are no class."""
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise DataError(
            f"labels are one row of integers, of shape (m,), but have shape {labels.shape}\n"
            f"  labels.ravel(), of shape ({labels.size},), makes one; is Y one-hot already?"
        )
    if labels.dtype.kind not in "iub":
        raise DataError(f"labels are integers 0, 1, ..., not {labels.dtype}\n  labels.astype(int) makes them integers")
    if wrong := [int(k) for k in np.unique(labels) if not 0 <= k < classes]:
        least = (
            "\n  labels - 1 counts from 0" if labels.min(initial=1) == 1 and labels.max(initial=0) == classes else ""
        )
        raise DataError(
            f"a label of {classes} classes is one of 0 to {classes - 1}, but {wrong[0]} is among them{least}"
        )
    return np.eye(classes, dtype=dtype)[labels.astype(int)].T


def targets(labels: Array, classes: int, dtype: DTypeLike) -> Array:
    """Two classes need one row of 0 and 1, more are one-hot:  (m,) -> (1, m) or (classes, m)"""
    whole = one_hot(labels, classes, dtype)
    return whole[1:] if classes == 2 else whole
