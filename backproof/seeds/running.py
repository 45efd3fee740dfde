"""Runs one after the other, each timed; a run whose data or extra is missing is left out, and says so."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from .finding import Run, Wish
from .report import Done


def run_all(runs: Iterable[Run], wish: Wish, tell: Callable[[Done], None]) -> list[Done]:
    """Every run with what came out; `tell` hears of each as it ends.  A data file that is another one is an error."""
    done = []
    for run in runs:
        done.append(_run(run, wish))
        tell(done[-1])
    return done


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
