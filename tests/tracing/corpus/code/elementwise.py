"""Activations: out = g(x) entry by entry, and dx = dout * g'(x)."""

import numpy as np


def relu_forward(x):
    out = np.maximum(0, x)
    cache = x
    return out, cache


def relu_backward(dout, cache):
    x = cache
    dx = dout.copy()
    dx[x <= 0] = 0
    return dx


def leaky_relu_forward(x, alpha):
    out = np.where(x > 0, x, alpha * x)
    return out, (x, alpha)


def leaky_relu_backward(dout, cache):
    x, alpha = cache
    slope = np.ones_like(x)
    slope[x < 0] = alpha
    return dout * slope


def prelu_forward(x, a):
    """One learned slope for each of the D channels."""
    positive = np.maximum(x, 0)
    negative = np.minimum(x, 0)
    return positive + a * negative, (x, a)


def prelu_backward(dout, cache):
    x, a = cache
    mask = x > 0
    dx = dout * mask + dout * a * ~mask
    da = np.sum(dout * x * ~mask, axis=0)
    return dx, da


def sigmoid_forward(x):
    s = 1.0 / (1.0 + np.exp(-x))
    return s, s


def sigmoid_backward(dout, s):
    dx = dout * s * (1 - s)
    return dx


def tanh_forward(x):
    out = np.tanh(x)
    return out, {"out": out}


def tanh_backward(dout, cache):
    t = cache["out"]
    return (1.0 - np.power(t, 2)) * dout


def softplus_forward(x, beta):
    out = np.log1p(np.exp(beta * x)) / beta
    return out, (x, beta)


def softplus_backward(dout, cache):
    x, beta = cache
    dx = dout / (1.0 + np.exp(-beta * x))
    return dx


def swish_forward(x, beta):
    """x sigmoid(beta x); beta = 1 is called silu."""
    sig = 1 / (1 + np.exp(-beta * x))
    return x * sig, (x, sig, beta)


def swish_backward(dout, cache):
    x, sig, beta = cache
    dx = dout * (sig + beta * x * sig * (1 - sig))
    dbeta = np.sum(dout * x * x * sig * (1 - sig))
    return dx, dbeta


def silu_forward(x):
    sig = 1 / (1 + np.exp(-x))
    return x * sig, (x, sig)


def silu_backward(dout, cache):
    x, sig = cache
    return dout * sig * (1 + x * (1 - sig))


def gelu_tanh_forward(x):
    """The approximation that most language models use."""
    inner = 0.7978845608 * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + np.tanh(inner)), (x, inner)


def gelu_tanh_backward(dout, cache):
    x, inner = cache
    t = np.tanh(inner)
    dinner = 0.7978845608 * (1 + 3 * 0.044715 * x**2)
    return dout * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * dinner)


def elu_forward(x, alpha):
    out = np.where(x > 0, x, alpha * (np.exp(x) - 1))
    return out, (x, out, alpha)


def elu_backward(dout, cache):
    x, out, alpha = cache
    return dout * np.where(x > 0, 1, out + alpha)


def hardtanh_forward(x, limit):
    return np.clip(x, -limit, limit), (x, limit)


def hardtanh_backward(dout, cache):
    x, limit = cache
    inside = np.abs(x) < limit
    return np.where(inside, dout, 0.0)


def mish_forward(x):
    sp = np.logaddexp(0, x)
    t = np.tanh(sp)
    return x * t, (x, t)


def mish_backward(dout, cache):
    x, t = cache
    sig = 1.0 / (1.0 + np.exp(-x))
    dt = x * sig * (1 - t * t)
    dx = dout * (t + dt)
    return dx


def softsign_forward(x):
    denominator = 1 + np.abs(x)
    return x / denominator, denominator


def softsign_backward(dout, denominator):
    return dout / denominator**2


def dropout_forward(x, mask, p):
    """Inverted dropout; the mask was drawn outside, p is the chance to keep."""
    out = x * mask / p
    return out, (mask, p)


def dropout_backward(dout, cache):
    mask, p = cache
    dx = dout * mask
    dx /= p
    return dx
