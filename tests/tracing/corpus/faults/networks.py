"""Whole networks."""

from ..entry import Entry, correct, kink, refused, side_effect, wrong

TWO = {"W1": ("n1", "n0"), "b1": ("n1", 1), "W2": ("n2", "n1"), "b2": ("n2", 1)}
THREE = {**TWO, "W3": ("n3", "n2"), "b3": ("n3", 1)}
ONE_LAYER = {"A_prev": ("n0", "m"), "W": ("n1", "n0"), "b": ("n1", 1)}

LINEAR = {"inside": "linear_backward"}
METHOD = {"inside": "Network.backprop"}
PROPAGATE = {"inside": "propagate"}
LOSS = {"inside": "TwoLayerNet.loss"}

ENTRIES = (
    Entry(
        "per_sample_backprop", "networks", "sample_loss", "sample_gradients", {**THREE, "x": ("n0", 1), "y": ("n3", 1)},
        tuple(THREE), "gradient", sizes=({}, {"n3": 6}),
        variants=(
            wrong("slope of the last layer forgotten", " * sigmoid_prime(zs[-1])", "", **METHOD),
            wrong("sign of the cost", "output_activations - y", "y - output_activations", inside="Network.cost_derivative"),
            wrong("layer off by one", "activations[-l - 1]", "activations[-l]", **METHOD),
            wrong("same weight again", "self.weights[-l + 1]", "self.weights[-l]", **METHOD),
            wrong("slope of the first layer", "sigmoid_prime(zs[-l])", "sigmoid_prime(zs[0])", **METHOD),
            wrong("transpose forgotten", "activations[-2].transpose()", "activations[-2]", **METHOD),
            wrong("weight's transpose forgotten", "self.weights[-l + 1].transpose()", "self.weights[-l + 1]", grade="square", **METHOD),
            wrong("first layer left out", "range(2, self.num_layers)", "range(2, self.num_layers - 1)", **METHOD),
            wrong("slope without 1 - s", "sigmoid(z) * (1 - sigmoid(z))", "sigmoid(z)", inside="sigmoid_prime"),
            refused("branch on a value", "        return nabla_b", "        if np.sum(delta**2) < 1e-8:\n            nabla_w[0] = nabla_w[0] * 0\n        return nabla_b", **METHOD),
            correct("outer", "np.dot(delta, activations[-l - 1].transpose())", "np.outer(delta, activations[-l - 1])", **METHOD),
            correct("slope by the activation", "sp = sigmoid_prime(zs[-l])", "sp = activations[-l] * (1 - activations[-l])", **METHOD),
        ),
    ),
    Entry(
        "samples_in_a_loop", "networks", "batch_loss", "batch_gradients", {**TWO, "X": ("n0", 3), "Y": ("n2", 3)}, tuple(TWO),
        "gradient",
        variants=(
            wrong("sum for mean", "[nb / len(batch) for nb in nabla_b]", "nabla_b", inside="Network.batch_gradients"),
            wrong("last sample only", "[nw + dnw for", "[dnw for", inside="Network.batch_gradients"),
            wrong("one sample left out", "range(X.shape[1])", "range(1, X.shape[1])"),
            wrong("labels of another sample", "Y[:, i : i + 1]", "Y[:, i - 1 : i] if i else Y[:, 2:]"),
            wrong("1/(N-1)", "nw / len(batch)", "nw / (len(batch) - 1)", inside="Network.batch_gradients"),
            wrong("slope forgotten", " * sp", "", **METHOD),
            correct("summed in another order", "for x, y in batch:", "for x, y in reversed(batch):", inside="Network.batch_gradients"),
        ),
    ),
    Entry(
        "L_model", "networks", "deep_loss", "deep_gradients", {"X": ("n0", "m"), "Y": (1, "m"), **THREE, "W3": (1, "n2"), "b3": (1, 1)},
        tuple(THREE), "gradient", analytic=False, kinks="an entry of Z1 or Z2 is 0", draw={"Y": "binary"},
        variants=(
            wrong("1/m forgotten", "np.dot(dZ, A_prev.T) / m", "np.dot(dZ, A_prev.T)", **LINEAR),
            wrong("1/m twice", "dA_prev = np.dot(W.T, dZ)", "dA_prev = np.dot(W.T, dZ) / m", **LINEAR),
            wrong("m of the other axis", "A_prev.shape[1]", "A_prev.shape[0]", grade="square", **LINEAR),
            wrong("sign of dAL", "dAL = -(", "dAL = (", inside="L_model_backward"),
            wrong("second term of dAL", " - np.divide(1 - Y, 1 - AL)", "", inside="L_model_backward"),
            wrong("keepdims forgotten", "np.sum(dZ, axis=1, keepdims=True)", "np.sum(dZ)", "    assert db.shape == b.shape\n", "", **LINEAR),
            wrong("relu mask of dA", "Z <= 0", "dA <= 0", inside="relu_backward"),
            wrong("stale dA", 'grads["dA" + str(l + 1)], caches[l]', 'grads["dA" + str(L - 1)], caches[l]', inside="L_model_backward", grade="square"),
            wrong("stale cache", "caches[l], activation", "caches[L - 2], activation", inside="L_model_backward", grade="square"),
            wrong("sigmoid for relu", 'activation="relu"', 'activation="sigmoid"', inside="L_model_backward"),
            wrong("eps in dAL", "np.divide(Y, AL)", "np.divide(Y, AL + 1e-8)", inside="L_model_backward", grade="ulps"),
            kink("< for <=", "Z <= 0", "Z < 0", inside="relu_backward", grade="legal"),
            correct("A - Y over A (1 - A)", "-(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))", "(AL - Y) / (AL * (1 - AL))", inside="L_model_backward"),
            correct("mean", "np.sum(dZ, axis=1, keepdims=True) / m", "np.mean(dZ, axis=1, keepdims=True)", **LINEAR),
        ),
    ),
    Entry(
        "linear_backward", "networks", "late_mean_forward", "late_mean_backward", ONE_LAYER, ("A_prev", "W", "b"),
        variants=(
            wrong("1/m forgotten", "np.dot(dZ, A_prev.T) / m", "np.dot(dZ, A_prev.T)", **LINEAR),
            wrong("1/(m-1)", "keepdims=True) / m", "keepdims=True) / (m - 1)", **LINEAR),
            wrong("1/m early", "np.dot(W.T, dZ)", "np.dot(W.T, dZ) / m", **LINEAR),
            wrong("sum over units", "axis=1, keepdims=True", "axis=0, keepdims=True", "    assert db.shape == b.shape\n", "", **LINEAR),
            wrong("transpose of the wrong factor", "np.dot(W.T, dZ)", "np.dot(dZ.T, W).T * 1.000001", grade="ulps", **LINEAR),
            wrong("W not transposed", "np.dot(W.T, dZ)", "np.dot(W, dZ)", grade="square", **LINEAR),
            correct("transposed twice", "np.dot(W.T, dZ)", "np.dot(dZ.T, W).T", **LINEAR),
        ),
    ),
    *(
        Entry(
            f"linear_activation_backward_{name}", "networks", "layer_forward", "layer_backward", ONE_LAYER, ("A_prev", "W", "b"),
            passed={"activation": name}, analytic=name == "sigmoid", kinks="Z = 0" if name == "relu" else "",
            variants=(
                wrong("the other activation", f'"{name}"', '"none"', f'"{other}"', f'"{name}"', inside="linear_activation_backward"),
                wrong("1/m forgotten", "keepdims=True) / m", "keepdims=True)", **LINEAR),
                wrong("stale dA", "linear_backward(dZ, linear_cache)", "linear_backward(dA, linear_cache)", inside="linear_activation_backward"),
                wrong("factor", "np.dot(W.T, dZ)", "np.dot(W.T, dZ) * (1 - 1e-9)", grade="ulps", **LINEAR),
                *more,
            ),
        )
        for name, other, more in (
            ("relu", "sigmoid", (
                wrong("mask by A_prev", "Z <= 0", "dA <= 0", inside="relu_backward", grade="dout"),
                side_effect("dA is changed", "np.array(dA, copy=True)", "np.asarray(dA)", inside="relu_backward"),
                kink("< for <=", "Z <= 0", "Z < 0", inside="relu_backward", grade="legal"),
                correct("where", "    return dZ", "    return np.where(Z > 0, dA, 0.0)", inside="relu_backward"),
            )),
            ("sigmoid", "relu", (
                wrong("1 - s forgotten", " * (1 - s)", "", inside="logistic_backward"),
                side_effect("the cache is changed", "s = 1 / (1 + np.exp(-Z))", "np.exp(-Z, out=Z)\n    s = 1 / (1 + Z)", inside="logistic_backward"),
                correct("s by exp", "1 / (1 + np.exp(-Z))", "np.exp(Z) / (1 + np.exp(Z))", inside="logistic_backward"),
            )),
        )
    ),
    Entry(
        "propagate", "networks", "propagate_cost", "propagate_gradients",
        {"w": ("n0", 1), "b": (), "X": ("n0", "m"), "Y": (1, "m")}, ("w", "b"), "gradient", draw={"Y": "binary"},
        variants=(
            wrong("1/m forgotten", "db = 1 / m *", "db =", **PROPAGATE),
            wrong("sign", "np.dot(X, (A - Y).T)", "np.dot(X, (Y - A).T)", **PROPAGATE),
            wrong("slope of the sigmoid too", "np.sum(A - Y)", "np.sum((A - Y) * A * (1 - A))", **PROPAGATE),
            wrong("transposes", "np.dot(X, (A - Y).T)", "np.dot((A - Y), X.T)", "    assert dw.shape == w.shape\n", "", grade="shape", **PROPAGATE),
            wrong("not summed", "np.sum(A - Y)", "(A - Y)", grade="shape", **PROPAGATE),
            wrong("1/(m-1)", "dw = 1 / m", "dw = 1 / (m - 1)", **PROPAGATE),
            wrong("n for m", "dw = 1 / m", "dw = 1 / X.shape[0]", grade="square", **PROPAGATE),
            wrong("factor", "np.sum(A - Y)", "np.sum(A - Y) * 1.000000001", grade="ulps", **PROPAGATE),
            correct("mean", "1 / m * np.sum(A - Y)", "np.mean(A - Y)", **PROPAGATE),
            correct("transposed product", "np.dot(X, (A - Y).T)", "np.dot(A - Y, X.T).T", **PROPAGATE),
        ),
    ),
    Entry(
        "planar", "networks", "planar_loss", "planar_gradients", {**TWO, "X": ("n0", "m"), "Y": ("n2", "m")}, tuple(TWO), "gradient",
        draw={"Y": "binary"},
        variants=(
            wrong("square forgotten", "np.power(A1, 2)", "A1"),
            wrong("slope of the sigmoid", "1 - np.power(A1, 2)", "A1 * (1 - A1)"),
            wrong("W2 not transposed", "np.dot(W2.T, dZ2)", "np.dot(W2, dZ2)", grade="square"),
            wrong("keepdims forgotten", "db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)", "db2 = 1 / m * np.sum(dZ2, axis=1)", grade="shape"),
            wrong("1/m early", "dZ2 = A2 - Y", "dZ2 = (A2 - Y) / m"),
            wrong("stale dZ2", "np.sum(dZ1, axis=1", "np.sum(dZ2.sum(axis=0) * A1, axis=1"),
            wrong("A1 for X", "np.dot(dZ1, X.T)", "np.dot(dZ1, A1.T)", grade="square"),
            wrong("A2 as squared error", "A2 - Y", "(A2 - Y) * A2 * (1 - A2)"),
            correct("two factors", "1 - np.power(A1, 2)", "(1 - A1) * (1 + A1)"),
            correct("matmul", "np.dot(dZ2, A1.T)", "np.matmul(dZ2, np.transpose(A1))"),
        ),
    ),
    Entry(
        "two_layer_net", "networks", "two_layer_value", "two_layer_gradients",
        {"W1": ("D", "H"), "b1": ("H",), "W2": ("H", "C"), "b2": ("C",), "reg": (), "X": ("N", "D"), "y": ("N",)},
        ("W1", "b1", "W2", "b2"), "gradient", labels={"y": "C"}, usual={"reg": 0.0}, analytic=False, kinks="X W1 + b1 = 0",
        variants=(
            wrong("2 reg", "dW1 += self.reg * W1", "dW1 += 2 * self.reg * W1", grade="default", **LOSS),
            wrong("reg forgotten", "        dW2 += self.reg * W2\n", "", grade="default", **LOSS),
            wrong("reg of the other weight", "dW2 += self.reg * W2", "dW2 += self.reg * W2 / N", grade="default", **LOSS),
            wrong("1/N forgotten", "        dscores /= N\n", "", **LOSS),
            wrong("mask of the scores", "(hidden > 0)", "(dactivated > 0)", **LOSS),
            wrong("mask forgotten", "dhidden = dactivated * (hidden > 0)", "dhidden = dactivated", **LOSS),
            wrong("labels forgotten", "        dscores[range(N), y] -= 1\n", "", **LOSS),
            kink(">= for >", "(hidden > 0)", "(hidden >= 0)", grade="legal", **LOSS),
            correct("mask of the output", "(hidden > 0)", "(activated > 0)", **LOSS),
            correct("0 / 1 mask", "dhidden = dactivated * (hidden > 0)", "dhidden = np.where(hidden > 0, dactivated, 0)", **LOSS),
        ),
    ),
    Entry(
        "autoencoder", "networks", "autoencoder_loss", "autoencoder_gradients",
        {"W": ("D", "H"), "b": ("H",), "c": ("D",), "X": ("N", "D")}, ("W", "b", "c"), "gradient",
        variants=(
            wrong("way out forgotten", " + dR.T @ H", ""),
            wrong("way in forgotten", "X.T @ dZ + ", ""),
            wrong("transpose", "dR.T @ H", "(dR.T @ H).T", grade="square"),
            wrong("slope forgotten", " * (1 - H**2)", ""),
            wrong("1/D", "X.shape[0]", "X.shape[1]", grade="square"),
            wrong("b by dR", "dZ.sum(axis=0), dR.sum(axis=0)", "(dR @ W).sum(axis=0), dR.sum(axis=0)"),
            correct("way out transposed", "dR.T @ H", "(H.T @ dR).T"),
        ),
    ),
)  # fmt: skip
