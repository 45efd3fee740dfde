"""One training step of gradient descent, written in many ways; each program runs in a process of its own.

    python step_programs.py PROGRAM SHAPE DTYPE THREADS

reads lines from its input: a number is how many steps to do, and the seconds for one step are the answer; "check" gives
a number that depends on all parameters after 3 steps from a common start; an empty line ends it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

SHAPES: dict[str, dict[str, Any]] = {
    # name       sizes                              samples      hidden     output     loss
    "small":    {"sizes": [784, 30, 10],            "m": 10,     "hidden": "sigmoid", "output": "sigmoid"},
    "medium":   {"sizes": [784, 512, 512, 10],      "m": 128,    "hidden": "relu",    "output": "softmax"},
    "wide":     {"sizes": [12288, 20, 7, 5, 1],     "m": 209,    "hidden": "relu",    "output": "sigmoid"},
    "large":    {"sizes": [784, 2048, 2048, 10],    "m": 512,    "hidden": "relu",    "output": "softmax"},
}  # fmt: skip
RATE = 0.01
BATCHES = 4  # different data, used in turn


def data(shape: dict[str, Any], dtype: str) -> tuple[dict[str, Any], list[tuple[Any, Any]]]:
    """Parameters by name, and batches of samples as rows: X (m, n0), Y (m, nL)."""
    import numpy as np

    rng, n, m = np.random.default_rng(0), shape["sizes"], shape["m"]
    params: dict[str, Any] = {}
    for l in range(1, len(n)):
        params[f"W{l}"] = (rng.standard_normal((n[l], n[l - 1])) * (2 / n[l - 1]) ** 0.5).astype(dtype)
        params[f"b{l}"] = np.zeros((n[l], 1), dtype)
    batches = []
    for _ in range(BATCHES):
        X = rng.random((m, n[0])).astype(dtype)
        Y = np.eye(n[-1])[rng.integers(n[-1], size=m)] if n[-1] > 1 else rng.integers(2, size=(m, 1))
        batches.append((X, Y.astype(dtype)))
    return params, batches


def columns(batches: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Samples as columns: X (n0, m), contiguous."""
    import numpy as np

    return [(np.ascontiguousarray(X.T), np.ascontiguousarray(Y.T)) for X, Y in batches]


Program = tuple[Callable[[Any, Any], Any], list[tuple[Any, Any]], Callable[[], dict[str, Any]], Callable[[], Any]]


def no_wait() -> None:
    """NumPy is done when it returns."""


# --- the limit --------------------------------------------------------------------------------------------------------


def products(shape: dict[str, Any], dtype: str, multiply: Any) -> Program:
    """The matrix products of a step and nothing else, into arrays that are there."""
    import numpy as np

    n, m, (params, batches) = shape["sizes"], shape["m"], data(shape, dtype)
    L, rng = len(n) - 1, np.random.default_rng(1)
    A = [rng.random((size, m)).astype(dtype) for size in n]
    Z = [np.empty((size, m), dtype) for size in n]
    dW = [np.empty((n[l], n[l - 1]), dtype) for l in range(1, L + 1)]
    W = [params[f"W{l}"] for l in range(1, L + 1)]

    def step(X: Any, Y: Any) -> None:
        A[0] = X
        for l in range(1, L + 1):
            multiply(W[l - 1], A[l - 1], out=Z[l])
        for l in range(L, 0, -1):
            multiply(A[l], A[l - 1].T, out=dW[l - 1])
            if l > 1:
                multiply(W[l - 1].T, A[l], out=Z[l - 1])

    return step, columns(batches), dict, no_wait


def limit(shape: dict[str, Any], dtype: str) -> Program:
    """np.matmul, which is what @ means."""
    import numpy as np

    return products(shape, dtype, np.matmul)


def limit_dot(shape: dict[str, Any], dtype: str) -> Program:
    """np.dot: the same products with less around each of them."""
    import numpy as np

    return products(shape, dtype, np.dot)


# --- ours -------------------------------------------------------------------------------------------------------------


def ours(shape: dict[str, Any], dtype: str, **options: Any) -> Program:
    """training_step(d): the planned step."""
    from derive import backprop, mlp
    from numeric import training_step

    params, batches = data(shape, dtype)
    d = backprop(mlp(shape["sizes"], shape["hidden"], shape["output"], "cross_entropy"))
    step = training_step(d, learning_rate=RATE, batch_size=shape["m"], dtype=dtype, **options)
    return lambda X, Y: step(params, X, Y), columns(batches), lambda: params, no_wait


def ours_mkl(shape: dict[str, Any], dtype: str) -> Program:
    """training_step(d, library="mkl")"""
    return ours(shape, dtype, library="mkl")


def ours_jax(shape: dict[str, Any], dtype: str, **options: Any) -> Program:
    """training_step(d, backend="jax"): the derived formulas, compiled by JAX."""
    import jax

    jax.config.update("jax_enable_x64", dtype == "float64")
    step, batches, params, _ = ours(shape, dtype, backend="jax", devices=jax.devices()[:1], **options)
    placed = [(jax.numpy.asarray(X), jax.numpy.asarray(Y)) for X, Y in batches]
    return step, placed, params, lambda: jax.block_until_ready(params())


def ours_jax_rows(shape: dict[str, Any], dtype: str) -> Program:
    """training_step(d, backend="jax", rows=True): the same with samples as rows; they are given as columns."""
    return ours_jax(shape, dtype, rows=True)


def ours_plain(shape: dict[str, Any], dtype: str) -> Program:
    """lambdify(d): the plain form, with the loss, and an update."""
    from derive import backprop, mlp
    from numeric import lambdify

    params, batches = data(shape, dtype)
    run = lambdify(backprop(mlp(shape["sizes"], shape["hidden"], shape["output"], "cross_entropy"))).run

    def step(X: Any, Y: Any) -> None:
        for name, gradient in run(params, X, Y)[1].items():
            params[name] -= RATE * gradient

    return step, columns(batches), lambda: params, no_wait


# --- NumPy by hand ----------------------------------------------------------------------------------------------------


def functions(shape: dict[str, Any]) -> tuple[Any, Any, Any]:
    """g, g' as a function of a, and the output, in NumPy."""
    import numpy as np

    def sigmoid(z: Any) -> Any:
        return 1 / (1 + np.exp(-z))

    def softmax(z: Any) -> Any:
        e = np.exp(z - z.max(axis=0))
        return e / e.sum(axis=0)

    hidden = {"sigmoid": (sigmoid, lambda a: a * (1 - a)), "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0)}
    return *hidden[shape["hidden"]], sigmoid if shape["output"] == "sigmoid" else softmax


def plain(shape: dict[str, Any], dtype: str) -> Program:
    """Straightforward vectorised NumPy."""
    params, batches = data(shape, dtype)
    g, slope, last = functions(shape)
    L, m = len(shape["sizes"]) - 1, shape["m"]

    def step(X: Any, Y: Any) -> None:
        A = [X]
        for l in range(1, L + 1):
            Z = params[f"W{l}"] @ A[-1] + params[f"b{l}"]
            A.append(g(Z) if l < L else last(Z))
        dZ = A[-1] - Y
        for l in range(L, 0, -1):
            dW, db = dZ @ A[l - 1].T / m, dZ.sum(axis=1, keepdims=True) / m
            if l > 1:
                dZ = params[f"W{l}"].T @ dZ * slope(A[l - 1])
            params[f"W{l}"] -= RATE * dW
            params[f"b{l}"] -= RATE * db

    return step, columns(batches), lambda: params, no_wait


def per_sample(shape: dict[str, Any], dtype: str) -> Program:
    """One sample at a time, gradients added up: as in the first chapter of Nielsen's book."""
    import numpy as np

    params, batches = data(shape, dtype)
    g, slope, last = functions(shape)
    L, m = len(shape["sizes"]) - 1, shape["m"]

    def gradients(x: Any, y: Any) -> tuple[list[Any], list[Any]]:
        a = [x]
        for l in range(1, L + 1):
            z = params[f"W{l}"] @ a[-1] + params[f"b{l}"]
            a.append(g(z) if l < L else last(z))
        delta = a[-1] - y
        nabla_b, nabla_w = [delta], [delta @ a[-2].T]
        for l in range(L - 1, 0, -1):
            delta = params[f"W{l + 1}"].T @ delta * slope(a[l])
            nabla_b.insert(0, delta)
            nabla_w.insert(0, delta @ a[l - 1].T)
        return nabla_w, nabla_b

    def step(X: Any, Y: Any) -> None:
        sum_w = [np.zeros_like(params[f"W{l}"]) for l in range(1, L + 1)]
        sum_b = [np.zeros_like(params[f"b{l}"]) for l in range(1, L + 1)]
        for j in range(m):
            nabla_w, nabla_b = gradients(X[:, j : j + 1], Y[:, j : j + 1])
            sum_w = [s + n for s, n in zip(sum_w, nabla_w, strict=True)]
            sum_b = [s + n for s, n in zip(sum_b, nabla_b, strict=True)]
        for l in range(1, L + 1):
            params[f"W{l}"] = params[f"W{l}"] - RATE / m * sum_w[l - 1]
            params[f"b{l}"] = params[f"b{l}"] - RATE / m * sum_b[l - 1]

    return step, columns(batches), lambda: params, no_wait


# --- other systems ----------------------------------------------------------------------------------------------------


def torch_step(shape: dict[str, Any], dtype: str, compiled: bool) -> Program:
    """A torch.nn.Sequential, its loss, backward() and torch.optim.SGD."""
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    params, batches = data(shape, dtype)
    L, layers = len(shape["sizes"]) - 1, []
    for l in range(1, L + 1):
        linear = torch.nn.Linear(shape["sizes"][l - 1], shape["sizes"][l], dtype=getattr(torch, dtype))
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(params[f"W{l}"]))
            linear.bias.zero_()
        layers += [linear, {"sigmoid": torch.nn.Sigmoid, "relu": torch.nn.ReLU}[shape["hidden"]]()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), RATE)
    softmax = shape["output"] == "softmax"

    def loss(x: Any, y: Any) -> Any:
        z = model(x)
        if softmax:
            return torch.nn.functional.cross_entropy(z, y)
        return torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="sum") / len(x)

    def step(x: Any, y: Any) -> None:
        optimizer.zero_grad()
        loss(x, y).backward()
        optimizer.step()

    def found() -> dict[str, Any]:
        linears = list(model)[::2]
        return {f"W{l}": x.weight.detach().numpy() for l, x in enumerate(linears, start=1)} | {
            f"b{l}": x.bias.detach().numpy() for l, x in enumerate(linears, start=1)
        }

    tensors = [(torch.from_numpy(X), torch.from_numpy(Y)) for X, Y in batches]
    return (torch.compile(step) if compiled else step), tensors, found, no_wait


def torch_eager(shape: dict[str, Any], dtype: str) -> Program:
    return torch_step(shape, dtype, compiled=False)


def torch_compile(shape: dict[str, Any], dtype: str) -> Program:
    return torch_step(shape, dtype, compiled=True)


def jax_jit(shape: dict[str, Any], dtype: str) -> Program:
    """jax.grad of the loss and the update in one jitted function, which may write over the old parameters."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", dtype == "float64")
    start, batches = data(shape, dtype)
    L = len(shape["sizes"]) - 1
    own = {"params": [(jnp.asarray(start[f"W{l}"].T), jnp.zeros(shape["sizes"][l], dtype)) for l in range(1, L + 1)]}
    g = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu}[shape["hidden"]]
    softmax = shape["output"] == "softmax"

    def loss(params: Any, x: Any, y: Any) -> Any:
        for W, b in params[:-1]:
            x = g(x @ W + b)
        z = x @ params[-1][0] + params[-1][1]
        if softmax:
            return -jnp.sum(y * jax.nn.log_softmax(z)) / len(x)
        return jnp.sum(y * jax.nn.softplus(-z) + (1 - y) * jax.nn.softplus(z)) / len(x)

    def update(params: Any, x: Any, y: Any) -> Any:
        return jax.tree.map(lambda p, d: p - RATE * d, params, jax.grad(loss)(params, x, y))

    jitted = jax.jit(update, donate_argnums=0)

    def step(x: Any, y: Any) -> None:
        own["params"] = jitted(own["params"], x, y)

    def found() -> dict[str, Any]:
        return {f"W{l}": W for l, (W, _) in enumerate(own["params"], start=1)} | {
            f"b{l}": b for l, (_, b) in enumerate(own["params"], start=1)
        }

    placed = [(jnp.asarray(X), jnp.asarray(Y)) for X, Y in batches]
    return step, placed, found, lambda: jax.block_until_ready(own["params"])


def sklearn_mlp(shape: dict[str, Any], dtype: str) -> Program:
    """MLPClassifier.partial_fit on one batch: plain gradient descent, no penalty."""
    import warnings

    import numpy as np
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore")
    params, batches = data(shape, dtype)
    L, softmax = len(shape["sizes"]) - 1, shape["output"] == "softmax"
    labelled = [(X, Y.argmax(axis=1) if softmax else Y.astype(int) if Y.shape[1] > 1 else Y[:, 0].astype(int))
                for X, Y in batches]  # fmt: skip
    model = MLPClassifier(
        tuple(shape["sizes"][1:-1]), activation={"sigmoid": "logistic", "relu": "relu"}[shape["hidden"]], solver="sgd",
        alpha=0.0, batch_size=shape["m"], learning_rate_init=RATE, momentum=0.0, shuffle=False,
    )  # fmt: skip
    classes = np.arange(shape["sizes"][-1] if shape["sizes"][-1] > 1 else 2)
    model.partial_fit(*labelled[0], classes=classes)
    for l in range(1, L + 1):
        model.coefs_[l - 1][...] = params[f"W{l}"].T
        model.intercepts_[l - 1][...] = 0

    def found() -> dict[str, Any]:
        return {f"W{l}": W for l, W in enumerate(model.coefs_, start=1)} | {
            f"b{l}": b for l, b in enumerate(model.intercepts_, start=1)
        }

    return model.partial_fit, labelled, found, no_wait


PROGRAMS: dict[str, tuple[Callable[..., Program], str]] = {
    # name                    how it is made     what it needs
    "limit (matmul)":         (limit,            "numpy"),
    "limit (dot)":            (limit_dot,        "numpy"),
    "ours":                   (ours,             "numpy"),
    "ours, MKL":              (ours_mkl,         "mkl"),
    "ours, JAX":              (ours_jax,         "jax"),
    "ours, JAX rows":         (ours_jax_rows,    "jax"),
    "ours, plain form":       (ours_plain,       "numpy"),
    "plain NumPy":            (plain,            "numpy"),
    "per sample":             (per_sample,       "numpy"),
    "torch eager":            (torch_eager,      "torch"),
    "torch.compile":          (torch_compile,    "torch"),
    "jax.jit":                (jax_jit,          "jax"),
    "scikit-learn":           (sklearn_mlp,      "sklearn"),
}  # fmt: skip

# --- the process ------------------------------------------------------------------------------------------------------


def serve(name: str, shape: dict[str, Any], dtype: str) -> None:
    """Does what the lines of the input say."""
    import numpy as np

    step, batches, found, wait = PROGRAMS[name][0](shape, dtype)
    for k in range(3):
        step(*batches[k % len(batches)])
    wait()
    total = sum(float(np.abs(np.asarray(p)).sum(dtype="float64")) for p in found().values())
    print(json.dumps(total), flush=True)
    for line in sys.stdin:
        if not line.strip():
            return
        steps = int(line)
        start = time.perf_counter()
        for k in range(steps):
            X, Y = batches[k % len(batches)]
            step(X, Y)
        wait()
        print(json.dumps((time.perf_counter() - start) / steps), flush=True)


if __name__ == "__main__":
    name, shape, dtype, threads = sys.argv[1:]
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(threads)])
    serve(name, SHAPES[shape], dtype)
