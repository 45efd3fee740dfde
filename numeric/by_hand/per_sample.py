"""Backpropagation for one sample at a time, summed over the samples: lists of layers, no matrices of samples.

    z^l = w^l a^{l-1} + b^l,   a^l = g(z^l)
    delta^L = dC/da^L * g'(z^L)                        (BP1)
    delta^l = (w^{l+1})^T delta^{l+1} * g'(z^l)        (BP2)
    dC/db^l = delta^l                                  (BP3)
    dC/dw^l = delta^l (a^{l-1})^T                      (BP4)

Every vector is a column (n, 1).  Slow, and plainly what the formulas say.  Style: Nielsen, Neural Networks and Deep
Learning (2015), chapters 1 and 2.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Layers = list[Array]


# --- functions of one column, and their derivatives -------------------------------------------------------------------


def sigmoid(z: Array) -> Array:
    """g(z) = 1 / (1 + e^-z) = e^-log(1 + e^-z)"""
    return np.exp(-np.logaddexp(0, -z))


def sigmoid_prime(z: Array) -> Array:
    """g'(z) = e^-|z| / (1 + e^-|z|)^2, an even function of z"""
    e = np.exp(-np.abs(z))
    return e / (1 + e) ** 2


def tanh_prime(z: Array) -> Array:
    """g'(z) = 4 e^-2|z| / (1 + e^-2|z|)^2"""
    return 4 * sigmoid_prime(2 * z)


def softmax(z: Array) -> Array:
    """g_k(z) = e^z_k / sum_i e^z_i"""
    powers = np.exp(z - np.max(z))
    return powers / np.sum(powers)


def slopes(left: float, right: float) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """g(z) = left z for z <= 0, right z for z > 0, and its derivative (left at the kink)."""

    def slope(z: Array) -> Array:
        return np.array([[right if entry > 0 else left] for entry in z[:, 0]], dtype=z.dtype)

    return lambda z: slope(z) * z, slope


FUNCTIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    # name          g                                g'
    "sigmoid":     (sigmoid,                         sigmoid_prime),
    "tanh":        (np.tanh,                         tanh_prime),
    "relu":        slopes(0.0, 1.0),
    "leaky_relu":  slopes(0.01, 1.0),
    "softplus":    (lambda z: np.logaddexp(0, z),    sigmoid),
    "identity":    slopes(1.0, 1.0),
}  # fmt: skip


# --- what one sample costs, and delta^L -------------------------------------------------------------------------------


def squared_error(z: Array, y: Array, output: str) -> tuple[Any, Array]:
    """C = 1/2 |a - y|^2,   delta^L = (a - y) * g'(z), and J^T (a - y) with J = diag(a) - a a^T for softmax"""
    if output == "softmax":
        a = softmax(z)
        jacobian = np.diag(a[:, 0]) - a @ a.T
        return 0.5 * np.sum((a - y) ** 2), jacobian.T @ (a - y)
    g, g_prime = FUNCTIONS[output]
    return 0.5 * np.sum((g(z) - y) ** 2), (g(z) - y) * g_prime(z)


def cross_entropy(z: Array, y: Array, output: str) -> tuple[Any, Array]:
    """C = -sum y ln a + (1-y) ln(1-a),   delta^L = a - y,   a = sigmoid(z)"""
    return np.sum(y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z)), sigmoid(z) - y


def softmax_cross_entropy(z: Array, y: Array, output: str) -> tuple[Any, Array]:
    """C = -sum y ln a,   delta^L = a sum(y) - y,   a = softmax(z)"""
    return np.sum(y * (np.logaddexp.reduce(z, axis=None) - z)), softmax(z) * np.sum(y) - y


COSTS: dict[str, tuple[Callable[[Array, Array, str], tuple[Any, Array]], tuple[str, ...]]] = {
    # name                     C and delta^L          outputs that it goes with
    "squared_error":          (squared_error,         (*FUNCTIONS, "softmax")),
    "cross_entropy":          (cross_entropy,         ("sigmoid",)),
    "softmax_cross_entropy":  (softmax_cross_entropy, ("softmax",)),
}  # fmt: skip


# --- the network ------------------------------------------------------------------------------------------------------


def backprop(
    weights: Layers, biases: Layers, x: Array, y: Array, hidden: Sequence[str], output: str, loss: str
) -> tuple[Any, Layers, Layers]:
    """C_x and the lists nabla_w, nabla_b of one sample, shaped as weights and biases."""
    activations, zs = [x], []
    for w, b, name in zip(weights[:-1], biases[:-1], hidden, strict=True):
        zs.append(w @ activations[-1] + b)
        activations.append(FUNCTIONS[name][0](zs[-1]))
    cost, delta = COSTS[loss][0](weights[-1] @ activations[-1] + biases[-1], y, output)  # BP1

    nabla_w = [delta @ activations[-1].T]
    nabla_b = [delta]
    for w, z, a, name in zip(weights[:0:-1], zs[::-1], activations[-2::-1], hidden[::-1], strict=True):
        delta = (w.T @ delta) * FUNCTIONS[name][1](z)  # BP2
        nabla_b.insert(0, delta)  # BP3
        nabla_w.insert(0, delta @ a.T)  # BP4
    return cost, nabla_w, nabla_b


def mean_over_samples(
    weights: Layers, biases: Layers, X: Array, Y: Array, hidden: Sequence[str], output: str, loss: str
) -> tuple[Any, Layers, Layers]:
    """C = 1/m sum_x C_x, and its gradients."""
    m = X.shape[1]
    total: Any = 0.0
    nabla_w, nabla_b = [np.zeros_like(w) for w in weights], [np.zeros_like(b) for b in biases]
    for j in range(m):
        cost, sample_w, sample_b = backprop(weights, biases, X[:, j : j + 1], Y[:, j : j + 1], hidden, output, loss)
        total = total + cost
        nabla_w = [nw + dw for nw, dw in zip(nabla_w, sample_w, strict=True)]
        nabla_b = [nb + db for nb, db in zip(nabla_b, sample_b, strict=True)]
    return total / m, [nw / m for nw in nabla_w], [nb / m for nb in nabla_b]


# --- the door ---------------------------------------------------------------------------------------------------------


def loss_and_gradients(
    params: Mapping[str, Array],
    X: Array,
    Y: Array,
    hidden: str | Sequence[str] = "sigmoid",
    output: str = "sigmoid",
    loss: str = "squared_error",
    l2: float = 0.0,
) -> tuple[Any, dict[str, Array]]:
    """(J, gradients) at params {"W1": (n1, n0), "b1": (n1, 1), ...}; hidden is one name, or one per hidden layer."""
    L, m = len(params) // 2, X.shape[1]
    names = [hidden] * (L - 1) if isinstance(hidden, str) else list(hidden)
    _check(names, L, output, loss)
    weights, biases = ([params[f"{kind}{l}"] for l in range(1, L + 1)] for kind in "Wb")
    if Y.shape != (len(weights[-1]), m):
        raise ValueError(f"the network gives {(len(weights[-1]), m)}, but Y is {Y.shape}")

    dtype = np.result_type(X, *weights)
    cost, nabla_w, nabla_b = mean_over_samples(weights, biases, X, Y.astype(dtype), names, output, loss)
    if l2:
        cost = cost + sum(np.sum(w * w) for w in weights) * (l2 / (2 * m))
        nabla_w = [nw + (l2 / m) * w for nw, w in zip(nabla_w, weights, strict=True)]
    grads: dict[str, Array] = {}
    for l, (nw, nb) in enumerate(zip(nabla_w, nabla_b, strict=True), start=1):
        grads |= {f"W{l}": nw, f"b{l}": nb}
    return cost, grads


def _check(hidden: Sequence[str], L: int, output: str, loss: str) -> None:
    if len(hidden) != L - 1:
        raise ValueError(f"{len(hidden)} hidden activations for {L - 1} hidden layers: {hidden}")
    for name in hidden:
        if name not in FUNCTIONS:
            raise ValueError(f"no hidden activation {name!r}; known: {', '.join(FUNCTIONS)}")
    if loss not in COSTS:
        raise ValueError(f"no loss {loss!r}; known: {', '.join(COSTS)}")
    if output not in COSTS[loss][1]:
        raise ValueError(f"{loss} goes with {' or '.join(COSTS[loss][1])} outputs, not with {output}")
