"""How fast is a proof?  Every gradient of deep networks, whole checks of derivations, and files of claims.

    python benchmarks/proofs.py [--rounds 5] [--json] [--claims tests/claims]

Medians of several rounds; each also as a multiple of `import sympy`, measured in the same rounds.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

TARGETS = {2: 0.5, 16: 2.0, 64: 8.0}  # layers -> seconds for every gradient
CLAIMS, CLAIM = 8.0, 1.0  # seconds for all files of claims, and for the slowest claim
NETWORKS = {
    "tanh, sigmoid, cross-entropy": ("tanh", "sigmoid", "cross_entropy"),
    "relu, softmax, cross-entropy": ("relu", "softmax", "cross_entropy"),
    "any function, squared error": ("g", "sigmoid", "squared_error"),
}


def import_sympy() -> float:
    """import sympy, in a fresh process, without the start of Python."""
    code = "import time; start = time.perf_counter(); import sympy; print(time.perf_counter() - start)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def derivation(layers: int, network: str) -> Any:
    from derive import backprop, mlp

    hidden, output, loss = NETWORKS[network]
    return backprop(mlp([f"n{k}" for k in range(layers + 1)], hidden, output, loss))


def gradients(layers: int, network: str) -> float:
    """Every gradient proved, for all shapes."""
    from derive.check import prove_gradients

    d = derivation(layers, network)
    return seconds(lambda: prove_gradients(d))


def whole_check(layers: int, network: str) -> float:
    """d.check(): every step replayed and proved, every gradient proved."""
    d = derivation(layers, network)
    return seconds(d.check)


def claims(folder: Path) -> float:
    """All asserts of all files; every one must come out as asserted."""
    from derive import check_claims

    files = [p for p in sorted(folder.glob("*.claims")) if not p.name.startswith("matrix_cookbook")]
    start = time.perf_counter()
    results = [result for p in files for result in check_claims(p.read_text(encoding="utf-8"), p.name)]
    took = time.perf_counter() - start
    wrong = [result.text for result in results if not result.holds]
    if wrong:
        raise SystemExit(f"not as asserted: {wrong}")
    return took


def slowest_claim(folder: Path) -> float:
    """The assert that takes longest, each decided by itself."""
    from derive.claims import check, read

    slowest = 0.0
    for p in sorted(folder.glob("*.claims")):
        if not p.name.startswith("matrix_cookbook"):
            script = read(p.read_text(encoding="utf-8"), p.name)
            for number in range(len(script.assertions)):
                slowest = max(slowest, seconds(partial(check, script, number, time.monotonic() + 20)))
    return slowest


def measurements(folder: Path) -> dict[str, tuple[float | None, Callable[[], float]]]:
    """Name -> its target and what is measured."""
    found: dict[str, tuple[float | None, Callable[[], float]]] = {"import sympy": (None, import_sympy)}
    for layers, target in TARGETS.items():
        for network in NETWORKS:
            found[f"every gradient, {layers} layers, {network}"] = target, partial(gradients, layers, network)
    found["d.check(), 16 layers"] = None, partial(whole_check, 16, next(iter(NETWORKS)))
    found["all files of claims"] = CLAIMS, partial(claims, folder)
    found["slowest claim, alone"] = CLAIM, partial(slowest_claim, folder)
    return found


def measure(folder: Path, rounds: int) -> dict[str, float]:
    """Medians by name; one more round before the first warms up what is loaded on first use."""
    todo = measurements(folder)
    times: dict[str, list[float]] = {name: [] for name in todo}
    for number in range(rounds + 1):
        for name, (_, work) in todo.items():
            took = work()
            if number:
                times[name].append(took)
    return {name: statistics.median(found) for name, found in times.items()}


def show(medians: dict[str, float], targets: dict[str, float | None]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("what", "seconds", "imports of sympy", "target", "met")
    for name, median in medians.items():
        target = targets[name]
        met = "" if target is None else "yes" if median <= target else "NO"
        ratio = f"{median / medians['import sympy']:.1f}"
        table.add_row(name, f"{median:.3f}", ratio, "" if target is None else f"{target} s", met)
    Console(width=None if sys.stdout.isatty() else 110).print(table)


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True, help="Rounds to measure.")
@click.option("--claims", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path),
              default=Path(__file__).parents[1] / "tests" / "claims", help="Folder of files of claims.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object: medians by name.")
def main(rounds: int, folder: Path, as_json: bool) -> None:
    """Measure proofs."""
    medians = measure(folder, rounds)
    if as_json:
        click.echo(json.dumps({"rounds": rounds, "seconds": medians}, indent=1))
    else:
        show(medians, {name: target for name, (target, _) in measurements(folder).items()})


if __name__ == "__main__":
    main()
