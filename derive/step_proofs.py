"""Every step of a derivation as a claim for the kernel, and its verdict.

    a rule      sum_q G[q] d node[q]/dV[p]  =  sum over its parts, over r, of  g_part[r] d part[r]/dV[p],  for every V
    a rewrite   before = after, with the equation that it uses put in
    all paths   the sum of what arrived = what the step says

A rule passes on a gradient: what it gives to the parts of a node must move the loss as the node itself does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sympy import Equality, MatrixSymbol, Symbol

from .backward_pass import Step
from .computation import definition, element, generic_names, positions, surroundings
from .element import Lowering, any_size
from .kernel.chain import inserted
from .kernel.claim import Claim, Sizes
from .kernel.decide import decide
from .kernel.index import Expr, Index, Position, Sum
from .kernel.partial import collapse, partial, product, total
from .kernel.signature import signature
from .kernel.verdict import Proved, Verdict
from .program import Fact, Program, variables


class StepProofs:
    """Verdicts on steps; claims that differ in names alone are decided once."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.moving = {*program.parameters, *(e.lhs for e in program.equations)}
        self.known: dict[str, Proved] = {}

    def verdict(self, step: Step) -> Verdict:
        """The first verdict that is not Proved, or the last."""
        found = None
        for claim in self.claims(step):
            found = self.decided(claim)
            if not isinstance(found, Proved):
                break
        assert found is not None
        return found

    def decided(self, claim: Claim) -> Verdict:
        """The verdict; claims that differ by names only are decided once."""
        key = signature(claim)
        if key in self.known:
            return self.known[key]
        verdict = decide(claim)
        if isinstance(verdict, Proved) and not verdict.conditions:
            self.known[key] = verdict
        return verdict

    def claims(self, step: Step) -> Iterator[Claim]:
        """What a step says, as claims."""
        if step.kind == "rule":
            node, G = step.given
            for variable in variables(node):
                if variable in self.moving:
                    yield self.rule(variable, (node, G), tuple(zip(step.parts, step.gives, strict=True)))
        elif step.kind == "paths":
            yield self.equality(step.given, step.gives, None)
        elif step.rule == "average":
            before, using = step.given
            yield self.equality((before,), step.gives, None, factor=using)
        else:
            before, using = step.given
            yield self.equality((before,), step.gives, using)

    def rule(self, variable: Any, whole: tuple[Any, Any], parts: tuple[tuple[Any, Any], ...]) -> Claim:
        """The derivative of G * node in one variable, and that of all its parts."""
        at = positions(_lowering().shape(variable))
        left = _pulled(*whole, str(variable), at)
        right = total(*(_pulled(part, g, str(variable), at) for part, g in parts))
        return self.claim(left, right, at, (*whole, *(e for pair in parts for e in pair), variable))

    def equality(self, before: tuple[Any, ...], after: tuple[Any, ...], using: Any, factor: Any = 1) -> Claim:
        """before = after, entry by entry"""
        lowering = _lowering()
        at = positions(lowering.shape(after[0]))
        scale = lowering.number(factor) if factor != 1 else None
        left = total(*(element(lowering, e, at) for e in before))
        left = left if scale is None else product(scale, left)
        right = total(*(element(lowering, e, at) for e in after))
        behind = [*before, *after]
        if isinstance(using, Equality) and isinstance(using.lhs, MatrixSymbol | Symbol):
            named = definition(lowering, str(using.lhs), using.rhs)
            left, right = inserted(left, named), inserted(right, named)
            behind = [v for e in behind for v in variables(e) if v != using.lhs] + [using.rhs]
        return self.claim(left, right, at, behind)

    def claim(self, left: Expr, right: Expr, at: tuple[Position, ...], behind: Any) -> Claim:
        """left = right, under the facts that speak of its variables."""
        found = {v for e in behind for v in variables(e)}
        around = surroundings(_lowering(), sorted(found, key=str), [f for f in self.program.facts if _speaks(f, found)])
        free = tuple(p for p in at if isinstance(p, Index))
        return replace(around, left=left, right=right, free=free, generic=generic_names((left, right)))


def _lowering() -> Lowering:
    return Lowering(size=any_size)


def _speaks(fact: Fact, found: set[Any]) -> bool:
    return bool(found.intersection(variables(fact.left)))


def _pulled(node: Any, G: Any, variable: str, at: tuple[Position, ...]) -> Expr:
    """sum_q G[q] d node[q] / d variable[at]"""
    lowering = _lowering()
    there = _out(lowering.shape(node))
    term = product(element(lowering, G, there), partial(element(lowering, node, there), variable, at))
    for index in reversed([p for p in there if isinstance(p, Index)]):
        term = Sum(index, term)
    return collapse(term)


def _out(shape: Sizes) -> tuple[Position, ...]:
    return tuple(0 if n == 1 else Index(f"out{axis}", n) for axis, n in enumerate(shape))
