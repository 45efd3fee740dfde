"""How a sample became a column of X:  x = (raw / divide - mean) / spread,  written beside a model for its later use.

A picture of height h, width w and c colours becomes the column of its h w c numbers, row by row from the top left, the
colours of a point next to each other: entry (i, j, k) stands at (i w + j) c + k.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from derive import ShapeError

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Preparation:
    """`picture` is (height, width, colours) where samples are pictures; mean and spread have one number per entry.

    `names` are those of the columns of a table with a header, in the order of the entries.
    """

    divide: float = 1.0
    mean: tuple[float, ...] = ()
    spread: tuple[float, ...] = ()
    picture: tuple[int, ...] = ()
    names: tuple[str, ...] = ()

    def columns(self, raw: Any, dtype: DTypeLike = "float64") -> Array:
        """Samples as they are in a file, the first axis counts them -> X (n, m), a sample in one piece."""
        raw = np.asarray(raw)
        rows = raw.reshape(len(raw), -1)
        if self.mean and rows.shape[1] != len(self.mean):
            raise ShapeError(f"a sample has {rows.shape[1]} numbers; expected {len(self.mean)}")
        if not self.mean:
            return _divided(rows, self.divide, dtype).T
        return ((rows / self.divide - self.mean) / self.spread).astype(dtype).T

    def as_json(self) -> dict[str, Any]:
        return {name: list(v) if isinstance(v, tuple) else v for name, v in vars(self).items()}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Preparation:
        known: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in given.items()}
        return cls(**known)

    def __str__(self) -> str:
        parts = [f"pictures of {' x '.join(map(str, self.picture))}, row by row"] if self.picture else []
        parts += [f"divided by {self.divide:g}"] if self.divide != 1 else []
        parts += ["each number minus its mean, over its standard deviation"] if self.mean else []
        return "; ".join(parts) or "as they are"


AS_IT_IS = Preparation()


def standard(raw: Any, divide: float = 1.0) -> Preparation:
    """mean and standard deviation of every number of a sample,  (m, n);  a number that never changes has spread 1."""
    rows = np.asarray(raw, dtype=float).reshape(len(raw), -1) / divide
    spread = rows.std(axis=0)
    spread[spread == 0] = 1.0
    return Preparation(divide, tuple(map(float, rows.mean(axis=0))), tuple(map(float, spread)))


def _divided(rows: Array, by: float, dtype: DTypeLike) -> Array:
    """x / by; times 1/by where that is exact, which is quicker."""
    if float(np.log2(by)).is_integer():
        scaled = rows * np.asarray(1 / by, dtype=dtype) if by != 1 else rows
        return scaled.astype(dtype, copy=by == 1)
    return (rows / by).astype(dtype)
