"""Zero initialisation keeps hidden units identical: proved for all shapes, any activation and any loss; and shown.

Third seed, "random initialization": with W = 0 every hidden unit has the same gradient, for ever.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .data import flower as samples
from .descent import Params, descend
from .finding import Finding, Picture, Row, Wish
from .flower import RATE, network
from .starts import constant, legacy

CLAIMS = """\
# Third seed, random initialization: hidden units that start equal get equal gradients, so they stay equal for ever.
n0, n1, n2, m, p = dims
X: (n0, m)
Y: (n2, m)
g = function                      # any activation
f = scalar_function               # any loss
i = index(n1)
k = index(n1)

w: (1, n0)                        # all n1 hidden units are equal: rows of W1, entries of b1, columns of W2; zeros too
b: ()
u: (n2, 1)
b2: (n2, 1)
W1 = ones((n1, 1)) @ w
b1 = b * ones((n1, 1))
W2 = u @ ones((1, n1))
J = f(W2 @ g(W1 @ X + b1) + b2, Y)
assert grad(J, W1)[i, :] == grad(J, W1)[k, :], "equal rows of dW1"
assert grad(J, b1)[i, :] == grad(J, b1)[k, :], "equal entries of db1"
assert grad(J, W2)[:, i] == grad(J, W2)[:, k], "equal columns of dW2"

V1: (p, n0)                       # two equal units among p others, which are as they like
c1: (p, 1)
V2: (n2, p)
wi = 1 * w
wk = 1 * w
bi = 1 * b
bk = 1 * b
ui = 1 * u
uk = 1 * u
L = f(ui @ g(wi @ X + bi) + uk @ g(wk @ X + bk) + V2 @ g(V1 @ X + c1) + b2, Y)
assert grad(L, wi) == grad(L, wk)
assert grad(L, bi) == grad(L, bk)
assert grad(L, ui) == grad(L, uk)

uq: (n2, 1)                       # with different columns of W2 the gradients differ: symmetry needs all three
M = f(ui @ g(wi @ X + bi) + uq @ g(wk @ X + bk) + b2, Y)
assert not grad(M, wi) == grad(M, wk), "different columns of W2 break it"
"""


def zero(wish: Wish) -> Finding:
    """Every claim decided by the kernel, and three starts on the flower: zeros, all weights 0.5, and random ones."""
    from derive import check_claims
    from numeric.plots import curves, png

    rows = []
    for result in check_claims(CLAIMS):
        rows.append(Row(f"kernel, {type(result.verdict).__name__}: {result.text}", bool(result.holds)))
    X, Y = samples()
    starts = {"zeros": constant([2, 4, 1]), "all 0.5": constant([2, 4, 1], 0.5), "0.5 randn": legacy([2, 4, 1], 2, 0.5)}
    spread: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    iterations = 500 if wish.quick else 3000
    costs = {}
    for name, params in starts.items():
        seen: list[Any] = []
        costs[name] = descend(network(4), params, X, Y, RATE, iterations, _watch(seen), every=10)
        W = np.array(seen)  # (times, 4, 2)
        places = 10 * np.arange(len(W))
        spread[name] = float((W.max(axis=1) - W.min(axis=1)).max())
        if name != "zeros":
            paths |= {f"{name}, unit {k + 1}": (places, W[:, k, 0]) for k in range(4)}
        rows.append(Row(f"{name}: largest difference of two rows of W1 in {iterations} iterations", spread[name],
                        most=1e-9 if name != "0.5 randn" else None, least=0.5 if name == "0.5 randn" else None,
                        digits=2))  # fmt: skip
        rows.append(Row(f"{name}: cost at the end", costs[name][-1]))
    return Finding(
        tuple(rows),
        (
            Picture("zero-paths", png(curves(paths, "First weight of each hidden unit", y="W1[unit, 1]")),
                    "Equal units stay on one line (four lines, one above the other); random ones go their own ways."),
            Picture("zero-cost", png(curves(costs, "Cost by start")),
                    "From zeros nothing moves at all: dW1 has the factor W2 = 0, dW2 the factor A1 = tanh(0) = 0."),
        ),
        ("Four equal units are one unit: the cost from equal weights is that of a network with one hidden unit.",),
    )  # fmt: skip


def _watch(seen: list[Any]) -> Any:
    def watch(iteration: int, now: Params) -> None:
        seen.append(now["W1"].copy())

    return watch
