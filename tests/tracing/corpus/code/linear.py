"""Layers that are linear in what they learn."""

import numpy as np


def affine_forward(x, w, b):
    """Rows are samples; whatever a sample looks like, it is laid out flat."""
    rows = x.reshape(x.shape[0], -1)
    out = rows.dot(w) + b
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, _ = cache
    rows = x.reshape(x.shape[0], -1)
    dx = dout.dot(w.T).reshape(x.shape)
    dw = rows.T.dot(dout)
    db = dout.sum(axis=0)
    return dx, dw, db


def columns_forward(A, W, b):
    """Columns are samples."""
    Z = np.dot(W, A) + b
    assert Z.shape == (W.shape[0], A.shape[1])
    return Z, {"A": A, "W": W, "b": b}


def columns_backward(dZ, cache):
    A, W, b = cache["A"], cache["W"], cache["b"]
    grads = {}
    grads["W"] = np.dot(dZ, A.T)
    grads["b"] = np.sum(dZ, axis=1, keepdims=True)
    grads["A"] = np.dot(W.T, dZ)
    assert grads["W"].shape == W.shape
    assert grads["b"].shape == b.shape
    return grads


def scale_shift_forward(x, gamma, beta):
    return gamma * x + beta, (x, gamma)


def scale_shift_backward(dout, cache):
    x, gamma = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x).sum(axis=0)
    dx = dout * gamma
    return dx, dgamma, dbeta


def bilinear_forward(x, U, y):
    """out[n, k] = x[n] U[k] y[n]"""
    out = np.einsum("ni,kij,nj->nk", x, U, y)
    return out, (x, U, y)


def bilinear_backward(dout, cache):
    x, U, y = cache
    dx = np.einsum("nk,kij,nj->ni", dout, U, y)
    dU = np.einsum("nk,ni,nj->kij", dout, x, y)
    dy = np.einsum("nk,ni,kij->nj", dout, x, U)
    return dx, dU, dy


def score_forward(Q, W, P):
    """S = Q W P^T: every query with every passage."""
    left = Q @ W
    S = left @ P.T
    return S, (Q, W, P, left)


def score_backward(dS, cache):
    Q, W, P, left = cache
    dleft = dS @ P
    dP = dS.T @ left
    dQ = dleft @ W.T
    dW = Q.T @ dleft
    return dQ, dW, dP


def embedding_forward(onehot, E):
    """Rows of E, picked by a product with one-hot rows, then scaled as language models do."""
    H = E.shape[1]
    out = onehot @ E * np.sqrt(H)
    return out, (onehot, H)


def embedding_backward(dout, cache):
    onehot, H = cache
    dE = onehot.T @ dout * np.sqrt(H)
    return dE


def residual_forward(x, w1, w2):
    h = np.maximum(np.matmul(x, w1), 0)
    out = x + np.matmul(h, w2)
    return out, (x, w1, w2, h)


def residual_backward(dout, cache):
    x, w1, w2, h = cache
    dw2 = np.matmul(np.transpose(h), dout)
    dh = np.matmul(dout, np.transpose(w2))
    dh = dh * (h > 0)
    dw1 = np.matmul(np.transpose(x), dh)
    dx = dout + np.matmul(dh, np.transpose(w1))
    return dx, dw1, dw2


def glu_forward(x, W, V, b, c):
    """Gated linear unit: (x W + b) * sigmoid(x V + c)"""
    a = x.dot(W) + b
    g = 1 / (1 + np.exp(-(x.dot(V) + c)))
    return a * g, (x, W, V, a, g)


def glu_backward(dout, cache):
    x, W, V, a, g = cache
    da = dout * g
    dz = dout * a * g * (1 - g)
    dx = da.dot(W.T) + dz.dot(V.T)
    dW = x.T.dot(da)
    dV = x.T.dot(dz)
    db = np.sum(da, axis=0)
    dc = np.sum(dz, axis=0)
    return dx, dW, dV, db, dc


def low_rank_forward(x, W, A, B, alpha):
    """A frozen W and a correction of rank r: out = x W + (alpha / r) x A B"""
    r = A.shape[1]
    scale = alpha / r
    xa = x @ A
    out = x @ W + scale * (xa @ B)
    return out, (x, A, B, xa, scale)


def low_rank_backward(dout, cache):
    x, A, B, xa, scale = cache
    d = scale * dout
    dB = xa.T @ d
    dA = x.T @ (d @ B.T)
    return dA, dB


def weight_norm_forward(x, v, g):
    """Columns of the weight have length g: w = g v / |v|"""
    length = np.sqrt(np.sum(v**2, axis=0))
    w = g * v / length
    return x.dot(w), (x, v, g, length, w)


def weight_norm_backward(dout, cache):
    x, v, g, length, w = cache
    dx = dout.dot(w.T)
    dw = x.T.dot(dout)
    dg = np.sum(dw * v, axis=0) / length
    dv = g / length * (dw - v * np.sum(dw * v, axis=0) / length**2)
    return dx, dv, dg
