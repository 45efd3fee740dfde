"""While code is traced, some names mean something else: np.zeros, np.sqrt(2), len and range.

NumPy's protocols do not reach np.zeros((N, D)), np.arange(N), np.array(x), len(x), range(N).  Inside the block NumPy's
own namespace and the globals of the traced functions hold versions that know symbols; they hand everything else on, and
everything that other threads or libraries ask.  What was there before comes back in any case.
"""

from __future__ import annotations

import builtins
import math
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from . import constants, special
from .array import is_symbolic
from .context import tracing
from .creation import NEW, OF_SYMBOLS, counting, makes_integers, mentions_symbols
from .refusal import is_user_code
from .sizes import SymbolicSize

Version = Callable[..., Any]


def _asked_by_user() -> bool:
    """Does the traced code itself call, in this thread?"""
    return tracing() and is_user_code(sys._getframe(2).f_globals.get("__name__", ""))


def _always(original: Any, version: Version) -> Version:
    def new(*given: Any, **options: Any) -> Any:
        if _asked_by_user() and not makes_integers(options, given):
            return version(*given, **options)
        return original(*given, **options)

    return new


def _of_symbols(original: Any, version: Version) -> Version:
    def new(*given: Any, **options: Any) -> Any:
        if _asked_by_user() and any(map(mentions_symbols, (*given, *options.values()))):
            return version(*given, **options)
        return original(*given, **options)

    return new


class _Exact:
    """np.sqrt that knows what the root of a plain number is; everything else as before."""

    def __init__(self, original: Any, name: str) -> None:
        self._original, self._name = original, name
        self.__name__ = name

    def __call__(self, *given: Any, **options: Any) -> Any:
        if len(given) == 1 and not options and _asked_by_user():
            if is_symbolic(given[0]):
                return (
                    getattr(np, self._name)(given[0])
                    if self._original.__class__ is not np.ufunc
                    else self._original(given[0])
                )
            found = constants.known(self._name, given[0])
            if found is not None:
                return found
        return self._original(*given, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


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


def _versions() -> dict[int, tuple[Any, Any]]:
    """id of the original -> (original, version)"""
    found: dict[int, tuple[Any, Any]] = {}
    for original, version in NEW.items():
        found[id(original)] = original, _always(original, version)
    for original, version in (OF_SYMBOLS | special.versions()).items():
        found[id(original)] = original, _of_symbols(original, version)
    for name in ("sqrt", "log", "exp"):
        for module in (np, math):
            original = getattr(module, name)
            found[id(original)] = original, _Exact(original, name)
    return found


BUILTINS = {"len": _length, "range": _range}


@contextmanager
def rebound(functions: Iterable[Any]) -> Iterator[None]:
    """The names mean their tracing versions inside the block."""
    versions = _versions()
    with ExitStack() as stack:
        for space in (vars(np), vars(math), special.space()):
            stack.enter_context(_changed(space, versions, {}))
        stack.enter_context(_replaced(vars(np), {"pi": constants.Known(np.pi, constants.PI)}))
        stack.enter_context(_replaced(vars(math), {"pi": constants.Known(math.pi, constants.PI)}))
        spaces, cells = reachable(functions)
        for space in spaces:
            stack.enter_context(_changed(space, versions, BUILTINS))
        for cell in cells:
            stack.enter_context(_cell_changed(cell, versions))
        yield


@contextmanager
def _changed(space: dict[str, Any], versions: dict[int, tuple[Any, Any]], more: dict[str, Any]) -> Iterator[None]:
    new = {name: versions[id(value)][1] for name, value in list(space.items()) if id(value) in versions}
    new |= {name: value for name, value in more.items() if name not in space}
    with _replaced(space, new):
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
def _cell_changed(cell: Any, versions: dict[int, tuple[Any, Any]]) -> Iterator[None]:
    """A variable of an enclosing function: zeros = np.zeros"""
    original = cell.cell_contents
    cell.cell_contents = versions[id(original)][1]
    try:
        yield
    finally:
        cell.cell_contents = original


# --- what traced code may reach ---------------------------------------------------------------------------------------


def reachable(roots: Iterable[Any]) -> tuple[list[dict[str, Any]], list[Any]]:
    """The globals of all functions that the roots may call, and the closure cells that hold NumPy functions."""
    seen: set[int] = set()
    spaces: dict[int, dict[str, Any]] = {}
    cells: dict[int, Any] = {}
    versions = {id(original) for original in (*NEW, *OF_SYMBOLS, *special.versions())}
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
                    if id(_content(cell)) in versions:
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
