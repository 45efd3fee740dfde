"""Arrays as images: the weights into a hidden unit, and samples with captions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from derive import ShapeError

from .canvas import figure, grid

Array = np.ndarray[Any, Any]


def weight_images(W: Any, shape: tuple[int, ...] | None = None, title: str = "", most: int = 40) -> Any:
    """Each row of W (units, pixels) as an image: orange is positive, violet negative, white 0, one scale for all.

    `shape` is (height, width) or (height, width, colours), whose colours are averaged; without it a square is tried.
    """
    W = np.asarray(W)
    if W.ndim != 2:
        raise ShapeError(f"weights as images need W (units, pixels), but got {W.shape}")
    shape = shape or (math.isqrt(W.shape[1]),) * 2
    if math.prod(shape) != W.shape[1] or len(shape) not in (2, 3):
        raise ShapeError(f"{W.shape[1]} weights of a unit do not fill an image of shape {shape}; give shape=")
    images = W[:most].reshape(-1, *shape)
    images = images.mean(axis=3) if len(shape) == 3 else images
    largest = float(np.abs(images).max()) or 1.0
    columns = min(10, len(images))
    size = 0.95 if columns > 4 else 2.4
    drawn, axes = grid(len(images), columns, size + (columns == 1), 1.1 * size)
    for k, (place, image) in enumerate(zip(axes, images, strict=True), start=1):
        shown = place.imshow(image, cmap="PuOr_r", vmin=-largest, vmax=largest)
        place.set_axis_off()
        place.set_title(str(k), fontsize=7, pad=2)
    drawn.colorbar(shown, ax=axes, fraction=0.05, aspect=30, pad=0.01).ax.tick_params(labelsize=7)
    if title:
        drawn.suptitle(title, fontsize=11)
    return drawn


def image_gallery(images: Any, captions: Sequence[str], title: str = "", columns: int = 6) -> Any:
    """Images (k, height, width) or (k, height, width, 3), each with a caption."""
    images = np.asarray(images)
    if images.ndim not in (3, 4) or len(images) != len(captions):
        raise ShapeError(f"a gallery needs images (k, height, width[, 3]) and k captions, but got {images.shape} and "
                         f"{len(captions)}")  # fmt: skip
    if len(images) == 0:
        drawn = figure(4, 1)
        drawn.text(0.5, 0.5, "none", ha="center")
        return drawn
    drawn, axes = grid(len(images), columns, 1.45, 1.65)
    for place, image, caption in zip(axes, images, captions, strict=True):
        place.imshow(image, cmap="gray_r" if images.ndim == 3 else None)
        place.set_axis_off()
        place.set_title(caption, fontsize=8, pad=3)
    if title:
        drawn.suptitle(title, fontsize=11)
    return drawn
