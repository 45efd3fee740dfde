"""An activation and its derivative as functions of arrays, compiled from the derivation of A = g(Z), J = sum A."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from sympy import MatrixSymbol, Symbol

from derive import Program, backprop, elementwise, total

from .codegen import forward, lambdify

Array = np.ndarray[Any, Any]


@cache
def activation(name: str) -> tuple[Callable[[Any], Array], Callable[[Any], Array]]:
    """(g, g') by name: sigmoid, tanh, relu, leaky_relu, ...;  arrays (n, m) -> (n, m).

    Raises DeriveError for a function that the table does not have.
    """
    n, m = (Symbol(size, integer=True, positive=True) for size in "nm")
    Z, A = MatrixSymbol("Z", n, m), MatrixSymbol("A", n, m)
    program = Program([(A, elementwise(name, Z)), (Symbol("J"), total(A))], [Z])
    g, both = forward(program), lambdify(backprop(program))
    return (lambda z: g({"Z": _matrix(z)})), (lambda z: both({"Z": _matrix(z)})[1]["Z"])


def _matrix(z: Any) -> Array:
    return np.atleast_2d(np.asarray(z, float))
