"""The table of runs, in the order in which the seeds have them."""

from __future__ import annotations

from . import activations, cats, checking, demon, descents, digits, flower, logistic, saturation, vectorised, zero
from .data import CATS, MNIST
from .finding import Run

RUNS = (
    Run("logistic-flower", "Logistic regression, planar flower", "third seed, example 1", None, logistic.on_flower),
    Run("logistic-cats", "Logistic regression on cats", "third seed, logistic regression", CATS, logistic.on_cats),
    Run("flower", "Planar flower, one hidden layer", "third seed, example 1", None, flower.flower),
    Run("sizes", "Planar flower, by hidden units", "third seed, example 1", None, flower.sizes),
    Run("shallow-cats", "Cats, shallow network", "third seed, example 2", CATS, cats.shallow),
    Run("deep-cats", "Cats, deep network", "third seed, examples 2 and 3", CATS, cats.deep),
    Run("stall", "Cats, the initialisation that stalls", "third seed, random initialization", CATS, cats.stall),
    Run("zero", "Equal hidden units stay equal", "third seed, random initialization", None, zero.zero),
    Run("mnist", "MNIST, squared error", "second seed, main program", MNIST, digits.squared_error),
    Run("mnist-cross-entropy", "MNIST, cross-entropy", "second seed, main program", MNIST, digits.cross_entropy),
    Run("saturation", "Learning slow-down by saturation", "second seed, closing remark", MNIST, saturation.saturation),
    Run("demon", "The demon and delta", "second seed, delta", None, demon.demon),
    Run("descents", "Batch, mini-batch, stochastic, L-BFGS", "second seed, gradient descent", None, descents.descents),
    Run("activations", "Activations, derivatives", "first and third seed, activations", None, activations.functions),
    Run("hidden", "Hidden activations on one run", "first and third seed, activations", None, activations.hidden),
    Run("vectorised", "Vectorised against loops", "third seed, vectorization", None, vectorised.vectorised),
    Run("checking", "Gradient checking", "third seed, backward propagation", None, checking.checking),
)  # fmt: skip
BY_NAME = {run.name: run for run in RUNS}
