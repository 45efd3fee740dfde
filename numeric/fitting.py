"""What the estimators fit with: a network derived once for all sizes, its steps, its start, its epochs.

Samples are rows here, as scikit-learn has them; a batch is a gather of rows, handed to the step as columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from derive import backprop, mlp

from .codegen import CompiledDerivation, lambdify
from .steps import Step, training_step

Array = np.ndarray[Any, Any]


@lru_cache(maxsize=64)
def derived(depth: int, hidden: Any, output: str, loss: str) -> CompiledDerivation:
    """The network with `depth` layers of weights, sizes n0, n1, ... open, and alpha/(2m) sum W^2 added to its loss."""
    f: CompiledDerivation = lambdify(
        backprop(mlp([f"n{k}" for k in range(depth + 1)], hidden, output, loss, l2="alpha"))
    )
    return f


@lru_cache(maxsize=64)
def planned(network: tuple[Any, ...], optimizer: str, numbers: tuple[tuple[str, float], ...], dtype: str) -> Step:
    """A step of that network, planned once; `again` and `for_batches` give those that are used."""
    own: dict[str, Any] = dict(numbers)
    step: Step = training_step(derived(*network), optimizer, 1.0, None, dtype, loss=True, **own)
    return step


def layers_of(coefs: list[Array], intercepts: list[Array]) -> dict[str, Array]:
    """{"W1": (n1, n0), "b1": (n1, 1), ...}: arrays of its own from the (n0, n1) and (n1,) of scikit-learn."""
    found: dict[str, Array] = {}
    for k, (W, b) in enumerate(zip(coefs, intercepts, strict=True), start=1):
        found |= {f"W{k}": np.array(W.T, order="C"), f"b{k}": np.array(b[:, None], order="C")}
    return found


def start(sizes: list[int], sigmoid: bool, rng: np.random.RandomState, dtype: Any) -> tuple[list[Array], list[Array]]:
    """W, b uniform in +-sqrt(6 / (n_in + n_out)), with 2 for 6 before sigmoid.  Source: Glorot, Bengio (2010)."""
    coefs, intercepts = [], []
    for n_in, n_out in pairwise(sizes):
        bound = np.sqrt((2.0 if sigmoid else 6.0) / (n_in + n_out))
        coefs.append(rng.uniform(-bound, bound, (n_in, n_out)).astype(dtype))
        intercepts.append(rng.uniform(-bound, bound, n_out).astype(dtype))
    return coefs, intercepts


class Rows:
    """Batches of X (m, n) and Y (m, c) as columns, in the order of the rows or shuffled anew in each epoch."""

    def __init__(self, X: Array, Y: Array, batch_size: int, shuffle: bool) -> None:
        self.X, self.Y, self.batch_size, self.shuffle = X, Y, batch_size, shuffle
        self.order = np.arange(len(X))
        self.places = np.empty((batch_size, X.shape[1]), X.dtype), np.empty((batch_size, Y.shape[1]), X.dtype)

    def batches(self, rng: np.random.RandomState) -> Iterator[tuple[int, Array, Array]]:
        """(samples, X, Y) with samples as columns: one pass over the data."""
        m = len(self.X)
        if self.batch_size == m:
            yield m, self.X.T, self.Y.T
            return
        if self.shuffle:
            self.order = self.order[rng.permutation(m)]
        for first in range(0, m, self.batch_size):
            chosen = self.order[first : first + self.batch_size]
            X, Y = (place[: len(chosen)] for place in self.places)
            np.take(self.X, chosen, axis=0, out=X, mode="clip")
            np.take(self.Y, chosen, axis=0, out=Y, mode="clip")
            yield len(chosen), X.T, Y.T


def epoch(step: Any, theta: dict[str, Array], rows: Rows, alpha: float, rng: np.random.RandomState) -> float:
    """One update per batch; the mean loss of the samples, each before its update."""
    total = 0.0
    for size, X, Y in rows.batches(rng):
        total += size * float(step(theta, X, Y, alpha=alpha))
    return total / len(rows.X)


def minimize(
    f: CompiledDerivation, theta: dict[str, Array], X: Array, Y: Array, alpha: float, most: int, calls: int, tol: float
) -> tuple[dict[str, Array], float, int]:
    """L-BFGS by SciPy with the derived gradient, on all samples: (parameters, loss, iterations)."""
    from scipy.optimize import minimize as by_scipy

    names, dtype = list(theta), X.dtype

    def split(point: Array) -> dict[str, Array]:
        found, at = {}, 0
        for name in names:
            size = theta[name].size
            found[name] = point[at : at + size].reshape(theta[name].shape).astype(dtype)
            at += size
        return found

    def value(point: Array) -> tuple[float, Array]:
        J, gradients = f(split(point), X.T, Y.T, alpha=alpha)
        return float(J), np.concatenate([gradients[name].ravel() for name in names]).astype(float)

    whole = np.concatenate([theta[name].ravel() for name in names]).astype(float)
    options = {"maxfun": calls, "maxiter": most, "gtol": tol}
    found = by_scipy(value, whole, method="L-BFGS-B", jac=True, options=options)
    return split(found.x), float(found.fun), int(found.nit)


def outputs(network: Mapping[str, Any] | tuple[Any, ...], theta: Mapping[str, Array], X: Array) -> Array:
    """The last layer for X (m, n), as rows (m, c)."""
    return np.asarray(derived(*network).predict(theta, X.T)).T
