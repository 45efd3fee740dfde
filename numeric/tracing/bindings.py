"""While code is traced, some names mean something else: np.zeros, np.sqrt(2), len and range.

NumPy's protocols do not reach np.zeros((N, D)), np.arange(N), np.array(x), len(x), range(N).  Inside the block the
globals of the traced functions, and the variables that they close over, hold a stand-in for NumPy that knows symbols
and hands everything else on.  NumPy itself stays as it is, for other code, compiled code among it, looks things up in
it.  What was there before comes back in any case.
"""

from __future__ import annotations

import math
import random
import sys
import time
import types
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from . import constants, special
from .array import is_symbolic
from .builtin_names import BUILTINS, number_type
from .catching import Caught, watching
from .context import tracing
from .creation import NEW, OF_SYMBOLS, makes_integers, mentions_symbols, unset
from .reaching import content, reachable
from .refusal import NotCovered

Version = Callable[..., Any]
FUNCTIONS_OF_NUMBERS = ("sqrt", "log", "exp")
NUMBER_TYPES = (np.int64, np.int32, np.float64, np.float32)


def _always(original: Any, version: Version) -> Version:
    def new(*given: Any, **options: Any) -> Any:
        if tracing() and not makes_integers(options, given):
            return version(*given, **options)
        return original(*given, **options)

    return new


def _of_symbols(original: Any, version: Version) -> Version:
    def new(*given: Any, **options: Any) -> Any:
        if tracing() and any(map(mentions_symbols, (*given, *options.values()))):
            return version(*given, **options)
        return original(*given, **options)

    return new


class _Exact:
    """np.sqrt or math.sqrt that knows what the root of a plain number is; everything else as before."""

    def __init__(self, original: Any, ufunc: Any) -> None:
        self._original, self._ufunc = original, ufunc
        self.__name__ = ufunc.__name__

    def __call__(self, *given: Any, **options: Any) -> Any:
        if len(given) == 1 and not options and tracing():
            if is_symbolic(given[0]):
                return self._ufunc(given[0])
            found = constants.known(self._ufunc.__name__, given[0])
            if found is not None:
                return found
        return self._original(*given, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


class _StandIn(types.ModuleType):
    """A module of which some names are exchanged."""

    def __init__(self, original: types.ModuleType, changes: Mapping[str, Any]) -> None:
        super().__init__(original.__name__)
        self._original = original
        self.__dict__.update(changes)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


class _Random(_StandIn):
    """np.random, and Python's random, while tracing: what it gives changes from call to call."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._original, name)
        if name in ("seed", "Generator", "RandomState") or not callable(found) or not tracing():
            return found
        module = self.__name__.replace("numpy", "np")
        raise NotCovered(f"{module}.{name}", "pass what is random as an argument: its values are no matter")


class _Clock(_StandIn):
    """time while tracing: numbers that nobody has set, so that nothing can hang on them."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._original, name)
        clock = name.removesuffix("_ns") in ("time", "perf_counter", "monotonic", "process_time", "thread_time")
        return (lambda: unset(())) if clock and tracing() else found


def _on_errors(original: Any) -> Version:
    """np.errstate, np.seterr: what raises or calls on overflow is control flow on values"""

    def new(*given: Any, **options: Any) -> Any:
        if tracing() and not {*given, *options.values()} <= {None, "ignore", "warn", "print"}:
            raise NotCovered(f"np.{original.__name__} that raises", "whether numbers overflow hangs on values")
        return original(*given, **options)

    return new


def _on_warnings(original: Any) -> Version:
    """warnings that raise or are recorded are control flow on values"""

    def new(*given: Any, **options: Any) -> Any:
        if tracing() and ("error" in (*given, *options.values()) or options.get("record")):
            raise NotCovered(f"warnings.{original.__name__} that raises or records", "what warns hangs on values")
        return original(*given, **options)

    return new


class _Versions:
    """What stands in for what, by identity."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Any]] = {}
        for original, version in NEW.items():
            self._add(original, _always(original, version))
        for original, version in (OF_SYMBOLS | special.versions()).items():
            self._add(original, _of_symbols(original, version))
        for name in FUNCTIONS_OF_NUMBERS:
            ufunc = getattr(np, name)
            self._add(ufunc, _Exact(ufunc, ufunc))
            self._add(getattr(math, name), _Exact(getattr(math, name), ufunc))
        for scalar in NUMBER_TYPES:
            self._add(scalar, number_type(scalar))
        for name in ("errstate", "seterr"):
            self._add(getattr(np, name), _on_errors(getattr(np, name)))
        for name in ("simplefilter", "filterwarnings", "catch_warnings"):
            self._add(getattr(warnings, name), _on_warnings(getattr(warnings, name)))
        self._add_modules()

    def _add(self, original: Any, version: Any) -> None:
        self._known[id(original)] = original, version

    def _add_modules(self) -> None:
        pi = constants.Known(math.pi, constants.PI)
        npr = _Random(np.random, {})
        self._add(np.random, npr)
        self._add(random, _Random(random, {}))
        self._add(time, _Clock(time, {}))
        self._add(math, _StandIn(math, {**self.inside(math), "pi": pi}))
        self._add(warnings, _StandIn(warnings, self.inside(warnings)))
        self._add(np, _StandIn(np, {**self.inside(np), "pi": pi, "random": npr}))
        for name in ("scipy.special", "scipy"):
            if (module := sys.modules.get(name)) is not None:
                self._add(module, _StandIn(module, self.inside(module)))

    def inside(self, module: types.ModuleType) -> dict[str, Any]:
        """The names of a module that are exchanged."""
        return self.of(vars(module))

    def of(self, space: Mapping[str, Any]) -> dict[str, Any]:
        """The names of a namespace that are exchanged."""
        return {name: self._known[id(value)][1] for name, value in list(space.items()) if id(value) in self._known}

    def __contains__(self, value: Any) -> bool:
        return id(value) in self._known

    def __getitem__(self, value: Any) -> Any:
        return self._known[id(value)][1]


@contextmanager
def rebound(roots: Iterable[Any]) -> Iterator[Caught]:
    """The names mean their tracing versions inside the block; what the functions catch is noted."""
    versions = _Versions()
    with ExitStack() as stack:
        below = reachable(roots)
        for space in {id(f.__globals__): f.__globals__ for f in below.functions}.values():
            own = {name: value for name, value in BUILTINS.items() if name not in space}
            stack.enter_context(_replaced(space, {**versions.of(space), **own}))
        for cell in below.cells:
            if content(cell) in versions:
                stack.enter_context(_cell_changed(cell, versions[content(cell)]))
        yield stack.enter_context(watching(below.functions, is_symbolic))


@contextmanager
def _replaced(space: dict[str, Any], new: dict[str, Any]) -> Iterator[None]:
    before = {name: space[name] for name in new if name in space}
    try:
        space.update(new)
        yield
    finally:
        for name in new:
            if name in before:
                space[name] = before[name]
            else:
                space.pop(name, None)


@contextmanager
def _cell_changed(cell: Any, version: Any) -> Iterator[None]:
    """A variable of an enclosing function: zeros = np.zeros"""
    original = cell.cell_contents
    cell.cell_contents = version
    try:
        yield
    finally:
        cell.cell_contents = original
