"""While code is traced, some names mean something else: np.zeros, np.sqrt(2), len and range.

NumPy's protocols do not reach np.zeros((N, D)), np.arange(N), np.array(x), len(x), range(N).  Inside the block the
globals of the traced functions, and the variables that they close over, hold a stand-in for NumPy that knows symbols
and hands everything else on.  NumPy itself stays as it is, for other code, compiled code among it, looks things up in
it.  What was there before comes back in any case.
"""

from __future__ import annotations

import builtins
import math
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from . import constants, special
from .array import is_symbolic
from .context import tracing
from .creation import NEW, OF_SYMBOLS, counting, makes_integers, mentions_symbols
from .refusal import NotCovered, is_user_code
from .sizes import SymbolicSize

Version = Callable[..., Any]
FUNCTIONS_OF_NUMBERS = ("sqrt", "log", "exp")


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
    """np.random while tracing: what it gives changes from call to call."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._original, name)
        if name in ("seed", "Generator", "RandomState") or not callable(found) or not tracing():
            return found
        raise NotCovered(f"np.random.{name}", "pass what is random as an argument: its values are no matter")


def _length(x: Any) -> Any:
    """len that may be a size"""
    if tracing() and is_symbolic(x):
        if isinstance(x, SymbolicSize) or not x.shape:
            raise TypeError("object has no len()")
        return x.shape[0]
    return builtins.len(x)


def _range(*given: Any) -> Any:
    if tracing() and any(isinstance(x, SymbolicSize) for x in given):
        return counting(*given)
    return builtins.range(*given)


BUILTINS = {"len": _length, "range": _range}


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
        self._add_modules()

    def _add(self, original: Any, version: Any) -> None:
        self._known[id(original)] = original, version

    def _add_modules(self) -> None:
        pi = constants.Known(math.pi, constants.PI)
        random = _Random(np.random, {})
        self._add(np.random, random)
        self._add(math, _StandIn(math, {**self.inside(math), "pi": pi}))
        self._add(np, _StandIn(np, {**self.inside(np), "pi": pi, "random": random}))
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
def rebound(functions: Iterable[Any]) -> Iterator[None]:
    """The names mean their tracing versions inside the block."""
    versions = _Versions()
    with ExitStack() as stack:
        spaces, cells = reachable(functions)
        for space in spaces:
            own = {name: value for name, value in BUILTINS.items() if name not in space}
            stack.enter_context(_replaced(space, {**versions.of(space), **own}))
        for cell in cells:
            if _content(cell) in versions:
                stack.enter_context(_cell_changed(cell, versions[_content(cell)]))
        yield


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


# --- what traced code may reach ---------------------------------------------------------------------------------------


def reachable(roots: Iterable[Any]) -> tuple[list[dict[str, Any]], list[Any]]:
    """The globals of all functions that the roots may call, and the variables that they close over."""
    seen: set[int] = set()
    spaces: dict[int, dict[str, Any]] = {}
    cells: dict[int, Any] = {}
    stack = list(roots)
    while stack:
        thing = stack.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        stack.extend(_parts(thing))
        if isinstance(thing, types.FunctionType) and is_user_code(thing.__globals__.get("__name__", "")):
            spaces[id(thing.__globals__)] = thing.__globals__
            stack.extend(_mentioned(thing.__code__, thing.__globals__))
            for cell in thing.__closure__ or ():
                if _content(cell) is not None:
                    stack.append(_content(cell))
                    cells[id(cell)] = cell
    return list(spaces.values()), list(cells.values())


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _parts(thing: Any) -> list[Any]:
    """What a thing is made of, as far as it may be called: methods, wrapped functions, elements of containers."""
    if isinstance(thing, types.MethodType):
        return [thing.__func__, thing.__self__]
    if isinstance(thing, staticmethod | classmethod):
        return [thing.__func__]
    if isinstance(thing, property):
        return [f for f in (thing.fget, thing.fset) if f]
    if isinstance(thing, dict):
        return list(thing.values()) if len(thing) < 1000 else []
    if isinstance(thing, list | tuple | set):
        return list(thing) if len(thing) < 1000 else []
    if isinstance(thing, type):
        return [
            v
            for base in thing.__mro__
            if is_user_code(base.__module__) and base.__module__ != "builtins"
            for v in vars(base).values()
        ]
    found = [
        getattr(thing, name, None)
        for name in ("__wrapped__", "func", "args", "keywords")
        if isinstance(thing, types.FunctionType) or type(thing).__module__ == "functools"
    ]
    if (
        not isinstance(thing, types.FunctionType | types.ModuleType)
        and hasattr(thing, "__dict__")
        and is_user_code(type(thing).__module__)
        and type(thing).__module__ not in sys.stdlib_module_names
    ):
        found += [type(thing), vars(thing)]
    return [f for f in found if f is not None]


def _mentioned(code: types.CodeType, space: dict[str, Any]) -> list[Any]:
    """The globals, and attributes of global modules, that a function's code names."""
    names, found = set(code.co_names), []
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found += _mentioned(constant, space)
    for name in names & space.keys():
        value = space[name]
        if isinstance(value, types.ModuleType):
            if is_user_code(value.__name__) and value.__name__.partition(".")[0] not in sys.stdlib_module_names:
                found += [vars(value)[n] for n in names & vars(value).keys()]
        else:
            found.append(value)
    return found
