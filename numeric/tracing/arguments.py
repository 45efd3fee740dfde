"""What is said of the arguments: shapes, labels, the rest  ->  symbolic arguments, and concrete ones.

shapes = {"x": ("N", "D"), "w": ("D", "4*H"), "eps": (), "layers": [("n1", "n0"), ("n2", "n1")]}
"""

from __future__ import annotations

import keyword
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np

from derive.arrays.unrolling import part_name
from derive.arrays.values import Along, Declared, View

from .array import SymbolicArray
from .buffers import Buffer
from .grids import Axes, Factor, Grid, integers, merged, names, new_cells
from .labels import Labels
from .refusal import WrongUse
from .wording import meant

GIVEN = "size_"  # a size that was given as an integer, while nothing hangs on its value
Size = int | str


@dataclass(frozen=True)
class Leaf:
    """One array: its name in the report, the path to it (argument first), its sizes, its classes if it holds labels."""

    name: str
    path: tuple[Any, ...]
    sizes: tuple[tuple[Factor, ...], ...]
    classes: tuple[Factor, ...] | None = None

    @property
    def shown(self) -> str:
        """The shape as it was given."""
        sizes = ["*".join(map(str, s)) or "1" for s in self.sizes]
        return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"


@dataclass(frozen=True)
class Arguments:
    """All arrays, and everything that is passed as it is."""

    leaves: tuple[Leaf, ...]
    structure: Mapping[str, Any]  # argument -> Leaf, or lists and dicts of them
    passed: Mapping[str, Any] = field(default_factory=dict)

    def leaf(self, name: str) -> Leaf:
        """The leaf of a name."""
        return next(leaf for leaf in self.leaves if leaf.name == name)

    @property
    def given(self) -> frozenset[int]:
        """Integers among the sizes."""
        every = [s for leaf in self.leaves for s in (*leaf.sizes, leaf.classes or ())]
        return frozenset(f for s in every for f in s if isinstance(f, int) and f > 1)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names among the sizes."""
        every = [s for leaf in self.leaves for s in (*leaf.sizes, leaf.classes or ())]
        return tuple(dict.fromkeys(f for s in every for f in s if isinstance(f, str)))

    def in_one_order(self) -> Arguments:
        """H*K for K*H too: the order only says how the positions of an axis may be numbered."""
        first: dict[tuple[str, ...], tuple[Factor, ...]] = {}
        new: dict[str, Leaf] = {}
        for leaf in self.leaves:
            sizes = tuple(first.setdefault(tuple(sorted(map(str, s))), s) for s in leaf.sizes)
            new[leaf.name] = replace(leaf, sizes=sizes)
        return replace(self, leaves=tuple(new.values()), structure=exchanged(self.structure, new))

    def in_reverse_order(self) -> Arguments:
        """h*2 for 2*h, in all shapes: the order only says how the positions of an axis may be numbered."""
        new = {leaf.name: _turned(leaf) for leaf in self.leaves}
        return replace(self, leaves=tuple(new.values()), structure=exchanged(self.structure, new))


def _turned(leaf: Leaf) -> Leaf:
    classes = None if leaf.classes is None else leaf.classes[::-1]
    return replace(leaf, sizes=tuple(s[::-1] for s in leaf.sizes), classes=classes)


def exchanged(part: Any, new: Mapping[str, Leaf]) -> Any:
    """The same structure of other leaves."""
    if isinstance(part, Leaf):
        return new[part.name]
    if isinstance(part, Mapping):
        return {key: exchanged(p, new) for key, p in part.items()}
    return type(part)(exchanged(p, new) for p in part)


# --- reading ----------------------------------------------------------------------------------------------------------


def read_arguments(shapes: Mapping[str, Any], labels: Mapping[str, Size], passed: Mapping[str, Any]) -> Arguments:
    """The arguments; a WrongUse says what is wrong with them."""
    if not isinstance(shapes, Mapping):
        raise WrongUse(f"shapes is a mapping from argument names to shapes, not {shapes!r}")
    for name in shapes:
        if not isinstance(name, str):
            raise WrongUse(f"shapes is keyed by the names of arguments, not by {name!r}")
    for name in sorted(shapes.keys() & passed.keys()):
        _joined(name, shapes[name], passed[name])
    if missing := sorted(set(labels) - set(shapes)):
        raise WrongUse(
            f'labels speaks of {", ".join(missing)}: give the shape too, as shapes={{"{missing[0]}": ("N",)}}'
        )
    leaves: list[Leaf] = []
    structure = {name: _read(name, name, (name,), spec, labels, leaves) for name, spec in shapes.items()}
    twice = [name for name in {leaf.name for leaf in leaves} if sum(leaf.name == name for leaf in leaves) > 1]
    if twice:
        raise WrongUse(f"two arrays are called {twice[0]!r}: give them different keys")
    found = Arguments(tuple(leaves), structure, dict(passed))
    if clash := sorted({leaf.name for leaf in leaves} & set(found.dimensions)):
        raise WrongUse(f"{clash[0]!r} is an array and a dimension: rename the dimension")
    return found


def _joined(name: str, shape: Any, value: Any) -> None:
    """An argument may be a dict of arrays and of flags; nothing else is given twice."""
    if not (isinstance(shape, Mapping) and isinstance(value, dict)):
        raise WrongUse(f"{name}: given in shapes, and passed as it is; one of them")
    if both := [str(key) for key in shape if key in value]:
        raise WrongUse(f"{name}[{both[0]!r}]: given in shapes, and passed as it is; one of them")


def _read(
    name: str, argument: str, path: tuple[Any, ...], spec: Any, labels: Mapping[str, Size], leaves: list[Leaf]
) -> Any:
    if isinstance(spec, Mapping):
        return {
            key: _read(
                key if isinstance(key, str) else f"{name}[{key!r}]", argument, (*path, key), part, labels, leaves
            )
            for key, part in spec.items()
        }
    if isinstance(spec, list):
        return [_read(f"{name}[{k}]", argument, (*path, k), part, labels, leaves) for k, part in enumerate(spec)]
    if isinstance(spec, tuple) and any(isinstance(s, tuple | list | Mapping) for s in spec):
        return tuple(_read(f"{name}[{k}]", argument, (*path, k), part, labels, leaves) for k, part in enumerate(spec))
    if not isinstance(spec, tuple):
        raise _no_shape(name, argument, spec)
    classes = _size(labels[argument], f"labels of {name}") if argument in labels else None
    leaf = Leaf(name, path, tuple(_size(s, f"the shape of {name}") for s in spec), classes)
    leaves.append(leaf)
    return leaf


def _no_shape(name: str, argument: str, spec: Any) -> WrongUse:
    """Neither a tuple of sizes nor something that holds such tuples."""
    what = f"the shape of {name} is a tuple of sizes, not {spec!r}"
    if isinstance(spec, str) and not spec.isidentifier():
        return WrongUse(f'{what}\n  write ("N", "D") for N rows of D columns')
    if isinstance(spec, str | int) and not isinstance(spec, bool):
        inside = "\n  a list stands for several arrays; the shape of one is a tuple" if name != argument else ""
        return WrongUse(f"{what}\n  write ({spec!r},) for a vector of that size, () for a scalar{inside}")
    return WrongUse(what)


def _size(s: Any, where: str) -> tuple[Factor, ...]:
    """4, "N", "4*H" -> factors"""
    factors: list[Factor] = []
    for part in [s] if isinstance(s, int | np.integer) else str(s).replace(" ", "").split("*"):
        text = str(part)
        if text.isdigit() and int(text) > 0 and not isinstance(s, bool):
            factors.append(int(text))
        elif isinstance(s, str) and text.isidentifier() and not keyword.iskeyword(text):
            factors.append(text)
        else:
            raise WrongUse(f"{where}: {s!r} is no size; sizes are names, positive integers and products: 'N', 4, '4*H'")
    return tuple(factors)


# --- symbolic ---------------------------------------------------------------------------------------------------------


def _axes(leaf: Leaf, concrete: frozenset[int], numbers: Mapping[str, int]) -> Axes:
    """The axes, integers that nothing hangs on as dimensions."""

    def factor(f: Factor) -> Factor:
        value = numbers.get(f, f) if isinstance(f, str) else f
        return value if isinstance(value, str) or value in concrete or value == 1 else f"{GIVEN}{value}"

    every = (*leaf.sizes, *(() if leaf.classes is None else (leaf.classes,)))
    return tuple(merged(map(factor, s)) for s in every)


@dataclass(frozen=True)
class Symbols:
    """The symbolic arguments of one trace."""

    arguments: Arguments
    grids: Mapping[str, Grid]  # leaf -> its formulas; of labels the one-hot ones
    sources: Mapping[str, Grid]  # leaf -> the declared arrays; of labels each row is one, whatever the classes are
    known: Mapping[str, int]

    def shapes(self) -> dict[str, tuple[Size, ...]]:
        """Every declared array and its shape."""
        return {v.name: v.shape for g in self.sources.values() for v in g.cells.ravel()}

    def sizes(self, dims: Mapping[str, int]) -> dict[str, int]:
        """The sizes of all names among the axes of sources."""
        given = {f for g in self.sources.values() for f in names(g.axes) if f.startswith(GIVEN)}
        return {**{f: int(f.removeprefix(GIVEN)) for f in given}, **dims}


def at_sizes(shapes: Mapping[str, tuple[Size, ...]], dims: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """Shapes in numbers."""
    return {name: tuple(dims[s] if isinstance(s, str) else s for s in shape) for name, shape in shapes.items()}


def symbols(arguments: Arguments, concrete: frozenset[int], numbers: Mapping[str, int] | None = None) -> Symbols:
    """`concrete` integers become cells, others stand as dimensions; `numbers` gives sizes to named dimensions."""
    grids, sources = {}, {}
    for leaf in arguments.leaves:
        axes = _axes(leaf, concrete, numbers or {})
        if leaf.classes is not None and integers(axes[-1:]):
            sources[leaf.name], grids[leaf.name] = _rows(leaf.name, axes)
        else:
            sources[leaf.name] = grids[leaf.name] = _declared(leaf.name, axes, names(axes))
    known = {f"{GIVEN}{n}": n for n in arguments.given - concrete}
    return Symbols(arguments, grids, sources, known)


def _declared(name: str, axes: Axes, shape: tuple[Size, ...]) -> Grid:
    """A free array in every cell."""
    cells = new_cells(integers(axes))
    for at in np.ndindex(cells.shape):
        cells[at] = Declared(part_name(name, at), shape)
    return Grid(axes, cells)


def _rows(name: str, axes: Axes) -> tuple[Grid, Grid]:
    """Labels below a given number: every row one array (..., C), and its elements as cells."""
    classes = math.prod(integers(axes[-1:]))
    if names(axes[-1:]):
        raise WrongUse(f"the classes of {name} are a name or an integer, no product")
    source = _declared(name, axes[:-1], (*names(axes), classes))
    cells = new_cells(integers(axes))
    for at in np.ndindex(cells.shape):
        row = source.cells[at[:-1]]
        along = tuple(map(Along, range(len(row.shape) - 1)))
        cells[at] = View(row, row.shape[:-1], (*along, at[-1]))
    return Grid((*axes[:-1], (f"{GIVEN}{classes}",)), source.cells), Grid(axes, cells)


def symbolic_values(s: Symbols) -> dict[str, Any]:
    """Argument -> what the traced function is given."""

    def value(part: Any) -> Any:
        if isinstance(part, Leaf):
            g = s.grids[part.name]
            return Labels(g) if part.classes is not None else SymbolicArray(Buffer(g, "f", part.name))
        if isinstance(part, Mapping):
            return {key: value(p) for key, p in part.items()}
        return type(part)(value(p) for p in part)

    return together({name: value(part) for name, part in s.arguments.structure.items()}, s.arguments.passed)


# --- concrete ---------------------------------------------------------------------------------------------------------


def assembled(g: Grid, dims: Mapping[str, int], arrays: Mapping[str, Mapping[tuple[int, ...], Fraction]]) -> Any:
    """The elements of all cells, exact, in the shape that NumPy would give them."""
    factors = [f for axis in g.axes for f in axis]
    out = np.empty([f if isinstance(f, int) else dims[f] for f in factors], dtype=object)
    ints = [k for k, f in enumerate(factors) if isinstance(f, int)]
    named = [k for k, f in enumerate(factors) if isinstance(f, str)]
    for at in np.ndindex(g.cells.shape):
        for inside, value in arrays[g.cells[at].name].items():
            where = [0] * len(factors)
            for k, p in zip((*ints, *named), (*at, *inside), strict=True):
                where[k] = p
            out[tuple(where)] = value
    sizes = [math.prod(f if isinstance(f, int) else dims[f] for f in axis) for axis in g.axes]
    return out.reshape(sizes)


def as_floats(x: Any) -> Any:
    """Exact values as floats; integers stay integers, a scalar is a float."""
    if x.dtype != object:
        return x
    floats = np.array([float(v) for v in x.ravel()], dtype=float).reshape(x.shape)
    return floats if floats.ndim else float(floats)


def concrete_values(arguments: Arguments, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Argument -> what the real function is given; arrays are copied."""

    def value(part: Any) -> Any:
        if isinstance(part, Leaf):
            x = arrays[part.name]
            return np.array(x) if isinstance(x, np.ndarray) else x
        if isinstance(part, Mapping):
            return {key: value(p) for key, p in part.items()}
        return type(part)(value(p) for p in part)

    return together({name: value(part) for name, part in arguments.structure.items()}, arguments.passed)


def together(arrays: Mapping[str, Any], passed: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays, and copies of what is passed as it is; dicts of both are joined: {"eps": ()} and {"mode": "train"}."""
    found = dict(arrays)
    for name, value in passed.items():
        own = copied(value)
        found[name] = {**own, **arrays[name]} if name in arrays else own
    return found


def copied(value: Any) -> Any:
    """What traced code may change is copied: dicts, lists and arrays, and what is in them."""
    if isinstance(value, dict):
        return {key: copied(part) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(copied, value))
    return value.copy() if isinstance(value, np.ndarray) else value


def leaves_of(part: Any) -> Iterator[Leaf]:
    """The leaves below a part of the structure, in order."""
    if isinstance(part, Leaf):
        yield part
        return
    for p in part.values() if isinstance(part, Mapping) else part:
        yield from leaves_of(p)


def named_leaves(arguments: Arguments, wrt: Iterable[str]) -> list[Any]:
    """wrt: names of arrays, or of arguments that hold several."""
    found = []
    for name in wrt:
        matching = [leaf for leaf in arguments.leaves if leaf.name == name]
        part = matching[0] if matching else arguments.structure.get(name)
        if part is None:
            names = [leaf.name for leaf in arguments.leaves]
            known = ", ".join(names)
            raise WrongUse(f"wrt names {name!r}, which is no array of shapes; there are {known}{meant(name, names)}")
        for leaf in leaves_of(part):
            if leaf.classes is not None:
                raise WrongUse(f"wrt names {leaf.name!r}, which holds labels: there is no derivative in integers")
        found.append(part)
    return found
