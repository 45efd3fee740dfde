"""How much memory does a training step take, beside parameters, data, and what the optimizer remembers?

    python benchmarks/memory.py [--dtype float32] [--json]

needed   what is alive at the same time, at the worst moment: the least that this order of computing allows
kept     arrays of NumPy that a step keeps from call to call, measured
peak     kept, and what is allocated and freed within a step, measured
plain    the peak of the plain form: lambdify(d), and an update
"""

from __future__ import annotations

import gc
import json
import tracemalloc
from typing import Any

import click
import numpy as np

from derive import backprop, mlp
from numeric import initialize, lambdify, training_step

NETWORKS = {
    "784-30-10": ([784, 30, 10], "sigmoid", "sigmoid"),
    "784-512-512-10": ([784, 512, 512, 10], "relu", "softmax"),
    "12288-20-7-5-1": ([12288, 20, 7, 5, 1], "relu", "sigmoid"),
    "784-2048-2048-10": ([784, 2048, 2048, 10], "relu", "softmax"),
    "784 and 10 times 256, 10": ([784, *[256] * 10, 10], "tanh", "softmax"),
}
BATCHES = (1, 10, 32, 128, 512)
LIMIT = 1.1  # peak / needed, where arrays are what counts
COUNTS = 25_000  # bytes: below this, fixed small things weigh more


def data(sizes: list[int], m: int, dtype: str) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    Y = np.eye(sizes[-1])[rng.integers(sizes[-1], size=m)].T if sizes[-1] > 1 else rng.integers(2, size=(1, m))
    return rng.random((sizes[0], m)).astype(dtype), Y.astype(dtype)


def arrays_alive() -> int:
    """Bytes in arrays of NumPy that were made since tracing began."""
    gc.collect()
    only = tracemalloc.DomainFilter(inclusive=True, domain=np.lib.tracemalloc_domain)
    return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces([only]).traces)


def transient(work: Any) -> int:
    """Bytes that are allocated and freed within one call."""
    gc.collect()
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    work()
    return tracemalloc.get_traced_memory()[1] - before


def measure(network: str, optimizer: str, m: int, dtype: str) -> dict[str, Any]:
    """One row."""
    sizes, hidden, output = NETWORKS[network]
    d = backprop(mlp(sizes, hidden, output, "cross_entropy"))
    params, (X, Y) = initialize(d, dtype=dtype, scale="he"), data(sizes, m, dtype)
    step = training_step(d, optimizer, learning_rate=0.01, batch_size=m, dtype=dtype)
    run = lambdify(d).run

    def plain() -> None:
        for name, gradient in run(params, X, Y)[1].items():
            params[name] -= 0.01 * gradient

    plain()
    step.source  # noqa: B018  planned before anything is measured
    tracemalloc.start()
    before = arrays_alive()
    step(params, X, Y)
    remembered = sum(a.nbytes for own in step.state.values() if isinstance(own, dict) for a in own.values())
    kept = arrays_alive() - before - remembered
    within = transient(lambda: step(params, X, Y))
    by_hand = transient(plain)
    tracemalloc.stop()
    needed = step.memory.needed
    return {"network": network, "optimizer": optimizer, "m": m, "needed": needed, "kept": kept, "peak": kept + within,
            "ratio": (kept + within) / needed, "plain": by_hand if optimizer == "sgd" else None}  # fmt: skip


def show(rows: list[dict[str, Any]], dtype: str) -> None:
    from rich.console import Console
    from rich.table import Table

    title = f"Kilobytes beside parameters, data and state; {dtype}"
    table = Table("network", "optimizer", title=title, title_justify="left")
    for name in ("m", "needed", "kept", "peak", "peak / needed", "plain"):
        table.add_column(name, justify="right")
    for row in rows:
        sizes = (f"{row[name] / 1000:,.1f}" for name in ("needed", "kept", "peak"))
        plain = "" if row["plain"] is None else f"{row['plain'] / 1000:,.1f}"
        table.add_row(row["network"], row["optimizer"], str(row["m"]), *sizes, f"{row['ratio']:.3f}", plain)
    console = Console(width=110)
    console.print(table)
    large = [row for row in rows if row["needed"] >= COUNTS]
    worst = max(large, key=lambda row: row["ratio"])
    console.print(f"where at least {COUNTS // 1000} kB are needed: {worst['ratio']:.3f} at most ({worst['network']}, "
                  f"{worst['optimizer']}, m = {worst['m']}); target {LIMIT}")  # fmt: skip


@click.command()
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float32", show_default=True)
@click.option("--network", "networks", type=click.Choice(list(NETWORKS)), multiple=True, help="Some; else all.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def main(dtype: str, networks: tuple[str, ...], as_json: bool) -> None:
    """Measure the memory of training steps, by network, optimizer and batch size."""
    chosen = networks or tuple(NETWORKS)
    rows = [measure(name, "sgd", m, dtype) for name in chosen for m in BATCHES]
    rows += [measure(name, "adam", 128, dtype) for name in chosen]
    if as_json:
        click.echo(json.dumps({"dtype": dtype, "rows": rows}, indent=1))
    else:
        show(rows, dtype)


if __name__ == "__main__":
    main()
