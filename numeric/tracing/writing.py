"""How the caller writes the arrays that formulas speak of: slices of arrays kept in cells, axes of size 1, labels.

b: (h, 1)        formulas know b as (h,)              b, with one axis that they do not know
W: (D, 4*H)      W[2] is a cell, of shape (D, H)      W[:, 2 * H:3 * H]
y: labels        one-hot rows, of shape (N, C)        np.eye(C)[y]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np

from derive.arrays.numpy_text import Written

from .arguments import GIVEN
from .grids import Axes, Axis, Grid, integers, names
from .naming import Named
from .run import Traced


def words(traced: Traced, named: Iterable[Named] = ()) -> dict[str, Written]:
    """Declared array, or named result -> how it is written; its own gradient is written alike."""
    found: dict[str, Written] = {}
    for leaf in traced.symbols.arguments.leaves:
        source = traced.symbols.sources[leaf.name]
        if leaf.classes is not None:
            code = f"np.eye({'*'.join(map(str, leaf.classes))})[{leaf.name}]"
            found |= {v.name: Written(code, (True,) * len(source.axes)) for v in source.cells.ravel()}
        else:
            found |= _cells(leaf.name, source)
    for name, g in traced.douts.items():
        found |= _cells(name, g)
    for n in named:
        found |= {name: part(name, n.grid.axes, ()) for name in (n.name, f"d{n.name}")}
    return found


def _cells(name: str, g: Grid) -> dict[str, Written]:
    return {g.cells[at].name: part(name, g.axes, at) for at in np.ndindex(g.cells.shape)}


def part(name: str, axes: Axes, at: tuple[int, ...]) -> Written:
    """The cell of an array: positions of integers are picked, names stay axes."""
    if any(len([f for f in axis if isinstance(f, str)]) > 1 for axis in axes):
        return _in_pieces(name, axes, at)
    if not integers(axes):
        return Written(name, tuple(bool(axis) for axis in axes))
    inside = iter(at)
    picked = [_place(axis, inside) for axis in axes]
    kept = tuple(any(isinstance(f, str) for f in axis) for axis in axes if not _is_number(axis))
    return Written(f"{name}[{', '.join(picked)}]", kept)


def _in_pieces(name: str, axes: Axes, at: tuple[int, ...]) -> Written:
    """(N*T, D) is spoken of as (N, T, D)."""
    factors = [f for axis in axes for f in axis]
    code = f"{name}.reshape({', '.join(map(str, factors))})"
    if at:
        inside = iter(at)
        code += f"[{', '.join(':' if isinstance(f, str) else str(next(inside)) for f in factors)}]"
    return Written(code, (True,) * len(names(axes)), "" if at else name, "" if at else f"{name}.shape")


def _is_number(axis: Axis) -> bool:
    """Is one position picked?"""
    return bool(axis) and all(isinstance(f, int) for f in axis)


def _place(axis: Axis, at: Iterator[int]) -> str:
    """(4, H) at 2 -> 2 * H:3 * H,   (H, 4) at 2 -> 2::4,   (4,) at 2 -> 2,   (H,) -> :"""
    ints = [f for f in axis if isinstance(f, int)]
    if not ints:
        return ":"
    k = next(at)
    size = " * ".join(f for f in axis if isinstance(f, str))
    if not size:
        return str(k)
    if len(ints) == 1 and axis[0] == ints[0]:
        return f"{_times(k, size)}:{_times(k + 1, size)}"
    return f"{k}::{ints[0]}"


def _times(k: int, size: str) -> str:
    return "" if k == 0 else size if k == 1 else f"{k} * {size}"


def in_elements(text: str, traced: Traced) -> str:
    """Cells in a formula for one element: W[2][i,j]  ->  W[i,2*H+j]."""
    for leaf in traced.symbols.arguments.leaves:
        g = traced.symbols.sources[leaf.name]
        for at in np.ndindex(g.cells.shape) if integers(g.axes) else ():
            pattern = re.compile(re.escape(g.cells[at].name) + r"(?:\[(?P<at>[^\[\]]*)\])?")
            write = partial(_element, leaf.name, g.axes, at)
            text = pattern.sub(lambda m, write=write: write(m["at"]), text)  # type: ignore[misc]
    return text.replace(GIVEN, "")


def _element(name: str, axes: Axes, at: tuple[int, ...], indices: str | None) -> str:
    inside, free = iter(at), iter(indices.split(",") if indices else ())
    places = []
    for axis in axes:
        ints = [f for f in axis if isinstance(f, int)]
        named = [next(free, "") for f in axis if isinstance(f, str)]
        k = next(inside) if ints else 0
        scale = "*".join(f for f in axis if isinstance(f, str))
        if not ints or not named:
            places.append(",".join(named) or str(k))
        elif axis[0] == ints[0]:
            places.append(",".join(named) if k == 0 else f"{'' if k == 1 else f'{k}*'}{scale}+{','.join(named)}")
        else:
            places.append(f"{ints[0]}*{','.join(named)}+{k}")
    return f"{name}[{','.join(places)}]"
