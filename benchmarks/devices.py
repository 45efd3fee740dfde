"""What does a training step by JAX cost as devices grow?  Devices are made from the cores of this machine.

    python benchmarks/devices.py [--rounds 5] [--json]

So many devices share the same few cores, so that nothing gets faster here: what shows is what dividing the work and
joining the gradients costs, and how many bytes every device sends and receives, which is what a network would see.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
from typing import Any

import click

DEVICES = (1, 2, 4, 8)
SIZES, SAMPLES = (784, 512, 512, 10), 512
BYTES = {"f32": 4, "f64": 8}

WORK = """
import json, sys, time
import jax, numpy as np
from derive import backprop, mlp
from numeric import initialize, training_step

sizes, m, steps = json.loads(sys.argv[1])
d = backprop(mlp(sizes, "relu", "softmax"))
step, params = training_step(d, learning_rate=0.01, backend="jax"), initialize(d, dtype="float32", scale="he")
rng = np.random.default_rng(0)
X, Y = rng.random((sizes[0], m), "float32"), np.eye(sizes[-1], dtype="float32")[rng.integers(sizes[-1], size=m)].T
text = step.compiled(params, X, Y)
for _ in range(3):
    step(params, X, Y)
jax.block_until_ready(params)
start = time.perf_counter()
for _ in range(steps):
    step(params, X, Y)
jax.block_until_ready(params)
print(json.dumps([(time.perf_counter() - start) / steps, text]))
"""


def measure(devices: int, steps: int = 20) -> tuple[float, str]:
    """Seconds for one step, and the compiled program, in a fresh process."""
    flags = f"--xla_force_host_platform_device_count={devices}"
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags}
    command = [sys.executable, "-c", WORK, json.dumps([SIZES, SAMPLES, steps])]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    seconds, text = json.loads(done.stdout.splitlines()[-1])
    return float(seconds), str(text)


def reduced(text: str) -> tuple[int, int]:
    """How many sums over devices a step has, and how many bytes they join."""
    lines = [line for line in text.splitlines() if re.search(r" all-reduce(?:-start)?\(", line)]
    total = 0
    for line in lines:
        result = line.split("= ", 1)[1].split(" all-reduce", 1)[0]
        for kind, shape in re.findall(r"(f32|f64)\[([\d,]*)\]", result):
            count = 1
            for size in filter(None, shape.split(",")):
                count *= int(size)
            total += count * BYTES[kind]
    return len(lines), total


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def main(rounds: int, as_json: bool) -> None:
    """Measure steps on 1, 2, 4 and 8 devices of this machine."""
    times: dict[int, list[float]] = {k: [] for k in DEVICES}
    texts: dict[int, str] = {}
    for _ in range(rounds):
        for k in DEVICES:
            seconds, texts[k] = measure(k)
            times[k].append(seconds)
    rows: list[dict[str, Any]] = []
    for k in DEVICES:
        count, size = reduced(texts[k])
        rows.append({"devices": k, "milliseconds": 1000 * statistics.median(times[k]), "reductions": count,
                     "joined": size, "sent by each": round(2 * (k - 1) / k * size)})  # fmt: skip
    if as_json:
        click.echo(json.dumps({"sizes": SIZES, "samples": SAMPLES, "rounds": rounds, "rows": rows}, indent=1))
        return
    click.echo(f"{list(SIZES)}, {SAMPLES} samples in all, float32, medians of {rounds} rounds")
    click.echo("devices   ms per step   sums over devices   bytes joined   bytes sent by each (ring)")
    for row in rows:
        click.echo(f"{row['devices']:7}   {row['milliseconds']:11.2f}   {row['reductions']:17}   {row['joined']:12,}   "
                   f"{row['sent by each']:25,}")  # fmt: skip


if __name__ == "__main__":
    main()
