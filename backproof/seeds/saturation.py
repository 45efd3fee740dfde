"""The learning slow-down by saturation: |delta^l| and sigma' of each layer, squared error against cross-entropy.

Second seed, closing remark on BP1 and BP2: where sigma'(z) is near 0, delta is too, and the weights stop learning.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .data import mnist
from .descent import Params
from .digits import network
from .finding import Finding, Picture, Row, Wish

LOSSES = {"squared error": ("squared_error", 3.0), "cross-entropy": ("cross_entropy", 0.5)}
SEED, WATCHED, EVERY = 0, 1000, 25


def saturation(wish: Wish) -> Finding:
    """One epoch of each from the same start, watched on 1000 samples: at the start outputs are saturated and wrong."""
    from numeric import initialize
    from numeric.plots import curves, png

    data = mnist(wish.data)
    updates = 500 if wish.quick else 5000
    delta: dict[str, Any] = {}
    slope: dict[str, Any] = {}
    for name, (loss, eta) in LOSSES.items():
        d = network(loss)
        params = initialize(d, SEED, "normal", "float32")
        seen = _watch(d, params, data, eta, updates)
        for layer in (1, 2):
            places = EVERY * np.arange(len(seen))
            delta[f"{name}, layer {layer}"] = (places, [s[f"delta{layer}"] for s in seen])
            slope[f"{name}, layer {layer}"] = (places, [s[f"slope{layer}"] for s in seen])
    first = {name: delta[f"{name}, layer 2"][1][0] for name in LOSSES}
    rows = (
        Row("mean sigma' of the output layer at the start", slope["squared error, layer 2"][1][0], digits=3),
        Row("mean |delta| of the output layer at the start, squared error", first["squared error"], digits=3),
        Row("the same, cross-entropy", first["cross-entropy"], digits=3),
        Row("cross-entropy has the larger delta, by a factor of",
            first["cross-entropy"] / first["squared error"], least=3.0, digits=3),
        Row("mean |delta| by mean sigma': an output unit in saturation hardly learns, however wrong",
            _correlation(network("squared_error"), data), least=0.5, digits=2),
    )  # fmt: skip
    return Finding(
        rows,
        (
            Picture("saturation-delta", png(curves(delta, "Mean |δ| over 1000 samples", "update", "mean |δ|", log="y")),
                    "The error that reaches each layer, over the first epoch."),
            Picture("saturation-slope", png(curves(slope, "Mean σ'(z) over 1000 samples", "update", "mean σ'(z)",
                                                   level=0.25, level_name="largest possible, 1/4")),
                    "The gain of each layer in the backward pass."),
        ),
        ("With squared error BP1 is δ = (a - y) ∗ σ'(z): an output that is wrong and saturated has almost no δ. With "
         "cross-entropy δ = a - y, and the factor is gone; the hidden layer keeps its σ' either way (BP2).",),
    )  # fmt: skip


def _watch(d: Any, params: dict[str, Any], data: Any, eta: float, updates: int) -> list[dict[str, float]]:
    """What is seen on the first samples, every so many updates of mini-batches of 10 in the order of the file."""
    from numeric import training_step

    step = training_step(d, "sgd", eta, batch_size=10, dtype="float32")
    look, seen = _looker(d, data), []
    for k in range(updates):
        if k % EVERY == 0:
            seen.append(look(params))
        chosen = slice(10 * k, 10 * k + 10)
        step(params, np.ascontiguousarray(data.X[:, chosen]), np.ascontiguousarray(data.Y[:, chosen]))
    return seen


def _looker(d: Any, data: Any) -> Any:
    from numeric.derivatives import activation
    from numeric.intermediates import named_values

    values, (_, slope) = named_values(d, "Z1", "Z2", "dZ1", "dZ2"), activation("sigmoid")
    X, Y = data.X[:, :WATCHED], data.Y[:, :WATCHED]

    def look(params: Params) -> dict[str, float]:
        v = values(params, X, Y)
        found = {f"delta{layer}": float(np.abs(v[f"dZ{layer}"]).mean()) for layer in (1, 2)}
        return found | {f"slope{layer}": float(slope(v[f"Z{layer}"]).mean()) for layer in (1, 2)}

    return look


def _correlation(d: Any, data: Any) -> float:
    """Between |delta| and sigma' of the output units at the start, where the output is wrong by more than a half."""
    from numeric import initialize
    from numeric.derivatives import activation
    from numeric.intermediates import named_values

    v = named_values(d, "Z2", "A2", "dZ2")(
        initialize(d, SEED, "normal", "float32"), data.X[:, :WATCHED], data.Y[:, :WATCHED]
    )
    wrong = np.abs(v["A2"] - data.Y[:, :WATCHED]) > 0.5
    return float(np.corrcoef(np.abs(v["dZ2"])[wrong], activation("sigmoid")[1](v["Z2"])[wrong])[0, 1])
