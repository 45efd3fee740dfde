"""What tracing does not follow: what it was, where it stands, what to do."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType, FrameType

from derive import DeriveError

from .wording import as_integers

OURS = ("numeric.tracing", "numeric.prove", "derive", "backproof")
LIBRARIES = ("numpy", "scipy", "contextlib", "functools", "copy", "math")


@dataclass(frozen=True)
class Place:
    """A line of the code that is traced; `expression` is the part of it that is being worked out.

    `caller`: the line that called the function, if that is traced code too.
    """

    file: str
    line: int
    function: str
    text: str
    span: tuple[int, int] | None = field(default=None, compare=False)  # bytes of the line, where it is all on it
    caller: Place | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}, in {self.function}: {self.text}"

    @property
    def expression(self) -> str:
        """The part of the line; "" where nothing is known, or it is the whole line."""
        if self.span is None:
            return ""
        start, end = self.span
        found = linecache.getline(self.file, self.line).encode()[start:end].decode(errors="replace").strip()
        return found if found in self.text and found != self.text else ""


class WrongUse(DeriveError):
    """The functions or the arguments do not fit together: nothing to do with what the code computes."""


class NoLoss(WrongUse):
    """What was taken for a loss is an array, or several values."""


class NotCovered(DeriveError):
    """An operation that is not followed; `place` says where it stands.  Traced code that catches it hides nothing."""

    def __init__(self, what: str, advice: str = "") -> None:
        self.what, self.advice, self.place = what, advice, place()
        super().__init__(what + (f"\n  {advice}" if advice else ""))
        if _HEARD:
            _HEARD[-1].append(self)


class WantsInteger(NotCovered):
    """A dimension has to be an integer here; `names` are the dimensions that would have to be known."""

    def __init__(self, what: str, names: tuple[str, ...], advice: str = "") -> None:
        holds = "it" if len(set(names)) == 1 else "them"
        super().__init__(what, advice or f"{as_integers(names)}: the verdict then holds for {holds}")
        self.names = names


_HEARD: list[list[NotCovered]] = []


@contextmanager
def listening() -> Iterator[list[NotCovered]]:
    """All refusals inside the block, also those that somebody catches."""
    heard: list[NotCovered] = []
    _HEARD.append(heard)
    try:
        yield heard
    finally:
        _HEARD.remove(heard)


def is_user_code(module: str) -> bool:
    """Neither this package's machinery nor a library below the traced code."""
    return not any(module == name or module.startswith(f"{name}.") for name in (*OURS, *LIBRARIES))


def user_frame() -> FrameType | None:
    """The innermost frame of the traced code."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not is_user_code(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    return frame


def place_of(frame: FrameType) -> Place:
    """Where a frame stands."""
    file, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, line, frame.f_globals).strip()
    above = frame.f_back
    caller = place_of(above) if above is not None and is_user_code(above.f_globals.get("__name__", "")) else None
    return Place(file, line, frame.f_code.co_name, text, _span(frame, line), caller)


def _span(frame: FrameType, line: int) -> tuple[int, int] | None:
    """From where to where the instruction stands on its line."""
    first, last, start, end = _positions(frame.f_code)[frame.f_lasti // 2]
    return (start, end) if first == last == line and start is not None and end is not None else None


@lru_cache(maxsize=4096)
def _positions(code: CodeType) -> tuple[tuple[int | None, int | None, int | None, int | None], ...]:
    return tuple(code.co_positions())


def place() -> Place | None:
    """The line of the traced code that is being run."""
    frame = user_frame()
    return None if frame is None else place_of(frame)
