"""The data of the published runs: the flower by formula, the cats and MNIST from the folder that the user names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
CATS, MNIST = "catvnoncat.npz", "mnist.npz"


def flower() -> tuple[Array, Array]:
    """X (2, 400), Y (1, 400)"""
    from numeric.datasets import planar_flower

    data = planar_flower()
    return data.X, data.Y


def cats(folder: Path | None) -> Any:
    """X (12288, 209) = pixels / 255, Y (1, 209), 1 is a cat; X_test and Y_test of 50.  Raises DataError."""
    from numeric.datasets import cat_noncat

    assert folder is not None
    return cat_noncat(folder)


def cat_images(X: Array) -> Array:
    """(12288, m) -> (m, 64, 64, 3), numbers between 0 and 1"""
    return X.T.reshape(-1, 64, 64, 3)


def mnist(folder: Path | None) -> Any:
    """X (784, 50000), Y one-hot (10, 50000), the same for testing, 10,000; float32."""
    from numeric.datasets import mnist as read

    assert folder is not None
    return read(folder, "float32")
