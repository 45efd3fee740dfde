"""Both functions run once on symbolic arrays: what comes out, and what was seen on the way."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from derive.arrays.unrolling import part_name
from derive.arrays.values import Declared, Value, in_order

from . import formulas as form
from .arguments import Symbols, symbolic_values, symbols
from .array import SymbolicArray, grid_of, is_array
from .bindings import rebound
from .buffers import Buffer
from .context import Trace, running
from .creation import UNSET
from .fancy import fetch, store
from .functions import function
from .grids import Grid, elementwise, integers, names, new_cells, size
from .polynomials import Polynomial
from .problem import Outputs, Problem, dout_name
from .reductions import total
from .refusal import NoLoss, NotCovered, Place, WantsInteger, WrongUse, is_user_code, listening, place_of
from .stretches import Stretch
from .ufuncs import ufunc


@dataclass(frozen=True)
class Stopped:
    """Why there is no trace; `sizes` are dimensions that would have to be integers; `broken`: which function
    raised, forward or backward."""

    reason: str
    place: Place | None = None
    sizes: tuple[str, ...] = ()
    broken: str = ""


@dataclass(frozen=True)
class Traced:
    """The loss, the gradients, and what the verdict rests on."""

    symbols: Symbols
    outputs: tuple[Grid, ...]
    douts: Mapping[str, Grid]
    loss: Value
    gradients: Mapping[str, Grid | None]
    changed: Mapping[str, Place | None]
    conditions: tuple[str, ...]
    steps: tuple[tuple[Grid, Place | None], ...]
    forward_steps: int
    numbers: Mapping[Any, Place | None]
    run: Outputs
    asked: frozenset[str] = frozenset()  # given sizes of which the value decided something
    derived: Mapping[str, Polynomial] = field(default_factory=dict)  # sizes like T-1
    least: Mapping[str, int] = field(default_factory=dict)
    views: tuple[tuple[int, Grid, Place | None], ...] = ()  # x.T, x[:, None] and the steps before them
    choices: tuple[Grid, ...] = ()  # one-hot arrays of largest elements, right where no two are largest
    stretches: tuple[Stretch, ...] = ()  # matrices that stand for positions; only proofs hold, nothing is refuted

    def cells(self, name: str) -> list[tuple[Declared, Value]]:
        """The parts of a variable, and what the backward function returns for each."""
        own, given = self.symbols.grids[name], self.gradients[name]
        assert given is not None
        pairs = zip(own.cells.ravel(), given.cells.ravel(), strict=True)
        return [(v, form.filled(value, v.shape)) for v, value in pairs]

    def forward(self) -> list[tuple[Grid, Place | None]]:
        """What the forward function computed, and what it looked at in another way, in order."""
        both = [(k, 1, g, at) for k, (g, at) in enumerate(self.steps[: self.forward_steps])]
        both += [(k, 0, g, at) for k, g, at in self.views]
        return [(g, at) for _, _, g, at in sorted(both, key=lambda row: row[:2])]

    @property
    def cut(self) -> bool:
        """Were axes of named size cut?"""
        return bool(self.derived or self.stretches)

    def complete(self, dims: Mapping[str, int]) -> dict[str, int]:
        """Sizes that are large enough, and those that follow from them."""
        raised = {n: max(size, self.least.get(n, 1)) for n, size in dims.items()}
        return raised | {n: p.at(raised) for n, p in self.derived.items()}

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Every named size."""
        sizes = (s for shape in self.shapes().values() for s in shape if isinstance(s, str))
        return tuple(dict.fromkeys(s for s in sizes if s not in self.derived))

    def douts_declared(self) -> tuple[str, ...]:
        """The declared arrays of the arriving gradients."""
        return tuple(v.name for g in self.douts.values() for v in g.cells.ravel())

    @property
    def unique(self) -> bool:
        """Does the trace take a largest element to be unique?"""
        return bool(self.choices)

    def shapes(self) -> dict[str, tuple[int | str, ...]]:
        """Every declared array and its shape, the arriving gradients too."""
        return self.symbols.shapes() | {v.name: v.shape for g in self.douts.values() for v in g.cells.ravel()}


def trace(
    problem: Problem,
    numbers: Mapping[str, int] | None = None,
    concrete: frozenset[int] = frozenset(),
    cuts: bool = False,
) -> Traced | Stopped:
    """The trace; integers that turn out to matter become concrete, one after the other.

    `cuts`: x[1:] on an axis of named size is followed, as a matrix that stands for the positions.
    """
    while True:
        found = _once(problem, numbers or {}, concrete, cuts)
        if not isinstance(found, Stopped) or not found.sizes:
            return found
        known = symbols(problem.arguments, concrete, numbers).known
        more = {known[name] for name in found.sizes if name in known}
        if not more:
            return found
        concrete |= more


def _once(problem: Problem, numbers: Mapping[str, int], concrete: frozenset[int], cuts: bool) -> Traced | Stopped:
    made = symbols(problem.arguments, concrete, numbers)
    axes = tuple(axis for g in made.grids.values() for axis in g.axes)
    watch = Trace(ufunc, function, fetch, store, known=made.known, axes=axes, cuts=cuts)
    douts: dict[str, Grid] = {}
    forward: list[int] = []

    def between() -> None:
        forward.append(len(watch.steps))
        watch.stage = "backward"

    def dout(k: int, g: Grid) -> Any:
        name = dout_name(k)
        while any(leaf.name == name for leaf in problem.arguments.leaves):
            name += "_"
        douts[name] = declared(name, g)
        return SymbolicArray(Buffer(douts[name], "f", name))

    with (
        listening() as heard,
        running(watch),
        rebound([problem.first, problem.second, *problem.arguments.passed.values()]) as caught,
    ):
        try:
            found = problem.run(lambda: symbolic_values(made), grid_of, dout, between)
            outputs = found.values
            gradients = {name: None if g is None else grid_of(g) for name, g in found.gradients.items()}
            loss = _loss(outputs, tuple(douts.values()))
        except WrongUse:
            raise
        except NotCovered as stop:
            heard.append(stop)
        except Exception as error:
            if not heard:
                return _broken(error, bool(forward))
    if heard:
        return _stopped(heard[0])
    if caught.found:
        return _caught(*caught.found[0])
    if _holds_unset((*outputs, *gradients.values(), *watch.choices)):
        return Stopped("a result contains elements of np.empty that were never set")
    if by_value := _equal_by_value(made, gradients):
        return Stopped("a gradient has the shape of its array for the given sizes alone", None, by_value)
    return Traced(
        made,
        outputs,
        douts,
        loss,
        gradients,
        dict(watch.changed),
        (*watch.conditions, *(f"{n} >= {k}" for n, k in watch.least.items() if k > 1)),
        tuple(watch.steps),
        forward[0] if forward else 0,
        dict(watch.numbers),
        found,
        frozenset(watch.asked),
        dict(watch.derived),
        dict(watch.least),
        tuple((k, made.known[1], at) for k, made, at in watch.views if made.known is not None),
        tuple(watch.choices),
        tuple(watch.stretches.values()),
    )


def _equal_by_value(made: Symbols, gradients: Mapping[str, Grid | None]) -> tuple[str, ...]:
    """Given sizes without which an array and its gradient would differ in shape: (N, 2), and two rows stacked."""
    found: dict[str, None] = {}
    for name, g in gradients.items():
        own = made.grids[name].axes
        if g is None or g.axes == own or len(g.axes) != len(own):
            continue
        pairs = [(size(a), size(b)) for a, b in zip(own, g.axes, strict=True)]
        if all(a.where(made.known) == b.where(made.known) for a, b in pairs):
            found |= dict.fromkeys(n for a, b in pairs if a != b for n in (*a.names, *b.names) if n in made.known)
    return tuple(found)


def trace_function(called: Any, made: Symbols) -> Grid | Stopped:
    """What one function of the arguments gives; nothing is differentiated."""
    watch = Trace(ufunc, function, fetch, store, known=made.known)
    with listening() as heard, running(watch), rebound([called, *made.arguments.passed.values()]) as caught:
        try:
            found = grid_of(called(**symbolic_values(made)))
        except NotCovered as stop:
            heard.append(stop)
        except Exception as error:
            if not heard:
                return _broken(error, False)
    if heard:
        return _stopped(heard[0])
    return _caught(*caught.found[0]) if caught.found else found


def _stopped(by: NotCovered) -> Stopped:
    return Stopped(str(by), by.place, by.names if isinstance(by, WantsInteger) else ())


def _caught(error: BaseException, at: Place) -> Stopped:
    """The code goes on after an exception: with other sizes or values there may be none."""
    what = f"{type(error).__name__} is caught ({error}): whether it is raised may hang on sizes and values"
    return Stopped(what, at)


def declared(name: str, like: Grid) -> Grid:
    """A free array shaped like another."""
    cells = new_cells(integers(like.axes))
    for at in np.ndindex(cells.shape):
        cells[at] = Declared(part_name(name, at), names(like.axes))
    return Grid(like.axes, cells)


def _loss(outputs: tuple[Grid, ...], douts: tuple[Grid, ...]) -> Value:
    """sum(dout * out) over all outputs; without dout the one output, of one element"""
    if not douts:
        (out,) = outputs
        if any(axis != () for axis in out.axes):
            raise NoLoss("the loss has one element: return a number, not an array")
        return out.cells.reshape(())[()]
    parts = [elementwise(form.multiply, d, o) for d, o in zip(douts, outputs, strict=True)]
    return form.add(*(total(p, tuple(range(len(p.axes)))).cells[()] for p in parts))


def _holds_unset(grids: Iterable[Grid | None]) -> bool:
    nodes = in_order(*(v for g in grids if g is not None for v in g.cells.ravel()))
    return any(isinstance(node, Declared) and node.name.startswith(UNSET) for node in nodes)


def _broken(error: Exception, backward: bool) -> Stopped:
    """The traced code raised: where."""
    frames = [f for f, _ in traceback.walk_tb(error.__traceback__)]
    lines = [n for _, n in traceback.walk_tb(error.__traceback__)]
    at = None
    for frame, line in zip(frames, lines, strict=True):
        if is_user_code(frame.f_globals.get("__name__", "")):
            at = place_of(frame)
            at = Place(at.file, line, at.function, _line(at.file, line))
    return Stopped(f"{type(error).__name__}: {error}", at, broken="backward" if backward else "forward")


def _line(file: str, number: int) -> str:
    return linecache.getline(file, number).strip()


__all__ = ["Stopped", "Traced", "declared", "is_array", "trace"]
