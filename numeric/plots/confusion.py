"""Which class was taken for which: a table of counts as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from derive import ShapeError

from .boundary import classes
from .canvas import figure


def confusion_matrix(output: Any, Y: Any, names: Sequence[str] | None = None, title: str = "") -> Any:
    """Row: the true class, column: what was predicted;  output (c, m), Y (c, m).

    A cell is coloured by its share of its row; the diagonal is what is right.
    """
    output, Y = np.asarray(output), np.asarray(Y)
    if output.shape != Y.shape or output.ndim != 2 or 0 in output.shape:
        raise ShapeError(f"a confusion matrix compares two arrays (c, m), but got {output.shape} and {Y.shape}")
    count = max(2, len(Y))
    names = [str(k) for k in range(count)] if names is None else list(names)
    if len(names) != count:
        raise ShapeError(f"there are {count} classes, but {len(names)} names: {', '.join(names)}")
    table = np.zeros((count, count), int)
    np.add.at(table, (classes(Y), classes(output)), 1)
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    drawn = figure(1.8 + 0.48 * count, 1.6 + 0.44 * count)
    axes = drawn.subplots()
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for i, j in np.ndindex(count, count):
        if table[i, j]:
            axes.text(j, i, str(table[i, j]), ha="center", va="center", fontsize=8,
                      color="white" if share[i, j] > 0.55 else "black")  # fmt: skip
    axes.set(xticks=range(count), yticks=range(count), xticklabels=names, yticklabels=names)
    axes.set(xlabel="predicted", ylabel="true")
    right = np.trace(table) / table.sum()
    axes.set_title(f"{title + ': ' if title else ''}{right:.2%} right", fontsize=10)
    return drawn
