"""A model that formulas speak of: declarations and definitions in the claims language, and who is who in LaTeX."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from ..arrays.shapes import Size
from ..arrays.values import Constant, Dimension, Named, Value
from ..claims.reading import Script, read
from ..claims.scope import Function, ScalarFunction
from ..errors import DeriveError
from .meaning import Habits

GENERIC = ("g", "h", "f", "sigma", "phi")


class HeaderError(DeriveError):
    """A header that cannot be read; `line` counts from its first line."""

    def __init__(self, line: int, message: str, advice: str = "") -> None:
        super().__init__(message + (f"; {advice}" if advice else ""))
        self.line, self.message, self.advice = line, message, advice


@dataclass(frozen=True)
class Model:
    """What the names of the formulas below a header mean."""

    claims: str  # declarations and definitions
    notation: str
    first: int = 0  # the number of the input layer
    depth: int = 0  # the number of the last layer; 0 without layers
    activations: Mapping[int, str] = field(default_factory=dict)  # layer -> its function in the claims language
    late: str = ""  # the number of samples, where dZ is that many times the derivative
    free: str = ""  # any number, for what is said of a function: sigma'(z) = sigma(z) (1 - sigma(z))
    gradients: Mapping[str, str] = field(default_factory=dict)  # dZ1 -> W2.T @ dZ2 * ...; proved where it is used

    @property
    def square(self) -> bool:
        return self.notation == "ng"

    @cached_property
    def script(self) -> Script:
        """The model as the claims language reads it."""
        return read(self.claims, "the model")

    @cached_property
    def names(self) -> Mapping[str, Any]:
        return self.script.reader.scope.names

    @cached_property
    def samples(self) -> Size | None:
        """The number of columns of X; nothing for one sample, and for models without X."""
        data = self.names.get("X")
        shape = data.shape if isinstance(data, Value) else ()
        return shape[1] if len(shape) == 2 and shape[1] != 1 else None

    @cached_property
    def loss(self) -> str:
        """The name of what is differentiated: J, else L or C."""
        return next((name for name in ("J", "L", "C") if isinstance(self.names.get(name), Value)), "J")

    @cached_property
    def habits(self) -> Habits:
        called = Function | ScalarFunction
        declared = {s for name, v in self.names.items() if not isinstance(v, called) for s in latex_names(name)}
        functions = {n for n, v in self.names.items() if isinstance(v, Function)} | set(GENERIC) | {"Sigma"}
        scalar = {n for n, v in self.names.items() if isinstance(v, ScalarFunction)}
        variables = {n for n, v in self.names.items() if isinstance(v, Value)}
        return Habits(self.square, frozenset(functions - variables), frozenset({"L", "C", "J"} | scalar),
                      frozenset(declared))  # fmt: skip

    def near(self, name: str) -> str:
        """Advice that names what the model has."""
        large = name[:1].upper() + name[1:]
        if name != large and isinstance(self.names.get(large), Value) and self.samples:
            return f"did you mean {large}? Small letters are of one sample: write z^{{(i)}}, or samples=1 in the header"
        found = get_close_matches(name, self.names, 1)
        known = [n for n, v in self.names.items() if isinstance(v, Value) and not isinstance(v, Constant | Dimension)]
        more = ", ..." if len(known) > 12 else ""
        return f"did you mean {found[0]}?" if found else f"the model has {', '.join(known[:12])}{more}"

    def scale(self, target: str) -> str:
        """dZ is m times the derivative where 1/m stands late."""
        return f"{self.late} * " if self.late and not self.is_parameter(target) else ""

    def is_parameter(self, name: str) -> bool:
        """Declared, not defined, and no input: dW is the derivative itself, wherever 1/m stands."""
        return not isinstance(self.names.get(name), Named) and name not in ("X", "x")


def latex_names(name: str) -> list[str]:
    """How a name of the claims language is spelled in LaTeX: zp is z', w_1 is w_1."""
    primes = re.fullmatch(r"([A-Za-z])(p+)", name)
    return [primes[1] + "'" * len(primes[2])] if primes else [name] if "_" in name else [name] if name == "d" else []


def claims_name(name: str) -> str:
    """lambda is a word of Python."""
    return "lambda_" if name == "lambda" else name
