"""Claims about the gradients of one loss, decided together: every definition of the file may be a cut point.

    Z1 = ..., A1 = ..., J = ...,  dZ1 = ...;    grad(J, Z1) == dZ1 / m,  grad(J, W1) == dZ1 @ X.T / m,  ...

What is proved of dZ1 is used for what is computed from it, so that the work grows with the depth, not with its square.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from time import monotonic

from ..arrays.elements import Elements
from ..arrays.matching import guesses
from ..arrays.rewriting import weight
from ..arrays.shapes import Shape, has_one_element, same
from ..arrays.values import Declared, Derivative, Dimension, Named, Value, View, in_order
from ..errors import DeriveError
from ..kernel.chain import Definition, adjoint
from ..kernel.cuts import decide_network
from ..kernel.elementary import power
from ..kernel.evaluate import Point
from ..kernel.index import Dim, Entry, Expr, Index, Number
from ..kernel.network import Goal, Network
from ..kernel.partial import product
from ..kernel.plan import Plan
from ..kernel.run import compare, run
from ..kernel.verdict import Refuted, Unknown, Verdict
from .equations import axes, surroundings
from .lifting import lifted
from .reading import Assertion, Assumption
from .scope import Scope
from .simplest import simplest

WORK = 20_000  # definitions' nodes times moves on the way to a simpler counterexample
SHORT = 3  # definitions of a loss; up to this many, each claim is decided alone
EXHAUSTED = (RecursionError, MemoryError, OverflowError, ValueError)


@dataclass(frozen=True)
class Row:
    """grad(loss, variable) == formula"""

    number: int
    loss: Named
    variable: Declared | Named
    formula: Value
    written: ast.expr
    assumptions: tuple[Assumption, ...]

    @property
    def kind(self) -> tuple[str, tuple[str, ...]]:
        """Claims go together if they speak of the same loss under the same assumptions."""
        return self.loss.name, tuple(fact.text for fact in self.assumptions)

    @property
    def name(self) -> str:
        """Of the formula as an array; no array of a file is called so."""
        return f"~{self.number}"


def decide_together(scope: Scope, assertions: Sequence[Assertion], end: float) -> dict[int, Verdict]:
    """Number of an assert -> its verdict, for those that are decided this way before `end` (monotonic clock)."""
    rows = [row for k, a in enumerate(assertions) if (row := row_of(scope, k, a)) is not None]
    found: dict[int, Verdict] = {}
    for _, group in groupby(sorted(rows, key=lambda row: row.kind), key=lambda row: row.kind):
        try:
            found |= _decided(scope, list(group), end)
        except (DeriveError, *EXHAUSTED):
            continue  # each of them is decided alone, and says why if it cannot be
    return {k: verdict for k, verdict in found.items() if not isinstance(verdict, Unknown)}


def row_of(scope: Scope, number: int, assertion: Assertion) -> Row | None:
    """The claim, if it says what the gradient of a definition is."""
    match assertion.equation.left, assertion.left, assertion.right:
        case ast.Call(ast.Name(id="grad"), [ast.Name(id=j), ast.Name(id=x)]), Value() as left, Value() as right:
            loss, variable = scope.names.get(j), scope.names.get(x)
            fits = same(left.shape, right.shape) and is_plain(right)
            if fits and isinstance(loss, Named) and isinstance(variable, Declared | Named):
                return Row(number, loss, variable, right, assertion.equation.comparators[0], assertion.assumptions)
    return None


def is_plain(value: Value) -> bool:
    """No derivatives, no indices of the file."""
    nodes = in_order(value)
    free = (source for node in nodes if isinstance(node, View) for source in node.sources if isinstance(source, Index))
    return not any(isinstance(node, Derivative) for node in nodes) and next(free, None) is None


def _decided(scope: Scope, rows: Sequence[Row], end: float) -> dict[int, Verdict]:
    """One network: the loss, what the formulas are computed from, the formulas."""
    loss = rows[0].loss
    forward = list(definitions((loss,)))
    if len(forward) <= SHORT or not is_plain(loss):
        return {}
    every = (loss, *(row.formula for row in rows), *(row.variable for row in rows))
    about = surroundings(scope, every, rows[0].assumptions)
    if lifted(about) is not None:
        return {}  # sizes that are large numbers
    known = set(forward)
    backward = [node for node in definitions(row.formula for row in rows) if node not in known]
    elements = Elements({node: node.name for node in (*forward, *backward)})
    steps = tuple(definition(scope, elements, node.name, node, node.shape) for node in forward)
    later = tuple(definition(scope, elements, node.name, node, node.shape) for node in backward)
    claimed = tuple(definition(scope, elements, row.name, row.formula, row.variable.shape) for row in rows)
    cuts = {goal.claimed: goal for goal in (*_written(scope, rows, backward), *guesses(about, steps, later))}
    goals = [cuts[node.name] for node in backward if node.name in cuts]
    goals += [Goal(row.name, row.variable.name) for row in rows]
    network = Network(steps, (*later, *claimed), tuple(goals), about.shapes, about.dims, about.generic, about.facts)
    verdicts = decide_network(network, deadline=end - monotonic())
    return {row.number: _simplest(network, row, verdicts[row.name], end) for row in rows}


def _written(scope: Scope, rows: Iterable[Row], backward: Iterable[Named]) -> Iterator[Goal]:
    """grad(J, Z) == dZ / m  says what dZ is, if it is true:  dZ = m dJ/dZ."""
    shapes = {node.name: node.shape for node in backward}
    for row in rows:
        name, scale = _scaled(scope, row.written)
        if name in shapes and shapes[name] == row.variable.shape:
            yield Goal(name, row.variable.name, scale=product(*scale))


def _scaled(scope: Scope, node: ast.expr) -> tuple[str, tuple[Expr, ...]]:
    """dZ / m -> dZ, (m,);  2 * dZ -> dZ, (1/2,);  no name if it is anything else"""
    match node:
        case ast.Name(id=name):
            return name, ()
        case ast.BinOp(left=inner, op=ast.Div(), right=factor) if (number := _factor(scope, factor)) is not None:
            name, scale = _scaled(scope, inner)
            return name, (*scale, number)
        case ast.BinOp(left=factor, op=ast.Mult(), right=inner) if (number := _factor(scope, factor)) is not None:
            name, scale = _scaled(scope, inner)
            return name, (*scale, power(number, -1))
    return "", ()


def _factor(scope: Scope, node: ast.expr) -> Expr | None:
    """A number or a dimension"""
    match node:
        case ast.Constant(value=int(value)) if value:
            return Number(Fraction(value))
        case ast.Name(id=name) if isinstance(meaning := scope.names.get(name), Dimension):
            return Dim(meaning.name)
    return None


def _simplest(network: Network, row: Row, verdict: Verdict, end: float) -> Verdict:
    """The gradient on the left, the formula on the right, and a counterexample as simple as it can be made."""
    if not isinstance(verdict, Refuted):
        return verdict
    steps, plan, at = tuple(network.definitions.values()), Plan(), network.definitions[row.name].at
    claim = replace(
        network.inputs,
        left=Entry(adjoint(row.variable.name), at),
        right=Entry(row.name, at),
        free=tuple(index for index in at if isinstance(index, Index)),
    )

    def judge(point: Point) -> Refuted | bool:
        found = run(point, steps, plan)
        is_defined = all(found.everything.arrays.get(step.name) for step in network.forward)
        return compare(claim, found) if is_defined else False

    turned = replace(verdict, left=verdict.right, right=verdict.left)
    return simplest(network.inputs, turned, judge, WORK // sum(weight(step.body) for step in steps), end)


def definitions(values: Iterable[Value]) -> Iterator[Named]:
    """The definitions that values are computed from, each once, earlier ones first."""
    every = dict.fromkeys(node for value in values for node in in_order(value))
    return (node for node in every if isinstance(node, Named))


def definition(scope: Scope, elements: Elements, name: str, value: Value, shape: Shape) -> Definition:
    """name[i, j] = value[i, j];  one element stands for a constant array"""
    at = axes(scope, shape)
    return Definition(name, at, elements.of(value, (0,) * len(value.shape) if has_one_element(value.shape) else at))
