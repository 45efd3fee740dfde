"""The array that traced code works with: NumPy's behaviour, formulas inside."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from derive import ShapeError
from derive.arrays.values import Dimension, children, in_order

from . import formulas as form
from .buffers import Buffer, Step
from .constants import exact
from .context import active, asked_by_user_code
from .grids import (
    Axes,
    Grid,
    integers,
    map_cells,
    names,
    new_cells,
    number_of_elements,
    permuted,
    shown,
    single,
    size,
    size_value,
)
from .joining import stacked
from .labels import Count, Labels
from .operators import NUMBERS_WANTED, VALUELESS, InPlace, Operators, Valueless
from .polynomials import Polynomial
from .refusal import NotCovered, WantsInteger, place
from .reshaping import reshaped
from .selecting import added_to, is_basic, leaves_one_piece, read, selection, written
from .sizes import SymbolicSize, as_size, polynomial_of


def sizes_of(grids: Iterable[Grid]) -> tuple[str, ...]:
    """The dimensions that numbers made of sizes alone hang on; () if anything else is in them."""
    grids = tuple(grids)
    nodes = in_order(*(v for g in grids for v in g.cells.ravel()))
    if any(g.axes for g in grids) or not all(isinstance(n, form.Constant | Dimension) or children(n) for n in nodes):
        return ()
    return tuple(dict.fromkeys(n.name for n in nodes if isinstance(n, Dimension)))


ONLY_SHAPES = "only shapes, flags and given numbers can be asked: write np.where, or multiply by (condition)"
DTYPES = {"f": np.dtype(np.float64), "b": np.dtype(np.bool_), "i": np.dtype(np.int64)}


def _method(function: Any) -> Any:
    """x.f(...) as f(x, ...)"""

    def method(self: SymbolicArray, *given: Any, **options: Any) -> Any:
        return active().function(function, (self, *given), options)

    method.__doc__ = f"numpy.{function.__name__}"
    return method


class SymbolicArray(Operators, InPlace, Valueless):
    """A view of a buffer; most arrays are the whole of one."""

    __slots__ = ("buffer", "contiguous", "known", "steps")

    def __init__(self, buffer: Buffer, steps: tuple[Step, ...] = (), contiguous: bool = True) -> None:
        self.buffer, self.steps, self.contiguous = buffer, steps, contiguous
        self.known: tuple[int, Grid] | None = None

    @property
    def grid(self) -> Grid:
        """What the array is now."""
        if self.known is None or self.known[0] != self.buffer.version:
            self.known = self.buffer.version, self.buffer.read(self.steps)
        return self.known[1]

    @property
    def kind(self) -> str:
        """f for floats, i for integers, b for booleans."""
        return self.buffer.kind

    # ---- what an array says of itself

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # isinstance(x, np.ndarray) is what traced code asks
        return np.ndarray

    @property
    def axes(self) -> Axes:
        return self.grid.axes

    @property
    def shape(self) -> tuple[Any, ...]:
        return tuple(as_size(size(axis)) for axis in self.axes)

    @shape.setter
    def shape(self, _: Any) -> None:
        raise NotCovered("x.shape = ...", "write x = x.reshape(...)")

    @property
    def ndim(self) -> int:
        return len(self.axes)

    @property
    def size(self) -> Any:
        return as_size(number_of_elements(self.grid, range(self.ndim)))

    @property
    def dtype(self) -> Any:
        return DTYPES[self.kind]

    @property
    def T(self) -> SymbolicArray:
        return self.transpose()

    @property
    def mT(self) -> SymbolicArray:
        return self.swapaxes(-1, -2)

    @property
    def real(self) -> SymbolicArray:
        return self

    @property
    def flat(self) -> Any:
        raise NotCovered("x.flat", "write x.ravel()")

    def __repr__(self) -> str:
        if asked_by_user_code():
            raise NotCovered("the digits of an array as a text", VALUELESS)
        return f"<array of shape {shown(self.axes)}>"

    def __str__(self) -> str:
        if asked_by_user_code():
            raise NotCovered("the digits of an array as a text", VALUELESS)
        return f"<array of shape {shown(self.axes)}>"

    def __format__(self, _spec: str) -> str:
        if asked_by_user_code():
            raise NotCovered("the digits of an array as a text", VALUELESS)
        return f"<array of shape {shown(self.axes)}>"

    def __hash__(self) -> int:  # type: ignore[override]
        if not self.axes:
            raise NotCovered("a number of the trace in a set, or as the key of a dictionary", VALUELESS)
        raise TypeError("unhashable type: 'numpy.ndarray'")

    def __float__(self) -> float:
        return float(self._number("float() of an array"))

    def __int__(self) -> int:
        return int(self._number("int() of an array"))

    def __round__(self, digits: Any = None) -> Any:
        return round(self._number("round() of an array"), digits)

    def __floor__(self) -> Any:
        return math.floor(self._number("a whole number made of an array"))

    def __ceil__(self) -> Any:
        return math.ceil(self._number("a whole number made of an array"))

    def __trunc__(self) -> Any:
        return math.trunc(self._number("a whole number made of an array"))

    def _number(self, what: str) -> float:
        """The number that it is, or that it would be if sizes were given as integers."""
        if sizes := sizes_of([self.grid]):
            raise WantsInteger(what.replace("an array", "sizes"), sizes)
        if self.axes or not isinstance(value := self.grid.cells[()], form.Constant):
            raise NotCovered(what, VALUELESS)
        return float(value.value)

    def __sizeof__(self) -> int:
        raise NotCovered("sys.getsizeof() of an array")

    def __len__(self) -> int:
        if not self.axes:
            raise TypeError("len() of unsized object")
        length = self.shape[0]
        if isinstance(length, SymbolicSize):
            raise WantsInteger(f"len() is {length}", length.polynomial.names)
        return int(length)

    def __iter__(self) -> Iterator[Any]:
        if not self.axes:
            raise TypeError("iteration over a 0-d array")
        length = self.shape[0]
        if isinstance(length, SymbolicSize):
            raise WantsInteger(f"a loop over the {length} rows of an array", length.polynomial.names)
        return (self[k] for k in range(length))

    def __bool__(self) -> bool:
        g = self.grid
        if g.cells.shape == () and isinstance(value := g.cells[()], form.Constant):
            return bool(value.value)
        raise NotCovered("control flow on the values of an array", ONLY_SHAPES)

    def __getattr__(self, name: str) -> Any:
        if not hasattr(np.ndarray, name) or (name.startswith("__") and not asked_by_user_code()):
            raise AttributeError(f"'numpy.ndarray' object has no attribute {name!r}", name=name, obj=self)
        raise NotCovered(NUMBERS_WANTED if name.startswith("__") else f"ndarray.{name}")

    # ---- reading and writing

    def __getitem__(self, key: Any) -> Any:
        parts = _parts(key)
        if not is_basic(parts):
            return active().fetch(self, parts)
        chosen = selection(self.axes, parts)
        if not chosen.left():
            return wrap(read(self.grid, chosen), self.kind)
        add = (lambda g, new: added_to(g, chosen, new)) if chosen.cut else None
        step = Step(lambda g: read(g, chosen), lambda g, new: written(g, chosen, new), add, chosen)
        return self.view_of(step, self.contiguous and leaves_one_piece(parts))

    def __setitem__(self, key: Any, new: Any) -> None:
        parts = _parts(key)
        if not is_basic(parts):
            active().store(self, parts, new)
            return
        chosen = selection(self.axes, parts)
        if is_array(new) and new.buffer is self.buffer and _same_view(new.steps, self.steps, chosen):
            return  # x[1:] += a: the view has been written into, Python puts it back
        self.put(written(self.grid, chosen, grid_of(new)), kind_into(self, new))

    def in_place(self, ufunc: Any, other: Any) -> Any:
        """a += b"""
        found = active().ufunc(ufunc, "__call__", (self, other), {})
        if not self.axes:
            return found
        if ufunc in (np.add, np.subtract) and self.steps and self.steps[-1].add is not None:
            change = grid_of(other)
            self.put(change if ufunc is np.add else map_cells(change, form.negative), found.kind, add=True)
        else:
            self.put(found.grid, found.kind)
        return self

    def put(self, new: Grid, kind: str, add: bool = False) -> None:
        """Everything in place, or something added to it; an array of integers or booleans takes its own kind only."""
        if kind != self.kind and self.kind != "f" and not (self.kind == "i" and kind == "b"):
            raise NotCovered(f"floats written into an array of {self.dtype}", "NumPy would cut them off")
        self.buffer.write(self.steps, new, add)

    # ---- views

    def view_of(self, step: Step, contiguous: bool) -> SymbolicArray:
        """What a step sees of this array."""
        made = SymbolicArray(self.buffer, (*self.steps, step), contiguous)
        trace = active()
        if trace.stage == "forward":
            trace.views.append((len(trace.steps), made, place()))
        return made

    def transpose(self, *axes: Any) -> SymbolicArray:
        """Axes in another order; without arguments in reverse order."""
        given: Any = axes[0] if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], tuple | list)) else axes
        order = tuple(range(self.ndim))[::-1] if not given else tuple(int(k) % self.ndim for k in given)
        if sorted(order) != list(range(self.ndim)):
            raise ShapeError(f"transpose{tuple(given)} of an array of shape {shown(self.axes)}")
        back = tuple(order.index(k) for k in range(self.ndim))
        long = [k for k in order if self.axes[k] != ()]
        step = Step(lambda g: permuted(g, order), lambda g, new: permuted(new, back))
        return self.view_of(step, self.contiguous and long == sorted(long))

    def swapaxes(self, a: int, b: int) -> SymbolicArray:
        """Two axes exchanged."""
        order = list(range(self.ndim))
        order[a], order[b] = order[b], order[a]
        return self.transpose(order)

    def reshape(self, *shape: Any, order: str = "C", **_: Any) -> SymbolicArray:
        """Other axes, elements in the same order; a view where the array lies in one piece."""
        if order != "C" and not (order in ("A", "K") and self.contiguous):
            raise NotCovered(f"reshape with order={order!r}")
        given = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
        sizes: list[Polynomial | int] = []
        for s in given:
            p = polynomial_of(s, "a size")
            sizes.append(-1 if p.number == -1 else p)
        new = reshaped(self.grid, sizes)
        back = [size(axis) for axis in self.axes]
        forth = [size(axis) for axis in new.axes]
        if self.contiguous:
            return self.view_of(Step(lambda g: reshaped(g, forth), lambda g, fresh: reshaped(fresh, back)), True)
        return self.shared_or_not(new, "reshape")

    def shared_or_not(self, new: Grid, by: str) -> SymbolicArray:
        """What may be a view or a copy: a transpose lies in one piece where an axis has size 1."""
        made = wrap(new, self.kind)
        made.buffer.locked = self.buffer.locked = (
            f"a change in place of an array that may or may not be shared after {by}"
        )
        return made

    def ravel(self, order: str = "C") -> SymbolicArray:
        """One axis; a view where the array lies in one piece, a copy elsewhere."""
        return self.reshape(-1, order=order)

    def flatten(self, order: str = "C") -> SymbolicArray:
        """One axis, a copy."""
        return wrap(self.grid, self.kind).reshape(-1, order=order)

    def copy(self, order: str = "C") -> SymbolicArray:
        """Memory of its own."""
        return wrap(self.grid, self.kind)

    def __copy__(self) -> SymbolicArray:
        return self.copy()

    def __deepcopy__(self, _: Any) -> SymbolicArray:
        return self.copy()

    def item(self, *at: Any) -> Any:
        """One element."""
        if not at and integers(self.axes) == () and names(self.axes) == ():
            return wrap(Grid((), self.grid.cells.reshape(())), self.kind)
        return self[at]

    def fill(self, value: Any) -> None:
        """Every element the same."""
        self[...] = value

    # ---- methods that are functions too

    sum, mean, prod = _method(np.sum), _method(np.mean), _method(np.prod)
    max, min = _method(np.max), _method(np.min)
    var, std = _method(np.var), _method(np.std)
    any, all = _method(np.any), _method(np.all)
    argmax, argmin = _method(np.argmax), _method(np.argmin)
    dot, clip, squeeze = _method(np.dot), _method(np.clip), _method(np.squeeze)
    trace, diagonal = _method(np.trace), _method(np.diagonal)
    repeat, take, cumsum = _method(np.repeat), _method(np.take), _method(np.cumsum)

    def astype(self, dtype: Any, order: str = "K", casting: str = "", subok: bool = True, copy: bool = True) -> Any:
        """Real numbers stay what they are; precision is not followed.  copy=False: itself, if the type is its own."""
        kind = np.dtype(dtype).kind
        if not copy and kind == self.kind:
            if np.dtype(dtype) == self.dtype:
                return self
            raise NotCovered("astype(..., copy=False)", "whether it copies hangs on the type: leave copy=False out")
        if kind == "u" or (kind in "if" and np.dtype(dtype).itemsize < 4):
            advice = "small integers wrap around, small floats overflow: write int or float"
            raise NotCovered(f"astype({np.dtype(dtype)})", advice)
        if kind == self.kind or kind == "f" or (kind in "iu" and self.kind == "b"):
            return wrap(self.grid, kind)
        if kind == "b":
            return active().ufunc(np.not_equal, "__call__", (self, 0), {})
        raise NotCovered(f"astype({np.dtype(dtype)}) of {self.dtype}")

    def conj(self) -> SymbolicArray:
        """Real numbers are their own conjugates."""
        return self


def _same_view(steps: tuple[Step, ...], below: tuple[Step, ...], chosen: Any) -> bool:
    return bool(steps) and steps[:-1] == below and steps[-1].key == chosen


def _parts(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def wrap(g: Grid, kind: str = "f") -> SymbolicArray:
    """An array with memory of its own."""
    return SymbolicArray(Buffer(g, kind))


def is_array(x: Any) -> bool:
    """isinstance, whatever the array claims to be."""
    return type(x) is SymbolicArray


def is_symbolic(x: Any) -> bool:
    """Something that only exists while tracing."""
    return is_array(x) or isinstance(x, SymbolicSize | Labels | Count)


def grid_of(x: Any) -> Grid:
    """Anything that NumPy would take as an array."""
    if is_array(x):
        return x.grid
    if isinstance(x, SymbolicSize):
        return single(size_value(x.polynomial))
    if isinstance(x, Count):
        raise WantsInteger(f"np.arange({x.polynomial}) used as numbers", x.polynomial.names)
    if isinstance(x, Labels):
        raise NotCovered("integer labels used as numbers", "labels are used as indices: x[np.arange(N), y]")
    if isinstance(x, list | tuple):
        return grid_of_list(x)
    if isinstance(x, np.ndarray):
        cells = new_cells(x.shape)
        for at in np.ndindex(x.shape):
            cells[at] = grid_of(x[at]).cells[()] if x.dtype == object else exact(x[at])
        return Grid(tuple((n,) if n != 1 else () for n in x.shape), cells.reshape([n for n in x.shape if n != 1]))
    return single(exact(x))


def grid_of_list(parts: Any) -> Grid:
    """[a, b, c] as one array."""
    if not any(is_array(p) or isinstance(p, list | tuple | SymbolicSize | np.ndarray) for p in parts):
        return grid_of(np.asarray(parts))
    return stacked([grid_of(p) for p in parts], 0)


def kind_into(x: SymbolicArray, new: Any) -> str:
    """What is written into an array: 0 and 1 are truths for an array of truths."""
    return "b" if x.kind == "b" and type(new) is int and new in (0, 1) else kind_of(new)


def kind_of(x: Any) -> str:
    """f, i or b."""
    if is_array(x):
        return x.kind
    if isinstance(x, SymbolicSize | Labels | Count):
        return "i"
    if isinstance(x, list | tuple):
        kinds = {kind_of(p) for p in x}
        return "f" if "f" in kinds else "i" if "i" in kinds else "b"
    kind = np.asarray(x).dtype.kind
    if kind not in "fiub":
        raise NotCovered(f"an array of {np.asarray(x).dtype}")
    return "i" if kind == "u" else kind
