"""A progress bar on stderr: shown on a terminal, and only for what takes longer than a second."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Epochs:
    """with Epochs(30) as bar: bar.advance(epoch, cost=..., accuracy=...)"""

    def __init__(self, total: int, patience: float = 1.0) -> None:
        self.total, self.patience = total, patience
        self.start = self.shown = time.monotonic()
        columns = (
            TextColumn("epoch"),
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.description}"),
            TimeRemainingColumn(),
        )
        self.bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self.task = self.bar.add_task("", total=total)
        self.visible = False

    def __enter__(self) -> Epochs:
        return self

    def advance(self, epoch: int, cost: float, accuracy: float | None) -> None:
        """One epoch is done."""
        now = time.monotonic()
        if not self.visible and now - self.start > self.patience and self.bar.console.is_terminal:
            self.bar.start()
            self.visible = True
        if self.visible and (now - self.shown > 0.1 or epoch == self.total):
            self.shown = now
            right = "" if accuracy is None else f"  accuracy {accuracy:.2%}"
            self.bar.update(self.task, completed=epoch, description=f"cost {cost:.5f}{right}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.visible:
            self.bar.stop()
