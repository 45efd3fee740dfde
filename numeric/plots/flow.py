"""How large a gradient still is when it has passed through the layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from derive import DeriveError

from .canvas import COLOURS, figure, plain


def gradient_flow(
    norms: Mapping[str, Mapping[str, float] | Sequence[float]],
    title: str = "",
    y: str = "root mean square",
    log: bool = True,
) -> Any:
    """{run: {layer: number}}: one group of bars per layer, one bar per run; the layers as the first run names them.

    Zero has no bar on a logarithmic scale: it is written.
    """
    if not norms:
        raise DeriveError("there is no run to draw")
    runs = {name: dict(n) if isinstance(n, Mapping) else {str(k): v for k, v in enumerate(n, start=1)}
            for name, n in norms.items()}  # fmt: skip
    layers = list(next(iter(runs.values())))
    drawn = figure(max(5.0, 1.5 + 0.5 * len(layers) * len(runs)), 3.8)
    axes = plain(drawn.subplots())
    width = 0.8 / len(runs)
    positive = [v for values in runs.values() for v in values.values() if v > 0]
    for k, (name, values) in enumerate(runs.items()):
        places = np.arange(len(layers)) + (k - (len(runs) - 1) / 2) * width
        numbers = [values[layer] for layer in layers]
        bars = axes.bar(places, numbers, width * 0.92, color=COLOURS[k % len(COLOURS)], label=name,
                        hatch=("", "//", "..", "xx")[k % 4], edgecolor="white")  # fmt: skip
        axes.bar_label(bars, [f"{v:.1e}" if v else "" for v in numbers], fontsize=7, padding=2)
        for place, v in zip(places, numbers, strict=True):
            if v == 0:  # no bar on a logarithmic scale
                axes.text(place, 0.02, "0", transform=axes.get_xaxis_transform(), ha="center", fontsize=7)
    if log and positive:
        axes.set_yscale("log")
        axes.set_ylim(min(positive) / 5, max(positive) * 5)
    axes.set_xticks(range(len(layers)), layers)
    axes.set_ylabel(y)
    axes.grid(axis="x", visible=False)
    if title:
        axes.set_title(title, fontsize=11)
    if len(runs) > 1:
        axes.legend(fontsize=8.5, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=len(runs))
    return drawn
