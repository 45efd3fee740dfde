"""The planar flower with one hidden layer of four tanh units, and the same run with 1 to 50 units.

Third seed, example 1: cost and accuracy, decision boundaries, "accuracy for n hidden units".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .data import flower as samples
from .descent import descend, formulas
from .finding import Finding, Picture, Row, Wish
from .starts import legacy

PUBLISHED = {1: 0.675, 2: 0.6725, 3: 0.9075, 4: 0.905, 5: 0.9125, 20: 0.90, 50: 0.9025}
RATE = 1.2
OVERFITTING = (
    "One or two units cut the plane by lines only; from three on the petals are found. With 20 and 50 units the "
    "boundary bends after single points: this is the overfitting that the text sees."
)


def network(units: int) -> Any:
    from derive import backprop, mlp

    return backprop(mlp([2, units, 1], hidden="tanh", output="sigmoid", loss="cross_entropy"))


def flower(wish: Wish) -> Finding:
    """Four units: the cost at 0 and 1000 to six digits, and the whole run."""
    from numeric import accuracy, forward
    from numeric.plots import curves, decision_boundary, network_diagram, png

    X, Y = samples()
    d, params = network(4), legacy([2, 4, 1], 2, 0.01)
    iterations = 1001 if wish.quick else 10000
    cost = descend(d, params, X, Y, RATE, iterations)
    predict = forward(d)
    middle = int(np.abs(np.linalg.norm(X, axis=0) - 0.4).argmin())  # where units are neither linear nor saturated
    rows = [
        Row("cost at iteration 0", cost[0], 0.693048, 5.1e-7, digits=8),
        Row("cost at iteration 1000", cost[1000], 0.288083, 5.1e-7, digits=8),
    ]
    if not wish.quick:
        rows.append(Row("cost at iteration 9000", cost[9000], 0.2185, 1e-3))
        rows.append(Row("accuracy after 10000", accuracy(predict(params, X), Y), 0.905, 0.01, is_share=True))
    return Finding(
        tuple(rows),
        (
            Picture("flower-cost", png(curves({"cost": cost}, "Planar flower, 4 tanh units")), "The cost falls."),
            Picture(
                "flower-boundary",
                png(decision_boundary(lambda points: predict(params, points), X, Y, "4 tanh units")),
                "The decision boundary: the petals are found.",
            ),
            Picture(
                "flower-passes",
                png(network_diagram(d, params, X, Y, middle, f"Both passes for sample {middle}")),
                "The trained network and its backward pass, with the numbers of one sample on the nodes.",
            ),
        ),
        formulas=formulas(d),
    )


def sizes(wish: Wish) -> Finding:
    """1, 2, 3, 4, 5, 20, 50 hidden units, 5000 iterations each."""
    from numeric import accuracy, forward
    from numeric.plots import decision_boundaries, png

    X, Y = samples()
    iterations, rows, predictors = (200 if wish.quick else 5000), [], {}
    for units, published in PUBLISHED.items():
        d, params = network(units), legacy([2, units, 1], 2, 0.01)
        descend(d, params, X, Y, RATE, iterations)
        found = accuracy(forward(d)(params, X), Y)
        beside, within = (None, None) if wish.quick else (published, 0.015)
        rows.append(
            Row(f"accuracy, {units} hidden units, {iterations} iterations", found, beside, within, is_share=True)
        )
        predictors[f"{units} units: {found:.2%}"] = _predictor(forward(d), params)
    picture = png(decision_boundaries(predictors, X, Y))
    return Finding(
        tuple(rows),
        (Picture("flower-sizes", picture, "Decision boundaries by number of hidden units."),),
        () if wish.quick else (OVERFITTING,),
    )


def _predictor(predict: Any, params: Any) -> Any:
    return lambda points: predict(params, points)
