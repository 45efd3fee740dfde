"""One training run: the progress bar, the accuracy after each epoch, and what came out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .progress import progress


@dataclass(frozen=True)
class Outcome:
    """`cost` has one number per epoch; `test_accuracy` too, if there is a test set, for the epochs of this process."""

    params: Mapping[str, Any]
    cost: tuple[float, ...]
    test_accuracy: tuple[float, ...]
    train_accuracy: float
    iterations: int
    stopped: str
    seconds: float
    validation: tuple[float, ...] = ()
    validation_epoch: int | None = None  # the best by validation; the parameters are its
    kept_accuracy: float | None = None  # on the test set, of the parameters that are kept

    @property
    def best_epoch(self) -> int | None:
        """The first epoch with the highest accuracy on the test set, counted from 1."""
        before = max(0, len(self.cost) - len(self.test_accuracy))
        return before + 1 + self.test_accuracy.index(max(self.test_accuracy)) if self.test_accuracy else None


def run(
    f: Any, data: Any, epochs: int, delay: float = 1.0, tell: Callable[[Mapping[str, Any]], Any] | None = None,
    **options: Any,
) -> Outcome:  # fmt: skip
    """Train a compiled derivation on a data set; figures beside the bar are those of the last epoch.

    `tell` is given the figures of every epoch.
    """
    from numeric import accuracy
    from numeric import train as descend

    X_seen, Y_seen = (data.X, data.Y) if data.X_test is None else (data.X_test, data.Y_test)
    found: list[float] = []
    shown, rate = 0.0, ""

    def measure(params: Any) -> float:
        return accuracy(f.predict(params, X_seen), Y_seen)

    with progress(f"training on {data.name}", epochs, delay, many_figures=True) as advance:

        def report(now: Any) -> None:
            nonlocal shown, rate
            if data.X_test is not None:
                found.append(measure(now.params))
            if tell:
                tell(_line(now, found))
            rate = f"  {now.samples_per_second:,.0f} samples/s"
            if now.epoch == epochs or time.perf_counter() - shown > 0.1:
                value = found[-1] if found else measure(now.params)
                advance(now.epoch, f"cost {now.cost:.4f}  accuracy {value:.2%}{rate}")
                shown = time.perf_counter()

        def move(now: Any) -> None:
            nonlocal shown
            if time.perf_counter() - shown > 0.5:  # inside of a long epoch
                last = f"  accuracy {found[-1]:.2%}" if found else ""
                done = now.epoch - 1 + now.samples / data.X.shape[1]
                advance(done, f"cost {now.cost:.4f}{last}  {now.samples_per_second:,.0f} samples/s")
                shown = time.perf_counter()

        start = time.perf_counter()
        result = descend(f, data.X, data.Y, epochs=epochs, callback=report, every_batch=move, **options)
        seconds = time.perf_counter() - start
    kept = None if data.X_test is None else measure(result.params)
    if kept is not None and not found:
        found.append(kept)
    return Outcome(result.params, result.history, tuple(found), accuracy(f.predict(result.params, data.X), data.Y),
                   result.iterations, result.stopped, seconds, result.validation, result.best_epoch, kept)  # fmt: skip


def _line(now: Any, found: list[float]) -> dict[str, Any]:
    """The figures of one epoch, by name."""
    return {
        "epoch": now.epoch,
        "cost": now.cost,
        "validation_cost": now.validation,
        "test_accuracy": found[-1] if found else None,
        "iterations": now.iterations,
        "samples_per_second": round(now.samples_per_second),
        "seconds": round(now.seconds, 3),
    }
