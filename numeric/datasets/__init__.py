"""Data to train on: sets that have a name, and the user's own files.  Samples are columns: X (n, m), Y (c, m)."""

from .dataset import Array, DataError, Dataset, MissingExtra, one_hot
from .files import Source, fetch, read
from .named import (
    CATS,
    FASHION,
    MNIST,
    breast_cancer,
    cat_noncat,
    digits,
    fashion_mnist,
    iris,
    mnist,
    planar_flower,
    wine,
)
from .own import own_data, picture, samples_of
from .preparation import Preparation

__all__ = ["CATS", "FASHION", "MNIST", "Array", "DataError", "Dataset", "MissingExtra", "Preparation", "Source",
           "breast_cancer", "cat_noncat", "digits", "fashion_mnist", "fetch", "iris", "mnist", "one_hot", "own_data",
           "picture", "planar_flower", "read", "samples_of", "wine"]  # fmt: skip
