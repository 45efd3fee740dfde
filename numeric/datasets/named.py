"""Sets that have a name: by a formula, from scikit-learn, from a file whose checksum is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .dataset import Dataset, MissingExtra, one_hot, targets
from .files import Source, find, read
from .preparation import Preparation, standard

Array = np.ndarray[Any, Any]
EVERY = 5  # every fifth sample is kept for the test


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


# --- carried by scikit-learn ------------------------------------------------------------------------------------------


def digits(dtype: DTypeLike = "float64") -> Dataset:
    """1797 handwritten digits of 8 x 8 pixels, 0 to 16, divided by 16: 1500 to train, the last 297 to test.

    Source: Alpaydin, Kaynak, Optical recognition of handwritten digits (1998), as scikit-learn carries it.
    """
    pixels, labels, names = _carried("digits")
    scaling = Preparation(16.0, picture=(8, 8, 1))
    X, Y = scaling.columns(pixels, dtype), one_hot(labels, 10, dtype)  # (64, 1797), (10, 1797)
    return Dataset("digits", X[:, :1500], Y[:, :1500], X[:, 1500:], Y[:, 1500:], classes=names, preparation=scaling)


def breast_cancer(dtype: DTypeLike = "float64") -> Dataset:
    """569 tumours by 30 measures: 0 malignant, 1 benign; standardised; every fifth is kept for the test.

    Source: Street, Wolberg, Mangasarian (1993), as scikit-learn carries it.
    """
    return _table("breast_cancer", dtype)


def iris(dtype: DTypeLike = "float64") -> Dataset:
    """150 flowers of three kinds by 4 measures in cm; standardised; every fifth is kept for the test.

    Source: Fisher (1936), as scikit-learn carries it.
    """
    return _table("iris", dtype)


def wine(dtype: DTypeLike = "float64") -> Dataset:
    """178 wines of three growers by 13 measures; standardised; every fifth is kept for the test.

    Source: Aeberhard, Forina (1992), as scikit-learn carries it.
    """
    return _table("wine", dtype)


def _carried(name: str) -> tuple[Array, Array, tuple[str, ...]]:
    """raw samples (m, n), labels (m,), names of the classes"""
    try:
        import sklearn.datasets as carried
    except ImportError as error:
        raise MissingExtra(f"the data set {name}", "scikit-learn", "data") from error
    found = getattr(carried, f"load_{name}")()
    return found.data, found.target, tuple(map(str, found.target_names))


def _table(name: str, dtype: DTypeLike) -> Dataset:
    raw, labels, names = _carried(name)
    return prepared(name.replace("_", " "), raw, labels, names, standard(raw[~_kept(len(raw))]), dtype)


def prepared(
    name: str, raw: Array, labels: Array, names: tuple[str, ...], preparation: Preparation, dtype: DTypeLike
) -> Dataset:
    """Samples (m, ...) and labels (m,) as columns; every fifth is kept for the test, none where there are fewer."""
    X, Y, kept = preparation.columns(raw, dtype), targets(labels, len(names), dtype), _kept(len(raw))
    X_test, Y_test = (X[:, kept], Y[:, kept]) if kept.any() else (None, None)
    return Dataset(name, X[:, ~kept], Y[:, ~kept], X_test, Y_test, classes=names, preparation=preparation)


def _kept(count: int) -> Array:
    """False, False, False, False, True, ..."""
    return np.arange(count) % EVERY == EVERY - 1


# --- from files -------------------------------------------------------------------------------------------------------

MNIST = Source(
    "mnist.npz",
    "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64",
    (("x_train", (60000, 28, 28)), ("y_train", (60000,)), ("x_test", (10000, 28, 28)), ("y_test", (10000,))),
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    ("731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",),
)
CATS = Source(
    "catvnoncat.npz",
    "4c7d58469c04435485d5e7523ef48770bf6971d3ab7d55ffabc4bdb669cbeda4",
    (("train_set_x", (209, 64, 64, 3)), ("train_set_y", (209,)), ("test_set_x", (50, 64, 64, 3)),
     ("test_set_y", (50,))),
)  # fmt: skip
_FASHION = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion"
FASHION = {
    name: Source(filename, sha256, (("data", shape),), f"{_FASHION}/{filename}")
    for name, filename, sha256, shape in (
        ("x_train", "train-images-idx3-ubyte.gz",
         "08dc20ab1689590a0bcd66e874647b6ee8464e2d501b5a3f1f78831db19a3fdc", (60000, 28, 28)),
        ("y_train", "train-labels-idx1-ubyte.gz",
         "b0197879cbda89f3dc7b894f9fd52b858e68ea4182b6947c9d8c2b67e5f18dcc", (60000,)),
        ("x_test", "t10k-images-idx3-ubyte.gz",
         "78dcbbfb5a27efaf1b6c1d616caca68560be8766c5bffcb2791df9273a534229", (10000, 28, 28)),
        ("y_test", "t10k-labels-idx1-ubyte.gz",
         "42bd18137a62d5998cdeae52bf3a0676ac6b706f5cf8439b47bb5b151ae3dccf", (10000,)),
    )
}  # fmt: skip
CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


def mnist(folder: str | Path | None = None, dtype: DTypeLike = "float64") -> Dataset:
    """70,000 handwritten digits of 28 x 28 pixels, divided by 256: the first 50,000 to train, 10,000 to validate.

    Reads folder/mnist.npz; without a folder, a copy that is downloaded once.  The last 10,000 are the test set.
    Source: LeCun, Cortes, Burges, Proc. IEEE 86(11) (1998); split and scale as in Nielsen (2015), chapter 1.
    """
    return _images("mnist", find(MNIST, folder), tuple("0123456789"), dtype)


def fashion_mnist(folder: str | Path | None = None, dtype: DTypeLike = "float64") -> Dataset:
    """70,000 pictures of clothes, made to take the place of mnist: the same sizes, split and scale.

    Reads the four idx files (train-images-idx3-ubyte.gz, ...) of a folder, or copies that are downloaded once.
    Source: Xiao, Rasul, Vollgraf, arXiv:1708.07747 (2017), MIT licence.
    """
    return _images("fashion mnist", {k: find(s, folder)["data"] for k, s in FASHION.items()}, CLOTHES, dtype)


def _images(name: str, arrays: dict[str, Array], classes: tuple[str, ...], dtype: DTypeLike) -> Dataset:
    scaling = Preparation(256.0, picture=(28, 28, 1))
    X, Y = scaling.columns(arrays["x_train"], dtype), one_hot(arrays["y_train"], 10, dtype)
    X_test, Y_test = scaling.columns(arrays["x_test"], dtype), one_hot(arrays["y_test"], 10, dtype)
    return Dataset(name, X[:, :50000], Y[:, :50000], X_test, Y_test, X[:, 50000:], Y[:, 50000:], classes, scaling)


def cat_noncat(folder: str | Path, dtype: DTypeLike = "float64") -> Dataset:
    """259 pictures of 64 x 64 x 3 pixels, divided by 255: is it a cat?  209 to train, 50 to test.

    Reads folder/catvnoncat.npz (train_set_x, train_set_y, test_set_x, test_set_y), which users have themselves.
    Source: Ng, Neural Networks and Deep Learning (2017), weeks 2 and 4.
    """
    arrays, scaling = read(CATS, folder), Preparation(255.0, picture=(64, 64, 3))
    X, X_test = (scaling.columns(arrays[f"{part}_set_x"], dtype) for part in ("train", "test"))
    Y, Y_test = (arrays[f"{part}_set_y"].reshape(1, -1).astype(dtype) for part in ("train", "test"))
    return Dataset("cats", X, Y, X_test, Y_test, classes=("non-cat", "cat"), preparation=scaling)
