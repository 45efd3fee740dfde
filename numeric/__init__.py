"""The numbers: derivations compiled to NumPy, training, gradient checks, data."""

from . import by_hand, datasets, schedules
from .backends.torch_functions import torch_layer
from .codegen import forward
from .compilation import lambdify
from .gradient_check import check_gradient
from .initialization import initialize
from .samples import accuracy
from .steps import training_step
from .training import train

__all__ = ["accuracy", "by_hand", "check_gradient", "datasets", "forward", "initialize", "lambdify", "schedules",
           "torch_layer", "train", "training_step"]  # fmt: skip
