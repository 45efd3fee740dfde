"""Symbolic depth: BP1 to BP4 for a network with L layers, by induction.

    Base case     dZ_L = nabla_A C * g'(Z_L)                                  (BP1)
    Step          dZ_l = W_{l+1}^T dZ_{l+1} * g'(Z_l)                         (BP2)
    Every layer   db_l = dZ_l 1  (one sample: dZ_l),   dW_l = dZ_l A_{l-1}^T  (BP3, BP4)

Both cases are ordinary derivations over two small programs, by the same rules: the last layer with a generic loss, and
layers l and l+1 with a loss that depends on Z_{l+1} in any way.  Source: Nielsen (2015), chapter 2.
"""

from __future__ import annotations

from sympy import Integer, Symbol

from .backward_pass import InductivePass
from .networks import symbolic_layer
from .nodes import GenericLoss, scale
from .program import Program
from .sweep import sweep


def induction(program: Program, mean: str) -> InductivePass:
    """The derivation for symbolic depth."""
    recipe = dict(program.recipe)
    m = Integer(1) if program.samples is None else program.samples
    lower, parameters = symbolic_layer("l", "l-1", m, recipe["weights"], recipe["hidden"])
    upper, _ = symbolic_layer("l+1", "l", m, recipe["weights"], None)
    loss = (Symbol("J"), scale(1 / m, GenericLoss("C", upper[0][0])))
    window = Program([*lower, *upper, loss], parameters, samples=program.samples, loss=program.loss)
    base, step = sweep(program, mean), sweep(window, mean)
    return InductivePass(program, mean, base.equations + step.equations, base.steps + step.steps, base=base, step=step)
