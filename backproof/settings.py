"""How each data set is trained unless options say otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Setting:
    """A network and its gradient descent; batch_size None takes all samples at once."""

    layers: tuple[int, ...]
    hidden: Any
    output: str
    loss: str
    epochs: int
    batch_size: int | None
    learning_rate: float
    init: str | float
    optimizer: str = "sgd"
    l2: float | None = None


_TABLE = Setting((), "relu", "softmax", "cross_entropy", 100, 16, 0.01, "he", "adam")
SETTINGS = {
    "flower": Setting((2, 4, 1), "tanh", "sigmoid", "cross_entropy", 10000, None, 1.2, 0.01),
    "digits": Setting((64, 30, 10), "relu", "softmax", "cross_entropy", 30, 10, 0.5, "he"),
    "mnist": Setting((784, 30, 10), "sigmoid", "sigmoid", "squared_error", 30, 10, 3.0, "normal"),
    "fashion_mnist": Setting((784, 100, 10), "relu", "softmax", "cross_entropy", 10, 50, 0.001, "he", "adam"),
    "breast_cancer": replace(_TABLE, layers=(30, 16, 1), output="sigmoid"),
    "iris": replace(_TABLE, layers=(4, 16, 3)),
    "wine": replace(_TABLE, layers=(13, 16, 3)),
    "cats": Setting((12288, 20, 7, 5, 1), "relu", "sigmoid", "cross_entropy", 2500, None, 0.0075, "xavier"),
}
FROM_FOLDER = {"cats": True, "mnist": False, "fashion_mnist": False}  # must --data-dir be given?


def setting_for(data: Any) -> Setting:
    """For the user's own data: one hidden layer of 30 units."""
    rows = len(data.Y)
    output = "sigmoid" if rows == 1 else "softmax"
    rate = 0.001 if data.preparation.picture else 0.01
    return replace(_TABLE, layers=(len(data.X), 30, rows), output=output, batch_size=32, learning_rate=rate)
