"""The numbers: derivations compiled to NumPy, training, gradient checks, data."""

from . import by_hand, datasets, schedules
from .backends.torch_functions import torch_layer
from .choice import fastest_step
from .codegen import forward
from .compilation import lambdify
from .gradient_check import check_gradient
from .initialization import initialize
from .lazy import __getattr__ as __getattr__  # DerivedClassifier, DerivedRegressor
from .models import load_model
from .prove import prove_backward, prove_gradient
from .samples import accuracy
from .steps import training_step
from .tracing import Report
from .training import train

__all__ = ["Report", "accuracy", "by_hand", "check_gradient", "datasets", "fastest_step", "forward", "initialize",
           "lambdify", "load_model", "prove_backward", "prove_gradient", "schedules", "torch_layer", "train",
           "training_step"]  # fmt: skip
