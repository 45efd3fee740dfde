"""What the names of a claims file mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from ..arrays.shapes import Shape
from ..arrays.values import Value
from ..kernel.index import Index
from .errors import Place, Problem


@dataclass(frozen=True)
class Sizes:
    """A shape as a value: (n, 1), X.shape."""

    shape: Shape


@dataclass(frozen=True)
class Function:
    """g = function: a generic elementwise function."""

    name: str


@dataclass(frozen=True)
class ScalarFunction:
    """f = scalar_function: a generic number made of arrays."""

    name: str


Meaning = Value | Index | Function | ScalarFunction


def spoken(meaning: object) -> str:
    """What a thing is, in words."""
    match meaning:
        case Value():
            return "an array"
        case Sizes():
            return "a shape"
        case Index():
            return "an index"
        case Function():
            return "a function"
        case ScalarFunction():
            return "a scalar function"
    return "something else"


@dataclass
class Scope:
    """Names and what they mean; a name is given a meaning once."""

    reserved: frozenset[str]
    names: dict[str, Meaning] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def define(self, name: str, meaning: Meaning, place: Place) -> None:
        """Gives a new name a meaning."""
        if name in self.reserved:
            raise Problem(place, f"{name!r} is a word of the language", "choose another name")
        if name in self.names:
            raise Problem(place, f"{name!r} is defined already, on line {self.lines[name]}", "choose another name")
        self.names[name] = meaning
        self.lines[name] = place.line

    def look_up(self, name: str, place: Place) -> Meaning:
        """The meaning of a name."""
        if name in self.names:
            return self.names[name]
        if name in self.reserved:
            raise Problem(place, f"{name!r} is a word of the language and no value")
        raise Problem(place, f"unknown name {name!r}", did_you_mean(name, (*self.names, *sorted(self.reserved))))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Advice naming the nearest known name, or nothing."""
    near = get_close_matches(name, list(known), 1)
    return f"did you mean {near[0]}?" if near else ""
