"""Formulas by floats: a second route beside the kernel, one line for each node.

Complex arguments are allowed: with x + ih the imaginary part is h times the derivative (Squire, Trapp 1998).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, Protocol

import numpy as np

from derive import UnknownNode
from derive.arrays.values import (
    Along,
    Constant,
    Declared,
    DeterminantOf,
    Dimension,
    Elementwise,
    Inverted,
    IsAbove,
    IsNotBelow,
    Mapped,
    MaximumOf,
    Named,
    Picked,
    Plus,
    Power,
    Reduced,
    Times,
    Unit,
    Value,
    View,
    children,
)

from .grids import Grid, integers

Array = Any
STEP = 1e-25


class At(Protocol):
    """A point: sizes, and the arrays by the names of formulas."""

    @property
    def dims(self) -> Mapping[str, int]: ...

    @property
    def declared(self) -> Mapping[str, Array]: ...


class Numbers:
    """The values of formulas at one point; shared nodes are worked out once."""

    def __init__(self, dims: Mapping[str, int], arrays: Mapping[str, Array]) -> None:
        self.dims, self.arrays = dims, arrays
        self._known: MutableMapping[int, Array] = {}
        self._alive: list[Value] = []

    def size(self, size: int | str) -> int:
        """A size as an integer."""
        return size if isinstance(size, int) else self.dims[size]

    def of(self, value: Value) -> Array:
        """The value of a formula."""
        if id(value) in self._known:
            return self._known[id(value)]
        self._alive.append(value)
        with np.errstate(all="ignore"):
            todo = [value]
            while todo:
                node = todo[-1]
                if id(node) in self._known:
                    todo.pop()
                elif below := [c for c in children(node) if id(c) not in self._known]:
                    todo += below
                else:
                    self._known[id(node)] = self._node(node)
        return self._known[id(value)]

    def with_change(self, changed: Value, value: Array, above: Iterable[Value]) -> Callable[[Value], Array]:
        """Values of formulas if a node had another value; `above` are the nodes that contain it, children first."""
        again = _Changed(self, changed, value)
        with np.errstate(all="ignore"):
            for node in above:
                again._known[id(node)] = again._node(node)
        return lambda root: again._known[id(root)]

    def grid(self, g: Grid) -> Array:
        """The value of an array of cells, in the shape that NumPy would give it."""
        names = [f for axis in g.axes for f in axis if isinstance(f, str)]
        cells = [np.broadcast_to(self.of(v), [self.size(n) for n in names]) for v in g.cells.ravel()]
        stacked = np.stack(cells).reshape([*integers(g.axes), *(self.size(n) for n in names)])
        order, ints, named = [], 0, len(integers(g.axes))
        for axis in g.axes:
            for f in axis:
                order.append(ints if isinstance(f, int) else named)
                ints, named = (ints + 1, named) if isinstance(f, int) else (ints, named + 1)
        sizes = [int(np.prod([self.size(f) for f in axis], dtype=int)) for axis in g.axes]
        return stacked.transpose(order).reshape(sizes)

    def stacked(self, node: Elementwise) -> Array:
        """The operands of a node, one above the other."""
        return np.stack(np.broadcast_arrays(*map(self.of, node.children)))

    def _node(self, node: Value) -> Array:
        match node:
            case Declared(name):
                return self.arrays[name]
            case Named(_, child):
                return self._known[id(child)]
            case Constant(value):
                return np.float64(value.numerator / value.denominator)
            case Dimension(name):
                return np.float64(self.dims[name])
            case View(child, sizes, sources):
                return self._view(self._known[id(child)], sizes, sources)
            case Plus(parts):
                return sum((self._known[id(c)] for c in parts[1:]), self._known[id(parts[0])])
            case Times(parts):
                return np.prod(np.broadcast_arrays(*(self._known[id(c)] for c in parts)), axis=0)
            case MaximumOf():
                return _largest(self.stacked(node), (0,))
            case Power((child,), exponent):
                return _power(self._known[id(child)], exponent)
            case Mapped((child,), function, 0):
                return FUNCTIONS[function](self._known[id(child)])
            case IsAbove((child,)):
                return np.where(np.real(self._known[id(child)]) > 0, 1.0, 0.0)
            case IsNotBelow((child,)):
                return np.where(np.real(self._known[id(child)]) >= 0, 1.0, 0.0)
            case Reduced(child, axes, largest):
                return _largest(self._known[id(child)], axes) if largest else np.sum(self._known[id(child)], axis=axes)
            case Picked(child, hot, rows):
                return self._picked(self._known[id(child)], self._known[id(hot)], rows)
            case Unit(size):
                return np.eye(self.size(size))
            case Inverted(child):
                return _of_matrix(np.linalg.inv, self._known[id(child)])
            case DeterminantOf(child):
                return _of_matrix(np.linalg.det, self._known[id(child)])
        raise UnknownNode("the evaluation by floats", node)

    def _view(self, child: Array, sizes: tuple[int | str, ...], sources: tuple[Any, ...]) -> Array:
        shape = tuple(self.size(s) for s in sizes)
        at = []
        for source in sources:
            if not isinstance(source, Along):
                at.append(source)
                continue
            along = np.arange(shape[source.axis]) + source.offset
            at.append(along.reshape([-1 if k == source.axis else 1 for k in range(len(shape))]))
        return np.broadcast_to(np.asarray(child)[tuple(at)], shape)

    def _picked(self, child: Array, hot: Array, rows: tuple[int, ...]) -> Array:
        shape = [1] * (child.ndim - 1) + [child.shape[-1]]
        for k, row in enumerate(rows):
            shape[row] = hot.shape[k]
        order = np.argsort(rows)
        spread = hot.transpose([*order, len(rows)]).reshape(shape)
        return np.sum(child * spread, axis=-1)


class _Changed(Numbers):
    """The same point, some values laid over."""

    def __init__(self, before: Numbers, changed: Value, value: Array) -> None:
        super().__init__(before.dims, before.arrays)
        self._known = ChainMap({id(changed): value}, before._known)


def gradient(loss: Value, point: At, name: str) -> Array:
    """d loss / d name = Im loss(x + ih) / h, entry by entry"""
    out = np.zeros(np.shape(point.declared[name]))
    for at in np.ndindex(out.shape):
        along = np.zeros(out.shape)
        along[at] = 1
        out[at] = slope(loss, point, {name: along})
    return out


def slope(loss: Value, point: At, along: Mapping[str, Array]) -> float:
    """d loss(x + t along) / dt = Im loss(x + ih along) / h"""
    moved = {n: np.asarray(point.declared[n], dtype=complex) + 1j * STEP * a for n, a in along.items()}
    return float(np.imag(Numbers(point.dims, {**point.declared, **moved}).of(loss)) / STEP)


def above(changed: Value, order: Iterable[Value]) -> list[Value]:
    """The nodes, in order, that contain one of them."""
    moved = {id(changed)}
    found = []
    for node in order:
        if id(node) not in moved and any(id(c) in moved for c in children(node)):
            moved.add(id(node))
            found.append(node)
    return found


def _of_matrix(function: Callable[[Array], Array], a: Array) -> Array:
    """nan where there is no inverse."""
    try:
        return function(a)
    except np.linalg.LinAlgError:
        return np.full(a.shape, np.nan)


def _power(a: Array, exponent: Any) -> Array:
    if exponent.denominator == 1:
        return np.asarray(a, dtype=complex if np.iscomplexobj(a) else float) ** int(exponent)
    found = np.power(a, float(exponent))
    return np.where(np.real(a) < 0, np.nan, found)


def _largest(a: Array, axes: tuple[int, ...]) -> Array:
    rest = [k for k in range(a.ndim) if k not in axes]
    flat = a.transpose([*rest, *axes]).reshape([*(a.shape[k] for k in rest), -1])
    at = np.argmax(np.real(flat), axis=-1)
    return np.take_along_axis(flat, at[..., None], axis=-1)[..., 0]


def _sigmoid(a: Array) -> Array:
    e = np.exp(-np.where(np.real(a) < 0, -a, a))
    return np.where(np.real(a) < 0, e / (1 + e), 1 / (1 + e))


def _log(a: Array) -> Array:
    return np.where(np.real(a) <= 0, np.nan, np.log(np.where(np.real(a) <= 0, 1.0, a)))


def _erf(a: Array) -> Array:
    from math import erf, pi

    real = np.vectorize(erf, otypes=[float])(np.real(a))
    if not np.iscomplexobj(a):
        return real
    return real + 1j * np.imag(a) * 2 / np.sqrt(pi) * np.exp(-(np.real(a) ** 2))


FUNCTIONS: dict[str, Any] = {
    "exp": np.exp,
    "log": _log,
    "expm1": np.expm1,
    "log1p": lambda a: _log(1 + a) if np.iscomplexobj(a) else np.log1p(np.where(a <= -1, np.nan, a)),
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "sigmoid": _sigmoid,
    "softplus": lambda a: np.where(np.real(a) > 30, a, np.log(1 + np.exp(np.where(np.real(a) > 30, 0, a)))),
    "abs": lambda a: np.where(np.real(a) < 0, -a, a),
    "sign": lambda a: np.sign(np.real(a)),
    "relu": lambda a: np.where(np.real(a) > 0, a, 0),
    "erf": _erf,
    "sin": np.sin,
    "cos": np.cos,
    "pi": lambda a: np.float64(np.pi),
}  # fmt: skip
