"""The backward pass as a value: its equations, with every step that led to them.

dX has the shape of X (denominator layout).  With mean = "late", dX = m dJ/dX for every intermediate X, and
dW = (1/m) ... for the parameters; with mean = "early", dX = dJ/dX throughout.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from typing import Any

from sympy import Equality, Integer, Symbol

from .notation import Notation, notation
from .program import Program
from .shapes import shape_of


@dataclass(frozen=True)
class Step:
    """One application of one rule.

    kind "rule": `given` = (node, G), `gives` = one gradient for each part that matters.
    kind "paths": `given` = what arrived at a variable, `gives` = their sum.
    kind "rewrite": `given` = (expression, the equation used or None), `gives` = the new expression.
    """

    kind: str
    rule: str
    target: str  # the gradient that the step works on: "dZ1"
    given: tuple[Any, ...]
    gives: tuple[Any, ...]
    parts: tuple[Any, ...] = ()  # for a rule: the parts that received `gives`
    label: str = ""  # "sigmoid + cross-entropy"

    @property
    def shapes(self) -> tuple[tuple, tuple]:
        """Shapes before and after; () for a number."""
        return (tuple(shape_of(e) or () for e in self.given if hasattr(e, "is_Matrix")),
                tuple(shape_of(e) or () for e in self.gives))  # fmt: skip

    def _repr_html_(self) -> str:
        from .html.mathml import aligned
        from .mathematics import layout

        return f"{escape(self.label or self.rule)}: " + aligned(
            [(layout(Symbol(self.target)), layout(g)) for g in self.gives]
        )

    def _repr_latex_(self) -> str:
        from .latex import aligned
        from .mathematics import layout

        return aligned([(layout(Symbol(self.target)), layout(g)) for g in self.gives])

    def __str__(self) -> str:
        return f"{self.target}: {self.label or self.rule}: {', '.join(map(str, self.gives))}"


@dataclass(frozen=True)
class BackwardPass:
    """p["dW1"] is a SymPy equation, p.gradients["W1"] its right side, p.steps how it came about."""

    program: Program
    mean: str
    equations: tuple[Equality, ...]
    steps: tuple[Step, ...]

    @cached_property
    def by_name(self) -> dict[str, Equality]:
        """"dW2" -> the equation of dW2"""
        return {str(e.lhs): e for e in self.equations}

    def __getitem__(self, name: str) -> Equality:
        if name not in self.by_name:
            raise KeyError(f"no equation {name!r}; there are {', '.join(self.by_name)}")
        return self.by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self.by_name or name in self.equations

    def __iter__(self) -> Iterator[Equality]:
        return iter(self.equations)

    @property
    def factor(self) -> Any:
        """dX = factor * dJ/dX for intermediates: m with mean="late", else 1."""
        return self.program.samples if self.mean == "late" and self.program.samples is not None else Integer(1)

    def style(self, name: str | Notation) -> Notation:
        """A notation that knows which gradients are m times a derivative: dA is then printed m nabla_A J."""
        from .mathematics import Writer

        plain = replace(notation(name), times=None, scaled=frozenset())
        if self.factor == 1:
            return plain
        inner = {f"d{n}" for case in self.cases() for n in case.program.by_name}
        return replace(plain, times=Writer(plain).write(self.factor), scaled=frozenset(inner))

    def cases(self) -> tuple[BackwardPass, ...]:
        """What is derived and checked by itself: the whole."""
        return (self,)

    @cached_property
    def gradients(self) -> dict[str, Any]:
        """The gradient of the loss by parameter: {"W1": (1/m) dZ1 X^T, ...}."""
        return {str(p): self.by_name[f"d{p}"].rhs for p in self.program.parameters}


@dataclass(frozen=True)
class InductivePass(BackwardPass):
    """The backward pass of symbolic depth: a base case and a step; p["BP1"] to p["BP4"] name its results."""

    base: BackwardPass | None = None
    step: BackwardPass | None = None

    def cases(self) -> tuple[BackwardPass, ...]:
        """Base case and induction step."""
        assert self.base is not None
        assert self.step is not None
        return self.base, self.step

    @property
    def hypothesis(self) -> str:
        """The gradient that the step supposes: dZ_{l+1}."""
        return f"d{self.cases()[1].program.equations[-2].lhs}"

    @property
    def bp(self) -> dict[str, Equality]:
        """BP1 to BP4."""
        base, step = self.cases()
        Z, W, b = (
            next(str(s) for s in step.program.symbols.values() if str(s).lower() == name) for name in ("zl", "wl", "bl")
        )
        return {"BP1": base[f"d{base.program.equations[0].lhs}"], "BP2": step[f"d{Z}"], "BP3": step[f"d{b}"],
                "BP4": step[f"d{W}"]}  # fmt: skip

    def __getitem__(self, name: str) -> Equality:
        return self.bp[name] if name in self.bp else super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        return name in self.bp or super().__contains__(name)

    @property
    def gradients(self) -> dict[str, Any]:
        """Of the parameters of layer l, which stands for every layer."""
        return {str(p): self.by_name[f"d{p}"].rhs for p in self.cases()[1].program.parameters[:2]}
