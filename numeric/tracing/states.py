"""What code keeps from one call to the next: a verdict on one call would not hold for the next one.

    calls += 1;  if calls > 100: ...

Numbers, texts, lengths of lists, and generators of random numbers are compared after two calls with the same arguments.
"""

from __future__ import annotations

import random
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from .reaching import Reach, content

PLAIN = (bool, int, float, str, bytes, type(None))
State = dict[tuple[int, str], str]


def state(below: Reach) -> State:
    """Every plain value that the functions can reach."""
    found: State = {(0, "random"): repr(hash(random.getstate())), (0, "np.random"): _global_numbers()}
    for f in below.functions:
        for name in set(_names(f.__code__)) & f.__globals__.keys():
            _keep(found, f.__globals__, name, f.__globals__[name])
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            _keep(found, cell, name, content(cell))
    counted = any("len" in _names(f.__code__) for f in below.functions)  # a list that nobody counts may grow
    for thing in below.things:
        if counted and type(thing) in (list, dict, set):
            found[id(thing), f"the length of a {type(thing).__name__}"] = str(len(thing))
        _inside(found, thing)
    return found


def _names(code: types.CodeType) -> Iterable[str]:
    yield from code.co_names
    for c in code.co_consts:
        if isinstance(c, types.CodeType):
            yield from _names(c)


def _global_numbers() -> str:
    return repr(np.random.get_state()[1:3])  # type: ignore[index]


def _keep(found: State, where: Any, name: str, value: Any) -> None:
    if type(value) in PLAIN:
        found[id(where), name] = repr(value)


def _inside(found: State, thing: Any) -> None:
    kind = type(thing).__name__
    if isinstance(thing, np.random.Generator):
        found[id(thing), "a random generator"] = repr(thing.bit_generator.state)
    elif isinstance(thing, np.random.RandomState):
        found[id(thing), "a random generator"] = repr(thing.get_state())
    elif isinstance(thing, random.Random):
        found[id(thing), "a random generator"] = repr(hash(thing.getstate()))
    elif isinstance(thing, Iterator):
        found[id(thing), f"an iterator ({kind})"] = repr(thing)
    elif type(thing) in (list, dict):
        for k, value in thing.items() if isinstance(thing, dict) else enumerate(thing):
            _keep(found, thing, f"element {k!r} of a {kind}", value)
    elif hasattr(thing, "__dict__") and type(thing).__module__ not in sys.stdlib_module_names | {"numpy"}:
        for k, value in list(vars(thing).items()):
            _keep(found, thing, f"{getattr(thing, '__name__', kind)}.{k}", value)
    elif isinstance(thing, types.FunctionType | type):
        for k, value in list(vars(thing).items()):
            _keep(found, thing, f"{thing.__name__}.{k}", value)


def drift(below: Callable[[], Reach], run: Callable[[], Any]) -> str | None:
    """What differs after the second of two runs with the same arguments; None if nothing does."""
    run()
    first = state(below())
    run()
    second = state(below())
    moved = [name for (where, name), v in second.items() if first.get((where, name), v) != v]
    if not moved:
        return None
    return f"{moved[0]} changes from call to call, so what holds for one call may not hold for the next"
