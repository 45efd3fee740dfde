"""How fast is a training step?  Ours beside NumPy by hand, torch, JAX, scikit-learn, and the bare matrix products.

    python benchmarks/train_step.py [--rounds 9] [--threads 2] [--dtype float32] [--shape small] [--json]

Every program runs in a process of its own, all of them at once, but only one works at a time; in every round each does
its steps once, so that a busy moment of the machine strikes all alike.  Ratios are taken within a round; the figures
are medians over the rounds.  A program that needs another Python is run by it: --python torch=/venv/bin/python.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
from step_programs import PROGRAMS, SHAPES

HERE = Path(__file__).parent
LIMIT = "limit (matmul)"
OURS = ("ours", "ours, MKL", "ours, JAX", "ours, JAX rows")
PEERS = ("plain NumPy", "torch eager", "torch.compile", "jax.jit", "scikit-learn", "per sample")
TARGETS = {"small": 1.35, "medium": 1.1, "wide": 1.1, "large": 1.1}  # times the limit
FASTER = {"jax.jit": 1.3, "torch eager": 7.0, "per sample": 10.0}  # than these, on the small network
BURST = 0.3  # seconds of work in a round
TOO_SLOW = {("per sample", "large")}  # ten seconds for a step


class Worker:
    """A program in its process."""

    def __init__(self, name: str, shape: str, dtype: str, threads: int, python: str) -> None:
        self.name = name
        count = str(threads)
        variables = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"), count)
        variables |= {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"} if threads == 1 else {}
        command = [python, str(HERE / "step_programs.py"), name, shape, dtype, count]
        folders = os.pathsep.join(p for p in (str(HERE.parent), os.environ.get("PYTHONPATH", "")) if p)
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **variables, "PYTHONPATH": folders, "JAX_PLATFORMS": "cpu"},
        )  # fmt: skip
        self.check = self.answer()
        self.steps = 1
        self.steps = max(1, min(20_000, int(BURST / self.work())))

    def answer(self) -> float:
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        line = self.process.stdout.readline()
        if not line:
            lines = self.process.stderr.read().strip().splitlines()
            raise RuntimeError(lines[-1] if lines else "ended without a word")
        return float(json.loads(line))

    def work(self) -> float:
        """Seconds for one step."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{self.steps}\n")
        self.process.stdin.flush()
        return self.answer()

    def end(self) -> None:
        self.process.communicate("\n", timeout=30)


def start(
    shape: str, dtype: str, threads: int, pythons: dict[str, str], only: tuple[str, ...]
) -> tuple[dict[str, Worker], dict[str, str]]:
    """All programs that can run here, and why the others cannot."""
    workers: dict[str, Worker] = {}
    missing: dict[str, str] = {}
    for name, (_, needs) in PROGRAMS.items():
        if (only and name not in (LIMIT, "ours", *only)) or (name, shape) in TOO_SLOW:
            continue
        try:
            workers[name] = Worker(name, shape, dtype, threads, pythons.get(needs, sys.executable))
        except RuntimeError as error:
            missing[name] = str(error)
    return workers, missing


def measure(
    shape: str, dtype: str, threads: int, rounds: int, pythons: dict[str, str], only: tuple[str, ...]
) -> dict[str, Any]:
    """Medians of seconds, and of ratios to the limit, by program."""
    workers, missing = start(shape, dtype, threads, pythons, only)
    same = {name: w.check for name, w in workers.items() if not name.startswith("limit")}
    seconds: dict[str, list[float]] = {name: [] for name in workers}
    for number in range(rounds + 1):
        for name, worker in workers.items():
            time.sleep(0.05)  # threads of the one before come to rest
            found = worker.work()
            if number > 0:
                seconds[name].append(found)
    for worker in workers.values():
        worker.end()
    ratios = {name: quotient(times, seconds[LIMIT]) for name, times in seconds.items()}
    best = min(same.values(), key=lambda total: sum(abs(total - other) for other in same.values()))
    return {
        "shape": SHAPES[shape] | {"name": shape}, "dtype": dtype, "threads": threads, "rounds": rounds,
        "seconds": {n: statistics.median(ts) for n, ts in seconds.items()}, "ratios": ratios, "all": seconds,
        "missing": missing, "agree": {n: abs(total / best - 1) for n, total in same.items()},
    }  # fmt: skip


def quotient(above: list[float], below: list[float]) -> float:
    """The median over the rounds."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def verdicts(found: dict[str, Any]) -> list[tuple[str, float, float, bool]]:
    """(what, figure, target, met) for one shape."""
    shape, ratios, all_of_them = found["shape"]["name"], found["ratios"], found["all"]
    chosen = min((n for n in OURS if n in ratios), key=ratios.__getitem__)
    rows = [("ours / limit", ratios["ours"], TARGETS[shape], ratios["ours"] <= TARGETS[shape])]
    if chosen != "ours":
        rows.append((f"{chosen} / limit", ratios[chosen], TARGETS[shape], ratios[chosen] <= TARGETS[shape]))
    best = sorted((p for p in PEERS if p in ratios), key=ratios.__getitem__)[:1]
    asked = [*(FASTER.items() if shape == "small" else []), *((peer, 1.0) for peer in best)]
    for peer, target in asked:
        if peer in ratios:
            figure = quotient(all_of_them[peer], all_of_them[chosen])
            what = f"{peer} / {chosen}" + (", the best peer" if target == 1 else "")
            rows.append((what, figure, target, figure >= target))
    return rows


def show(results: list[dict[str, Any]]) -> None:
    """A column for each shape: time and ratio to the limit; then the targets."""
    from rich.console import Console
    from rich.table import Table

    first = results[0]
    how = f"{first['dtype']}, {first['threads']} threads, {first['rounds']} rounds"
    table = Table("program", title=f"Microseconds for one step, and times the limit; {how}", title_justify="left")
    for found in results:
        table.add_column(f"{found['shape']['sizes']}, {found['shape']['m']}", justify="right")
    for name in PROGRAMS:
        if any(name in found["ratios"] for found in results):
            table.add_row(name, *(cell(found, name) for found in results))
    targets = Table("shape", "what", "figure", "target", "met", title="Targets", title_justify="left")
    for found in results:
        for what, figure, target, met in verdicts(found):
            targets.add_row(str(found["shape"]["sizes"]), what, f"{figure:.2f}", f"{target:g}", "yes" if met else "NO")
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(table, targets)
    for name, why in first["missing"].items():
        console.print(f"{name} was skipped: {why}", soft_wrap=True)
    worst = max(difference for found in results for difference in found["agree"].values())
    console.print(f"after 3 steps the programs agree within {worst:.1g}, measured on the sum of all |parameters|")


def cell(found: dict[str, Any], name: str) -> str:
    if name not in found["ratios"]:
        return "-"
    return f"{found['seconds'][name] * 1e6:,.1f}  {found['ratios'][name]:.2f}"


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=9, show_default=True, help="Rounds to measure.")
@click.option("--threads", type=click.IntRange(min=1), default=os.cpu_count(), show_default=True, help="Cores to use.")
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float32", show_default=True)
@click.option("--shape", "shapes", type=click.Choice(list(SHAPES)), multiple=True, help="Some; else all.")
@click.option("--python", "pythons", multiple=True, metavar="NAME=PATH", help="Which Python has torch, jax, mkl.")
@click.option("--only", type=click.Choice(list(PROGRAMS)), multiple=True, help="Beside the limit and ours.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def main(
    rounds: int, threads: int, dtype: str, shapes: tuple[str, ...], pythons: tuple[str, ...], only: tuple[str, ...],
    as_json: bool,
) -> None:  # fmt: skip
    """Measure training steps, ours and others, in alternating processes."""
    where = dict(p.split("=", 1) for p in pythons)
    results = [measure(shape, dtype, threads, rounds, where, only) for shape in shapes or SHAPES]
    if as_json:
        targets = {found["shape"]["name"]: verdicts(found) for found in results}
        click.echo(json.dumps({"results": results, "targets": targets}, indent=1))
    else:
        show(results)


if __name__ == "__main__":
    main()
