"""A progress bar on stderr, for work that takes longer than a second."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from typing import Any

Advance = Callable[[float, str], None]


@contextmanager
def progress(what: str, total: int | None = None, delay: float = 1.0, many_figures: bool = False) -> Iterator[Advance]:
    """with progress("training", 30) as advance: ... advance(done, "cost 0.123"); without a total the bar only moves.

    The bar appears `delay` seconds after the start, even if the work does not report anything.  Where stderr is no
    terminal, only its last state is written, and nothing if there is no total.  With many figures a narrow terminal
    shows them and the time left instead of a bar.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(file=sys.stderr)
    if not console.is_terminal:
        console = Console(file=sys.stderr, width=140)
    if total is None and not console.is_terminal:
        yield lambda done, figures: None
        return
    narrow = many_figures and console.width < 120
    columns: list[Any] = [SpinnerColumn(finished_text=" "), TextColumn("{task.description}")]
    if not narrow:
        columns += [BarColumn(bar_width=20 if many_figures else 30), *([MofNCompleteColumn()] if total else [])]
        columns += [TimeElapsedColumn()]
    columns += [TimeRemainingColumn(), TextColumn("left")] if total else []
    columns += [TextColumn("{task.fields[figures]}")]
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
