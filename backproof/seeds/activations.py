"""Sigmoid, tanh, relu, leaky relu with their derivatives; and what they do as hidden layers of one and the same run.

First seed, activations and where they are used; third seed, activation functions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .data import flower as samples
from .descent import Params, descend
from .finding import Finding, Picture, Row, Wish
from .starts import legacy

NAMES = ("sigmoid", "tanh", "relu", "leaky_relu")
PUBLISHED = {  # the derivatives as the texts have them
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)) * (1 - 1 / (1 + np.exp(-z))),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "relu": lambda z: (z > 0).astype(float),
    "leaky_relu": lambda z: np.where(z > 0, 1, 0.01),
}
LAYERS, RATE = [2, 20, 20, 1], 0.3


def functions(wish: Wish) -> Finding:
    """Each derivative, derived by the program, against the published formula on 601 points."""
    from numeric.derivatives import activation
    from numeric.plots import activation_curves, png

    z = np.linspace(-6, 6, 600)[None, :]  # an even number: 0, the kink, is none of them
    rows = [
        Row(f"{name}': largest difference from the published formula",
            float(np.abs(activation(name)[1](z) - PUBLISHED[name](z)).max()), most=1e-14, digits=2)
        for name in NAMES
    ]  # fmt: skip
    tanh, sigmoid = activation("tanh")[0], activation("sigmoid")[0]
    shifted = float(np.abs(tanh(z) - (2 * sigmoid(2 * z) - 1)).max())
    rows += [
        Row("tanh(z) = 2 sigmoid(2z) - 1: largest difference", shifted, most=1e-14, digits=2),
        Row("largest sigma'", float(activation("sigmoid")[1](np.zeros((1, 1)))[0, 0]), 0.25, 1e-15),
        Row("sigma'(6): saturated", float(activation("sigmoid")[1]([[6.0]])[0, 0]), digits=3),
        Row("mean of sigmoid over [-6, 6], which is not centred", float(sigmoid(z).mean()), 0.5, 1e-12),
        Row("mean of tanh, which is", abs(float(tanh(z).mean())), 0.0, 1e-12),
    ]
    picture = png(activation_curves({name.replace("_", " "): activation(name) for name in NAMES}))
    return Finding(tuple(rows), (Picture("activations", picture, "Activations and their derivatives."),))


def hidden(wish: Wish) -> Finding:
    """[2, 20, 20, 1] on the flower with each as the hidden activation: same start, same learning rate."""
    from derive import backprop, mlp
    from numeric import accuracy, forward
    from numeric.intermediates import named_values
    from numeric.plots import curves, png

    X, Y = samples()
    iterations, costs, rows = 300 if wish.quick else 5000, {}, []
    shares: dict[str, Any] = {"layer 1": [], "layer 2": []}
    for name in NAMES:
        d = backprop(mlp(LAYERS, hidden=name))
        params, values = legacy(LAYERS, 3, None), named_values(d, "A1", "A2")

        def watch(iteration: int, now: Params, values: Any = values) -> None:
            for layer, A in zip(shares, values(now, X, Y).values(), strict=True):
                shares[layer].append(100 * float(np.mean(A > 0)))

        costs[name.replace("_", " ")] = descend(
            d, params, X, Y, RATE, iterations, watch if name == "relu" else None, 20
        )
        rows.append(Row(f"{name}: cost at the end", costs[name.replace("_", " ")][-1]))
        rows.append(Row(f"{name}: accuracy", accuracy(forward(d)(params, X), Y), is_share=True))
    by_name = {name: line[-1] for name, line in costs.items()}
    rows.append(Row("sigmoid learns slowest", max(by_name, key=lambda k: by_name[k]) == "sigmoid"))
    rows += [Row(f"active relu units, {layer}, at the end", line[-1] / 100, least=0.05, most=0.95, is_share=True)
             for layer, line in shares.items()]  # fmt: skip
    active = {name: (20 * np.arange(len(line)), line) for name, line in shares.items()}
    return Finding(
        tuple(rows),
        (
            Picture("hidden-cost", png(curves(costs, "Hidden activations")), "Cost: one start, one rate."),
            Picture("hidden-active", png(curves(active, "Active relu units", y="share in %")),
                    "Some relu units are silent for each sample: about half here, as the first seed says."),
        ),
    )  # fmt: skip
