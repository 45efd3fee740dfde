"""Whole networks: lists of layers, caches, parameters in dicts."""

import numpy as np

from .linear import affine_backward, affine_forward

# --- one sample at a time, lists of layers ----------------------------------------------------------------------------


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


class Network:
    """Layers are columns; the cost of one sample is half the squared distance."""

    def __init__(self, weights, biases):
        self.weights = weights
        self.biases = biases
        self.num_layers = len(weights) + 1

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(np.dot(w, a) + b)
        return a

    def cost(self, x, y):
        return 0.5 * np.sum((self.feedforward(x) - y) ** 2)

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation = x
        activations = [x]
        zs = []
        for b, w in zip(self.biases, self.weights):
            z = np.dot(w, activation) + b
            zs.append(z)
            activation = sigmoid(z)
            activations.append(activation)

        delta = self.cost_derivative(activations[-1], y) * sigmoid_prime(zs[-1])
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        for l in range(2, self.num_layers):
            sp = sigmoid_prime(zs[-l])
            delta = np.dot(self.weights[-l + 1].transpose(), delta) * sp
            nabla_b[-l] = delta
            nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())
        return nabla_b, nabla_w

    def cost_derivative(self, output_activations, y):
        return output_activations - y

    def batch_gradients(self, batch):
        """The mean over a list of samples (x, y)."""
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in batch:
            delta_nabla_b, delta_nabla_w = self.backprop(x, y)
            nabla_b = [nb + dnb for nb, dnb in zip(nabla_b, delta_nabla_b)]
            nabla_w = [nw + dnw for nw, dnw in zip(nabla_w, delta_nabla_w)]
        return [nw / len(batch) for nw in nabla_w], [nb / len(batch) for nb in nabla_b]


def sample_loss(W1, b1, W2, b2, W3, b3, x, y):
    return Network([W1, W2, W3], [b1, b2, b3]).cost(x, y)


def sample_gradients(W1, b1, W2, b2, W3, b3, x, y):
    nabla_b, nabla_w = Network([W1, W2, W3], [b1, b2, b3]).backprop(x, y)
    grads = {}
    for l in range(3):
        grads["W%d" % (l + 1)] = nabla_w[l]
        grads["b%d" % (l + 1)] = nabla_b[l]
    return grads


def batch_loss(W1, b1, W2, b2, X, Y):
    """The mean over the columns of X."""
    net = Network([W1, W2], [b1, b2])
    total = 0
    for i in range(X.shape[1]):
        total += net.cost(X[:, i : i + 1], Y[:, i : i + 1])
    return total / X.shape[1]


def batch_gradients(W1, b1, W2, b2, X, Y):
    batch = [(X[:, i : i + 1], Y[:, i : i + 1]) for i in range(X.shape[1])]
    (dW1, dW2), (db1, db2) = Network([W1, W2], [b1, b2]).batch_gradients(batch)
    return dW1, db1, dW2, db2


# --- all samples at once, caches as tuples ----------------------------------------------------------------------------


def relu(Z):
    return np.maximum(0, Z), Z


def logistic(Z):
    return 1 / (1 + np.exp(-Z)), Z


def relu_backward(dA, cache):
    Z = cache
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    assert dZ.shape == Z.shape
    return dZ


def logistic_backward(dA, cache):
    Z = cache
    s = 1 / (1 + np.exp(-Z))
    return dA * s * (1 - s)


def linear_forward(A, W, b):
    Z = np.dot(W, A) + b
    assert Z.shape == (W.shape[0], A.shape[1])
    return Z, (A, W, b)


def linear_activation_forward(A_prev, W, b, activation):
    Z, linear_cache = linear_forward(A_prev, W, b)
    if activation == "sigmoid":
        A, activation_cache = logistic(Z)
    elif activation == "relu":
        A, activation_cache = relu(Z)
    return A, (linear_cache, activation_cache)


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    dA_prev = np.dot(W.T, dZ)
    assert dA_prev.shape == A_prev.shape
    assert dW.shape == W.shape
    assert db.shape == b.shape
    return dA_prev, dW, db


def linear_activation_backward(dA, cache, activation):
    linear_cache, activation_cache = cache
    if activation == "relu":
        dZ = relu_backward(dA, activation_cache)
    elif activation == "sigmoid":
        dZ = logistic_backward(dA, activation_cache)
    return linear_backward(dZ, linear_cache)


def L_model_forward(X, parameters):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        A, cache = linear_activation_forward(A, parameters["W" + str(l)], parameters["b" + str(l)], "relu")
        caches.append(cache)
    AL, cache = linear_activation_forward(A, parameters["W" + str(L)], parameters["b" + str(L)], "sigmoid")
    caches.append(cache)
    return AL, caches


def compute_cost(AL, Y):
    m = Y.shape[1]
    cost = -np.sum(np.multiply(Y, np.log(AL)) + np.multiply(1 - Y, np.log(1 - AL))) / m
    return np.squeeze(cost)


def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    Y = Y.reshape(AL.shape)
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    grads["dA" + str(L - 1)], grads["dW" + str(L)], grads["db" + str(L)] = linear_activation_backward(
        dAL, caches[L - 1], activation="sigmoid"
    )
    for l in reversed(range(L - 1)):
        dA_prev, dW, db = linear_activation_backward(grads["dA" + str(l + 1)], caches[l], activation="relu")
        grads["dA" + str(l)] = dA_prev
        grads["dW" + str(l + 1)] = dW
        grads["db" + str(l + 1)] = db
    return grads


def deep_loss(X, Y, W1, b1, W2, b2, W3, b3):
    parameters = {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": W3, "b3": b3}
    AL, _ = L_model_forward(X, parameters)
    return compute_cost(AL, Y)


def deep_gradients(X, Y, W1, b1, W2, b2, W3, b3):
    parameters = {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": W3, "b3": b3}
    AL, caches = L_model_forward(X, parameters)
    grads = L_model_backward(AL, Y, caches)
    return {name: grads["d" + name] for name in parameters}


def late_mean_forward(A_prev, W, b):
    """linear_backward alone: dW and db are derivatives of a mean, dA_prev is m times one."""
    Z, cache = linear_forward(A_prev, W, b)
    return Z / A_prev.shape[1], cache


def late_mean_backward(dZ, cache):
    dA_prev, dW, db = linear_backward(dZ, cache)
    return dA_prev / dZ.shape[1], dW, db


def layer_forward(A_prev, W, b, activation):
    A, cache = linear_activation_forward(A_prev, W, b, activation)
    return A / A_prev.shape[1], (cache, activation)


def layer_backward(dA, cache):
    dA_prev, dW, db = linear_activation_backward(dA, *cache)
    return dA_prev / dA.shape[1], dW, db


# --- one layer, two layers --------------------------------------------------------------------------------------------


def propagate(w, b, X, Y):
    """Logistic regression: cost and gradients at once."""
    m = X.shape[1]
    A = 1 / (1 + np.exp(-(np.dot(w.T, X) + b)))
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    dw = 1 / m * np.dot(X, (A - Y).T)
    db = 1 / m * np.sum(A - Y)
    assert dw.shape == w.shape
    cost = np.squeeze(np.array(cost))
    assert cost.shape == ()
    return {"w": dw, "b": db}, cost


def propagate_cost(w, b, X, Y):
    return propagate(w, b, X, Y)[1]


def propagate_gradients(w, b, X, Y):
    return propagate(w, b, X, Y)[0]


def planar_loss(W1, b1, W2, b2, X, Y):
    """tanh inside, sigmoid on top, cross entropy."""
    A1 = np.tanh(np.dot(W1, X) + b1)
    A2 = sigmoid(np.dot(W2, A1) + b2)
    logprobs = np.multiply(np.log(A2), Y) + np.multiply(np.log(1 - A2), 1 - Y)
    return -np.sum(logprobs) / Y.shape[1]


def planar_gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    A1 = np.tanh(np.dot(W1, X) + b1)
    A2 = sigmoid(np.dot(W2, A1) + b2)
    dZ2 = A2 - Y
    dW2 = 1 / m * np.dot(dZ2, A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.multiply(np.dot(W2.T, dZ2), 1 - np.power(A1, 2))
    dW1 = 1 / m * np.dot(dZ1, X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


class TwoLayerNet:
    """affine - relu - affine - softmax, with an L2 term; layers come from another file."""

    def __init__(self, W1, b1, W2, b2, reg):
        self.params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
        self.reg = reg

    def loss(self, X, y):
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        N = X.shape[0]
        hidden, cache1 = affine_forward(X, W1, b1)
        activated = np.maximum(hidden, 0)
        scores, cache2 = affine_forward(activated, W2, b2)
        scores = scores - np.max(scores, axis=1, keepdims=True)
        probs = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
        data = np.sum(-np.log(probs[range(N), y])) / N
        loss = data + 0.5 * self.reg * (np.sum(W1 * W1) + np.sum(W2 * W2))

        dscores = probs.copy()
        dscores[range(N), y] -= 1
        dscores /= N
        dactivated, dW2, db2 = affine_backward(dscores, cache2)
        dhidden = dactivated * (hidden > 0)
        _, dW1, db1 = affine_backward(dhidden, cache1)
        dW1 += self.reg * W1
        dW2 += self.reg * W2
        return loss, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def two_layer_value(W1, b1, W2, b2, reg, X, y):
    return TwoLayerNet(W1, b1, W2, b2, reg).loss(X, y)[0]


def two_layer_gradients(W1, b1, W2, b2, reg, X, y):
    return TwoLayerNet(W1, b1, W2, b2, reg).loss(X, y)[1]


def autoencoder_loss(W, b, c, X):
    """The same weight on the way in and, transposed, on the way out."""
    H = np.tanh(X @ W + b)
    R = H @ W.T + c
    return 0.5 * np.mean(np.sum((R - X) ** 2, axis=1))


def autoencoder_gradients(W, b, c, X):
    H = np.tanh(X @ W + b)
    R = H @ W.T + c
    dR = (R - X) / X.shape[0]
    dZ = (dR @ W) * (1 - H**2)
    dW = X.T @ dZ + dR.T @ H
    return dW, dZ.sum(axis=0), dR.sum(axis=0)
