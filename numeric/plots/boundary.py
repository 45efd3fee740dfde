"""Where a network of two inputs changes its mind: the plane coloured by its output, the samples on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from derive import ShapeError

from .canvas import COLOURS, grid

Array = np.ndarray[Any, Any]
MARKERS = "osDv^<>P*X"


def decision_boundary(predict: Callable[[Array], Any], X: Any, Y: Any, title: str = "") -> Any:
    """predict(points) of shape (c, k) for points (2, k); X (2, m), Y (c, m).  One row: the line is at 0.5."""
    return decision_boundaries({title: predict}, X, Y)


def decision_boundaries(predictors: Mapping[str, Callable[[Array], Any]], X: Any, Y: Any, columns: int = 4) -> Any:
    """Several networks on the same samples, in one picture, each with its title."""
    X, Y = np.asarray(X), np.asarray(Y)
    if X.ndim != 2 or len(X) != 2 or Y.ndim != 2 or Y.shape[1] != X.shape[1]:
        raise ShapeError(f"decision boundaries need X (2, m) and Y (c, m), but got {X.shape} and {Y.shape}")
    size = (4.6, 4.2) if len(predictors) == 1 else (3.1, 3.1)
    drawn, axes = grid(len(predictors), columns, *size)
    labels = classes(Y)
    for place, (title, predict) in zip(axes, predictors.items(), strict=True):
        _one(place, predict, X, labels, title)
    return drawn


def classes(Y: Array) -> Array:
    """Y (c, m) -> the class of each sample (m,): the largest row, or with one row which side of 0.5."""
    return (Y[0] > 0.5).astype(int) if len(Y) == 1 else Y.argmax(axis=0)


def _one(axes: Any, predict: Callable[[Array], Any], X: Array, labels: Array, title: str) -> None:
    from matplotlib.colors import ListedColormap

    low, high = X.min(axis=1), X.max(axis=1)
    margin = 0.08 * (high - low)
    x, y = (np.linspace(low[k] - margin[k], high[k] + margin[k], 220) for k in (0, 1))
    plane = np.stack([a.ravel() for a in np.meshgrid(x, y)])  # (2, 220 * 220)
    found = np.asarray(predict(plane))
    regions = classes(found).reshape(len(y), len(x))
    count = max(int(labels.max()) + 1, len(found), 2)
    colours = ListedColormap([COLOURS[k % len(COLOURS)] for k in range(count)])
    axes.pcolormesh(x, y, regions, cmap=colours, vmin=-0.5, vmax=count - 0.5, alpha=0.22, shading="nearest",
                    rasterized=True, linewidth=0)  # fmt: skip
    if len(found) == 1 and found.min() < 0.5 < found.max():
        axes.contour(x, y, found.reshape(len(y), len(x)), levels=[0.5], colors="0.15", linewidths=1)
    for k in range(count):
        axes.scatter(*X[:, labels == k], s=11, marker=MARKERS[k % len(MARKERS)], color=COLOURS[k % len(COLOURS)],
                     edgecolors="white", linewidths=0.3)  # fmt: skip
    axes.set(xticks=[], yticks=[])
    if title:
        axes.set_title(title, fontsize=10)
