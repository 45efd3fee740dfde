"""The names that traced code gives to what it computes: `xhat` for the last result of the line  xhat = xmu * ivar.

Results of functions that the code calls count: in  a = sigmoid(z)  the last result of sigmoid is a.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from derive.arrays.values import Constant, Value

from .grids import Grid
from .refusal import Place

ASSIGNED = re.compile(r"^(?P<name>[A-Za-z_]\w*)\s*(?P<operator>[-+*/@]|\*\*)?=(?!=)")
LISTS = (ast.List, ast.Tuple, ast.Dict, ast.ListComp, ast.DictComp, ast.GeneratorExp, ast.Lambda, ast.IfExp, ast.BoolOp)
Steps = Sequence[tuple[Grid, Place | None]]


@dataclass(frozen=True)
class Named:
    """A result that a line assigns to a name."""

    name: str
    grid: Grid
    place: Place

    @property
    def value(self) -> Value:
        """The formula of an array that is one cell."""
        return self.grid.cells[()]


def assigned(steps: Steps) -> Iterator[Named]:
    """The last result of every line that assigns one name, the lines of callers first."""
    for k, (g, place) in enumerate(steps):
        after = set(_lines(steps[k + 1][1])) if k + 1 < len(steps) else set()
        if g.cells.shape != () or isinstance(g.cells[()], Constant):
            continue
        for line in reversed([line for line in _lines(place) if line not in after]):
            found = ASSIGNED.match(line.text)
            if found and _one_array(line.text):
                yield Named(found["name"], g, line)


def _one_array(text: str) -> bool:
    """Not  a = [f(x), g(x)]  nor  a = f(x); b = g(a)"""
    try:
        (statement,) = ast.parse(text).body
    except SyntaxError:
        return ";" not in text  # one line of several
    except ValueError:
        return False
    return not isinstance(getattr(statement, "value", None), LISTS)


def _lines(place: Place | None) -> list[Place]:
    """The line, and those that called it."""
    out = []
    while place is not None:
        out.append(place)
        place = place.caller
    return out


def unique(named: Iterator[Named], taken: set[str]) -> list[Named]:
    """Every formula once, under a name of its own: z, z_2, z_3."""
    seen: set[int] = set()
    out: list[Named] = []
    used = set(taken)
    for n in named:
        if id(n.value) in seen:
            continue
        seen.add(id(n.value))
        name, k = n.name, 2
        while name in used:
            name, k = f"{n.name}_{k}", k + 1
        used.add(name)
        out.append(Named(name, n.grid, n.place))
    return out
