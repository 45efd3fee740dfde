"""C <- alpha A B + beta C in one call: the product and the update that follows it, without an array between them.

NumPy's own functions cannot add a product to an array.  The BLAS behind them can, and is called here where it is found:
the same library, hence one pool of threads.  (With a second BLAS beside it, such as SciPy's, the threads of both wait
for each other, and large products take up to ten times as long.)  `library="mkl"` takes Intel's from its wheel
instead, for all products.  Where nothing is found, the same is done by NumPy in three steps.
"""

from __future__ import annotations

import ctypes
import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np

from derive import DeriveError, ShapeError

Array = np.ndarray[Any, Any]
ROW_MAJOR, PLAIN, TRANSPOSED = 101, 111, 112  # the constants of CBLAS
NAMES = (("scipy_cblas_{}gemm64_", ctypes.c_int64), ("cblas_{}gemm64_", ctypes.c_int64), ("cblas_{}gemm", ctypes.c_int))
KINDS = {np.dtype("float32"): ("s", ctypes.c_float), np.dtype("float64"): ("d", ctypes.c_double)}
LIBRARIES = ("numpy", "mkl", "none")
BYTE = ctypes.c_char * 1


@dataclass(frozen=True)
class Routine:
    """One product of CBLAS: the function, and the type of its sizes."""

    function: Callable[..., None]
    size: Any


@cache
def routine(library: str, dtype: Any) -> Routine | None:
    """The product of a library for a dtype; None where there is none, or where it does not compute what it should."""
    if library not in LIBRARIES:
        raise DeriveError(f"unknown library {library!r}; expected one of {', '.join(LIBRARIES)}")
    handle = None if library == "none" else _mkl() if library == "mkl" else _numpy()
    if handle is None and library == "mkl":
        raise DeriveError("library='mkl' needs Intel's BLAS: pip install mkl")
    for name, size in NAMES if handle is not None else ():
        if (function := getattr(handle, name.format(KINDS[dtype][0]), None)) is not None:
            function.restype = None
            found = Routine(function, size)
            return found if _right(found, dtype) else None
    return None


def _numpy() -> Any:
    """What NumPy is linked with: a symbol is also looked for in the libraries that a library needs."""
    try:
        return ctypes.CDLL(importlib.import_module("numpy._core._multiarray_umath").__file__)
    except (ImportError, OSError, TypeError):
        return None


def _mkl() -> Any:
    folders = (Path(sys.prefix) / "lib", Path(sys.prefix) / "Library" / "bin")
    for path in sorted(p for folder in folders for p in folder.glob("*mkl_rt*") if ".so" in p.name or ".dll" in p.name):
        try:
            return ctypes.CDLL(str(path))
        except OSError:
            continue
    return None


def _right(found: Routine, dtype: Any) -> bool:
    """[[1, 2, 3], [4, 5, 6]] times its transpose, twice, plus ones."""
    A, C = np.arange(1, 7, dtype=dtype).reshape(2, 3), np.ones((2, 2), dtype)
    found.function(*_arguments(found, A, A.T, C, 2.0, 1.0))
    return C.tolist() == [[29.0, 65.0], [65.0, 155.0]]


def _arguments(found: Routine, A: Array, B: Array, C: Array, alpha: float, beta: float) -> list[Any]:
    """The arguments of cblas_gemm."""
    size, number = found.size, KINDS[C.dtype][1]
    (order_A, step_A), (order_B, step_B) = _layout(A), _layout(B)
    sizes = map(size, (C.shape[0], C.shape[1], A.shape[1]))
    orders = map(ctypes.c_int, (ROW_MAJOR, order_A, order_B))
    return [*orders, *sizes, number(alpha), address(A), size(step_A), address(B), size(step_B), number(beta),
            address(C), size(C.shape[1])]  # fmt: skip


LEFT, RIGHT, ALPHA, BETA = 7, 9, 6, 11  # where they stand among the arguments


def _layout(A: Array) -> tuple[int, int]:
    """(rows after each other or transposed, distance from row to row)."""
    rows, columns = A.strides
    item = A.itemsize
    if (columns == item or A.shape[1] == 1) and (rows >= item * A.shape[1] or A.shape[0] == 1) and rows % item == 0:
        return PLAIN, max(rows // item if A.shape[0] > 1 else 0, A.shape[1])
    return TRANSPOSED, max(columns // item if A.shape[1] > 1 else 0, A.shape[0])


def _direct(A: Array) -> bool:
    """One of the two strides is that of neighbours, and the other a whole number of entries past them."""
    (rows, columns), item = A.strides, A.itemsize
    across = (columns == item or A.shape[1] == 1) and (rows >= item * A.shape[1] or A.shape[0] == 1)
    down = (rows == item or A.shape[0] == 1) and (columns >= item * A.shape[0] or A.shape[1] == 1)
    return (across and rows % item == 0) or (down and columns % item == 0)


def address(A: Array) -> Any:
    """Where the first entry is, for C; the result keeps the array where it is."""
    try:
        return BYTE.from_buffer(cast("Any", A if A.flags.c_contiguous else A.T))
    except (TypeError, ValueError, BufferError):  # read-only, or not in one piece
        return ctypes.c_void_p(A.__array_interface__["data"][0])


class Gemm:
    """call(A, B, C):  C <- alpha op(A) op(B) + beta C, in place, where op is nothing ("N") or the transpose ("T").

    The arguments of the last call are kept: a call with the same arrays costs next to nothing beyond the product.
    Raises ShapeError for arrays that do not fit, DeriveError for a C that cannot be written to in one piece.
    """

    __slots__ = ("A", "B", "C", "alpha", "arguments", "beta", "dtype", "flips", "found", "function", "shape", "spare",
                 "strides")  # fmt: skip

    def __init__(
        self, dtype: Any, flips: str = "NN", alpha: float = 1.0, beta: float = 1.0, library: str = "numpy"
    ) -> None:
        self.dtype, self.flips, self.alpha, self.beta = np.dtype(dtype), flips, alpha, beta
        self.found = routine(library, self.dtype)
        self.function: Callable[..., None] = self._by_numpy if self.found is None else self.found.function
        self.A: Array | None = None
        self.B: Array | None = None
        self.C: Array | None = None
        self.spare: Any = None
        self.strides: Any = None  # of B, if nothing else is to be asked of the next one
        self.shape: Any = None
        self.arguments: list[Any] = []

    def __call__(self, A: Array, B: Array, C: Array) -> None:
        if A is not self.A or C is not self.C:
            self._bind(A, B, C)
        elif B is not self.B:
            if B.strides == self.strides and B.shape == self.shape and B.dtype is self.dtype:
                self.arguments[RIGHT] = address(B)
                self.B = B
            else:
                self._bind(A, B, C)
        self.function(*self.arguments)

    def scale(self, alpha: float, beta: float = 1.0) -> None:
        """Other factors from now on."""
        self.alpha, self.beta = alpha, beta
        if self.found and self.arguments:
            self.arguments[ALPHA].value, self.arguments[BETA].value = alpha, beta

    def _bind(self, A: Array, B: Array, C: Array) -> None:
        """Checks everything that a wrong value of would write to the wrong place."""
        left, right = (M if flip == "N" else M.T for M, flip in zip((A, B), self.flips, strict=True))
        if (left.shape[0], right.shape[1], left.shape[1]) != (*C.shape, right.shape[0]):
            raise ShapeError(f"cannot add the product of {left.shape} and {right.shape} to an array of {C.shape}")
        if {A.dtype, B.dtype, C.dtype} != {self.dtype}:
            raise DeriveError(f"expected arrays of {self.dtype}, but got {A.dtype}, {B.dtype} and {C.dtype}")
        if not (C.flags.c_contiguous and C.flags.writeable):
            raise DeriveError("an array that is updated in place must be writable and C-contiguous")
        direct = _direct(left) and _direct(right)
        self.strides, self.shape = (B.strides, B.shape) if direct and self.found else (None, None)
        if self.found is None:
            self.arguments = [left, right, C]
        else:
            left, right = (M if _direct(M) else np.ascontiguousarray(M) for M in (left, right))
            self.arguments = _arguments(self.found, left, right, C, self.alpha, self.beta)
        # copies are made anew in every call
        self.A, self.B, self.C = (A, B, C) if direct else (None, None, None)

    def _by_numpy(self, left: Array, right: Array, C: Array) -> None:
        if self.beta == 0:
            np.dot(left, right, out=C)
            np.multiply(C, self.alpha, out=C)
            return
        if self.spare is None or self.spare.shape != C.shape:
            self.spare = np.empty_like(C)
        np.dot(left, right, out=self.spare)
        np.multiply(self.spare, self.alpha, out=self.spare)
        if self.beta != 1:
            np.multiply(C, self.beta, out=C)
        np.add(C, self.spare, out=C)
