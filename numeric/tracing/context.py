"""What one trace knows: the tables it works with, the sizes that were given as integers, what it saw on the way."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from derive import DeriveError

from .refusal import Place, is_user_code

UNIQUE = "np.argmax: the largest element is unique"


@dataclass
class Trace:
    """One run of traced code.

    `ufunc` and `function` answer NumPy's two protocols, `fetch` and `store` x[mask], x[np.arange(N), y] and the like.
    """

    ufunc: Callable[[Any, str, tuple[Any, ...], dict[str, Any]], Any]
    function: Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]
    fetch: Callable[[Any, tuple[Any, ...]], Any]
    store: Callable[[Any, tuple[Any, ...], Any], None]
    known: Mapping[str, int] = field(default_factory=dict)  # dimensions that stand for given integers
    asked: set[str] = field(default_factory=set)  # those of which the value decided something
    axes: tuple[Any, ...] = ()  # the axes of the arguments: K*H stays K*H where the code asks for an array of that size
    cuts: bool = False  # may axes of named size be cut?  see stretches
    derived: dict[str, Any] = field(default_factory=dict)  # sizes like T-1: name -> polynomial
    least: dict[str, int] = field(default_factory=dict)  # how large a dimension has to be for that
    stretches: dict[str, Any] = field(default_factory=dict)
    stage: str = "forward"
    thread: int = field(default_factory=threading.get_ident)
    conditions: dict[str, None] = field(default_factory=dict)
    choices: list[Any] = field(default_factory=list)  # one-hot arrays of largest elements, taken to be unique
    changed: dict[str, Place | None] = field(default_factory=dict)  # array of the caller -> where it is changed
    steps: list[tuple[Any, Place | None]] = field(default_factory=list)  # what was computed, in order
    views: list[tuple[int, Any, Place | None]] = field(
        default_factory=list
    )  # x.T in the forward function: steps before, what it gave
    numbers: dict[Any, Place | None] = field(default_factory=dict)  # constants of many digits -> where they stand


_ACTIVE: list[Trace] = []


def tracing() -> bool:
    """Is this thread tracing?"""
    return bool(_ACTIVE) and _ACTIVE[-1].thread == threading.get_ident()


def active() -> Trace:
    """The trace that is running."""
    if not tracing():
        raise DeriveError("a symbolic array is used outside of the trace that it belongs to")
    return _ACTIVE[-1]


def asked_by_user_code() -> bool:
    """Is the method that asks this called by traced code?  Our own messages may name sizes and arrays."""
    return tracing() and is_user_code(sys._getframe(2).f_globals.get("__name__", ""))


@contextmanager
def running(trace: Trace) -> Iterator[Trace]:
    """`trace` is the active one inside the block."""
    _ACTIVE.append(trace)
    try:
        yield trace
    finally:
        _ACTIVE.remove(trace)
