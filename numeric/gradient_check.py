"""Is a gradient right at one point?  Every entry is compared with a numerical derivative of the cost.

    complex step          dJ/dw = Im J(w + ih) / h                        exact to rounding, if J takes complex numbers
    central differences   dJ/dw = (8 (J+h/2 - J-h/2) - (J+h - J-h)) / 6h    with Richardson's step: error of order h^4

An entry whose change crosses a kink (relu at 0) has no derivative there: it is counted and left out.
Sources: Squire, Trapp (1998); Richardson (1911).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sympy import erf, sign

from derive import DeriveError
from derive.functions import softplus, step

from .codegen import CompiledDerivation

Array = np.ndarray[Any, Any]
METHODS = ("auto", "complex step", "central differences")
NOT_COMPLEX = (sign, step, erf, softplus)  # NumPy's versions take no complex numbers, or mean something else by them
FLOOR = 1e-4  # an entry smaller than this share of the largest one is measured against that


@dataclass(frozen=True)
class Compared:
    """One parameter: the largest relative error, where it is, and how many entries were compared or left out.

    `errors` has the relative error of every entry, nan where it was left out at a kink.
    """

    name: str
    error: float
    worst: tuple[int, ...] | None
    given: float
    numerical: float
    compared: int
    kinks: int
    errors: Array = field(default_factory=lambda: np.empty(0), repr=False, compare=False)

    def __str__(self) -> str:
        where = (
            f" at {list(self.worst)}: {self.given:.6g}, numerical {self.numerical:.6g}"
            if self.worst is not None
            else ""
        )
        left_out = f", {self.kinks} left out at kinks" if self.kinks else ""
        return f"{self.name}: relative error {self.error:.1e}{where}; {self.compared} entries{left_out}"


@dataclass(frozen=True)
class GradientCheck:
    """report["W1"].error, report.error the largest of all, report.kinks how many entries were left out."""

    parts: tuple[Compared, ...]
    method: str

    def __getitem__(self, name: str) -> Compared:
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(f"no parameter {name!r}; there are {', '.join(p.name for p in self.parts)}")

    @property
    def error(self) -> float:
        """The largest relative error of all parameters."""
        return max((p.error for p in self.parts), default=0.0)

    @property
    def compared(self) -> int:
        """How many entries were compared."""
        return sum(p.compared for p in self.parts)

    @property
    def kinks(self) -> int:
        return sum(p.kinks for p in self.parts)

    def __str__(self) -> str:
        return "\n".join([f"compared by {self.method}", *map(str, self.parts)])


def check_gradient(
    f: Callable[..., Any],
    params: Mapping[str, Any],
    *arrays: Any,
    method: str = "auto",
    step: float | None = None,
    **numbers: Any,
) -> GradientCheck:
    """Compare the gradients of f(params, X, Y) = (J, gradients) with numerical derivatives of J, entry by entry.

    f is a compiled derivation or any function of this form; of a function that was not derived from formulas kinks are
    not known, and `method` "auto" means central differences.  The numerical side works in double precision.  The error
    of an entry is |given - numerical| over the larger of both, or over 1e-4 of the largest entry of all, if larger.
    Raises DeriveError for an unknown method.
    """
    if method not in METHODS:
        raise DeriveError(f"unknown method {method!r}; expected one of {', '.join(METHODS)}")
    if method == "auto":
        method = "complex step" if isinstance(f, CompiledDerivation) and _takes_complex(f) else "central differences"
    _, gradients = f(params, *arrays, **numbers)
    J, kinks = _functions(f, [_double(a) for a in arrays], numbers)
    theta = {name: _double(value) for name, value in params.items() if name in gradients}
    numerical = {name: np.zeros(np.shape(p)) for name, p in theta.items()}
    smooth = {name: np.ones(np.shape(p), bool) for name, p in theta.items()}
    for name, p in theta.items():
        for at in np.ndindex(np.shape(p)):
            h = step or (1e-30 if method == "complex step" else 1e-3 * max(1.0, abs(float(p[at]))))
            numerical[name][at], smooth[name][at] = DERIVATIVE[method](J, kinks, theta, name, at, h)
    scale = max((float(np.abs(n[smooth[k]]).max(initial=0)) for k, n in numerical.items()), default=0.0) or 1.0
    parts = (
        _compare(name, np.asarray(gradients[name]), numerical[name], smooth[name], FLOOR * scale) for name in theta
    )
    return GradientCheck(tuple(parts), method)


def _takes_complex(f: CompiledDerivation) -> bool:
    source = f.loss.source
    return "np.logaddexp(" not in source and not any(e.has(*NOT_COMPLEX) for e in f.program.equations)


def _functions(f: Any, arrays: list[Any], numbers: Mapping[str, Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """J(params), and the arguments of every function with a kink, at params."""
    if not isinstance(f, CompiledDerivation):
        return lambda p: f(p, *arrays, **numbers)[0], lambda p: ()
    inputs = dict(zip(map(str, f.task.arguments), arrays, strict=True))
    kinks = f.kinks
    return lambda p: _call(
        f.loss, p, inputs, numbers
    ), lambda p: () if kinks is None else _as_tuple(_call(kinks, p, inputs, numbers))


def _call(part: Any, params: Mapping[str, Any], inputs: Mapping[str, Any], numbers: Mapping[str, Any]) -> Any:
    """A compiled part of the program, with those inputs and numbers that it needs; already checked."""
    names = part.names
    given = [inputs[str(v)] for v in part.task.arguments]
    free = {names[v]: numbers[str(v)] if str(v) in numbers else numbers[names[v]] for v in part.task.scalars}
    return part.run(params, *given, **free)


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _double(x: Any) -> Array:
    x = np.asarray(x)
    return x.astype(np.float64)


def _moved(theta: Mapping[str, Array], name: str, at: tuple[int, ...], by: complex) -> dict[str, Array]:
    """The parameters with one entry moved."""
    p = theta[name].astype(np.result_type(theta[name], type(by)))
    p[at] += by
    return {**theta, name: p}


def _complex_step(J: Any, kinks: Any, theta: Any, name: str, at: tuple[int, ...], h: float) -> tuple[float, bool]:
    """Im J(w + ih) / h; an argument that is 0 and moves is at its kink"""
    moved = _moved(theta, name, at, h * 1j)
    at_kink = any(np.any((np.real(u) == 0) & (np.imag(u) != 0)) for u in kinks(moved))
    return float(np.imag(J(moved))) / h, not at_kink


def _central(J: Any, kinks: Any, theta: Any, name: str, at: tuple[int, ...], h: float) -> tuple[float, bool]:
    """Differences over h and h/2; an argument that changes its sign on the way crosses its kink"""
    left, right = _moved(theta, name, at, -h), _moved(theta, name, at, h)
    crossed = any(np.any((np.sign(u) != np.sign(v)) | ((u == 0) & (u != v)))
                  for u, v in zip(kinks(left), kinks(right), strict=True))  # fmt: skip
    near = J(_moved(theta, name, at, h / 2)) - J(_moved(theta, name, at, -h / 2))
    return float((8 * near - (J(right) - J(left))) / (6 * h)), not crossed


DERIVATIVE = {"complex step": _complex_step, "central differences": _central}


def _compare(name: str, given: Array, numerical: Array, smooth: Array, floor: float) -> Compared:
    size = np.maximum(np.maximum(np.abs(given), np.abs(numerical)), floor)
    errors = np.where(smooth, np.abs(given - numerical) / size, -1.0)
    errors = np.where(np.isnan(errors), np.inf, errors)
    compared = int(smooth.sum())
    shown = np.where(smooth, errors, np.nan)
    if compared == 0:
        return Compared(name, 0.0, None, 0.0, 0.0, 0, smooth.size, shown)
    at = tuple(int(k) for k in np.unravel_index(int(errors.argmax()), errors.shape))
    return Compared(
        name, float(errors[at]), at, float(given[at]), float(numerical[at]), compared, smooth.size - compared, shown
    )
