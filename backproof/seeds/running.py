"""Runs one after the other, each timed; a run whose data or extra is missing is left out, and says so.

Ctrl-C ends them: the run under way and those after it are left out.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from .finding import Run, Wish
from .report import Done

INTERRUPTED = "interrupted"


def run_all(runs: Sequence[Run], wish: Wish, tell: Callable[[Done], None]) -> list[Done]:
    """Every run with what came out; `tell` hears of each as it ends.  A data file that is another one is an error."""
    done: list[Done] = []
    try:
        with _interruptible():
            for run in runs:
                done.append(_run(run, wish))
                tell(done[-1])
    except KeyboardInterrupt:
        done += (Done(run, None, 0.0, INTERRUPTED) for run in runs[len(done) :])
    return done


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C raises at once: training does not take it as a wish to end well, for half a run has no figures."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: signal.default_int_handler(number, frame))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _run(run: Run, wish: Wish) -> Done:
    from numeric.datasets import MissingExtra

    if run.needs is not None and (wish.data is None or not (wish.data / run.needs).is_file()):
        place = "no --data-dir" if wish.data is None else f"not in {wish.data}"
        return Done(run, None, 0.0, f"needs {run.needs} ({place})")
    start = time.perf_counter()
    try:
        finding = run.work(wish)
    except MissingExtra as error:
        return Done(run, None, time.perf_counter() - start, str(error))
    return Done(run, finding, time.perf_counter() - start)
