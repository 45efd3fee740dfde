"""Where does a planned step spend its time?  Each statement is left out in turn; what is saved is what it costs.

    python benchmarks/step_profile.py [--shape small] [--dtype float32] [--rounds 60]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import click
from step_programs import SHAPES, columns, data

RATE = 1e-12  # with a statement left out, steps go astray; so small, they get nowhere


def variants(source: str) -> dict[str, str]:
    """The source, and the source without one of its statements, by statement."""
    head, body = source.split("    def step(", 1)
    found = {"the whole step": source}
    for line in body.splitlines():
        code = line.split("  #")[0].strip()
        if line.startswith("        ") and code and not code.startswith(("#", "return")) and "params[" not in code:
            found[code] = f"{head}    def step({body.replace(line, line[: len(line) - len(line.lstrip())] + 'pass', 1)}"
    return found


def fastest(programs: dict[str, Callable[..., Any]], batches: list[Any], rounds: int, steps: int) -> dict[str, float]:
    """Seconds for one step: the least of all rounds, in which each program has its turn."""
    best = dict.fromkeys(programs, float("inf"))
    for _ in range(rounds):
        for name, step in programs.items():
            step(*batches[0])
            start = time.perf_counter()
            for k in range(steps):
                step(*batches[k % len(batches)])
            best[name] = min(best[name], (time.perf_counter() - start) / steps)
    return best


@click.command()
@click.option("--shape", type=click.Choice(list(SHAPES)), default="small", show_default=True)
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float32", show_default=True)
@click.option("--rounds", type=click.IntRange(min=1), default=60, show_default=True)
def main(shape: str, dtype: str, rounds: int) -> None:
    """What each statement of a planned step costs."""
    from derive import backprop, mlp
    from numeric import training_step

    about = SHAPES[shape]
    params, batches = data(about, dtype)
    batches = columns(batches)
    d = backprop(mlp(about["sizes"], about["hidden"], about["output"], "cross_entropy"))
    step = training_step(d, learning_rate=RATE, batch_size=about["m"], dtype=dtype)
    step(params, *batches[0])
    programs: dict[str, Callable[..., Any]] = {"with the door": lambda X, Y: step(params, X, Y)}
    for name, source in variants(step.source).items():
        scope: dict[str, Any] = {}
        exec(source, scope)
        run = scope["make_step"](scope["memory"](about["m"]), about["m"])
        programs[name] = lambda X, Y, run=run: run(params, X, Y)
    best = fastest(programs, batches, rounds, 20 if shape == "small" else 1)
    whole = best.pop("the whole step")
    click.echo(f"{whole * 1e6:9.2f} µs  the whole step\n{(best.pop('with the door') - whole) * 1e6:9.2f} µs  its door")
    for name, seconds in best.items():
        click.echo(f"{(whole - seconds) * 1e6:9.2f} µs  {name}")


if __name__ == "__main__":
    main()
