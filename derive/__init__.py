"""Derive backpropagation formulas from a forward model, one named rule per step, and check them."""

from .backward_pass import Step
from .derivation import Derivation, backprop
from .errors import CheckError, DeriveError, ShapeError, UnknownNode
from .functions import BY_NAME as FUNCTIONS
from .functions import leaky_relu, relu, sigmoid, softplus, step
from .networks import mlp, neuron
from .nodes import GenericLoss, LogSumExp, LossGradient, Softmax, Total, elementwise, ones, total
from .program import Program

__all__ = [
    "FUNCTIONS",
    "CheckError",
    "Derivation",
    "DeriveError",
    "GenericLoss",
    "LogSumExp",
    "LossGradient",
    "Program",
    "ShapeError",
    "Softmax",
    "Step",
    "Total",
    "UnknownNode",
    "backprop",
    "elementwise",
    "leaky_relu",
    "mlp",
    "neuron",
    "ones",
    "relu",
    "sigmoid",
    "softplus",
    "step",
    "total",
]
