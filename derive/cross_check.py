"""What a numerical cross-check found, as data that a document prints; whoever can calculate makes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CrossCheck:
    """Every entry of every gradient against a numerical derivative of the loss, at one random point.

    `sizes` are the numbers that stood for symbolic sizes, `method` is "complex step" or "central differences",
    `error` the largest relative error, `left_out` how many entries lay at kinks.
    """

    seed: int
    sizes: tuple[tuple[str, int], ...]
    method: str
    entries: int
    error: float
    left_out: int = 0
