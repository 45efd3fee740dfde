"""The quick check before a planned step: the same parameters as before, data of the right type and a known shape.

Written as source, since it runs before every step: on small networks a loop over names would cost as much as a layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


class Door:
    """`call` goes on to the function for the shapes of the data, or else to `enter`, which checks everything."""

    def __init__(self, parameters: Mapping[str, Any], inputs: list[str], dtype: Any, enter: Callable[..., Any]) -> None:
        self.keys, self.inputs = list(parameters), inputs
        self.runs: dict[tuple[tuple[int, ...], ...], Callable[..., Any]] = {}
        self.scope: dict[str, Any] = {"ndarray": np.ndarray, "dtype": np.dtype(dtype), "absent": _ABSENT}
        self.scope |= {"runs": self.runs, "enter": enter, "usual": enter}
        self.scope |= {f"p{k}": None for k in range(len(self.keys))} | {f"s{k}": None for k in range(len(inputs))}
        exec(self._source(), self.scope)
        self.call: Callable[..., Any] = self.scope["door"]

    def _source(self) -> str:
        given = ", ".join(("params", *self.inputs))
        same = [f"params[{key!r}] is p{k}" for k, key in enumerate(self.keys)]
        typed = [f"type({n}) is ndarray and {n}.dtype is dtype" for n in self.inputs]
        shapes = " and ".join(f"{n}.shape == s{k}" for k, n in enumerate(self.inputs)) or "True"
        return f"""
def door({", ".join(f"{n}=absent" for n in ("params", *self.inputs))}, **numbers):
    try:
        known = {" and ".join((*same, *typed))}
    except (KeyError, TypeError):
        known = False
    if known:
        if {shapes} and not numbers:
            return usual({given})
        run = runs.get(({"".join(f"{n}.shape, " for n in self.inputs)}))
        if run is not None:
            return run({given}, **numbers)
    return enter(*(a for a in ({given},) if a is not absent), **numbers)
"""

    def remember(self, params: Mapping[str, Any], arrays: tuple[Any, ...], needs_numbers: bool) -> Callable[..., Any]:
        """From now on these parameters, and data of these shapes, pass without further checks."""
        self.scope |= {f"p{k}": params[key] for k, key in enumerate(self.keys)}
        self.scope |= {f"s{k}": x.shape for k, x in enumerate(arrays)}
        run = self.runs[tuple(x.shape for x in arrays)]
        self.scope["usual"] = self.scope["enter"] if needs_numbers else run
        return run


class _Absent:
    """What was not passed."""


_ABSENT = _Absent()
