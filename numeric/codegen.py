"""Derivation -> NumPy: readable source, and the function that it defines.

    f = lambdify(backprop(net));   J, gradients = f(params, X, Y);   f.source;   A = f.predict(params, X)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from sympy import Equality, Function, Lambda, MatAdd, MatMul, MatrixSymbol, Symbol
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from derive import Derivation, DeriveError, Program, elementwise
from derive.functions import canonical, row_of, z

from .compiled import Compiled
from .source import Task, is_matrix, sizes_of


def lambdify(formulas: Any) -> Any:
    """Derivation -> f(params, X, Y) = (J, {"W1": dW1, ...});  equation dW = ... -> f of the arrays on its right side.

    The result has `source`.  The arrays after params are the program's inputs in order; free numbers of the program,
    such as the l2 of mlp, are arguments by keyword.  Raises DeriveError for a generic function, which has no formula.
    """
    if isinstance(formulas, Equality):
        return Compiled(_equation_task(formulas))
    if isinstance(formulas, Program):
        raise DeriveError("lambdify takes a derivation; did you mean lambdify(backprop(program)), or forward(program)?")
    if isinstance(dict(getattr(getattr(formulas, "program", None), "recipe", ())).get("sizes"), str):
        raise DeriveError("a network of symbolic depth has no numbers; give its sizes, such as mlp([2, 4, 1])")
    if not isinstance(formulas, Derivation):
        raise DeriveError(
            f"lambdify takes a derivation or one of its equations, not {type(formulas).__name__}: {formulas}"
        )
    return CompiledDerivation(_gradient_task(formulas), formulas)


def forward(program: Any, name: str | None = None) -> Compiled:
    """Program -> f(params, X) = A_L, the value before the loss; or any other value of the program by its name."""
    program = getattr(program, "program", program)
    names = [str(e.lhs) for e in program.equations]
    if name is None and len(names) < 2:
        raise DeriveError(f"the program has no value before its loss {names[-1]}; name one")
    if name is not None and name not in names:
        raise DeriveError(f"no equation {name!r}; there are {', '.join(names)}")
    wanted = program[name or names[-2]].lhs
    return Compiled(_forward_task(program, "predict", program.equations, (wanted,), f"{wanted} of the forward model."))


@dataclass(frozen=True, eq=False, repr=False)
class CompiledDerivation(Compiled):
    """f(params, X, Y) = (J, gradients), each gradient shaped as its parameter; `predict` and `loss` go with it."""

    derivation: Derivation

    @property
    def program(self) -> Program:
        """What the derivation is of."""
        return self.derivation.program

    @cached_property
    def predict(self) -> Compiled:
        """predict(params, X) = A_L"""
        return forward(self.program)

    @cached_property
    def loss(self) -> Compiled:
        """loss(params, X, Y) = J"""
        J = self.program.equations[-1].lhs
        return Compiled(_forward_task(self.program, "loss", self.program.equations, (J,), f"{J} of the forward model."))

    @cached_property
    def kinks(self) -> Compiled | None:
        """kinks(params, X) = the arguments of relu, sign and the like: at 0 their derivative is a choice."""
        extra = list(_kinks(self.program))
        if not extra:
            return None
        equations = (*self.program.equations, *(Equality(s, e, evaluate=False) for s, e in extra))
        return Compiled(
            _forward_task(self.program, "kinks", equations, tuple(s for s, _ in extra), "Where f' is a choice.")
        )

    def bind(self, *arguments: Any, **keywords: Any) -> dict[Any, Any]:
        """Variables and their arrays; raises DeriveError where shapes, or what the derivation assumes, do not fit."""
        values = super().bind(*arguments, **keywords)
        self.check_facts(values)
        return values

    def check_facts(self, values: Mapping[Any, Any]) -> None:
        """Raises DeriveError where the data are not what the derivation assumes."""
        for words, difference in self._facts:
            array = difference.run(*(values[v] for v in difference.task.arguments))
            if (error := np.abs(array).max()) > np.sqrt(np.finfo(array.dtype).eps):
                raise DeriveError(f"the formulas assume {words}, but that is wrong by {error:.3g}")

    @cached_property
    def _facts(self) -> tuple[tuple[str, Compiled], ...]:
        """What the derivation assumes, as left - right."""
        facts = ((f, MatAdd(f.left, MatMul(-1, f.right))) for f in self.program.facts)
        tasks = ((f, Equality(MatrixSymbol("difference", *e.shape), e, evaluate=False)) for f, e in facts)
        return tuple((f.words.replace("_", " "), Compiled(_equation_task(e))) for f, e in tasks)


# --- what is to be written --------------------------------------------------------------------------------------------


def _gradient_task(d: Derivation) -> Task:
    program, rules = d.program, _rules(d)
    gradients = tuple((p, d.by_name[f"d{p}"].lhs) for p in program.parameters)
    backward = "backward" if d.factor == 1 else f"backward: {d.factor} times the derivatives, except for parameters"
    return Task(
        "loss_and_gradients",
        f"{program.equations[-1].lhs} and its gradients by parameter.",
        (*((e.lhs, e.rhs) for e in program.equations), *((e.lhs, e.rhs) for e in d)),
        (program.equations[-1].lhs,),
        program.inputs,
        _numbers(program),
        program.parameters,
        gradients,
        comments={e.lhs: rules.get(str(e.lhs), "") for e in d},
        sections={**{e.lhs: "forward" for e in program.equations}, **{e.lhs: backward for e in d}},
    )


def _rules(d: Derivation) -> dict[str, str]:
    """What led to each gradient: its label, such as sigmoid + cross-entropy, or the rules that it arrived by."""
    rules: dict[str, dict[str, None]] = {}
    for step in d.steps:
        for part in step.parts:
            if isinstance(part, MatrixSymbol | Symbol):
                rules.setdefault(f"d{part}", {})[step.rule] = None
    labels = {step.target: step.label for step in d.steps if step.label}
    return {name: ", ".join(found) for name, found in rules.items()} | labels


def _numbers(program: Program) -> tuple[Any, ...]:
    """The free numbers of a program: neither defined, nor parameters, nor sizes."""
    sizes, own = sizes_of(program.symbols.values()), {*program.by_name, *map(str, program.parameters)}
    return tuple(s for name, s in program.symbols.items() if not is_matrix(s) and name not in own and s not in sizes)


def _forward_task(program: Program, name: str, equations: Any, results: tuple[Any, ...], law: str) -> Task:
    """Only what the results need is an argument."""
    needed = set(results)
    for e in reversed(equations):
        if e.lhs in needed:
            needed |= e.rhs.free_symbols
    return Task(
        name, law, tuple((e.lhs, e.rhs) for e in equations if e.lhs in needed), results,
        tuple(v for v in program.inputs if v in needed), tuple(v for v in _numbers(program) if v in needed),
        tuple(p for p in program.parameters if p in needed), also=frozenset(map(str, program.parameters)),
    )  # fmt: skip


def _equation_task(equation: Equality) -> Task:
    left, right = equation.args
    found = dict.fromkeys(_written(right))
    sizes = sizes_of(found)
    arguments = tuple(v for v in found if v not in sizes)
    name = str(left) if str(left).isidentifier() else "formula"
    return Task(name, f"{left} by its equation.", ((left, right),), (left,), arguments)


def _written(node: Any) -> Iterator[Any]:
    """Variables in the order in which they are written."""
    if isinstance(node, MatrixSymbol | Symbol):
        yield node
    elif not isinstance(node, Lambda):
        for part in node.args:
            yield from _written(part)


def _kinks(program: Program) -> Iterator[tuple[Any, Any]]:
    """Every argument of a function with a kink, with a name."""
    number = 0
    for equation in program.equations:
        for node in sorted(equation.rhs.atoms(ElementwiseApplyFunction, Function), key=str):
            matrix = isinstance(node, ElementwiseApplyFunction)
            body = canonical(node.function) if matrix else node
            if not matrix and node.has(z):
                continue
            for f in sorted(body.atoms(Function), key=str):
                row = row_of(f.func(z, *f.args[1:]))
                if row and row.kink:
                    argument = elementwise(f.args[0], node.expr) if matrix else f.args[0]
                    number += 1
                    shape = node.shape if matrix else None
                    yield (MatrixSymbol(f"kink{number}", *shape) if shape else Symbol(f"kink{number}")), argument
