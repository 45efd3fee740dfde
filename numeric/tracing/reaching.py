"""What traced code may reach: the functions that it may call, the variables they close over, the objects they name."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .refusal import is_user_code


@dataclass(frozen=True)
class Reach:
    """All that is below some functions."""

    functions: list[types.FunctionType]
    cells: list[Any]
    things: list[Any]  # containers and objects


def reachable(roots: Iterable[Any]) -> Reach:
    """All functions that the roots may call, the variables that they close over, and what else they can name."""
    seen: set[int] = set()
    functions: list[types.FunctionType] = []
    cells: dict[int, Any] = {}
    things: list[Any] = []
    stack = list(roots)
    while stack:
        thing = stack.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        things.append(thing)
        stack.extend(_parts(thing))
        if isinstance(thing, types.FunctionType) and is_user_code(thing.__globals__.get("__name__", "")):
            functions.append(thing)
            stack.extend(_mentioned(thing.__code__, thing.__globals__))
            for cell in thing.__closure__ or ():
                if content(cell) is not None:
                    stack.append(content(cell))
                    cells[id(cell)] = cell
    return Reach(functions, list(cells.values()), things)


def content(cell: Any) -> Any:
    """What a variable of an enclosing function holds; None if nothing yet."""
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
        for name in ("__wrapped__", "func", "args", "keywords", "__defaults__", "__kwdefaults__")
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
