"""What functions of arrays have in common: options that mean nothing here, kinds, out=."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .array import SymbolicArray, grid_of, is_array, kind_of, wrap
from .context import active
from .grids import Grid, inserted
from .labels import Labels
from .refusal import NotCovered


def meaningful(options: dict[str, Any]) -> dict[str, Any]:
    """The options that mean something; a type of floats does not."""
    left = {}
    for name, value in options.items():
        if value is None or value is np._NoValue or (name == "where" and value is True):
            continue
        if name in ("subok", "casting", "order", "optimize") or (name == "dtype" and is_float(value)):
            continue
        left[name] = value
    return left


def is_float(dtype: Any) -> bool:
    """Real numbers stay what they are, whatever their precision."""
    return isinstance(dtype, str | type | np.dtype) and np.dtype(dtype).kind == "f"


def refuse_options(rest: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Options without a meaning here must not be there; None and types of floats mean nothing."""
    left = meaningful(options)
    if left or any(r is not None and not is_float(r) for r in rest):
        raise NotCovered(f"the options {', '.join(left) or rest}", "leave them out")


def flag(keepdims: Any) -> bool:
    return False if keepdims is np._NoValue else bool(keepdims)


def widest(*xs: Any) -> str:
    """The kind of a sum of products; NumPy's products of booleans alone are and, or, which are not followed."""
    kinds = {kind_of(x) for x in xs}
    if kinds == {"b"}:
        raise NotCovered("a product of booleans", "NumPy's is and, or: convert them to float first")
    return "f" if "f" in kinds else "i"


def widest_or_bool(*xs: Any) -> str:
    kinds = {kind_of(x) for x in xs}
    return "f" if "f" in kinds else "i" if "i" in kinds else "b"


def into(out: Any, found: SymbolicArray) -> SymbolicArray:
    """out="""
    if out is None:
        return found
    if not is_array(out):
        raise NotCovered("out= with an array of numbers")
    out.put(found.grid, found.kind)
    return out


def as_array(x: Any) -> SymbolicArray:
    """A symbolic array, if it is not one."""
    return x if is_array(x) else wrap(grid_of(x), kind_of(x))


def condition(text: str) -> None:
    """Something that the verdict takes for granted."""
    active().conditions.setdefault(text)


def at_least(g: Grid, width: int) -> Grid:
    while len(g.axes) < width:
        g = inserted(g, 0)
    return g


def method_of(name: str) -> Callable[..., Any]:
    def function(a: Any, *given: Any, **options: Any) -> Any:
        if isinstance(a, Labels):
            return getattr(a, name)(*given, **options)
        return getattr(as_array(a), name)(*given, **options)

    return function
