"""Does a network fit the data, and the memory of this machine?  Asked before anything is computed."""

from __future__ import annotations

import os
from itertools import pairwise
from typing import Any

import click

from .settings import Setting


def check_layers(layers: tuple[int, ...], data: Any) -> None:
    """The first layer takes what a sample has, the last gives what a label has."""
    features, labels = len(data.X), len(data.Y)
    if (layers[0], layers[-1]) != (features, labels):
        inside = ",".join(map(str, (features, *layers[1:-1], labels)))
        raise click.UsageError(
            f"--layers {','.join(map(str, layers))} does not fit {data.name}, which has {features} inputs and "
            f"{labels} output{'s' * (labels > 1)}; did you mean --layers {inside}?",
            click.get_current_context(),
        )


def check_memory(setting: Setting, data: Any) -> None:
    """Weights with their gradients and updates, and what all layers compute for a batch or for a test, in bytes."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return
    sizes, itemsize = setting.layers, data.X.dtype.itemsize
    weights = sum((below + 1) * above for below, above in pairwise(sizes))
    seen = data.X if data.X_test is None else data.X_test
    columns = max(min(setting.batch_size or data.X.shape[1], data.X.shape[1]), seen.shape[1])
    needed = itemsize * (3 * weights + 2 * columns * sum(sizes[1:]))
    present = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > present:
        raise click.ClickException(
            f"a network with layers {', '.join(map(str, sizes))} needs about {needed / 2**30:.0f} GiB of memory, "
            f"but there are {present / 2**30:.0f} GiB"
        )
