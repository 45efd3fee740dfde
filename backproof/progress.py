"""A progress bar on stderr, for work that takes longer than a second."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from typing import Any

Advance = Callable[[int, str], None]


@contextmanager
def progress(what: str, total: int | None = None, delay: float = 1.0) -> Iterator[Advance]:
    """with progress("training", 30) as advance: ... advance(done, "cost 0.123"); without a total the bar only moves.

    The bar appears `delay` seconds after the start, even if the work does not report anything.  Where stderr is no
    terminal, only its last state is written, and nothing if there is no total.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(file=sys.stderr)
    if total is None and not console.is_terminal:
        yield lambda done, figures: None
        return
    columns: list[Any] = [SpinnerColumn(finished_text=" "), TextColumn("{task.description}"), BarColumn(bar_width=30)]
    columns += [MofNCompleteColumn()] if total else []
    columns += [TimeElapsedColumn(), TextColumn("{task.fields[figures]}")]
    bar = Progress(*columns, console=console, transient=total is None)
    task = bar.add_task(what, total=total, figures="")
    appearing = _Appearing(bar, delay)
    try:
        yield lambda done, figures: bar.update(task, completed=done, figures=figures)
    finally:
        appearing.end()


class _Appearing:
    """Starts a bar after a while, unless it was ended before."""

    def __init__(self, bar: Any, delay: float) -> None:
        self.bar, self.lock, self.shown, self.over = bar, Lock(), False, False
        self.timer = Timer(delay, self.start)
        self.timer.daemon = True
        if delay > 0:
            self.timer.start()
        else:
            self.start()

    def start(self) -> None:
        with self.lock:
            if not self.over:
                self.bar.start()
                self.shown = True

    def end(self) -> None:
        self.timer.cancel()
        with self.lock:
            self.over = True
            if self.shown:
                self.bar.stop()
