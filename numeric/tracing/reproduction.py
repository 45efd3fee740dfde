"""The real functions at concrete points: does the trace say what they do?

A verdict speaks of the functions, not of their trace; so before any verdict both are run at small points and compared.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from derive.arrays.draws import Draw, draws

from .arguments import GIVEN, as_floats, assembled, at_sizes, concrete_values
from .assumptions import Assumptions
from .grids import Grid
from .numbers import Numbers
from .problem import Outputs, Problem
from .refusal import WrongUse
from .run import Traced

SIZES = ((2, 3, 4, 5, 6, 7), (3, 2, 5, 4), (1, 2, 3), (4, 3, 2, 5))
CLOSE = 1e-7  # relative to the largest entry: floats of a trace and of the function, in another order


@dataclass(frozen=True)
class Point:
    """Concrete sizes and arrays: leaves as the functions get them, declared arrays as formulas name them."""

    dims: Mapping[str, int]
    leaves: Mapping[str, Any]
    douts: tuple[Any, ...]
    declared: Mapping[str, Any]


@dataclass(frozen=True)
class Ran:
    """What the real functions gave at a point; `error`: what they raised, and in which of them."""

    outputs: Outputs | None
    error: str = ""
    backward: bool = False
    changed: tuple[str, ...] = ()


def sizes_of(names: Iterable[str], attempt: int, kept: Iterable[str] | None = None) -> dict[str, int]:
    """A small size for every dimension; `kept` ones (all that were given as integers, if None) have their values."""
    chosen, found, k = SIZES[attempt % len(SIZES)], {}, 0
    for name in names:
        if name.startswith(GIVEN) and (kept is None or name in kept):
            found[name] = int(name.removeprefix(GIVEN))
        else:
            found[name] = chosen[k % len(chosen)]
            k += 1
    return found


def points(traced: Traced, assumptions: Assumptions, dims: Mapping[str, int], seed: int = 0) -> Iterator[Point]:
    """Points of these sizes that satisfy what is assumed; sizes that are too small for the code are made larger."""
    dims = traced.complete(dims)
    shapes = at_sizes(traced.shapes(), dims)
    facts = assumptions.facts(traced.symbols, dims)
    for draw in draws(shapes, facts=facts, seed=seed):
        yield point_of(traced, draw, dims)


def point_of(traced: Traced, draw: Draw, dims: Mapping[str, int]) -> Point:
    """The arrays of a draw, put together as the functions want them."""
    leaves, sizes = {}, traced.symbols.sizes(dims)
    for leaf in traced.symbols.arguments.leaves:
        x = assembled(traced.symbols.sources[leaf.name], sizes, draw.arrays)
        leaves[leaf.name] = x.argmax(axis=-1) if leaf.classes is not None else as_floats(x)
    douts = tuple(as_floats(assembled(g, dims, draw.arrays)) for g in traced.douts.values())
    declared = {name: _floats(cells) for name, cells in draw.arrays.items()}
    declared |= {s.name: s.numbers(dims) for s in traced.stretches}
    return Point(dict(dims), leaves, douts, declared)


def _floats(cells: Mapping[tuple[int, ...], Any]) -> Any:
    shape = tuple(1 + max(at) for at in zip(*cells, strict=True)) if () not in cells else ()
    out = np.zeros(shape)
    for at, value in cells.items():
        out[at] = float(value)
    return out


def run_real(problem: Problem, point: Point) -> Ran:
    """The functions themselves, on copies; which arrays of the caller they change."""
    given: list[Any] = []
    stage = []

    def values() -> Any:
        given.append(concrete_values(problem.arguments, point.leaves))
        before.append(_flat(given[-1]))
        return given[-1]

    before: list[dict[str, Any]] = []
    douts = [np.array(d) if isinstance(d, np.ndarray) else d for d in point.douts]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            found = problem.run(values, np.array, lambda k, _: douts[k], lambda: stage.append(True))
        except WrongUse:
            raise
        except Exception as error:
            return Ran(None, f"{type(error).__name__}: {error}", bool(stage))
    changed = [k for was, now in zip(before, map(_flat, given), strict=True) for k in was if _differ(was[k], now[k])]
    for k, (was, now) in enumerate(zip(point.douts, douts, strict=True)):
        if _differ(was, now):
            changed.append("dout" if k == 0 else f"dout{k + 1}")
    return Ran(found, changed=tuple(dict.fromkeys(changed)))


def _differ(a: Any, b: Any) -> bool:
    return not np.array_equal(a, b, equal_nan=True)


def _flat(values: Any, name: str = "") -> dict[str, Any]:
    """Every array below, copied, by a name of its own."""
    if isinstance(values, Mapping):
        return {
            k: v for key, part in values.items() for k, v in _flat(part, f"{name}.{key}" if name else str(key)).items()
        }
    if isinstance(values, list | tuple):
        return {k: v for j, part in enumerate(values) for k, v in _flat(part, f"{name}[{j}]").items()}
    return {name: np.array(values)} if isinstance(values, np.ndarray) and values.dtype.kind in "fiub" else {}


@dataclass(frozen=True)
class Comparison:
    """`agree`, or `differ`, or neither where there are no numbers to compare; what is said of it, if anything is."""

    agree: bool = False
    differ: bool = False
    text: str = ""
    beyond: bool = False  # the functions give numbers where the trace, and so the verdict, is not defined
    fails: str = ""  # what the backward function does where the forward one gives numbers: it raises, or gives none
    raises: bool = False


def compared(traced: Traced, point: Point, ran: Ran) -> Comparison:
    """The numbers of the functions beside those of the trace."""
    numbers = Numbers(point.dims, point.declared)
    if tied(traced, numbers):
        return Comparison(text="two elements are the largest, of which np.argmax takes the first")
    if ran.outputs is None:
        grids = [*traced.outputs, *(g for g in traced.gradients.values() if g is not None)]
        fails = f"raises {ran.error}" if ran.backward and _defined(numbers, traced.outputs) else ""
        if not _defined(numbers, grids):
            return Comparison(fails=fails, raises=bool(fails))  # 1 / (N - 1) where N is 1
        return Comparison(text=f"the functions raise {ran.error}", fails=fails, raises=bool(fails))
    pairs = [(f"output {k + 1}", g, v) for k, (g, v) in enumerate(zip(traced.outputs, ran.outputs.values, strict=True))]
    pairs += [
        (f"the gradient of {n}", g, ran.outputs.gradients.get(n)) for n, g in traced.gradients.items() if g is not None
    ]
    undefined, one_sided = False, ""
    for what, g, real in pairs:
        ours, real = numbers.grid(g), np.asarray(real, dtype=float)
        if ours.shape != real.shape:
            return Comparison(differ=True, text=f"{what} has shape {real.shape}, its trace {ours.shape}")
        defined, real_defined = bool(np.isfinite(ours).all()), bool(np.isfinite(real).all())
        if defined and real_defined:
            if not np.allclose(ours, real, rtol=CLOSE, atol=CLOSE * max(1.0, float(np.max(np.abs(real), initial=0)))):
                return Comparison(differ=True, text=f"{what} is {_shown_at(real, ours)}")
        elif real_defined:
            one_sided = f"{what} is a number, its trace is not defined there"
        else:
            undefined = True
    if undefined:
        return Comparison(fails="gives no numbers" if _defined(numbers, traced.outputs) else "")
    return Comparison(text=one_sided, beyond=True) if one_sided else Comparison(agree=True)


def tied(traced: Traced, numbers: Numbers) -> bool:
    """Is a largest element attained twice, where the trace takes it to be unique?"""
    return any(bool(np.any(np.sum(numbers.grid(hot), axis=-1) != 1)) for hot in traced.choices)


def _shown_at(real: Any, ours: Any) -> str:
    """The element where both are farthest apart."""
    at = np.unravel_index(int(np.argmax(np.abs(real - ours))), real.shape)
    place = f" at [{', '.join(map(str, at))}]" if at else ""
    return f"{real[at]:.10g}{place}, by its trace {ours[at]:.10g}"


def _defined(numbers: Numbers, grids: Iterable[Grid]) -> bool:
    return all(bool(np.isfinite(numbers.grid(g)).all()) for g in grids)


def departure(traced: Traced, point: Point, ran: Ran) -> str | None:
    """Where the trace and the functions give different numbers; None where they agree, "" where nothing is defined."""
    found = compared(traced, point, ran)
    if found.agree:
        return None
    return found.text if found.differ or ran.outputs is None else ""
