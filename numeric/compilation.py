"""Formulas -> functions, for NumPy, JAX or torch."""

from __future__ import annotations

from typing import Any

from derive import DeriveError

from . import codegen
from .backends.jax_functions import JaxFunction
from .backends.torch_functions import torch_function
from .codegen import CompiledDerivation


def lambdify(formulas: Any, backend: str = "numpy") -> Any:
    """Derivation -> f(params, X, Y) = (J, {"W1": dW1, ...});  equation dW = ... -> f of the arrays on its right side.

    The result has `source`.  The arrays after params are the program's inputs in order; free numbers of the program,
    such as the l2 of mlp, are arguments by keyword.  `backend="jax"` gives the same formulas compiled by JAX;
    `backend="torch"` gives f(params, X, Y) = J, a tensor that torch differentiates by the derived formulas.
    Raises DeriveError for a generic function, which has no formula.
    """
    f = formulas if isinstance(formulas, CompiledDerivation) else codegen.lambdify(formulas)
    if backend == "numpy":
        _ = f.source  # a function without a formula is refused here, not at the first call
        return f
    if backend not in ("jax", "torch"):
        raise DeriveError(f"unknown backend {backend!r}; expected one of numpy, jax, torch")
    if not isinstance(f, CompiledDerivation):
        raise DeriveError(f"backend={backend!r} takes a whole derivation, not one of its equations")
    return JaxFunction(f) if backend == "jax" else torch_function(f)
