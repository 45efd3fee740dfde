"""L-BFGS, a quasi-Newton method, driven by the derived gradient: SciPy's routine on all parameters as one vector.

Source: Liu, Nocedal, On the limited memory BFGS method (1989).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .codegen import CompiledDerivation, lambdify
from .datasets import MissingExtra

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Minimum:
    """Where L-BFGS ended: `history` has the cost at the start and after each iteration."""

    params: Mapping[str, Array]
    history: tuple[float, ...]
    evaluations: int  # of cost and gradients together
    stopped: str


def lbfgs(d: Any, params: Mapping[str, Any], *arrays: Any, iterations: int = 200, **numbers: float) -> Minimum:
    """Minimise J over all parameters on all samples at once, from `params`, which stay as they are.

    Raises MissingExtra without SciPy.
    """
    try:
        from scipy.optimize import minimize
    except ImportError as error:
        raise MissingExtra("L-BFGS", "SciPy", "optimize") from error
    f = d if isinstance(d, CompiledDerivation) else lambdify(d)
    names, start = list(params), {k: np.asarray(p, float) for k, p in params.items()}
    ends = np.cumsum([start[k].size for k in names])

    def unpacked(theta: Array) -> dict[str, Array]:
        parts = np.split(theta, ends[:-1])
        return {k: part.reshape(start[k].shape) for k, part in zip(names, parts, strict=True)}

    def cost_and_gradient(theta: Array) -> tuple[float, Array]:
        J, gradients = f(unpacked(theta), *arrays, **numbers)
        return float(J), np.concatenate([np.ravel(gradients[k]) for k in names])

    theta0 = np.concatenate([start[k].ravel() for k in names])
    history = [cost_and_gradient(theta0)[0]]
    found = minimize(cost_and_gradient, theta0, jac=True, method="L-BFGS-B", options={"maxiter": iterations},
                     callback=lambda intermediate_result: history.append(float(intermediate_result.fun)))  # fmt: skip
    return Minimum(unpacked(found.x), tuple(history), int(found.nfev) + 1, str(found.message))
