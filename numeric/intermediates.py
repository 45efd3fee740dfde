"""Every named value of a derivation at one point: Z1, A1, J of the forward pass, dZ1, dA1 of the backward pass.

values = named_values(backprop(net));   v = values(params, X, Y);   v["dZ1"]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sympy import MatrixSymbol, Symbol

from derive import DeriveError

from .codegen import CompiledDerivation, lambdify
from .compiled import Compiled


def named_values(d: Any, *names: str) -> Callable[..., Mapping[str, Any]]:
    """Derivation -> values(params, X, Y) = {"Z1": ..., "A1": ..., "J": ..., "dZ2": ..., "dW1": ...}.

    With names, only those.  Shapes are those of the variables; with mean="late" (the default of backprop) dZ is m times
    the derivative.  Raises DeriveError for a name that neither pass has.
    """
    f = d if isinstance(d, CompiledDerivation) else lambdify(d)
    known = {str(lhs): lhs for lhs, _ in f.task.equations if isinstance(lhs, MatrixSymbol | Symbol)}
    if unknown := [name for name in names if name not in known]:
        raise DeriveError(f"no value {', '.join(unknown)}; there are {', '.join(known)}")
    wanted = {name: known[name] for name in names or known}
    law = "The named values of both passes."
    part = Compiled(replace(f.task, name="named_values", law=law, results=tuple(wanted.values()), gradients=()))

    def values(params: Mapping[str, Any], *arrays: Any, **numbers: Any) -> dict[str, Any]:
        found = part(params, *arrays, **numbers)
        return dict(zip(wanted, found if isinstance(found, tuple) else (found,), strict=True))

    return values
