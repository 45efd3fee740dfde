"""The function that a source defines, behind a door that checks what is passed in."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

from derive import DeriveError

from .arrays import as_arrays
from .source import Task, identifiers, source_of

NUMBERS = count(1)


@dataclass(frozen=True, eq=False, repr=False)
class Compiled:
    """A function of arrays made from formulas: `source` is readable and runs as it stands.

    Calling it checks names, shapes and types first; `run` is the plain function of the source, which checks nothing.
    """

    task: Task

    @cached_property
    def source(self) -> str:
        """The NumPy code, as a user may paste it."""
        return source_of(self.task)

    @cached_property
    def run(self) -> Callable[..., Any]:
        """The plain function of the source; its lines show in tracebacks."""
        file = f"<{self.task.name} {next(NUMBERS)}>"
        linecache.cache[file] = (len(self.source), None, self.source.splitlines(keepends=True), file)
        scope: dict[str, Any] = {}
        exec(compile(self.source, file, "exec"), scope)
        return scope[self.task.name]

    @cached_property
    def names(self) -> dict[Any, str]:
        """Variable -> its name in the source."""
        return identifiers(self.task)

    @cached_property
    def arguments(self) -> tuple[str, ...]:
        """The names of the positional arguments, in order."""
        first = () if self.task.parameters is None else ("params",)
        return (*first, *(self.names[v] for v in self.task.arguments))

    @cached_property
    def by_name(self) -> dict[str, Any]:
        """What can be passed by keyword: the name of a variable, or its name in the source."""
        return {name: v for v in (*self.task.arguments, *self.task.scalars) for name in (str(v), self.names[v])}

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """What is read from `params`, by name."""
        return {str(p): p for p in self.task.parameters or ()}

    @property
    def signature(self) -> str:
        """(params, X, Y, lambda_=...)"""
        return f"({', '.join([*self.arguments, *(f'{self.names[v]}=...' for v in self.task.scalars)])})"

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        positional, scalars = self.plain(self.bind(*arguments, **keywords))
        return self.run(*positional, **scalars)

    def bind(self, *arguments: Any, **keywords: Any) -> dict[Any, Any]:
        """What was passed, checked: {variable: array or number}.  Raises DeriveError for what does not fit."""
        return as_arrays(self.collect(*arguments, **keywords))

    def collect(self, *arguments: Any, **keywords: Any) -> dict[Any, Any]:
        """What was passed, by variable; names are checked, values are as they are."""
        if len(arguments) > len(self.arguments):
            raise DeriveError(f"{self.task.name} takes {self.signature}, but got {len(arguments)} positional arguments")
        given = dict(zip(self.arguments, arguments, strict=False))
        if twice := given.keys() & keywords.keys():
            raise DeriveError(f"{self.task.name} got {_list(sorted(twice))} twice, by position and by name")
        given |= keywords
        found = {} if self.task.parameters is None else self._parameters(given.pop("params", None))
        variables, by_name = (*self.task.arguments, *self.task.scalars), self.by_name
        if unknown := [name for name in given if name not in by_name]:
            raise DeriveError(f"{self.task.name} has no argument {_list(unknown)}; it takes {self.signature}")
        found |= {by_name[name]: value for name, value in given.items()}
        if missing := [v for v in variables if v not in found]:
            raise DeriveError(f"{self.task.name} lacks {_list(missing)}; it takes {self.signature}")
        return {v: found[v] for v in self.task.variables}

    def _parameters(self, params: Any) -> dict[Any, Any]:
        wanted = self.parameters
        if not isinstance(params, Mapping):
            raise DeriveError(f"params is {_article(params)}; expected a dictionary with {_list(wanted)}")
        if missing := [name for name in wanted if name not in params]:
            raise DeriveError(f"params lacks {_list(missing)}\n  expected {_list(wanted)}; got {_list(params)}")
        if unknown := [name for name in params if name not in wanted and name not in self.task.also]:
            raise DeriveError(f"params has {_list(unknown)}, unknown to the program\n  expected {_list(wanted)}")
        return {p: params[name] for name, p in wanted.items()}

    def plain(self, values: Mapping[Any, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """{variable: value} -> the arguments of `run`; numbers that are no parameters become Python numbers."""
        task = self.task
        first = () if task.parameters is None else ({name: values[p] for name, p in self.parameters.items()},)
        rest = tuple(values[v] if v.is_Matrix else values[v].item() for v in task.arguments)
        return (*first, *rest), {self.names[v]: values[v].item() for v in task.scalars}

    def __repr__(self) -> str:
        return f"<{self.task.name}{self.signature}, compiled; .source shows how>"


def _list(names: Any) -> str:
    return ", ".join(map(str, names)) or "nothing"


def _article(value: Any) -> str:
    name = type(value).__name__
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"
