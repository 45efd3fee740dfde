"""How long a derivation takes: medians, beside `import sympy`, PyTensor and JAX, all in one run.

    python benchmarks/derivation.py [--rounds 5] [--json]

PyTensor and JAX are measured where they are installed, in this interpreter or in the one that PEERS names, e.g.
PEERS=/path/to/python; they derive the gradients of the same network with symbolic shapes, and print no derivation.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
DEPTHS = (2, 16, 32, 64, 128)

OURS = """
import sys, time
from derive import backprop, mlp
backprop(mlp([3, 2]))
sizes = [f"n{k}" for k in range(int(sys.argv[1]) + 1)]
start = time.perf_counter()
net = mlp(sizes, hidden="tanh")
built = time.perf_counter()
d = backprop(net)
end = time.perf_counter()
assert len(d.gradients) == 2 * int(sys.argv[1])
print(end - built, built - start)
"""

PYTENSOR = """
import sys, time
import pytensor
import pytensor.tensor as pt
depth = int(sys.argv[1])
def network():
    X, Y = pt.matrix("X"), pt.matrix("Y")
    A, params = X, []
    for k in range(depth):
        W, b = pt.matrix(f"W{k}"), pt.matrix(f"b{k}")
        params += [W, b]
        Z = W @ A + b
        A = pt.tanh(Z) if k < depth - 1 else pt.sigmoid(Z)
    return -(Y * pt.log(A) + (1 - Y) * pt.log(1 - A)).sum() / Y.shape[1], params
pytensor.grad(*network())
J, params = network()
start = time.perf_counter()
pytensor.grad(J, params)
print(time.perf_counter() - start)
"""

JAX = """
import sys, time
import jax, jax.numpy as jnp
from jax import export
depth = int(sys.argv[1])
def loss(params, X, Y):
    A = X
    for k, (W, b) in enumerate(params):
        Z = W @ A + b
        A = jnp.tanh(Z) if k < depth - 1 else jax.nn.sigmoid(Z)
    return -jnp.sum(Y * jnp.log(A) + (1 - Y) * jnp.log(1 - A)) / Y.shape[1]
names = [f"n{k}" for k in range(depth + 1)] + ["m"]
*n, m = export.symbolic_shape(",".join(names))
def array(*shape):
    return jax.ShapeDtypeStruct(shape, jnp.float32)
params = [(array(n[k + 1], n[k]), array(n[k + 1], 1)) for k in range(depth)]
jax.make_jaxpr(lambda x: x + 1)(1.0)
start = time.perf_counter()
jax.make_jaxpr(jax.grad(loss))(params, array(n[0], m), array(n[depth], m))
print(time.perf_counter() - start)
"""


def seconds(code: str, *arguments: str, python: str = sys.executable) -> list[float] | None:
    """What a program prints, run in a process of its own; None where it cannot run."""
    done = subprocess.run([python, "-c", code, *arguments], capture_output=True, text=True, cwd=ROOT)
    return [float(x) for x in done.stdout.split()] if done.returncode == 0 else None


def whole(*command: str) -> float:
    """Wall time of a whole process."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def measure(rounds: int) -> dict[str, float]:
    """Medians in seconds, programs taking turns in every round."""
    peers = os.environ.get("PEERS", sys.executable)
    kinds = (("ours", OURS, sys.executable), ("PyTensor", PYTENSOR, peers), ("JAX", JAX, peers))
    programs = {f"{name}, {depth} layers": (code, str(depth), python)
                for depth in DEPTHS for name, code, python in kinds}  # fmt: skip
    taken: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, command in {"import sympy": (sys.executable, "-c", "import sympy"),
                              "import derive": (sys.executable, "-c", "import derive"),
                              "backproof --help": (sys.executable, "-m", "backproof", "--help")}.items():  # fmt: skip
            taken.setdefault(name, []).append(whole(*command))
        for name, (code, depth, python) in list(programs.items()):
            found = seconds(code, depth, python=python)
            if found is None:
                del programs[name]
            else:
                taken.setdefault(name, []).append(found[0])
    return {name: statistics.median(values) for name, values in taken.items()}


TARGETS = {"ours, 16 layers": 0.15, "ours, 128 layers": 1.5, "backproof --help": 0.4}


@click.command()
@click.option("--rounds", default=5, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def main(rounds: int, as_json: bool) -> None:
    """Measure, and print a table or JSON."""
    found = measure(rounds)
    sympy = found["import sympy"]
    if as_json:
        print(json.dumps(found, indent=1))
        return
    print(f"{'':<24} {'median':>10}   {'x import sympy':>15}   target")
    for name, value in found.items():
        target = (
            "at most 1.2 x import sympy" if name == "import derive" else f"{TARGETS[name]} s" if name in TARGETS else ""
        )
        print(f"{name:<24} {1000 * value:>7.1f} ms   {value / sympy:>15.2f}   {target}".rstrip())
    for peer in ("PyTensor", "JAX"):
        if not any(name.startswith(peer) for name in found):
            print(f"{peer} is not installed here")


if __name__ == "__main__":
    main()
