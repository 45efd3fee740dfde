"""Vectorised against loops: the dot product of a million numbers, and a whole backward pass over batch size.

Third seed, vectorization: "for loop and vectorized computation differ by 300 times (a million numbers)".
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .finding import Finding, Picture, Row, Wish

SIZES = (784, 30, 10)
BATCHES = (1, 3, 10, 30, 100, 300, 1000)


def vectorised(wish: Wish) -> Finding:
    """Seconds for cost and all gradients of [784, 30, 10]: one call for the batch, or one call per sample and a sum."""
    from derive import backprop, mlp
    from numeric import initialize, lambdify
    from numeric.plots import curves, png

    whole = lambdify(backprop(mlp(SIZES, hidden="sigmoid", loss="squared_error")))
    single = lambdify(backprop(mlp(SIZES, hidden="sigmoid", loss="squared_error", samples=1)))
    params = initialize(whole, 0)
    rng = np.random.default_rng(0)
    batches = BATCHES[:5] if wish.quick else BATCHES
    X, Y = rng.random((784, batches[-1])), rng.random((10, batches[-1]))
    times: dict[str, list[float]] = {"one call for all samples": [], "one call per sample": []}
    for size in batches:
        x, y = np.ascontiguousarray(X[:, :size]), np.ascontiguousarray(Y[:, :size])
        columns = [(np.ascontiguousarray(x[:, [k]]), np.ascontiguousarray(y[:, [k]])) for k in range(size)]
        times["one call for all samples"].append(_seconds(_vectorised(whole, params, x, y)) / size)
        times["one call per sample"].append(_seconds(_looped(single, params, columns)) / size)
    difference = _difference(whole(params, X, Y)[1], _looped(single, params, _columns(X, Y))())
    ratio = [
        slow / fast for slow, fast in zip(times["one call per sample"], times["one call for all samples"], strict=True)
    ]
    million = _million()
    rows = (
        Row("dot product of a million numbers: Python loop over NumPy, times", million, 300, least=30.0, digits=3),
        Row("both give the same gradients, largest difference", difference, most=1e-12, digits=2),
        Row(f"backward pass, {batches[-1]} samples: per sample over vectorised, times", ratio[-1], digits=3),
        Row("backward pass, 1 sample: the same", ratio[0], digits=3),
    )
    micro = {name: (batches, 1e6 * np.asarray(t)) for name, t in times.items()}
    return Finding(
        rows,
        (Picture("vectorised", png(curves(micro, "Cost and gradients of [784, 30, 10]", "batch size",
                                          "microseconds per sample", log="xy")),
                 "The larger the batch, the cheaper a sample; the loop stays where it is."),),
        ("The factor of 300 is that of a loop over single numbers in Python. A loop over samples does a matrix product "
         "in each turn, so it loses less: what remains is the price of a call and of reading the weights again.",),
    )  # fmt: skip


def _vectorised(f: Any, params: Any, x: Any, y: Any) -> Callable[[], Any]:
    return lambda: f.run(params, x, y)


def _looped(f: Any, params: Any, columns: Any) -> Callable[[], Any]:
    """The mean of the samples' gradients, summed in a loop."""

    def work() -> dict[str, Any]:
        total = {name: np.zeros_like(p) for name, p in params.items()}
        for x, y in columns:
            _, gradients = f.run(params, x, y)
            for name, g in gradients.items():
                total[name] += g
        return {name: t / len(columns) for name, t in total.items()}

    return work


def _columns(X: Any, Y: Any) -> list[tuple[Any, Any]]:
    return [(X[:, [k]], Y[:, [k]]) for k in range(X.shape[1])]


def _difference(one: Any, other: Any) -> float:
    return max(float(np.abs(one[name] - other[name]).max()) for name in one)


def _seconds(work: Callable[[], Any], least: float = 0.1) -> float:
    """The median time of one call, of as many as take a moment."""
    work()
    taken: list[float] = []
    while len(taken) < 3 or sum(taken) < least:
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _million() -> float:
    """How often the vectorised dot product of a million numbers fits into the loop's time."""
    rng = np.random.RandomState(1)
    a, b = rng.rand(1_000_000), rng.rand(1_000_000)
    start, total = time.perf_counter(), 0.0
    for k in range(1_000_000):
        total += a[k] * b[k]
    loop = time.perf_counter() - start
    return loop / _seconds(lambda: np.dot(a, b))
