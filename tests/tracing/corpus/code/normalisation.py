"""Layers that normalise over the batch, over the features, or over a row."""

import numpy as np


def batchnorm_forward(x, gamma, beta, eps):
    """Training mode, one step of the graph a line."""
    N, D = x.shape
    mu = 1.0 / N * np.sum(x, axis=0)
    xmu = x - mu
    sq = xmu**2
    var = 1.0 / N * np.sum(sq, axis=0)
    sqrtvar = np.sqrt(var + eps)
    ivar = 1.0 / sqrtvar
    xhat = xmu * ivar
    out = gamma * xhat + beta
    return out, (xhat, gamma, xmu, ivar, sqrtvar, var, eps)


def batchnorm_backward(dout, cache):
    xhat, gamma, xmu, ivar, sqrtvar, var, eps = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    dsqrtvar = -1.0 / (sqrtvar**2) * divar
    dvar = 0.5 * 1.0 / np.sqrt(var + eps) * dsqrtvar
    dsq = 1.0 / N * np.ones((N, D)) * dvar
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
    dx2 = 1.0 / N * np.ones((N, D)) * dmu
    dx = dx1 + dx2
    return dx, dgamma, dbeta


def batchnorm_short_forward(x, gamma, beta, eps):
    mean, var = x.mean(axis=0), x.var(axis=0)
    std = np.sqrt(var + eps)
    xhat = (x - mean) / std
    return gamma * xhat + beta, (xhat, gamma, std)


def batchnorm_short_backward(dout, cache):
    xhat, gamma, std = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dx = gamma / (N * std) * (N * dout - dbeta - xhat * dgamma)
    return dx, dgamma, dbeta


def batchnorm_test_forward(x, gamma, beta, running_mean, running_var, eps):
    """Test mode: the statistics are given."""
    scale = gamma / np.sqrt(running_var + eps)
    out = (x - running_mean) * scale + beta
    return out, (x, running_mean, running_var, scale, eps)


def batchnorm_test_backward(dout, cache):
    x, running_mean, running_var, scale, eps = cache
    dx = dout * scale
    dgamma = np.sum(dout * (x - running_mean) / np.sqrt(running_var + eps), axis=0)
    dbeta = np.sum(dout, axis=0)
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, eps):
    mu = np.mean(x, axis=1, keepdims=True)
    var = np.var(x, axis=1, keepdims=True)
    rstd = 1 / np.sqrt(var + eps)
    xhat = (x - mu) * rstd
    out = xhat * gamma + beta
    return out, (xhat, rstd, gamma)


def layernorm_backward(dout, cache):
    xhat, rstd, gamma = cache
    dgamma = np.sum(dout * xhat, axis=0)
    dbeta = np.sum(dout, axis=0)
    g = dout * gamma
    dx = rstd * (g - g.mean(axis=1, keepdims=True) - xhat * np.mean(g * xhat, axis=1, keepdims=True))
    return dx, dgamma, dbeta


def tokens_layernorm_forward(x, gamma, beta, eps):
    """The same for (batch, time, features)."""
    mu = x.mean(-1, keepdims=True)
    xc = x - mu
    sigma = np.sqrt((xc * xc).mean(-1, keepdims=True) + eps)
    xn = xc / sigma
    return xn * gamma + beta, (xc, sigma, xn, gamma)


def tokens_layernorm_backward(dout, cache):
    xc, sigma, xn, gamma = cache
    D = xc.shape[-1]
    dgamma = (dout * xn).sum(axis=(0, 1))
    dbeta = dout.sum(axis=(0, 1))
    dxn = dout * gamma
    dsigma = -(dxn * xc).sum(-1, keepdims=True) / sigma**2
    dxc = dxn / sigma + dsigma * xc / (D * sigma)
    dx = dxc - dxc.sum(-1, keepdims=True) / D
    return dx, dgamma, dbeta


def rmsnorm_forward(x, g, eps):
    rms = np.sqrt(np.mean(np.square(x), axis=-1, keepdims=True) + eps)
    return g * x / rms, (x, g, rms)


def rmsnorm_backward(dout, cache):
    x, g, rms = cache
    n = x.shape[-1]
    dg = np.sum(dout * x / rms, axis=0)
    h = g * dout
    dx = h / rms - x * np.sum(h * x, axis=-1, keepdims=True) / (n * rms**3)
    return dx, dg


def rows_forward(x):
    """Every row has length 1."""
    norm = np.linalg.norm(x, axis=1, keepdims=True)
    y = x / norm
    return y, (y, norm)


def rows_backward(dy, cache):
    y, norm = cache
    along = np.sum(y * dy, axis=1, keepdims=True)
    return (dy - y * along) / norm


def standardise_forward(x):
    """Columns with mean 0 and the sample's standard deviation 1: N - 1 below."""
    centred = x - x.mean(axis=0)
    sd = x.std(axis=0, ddof=1)
    return centred / sd, (centred, sd)


def standardise_backward(dout, cache):
    centred, sd = cache
    N = centred.shape[0]
    dsd = -np.sum(dout * centred, axis=0) / sd**2
    dx = dout / sd + dsd * centred / ((N - 1) * sd)
    dx -= dx.mean(axis=0)
    return dx


def cosine_forward(a, b):
    """Cosine of the angle between row n of a and row n of b."""
    na = np.sqrt(np.sum(a * a, axis=1))
    nb = np.sqrt(np.sum(b * b, axis=1))
    dot = np.sum(a * b, axis=1)
    cos = dot / (na * nb)
    return cos, (a, b, na, nb, cos)


def cosine_backward(dcos, cache):
    a, b, na, nb, cos = cache
    da = b / (na * nb)[:, None] - a * (cos / na**2)[:, None]
    db = a / (na * nb)[:, None] - b * (cos / nb**2)[:, None]
    return dcos[:, None] * da, dcos[:, None] * db


def l1_rows_forward(x):
    """Positive rows, divided by their sums."""
    total = x.sum(1)
    out = (x.T / total).T
    return out, (out, total)


def l1_rows_backward(dout, cache):
    out, total = cache
    mixed = (dout * out).sum(1)
    return ((dout.T - mixed) / total).T
