"""A loss and claimed gradients, as a computation with cut points for the kernel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..kernel.chain import Definition
from ..kernel.claim import Claim
from ..kernel.index import Index
from ..kernel.network import Goal, Network
from .elements import At, Elements
from .matching import guesses
from .shapes import Shape, has_one_element
from .values import Constant, Declared, Dimension, Reduced, Times, Unit, Value, View, children, in_order

LETTERS = "ijklpqrstuv"
LEAVES = (View, Constant, Dimension, Declared, Unit)


@dataclass(frozen=True)
class Cutting:
    """A loss, and by the name of a variable its claimed gradient; equal arrays are the same node."""

    loss: Value
    claimed: Mapping[str, Value]
    about: Claim  # arrays, dimensions, generic functions and facts

    @cached_property
    def forward(self) -> tuple[Value, ...]:
        """The arrays that the loss is computed from, the loss last."""
        return (*(node for node in steps(self.loss) if node is not self.loss), self.loss)

    @cached_property
    def backward(self) -> tuple[Value, ...]:
        """The arrays that the gradients are computed from, and the loss is not."""
        known = set(in_order(self.loss))
        every = dict.fromkeys(node for value in self.claimed.values() for node in steps(value))
        return tuple(node for node in every if node not in known)

    @cached_property
    def names(self) -> dict[Value, str]:
        """A name for each of them, which no declared array has."""
        return {node: f"~{k}" for k, node in enumerate((*self.forward, *self.backward))}

    def network(self) -> Network:
        """Only what was recognised, or what both sides use, keeps its name; the gradients come last."""
        found = guesses(self.about, self.defined(self.forward, self.names), self.defined(self.backward, self.names))
        meant = {name for goal in found for name in (goal.claimed, goal.of)}
        shared = {child for node in (*self.backward, *self.claimed.values()) for child in _named(node, self.names)}
        forward = [n for n in self.forward if n is self.loss or n in shared or self.names[n] in meant]
        backward = [n for n in self.backward if self.names[n] in meant]
        names = {node: self.names[node] for node in (*forward, *backward)}
        return Network(
            self.defined(forward, names),
            (*self.defined(backward, names), *(self.gradient(name, names) for name in self.claimed)),
            (*found, *(Goal(gradient_name(name), name) for name in self.claimed)),
            self.about.shapes,
            self.about.dims,
            self.about.generic,
            self.about.facts,
        )

    def defined(self, nodes: Sequence[Value], names: Mapping[Value, str]) -> tuple[Definition, ...]:
        """What each array is, by the names of others."""
        elements = Elements(names)
        found = []
        for node in nodes:
            at = _axes(node.shape)
            found.append(Definition(names[node], at, elements.of(node, at)))
        return tuple(found)

    def gradient(self, name: str, names: Mapping[Value, str]) -> Definition:
        """The claimed gradient, over the axes of its variable; one element stands for a constant array."""
        value = self.claimed[name]
        at = _axes(self.about.shapes[name])
        return Definition(gradient_name(name), at, Elements({n: s for n, s in names.items() if n is not value}).of(
            value, (0,) * len(value.shape) if has_one_element(value.shape) else at))  # fmt: skip


def gradient_name(name: str) -> str:
    """The name of a claimed gradient."""
    return f"~gradient of {name}"


def steps(value: Value) -> list[Value]:
    """The arrays on the way to a value that may be cut: what is computed, except products that are summed at once."""
    nodes = in_order(value)
    summed = {node.child for node in nodes if isinstance(node, Reduced) and isinstance(node.child, Times)}
    varying: set[Value] = set()
    for node in nodes:
        if isinstance(node, Declared) or not varying.isdisjoint(children(node)):
            varying.add(node)
    return [node for node in nodes if node in varying and not isinstance(node, LEAVES) and node not in summed]


def _named(node: Value, names: Mapping[Value, str]) -> Iterable[Value]:
    """The nearest arrays with a name below a node."""
    stack = list(children(node))
    while stack:
        child = stack.pop()
        if child in names:
            yield child
        else:
            stack.extend(children(child))


def _axes(shape: Shape) -> At:
    return tuple(0 if size == 1 else Index(letter, size) for letter, size in zip(LETTERS, shape, strict=False))
