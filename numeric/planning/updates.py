"""What an optimizer does to one parameter, as statements: the gradient is added where it is needed, if it can be.

W <- W - learning_rate dW,  dW = (1/m) dZ A^T        one call:  W <- (-learning_rate/m) dZ A^T + W
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sympy import Add, Expr, Integer, Symbol

from ..optimizers import Optimizer, decay, g, learning_rate, w
from .lowering import Lowering, Product, Term, scaled
from .numbers import array_symbol, text_of
from .statements import Array, Group, Number, Statement, Value

NOTHING, UNIT = Integer(0), Integer(1)


@dataclass(frozen=True)
class Gradient:
    """The gradient of a parameter: its name, and the source of its line."""

    parameter: str
    name: str
    text: str
    comment: str = ""


class Updates:
    """Groups of statements, one for each parameter."""

    def __init__(self, lowering: Lowering, optimizer: Optimizer, weights: frozenset[str], clip: Mapping[str, float]):
        self.lowering, self.optimizer, self.weights, self.clip = lowering, optimizer, weights, clip
        self.states: dict[str, tuple[str, str]] = {}
        self.parameter = ""  # the one that is being updated
        self.factor: Expr = UNIT  # by which all gradients are scaled, so that they are not too long

    def groups(self, gradients: list[Gradient]) -> tuple[list[Statement], list[Group]]:
        """What is computed from the old parameters, and all updates; with clipping by norm, all gradients before."""
        if "clip_norm" not in self.clip:
            cut = [self._cut(lambda one=one: self._update(one, None), one.parameter) for one in gradients]
            return [s for before, _ in cut for s in before], [group for _, group in cut]
        whole = {one.name: self._cut(lambda one=one: self._gradient(one))[1] for one in gradients}
        norm = self._cut(lambda: self._norm(list(whole)))[1]
        cut = [self._cut(lambda one=one: self._update(one, self._known(one.name)), one.parameter) for one in gradients]
        return [], [*whole.values(), norm, *(group for _, group in cut)]

    def _cut(self, write: Any, parameter: str = "") -> tuple[list[Statement], Group]:
        """The statements that `write` adds: those that read other parameters, which must run early, and the rest."""
        start = len(self.lowering.statements)
        write()
        own = self.lowering.statements[start:]
        del self.lowering.statements[start:]
        if not parameter:
            return [], Group(tuple(own))
        early: list[Statement] = []
        needed: set[str] = set()
        for s in reversed(own):
            buffer = s.output in self.lowering.values and self.lowering.values[s.output].kind == "buffer"
            if s.output in needed or (buffer and any(self._foreign(name, parameter) for name in s.reads)):
                needed |= s.reads
                early.insert(0, s)
        rest = (replace(s, block=parameter) for s in own if s not in early)
        return early, Group(tuple(rest), frozenset({parameter}))

    def _foreign(self, name: str, parameter: str) -> bool:
        value = self.lowering.values.get(name)
        return value is not None and value.kind == "parameter" and name != parameter

    def _known(self, name: str) -> Array:
        return Array(name) if name in self.lowering.numbers else self.lowering.look_up(name)

    # --- one parameter ------------------------------------------------------------------------------------------------

    def _update(self, one: Gradient, whole: Array | None) -> None:
        """Every assignment of the optimizer, in order."""
        if one.parameter in self.lowering.numbers:
            return self._update_number(one)
        self.parameter = one.parameter
        comment = f"{one.name} = {one.text}" + (f"    {one.comment}" if one.comment else "")
        names = self._names(one.parameter)
        formulas = list(self._formulas(one.parameter))
        once = sum(formula.count(g) for _, formula in formulas) == 1 and all(_linear(f) for _, f in formulas)
        if whole is None and (not once or "clip_value" in self.clip):
            whole = self._gradient(one)
        for left, formula in formulas:
            start = len(self.lowering.statements)
            self._assign(names[left], list(self._terms(formula, names, one, whole)))
            own = self.lowering.statements
            written = formula.xreplace({**{s: array_symbol(n) for s, n in names.items()}, g: array_symbol(one.name)})
            lines = [comment] if whole is None and formula.has(g) else []
            lines.append(f"{names[left]} = {text_of(written)}")
            if start < len(own):
                own[start] = replace(own[start], comment="\n".join(lines))
        return None

    def _names(self, parameter: str) -> dict[Symbol, str]:
        """w, and what is remembered of it, by the names that they have here."""
        names = {w: parameter}
        for state in self.optimizer.states:
            name = self.lowering.fresh_name(f"{state}_{parameter}")
            names[Symbol(state)] = name
            self.states[name] = (parameter, state)
            if parameter in self.lowering.numbers:
                self.lowering.numbers.add(name)
            else:
                self.lowering.values[name] = Value(name, self.lowering.values[parameter].shape, "state")
        return names

    def _formulas(self, parameter: str) -> Iterator[tuple[Symbol, Expr]]:
        """The assignments, with weight decay for weights and the factor of clipping."""
        decays = self.optimizer.numbers["weight_decay"] != 0 and parameter in self.weights
        for left, formula in self.optimizer.each:
            gradient = self.factor * g
            if decays and not self.optimizer.decoupled:
                gradient += decay * w
            formula = formula.xreplace({g: gradient})
            if decays and self.optimizer.decoupled and left == w:
                formula -= learning_rate * decay * w
            yield left, formula

    def _gradient(self, one: Gradient) -> Array:
        """The gradient as an array of its own."""
        low, start = self.lowering, len(self.lowering.statements)
        if one.parameter in low.numbers:
            low.line(one.name, one.text)
            if "clip_value" in self.clip:
                reads = (Number(Symbol(one.name)), Number(Symbol("clip_value")))
                text = f"min(max({one.name}, -clip_value), clip_value)"
                low.statements.append(Statement("number", text, reads, one.name))
            return Array(one.name)
        terms = low.terms(ast.parse(one.text, mode="eval").body)
        low.values[one.name] = Value(one.name, low.values[one.parameter].shape)
        self._assign(one.name, terms, fresh=True)
        found: Array = Array(one.name)
        if "clip_value" in self.clip:
            bound = Symbol("clip_value")
            found = low.ufunc("minimum", low.ufunc("maximum", found, Number(-bound)), Number(bound))
            low.alias[one.name] = found
        comment = f"{one.name} = {one.text}" + (f"    {one.comment}" if one.comment else "")
        low.statements[start] = replace(low.statements[start], comment=comment)
        return found

    def _norm(self, gradients: list[str]) -> None:
        """clip = min(1, clip_norm / norm), with the norm of all gradients together."""
        squares: list[Expr] = []
        for A in map(self._known, gradients):
            if A.name in self.lowering.numbers:
                squares.append(Symbol(A.name) ** 2)
                continue
            name = self.lowering.fresh("s")
            self.lowering.statements.append(Statement("total", "np.vdot", (A, A), name))
            squares.append(Symbol(name))
        text = f"min(1.0, clip_norm / max(float({text_of(Add(*squares))}) ** 0.5, 1e-300))"
        reads = (*map(Number, squares), Number(Symbol("clip_norm")))
        note = "all gradients together are at most clip_norm long"
        self.lowering.statements.append(Statement("number", text, reads, "clip", comment=note))
        self.lowering.numbers.add("clip")
        self.factor = Symbol("clip")

    def _terms(self, formula: Expr, names: Mapping[Symbol, str], one: Gradient, whole: Array | None) -> Iterator[Term]:
        """A formula of entries as a sum of numbers times arrays."""
        arrays = (*names, g)
        for part in Add.make_args(formula):
            c, rest = part.as_independent(*arrays, as_Add=False)
            if rest.is_Add:
                yield from (scaled(t, c) for t in self._terms(rest, names, one, whole))
            elif rest == g and whole is None:
                yield from (scaled(t, c) for t in self.lowering.terms(ast.parse(one.text, mode="eval").body))
            else:
                known = {s: array_symbol(n) for s, n in names.items()}
                known[g] = array_symbol(whole.name if whole else one.name)
                text = text_of(rest.xreplace(known))
                yield from (scaled(t, c) for t in self.lowering.terms(ast.parse(text, mode="eval").body))

    # --- assignments --------------------------------------------------------------------------------------------------

    def _assign(self, name: str, terms: list[Term], fresh: bool = False) -> None:
        """name <- sum of the terms, in place."""
        low, target = self.lowering, Array(name)
        beta = sum((t.coefficient for t in terms if t.value == target), NOTHING)
        rest = [self._safe(t, target) for t in terms if t.value != target and t.coefficient != 0]
        shape = low.values[name].shape
        products = [t for t in rest if isinstance(t.value, Product) and self._shape(t.value) == shape]
        others = [
            (t.coefficient, t.value if t.value is None else low.value(t.value)) for t in rest if t not in products
        ]
        if fresh and others:  # first what is no product, so that products are added without an array between
            self._start(name, *others.pop(0))
            beta = UNIT
        elif not products and not fresh and beta not in (0, 1):
            self._write("ufunc", "multiply", (target, Number(beta)), name)
        elif not products and others and beta == 0:
            self._start(name, *others.pop(0))
        for t in products:
            assert isinstance(t.value, Product)
            operands = (t.value.left, t.value.right)
            self._write("accumulate", "", operands, name, alpha=t.coefficient, beta=beta)
            beta = UNIT
        if not products and not others and beta == 0:
            self._write("copy", "", (Number(NOTHING),), name)
        for c, A in others:
            self._add(name, c, A)
        low.forget(name)

    def _safe(self, term: Term, target: Array) -> Term:
        """What is read while the target is written must be neither the target nor a parameter that others write."""
        value = term.value
        parts = (value.left, value.right) if isinstance(value, Product) else () if value is None else (value,)
        stays = self.lowering.values[target.name].kind != "buffer"
        if not stays or not any(p.name == target.name or self._foreign(p.name, self.parameter) for p in parts):
            return term
        if isinstance(value, Product):
            return replace(term, value=self.lowering.value(value))
        assert value is not None
        return replace(term, value=self.lowering.copy(value))

    def _start(self, name: str, c: Expr, A: Array | None) -> None:
        """name <- c A"""
        if A is None:
            self._write("copy", "", (Number(c),), name)
        elif c == 1:
            self._write("copy", "", (A,), name)
        else:
            self._write("ufunc", "multiply", (A, Number(c)), name)

    def _add(self, name: str, c: Expr, A: Array | None) -> None:
        """name <- name + c A"""
        if A is None or c in (1, -1):
            value: Any = Number(c) if A is None else A
            self._write("ufunc", "subtract" if A is not None and c == -1 else "add", (Array(name), value), name)
        else:
            negative = c.as_coeff_Mul()[0] < 0
            value = self.lowering.ufunc("multiply", A, Number(-c if negative else c))
            self._write("ufunc", "subtract" if negative else "add", (Array(name), value), name)

    def _shape(self, product: Product) -> Any:
        left, right = self.lowering.shape(product.left), self.lowering.shape(product.right)
        assert left
        assert right
        return left[0], right[1]

    def _write(self, kind: str, function: str, inputs: tuple[Any, ...], output: str, **more: Any) -> None:
        self.lowering.statements.append(Statement(kind, function, inputs, output, **more))

    def _update_number(self, one: Gradient) -> None:
        """A parameter that is a number: Python computes."""
        if one.name not in self.lowering.numbers:
            self._gradient(one)
        value = Symbol(one.name)
        names = self._names(one.parameter)
        for left, formula in self._formulas(one.parameter):
            new = formula.xreplace({s: Symbol(n) for s, n in names.items()} | {g: value})
            self._write("number", "", (Number(new),), f"{names[left]}[...]")


def _linear(formula: Expr) -> bool:
    """c g + what has no g."""
    parts = [part for part in Add.make_args(formula) if part.has(g)]
    rests = [part.as_independent(g, as_Add=False)[1] for part in parts]
    return all(rest == g or (rest.is_Add and _linear(rest)) for rest in rests)
