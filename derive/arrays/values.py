"""Arrays as what is written: each node knows its shape, none knows its elements (see elements.py).

Few primitives: whatever only moves elements is a View, whatever runs along an axis is a Reduced, and what NumPy
broadcasts is elementwise.  A @ B is  sum over the shared axis of  View(A) * View(B).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cache, cached_property

from ..kernel.index import Index
from .shapes import Shape, broadcast


@dataclass(frozen=True)
class Along:
    """The position on axis `axis` of the view, plus an offset."""

    axis: int
    offset: int = 0


Source = Along | int | Index


@dataclass(frozen=True, eq=False)
class Value(ABC):
    """An array.  Equal means the same node: what is written twice is two nodes."""

    @property
    @abstractmethod
    def shape(self) -> Shape:
        """The sizes of the axes."""


@dataclass(frozen=True, eq=False)
class Declared(Value):
    """X: (n, m), a free array."""

    name: str
    sizes: Shape

    @property
    def shape(self) -> Shape:
        return self.sizes


@dataclass(frozen=True, eq=False)
class Named(Value):
    """A definition, under its name: what grad(J, Z) looks for."""

    name: str
    child: Value

    @property
    def shape(self) -> Shape:
        return self.child.shape


@dataclass(frozen=True, eq=False)
class Scalar(Value):
    """Of shape ()."""

    @property
    def shape(self) -> Shape:
        return ()


@dataclass(frozen=True, eq=False)
class Constant(Scalar):
    """An exact rational."""

    value: Fraction


@dataclass(frozen=True, eq=False)
class Dimension(Scalar):
    """A dimension as a number."""

    name: str


@dataclass(frozen=True, eq=False)
class View(Value):
    """Element p of the view is element `source(p)` of the child: one source for each axis of the child."""

    child: Value
    sizes: Shape
    sources: tuple[Source, ...]

    @property
    def shape(self) -> Shape:
        return self.sizes


@dataclass(frozen=True, eq=False)
class Elementwise(Value):
    """An operation on broadcast arrays."""

    children: tuple[Value, ...]

    @cached_property
    def _shape(self) -> Shape:
        return broadcast(*(child.shape for child in self.children))

    @property
    def shape(self) -> Shape:
        return self._shape

    def __post_init__(self) -> None:
        _ = self._shape  # a wrong shape is refused where the node is made


@dataclass(frozen=True, eq=False)
class Plus(Elementwise):
    """A + B + ..."""


@dataclass(frozen=True, eq=False)
class Times(Elementwise):
    """A * B * ..."""


@dataclass(frozen=True, eq=False)
class MaximumOf(Elementwise):
    """max(A, B, ...), element by element."""


@dataclass(frozen=True, eq=False)
class Power(Elementwise):
    """A ** q, q an exact rational."""

    exponent: Fraction


@dataclass(frozen=True, eq=False)
class Mapped(Elementwise):
    """f(A), or its derivative of an order, element by element."""

    function: str
    order: int = 0


@dataclass(frozen=True, eq=False)
class IsAbove(Elementwise):
    """[A > 0]: 1 where A is positive, else 0."""


@dataclass(frozen=True, eq=False)
class IsNotBelow(Elementwise):
    """[A >= 0] = 1 - [-A > 0]"""


@dataclass(frozen=True, eq=False)
class Reduced(Value):
    """The sum, or the largest element, along some axes, which disappear."""

    child: Value
    axes: tuple[int, ...]
    largest: bool = False

    @property
    def shape(self) -> Shape:
        return tuple(size for axis, size in enumerate(self.child.shape) if axis not in self.axes)


@dataclass(frozen=True, eq=False)
class Picked(Value):
    """Element p is  sum_k hot[p[rows], k] child[p, k]:  hot has one 1 in each row, and picks one k for it."""

    child: Value
    hot: Value
    rows: tuple[int, ...]

    @property
    def shape(self) -> Shape:
        return self.child.shape[:-1]


@dataclass(frozen=True, eq=False)
class Unit(Value):
    """The identity matrix (n, n)."""

    size: int | str

    @property
    def shape(self) -> Shape:
        return (self.size, self.size)


@dataclass(frozen=True, eq=False)
class Generic(Scalar):
    """f(A, B, ...): a generic number made of whole arrays."""

    function: str
    children: tuple[Value, ...]


@dataclass(frozen=True, eq=False)
class Inverted(Value):
    """The inverse of a square matrix."""

    child: Value

    @property
    def shape(self) -> Shape:
        return self.child.shape


@dataclass(frozen=True, eq=False)
class DeterminantOf(Scalar):
    """The determinant of a square matrix."""

    child: Value


@dataclass(frozen=True, eq=False)
class Derivative(Value):
    """Element (p, q) is the derivative of element q of the body in element p of the variable, taken at `at`.

    With `at` the variable stands for that definition; without, for the declared array of its name.
    """

    body: Value
    variable: Declared
    at: Value | None = None

    @property
    def shape(self) -> Shape:
        return self.variable.shape + self.body.shape


@cache
def _names(kind: type[Value]) -> tuple[str, ...]:
    """The names of the fields of a kind of node."""
    return tuple(field.name for field in fields(kind))


def children(value: Value) -> tuple[Value, ...]:
    """The nodes that a node is made of."""
    found: list[Value] = []
    for name in _names(type(value)):
        part = getattr(value, name)
        if name == "children":
            found += part
        elif isinstance(part, Value):
            found.append(part)
    return tuple(found)


def rebuilt(value: Value, with_: Callable[[Value], Value]) -> Value:
    """The node with its children exchanged for others of the same shape; the same node where none changes."""
    changes: dict[str, object] = {}
    for name in _names(type(value)):
        part = getattr(value, name)
        if isinstance(part, Value) and with_(part) is not part:
            changes[name] = with_(part)
        elif name == "children" and any(with_(child) is not child for child in part):
            changes[name] = tuple(map(with_, part))
    if not changes:
        return value
    new = object.__new__(type(value))
    new.__dict__.update(value.__dict__ | changes)  # also what is known of its shape
    return new


def in_order(*values: Value) -> list[Value]:
    """Every node below some nodes, and themselves, children first, each once."""
    order: list[Value] = []
    seen: set[int] = set()
    stack = [(value, False) for value in reversed(values)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack += [(child, False) for child in children(node)]
    return order


def replaced(value: Value, name: str, by: Value) -> Value:
    """The value in which the definition called `name` is replaced."""
    new: dict[int, Value] = {}
    for node in in_order(value):
        new[id(node)] = by if isinstance(node, Named) and node.name == name else rebuilt(node, lambda c: new[id(c)])
    return new[id(value)]
