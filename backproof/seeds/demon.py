"""The demon of the second seed changes one weighted input z a little: the cost changes by delta times that.

One sample, so that a change of z_j^l is a change of b_j^l; the new cost is computed forward only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .descent import formulas
from .finding import Finding, Picture, Row, Wish

SIZES = [6, 8, 5, 3]
CHANGES = (1e-1, 1e-2, 1e-3, 1e-4)


def demon(wish: Wish) -> Finding:
    """Every unit of every layer, several changes: predicted and measured; then the good demon, against delta's sign."""
    from derive import backprop, mlp
    from numeric import initialize, lambdify
    from numeric.intermediates import named_values
    from numeric.plots import curves, png

    d = backprop(mlp(SIZES, hidden="sigmoid", loss="squared_error", samples=1))
    f, params = lambdify(d), initialize(d, 5)
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(6, 1)), np.array([[1.0], [0.0], [0.0]])
    delta = named_values(d, "dz1", "dz2", "dz3")(params, x, y)
    J = float(f.loss(params, x, y))
    units = [(layer, j) for layer in (1, 2, 3) for j in range(SIZES[layer])]
    predicted = np.array([delta[f"dz{layer}"][j, 0] for layer, j in units])
    errors, measured = [], np.zeros(len(units))
    for change in CHANGES:
        measured = np.array([_cost(f, params, x, y, layer, j, change) - J for layer, j in units])
        errors.append(float(np.abs(measured - predicted * change).max()))
    good = [_cost(f, params, x, y, layer, j, -1e-3 * np.sign(delta[f"dz{layer}"][j, 0])) < J for layer, j in units]
    order = np.log10(errors[1] / errors[2])
    rows = (
        Row("units asked", len(units)),
        Row("change 0.0001: largest |measured - delta change| by largest |delta| change",
            errors[-1] / (CHANGES[-1] * float(np.abs(predicted).max())), most=1e-3, digits=2),
        Row("the error falls with the power of the change", float(order), 2.0, 0.1, digits=3),
        Row("units where a step against the sign of delta lowers the cost", sum(good), least=len(units)),
    )  # fmt: skip
    scale = 1e4
    order_of = np.argsort(predicted)
    lines = {"delta times the change": (np.arange(len(units)), scale * predicted[order_of] * CHANGES[-1]),
             "measured": (np.arange(len(units)), scale * measured[order_of])}  # fmt: skip
    return Finding(
        rows,
        (
            Picture("demon-units", png(curves(lines, "Change of the cost for a change of 0.0001 in one z",
                                              "unit, by delta", "change of the cost / 0.0001", points=("measured",))),
                    "What is measured lies on what delta says."),
            Picture("demon-error", png(curves({"largest error": (CHANGES, errors)}, "What delta leaves over",
                                              "change of z", "|measured − δ Δz|", log="xy")),
                    "The rest is of second order: a tenth of the change leaves a hundredth."),
        ),
        formulas=formulas(d),
    )  # fmt: skip


def _cost(f: Any, params: Any, x: Any, y: Any, layer: int, unit: int, change: float) -> float:
    moved = params[f"b{layer}"].copy()
    moved[unit, 0] += change
    return float(f.loss({**params, f"b{layer}": moved}, x, y))
