"""Cat or not: the shallow network [12288, 7, 1] and the deep one [12288, 20, 7, 5, 1], relu and sigmoid.

Third seed, examples 2 and 3: costs, accuracies, the pictures that were taken for something else, the share of relu
units that are active.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .data import cat_images
from .data import cats as pictures
from .descent import Params, descend, formulas
from .finding import Finding, Picture, Row, Wish
from .starts import legacy

RATE = 0.0075
SHALLOW, DEEP = (12288, 7, 1), (12288, 20, 7, 5, 1)


def network(sizes: Any) -> Any:
    from derive import backprop, mlp

    return backprop(mlp(list(sizes), hidden="relu", output="sigmoid", loss="cross_entropy"))


def accuracies(d: Any, params: Params, data: Any, train: float, test: float, within: float = 0.005) -> list[Row]:
    """Two rows: on the training set and on the test set."""
    from numeric import accuracy, forward

    predict = forward(d)
    return [
        Row("training accuracy", accuracy(predict(params, data.X), data.Y), train, within, is_share=True),
        Row("test accuracy", accuracy(predict(params, data.X_test), data.Y_test), test, within, is_share=True),
    ]


def shallow(wish: Wish) -> Finding:
    """0.01 randn with legacy seed 1."""
    from numeric.plots import curves, png

    data = pictures(wish.data)
    d, params = network(SHALLOW), legacy(SHALLOW, 1, 0.01)
    cost = descend(d, params, data.X, data.Y, RATE, 101 if wish.quick else 2500)
    rows = [
        Row("cost at iteration 0", cost[0], 0.6930497, 5.1e-8, digits=9),
        Row("cost at iteration 100", cost[100], 0.6464321, 5.1e-8, digits=9),
    ]
    rows += [] if wish.quick else accuracies(d, params, data, 1.0, 0.72)
    picture = png(curves({"cost": cost}, "[12288, 7, 1] on cats"))
    return Finding(tuple(rows), (Picture("shallow-cost", picture, "The cost falls."),), formulas=formulas(d))


def deep(wish: Wish) -> Finding:
    """randn / sqrt(n) with legacy seed 1, and the pictures of the test set that it gets wrong."""
    from numeric import forward
    from numeric.intermediates import named_values
    from numeric.plots import confusion_matrix, curves, image_gallery, png

    data = pictures(wish.data)
    d, params = network(DEEP), legacy(DEEP, 1, None)
    hidden = named_values(d, "A1", "A2", "A3")
    active: dict[str, list[float]] = {"layer 1": [], "layer 2": [], "layer 3": []}

    def watch(iteration: int, now: Params) -> None:
        for name, A in zip(active, hidden(now, data.X, data.Y).values(), strict=True):
            active[name].append(float(np.mean(A > 0)))

    iterations = 101 if wish.quick else 2500
    cost = descend(d, params, data.X, data.Y, RATE, iterations, watch, every=50)
    rows = [
        Row("cost at iteration 0", cost[0], 0.7717493284237686, 5.1e-7, digits=10),
        Row("cost at iteration 100", cost[100], 0.672053440082, 5.1e-7, digits=10),
    ]
    if not wish.quick:
        rows.append(Row("cost at iteration 2400", cost[2400], 0.0928782185, 1e-3))
        rows += accuracies(d, params, data, 0.9856, 0.80)
    places = 50 * np.arange(len(active["layer 1"]))
    rows += [
        Row(f"active relu units, {name}, at the end", shares[-1], is_share=True) for name, shares in active.items()
    ]
    output = forward(d)(params, data.X_test)
    wrong = np.flatnonzero((output > 0.5) != (data.Y_test > 0.5))
    captions = [f"{'cat' if output[0, k] > 0.5 else 'no cat'} {output[0, k]:.2f}" for k in wrong]
    shares = {name: (places, 100 * np.asarray(a)) for name, a in active.items()}
    return Finding(
        tuple(rows),
        (
            Picture("deep-cost", png(curves({"cost": cost}, "[12288, 20, 7, 5, 1] on cats")), "The cost falls."),
            Picture("deep-wrong", png(image_gallery(cat_images(data.X_test[:, wrong]), captions)),
                    f"The {len(wrong)} of 50 test pictures that are taken for something else, with the output."),
            Picture("deep-confusion", png(confusion_matrix(output, data.Y_test, ("no cat", "cat"), "test set")),
                    "What was taken for what."),
            Picture("deep-active", png(curves(shares, "Active relu units", y="share in %")),
                    "The share of units whose output is positive, over all training pictures, layer by layer."),
        ),
        formulas=formulas(d),
    )  # fmt: skip


def stall(wish: Wish) -> Finding:
    """The initialisation that the third seed's listing prints, 0.01 randn: why the deep network then does not learn."""
    from numeric.intermediates import named_values
    from numeric.plots import curves, gradient_flow, png

    data = pictures(wish.data)
    d, params = network(DEEP), legacy(DEEP, 1, 0.01)
    values = named_values(d, "A1", "A2", "A3", "dW1", "dW2", "dW3", "dW4", "db4")
    starts = {"0.01 randn": params, "randn / sqrt(n)": legacy(DEEP, 1, None)}
    at_start = {name: _sizes(values(p, data.X, data.Y)) for name, p in starts.items()}
    iterations = 101 if wish.quick else 2500
    cost = descend(d, params, data.X, data.Y, RATE, iterations)
    good = descend(d, starts["randn / sqrt(n)"], data.X, data.Y, RATE, iterations)
    p = float(data.Y.mean())
    entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
    small, fine = at_start.values()
    rows = [
        Row("root mean square of dW1 at the start, 0.01 randn", small["dW1"], digits=3),
        Row("the same, randn / sqrt(n)", fine["dW1"], digits=3),
        Row("dW1 is smaller by a factor of", fine["dW1"] / small["dW1"], least=1000.0, digits=3),
        Row("entropy of the share of cats: the cost if only b4 learns", entropy, 0.644, 5e-4),
    ]
    if not wish.quick:
        rows.append(Row("cost at the end, 0.01 randn", cost[-1], 0.644, 5e-4))
        rows += accuracies(d, params, data, 0.656, 0.34)
    flows = {name: {layer: sizes[layer] for layer in ("dW1", "dW2", "dW3", "dW4", "db4")}
             for name, sizes in at_start.items()}  # fmt: skip
    signals = {name: {layer: sizes[layer] for layer in ("A1", "A2", "A3")} for name, sizes in at_start.items()}
    return Finding(
        tuple(rows),
        (
            Picture("stall-cost", png(curves({"0.01 randn": cost, "randn / sqrt(n)": good}, "Two starts", level=entropy,
                                             level_name="entropy of the share of cats")),
                    "With 0.01 the cost falls to what a constant output reaches, and stays."),
            Picture("stall-gradients", png(gradient_flow(flows, "Gradients at the start, by layer")),
                    "With 0.01 every layer multiplies what passes by a small number: all gradients are tiny but db4."),
            Picture("stall-signals", png(gradient_flow(signals, "Activations at the start, by layer")),
                    "The same happens forward: the picture has faded before it reaches the output."),
        ),
        ("Each dW is a product of what came forward and what comes back; both pass the other layers' small "
         "weights; only b4 sees the cost. It learns the share of cats, 34 %, so the answer is always \"no cat\".",
         "The published 98.6 % / 80 % need randn / sqrt(n); the 0.01 of the listing does not reach them."),
    )  # fmt: skip


def _sizes(values: Any) -> dict[str, float]:
    return {name: float(np.sqrt(np.mean(np.square(x)))) for name, x in values.items()}
