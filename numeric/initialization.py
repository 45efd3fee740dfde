"""Where training starts: every weight W and bias b of a program, drawn from one seeded generator.

"normal"   W, b ~ N(0, 1)                       Nielsen (2015), chapter 1
"he"       W ~ N(0, 2 / n_in),  b = 0           He et al. (2015)
"xavier"   W ~ N(0, 1 / n_in),  b = 0           Glorot, Bengio (2010), as Ng (2017) has it
0.01       W ~ 0.01 N(0, 1),    b = 0           Ng (2017)
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import DTypeLike
from sympy import MatMul, Transpose
from sympy.matrices.expressions.special import OneMatrix

from derive import DeriveError, Program

Array = np.ndarray[Any, Any]
SPREAD = {"normal": lambda n_in: 1.0, "he": lambda n_in: (2 / n_in) ** 0.5, "xavier": lambda n_in: (1 / n_in) ** 0.5}


def initialize(
    net: Any,
    seed: int = 0,
    scale: str | float = "normal",
    dtype: DTypeLike = "float64",
    sizes: Mapping[Any, int] | None = None,
    legacy: bool = False,
) -> dict[str, Array]:
    """{"W1": (n1, n0), "b1": (n1, 1), ...}, drawn in the order W1, b1, W2, b2, ...; net is a Program or a derivation.

    `sizes` gives values to sizes that are symbols, by symbol or by name.  With `legacy` the numbers are those of
    np.random.seed(seed) and np.random.randn, which published figures often hang on; scale 0 gives zeros.  A bias is a
    parameter that only columns of ones are multiplied with.  Raises DeriveError for what is no program, a seed that is
    no integer of at least 0, an unknown scale, and a size without a value.
    """
    program: Program = getattr(net, "program", net)
    if not isinstance(program, Program):
        raise DeriveError(f"initialize takes a program, such as mlp([2, 4, 1]) makes, or a derivation, not {net!r}")
    if not isinstance(seed, Integral) or isinstance(seed, bool) or seed < 0:
        raise DeriveError(f"seed must be an integer of at least 0, not {seed!r}")
    number = isinstance(scale, Real) and not isinstance(scale, bool)
    if not number and scale not in SPREAD:
        raise DeriveError(f"unknown scale {scale!r}; expected one of {', '.join(SPREAD)}, or a number such as 0.01")
    known = {str(size): int(value) for size, value in (sizes or {}).items()}
    inner = inner_sizes(program)
    draw: Any = np.random.RandomState(seed).standard_normal if legacy else np.random.default_rng(seed).standard_normal
    params = {}
    for p in program.parameters:
        shape = tuple(_value(s, p, known) for s in p.shape) if p.is_Matrix else ()
        if scale != "normal" and p not in inner:
            params[str(p)] = np.zeros(shape, dtype)
            continue
        spread = scale if number else SPREAD[str(scale)](_value(inner[p], p, known) if p in inner else 1)
        params[str(p)] = np.asarray(draw(shape) * spread + 0.0, dtype)  # no -0.0
    return params


def inner_sizes(program: Program) -> dict[Any, Any]:
    """n_in of every weight: the size that is summed over where it is multiplied with an array that is not all ones."""
    found: dict[Any, Any] = {}
    for node in (n for e in program.equations for n in e.rhs.atoms(MatMul)):
        _, factors = node.as_coeff_matrices()
        for k, factor in enumerate(factors):
            p = factor.arg if isinstance(factor, Transpose) else factor
            if p in program.parameters and any(not isinstance(f, OneMatrix) for f in factors[:k] + factors[k + 1 :]):
                found.setdefault(p, factor.shape[1] if k + 1 < len(factors) else factor.shape[0])
    return found


def _value(size: Any, parameter: Any, known: Mapping[str, int]) -> int:
    value = size.subs({s: known[str(s)] for s in size.free_symbols if str(s) in known})
    if not value.is_Integer:
        missing = ", ".join(f"'{s}': ..." for s in sorted(map(str, value.free_symbols)))
        raise DeriveError(
            f"{parameter} has shape {parameter.shape}, and {value} has no value; give sizes={{{missing}}}"
        )
    return int(value)
