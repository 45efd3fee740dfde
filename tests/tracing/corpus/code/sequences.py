"""Steps in time, attention, pooling: slices, gates and short loops."""

import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    a = prev_h.dot(Wh) + x.dot(Wx) + b
    next_h = np.tanh(a)
    return next_h, (x, prev_h, Wx, Wh, next_h)


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    da = dnext_h * (1 - next_h * next_h)
    dx = da.dot(Wx.T)
    dprev_h = da.dot(Wh.T)
    dWx = x.T.dot(da)
    dWh = prev_h.T.dot(da)
    db = da.sum(0)
    return dx, dprev_h, dWx, dWh, db


def rnn_forward(x, h0, Wx, Wh, b):
    """x: (N, T, D) -> every state, (N, T, H)"""
    N, T, D = x.shape
    H = h0.shape[1]
    h = np.zeros((N, T, H))
    caches = []
    prev = h0
    for t in range(T):
        prev, cache = rnn_step_forward(x[:, t, :], prev, Wx, Wh, b)
        h[:, t, :] = prev
        caches.append(cache)
    return h, (caches, D)


def rnn_backward(dh, cache):
    caches, D = cache
    N, T, H = dh.shape
    dx = np.zeros((N, T, D))
    dWx = np.zeros((D, H))
    dWh = np.zeros((H, H))
    db = np.zeros(H)
    dprev = np.zeros((N, H))
    for t in reversed(range(T)):
        dx[:, t, :], dprev, dWx_t, dWh_t, db_t = rnn_step_backward(dh[:, t, :] + dprev, caches[t])
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    return dx, dprev, dWx, dWh, db


def char_rnn_loss(Wxh, Whh, Why, bh, by, x1, x2, x3, y1, y2, y3):
    """Three steps over columns, one-hot targets, cross entropy."""
    inputs, targets = [x1, x2, x3], [y1, y2, y3]
    h, loss = np.zeros_like(bh), 0
    for x, y in zip(inputs, targets):
        h = np.tanh(Wxh @ x + Whh @ h + bh)
        scores = Why @ h + by
        p = np.exp(scores) / np.sum(np.exp(scores))
        loss += -np.sum(y * np.log(p))
    return loss


def char_rnn_gradients(Wxh, Whh, Why, bh, by, x1, x2, x3, y1, y2, y3):
    inputs, targets = [x1, x2, x3], [y1, y2, y3]
    hs, ps = {-1: np.zeros_like(bh)}, {}
    for t in range(len(inputs)):
        hs[t] = np.tanh(Wxh @ inputs[t] + Whh @ hs[t - 1] + bh)
        scores = Why @ hs[t] + by
        ps[t] = np.exp(scores) / np.sum(np.exp(scores))

    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = ps[t] - targets[t]
        dWhy += dy @ hs[t].T
        dby += dy
        dh = Why.T @ dy + dhnext
        draw = (1 - hs[t] ** 2) * dh
        dbh += draw
        dWxh += draw @ inputs[t].T
        dWhh += draw @ hs[t - 1].T
        dhnext = Whh.T @ draw
    return dWxh, dWhh, dWhy, dbh, dby


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    """Gates side by side in one matrix: input, forget, output, candidate."""
    H = prev_h.shape[1]
    a = x.dot(Wx) + prev_h.dot(Wh) + b
    i = sigmoid(a[:, :H])
    f = sigmoid(a[:, H : 2 * H])
    o = sigmoid(a[:, 2 * H : 3 * H])
    g = np.tanh(a[:, 3 * H :])
    c = f * prev_c + i * g
    tc = np.tanh(c)
    h = o * tc
    return h, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, tc)


def lstm_step_backward(dh, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, tc = cache
    do = dh * tc
    dc = dh * o * (1 - tc**2)
    df = dc * prev_c
    di = dc * g
    dg = dc * i
    dprev_c = dc * f
    dai = di * i * (1 - i)
    daf = df * f * (1 - f)
    dao = do * o * (1 - o)
    dag = dg * (1 - g**2)
    da = np.concatenate((dai, daf, dao, dag), axis=1)
    dx = da.dot(Wx.T)
    dprev_h = da.dot(Wh.T)
    dWx = x.T.dot(da)
    dWh = prev_h.T.dot(da)
    db = np.sum(da, axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db


def gru_step_forward(x, h, Wz, Wr, Wn, Uz, Ur, Un):
    """Columns: x (D, N), h (H, N)."""
    z = sigmoid(Wz @ x + Uz @ h)
    r = sigmoid(Wr @ x + Ur @ h)
    n = np.tanh(Wn @ x + Un @ (r * h))
    out = (1 - z) * n + z * h
    return out, {"x": x, "h": h, "z": z, "r": r, "n": n, "Uz": Uz, "Ur": Ur, "Un": Un}


def gru_step_backward(dout, cache):
    x, h, z, r, n = (cache[k] for k in ("x", "h", "z", "r", "n"))
    dz = dout * (h - n) * z * (1 - z)
    dn = dout * (1 - z) * (1 - n**2)
    drh = cache["Un"].T @ dn
    dr = drh * h * r * (1 - r)
    dh = dout * z + drh * r + cache["Uz"].T @ dz + cache["Ur"].T @ dr
    return {
        "h": dh,
        "Wz": dz @ x.T,
        "Wr": dr @ x.T,
        "Wn": dn @ x.T,
        "Uz": dz @ h.T,
        "Ur": dr @ h.T,
        "Un": dn @ (r * h).T,
    }


def attention_forward(X, Wq, Wk, Wv):
    """One head: softmax(Q K^T / sqrt(d)) V"""
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    scale = 1 / np.sqrt(K.shape[1])
    S = Q @ K.T * scale
    E = np.exp(S - S.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    return P @ V, (X, Wq, Wk, Wv, Q, K, V, P, scale)


def attention_backward(dout, cache):
    X, Wq, Wk, Wv, Q, K, V, P, scale = cache
    dV = P.T @ dout
    dP = dout @ V.T
    dS = P * (dP - (dP * P).sum(axis=1, keepdims=True))
    dQ = dS @ K * scale
    dK = dS.T @ Q * scale
    dX = dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T
    return dX, X.T @ dQ, X.T @ dK, X.T @ dV


def gates_forward(a):
    """The left half times the sigmoid of the right half, as two slices of an array of 6 columns."""
    left, right = a[:, :3], a[:, 3:]
    s = sigmoid(right)
    return left * s, (left, s)


def gates_backward(dout, cache):
    left, s = cache
    da = np.zeros((dout.shape[0], 6))
    da[:, :3] = dout * s
    da[:, 3:] = dout * left * s * (1 - s)
    return da


def swiglu_forward(x, W):
    """np.split in two halves: silu(u) * v"""
    u, v = np.split(x @ W, 2, axis=1)
    s = sigmoid(u)
    return u * s * v, (x, W, u, v, s)


def swiglu_backward(dout, cache):
    x, W, u, v, s = cache
    du = dout * v * (s + u * s * (1 - s))
    dv = dout * u * s
    dh = np.hstack([du, dv])
    dW = x.T @ dh
    dx = dh @ W.T
    return dx, dW


def column_max_forward(x):
    """The largest entry of each column, as pooling over time has it."""
    out = np.max(x, axis=0)
    return out, (x, out)


def column_max_backward(dout, cache):
    x, out = cache
    dx = np.zeros_like(x)
    dx[x == out] = 1
    return dx * dout


def row_argmax_forward(x):
    best = np.argmax(x, axis=1)
    rows = np.arange(x.shape[0])
    return x[rows, best], (x.shape, rows, best)


def row_argmax_backward(dout, cache):
    shape, rows, best = cache
    dx = np.zeros(shape)
    dx[rows, best] = dout
    return dx


def momentum_forward(w, v, grad, lr, mu):
    """The weight after one step with momentum, as a function of the numbers that steer it."""
    v_next = mu * v - lr * grad
    w_next = w + mu * v_next - lr * grad
    return w_next, (v, grad, lr, mu)


def momentum_backward(dw_next, cache):
    v, grad, lr, mu = cache
    v_next = mu * v - lr * grad
    dmu = np.sum(dw_next * (v_next + mu * v))
    dlr = -(1 + mu) * np.sum(dw_next * grad)
    dgrad = -lr * (1 + mu) * dw_next
    return dgrad, dlr, dmu


def smoothness_forward(x):
    """Squares of differences of neighbours in time, a penalty for each row."""
    d = x[:, 1:] - x[:, :-1]
    return 0.5 * np.sum(d**2, axis=1), d


def smoothness_backward(dout, d):
    dx = np.zeros((d.shape[0], d.shape[1] + 1))
    dx[:, 1:] += d
    dx[:, :-1] -= d
    return dx * dout[:, None]


def conv1d_forward(x, w, b):
    """Causal filter: y[:, t] = sum_k w[k] x[:, t + k], without padding."""
    T, K = x.shape[1], w.shape[0]
    out = np.zeros((x.shape[0], T - K + 1))
    for k in range(K):
        out += w[k] * x[:, k : k + T - K + 1]
    return out + b, (x, w)


def conv1d_backward(dout, cache):
    x, w = cache
    K, width = w.shape[0], dout.shape[1]
    dx = np.zeros_like(x)
    dw = np.zeros_like(w)
    for k in range(K):
        dx[:, k : k + width] += w[k] * dout
        dw[k] = np.sum(x[:, k : k + width] * dout)
    return dx, dw, dout.sum()


def cumulative_forward(x, decay):
    """Exponential moving average over three columns."""
    out = np.zeros_like(x)
    state = np.zeros(x.shape[0])
    for t in range(x.shape[1]):
        state = decay * state + (1 - decay) * x[:, t]
        out[:, t] = state
    return out, (decay, out, x)


def cumulative_backward(dout, cache):
    decay, out, x = cache
    dx = np.zeros_like(dout)
    dstate = np.zeros(dout.shape[0])
    ddecay = 0.0
    for t in range(dout.shape[1] - 1, -1, -1):
        dstate = dstate + dout[:, t]
        dx[:, t] = (1 - decay) * dstate
        previous = out[:, t - 1] if t > 0 else 0
        ddecay += np.sum(dstate * (previous - x[:, t]))
        dstate = decay * dstate
    return dx, ddecay


def mean_pool_forward(x, mask):
    """Mean over the time steps that the mask keeps: (N, T, D), (N, T) -> (N, D)"""
    count = mask.sum(axis=1, keepdims=True)
    pooled = (x * mask[:, :, None]).sum(axis=1) / count
    return pooled, (mask, count)


def mean_pool_backward(dout, cache):
    mask, count = cache
    return mask[:, :, np.newaxis] * (dout / count)[:, np.newaxis, :]
