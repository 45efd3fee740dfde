"""Compiled formulas against backpropagation by hand, and against numerical derivatives."""

from __future__ import annotations

from typing import Any

SIZES = ((1, 1, 1, 1), (2, 4, 1, 5), (3, 1, 2, 4), (5, 7, 3, 1), (8, 6, 4, 20))  # n0, n1, n2, m


def by_hand_error(f: Any, network: dict[str, str], dtype: str, seed: int) -> tuple[float, int]:
    """The largest relative error of cost and gradients over sizes and both styles of hand-written code; how many."""
    from numeric import by_hand

    errors = []
    for sizes in SIZES:
        params, X, Y = example(f, sizes, dtype, seed)
        J, gradients = f(params, X, Y)
        for style in (by_hand.caches, by_hand.per_sample):
            J_hand, gradients_hand = style.loss_and_gradients(params, X, Y, **network)
            errors.append(distance(J, J_hand))
            errors += [distance(gradients[name], gradients_hand[name]) for name in params]
    return max(errors), len(errors)


def numerical_error(f: Any, seed: int) -> tuple[float, str, int]:
    """The largest relative error of any entry, at the largest of the sizes; the method; how many entries."""
    from numeric import check_gradient

    report = check_gradient(f, *example(f, SIZES[-1], "float64", seed))
    return report.error, report.method, report.compared


def example(f: Any, sizes: tuple[int, ...], dtype: str, seed: int) -> tuple[dict[str, Any], Any, Any]:
    """Random parameters and samples."""
    import numpy as np

    from numeric import initialize

    n0, n1, n2, m = sizes
    rng = np.random.default_rng((seed, *sizes))
    params = initialize(f.program, seed, "normal", dtype, {"n0": n0, "n1": n1, "n2": n2})
    return params, rng.standard_normal((n0, m)).astype(dtype), rng.integers(0, 2, (n2, m)).astype(dtype)


def distance(ours: Any, theirs: Any) -> float:
    """The largest difference of an entry, relative to the largest entry."""
    import numpy as np

    if np.shape(ours) != np.shape(theirs):
        return float("inf")
    return float(np.abs(ours - theirs).max() / max(np.abs(theirs).max(), 1e-300))
