"""One training run: the progress bar, the accuracy after each epoch, and what came out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .progress import progress


@dataclass(frozen=True)
class Outcome:
    """`cost` has one number per epoch; `test_accuracy` too, if there is a test set."""

    params: Mapping[str, Any]
    cost: tuple[float, ...]
    test_accuracy: tuple[float, ...]
    train_accuracy: float
    iterations: int
    stopped: str
    seconds: float

    @property
    def best_epoch(self) -> int | None:
        """The first epoch with the highest accuracy on the test set, counted from 1."""
        return 1 + self.test_accuracy.index(max(self.test_accuracy)) if self.test_accuracy else None


def run(f: Any, data: Any, epochs: int, delay: float = 1.0, **options: Any) -> Outcome:
    """Train a compiled derivation on a data set; figures beside the bar are those of the last epoch."""
    from numeric import accuracy
    from numeric import train as descend

    X_seen, Y_seen = (data.X, data.Y) if data.X_test is None else (data.X_test, data.Y_test)
    found: list[float] = []
    shown = 0.0

    def measure(params: Any) -> float:
        return accuracy(f.predict(params, X_seen), Y_seen)

    with progress(f"training on {data.name}", epochs, delay) as advance:

        def report(now: Any) -> None:
            nonlocal shown
            if data.X_test is not None:
                found.append(measure(now.params))
            if now.epoch == epochs or time.perf_counter() - shown > 0.1:
                value = found[-1] if found else measure(now.params)
                advance(now.epoch, f"cost {now.cost:.4f}  accuracy {value:.2%}")
                shown = time.perf_counter()

        start = time.perf_counter()
        result = descend(f, data.X, data.Y, epochs=epochs, callback=report, **options)
        seconds = time.perf_counter() - start
    return Outcome(result.params, result.history, tuple(found), accuracy(f.predict(result.params, data.X), data.Y),
                   result.iterations, result.stopped, seconds)  # fmt: skip
