"""What tracing does not follow: what it was, where it stands, what to do."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from derive import DeriveError

OURS = ("numeric.tracing", "numeric.prove", "derive", "backproof")
LIBRARIES = ("numpy", "scipy", "contextlib", "functools", "copy", "math")


@dataclass(frozen=True)
class Place:
    """A line of the code that is traced."""

    file: str
    line: int
    function: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}, in {self.function}: {self.text}"


class WrongUse(DeriveError):
    """The functions or the arguments do not fit together: nothing to do with what the code computes."""


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
        listed = ", ".join(names)
        super().__init__(what, advice or f"give {listed} as an integer in shapes to unroll it")
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
    return Place(file, line, frame.f_code.co_name, text)


def place() -> Place | None:
    """The line of the traced code that is being run."""
    frame = user_frame()
    return None if frame is None else place_of(frame)
