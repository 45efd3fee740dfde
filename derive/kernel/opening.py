"""The files of laws, each read when a proof needs it for the first time."""

from __future__ import annotations

from typing import Any


def opened(file: str) -> Any:
    """The module that `laws` names."""
    match file:
        case "nonlinear":
            from . import nonlinear

            return nonlinear
        case "maxima":
            from . import maxima

            return maxima
        case "matrices":
            from . import matrices

            return matrices
        case "one_hot":
            from . import one_hot

            return one_hot
        case "facts":
            from . import facts

            return facts
        case "cases":
            from . import cases

            return cases
    raise KeyError(file)
