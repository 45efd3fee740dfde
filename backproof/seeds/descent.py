"""Gradient descent on all samples at once, as the published runs do it, one derived training step per iteration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Params = Mapping[str, Any]


def descend(
    d: Any, params: dict[str, Any], X: Any, Y: Any, rate: float, iterations: int,
    watch: Callable[[int, Params], Any] | None = None, every: int = 1,
) -> list[float]:  # fmt: skip
    """The cost before each update; params are updated in place.  `watch` sees them every so many iterations."""
    from numeric import training_step

    step = training_step(d, "sgd", rate, batch_size=X.shape[1], dtype="float64", loss=True)
    costs = []
    for iteration in range(iterations):
        if watch is not None and iteration % every == 0:
            watch(iteration, params)
        costs.append(float(step(params, X, Y)))
    return costs


def formulas(d: Any) -> str:
    """The summary of the derivation, one equation a line; what trains."""
    _, _, after = d.to_text().partition("\nSummary\n")
    return after.partition("\n\n")[2].partition("\n\n")[0] or str(d)
