"""Symbolic depth: BP1 to BP4 for a network with L layers, by induction.

    Base case     dZ_L = nabla_A C * g'(Z_L)                                  (BP1)
    Step          dZ_l = W_{l+1}^T dZ_{l+1} * g'(Z_l)                         (BP2)
    Every layer   db_l = dZ_l 1  (one sample: dZ_l),   dW_l = dZ_l A_{l-1}^T  (BP3, BP4)

Both cases are ordinary derivations over two small programs, by the same rules: the last layer with a generic loss, and
layers l and l+1 with a loss that depends on Z_{l+1} in any way.  Source: Nielsen (2015), chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import Equality, Integer, Symbol

from .check import Checked
from .derivation import Derivation
from .networks import symbolic_layer
from .nodes import GenericLoss, scale
from .program import Program
from .sweep import sweep


@dataclass(frozen=True)
class Induction(Derivation):
    """A derivation with a base case and a step; d["BP1"] to d["BP4"] name its results."""

    base: Derivation | None = None
    step: Derivation | None = None

    def cases(self) -> tuple[Derivation, Derivation]:
        """Base case and induction step."""
        assert self.base is not None
        assert self.step is not None
        return self.base, self.step

    @property
    def bp(self) -> dict[str, Equality]:
        """BP1 to BP4."""
        base, step = self.cases()
        Z, W, b = (
            next(str(s) for s in step.program.symbols.values() if str(s).lower() == name) for name in ("zl", "wl", "bl")
        )
        top = next(e.lhs for e in base.equations if str(e.lhs)[1:] == str(base.program.equations[0].lhs))
        return {"BP1": base[str(top)], "BP2": step[f"d{Z}"], "BP3": step[f"d{b}"], "BP4": step[f"d{W}"]}

    def __getitem__(self, name: str) -> Equality:
        return self.bp[name] if name in self.bp else super().__getitem__(name)

    @property
    def gradients(self) -> dict[str, Any]:
        """Of the parameters of layer l, which stands for every layer."""
        return {str(p): self.by_name[f"d{p}"].rhs for p in self.cases()[1].program.parameters[:2]}

    def check(self) -> Checked:
        """Check the base case and the step; raises CheckError."""
        one, two = (case.check() for case in self.cases())
        return Checked(
            one.steps + two.steps, one.gradients + two.gradients, one.entries + two.entries, one.sizes + two.sizes
        )


def induction(program: Program, mean: str) -> Induction:
    """The derivation for symbolic depth."""
    recipe = dict(program.recipe)
    m = Integer(1) if program.samples is None else program.samples
    lower, parameters = symbolic_layer("l", "l-1", m, recipe["weights"], recipe["hidden"])
    upper, _ = symbolic_layer("l+1", "l", m, recipe["weights"], None)
    loss = (Symbol("J"), scale(1 / m, GenericLoss("C", upper[0][0])))
    window = Program([*lower, *upper, loss], parameters, samples=program.samples, loss=program.loss)
    base, step = sweep(program, mean), sweep(window, mean)
    return Induction(program, mean, base.equations + step.equations, base.steps + step.steps, base=base, step=step)
