"""How fast is a proof of hand-written backward code, beside torch.autograd.gradcheck of the same code?

    python benchmarks/backward_code.py [--rounds 7] [--python /path/with/torch/bin/python] [--json]

Both get the same functions, from tests/tracing/corpus/code.  torch lives in a process of its own; in every round
everything is done once, one after the other, and the figures are medians over the rounds.  Seconds are those of the
process, not of the clock on the wall: other work on the machine does not count.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "tracing"))

from corpus.code import networks, normalisation

HERE = Path(__file__).resolve()
Shapes = Mapping[str, Any]
DEPTHS = (4, 8, 16, 32)
THREE = {"W1": ("n1", "n0"), "b1": ("n1", 1), "W2": ("n2", "n1"), "b2": ("n2", 1), "W3": ("n3", "n2"), "b3": ("n3", 1)}


@dataclass(frozen=True)
class Case:
    """Two functions, the shapes, and the sizes that gradcheck looks at."""

    first: Callable[..., Any]
    second: Callable[..., Any]
    shapes: Shapes
    wrt: tuple[str, ...]
    sizes: tuple[Mapping[str, int], ...]
    target: float | None = None
    backward: bool = False
    fixed: Mapping[str, float] | None = None  # scalars, for gradcheck alone
    between: tuple[str, ...] = ()  # arrays of numbers from 0 to 1


def deep(layers: int) -> Case:
    """The L-layer model of the courses: relu inside, sigmoid and cross-entropy on top."""

    def loss(parameters: Any, X: Any, Y: Any) -> Any:
        AL, _ = networks.L_model_forward(X, parameters)
        return networks.compute_cost(AL, Y)

    def gradients(parameters: Any, X: Any, Y: Any) -> Any:
        AL, caches = networks.L_model_forward(X, parameters)
        found = networks.L_model_backward(AL, Y, caches)
        return {name: found["d" + name] for name in parameters}

    def size(k: int) -> Any:
        return 1 if k == layers else f"n{k}"

    shapes: dict[str, Any] = {}
    for k in range(1, layers + 1):
        shapes |= {f"W{k}": (size(k), size(k - 1)), f"b{k}": (size(k), 1)}
    widths = [{**{f"n{k}": width for k in range(layers)}, "m": width} for width in (5, 10)]
    return Case(loss, gradients, {"parameters": shapes, "X": ("n0", "m"), "Y": (1, "m")}, ("parameters",),
                tuple(widths), 4.0 if layers == 16 else None, between=("Y",))  # fmt: skip


CASES: dict[str, Case] = {
    "3-layer per-sample backprop": Case(
        networks.sample_loss, networks.sample_gradients, {**THREE, "x": ("n0", 1), "y": ("n3", 1)}, tuple(THREE),
        ({"n0": 5, "n1": 4, "n2": 3, "n3": 2}, {"n0": 40, "n1": 20, "n2": 10, "n3": 5}), 1.0,
    ),
    "batch normalisation": Case(
        normalisation.batchnorm_forward, normalisation.batchnorm_backward,
        {"x": ("N", "D"), "gamma": ("D",), "beta": ("D",), "eps": ()}, ("x", "gamma", "beta"),
        ({"N": 6, "D": 5}, {"N": 30, "D": 20}), 2.0, backward=True, fixed={"eps": 1e-5},
    ),
    **{f"L_model_backward, {layers} layers": deep(layers) for layers in DEPTHS},
}  # fmt: skip


# --- what is measured -------------------------------------------------------------------------------------------------


def prove(case: Case) -> float:
    """Seconds of this process for verdicts on all gradients; all of them have to be proved."""
    from numeric import prove_backward, prove_gradient

    start = time.process_time()
    call = prove_backward if case.backward else prove_gradient
    assume = ["eps > 0"] if case.fixed else []
    report = call(case.first, case.second, shapes=case.shapes, wrt=list(case.wrt), assume=assume)
    took = time.process_time() - start
    if not report.holds:
        raise SystemExit(f"not proved\n{report}")
    return took


def leaves(case: Case, sizes: Mapping[str, int]) -> dict[tuple[str, ...], tuple[int, ...]]:
    """Argument, or argument and key -> shape in numbers."""
    found: dict[tuple[str, ...], tuple[int, ...]] = {}
    for name, spec in case.shapes.items():
        for key, shape in spec.items() if isinstance(spec, dict) else [(None, spec)]:
            found[(name,) if key is None else (name, key)] = tuple(sizes.get(s, s) for s in shape)
    return found


def gradcheck(case: Case, sizes: Mapping[str, int]) -> float:
    """Seconds of torch.autograd.gradcheck, its defaults, of a torch.autograd.Function that calls the two functions."""
    import torch

    rng = np.random.default_rng(0)
    values = {
        path: rng.uniform(0.1, 0.9, shape)
        if path[0] in case.between
        else rng.standard_normal(shape) / math.sqrt(max(shape[-1:], default=1))  # deep networks saturate else
        for path, shape in leaves(case, sizes).items()
    }
    values |= {(name,): np.float64(value) for name, value in (case.fixed or {}).items()}
    asked = [path for path in values if path[0] in case.wrt]

    def arguments(tensors: Any) -> dict[str, Any]:
        now = {**values, **{p: t.detach().numpy() for p, t in zip(asked, tensors, strict=True)}}
        out: dict[str, Any] = {}
        for path, value in now.items():
            if len(path) == 1:
                out[path[0]] = value
            else:
                out.setdefault(path[0], {})[path[1]] = value
        return out

    class HandWritten(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *tensors: Any) -> Any:
            ctx.args = arguments(tensors)
            out = case.first(**ctx.args)
            if case.backward:
                out, ctx.cache = out
            return torch.as_tensor(np.asarray(out, dtype=float))

        @staticmethod
        def backward(ctx: Any, dout: Any) -> Any:
            if case.backward:
                found = case.second(dout.numpy(), ctx.cache)
                return tuple(torch.as_tensor(np.array(g)) for g in found)
            found = case.second(**ctx.args)
            every = [found[path[-1]] for path in asked] if isinstance(found, dict) else list(found)
            return tuple(torch.as_tensor(dout.numpy() * np.asarray(g)) for g in every)

    inputs = [torch.tensor(np.array(values[path]), requires_grad=True) for path in asked]
    start = time.process_time()
    if not torch.autograd.gradcheck(HandWritten.apply, inputs):
        raise SystemExit("gradcheck: a correct gradient is refused")
    return time.process_time() - start


class Torch:
    """gradcheck in a process of its own: a name and a number in, seconds out."""

    def __init__(self, python: str) -> None:
        self.process = subprocess.Popen([python, str(HERE), "--worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)  # fmt: skip

    def seconds(self, name: str, k: int) -> float:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.process.stdin.write(json.dumps([name, k]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(self.process.stderr.read()[-2000:])
        return float(line)


def work() -> None:
    """The loop of the process with torch."""
    import torch

    torch.set_num_threads(1)
    for line in sys.stdin:
        name, k = json.loads(line)
        print(gradcheck(CASES[name], CASES[name].sizes[k]), flush=True)


def measure(rounds: int, python: str | None) -> dict[str, Any]:
    """Medians; a round before the first is thrown away."""
    torch = Torch(python) if python else None
    columns: dict[str, dict[str, list[float]]] = {name: {} for name in CASES}
    for turn in range(rounds + 1):
        for name, case in CASES.items():
            found = {"proof": prove(case)}
            if torch is not None:
                found |= {f"gradcheck {k}": torch.seconds(name, k) for k in range(len(case.sizes))}
            for column, seconds in found.items():
                if turn:
                    columns[name].setdefault(column, []).append(seconds)
    medians = {name: {c: statistics.median(s) for c, s in found.items()} for name, found in columns.items()}
    ends = [medians[f"L_model_backward, {layers} layers"]["proof"] for layers in (DEPTHS[0], DEPTHS[-1])]
    return {"seconds": medians, "growth exponent": math.log(ends[1] / ends[0]) / math.log(DEPTHS[-1] / DEPTHS[0])}


# --- what is shown ----------------------------------------------------------------------------------------------------


def numbers_checked(case: Case, k: int) -> int:
    """How many entries gradcheck moves."""
    return sum(math.prod(shape) for path, shape in leaves(case, case.sizes[k]).items() if path[0] in case.wrt)


def table(found: Mapping[str, Any]) -> str:
    """Markdown."""
    lines = ["| code | proof, all shapes | target | gradcheck, small | gradcheck, larger |", "|---|---|---|---|---|"]
    for name, seconds in found["seconds"].items():
        case = CASES[name]
        cells = [f"{seconds['proof']:.3f} s", f"{case.target:g} s" if case.target else ""]
        for k in range(len(case.sizes)):
            taken = seconds.get(f"gradcheck {k}")
            cells.append("not measured" if taken is None else f"{taken:.3f} s ({numbers_checked(case, k)} entries)")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", f"growth exponent of the proof in depth, {DEPTHS[0]} to {DEPTHS[-1]} layers: "
                                  f"{found['growth exponent']:.2f}"])  # fmt: skip


def python_with_torch(given: str | None) -> str | None:
    """The Python that was named, else this one if it has torch."""
    from importlib.util import find_spec

    return given or (sys.executable if find_spec("torch") else None)


@click.command()
@click.option("--rounds", default=7, show_default=True)
@click.option("--python", "given", help="A Python that has torch, NumPy and click.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--worker", is_flag=True, hidden=True)
def main(rounds: int, given: str | None, as_json: bool, worker: bool) -> None:
    """Proofs of backward code, beside torch.autograd.gradcheck."""
    if worker:
        work()
        return
    python = python_with_torch(given)
    if python is None:
        click.echo("torch is not installed: gradcheck is skipped (--python names a Python that has it)", err=True)
    found = measure(rounds, python)
    click.echo(json.dumps(found, indent=2) if as_json else table(found))


if __name__ == "__main__":
    main()
