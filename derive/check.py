"""Check a derivation: replay every step against the written tables, and let the kernel prove it.

The replay does not search: it asks of each step that its rule is in the table, that the rule gives what the step says,
that the step starts where others ended, and at the end that nothing is left over.  The kernel knows neither the rules
nor the steps: it proves every step, and every equation to be the derivative of the loss, from partial derivatives of
index expressions, for all shapes and all values.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import Any

from sympy import Eq
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from .backward_pass import BackwardPass, Step
from .computation import gradients
from .errors import CheckError
from .kernel.cuts import decide_network
from .kernel.verdict import Proved, Refuted, Verdict
from .nodes import add
from .program import variables
from .rewrites import REWRITES
from .rules import RULES, rule_for
from .shapes import check as check_shape
from .shapes import same_shape, shape_of, text
from .step_proofs import StepProofs
from .sweep import active, gradient_symbol


@dataclass(frozen=True)
class Checked:
    """What was proved, and what was assumed for it or left out."""

    steps: int
    gradients: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    except_on: str | None = None
    reasons: tuple[str, ...] = ()  # how the gradients were proved

    def _repr_html_(self) -> str:
        first, *more = str(self).split("; ")
        return f"<b>{escape(first)}</b>" + "".join(f"<br>{escape(line)}" for line in more)

    def __str__(self) -> str:
        said = "".join(f"; {c}" for c in self.conditions) + (f"; except on {self.except_on}" if self.except_on else "")
        return (f"{self.steps} steps replayed and proved; {len(self.gradients)} gradients proved for all shapes and "
                f"all values{said}")  # fmt: skip


def check(derivation: BackwardPass) -> Checked:
    """Check every case by itself.  Raises CheckError naming the step or the gradient that does not hold."""
    cases = derivation.cases()
    if derivation.steps != tuple(s for c in cases for s in c.steps) or derivation.equations != tuple(
        e for c in cases for e in c.equations
    ):
        raise CheckError("the equations and steps are not those of its base case and its induction step")
    for case in cases:
        _Replay(case).run()
        prove_steps(case)
    proofs = {name: proof for case in cases for name, proof in prove_gradients(case).items()}
    conditions = dict.fromkeys(c for proof in proofs.values() for c in proof.conditions)
    null_sets = dict.fromkeys(proof.except_on for proof in proofs.values() if proof.except_on)
    return Checked(len(derivation.steps), tuple(proofs), tuple(conditions), "; ".join(null_sets) or None,
                   tuple(dict.fromkeys(proof.reason for proof in proofs.values())))  # fmt: skip


def prove_steps(derivation: BackwardPass) -> None:
    """Every step is a true equation.  Raises CheckError naming the first that is not proved."""
    proofs = StepProofs(derivation.program)
    for number, step in enumerate(derivation.steps):
        verdict = proofs.verdict(step)
        if not isinstance(verdict, Proved):
            raise CheckError(f"step {number + 1} ({step.target}, {step.rule}): {_why(verdict)}")


def prove_gradients(derivation: BackwardPass) -> dict[str, Proved]:
    """Every equation is the derivative of the loss.  Raises CheckError naming the first that is not proved."""
    verdicts = decide_network(gradients(derivation))
    proofs = {name: verdict for name, verdict in verdicts.items() if isinstance(verdict, Proved)}
    for name, verdict in verdicts.items():
        if name not in proofs:
            raise CheckError(f"{name} = {derivation[name].rhs} is not the derivative: {_why(verdict)}")
    return proofs


def _why(verdict: Verdict) -> str:
    """A verdict in words, with the values where the sides differ."""
    if not isinstance(verdict, Refuted) or not verdict.left:
        return verdict.reason
    at = ", ".join(f"{name} = {value}" for name, value in verdict.at.items() if isinstance(value, int))
    return f"{verdict.reason} with {at}: {verdict.left} against {verdict.right}"


class _Replay:
    """A small machine: gradients waiting to be passed on, what has arrived where, and formulas found so far."""

    def __init__(self, derivation: BackwardPass) -> None:
        self.d = derivation
        self.moving = active(derivation.program)
        self.waiting: list[tuple[str, Any, Any]] = []
        self.arrived: dict[Any, list[Any]] = {}
        self.current: dict[str, Any] = {}
        self.found: dict[str, Any] = {}

    def run(self) -> None:
        last = self.d.program.equations[-1]
        self.reach(f"d{last.lhs}", last.rhs, self.d.factor)
        for number, step in enumerate(self.d.steps):
            try:
                self.well_formed(step, *self.d.steps[number + 1 : number + 2])
                {"rule": self.rule, "paths": self.paths, "rewrite": self.rewrite}[step.kind](step)
            except CheckError as error:
                raise CheckError(f"step {number + 1} ({step.target}, {step.rule}): {error}") from None
        self.settle()
        if self.waiting:
            raise CheckError(f"{self.waiting[0][0]}: no step passes on the gradient of {self.waiting[0][1]}")
        for equation in self.d.equations:
            name = str(equation.lhs)
            if next(iter(self.found), None) != name:
                raise CheckError(f"{name} does not stand in the order in which the steps arrive at it")
            variable = self.d.program.symbols[name[1:]]
            if equation.lhs != gradient_symbol(variable) or self.found.pop(name) != equation.rhs:
                raise CheckError(f"{equation.lhs} = {equation.rhs} is not what the steps arrive at")
        if self.found:
            raise CheckError(f"no equation for {', '.join(self.found)}")
        if missing := [p for p in self.d.program.parameters if f"d{p}" not in self.d.by_name]:
            raise CheckError(f"no gradient for {', '.join(map(str, missing))}")

    def well_formed(self, step: Step, *following: Step) -> None:
        """Kind, number of parts, and label are what they can be."""
        if step.kind not in ("rule", "paths", "rewrite"):
            raise CheckError(f"unknown kind {step.kind!r}")
        if step.kind != "paths" and len(step.given) != 2:
            raise CheckError(f"a {step.kind} step is given two things, not {len(step.given)}")
        if step.kind != "rule" and step.parts:
            raise CheckError(f"only a rule has parts, but here are {step.parts}")
        goes_on = any(s.kind == "rewrite" and s.target == step.target for s in following)
        named = step.kind == "rewrite" and step.rule not in ("insert", "average") and not goes_on
        if step.label != (expected := self.label() if named else ""):
            raise CheckError(f"the label {step.label!r} is not {expected!r}")

    def reach(self, target: str, node: Any, G: Any) -> None:
        """G has come to a node: a variable keeps it, anything else waits for its rule."""
        if node in self.moving:
            self.arrived.setdefault(node, []).append(G)
        elif any(v in self.moving for v in variables(node)):
            self.waiting.append((target, node, G))

    def rule(self, step: Step) -> None:
        self.settle()
        node, G = step.given
        if (step.target, node, G) not in self.waiting:
            raise CheckError(f"no gradient {G} is waiting at {node}")
        if step.rule not in RULES:
            raise CheckError(f"there is no rule {step.rule!r} in the table")
        if rule_for(node).name != step.rule:
            raise CheckError(f"{node} is the business of {rule_for(node).name!r}")
        expected = [
            (p, g)
            for p, g in RULES[step.rule](node, G)
            if p in self.moving or any(v in self.moving for v in variables(p))
        ]
        if [p for p, _ in expected] != list(step.parts) or [g for _, g in expected] != list(step.gives):
            raise CheckError(f"the rule gives {[g for _, g in expected]}, the step says {list(step.gives)}")
        self.waiting.remove((step.target, node, G))
        for part, g in expected:
            if not same_shape(shape_of(part), check_shape(g)):
                raise CheckError(f"the gradient of {part}: {text(shape_of(part))} has shape {text(shape_of(g))}")
            self.reach(step.target, part, g)

    def paths(self, step: Step) -> None:
        self.settle()
        variable = self.d.program.symbols.get(step.target[1:])
        if variable is None or step.target in self.current or step.target in self.found:
            raise CheckError("no such variable, or its gradient was found before")
        if step.rule != "all paths" or Counter(step.given) != Counter(self.arrived.get(variable, [])):
            raise CheckError(f"what arrived is {self.arrived.get(variable, [])}, the step says {list(step.given)}")
        if self.outstanding(variable):
            raise CheckError(f"a path to {variable} has not been followed yet")
        if step.gives != (add(*step.given),):
            raise CheckError(f"the sum is {add(*step.given)}, the step says {step.gives}")
        self.current[step.target] = step.gives[0]

    def outstanding(self, variable: Any) -> bool:
        """Is a gradient still waiting above this variable, or is an equation that uses it still to come?"""
        if any(variable in variables(node) for _, node, _ in self.waiting):
            return True
        users = [e.lhs for e in self.d.program.equations[:-1] if variable in variables(e.rhs)]
        return any(f"d{u}" not in self.found and u in self.arrived for u in users)

    def rewrite(self, step: Step) -> None:
        before, using = step.given
        if step.rule not in REWRITES:
            raise CheckError(f"there is no rewrite {step.rule!r} in the table")
        if self.current.get(step.target) != before:
            raise CheckError(f"it starts from {before}, but {step.target} is {self.current.get(step.target)}")
        if using not in self.known(step):
            raise CheckError(f"it uses {using}, which is not known")
        result = REWRITES[step.rule](before, using)
        if step.gives != (result,):
            raise CheckError(f"the rewrite gives {result}, the step says {step.gives}")
        if not same_shape(check_shape(before), check_shape(result)):
            raise CheckError(f"the rewrite changed the shape to {text(shape_of(result))}")
        self.current[step.target] = result

    def label(self) -> str:
        layers = self.d.program.layers
        return f"{layers[-1].activation} + {self.d.program.loss}" if layers else ""

    def known(self, step: Step) -> list[Any]:
        """The equations that a rewrite may use: the program's, its facts, and gradients found so far."""
        program = self.d.program
        if step.rule == "average":
            return (
                [1 / program.samples]
                if self.d.mean == "late" and step.target[1:] in map(str, program.parameters)
                else []
            )
        if step.rule == "fact":
            return [Eq(f.left, f.right, evaluate=False) for f in program.facts]
        if step.rule == "insert":
            return [Eq(gradient_symbol(v), self.found[f"d{v}"], evaluate=False)
                    for v in program.symbols.values() if f"d{v}" in self.found]  # fmt: skip
        if step.rule == "name":
            return list(program.equations)
        if step.rule == "derivative from the output":
            return [e for e in program.equations if isinstance(e.rhs, ElementwiseApplyFunction)]
        return [None]

    def settle(self) -> None:
        """A formula is final when the next step works on something else: its gradient is passed on by name."""
        for target, formula in list(self.current.items()):
            self.found[target] = formula
            del self.current[target]
            variable = self.d.program.symbols[target[1:]]
            if target[1:] in self.d.program.by_name:
                self.reach(target, self.d.program[target[1:]].rhs, gradient_symbol(variable))
