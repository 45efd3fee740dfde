"""Gradient checking, which the third seed promises for later: derived gradients against numerical ones, entry by entry.

And a planted fault: a check that never says no is worth nothing.
"""

from __future__ import annotations

from typing import Any

from .data import flower as samples
from .finding import Finding, Row, Wish

NETWORKS: dict[str, dict[str, Any]] = {
    "tanh, cross-entropy": {"sizes": [2, 4, 1], "hidden": "tanh", "loss": "cross_entropy"},
    "sigmoid, squared error": {"sizes": [2, 5, 3, 1], "hidden": "sigmoid", "loss": "squared_error"},
    "relu, cross-entropy": {"sizes": [2, 6, 4, 1], "hidden": "relu", "loss": "cross_entropy"},
    "leaky relu, squared error": {"sizes": [2, 6, 1], "hidden": "leaky_relu", "loss": "squared_error"},
}


def checking(wish: Wish) -> Finding:
    """Four networks on the flower; then dW1 with its 1/m forgotten."""
    from derive import backprop, mlp
    from numeric import check_gradient, initialize, lambdify

    X, Y = samples()
    rows: list[Row] = []
    for name, options in NETWORKS.items():
        f = lambdify(backprop(mlp(options["sizes"], hidden=options["hidden"], loss=options["loss"])))
        report = check_gradient(f, initialize(f.derivation, 3, "xavier"), X, Y)
        rows.append(Row(f"{name}: largest relative error, by {report.method}", report.error, most=1e-6, digits=2))
        rows.append(Row(f"{name}: entries compared, left out at kinks", f"{report.compared}, {report.kinks}"))
    f = lambdify(backprop(mlp([2, 6, 1], hidden="relu")))
    at_kinks = initialize(f.derivation, 3, "xavier")
    at_kinks["W1"][:2], at_kinks["b1"][:2] = 0.0, 0.0  # two units stand exactly at their kink
    report = check_gradient(f, at_kinks, X, Y)
    rows.append(Row("two relu units at their kink: entries left out", report.kinks, least=6, digits=3))
    rows.append(Row("the others: largest relative error", report.error, most=1e-6, digits=2))

    def forgotten(params: Any, *arrays: Any) -> Any:
        J, gradients = f(params, *arrays)
        return J, {**gradients, "W1": gradients["W1"] * X.shape[1]}

    wrong = check_gradient(forgotten, initialize(f.derivation, 3, "xavier"), X, Y)
    rows.append(Row("planted fault, 1/m forgotten in dW1: its relative error", wrong["W1"].error, least=0.5, digits=3))
    rows.append(Row("the same, dW2, which is right", wrong["W2"].error, most=1e-6, digits=2))
    return Finding(tuple(rows), remarks=(
        "A numerical check compares one point in one shape. What the formulas are for all shapes and all values is "
        "decided by the kernel: backproof check, and d.check().",))  # fmt: skip
