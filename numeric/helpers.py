"""Functions that NumPy lacks, in a form that never overflows; generated code carries those that it uses.

Each has the dtype of its argument, and all but erf accept complex numbers near the real line (|z| is written
max(z, -z), which NumPy orders by the real part), so that a complex step can differentiate them.
"""

import numpy as np


def sigmoid(z):
    """1 / (1 + e^-z), written in e^-|z|"""
    e = np.exp(np.minimum(z, -z))
    return np.where(z > 0, 1, e) / (1 + e)


def softmax(Z, axis):
    """e^Z_k / sum_i e^Z_i along the axis, shifted by the largest Z, which cancels"""
    E = np.exp(Z - Z.max(axis=axis, keepdims=True))
    return E / E.sum(axis=axis, keepdims=True)


def logsumexp(Z, axis):
    """log sum_i e^Z_i along the axis, shifted by the largest Z"""
    top = Z.max(axis=axis, keepdims=True)
    return top + np.log(np.exp(Z - top).sum(axis=axis, keepdims=True))


def erf(z):
    """2 / sqrt(pi) times the integral of e^(-t^2) from 0 to z;  rational approximations of Cody (1969)"""
    z = np.asarray(z) * 1.0
    x = np.minimum(np.abs(z), 6)
    near = (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2,
            3.20937758913846947e3), (1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
                                     2.84423683343917062e3)  # fmt: skip
    far = (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
           2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
           1.23033935479799725e3), (1, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
                                    1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3,
                                    3.43936767414372164e3, 1.23033935480374942e3)  # fmt: skip
    y = np.minimum(x, 0.5) ** 2
    below = z * np.polyval(near[0], y) / np.polyval(near[1], y)
    above = np.sign(z) * (1 - np.exp(-(x**2)) * np.polyval(far[0], x) / np.polyval(far[1], x))
    return np.where(x < 0.5, below, above).astype(z.dtype)


HELPERS = {function.__name__: function for function in (sigmoid, softmax, logsumexp, erf)}
