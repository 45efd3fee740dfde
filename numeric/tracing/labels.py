"""Integer arrays whose values are not known: class labels, positions of the largest element, np.arange(N).

y: (N,), below C   is kept as the one-hot matrix Y (N, C):    x[np.arange(N), y] = sum_k Y_nk x_nk
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .grids import Axes, Axis, Grid, names, number_of_elements, shown, size
from .operators import Operators
from .polynomials import Polynomial
from .refusal import NotCovered, WantsInteger
from .selecting import read, selection
from .sizes import as_size


class Labels(Operators):
    """Integers 0 <= y < C by their one-hot grid: its last axis is C, the others are those of y."""

    __slots__ = ("hot",)

    def __init__(self, hot: Grid) -> None:
        self.hot = hot

    @property
    def axes(self) -> Axes:
        """Without the axis of the classes."""
        return self.hot.axes[:-1]

    @property
    def classes(self) -> Axis:
        """The axis of the classes."""
        return self.hot.axes[-1]

    @property
    def shape(self) -> tuple[Any, ...]:
        return tuple(as_size(size(axis)) for axis in self.axes)

    @property
    def ndim(self) -> int:
        return len(self.axes)

    @property
    def size(self) -> Any:
        return as_size(number_of_elements(self.hot, range(self.ndim)))

    @property
    def dtype(self) -> Any:
        return np.dtype(np.int64)

    def copy(self, *_: Any) -> Labels:
        """Labels do not change."""
        return self

    def astype(self, dtype: Any, **_: Any) -> Labels:
        """Still integers, whatever they are stored in."""
        return self

    def _same_axes(self, *_: Any, **__: Any) -> Labels:
        if sum(axis != () for axis in self.axes) > 1:
            raise NotCovered(f"labels of shape {shown(self.axes)} in another shape")
        kept = tuple(axis for axis in self.axes if axis != ())
        return Labels(Grid((*kept, self.classes), self.hot.cells))

    def _flat(self) -> Labels:
        """(N, T) -> (N*T,)"""
        factors = tuple(f for axis in self.axes for f in axis)
        if sum(isinstance(f, int) for f in factors) > 0:
            return self._same_axes()
        return Labels(Grid((*((factors,) if factors else ()), self.classes), self.hot.cells))

    squeeze = _same_axes

    def ravel(self, *_: Any, **__: Any) -> Labels:
        """One axis."""
        return self._flat()

    flatten = ravel

    def reshape(self, *shape: Any, **_: Any) -> Labels:
        """(N,) -> (N,), (N, 1), (1, N)"""
        sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
        flat = self._flat()
        if len(flat.axes) > 1 or sum(not _is_one(s) for s in sizes) > 1:
            raise NotCovered(f"labels of shape {shown(self.axes)} reshaped to {tuple(sizes)}")
        axes = tuple(() if _is_one(s) else flat.axes[0] for s in sizes)
        return Labels(Grid((*axes, self.classes), self.hot.cells))

    def __len__(self) -> int:
        raise WantsInteger("len() of labels", names(self.axes[:1]))

    def __iter__(self) -> Iterator[Any]:
        if not self.axes:
            raise TypeError("iteration over a 0-d array")
        length = size(self.axes[0])
        if length.number is None:
            raise WantsInteger("a loop over labels", length.names)
        return (self[k] for k in range(length.number))

    def __getitem__(self, key: Any) -> Any:
        """y[:, None] and the like; position i where the axis is an integer."""
        key = key if isinstance(key, tuple) else (key,)
        spread = key if any(k is Ellipsis for k in key) else (*key, Ellipsis)
        return Labels(read(self.hot, selection(self.hot.axes, (*spread, slice(None)))))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotCovered(f"{name} of integer labels", "labels are used as indices: x[np.arange(N), y]")

    def __bool__(self) -> bool:
        raise NotCovered("control flow on the value of a label")


def _is_one(s: Any) -> bool:
    """The number 1, not a size that might be."""
    return type(s) is int and s == 1


class Count(Operators):
    """np.arange(N) or range(N) for a size without a value: an index that runs over a whole axis."""

    __slots__ = ("axis", "polynomial")

    def __init__(self, polynomial: Polynomial, axis: Axis) -> None:
        self.polynomial, self.axis = polynomial, axis

    @property
    def shape(self) -> tuple[Any, ...]:
        return (as_size(self.polynomial),)

    @property
    def ndim(self) -> int:
        return 1

    def __len__(self) -> int:
        raise WantsInteger(f"len() of range({self.polynomial})", self.polynomial.names)

    def __iter__(self) -> Iterator[Any]:
        raise WantsInteger(f"a loop over {self.polynomial} positions", self.polynomial.names)

    def __getitem__(self, at: Any) -> Any:
        raise WantsInteger(f"np.arange({self.polynomial})[...]", self.polynomial.names)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotCovered(f"{name} of np.arange({self.polynomial})", "it is used as an index: x[np.arange(N), y]")

    def astype(self, dtype: Any, **_: Any) -> Count:
        """Still the positions."""
        return self
