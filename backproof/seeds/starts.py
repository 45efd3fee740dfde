"""Where the published runs start: NumPy's legacy generator, W drawn layer by layer, b = 0."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def legacy(sizes: Sequence[int], seed: int, factor: float | None) -> dict[str, Array]:
    """W_l = factor * randn(n_l, n_{l-1}), b_l = 0 from np.random.seed(seed); None: randn / sqrt(n_{l-1})."""
    rng = np.random.RandomState(seed)
    params: dict[str, Array] = {}
    for layer, (n_in, n_out) in enumerate(pairwise(sizes), start=1):
        drawn = rng.randn(n_out, n_in)
        params[f"W{layer}"] = drawn / np.sqrt(n_in) if factor is None else drawn * factor
        params[f"b{layer}"] = np.zeros((n_out, 1))
    return params


def constant(sizes: Sequence[int], value: float = 0.0) -> dict[str, Array]:
    """W_l = value in every entry, b_l = 0."""
    return {name: np.full(p.shape, value if name[0] == "W" else 0.0) for name, p in legacy(sizes, 0, 1.0).items()}
