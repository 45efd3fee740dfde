"""Logistic regression as the network without a hidden layer: on the flower it cannot do much, on cats it can.

Third seed: "logistic regression seen as a neural network", and the flower's closing comparison.
"""

from __future__ import annotations

from typing import Any

from .data import cats as pictures
from .data import flower as samples
from .descent import descend, formulas
from .finding import Finding, Picture, Row, Wish
from .starts import constant


def network(inputs: int) -> Any:
    from derive import backprop, mlp

    return backprop(mlp([inputs, 1], output="sigmoid", loss="cross_entropy"))


def on_flower(wish: Wish) -> Finding:
    """From zeros by L-BFGS to the minimum: about 47 % is all that a straight line can do."""
    from numeric import accuracy, forward
    from numeric.plots import decision_boundary, png
    from numeric.quasi_newton import lbfgs

    X, Y = samples()
    d = network(2)
    found = lbfgs(d, constant([2, 1]), X, Y)
    predict = forward(d)
    share = accuracy(predict(found.params, X), Y)
    picture = png(decision_boundary(lambda points: predict(found.params, points), X, Y, f"logistic: {share:.1%}"))
    rows = (
        Row("cost at the minimum", found.history[-1], most=0.693148),
        Row("accuracy", share, 0.47, 0.01, is_share=True),
    )
    return Finding(rows, (Picture("logistic-flower", picture, "A straight line does not separate petals."),),
                   formulas=formulas(d))  # fmt: skip


def on_cats(wish: Wish) -> Finding:
    """Zeros, learning rate 0.005, 2000 iterations."""
    from numeric import accuracy, forward
    from numeric.plots import curves, png, weight_images

    data = pictures(wish.data)
    d, params = network(12288), constant([12288, 1])
    cost = descend(d, params, data.X, data.Y, 0.005, 101 if wish.quick else 2000)
    rows = [
        Row("cost at iteration 0", cost[0], 0.693147, 5.1e-7, digits=8),
        Row("cost at iteration 100", cost[100], 0.584508, 5.1e-7, digits=8),
    ]
    if not wish.quick:
        predict = forward(d)
        rows += [
            Row("training accuracy", accuracy(predict(params, data.X), data.Y), 0.9904, 0.005, is_share=True),
            Row("test accuracy", accuracy(predict(params, data.X_test), data.Y_test), 0.70, 0.005, is_share=True),
        ]
    return Finding(
        tuple(rows),
        (
            Picture("logistic-cost", png(curves({"cost": cost}, "Logistic regression on cats")),
                    "At this learning rate the cost oscillates at first, and falls."),
            Picture("logistic-weights", png(weight_images(params["W1"], (64, 64, 3), "The weights as an image")),
                    "The weights of the one unit, mean over the colours: a template, and a poor one."),
        ),
        formulas=formulas(d),
    )  # fmt: skip
