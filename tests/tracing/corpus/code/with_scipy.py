"""The same kind of code, with functions from scipy.special."""

import numpy as np
from scipy.special import erf, expit, logsumexp, softmax


def gelu_forward(x):
    cdf = 0.5 * (1 + erf(x / np.sqrt(2)))
    return x * cdf, (x, cdf)


def gelu_backward(dout, cache):
    x, cdf = cache
    pdf = np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi)
    return dout * (cdf + x * pdf)


def logistic_loss(w, X, y, C):
    """Labels 0 and 1, a penalty on all weights."""
    z = X.dot(w)
    return np.sum(np.logaddexp(0, z) - y * z) + 0.5 * np.sum(w**2) / C


def logistic_gradient(w, X, y, C):
    return X.T.dot(expit(X.dot(w)) - y) + w / C


def mixture_loss(z, Y):
    """Cross entropy by scipy's logsumexp."""
    return np.mean(logsumexp(z, axis=1) - np.sum(Y * z, axis=1))


def mixture_gradient(z, Y):
    return (softmax(z, axis=1) - Y) / len(z)
