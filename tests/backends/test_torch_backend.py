"""The derived backward pass inside torch: gradcheck passes, and models may be built around it.

torch is large, so these tests are skipped where it is not installed; `pip install "backproof[torch]"` brings it,
and the gate runs them in a step of their own.
"""

import numpy as np
import pytest

from derive import DeriveError, Program, backprop, mlp
from numeric import initialize, lambdify, torch_layer, training_step

torch = pytest.importorskip("torch")
HIDDEN = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "erf", "gelu")
OUTPUTS = [("identity", "squared_error"), ("sigmoid", "cross_entropy"), ("softmax", "softmax_cross_entropy")]


def tensors(values, seed=0, grad=True):
    return {k: torch.tensor(np.asarray(v), dtype=torch.float64, requires_grad=grad) for k, v in values.items()}


def data(sizes, m=4):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(sizes[0], m)), np.eye(sizes[-1])[rng.integers(sizes[-1], size=m)].T
    return torch.tensor(X), torch.tensor(Y)


@pytest.mark.parametrize(("output", "loss"), OUTPUTS)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_gradcheck_passes(hidden, output, loss):
    f = lambdify(backprop(mlp([3, 5, 2], hidden, output, loss, l2="lambda")), backend="torch")
    params, (X, Y) = tensors(initialize(f.f, seed=1)), data([3, 5, 2])
    assert torch.autograd.gradcheck(
        lambda *given: f(dict(zip(params, given, strict=True)), X, Y, lambda_=0.3), tuple(params.values())
    )


def test_gradients_are_those_of_numpy():
    d = backprop(mlp([3, 5, 2], "tanh", "softmax"))
    f, (X, Y) = lambdify(d, backend="torch"), data([3, 5, 2])
    params = tensors(initialize(d))
    J = f(params, X, Y)
    (3 * J).backward()
    expected, gradients = lambdify(d)({k: p.detach().numpy() for k, p in params.items()}, X.numpy(), Y.numpy())
    assert abs(J.item() - expected) < 1e-14
    assert all(np.abs(params[k].grad.numpy() - 3 * g).max() < 1e-14 for k, g in gradients.items())


@pytest.mark.parametrize("output", ["Z1", "A1", "A2"])
def test_a_layer_is_differentiated_by_its_inputs_too(output):
    layer = torch_layer(mlp([3, 5, 2], "sigmoid", "softmax"), output)
    params = {k: p for k, p in tensors(initialize(mlp([3, 5, 2]))).items() if k in layer.f.parameters}
    X = data([3, 5, 2])[0].requires_grad_()
    assert torch.autograd.gradcheck(
        lambda *given: layer(dict(zip(params, given[:-1], strict=True)), given[-1]), (*params.values(), X)
    )


def test_a_layer_stands_in_the_middle_of_a_model():
    layer = torch_layer(mlp([3, 5, 2], "tanh"), "A1")
    params = {k: p for k, p in tensors(initialize(mlp([3, 5, 2]))).items() if k in ("W1", "b1")}
    before, after = torch.nn.Linear(4, 3, dtype=torch.float64), torch.nn.Linear(5, 1, dtype=torch.float64)
    x = torch.randn(7, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def gradients(middle):
        grads = torch.autograd.grad(after(middle(before(x).T).T).square().sum(),
                                    [*before.parameters(), *params.values(), *after.parameters()])  # fmt: skip
        return [g.numpy() for g in grads]

    by_torch = gradients(lambda h: torch.tanh(params["W1"] @ h + params["b1"]))
    by_us = gradients(lambda h: layer(params, h))
    assert all(np.abs(a - b).max() < 1e-12 for a, b in zip(by_us, by_torch, strict=True))


def test_what_is_not_derived_is_refused_and_not_taken_for_zero():
    d = backprop(mlp([3, 5, 2]))
    f, (X, Y) = lambdify(d, backend="torch"), data([3, 5, 2])
    params = tensors(initialize(d))
    with pytest.raises(DeriveError, match="X requires a gradient, but the derivation has none for it"):
        f(params, X.requires_grad_(), Y)
    (g,) = torch.autograd.grad(f(params, X.detach(), Y), [params["W1"]], create_graph=True)
    with pytest.raises(RuntimeError, match=r"once_differentiable|does not require grad"):
        g.sum().backward()
    with pytest.raises(DeriveError, match=r"the layer takes \(params, X\); got 0 arrays"):
        torch_layer(mlp([3, 5, 2]))(params)
    with pytest.raises(DeriveError, match="J is a number"):
        torch_layer(mlp([3, 5, 2]), "J")


def test_any_program_that_compiles_for_numpy_compiles_for_torch():
    from test_compiled_programs import PROGRAMS, arrays

    for name, given in PROGRAMS.items():
        program = Program(*given)
        f = lambdify(backprop(program))
        params, inputs = arrays(program.parameters), arrays(program.inputs, 1)
        numbers = {"c": 0.7} if "c" in program.symbols else {}
        J, gradients = f(params, *inputs.values(), **numbers)
        given = tensors(params)
        found = lambdify(f, backend="torch")(given, *tensors(inputs, grad=False).values(), **numbers)
        found.backward()
        assert abs(found.item() - J) < 1e-12 * max(1, abs(J)), name
        for k, g in gradients.items():
            assert np.abs(given[k].grad.numpy() - g).max() < 1e-12 * max(1, np.abs(g).max()), (name, k)


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, 0.05),
    "momentum": lambda p: torch.optim.SGD(p, 0.05, momentum=0.9),
    "nesterov": lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, nesterov=True),
    "rmsprop": lambda p: torch.optim.RMSprop(p, 0.05),
    "adam": lambda p: torch.optim.Adam(p, 0.05),
    "adamw": lambda p: torch.optim.AdamW([{"params": p[::2]}, {"params": p[1::2], "weight_decay": 0.0}], 0.05),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_do_what_those_of_torch_do(name):
    d = backprop(mlp([3, 5, 2], "tanh"))
    params, theirs = initialize(d), tensors(initialize(d))
    step, f = training_step(d, name, learning_rate=0.05, dtype="float64", clip_norm=0.1), lambdify(d, backend="torch")
    X, Y = data([3, 5, 2])
    optimizer = OPTIMIZERS[name](list(theirs.values()))
    for _ in range(4):
        step(params, X.numpy(), Y.numpy())
        optimizer.zero_grad()
        f(theirs, X, Y).backward()
        torch.nn.utils.clip_grad_norm_(theirs.values(), 0.1)
        optimizer.step()
    # torch adds 1e-6 to the norm before it divides by it
    assert all(np.abs(theirs[k].detach().numpy() - p).max() < 1e-5 for k, p in params.items())
