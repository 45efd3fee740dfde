"""The backward pass that the forward code wants, line by line, in its own names.

xhat = xmu * ivar        ->        dxmu += dxhat * ivar,   divar = sum_n dxhat * xmu
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from derive.arrays.expected import Expected, expected
from derive.arrays.numpy_text import Written
from derive.arrays.values import Declared, Value, children, in_order, rebuilt

from . import formulas as form
from .naming import Named, assigned, unique
from .run import Traced
from .writing import words

MOST = 40  # lines


@dataclass(frozen=True)
class Line:
    """d<name> = the sum of what arrives from everything that uses it."""

    name: str
    written: Written
    parts: tuple[Expected, ...]
    uses: frozenset[str]  # the gradients on the right side

    @property
    def text(self) -> str:
        """One element, in words."""
        (first, *_) = self.parts
        return f"d{self.name}{_at(first)} = {' + '.join(p.text for p in self.parts)}"

    @property
    def numpy(self) -> str:
        """The whole array; "" where a part has no code."""
        if not all(p.numpy for p in self.parts):
            return ""
        return self.written.assigned(" + ".join(p.numpy for p in self.parts))

    @property
    def latex(self) -> str:
        """One element."""
        (first, *_) = self.parts
        at = "".join(first.indices)
        return rf"\frac{{\partial J}}{{\partial {self.name}_{{{at}}}}} = {' + '.join(p.latex for p in self.parts)}"


def outputs(traced: Traced) -> set[int]:
    """The loss, and outputs that nothing else is computed from: their gradients are given."""
    used = {id(c) for n in in_order(traced.loss) for c in children(n)}
    given = {id(v) for g in traced.outputs for v in g.cells.ravel()}
    several = [id(c) for n in in_order(traced.loss) for c in children(n) if id(c) in given]
    return {id(traced.loss), *(v for v in given if several.count(v) <= 1 or v not in used)}


def _at(e: Expected) -> str:
    return f"[{', '.join(e.indices)}]" if e.indices else ""


def lines_for(traced: Traced, variable: Declared) -> tuple[Line, ...] | None:
    """The lines that lead from the loss to one variable, in the order in which they are computed; None if too long."""
    inside = {id(n) for n in in_order(traced.loss)} - outputs(traced)
    taken = set(traced.shapes()) | {name.removeprefix("d") for name in traced.douts}
    forward = [n for n in unique(assigned(traced.steps[: traced.forward_steps]), taken) if id(n.value) in inside]
    local = _local(traced.loss, forward)
    lines: dict[str, Line] = {}
    vocabulary = words(traced, forward)
    variables = [(n.name, Declared(n.name, n.value.shape)) for n in reversed(forward)]
    for name, declared in [*variables, (variable.name, variable)]:
        parts: list[Expected] = []
        uses: set[str] = set()
        for consumer, value in local.items():
            if name not in _arrays(value) or (consumer and consumer not in lines):
                continue
            found = expected(_seeded(consumer, value), declared, vocabulary, vocabulary[name].axes)
            if found is None:
                return None
            parts.append(found)
            uses |= {consumer} - {""}
        if parts:
            lines[name] = Line(name, vocabulary[name], tuple(parts), frozenset(uses))
    return _leading_to(lines, variable.name)


def _local(loss: Value, forward: list[Named]) -> dict[str, Value]:
    """Every named result as a formula of arguments and earlier names; the loss under the name ""."""
    names = {id(n.value): Declared(n.name, n.value.shape) for n in forward}
    out: dict[str, Value] = {}
    for name, root in [*((n.name, n.value) for n in forward), ("", loss)]:
        out[name] = _cut(root, names)
    return out


def _cut(root: Value, names: Mapping[int, Declared]) -> Value:
    """The formula with named results in place of what they stand for."""
    new: dict[int, Value] = {}
    for node in in_order(root):
        own = names.get(id(node))
        new[id(node)] = own if own is not None and node is not root else rebuilt(node, lambda c: new[id(c)])
    return new[id(root)]


def _seeded(name: str, value: Value) -> Value:
    """sum of d<name> * value: its derivative is what arrives by this way"""
    if not name:
        return value
    both = form.multiply(Declared(f"d{name}", value.shape), value)
    return form.sums(both, tuple(range(len(value.shape))), value.shape)


def _arrays(value: Value) -> set[str]:
    return {n.name for n in in_order(value) if isinstance(n, Declared)}


def _leading_to(lines: Mapping[str, Line], name: str) -> tuple[Line, ...] | None:
    """A line and all that it uses."""
    wanted, stack = set(), [name]
    while stack:
        one = stack.pop()
        if one in lines and one not in wanted:
            wanted.add(one)
            stack += lines[one].uses
    found = tuple(line for n, line in lines.items() if n in wanted)
    return found if found and len(found) <= MOST else None
