"""Backpropagation for m samples at once, forward values kept in caches.

    Z[l] = W[l] A[l-1] + b[l],   A[l] = g(Z[l]),   A[0] = X
    dZ[l] = dA[l] * g'(Z[l]),   dW[l] = dZ[l] A[l-1]^T / m,   db[l] = row sums of dZ[l] / m,   dA[l-1] = W[l]^T dZ[l]

Samples are columns: X (n0, m), Y (nL, m), W[l] (n_l, n_{l-1}), b[l] (n_l, 1).  The mean is taken late: dZ is m times
a derivative, dW and db are derivatives.  Style: the programming exercises of Ng's first deep learning course (2017).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
LEAK = 0.01

# --- activations: Z -> A, and dA, Z, A -> dZ --------------------------------------------------------------------------


def sigmoid(Z: Array) -> Array:
    """A = 1 / (1 + e^-Z), written in e^-|Z|, which never overflows."""
    e = np.exp(-np.abs(Z))
    return np.where(Z >= 0, 1, e) / (1 + e)


def softplus(Z: Array) -> Array:
    """A = log(1 + e^Z) = max(Z, 0) + log(1 + e^-|Z|)"""
    return np.maximum(Z, 0) + np.log1p(np.exp(-np.abs(Z)))


def softmax(Z: Array) -> Array:
    """A_kj = e^Z_kj / sum_i e^Z_ij; each column sums to 1.  Shifted by the largest of the column, which cancels."""
    E = np.exp(Z - Z.max(axis=0, keepdims=True))
    return E / E.sum(axis=0, keepdims=True)


def relu_backward(dA: Array, Z: Array, A: Array) -> Array:
    """dZ = dA where Z > 0, else 0"""
    return dA * (Z > 0)


def leaky_relu_backward(dA: Array, Z: Array, A: Array) -> Array:
    """dZ = dA where Z > 0, else 0.01 dA"""
    return np.where(Z > 0, dA, LEAK * dA)


def softmax_backward(dA: Array, Z: Array, A: Array) -> Array:
    """dZ_kj = A_kj (dA_kj - sum_i A_ij dA_ij)"""
    return A * (dA - np.sum(A * dA, axis=0, keepdims=True))


Backward = Callable[[Array, Array, Array], Array]

ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Backward]] = {
    # name         A = g(Z)                                    dZ = dA * g'(Z)
    "sigmoid":    (sigmoid,                                    lambda dA, Z, A: dA * A * sigmoid(-Z)),
    "tanh":       (np.tanh,                                    lambda dA, Z, A: dA * (1 - A) * (1 + A)),
    "relu":       (lambda Z: np.maximum(Z, 0),                 relu_backward),
    "leaky_relu": (lambda Z: np.where(Z > 0, Z, LEAK * Z),     leaky_relu_backward),
    "softplus":   (softplus,                                   lambda dA, Z, A: dA * sigmoid(Z)),
    "identity":   (lambda Z: Z,                                lambda dA, Z, A: dA),
    "softmax":    (softmax,                                    softmax_backward),
}  # fmt: skip

# --- losses: J, and what starts the way back --------------------------------------------------------------------------


def squared_error(Z: Array, A: Array, Y: Array) -> Array:
    """J = 1/(2m) sum (A - Y)^2"""
    return np.sum((A - Y) ** 2) / (2 * Y.shape[1])


def cross_entropy(Z: Array, A: Array, Y: Array) -> Array:
    """J = -1/m sum (Y log A + (1-Y) log(1-A)),  A = sigmoid(Z);  -log A = softplus(-Z),  -log(1-A) = softplus(Z)"""
    return np.sum(Y * softplus(-Z) + (1 - Y) * softplus(Z)) / Y.shape[1]


def softmax_cross_entropy(Z: Array, A: Array, Y: Array) -> Array:
    """J = -1/m sum Y log A,  A = softmax(Z);  -log A_kj = log sum_i e^(Z_ij - M_j) - (Z_kj - M_j),  M_j = max_i Z_ij"""
    shifted = Z - Z.max(axis=0, keepdims=True)
    return np.sum(Y * (np.log(np.sum(np.exp(shifted), axis=0, keepdims=True)) - shifted)) / Y.shape[1]


def squared_error_backward(Z: Array, A: Array, Y: Array, output: str) -> Array:
    """dA = A - Y,  dZ = dA * g'(Z)"""
    return ACTIVATIONS[output][1](A - Y, Z, A)


def cross_entropy_backward(Z: Array, A: Array, Y: Array, output: str) -> Array:
    """dZ = A - Y: the factor A (1-A) of the sigmoid cancels the denominator of dA = (A - Y) / (A (1-A))"""
    return A - Y


def softmax_cross_entropy_backward(Z: Array, A: Array, Y: Array, output: str) -> Array:
    """dZ_kj = A_kj sum_i Y_ij - Y_kj, which is A - Y where the columns of Y sum to 1"""
    return A * np.sum(Y, axis=0, keepdims=True) - Y


LOSSES: dict[str, tuple[Callable[..., Array], Callable[..., Array], str | None]] = {
    # name                    J                      dZ of the last layer            the only output that it goes with
    "squared_error":         (squared_error,         squared_error_backward,         None),
    "cross_entropy":         (cross_entropy,         cross_entropy_backward,         "sigmoid"),
    "softmax_cross_entropy": (softmax_cross_entropy, softmax_cross_entropy_backward, "softmax"),
}  # fmt: skip

# --- forward: Z and A of every layer, kept ----------------------------------------------------------------------------


def linear_forward(A_prev: Array, W: Array, b: Array) -> tuple[Array, tuple[Array, Array, Array]]:
    """Z = W A_prev + b,  (n, p)(p, m) + (n, 1) -> (n, m)"""
    return W @ A_prev + b, (A_prev, W, b)


def linear_activation_forward(A_prev: Array, W: Array, b: Array, activation: str) -> tuple[Array, tuple[Any, Any]]:
    """A = g(W A_prev + b)"""
    Z, linear_cache = linear_forward(A_prev, W, b)
    A = ACTIVATIONS[activation][0](Z)
    return A, (linear_cache, (Z, A))


def L_model_forward(X: Array, params: Mapping[str, Array], activations: Sequence[str]) -> tuple[Array, list[Any]]:
    """A[L] and one cache per layer; activations holds one name per layer."""
    A, caches = X, []
    for l, activation in enumerate(activations, start=1):
        A, cache = linear_activation_forward(A, params[f"W{l}"], params[f"b{l}"], activation)
        caches.append(cache)
    return A, caches


# --- backward: the same path, in reverse ------------------------------------------------------------------------------


def linear_backward(dZ: Array, cache: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
    """dA_prev = W^T dZ,   dW = dZ A_prev^T / m,   db = row sums of dZ / m"""
    A_prev, W, _ = cache
    m = A_prev.shape[1]
    return W.T @ dZ, dZ @ A_prev.T / m, np.sum(dZ, axis=1, keepdims=True) / m


def activation_backward(dA: Array, cache: tuple[Array, Array], activation: str) -> Array:
    """dZ = dA * g'(Z)"""
    Z, A = cache
    return ACTIVATIONS[activation][1](dA, Z, A)


def L_model_backward(dZ: Array, caches: Sequence[Any], activations: Sequence[str]) -> dict[str, Array]:
    """Gradients of every W[l] and b[l], from dZ of the last layer."""
    grads: dict[str, Array] = {}
    for l in range(len(caches), 0, -1):
        dA, grads[f"W{l}"], grads[f"b{l}"] = linear_backward(dZ, caches[l - 1][0])
        if l > 1:
            dZ = activation_backward(dA, caches[l - 2][1], activations[l - 2])
    return grads


# --- the L2 term ------------------------------------------------------------------------------------------------------


def l2_cost(params: Mapping[str, Array], L: int, l2: float, m: int) -> Any:
    """l2/(2m) sum over layers and entries of W^2"""
    return sum(np.sum(params[f"W{l}"] ** 2) for l in range(1, L + 1)) * (l2 / (2 * m))


def l2_gradients(params: Mapping[str, Array], L: int, l2: float, m: int) -> dict[str, Array]:
    """dW[l] gains l2/m W[l]"""
    return {f"W{l}": params[f"W{l}"] * (l2 / m) for l in range(1, L + 1)}


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
    L = len(params) // 2
    activations = [*_hidden_names(hidden, L), output]
    _check(activations, output, loss)
    m = X.shape[1]

    AL, caches = L_model_forward(X, params, activations)
    if AL.shape != Y.shape:
        raise ValueError(f"the network gives {AL.shape}, but Y is {Y.shape}")
    Y, ZL = Y.astype(AL.dtype, copy=False), caches[-1][1][0]
    cost, start, _ = LOSSES[loss]
    J = cost(ZL, AL, Y)
    grads = L_model_backward(start(ZL, AL, Y, output), caches, activations)
    if l2:
        J = J + l2_cost(params, L, l2, m)
        grads |= {name: grads[name] + term for name, term in l2_gradients(params, L, l2, m).items()}
    return J, grads


def _hidden_names(hidden: str | Sequence[str], L: int) -> list[str]:
    names = [hidden] * (L - 1) if isinstance(hidden, str) else list(hidden)
    if len(names) != L - 1:
        raise ValueError(f"{len(names)} hidden activations for {L - 1} hidden layers: {names}")
    return names


def _check(activations: Sequence[str], output: str, loss: str) -> None:
    for name in activations:
        if name not in ACTIVATIONS:
            raise ValueError(f"no activation {name!r}; known: {', '.join(ACTIVATIONS)}")
    if "softmax" in activations[:-1]:
        raise ValueError("softmax mixes a whole column: it is for the output layer, not for a hidden one")
    if loss not in LOSSES:
        raise ValueError(f"no loss {loss!r}; known: {', '.join(LOSSES)}")
    partner = LOSSES[loss][2]
    if partner not in (None, output):
        raise ValueError(f"{loss} goes with {partner} outputs, not with {output}")
