"""How fast is a derivation?  Imports, the command line, and all gradients of deep networks, beside two other systems.

    python benchmarks/derivation.py [--rounds 7] [--json]

Medians of several rounds; in every round everything is measured once, so that a busy moment strikes all alike.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import click

DEPTHS = (16, 32, 64, 128)
TARGETS = {"backproof, 16 layers": 0.15, "backproof, 128 layers": 1.5, "backproof --help": 0.4}  # seconds
IMPORT_RATIO = 1.2  # import derive / import sympy
TIMED_IMPORT = "import time; start = time.perf_counter(); import {0}; print(time.perf_counter() - start)"

# --- what is measured: one call is one measurement, in seconds --------------------------------------------------------


def import_time(module: str) -> float:
    """import module, in a fresh process, without the start of Python."""
    command = [sys.executable, "-c", TIMED_IMPORT.format(module)]
    return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def help_time() -> float:
    """backproof --help, the whole process."""
    command = [sys.executable, "-m", "backproof", "--help"]
    return timed(lambda: subprocess.run(command, capture_output=True, check=True))


def timed(work: Callable[[], Any]) -> float:
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def backproof_time(depth: int) -> float:
    """Build the forward model and derive all gradients, with all steps; sizes are symbols."""
    from sympy.core.cache import clear_cache

    from derive import backprop, mlp

    clear_cache()
    return timed(lambda: backprop(mlp([f"n{k}" for k in range(depth + 1)], "tanh", "sigmoid", "cross_entropy")))


def pytensor_time(depth: int) -> float:
    """The same network and all its gradients; shapes are open."""
    import pytensor
    import pytensor.tensor as pt

    def work() -> None:
        X, Y = pt.matrices("X", "Y")
        A, parameters = X, []
        for k in range(1, depth + 1):
            W, b = pt.matrix(f"W{k}"), pt.col(f"b{k}")
            A = (pt.tanh if k < depth else pt.sigmoid)(W @ A + b)
            parameters += [W, b]
        pytensor.grad(-pt.sum(Y * pt.log(A) + (1 - Y) * pt.log(1 - A)) / Y.shape[1], parameters)

    return timed(work)


def jax_time(depth: int) -> float:
    """make_jaxpr of the gradient of the same network; sizes are symbols."""
    import jax
    import jax.numpy as jnp
    from jax.export import symbolic_shape

    def loss(parameters: Any, X: Any, Y: Any) -> Any:
        A = X
        for k, (W, b) in enumerate(parameters, start=1):
            A = (jnp.tanh if k < depth else jax.nn.sigmoid)(W @ A + b)
        return -jnp.sum(Y * jnp.log(A) + (1 - Y) * jnp.log(1 - A)) / Y.shape[1]

    def work() -> None:
        *n, m = symbolic_shape(",".join([*(f"n{k}" for k in range(depth + 1)), "m"]))
        array = jax.ShapeDtypeStruct
        parameters = [(array((n[k], n[k - 1]), "float32"), array((n[k], 1), "float32")) for k in range(1, depth + 1)]
        jax.make_jaxpr(jax.grad(loss))(parameters, array((n[0], m), "float32"), array((n[-1], m), "float32"))

    jax.clear_caches()
    return timed(work)


SYSTEMS = {"backproof": backproof_time, "pytensor": pytensor_time, "jax": jax_time}

# --- rounds and results -----------------------------------------------------------------------------------------------


def measurements() -> dict[str, Callable[[], float]]:
    """Everything that can be measured here, by name."""
    found: dict[str, Callable[[], float]] = {
        "import sympy": lambda: import_time("sympy"),
        "import derive": lambda: import_time("derive"),
        "backproof --help": help_time,
    }
    for system in present():
        for depth in DEPTHS:
            found[f"{system}, {depth} layers"] = partial(SYSTEMS[system], depth)
    return found


def present() -> list[str]:
    return [system for system in SYSTEMS if importlib.util.find_spec(system)]


def measure(rounds: int) -> dict[str, float]:
    """Medians by name; one more round before the first warms up what is loaded on first use."""
    todo = measurements()
    found: dict[str, list[float]] = {name: [] for name in todo}
    for number in range(rounds + 1):
        if sys.stderr.isatty():
            click.echo(f"\rround {number} of {rounds}", err=True, nl=number == rounds)
        for name, work in todo.items():
            seconds = work()
            if number > 0:
                found[name].append(seconds)
    return {name: statistics.median(times) for name, times in found.items()}


def figures(medians: dict[str, float]) -> dict[str, float]:
    """What follows from the medians: the ratio of imports; p in time ~ depth^p, from the first to the last depth."""
    found = {"import derive / import sympy": medians["import derive"] / medians["import sympy"]}
    for system in present():
        first, last = (medians[f"{system}, {depth} layers"] for depth in (DEPTHS[0], DEPTHS[-1]))
        found[f"{system}, growth exponent"] = math.log(last / first) / math.log(DEPTHS[-1] / DEPTHS[0])
    return found


def show(medians: dict[str, float], derived: dict[str, float]) -> None:
    """Two tables: what is bounded, and the systems side by side."""
    from rich.console import Console
    from rich.table import Table

    bounded = Table("what", "median", "target", "met", title="Targets", title_justify="left")
    ratio = derived["import derive / import sympy"]
    imports = f"{ratio:.2f} ({medians['import derive']:.3f} s / {medians['import sympy']:.3f} s)"
    bounded.add_row(
        "import derive / import sympy", imports, f"{IMPORT_RATIO}", "yes" if ratio <= IMPORT_RATIO else "NO"
    )
    for name, target in TARGETS.items():
        bounded.add_row(name, f"{medians[name]:.3f} s", f"{target} s", "yes" if medians[name] <= target else "NO")
    side = Table("layers", *present(), title="All gradients, in seconds", title_justify="left")
    for depth in DEPTHS:
        side.add_row(str(depth), *(f"{medians[f'{system}, {depth} layers']:.3f}" for system in present()))
    side.add_row("exponent", *(f"{derived[f'{system}, growth exponent']:.2f}" for system in present()))
    console = Console(width=None if sys.stdout.isatty() else 110)
    console.print(bounded, side)
    for system in SYSTEMS.keys() - set(present()):
        console.print(f"{system} is not installed and was skipped: pip install {system}")


@click.command()
@click.option(
    "--rounds", type=click.IntRange(min=1), default=7, show_default=True, metavar="N", help="Rounds to measure."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object: medians and figures, by name.")
def main(rounds: int, as_json: bool) -> None:
    """Measure imports, the command line and derivations, beside pytensor and jax where they are installed."""
    medians = measure(rounds)
    derived = figures(medians)
    if as_json:
        click.echo(json.dumps({"rounds": rounds, "seconds": medians, "figures": derived}, indent=1))
    else:
        show(medians, derived)


if __name__ == "__main__":
    main()
