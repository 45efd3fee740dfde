"""Run as a script: training steps by JAX on several devices, beside NumPy; what came out, as JSON.

    python on_devices.py DEVICES                        DEVICES devices of this process
    python on_devices.py DEVICES PORT NUMBER OF         process NUMBER (from 0) of OF, joined over loopback
"""

import json
import os
import re
import sys

devices, *joined = map(int, sys.argv[1:])
os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={devices}"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402  (after the number of devices is said)
import numpy as np  # noqa: E402

jax.config.update("jax_enable_x64", True)
if joined:
    port, number, processes = joined
    jax.distributed.initialize(f"127.0.0.1:{port}", processes, number)

from derive import backprop, mlp  # noqa: E402
from numeric import initialize, training_step  # noqa: E402

NETS = {
    "sigmoid": mlp([12, 9, 4], "sigmoid"),
    "relu, softmax, l2": mlp([12, 9, 8, 4], "relu", "softmax", l2=0.3),
    "tanh, squared error": mlp([12, 9, 4], "tanh", "identity", "squared_error"),
}
OPTIONS = [("sgd", {}), ("adam", {"rows": True}), ("momentum", {"clip_norm": 0.1, "weight_decay": 0.01})]


def data(m, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(12, m)), np.eye(4)[rng.integers(4, size=m)].T


def difference(found, expected):
    """The largest difference, relative to the largest entry."""
    return max(float(np.abs(np.asarray(found[k]) - p).max() / np.abs(p).max()) for k, p in expected.items())


def row(name, optimizer, options):
    """Two steps: one with samples that can be divided among the devices, one with samples that cannot."""
    d = backprop(NETS[name])
    chosen = {"optimizer": optimizer, "learning_rate": 0.05, "dtype": "float64", "loss": True, **options}
    there, _ = training_step(d, **chosen, backend="jax"), chosen.pop("rows", None)
    here = training_step(d, **chosen)
    params = initialize(d, seed=1, scale="xavier")
    found = {k: p.copy() for k, p in params.items()}
    losses = 0.0
    for m in (16, 7):
        J, L = here(params, *data(m, m)), there(found, *data(m, m))
        losses = max(losses, abs(J - float(L)) / J)
    text = there.compiled(found, *data(16))
    return {"net": name, "optimizer": optimizer, "difference": difference(found, params), "loss": losses,
            "reductions": len(re.findall(r" all-reduce(?:-start)?\(", text)),
            "others": len(re.findall(r" (?:all-gather|all-to-all|collective-permute)(?:-start)?\(", text))}  # fmt: skip


print(json.dumps({
    "devices": len(jax.devices()),
    "processes": jax.process_count(),
    "rows": [row(name, *option) for name, option in zip(NETS, OPTIONS, strict=True)],
}))  # fmt: skip
if joined:
    jax.distributed.shutdown()
