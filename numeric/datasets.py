"""Data to train on: a formula, a set that scikit-learn carries, and a file that the user has.

Samples are columns: X (n, m), Y (1, m) or, one-hot, (classes, m).  Arrays are read-only.
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from derive import DeriveError

Array = np.ndarray[Any, Any]


class MissingExtra(DeriveError):
    """An optional package that is not installed; the message says how to install it."""

    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(f'{what} needs {package}, which is not installed: pip install "backproof[{extra}]"')


class DataError(DeriveError):
    """A data file that is missing, or is not the file that it should be."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """X (n, m) and Y (c, m) to train on, the same for testing and, where the set has them, for validation."""

    name: str
    X: Array
    Y: Array
    X_test: Array | None = None
    Y_test: Array | None = None
    X_valid: Array | None = None
    Y_valid: Array | None = None

    def __post_init__(self) -> None:
        for array in (self.X, self.Y, self.X_test, self.Y_test, self.X_valid, self.Y_valid):
            if array is not None:
                array.setflags(write=False)


def one_hot(labels: Array, classes: int, dtype: DTypeLike) -> Array:
    """Y_kj = 1 if labels_j = k, else 0,  (m,) -> (classes, m)"""
    return np.eye(classes, dtype=dtype)[labels].T


def planar_flower(dtype: DTypeLike = "float64") -> Dataset:
    """r = 4 sin(4t) + 0.2 e',  point = (r sin t, r cos t): the petals of a rose, two classes of 200 points.

    Class j has t = linspace(3.12 j, 3.12 (j+1), 200) + 0.2 e, with e and e' normal, from NumPy's legacy generator
    with seed 1.  There is no test set.  Source: Ng, Neural Networks and Deep Learning (2017), week 3.
    """
    rng = np.random.RandomState(1)
    petals = []
    for j in (0, 1):
        t = np.linspace(3.12 * j, 3.12 * (j + 1), 200) + 0.2 * rng.randn(200)
        r = 4 * np.sin(4 * t) + 0.2 * rng.randn(200)
        petals.append(np.stack([r * np.sin(t), r * np.cos(t)]))  # (2, 200)
    X = np.concatenate(petals, axis=1)  # (2, 400)
    Y = np.repeat([[0, 1]], 200, axis=1)  # (1, 400)
    return Dataset("planar flower", X.astype(dtype), Y.astype(dtype))


def digits(dtype: DTypeLike = "float64") -> Dataset:
    """1797 handwritten digits of 8 x 8 pixels, 0 to 16, divided by 16: 1500 to train, the last 297 to test.

    Source: Alpaydin, Kaynak, Optical recognition of handwritten digits (1998), as scikit-learn carries it.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise MissingExtra("the data set digits", "scikit-learn", "data") from error
    pixels, labels = load_digits(return_X_y=True)
    X, Y = (pixels / 16).astype(dtype).T, one_hot(labels, 10, dtype)  # (64, 1797), (10, 1797)
    return Dataset("digits", X[:, :1500], Y[:, :1500], X[:, 1500:], Y[:, 1500:])


@dataclass(frozen=True)
class Source:
    """What a file must be: its name, its SHA-256, and the shapes of the arrays in it."""

    filename: str
    sha256: str
    shapes: tuple[tuple[str, tuple[int, ...]], ...]


MNIST = Source(
    "mnist.npz",
    "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64",
    (("x_train", (60000, 28, 28)), ("y_train", (60000,)), ("x_test", (10000, 28, 28)), ("y_test", (10000,))),
)


def mnist(folder: str | Path, dtype: DTypeLike = "float64") -> Dataset:
    """70,000 handwritten digits of 28 x 28 pixels, divided by 256: the first 50,000 to train, 10,000 to validate.

    Reads folder/mnist.npz; the last 10,000 are the test set.
    Source: LeCun, Cortes, Burges, Proc. IEEE 86(11) (1998); split and scale as in Nielsen (2015), chapter 1.
    """
    arrays = read(MNIST, folder)
    X, Y = images(arrays["x_train"], dtype), one_hot(arrays["y_train"], 10, dtype)
    X_test, Y_test = images(arrays["x_test"], dtype), one_hot(arrays["y_test"], 10, dtype)
    return Dataset("mnist", X[:, :50000], Y[:, :50000], X_test, Y_test, X[:, 50000:], Y[:, 50000:])


def images(pixels: Array, dtype: DTypeLike) -> Array:
    """X = pixels / 256,  (m, 28, 28) -> (784, m); a column lies in one piece, so that batches are quick to pick."""
    return (pixels.reshape(len(pixels), -1) * np.asarray(1 / 256, dtype=dtype)).T


def read(source: Source, folder: str | Path) -> dict[str, Array]:
    """The arrays of folder/filename, if the file is exactly the one that source describes; nothing is unpickled."""
    path = Path(folder) / source.filename
    if not path.is_file():
        raise DataError(f"no file {path}\n  name the folder that holds {source.filename}")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != source.sha256:
        raise DataError(f"{path} is not the expected file\n  SHA-256  {found}\n  expected {source.sha256}")
    arrays = _arrays(content, path)
    for name, shape in source.shapes:
        if name not in arrays:
            raise DataError(f"{path} holds {', '.join(sorted(arrays)) or 'nothing'}, but no array {name}")
        if arrays[name].shape != shape:
            raise DataError(f"{path}: {name} has shape {arrays[name].shape}, expected {shape}")
    return arrays


def _arrays(content: bytes, path: Path) -> dict[str, Array]:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is not an archive of plain arrays") from error
