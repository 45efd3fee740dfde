"""The reverse sweep over the equations of a program, one rule per step."""

from __future__ import annotations

from typing import Any

from sympy import Eq, Equality, Function, HadamardPower, Integer, MatrixSymbol, Symbol
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from .backward_pass import BackwardPass, Step
from .errors import DeriveError
from .nodes import Softmax, add
from .program import Program, variables
from .rewrites import REWRITES
from .rules import rule_for
from .shapes import shape_of


def gradient_symbol(variable: Any) -> Any:
    """dX: the gradient of X, of the shape of X."""
    shape = shape_of(variable)
    return Symbol(f"d{variable}") if shape is None else MatrixSymbol(f"d{variable}", *shape)


def sweep(program: Program, mean: str) -> BackwardPass:
    """The reverse sweep itself."""
    return _Sweep(program, mean).run()


class _Sweep:
    """The state of one sweep: what has arrived at each variable, and the steps so far."""

    def __init__(self, program: Program, mean: str) -> None:
        self.program, self.mean = program, mean
        self.late = mean == "late" and program.samples is not None
        self.arrived: dict[Any, list[Any]] = {}
        self.steps: list[Step] = []
        self.equations: list[Equality] = []
        self.formula: dict[Any, Equality] = {}
        self.active = active(program)
        self.used = {e.lhs: set(variables(e.rhs)) for e in program.equations}
        self.users: dict[Any, list[Equality]] = {}
        for equation in program.equations:
            for variable in self.used[equation.lhs]:
                self.users.setdefault(variable, []).append(equation)

    def run(self) -> BackwardPass:
        *_, last = self.program.equations
        start = self.program.samples if self.late else Integer(1)
        self.arrived[last.lhs] = [start]
        first_used: dict[Any, list[Any]] = {e.lhs: [] for e in self.program.equations}
        for parameter in self.program.parameters:
            first = next(e.lhs for e in self.program.equations if parameter in self.used[e.lhs])
            first_used[first].append(parameter)
        for equation in reversed(self.program.equations):
            if equation.lhs in self.arrived:
                G = start if equation is last else self.define(equation)
                self.pull(str(equation.lhs), equation.rhs, G)
            for parameter in first_used[equation.lhs]:
                self.parameter(parameter)
        return BackwardPass(self.program, self.mean, tuple(self.equations), tuple(self.steps))

    def pull(self, target: str, node: Any, G: Any) -> None:
        """Pass G from a node to its parts, down to the variables."""
        if node in self.active:
            self.arrived.setdefault(node, []).append(G)
            return
        rule = rule_for(node)
        kept = [(part, g) for part, g in rule(node, G) if self.moves(part)]
        self.steps.append(
            Step("rule", rule.name, f"d{target}", (node, G), tuple(g for _, g in kept), tuple(p for p, _ in kept))
        )
        for part, g in kept:
            self.pull(target, part, g)

    def moves(self, part: Any) -> bool:
        """A part matters if a parameter reaches it."""
        return part in self.active or any(v in self.active for v in variables(part))

    def paths(self, variable: Any) -> Any:
        """The sum of what arrived at a variable."""
        parts = self.arrived[variable]
        total = add(*parts)
        self.steps.append(Step("paths", "all paths", f"d{variable}", tuple(parts), (total,)))
        return total

    def rewrite(self, target: str, name: str, expr: Any, using: Any = None, label: str = "") -> Any:
        """Apply a named rewrite; a step only if something changed."""
        result = REWRITES[name](expr, using)
        if result != expr:
            self.steps.append(Step("rewrite", name, target, (expr, using), (result,), label=label))
        return result

    def define(self, equation: Equality) -> Any:
        """d(variable): the sum over paths, brought to its published form; from here on it is a name."""
        symbol = gradient_symbol(equation.lhs)
        formula = self.paths(equation.lhs)
        activation = self.activation_of(equation.lhs)
        if activation is not None:
            formula = self.simplify(str(symbol), formula, activation)
        found = Eq(symbol, formula, evaluate=False)
        self.formula[equation.lhs] = found
        self.equations.append(found)
        return symbol

    def activation_of(self, Z: Any) -> Equality | None:
        """The equation A = f(Z) if that is all that Z is used for."""
        users = self.users[Z]
        if len(users) == 1 and _argument(users[0].rhs) == Z and users[0].lhs in self.formula:
            return users[0]
        return None

    def simplify(self, target: str, formula: Any, activation: Equality) -> Any:
        """Insert dA; where it comes from the loss, use A = f(Z) and reduce."""
        dA = self.formula[activation.lhs]
        formula = self.rewrite(target, "insert", formula, dA)
        if activation.lhs not in self.used[self.program.equations[-1].lhs]:
            return formula
        steps_before = len(self.steps)
        if isinstance(activation.rhs, Softmax):
            formula = self.rewrite(target, "name", formula, activation)
            formula = self.rewrite(target, "multiply out", formula)
        elif isinstance(activation.rhs, ElementwiseApplyFunction):
            formula = self.rewrite(target, "derivative from the output", formula, activation)
        if _has_fraction(formula):
            formula = self.rewrite(target, "cancel entry by entry", formula)
        for fact in self.program.facts:
            formula = self.rewrite(target, "fact", formula, Eq(fact.left, fact.right, evaluate=False))
        formula = self.rewrite(target, "ones disappear", formula)
        if len(self.steps) > steps_before:
            self.steps[-1] = _labelled(self.steps[-1], self.label(activation))
        return formula

    def label(self, activation: Equality) -> str:
        """ "sigmoid + cross-entropy", for networks that know the names of their parts."""
        if not self.program.layers:
            return ""
        return f"{self.program.layers[-1].activation} + {self.program.loss}"

    def parameter(self, parameter: Any) -> None:
        """dW: the sum over paths, times 1/m if the mean is taken late."""
        symbol = gradient_symbol(parameter)
        if parameter not in self.arrived:
            raise DeriveError(f"the loss does not depend on the parameter {parameter}")
        formula = self.paths(parameter)
        if self.late:
            formula = self.rewrite(str(symbol), "average", formula, 1 / self.program.samples)
        self.equations.append(Eq(symbol, formula, evaluate=False))


def active(program: Program) -> set[Any]:
    """The parameters and every variable that one of them reaches."""
    found = set(program.parameters)
    for equation in program.equations:
        if any(v in found for v in variables(equation.rhs)):
            found.add(equation.lhs)
    return found


def _argument(node: Any) -> Any:
    """Z of f(Z), of softmax(Z) or of Z itself; None for anything else."""
    if isinstance(node, MatrixSymbol | Symbol):
        return node
    if isinstance(node, ElementwiseApplyFunction):
        return node.expr
    if isinstance(node, HadamardPower | Function):
        return node.args[0]
    return node.matrix if isinstance(node, Softmax) else None


def _has_fraction(expr: Any) -> bool:
    return any(p.args[1].is_negative for p in expr.atoms(HadamardPower))


def _labelled(step: Step, label: str) -> Step:
    return Step(step.kind, step.rule, step.target, step.given, step.gives, step.parts, label)
