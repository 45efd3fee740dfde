"""Activations with their derivatives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .canvas import COLOURS, grid, plain

Array = np.ndarray[Any, Any]


def activation_curves(functions: Mapping[str, tuple[Any, Any]], low: float = -6.0, high: float = 6.0) -> Any:
    """{name: (g, g')}, functions of an array (1, k): each pair on axes of its own, g full, g' dashed."""
    z = np.linspace(low, high, 601)[None, :]  # an odd number: 0 is one of them
    drawn, axes = grid(len(functions), 4 if len(functions) > 3 else 3, 3.0, 2.9)
    for place, (name, (g, derivative)) in zip(axes, functions.items(), strict=True):
        plain(place)
        place.plot(z[0], g(z)[0], color=COLOURS[0], label="g(z)", linewidth=1.8)
        slope, jumps = derivative(z)[0], np.flatnonzero(np.abs(np.diff(derivative(z)[0])) > 0.3)
        place.plot(np.insert(z[0], jumps + 1, np.nan), np.insert(slope, jumps + 1, np.nan), "--", color=COLOURS[1],
                   label="g'(z)", linewidth=1.8)  # fmt: skip
        place.set_title(name, fontsize=10)
        place.set_xlabel("z")
        place.set_ylim(max(-1.3, float(g(z).min()) - 0.1), min(2.2, float(g(z).max()) + 0.25))
    axes[0].legend(fontsize=8.5, frameon=False, loc="upper left")
    return drawn
