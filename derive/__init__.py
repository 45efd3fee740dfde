"""Derive backpropagation formulas from a forward model, one named rule per step, and check them."""

from .backward_pass import Step
from .cross_check import CrossCheck
from .derivation import Derivation, backprop
from .errors import CheckError, DeriveError, ShapeError, UnknownNode
from .functions import BY_NAME as FUNCTIONS
from .functions import leaky_relu, relu, sigmoid, softplus, step
from .kernel.verdict import Proved, Refuted, Unknown, Verdict
from .networks import mlp, neuron
from .nodes import GenericLoss, LogSumExp, LossGradient, Softmax, Total, elementwise, ones, reading_order, total
from .program import Program
from .verification import check_claims, fitting_products, from_latex, infer_shapes, prove

__all__ = [
    "FUNCTIONS",
    "CheckError",
    "CrossCheck",
    "Derivation",
    "DeriveError",
    "GenericLoss",
    "LogSumExp",
    "LossGradient",
    "Program",
    "Proved",
    "Refuted",
    "ShapeError",
    "Softmax",
    "Step",
    "Total",
    "Unknown",
    "UnknownNode",
    "Verdict",
    "backprop",
    "check_claims",
    "elementwise",
    "fitting_products",
    "from_latex",
    "infer_shapes",
    "leaky_relu",
    "mlp",
    "neuron",
    "ones",
    "prove",
    "reading_order",
    "relu",
    "sigmoid",
    "softplus",
    "step",
    "total",
]
