"""The derived formulas as a torch.autograd.Function: a loss, or a layer, whose backward pass is not torch's but ours.

f = lambdify(d, backend="torch")        J = f(params, X, Y);  J.backward()
g = torch_layer(net, "A2")              A2 = g(params, X);  anything built on A2 may be differentiated
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sympy import HadamardProduct, MatrixSymbol, Symbol

from derive import DeriveError, Program, backprop, total

from ..arrays import check_shapes
from ..codegen import CompiledDerivation, lambdify
from ..source import IMPORTS, Line, columns, is_matrix, lines_of, size_rows
from .jax_functions import defined_by, required
from .translation import translate


@dataclass(frozen=True, eq=False, repr=False)
class TorchFunction:
    """f(params, X, Y) -> J, or a layer's output: a tensor that torch differentiates by the derived formulas."""

    f: CompiledDerivation
    output: Any  # the variable that comes out
    seed: Any = None  # the gradient that arrives at it; None for a loss, where it is a number
    moving: tuple[Any, ...] = ()  # inputs of the program that are differentiated too, as parameters

    @cached_property
    def source(self) -> str:
        """The code of a torch.autograd.Function with the derived backward pass."""
        return _Source(self).text()

    @cached_property
    def function(self) -> Any:
        """The torch.autograd.Function that the source defines."""
        required("torch")
        return defined_by(self.source, "Derived")

    @cached_property
    def run(self) -> Callable[..., Any]:
        """run(W1, b1, ..., X, Y): parameters, inputs and free numbers in order."""
        return self.function.apply

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The arrays after the parameters."""
        return tuple(v for v in self.f.task.arguments if v != self.seed)

    def __call__(self, params: Any, *inputs: Any, **numbers: Any) -> Any:
        torch = required("torch")
        if self.seed is not None:
            if len(inputs) != len(self.moving):
                raise DeriveError(
                    f"the layer takes (params, {', '.join(map(str, self.moving))}); got {len(inputs)} arrays"
                )
            params = {**params, **{str(v): x for v, x in zip(self.moving, inputs, strict=True)}}
            inputs = (torch.empty((0, 0)),)  # in the place of the gradient that will arrive
        values = self.f.collect(params, *inputs, **numbers)
        scalars = [float(values.pop(v)) for v in self.f.task.scalars]
        tensors = {v: torch.as_tensor(x) for v, x in values.items() if v != self.seed}
        check_shapes(tensors)
        for v in self.inputs:
            if tensors[v].requires_grad:
                raise DeriveError(
                    f"{v} requires a gradient, but the derivation has none for it\n"
                    f"  make {v} a parameter of the program, or pass {v}.detach()"
                )
        return self.run(*(tensors[v] for v in (*self.f.program.parameters, *self.inputs)), *scalars)

    def __repr__(self) -> str:
        return f"<{self.output} by the derived formulas, a torch.autograd.Function; .source shows how>"


def torch_layer(net: Any, output: str | None = None) -> TorchFunction:
    """A value of a program as a differentiable function of its parameters and of all its inputs.

    f(params, X) -> A_L, which torch may differentiate by every parameter and by X, so that the layer may stand in the
    middle of a model.  Without `output`, the value before the loss.
    """
    program = getattr(net, "program", net)
    names = [str(e.lhs) for e in program.equations]
    name = output or (names[-2] if len(names) > 1 else names[-1])
    if name not in names:
        raise DeriveError(f"no equation {name!r}; there are {', '.join(names)}")
    A = program[name].lhs
    if not is_matrix(A):
        raise DeriveError(f"{name} is a number; lambdify(d, backend='torch') gives a loss")
    equations = _needed(program, A)
    used = {s for _, rhs in equations for s in rhs.free_symbols}
    parameters, inputs = ([v for v in variables if v in used] for variables in (program.parameters, program.inputs))
    seed = MatrixSymbol(_free("G", program), *A.shape)
    loss = (Symbol(_free("J", program)), total(HadamardProduct(seed, A)))
    d = backprop(Program([*equations, loss], [*parameters, *inputs]))
    return TorchFunction(lambdify(d), A, seed, tuple(inputs))


def torch_function(f: CompiledDerivation) -> TorchFunction:
    """The loss of a derivation as a differentiable function of its parameters."""
    return TorchFunction(f, f.task.results[0])


def _needed(program: Program, wanted: Any) -> list[tuple[Any, Any]]:
    needed, found = {wanted}, []
    for e in reversed(program.equations):
        if e.lhs in needed:
            needed |= e.rhs.free_symbols
            found.append((e.lhs, e.rhs))
    return found[::-1]


def _free(name: str, program: Program) -> str:
    while name in program.symbols:
        name += "_"
    return name


class _Source:
    """class Derived(torch.autograd.Function): forward keeps what backward needs."""

    def __init__(self, function: TorchFunction) -> None:
        self.own, self.task, self.names = function, function.f.task, function.f.names
        lines = lines_of(self.task)
        result, gradients = self.names[function.output], [self.names[g] for _, g in self.task.gradients]
        forward, backward = _alive(lines, {result}), _alive(lines, {*gradients})
        self.first = [line for line in lines if line.name in forward]
        self.then = [line for line in lines if line.name in backward and line.name not in forward]
        self.given = [self.names[v] for v in (*function.f.program.parameters, *function.inputs)]
        self.scalars = [self.names[v] for v in self.task.scalars]
        needed = set(gradients).union(*(line.used for line in self.then))
        self.kept = [name for name in (*self.given, *(line.name for line in self.first)) if name in needed]

    def text(self) -> str:
        result = self.names[self.own.output]
        rows = [f'    """{result} by the forward model; its gradients by the derived formulas."""', ""]
        rows += [*self._forward(result), "", *self._backward()]
        head = IMPORTS["torch"] + "from torch.autograd.function import once_differentiable\n"
        return f"{head}\n\nclass Derived(torch.autograd.Function):\n" + "\n".join(rows) + "\n"

    def _forward(self, result: str) -> list[str]:
        rows = ["    @staticmethod", f"    def forward(ctx, {', '.join([*self.given, *self.scalars])}):"]
        rows += self._lines(self.first)
        rows += [f"        ctx.save_for_backward({', '.join(self.kept)})"]
        rows += [f"        ctx.numbers = ({''.join(f'{s}, ' for s in self.scalars)})"] if self.scalars else []
        return [*rows, f"        return {result}"]

    def _backward(self) -> list[str]:
        """With the gradient that arrives, G or dJ; nothing else may be differentiated a second time."""
        whole = self.own.seed is None
        seed = "dJ" if whole else self.names[self.own.seed]
        while whole and seed in self.names.values():
            seed += "_"
        rows = ["    @staticmethod", "    @once_differentiable", f"    def backward(ctx, {seed}):"]
        rows += [f"        {_tuple(self.kept)} = ctx.saved_tensors"] if self.kept else []
        rows += [f"        {_tuple(self.scalars)} = ctx.numbers"] if self.scalars else []
        rows += self._lines(self.then)
        gradients = [f"{seed} * {self.names[g]}" if whole else self.names[g] for _, g in self.task.gradients]
        nothing = ["None"] * (len(self.own.inputs) + len(self.scalars))
        return [*rows, f"        return {', '.join([*gradients, *nothing])}"]

    def _lines(self, lines: list[Line]) -> list[str]:
        """The sizes that the lines use, and the lines."""
        used = {name for line in lines for name in line.used}
        task = self.task if self.own.seed is None else replace(self.task, arguments=self.own.inputs)
        spelled = [replace(line, text=translate(line.text, "torch")) for line in lines]
        return [f"    {row}" for row in columns([*size_rows(task, self.names, used), *spelled])]


def _alive(lines: list[Line], wanted: set[str]) -> set[str]:
    for line in reversed(lines):
        if line.name in wanted:
            wanted |= line.used
    return wanted


def _tuple(names: list[str]) -> str:
    return ", ".join(names) + ("," if len(names) == 1 else "")
