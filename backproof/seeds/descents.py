"""Batch, mini-batch and stochastic descent with one stopping rule, and L-BFGS, on the same run.

Second seed: the three variants of gradient descent, the rule "stop when every change of W and b is below epsilon, or
after MAX iterations", and the quasi-Newton methods that it names.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .data import flower as samples
from .descent import formulas
from .finding import Finding, Picture, Row, Wish
from .flower import network
from .starts import legacy

EPSILON = 1e-4
VARIANTS = {
    # name                 batch   rate
    "batch (400)":        (None,  1.2),
    "mini-batch (32)":    (32,    0.3),
    "stochastic (1)":     (1,     0.02),
}  # fmt: skip


def descents(wish: Wish) -> Finding:
    """The flower with four tanh units from one start; cost after each pass through the samples."""
    from numeric import accuracy, forward, lambdify, train
    from numeric.plots import curves, png
    from numeric.quasi_newton import lbfgs

    X, Y = samples()
    d = network(4)
    f, predict, start = lambdify(d), forward(d), legacy([2, 4, 1], 2, 0.5)
    epochs = {"batch (400)": 300 if wish.quick else 5000, "mini-batch (32)": 50 if wish.quick else 1000,
              "stochastic (1)": 10 if wish.quick else 300}  # fmt: skip
    lines, rows = {}, []
    for name, (size, rate) in VARIANTS.items():
        result = train(
            f, X, Y, learning_rate=rate, batch_size=size, epochs=epochs[name], params=start, stop=EPSILON, seed=0
        )
        lines[name] = result.history
        J = float(f.loss(result.params, X, Y))
        rows.append(Row(f"{name}: cost at the end", J, most=0.45))
        rows.append(
            Row(
                f"{name}: ended by, after updates, passes",
                f"{result.stopped}, {result.iterations}, {len(result.history)}",
            )
        )
        rows.append(Row(f"{name}: accuracy", accuracy(predict(result.params, X), Y), is_share=True))
    found = lbfgs(d, start, X, Y, iterations=50 if wish.quick else 1000)
    lines["L-BFGS"] = found.history
    rows.append(Row("L-BFGS: cost at the end", found.history[-1], most=0.45))
    rows.append(
        Row("L-BFGS: iterations, evaluations of the gradient", f"{len(found.history) - 1}, {found.evaluations}")
    )
    rows.append(Row("L-BFGS: accuracy", accuracy(predict(found.params, X), Y), is_share=True))
    if not wish.quick:
        rows.append(Row("L-BFGS needs fewer passes to reach batch descent's last cost: passes",
                        _passes(found.history, lines["batch (400)"][-1]), most=len(lines["batch (400)"])))  # fmt: skip
    return Finding(
        tuple(rows),
        (Picture("descents", png(curves({k: (1 + np.arange(len(v)), v) for k, v in lines.items()},
                                        "One start, four ways down", "pass through all samples", "cost", log="x")),
                 "Cost over passes; an iteration of L-BFGS is one pass or a few."),),
        (
            f"The stopping rule with epsilon = {EPSILON:g} asks that one update changes no entry by that much. On "
            "single samples it ends a run by accident: a sample that is right already moves nothing.",
        ),
        formulas(d),
    )  # fmt: skip


def _passes(history: Any, cost: float) -> int:
    """The first iteration with at most this cost; all of them if there is none."""
    below = np.flatnonzero(np.asarray(history) <= cost)
    return int(below[0]) if len(below) else len(history)
