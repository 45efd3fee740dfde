"""How each data set is trained unless options say otherwise."""

from __future__ import annotations

from dataclasses import dataclass
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


SETTINGS = {
    "flower": Setting((2, 4, 1), "tanh", "sigmoid", "cross_entropy", 10000, None, 1.2, 0.01),
    "digits": Setting((64, 30, 10), "relu", "softmax", "cross_entropy", 30, 10, 0.5, "he"),
    "mnist": Setting((784, 30, 10), "sigmoid", "sigmoid", "squared_error", 30, 10, 3.0, "normal"),
}
