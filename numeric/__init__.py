"""The numbers: derivations compiled to NumPy, training, gradient checks, data."""

from . import by_hand, datasets
from .codegen import forward, lambdify
from .gradient_check import check_gradient
from .initialization import initialize
from .samples import accuracy
from .training import train

__all__ = ["accuracy", "by_hand", "check_gradient", "datasets", "forward", "initialize", "lambdify", "train"]
