"""Losses of scores and labels: one function gives the loss and its gradient, as course notes have it."""

import numpy as np


def softmax_loss(x, y):
    """Mean cross entropy; y holds the class of each row."""
    N = x.shape[0]
    shifted = x - x.max(axis=1, keepdims=True)
    Z = np.exp(shifted).sum(axis=1, keepdims=True)
    log_p = shifted - np.log(Z)
    loss = -log_p[np.arange(N), y].sum() / N

    dx = np.exp(log_p)
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx


def softmax_value(x, y):
    return softmax_loss(x, y)[0]


def softmax_gradient(x, y):
    return softmax_loss(x, y)[1]


def softmax_onehot_loss(scores, Y):
    """Mean cross entropy against one-hot rows, by log-sum-exp."""
    top = np.max(scores, axis=1, keepdims=True)
    lse = top + np.log(np.sum(np.exp(scores - top), axis=1, keepdims=True))
    return np.mean(np.sum(Y * (lse - scores), axis=1))


def softmax_onehot_gradient(scores, Y):
    e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    P = e / np.sum(e, axis=1, keepdims=True)
    return {"scores": (P - Y) / Y.shape[0]}


def svm_loss(x, y, delta):
    """Multiclass hinge: every wrong class stays delta below the right one."""
    N = len(x)
    right = x[np.arange(N), y].reshape(N, 1)
    margin = np.maximum(0, x - right + delta)
    margin[np.arange(N), y] = 0
    loss = np.sum(margin) / N

    counts = np.zeros(x.shape)
    counts[margin > 0] = 1
    counts[np.arange(N), y] = -np.sum(counts, axis=1)
    return loss, counts / N


def svm_value(x, y, delta):
    return svm_loss(x, y, delta)[0]


def svm_gradient(x, y, delta):
    return svm_loss(x, y, delta)[1]


def hinge_loss(w, X, t, C):
    """A linear machine for two classes, t = +1 or -1."""
    distances = 1 - t * np.dot(X, w)
    distances = np.maximum(distances, 0)
    return 0.5 * np.dot(w, w) + C * np.mean(distances)


def hinge_gradient(w, X, t, C):
    distances = 1 - t * np.dot(X, w)
    active = (distances > 0).astype(float)
    dw = w - C * np.dot(X.T, active * t) / X.shape[0]
    return dw


def mse_loss(w, b, X, y):
    n = len(y)
    residual = X @ w + b - y
    return (residual**2).sum() / n


def mse_gradients(w, b, X, y):
    n = len(y)
    residual = X @ w + b - y
    dw = (2 / n) * X.T @ residual
    db = (2 / n) * np.sum(residual)
    return dw, db


def ridge_loss(W, X, Y, reg):
    N = X.shape[0]
    error = np.linalg.norm(X.dot(W) - Y) ** 2
    return error / (2 * N) + 0.5 * reg * np.sum(W * W)


def ridge_gradient(W, X, Y, reg):
    N = X.shape[0]
    dW = X.T.dot(X.dot(W) - Y) / N
    dW += reg * W
    return dW


def huber_loss(prediction, target, delta):
    r = prediction - target
    a = np.abs(r)
    quadratic = np.minimum(a, delta)
    linear = a - quadratic
    return np.mean(0.5 * quadratic**2 + delta * linear)


def huber_gradient(prediction, target, delta):
    r = prediction - target
    small = np.abs(r) <= delta
    grad = np.where(small, r, delta * np.sign(r))
    return grad / r.size


def focal_loss(z, y, gamma):
    """Labels 0 and 1; gamma lowers the weight of what is classified well."""
    p = 1 / (1 + np.exp(-z))
    pt = y * p + (1 - y) * (1 - p)
    return np.sum(-((1 - pt) ** gamma) * np.log(pt))


def focal_gradient(z, y, gamma):
    p = 1 / (1 + np.exp(-z))
    pt = y * p + (1 - y) * (1 - p)
    dpt = gamma * (1 - pt) ** (gamma - 1) * np.log(pt) - (1 - pt) ** gamma / pt
    dp = dpt * (2 * y - 1)
    return dp * p * (1 - p)


def distillation_loss(student, teacher, T):
    """T^2 KL(softmax(teacher / T) | softmax(student / T)), mean over the rows."""
    q = np.exp(teacher / T)
    q = q / q.sum(axis=1, keepdims=True)
    p = np.exp(student / T)
    p = p / p.sum(axis=1, keepdims=True)
    kl = np.sum(q * (np.log(q) - np.log(p)), axis=1)
    return T**2 * kl.mean()


def distillation_gradient(student, teacher, T):
    q = np.exp(teacher / T)
    q = q / q.sum(axis=1, keepdims=True)
    p = np.exp(student / T)
    p = p / p.sum(axis=1, keepdims=True)
    return T * (p - q) / student.shape[0]


def contrastive_loss(a, b, same, margin):
    """Pairs of rows: same = 1 pulls together, same = 0 pushes apart up to a margin."""
    diff = a - b
    d = np.sqrt(np.sum(diff**2, axis=1))
    push = np.maximum(margin - d, 0)
    return np.mean(same * d**2 + (1 - same) * push**2) / 2


def contrastive_gradients(a, b, same, margin):
    N = a.shape[0]
    diff = a - b
    d = np.sqrt(np.sum(diff**2, axis=1))
    push = np.maximum(margin - d, 0)
    weight = same - (1 - same) * push / d
    da = weight[:, None] * diff / N
    db = -da
    return da, db


def triplet_loss(anchor, positive, negative, margin):
    near = np.sum((anchor - positive) ** 2, axis=1)
    far = np.sum((anchor - negative) ** 2, axis=1)
    return np.sum(np.maximum(near - far + margin, 0))


def triplet_gradients(anchor, positive, negative, margin):
    near = np.sum((anchor - positive) ** 2, axis=1)
    far = np.sum((anchor - negative) ** 2, axis=1)
    on = (near - far + margin > 0)[:, np.newaxis]
    danchor = 2 * on * (negative - positive)
    dpositive = -2 * on * (anchor - positive)
    dnegative = 2 * on * (anchor - negative)
    return {"anchor": danchor, "positive": dpositive, "negative": dnegative}


def poisson_loss(w, X, counts):
    rate = np.exp(np.dot(X, w))
    return np.mean(rate - counts * np.log(rate))


def poisson_gradient(w, X, counts):
    rate = np.exp(np.dot(X, w))
    return np.dot(rate - counts, X) / len(counts)


def bce_eps_loss(p, y, eps):
    """Cross entropy of probabilities, kept off log 0 by eps."""
    return -np.mean(y * np.log(p + eps) + (1 - y) * np.log(1 - p + eps))


def bce_eps_gradient(p, y, eps):
    dp = -y / (p + eps) + (1 - y) / (1 - p + eps)
    return dp / p.size


def entropy_forward(z):
    """Entropy of the softmax of each row."""
    e = np.exp(z)
    p = e / np.sum(e, axis=1)[:, None]
    logp = np.log(p)
    H = -np.sum(p * logp, axis=1)
    return H, (p, logp, H)


def entropy_backward(dH, cache):
    p, logp, H = cache
    dz = -p * (logp + H[:, None])
    return dz * dH.reshape(-1, 1)


def logsumexp_forward(x):
    m = np.max(x, axis=-1, keepdims=True)
    s = np.sum(np.exp(x - m), axis=-1, keepdims=True)
    out = np.squeeze(m + np.log(s), axis=-1)
    return out, (x, m, s)


def logsumexp_backward(dout, cache):
    x, m, s = cache
    softmax = np.exp(x - m) / s
    return np.expand_dims(dout, -1) * softmax


def softmax_forward(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, p


def softmax_backward(dout, p):
    inner = (dout * p).sum(axis=1, keepdims=True)
    dx = p * (dout - inner)
    return dx


def weighted_bce_loss(z, y, w):
    """Logits z; positives count w times; written so that nothing overflows."""
    soft = np.logaddexp(0, -z)
    per_sample = (1 - y) * z + (1 + (w - 1) * y) * soft
    return np.average(per_sample)


def weighted_bce_gradient(z, y, w):
    s = 1 / (1 + np.exp(-z))
    weight = 1 + (w - 1) * y
    dz = (1 - y) - weight * (1 - s)
    dz /= len(z)
    return dz
