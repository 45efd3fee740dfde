"""Exceptions that traced code catches: whether one is raised may hang on sizes and values, so nothing is said then.

    try: x.reshape(17, -1)                  no exception where 17 divides the size
    except ValueError: ...

Only code that has handlers is watched.  What it raises by itself (`raise`, `assert`) it decides by conditions, which
are followed; a missing key or module hangs on no size.
"""

from __future__ import annotations

import dis
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from .refusal import Place, is_user_code, place_of

HARMLESS = (StopIteration, StopAsyncIteration, GeneratorExit, KeyError, ImportError)


@lru_cache(maxsize=1024)
def has_handlers(code: types.CodeType) -> bool:
    """Does the code, or a function inside it, catch exceptions?"""
    if any(i.opname == "PUSH_EXC_INFO" for i in dis.get_instructions(code)):
        return True
    return any(has_handlers(c) for c in code.co_consts if isinstance(c, types.CodeType))


class Caught:
    """The exceptions that came from below into traced code, with their places."""

    def __init__(self, is_ours: Callable[[Any], bool]) -> None:
        self._is_ours = is_ours
        self._seen: list[BaseException] = []
        self.found: list[tuple[BaseException, Place]] = []

    def begin(self, frame: types.FrameType, _event: str, _given: Any) -> Any:
        """A function starts."""
        module = frame.f_globals.get("__name__", "")
        if not is_user_code(module) or module.partition(".")[0] in sys.stdlib_module_names - {"__main__"}:
            return None
        frame.f_trace_lines = False
        return self.inside

    def inside(self, frame: types.FrameType, event: str, given: Any) -> Any:
        """An exception is seen where it comes up first, then in every function that it leaves."""
        if event == "exception" and not any(given[1] is e for e in self._seen):
            error = given[1]
            self._seen.append(error)
            if not isinstance(error, HARMLESS) and not self._plain(error) and not _raised_here(frame):
                self.found.append((error, place_of(frame)))
        return self.inside

    def _plain(self, error: BaseException) -> bool:
        """An attribute that an object which is no array lacks."""
        return isinstance(error, AttributeError) and error.obj is not None and not self._is_ours(error.obj)


def _raised_here(frame: types.FrameType) -> bool:
    code = frame.f_code.co_code
    return dis.opname[code[frame.f_lasti]] in ("RAISE_VARARGS", "RERAISE")


@contextmanager
def watching(functions: Iterable[types.FunctionType], is_ours: Callable[[Any], bool]) -> Iterator[Caught]:
    """Exceptions inside the block, if one of the functions has handlers."""
    caught = Caught(is_ours)
    if not any(has_handlers(f.__code__) for f in functions):
        yield caught
        return
    before = sys.gettrace()
    sys.settrace(caught.begin)
    try:
        yield caught
    finally:
        sys.settrace(before)
