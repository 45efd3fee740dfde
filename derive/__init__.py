"""Derive backpropagation formulas from a forward model."""

from .backprop import backprop
from .derivation import Derivation, Step
from .errors import CheckError, DeriveError, ShapeError, UnknownNode
from .networks import mlp, neuron
from .nodes import GenericLoss, LogSumExp, Softmax, Total, elementwise, ones, total
from .program import Program
