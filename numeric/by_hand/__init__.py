"""Backpropagation as people write it by hand, twice: the reference that derived code is compared with.

Both have one door, loss_and_gradients(params, X, Y, hidden, output, loss, l2) -> (J, gradients), and share no code.
"""

from . import caches, per_sample

__all__ = ["caches", "per_sample"]
