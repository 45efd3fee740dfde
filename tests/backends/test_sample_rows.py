"""Samples as rows: every program, whatever axis is taken for that of the samples, computes what the plain form does."""

import numpy as np
import pytest
from test_compiled_programs import PROGRAMS, arrays

from derive import DeriveError, Program, UnknownNode, backprop, mlp
from numeric import fastest_step, initialize, lambdify, training_step
from numeric.backends.sample_rows import Rows, with_rows
from numeric.backends.translation import translate
from numeric.codegen import CompiledDerivation
from numeric.source import Line, given_rows, lines_of, sizes_of


def by_rows(f: CompiledDerivation, samples, given, jax):
    """The gradients, from the lines with samples as rows; with how many variables were kept transposed."""
    names, task = f.names, f.task
    lines = [Line(x.name, translate(x.text, "jax"), x.used, x.comment) for x in lines_of(task)]
    turning, lines = with_rows(task, names, samples, lines)
    used = frozenset().union(*(x.used for x in lines)) | {names[p] for p in task.parameters}
    text = [f"{x.name} = {x.text}" for x in given_rows(task, names, used)]
    text += [turning] if not turning.startswith(" =") else []
    text += [f"{x.name} = {x.text}" for x in lines]
    scope = {"jax": jax, "jnp": jax.numpy, **given}
    exec("\n".join(text), scope)
    return {str(p): np.asarray(scope[names[g]]) for p, g in task.gradients}, turning.partition(" = ")[0]


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_with_every_size(name, jax):
    program = Program(*PROGRAMS[name])
    f = lambdify(backprop(program))
    params, inputs = arrays(program.parameters), arrays(program.inputs, 1)
    numbers = {"c": 0.7} if "c" in program.symbols else {}
    _, gradients = f(params, *inputs.values(), **numbers)
    given = {"params": params, **{f.names[v]: inputs[str(v)] for v in f.task.arguments}, **numbers}
    for size in sizes_of(f.task.variables):
        found, _ = by_rows(f, size, given, jax)
        for k, g in gradients.items():
            assert np.abs(found[k] - g).max() < 1e-12 * max(1, np.abs(g).max()), (size, k)


NETS = {
    "sigmoid": mlp([5, 4, 3], "sigmoid"),
    "three layers, l2": mlp([5, 4, 4, 3], ["relu", "tanh"], "softmax", l2="lambda"),
    "squared error": mlp([5, 4, 3], "softplus", "identity", "squared_error"),
    "columns": mlp([5, 4, 3], "leaky_relu", weights="columns"),
}


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("net", NETS)
def test_a_step_is_that_of_numpy(net, optimizer, jax):
    d = backprop(NETS[net])
    options = {"optimizer": optimizer, "learning_rate": 0.1, "dtype": "float64", "loss": True, "clip_norm": 0.5}
    here, there = training_step(d, **options), training_step(d, **options, backend="jax", rows=True)
    params, numbers = initialize(d, seed=3, scale="xavier"), {"lambda_": 0.2} if "l2" in net else {}
    found = {k: p.copy() for k, p in params.items()}
    rng = np.random.default_rng(0)
    for m in (6, 6, 4):
        X, Y = rng.normal(size=(5, m)), np.eye(3)[rng.integers(3, size=m)].T
        assert abs(here(params, X, Y, **numbers) - there(found, X, Y, **numbers)) < 1e-13
    assert all(np.abs(np.asarray(found[k]) - p).max() < 1e-13 for k, p in params.items())


def test_the_source_is_bp1_to_bp4_by_rows(jax):
    source = training_step(backprop(mlp(["n0", "n1", "n2"], "relu", "softmax")), backend="jax", rows=True).source
    for line in ("X, Y = X.T, Y.T  # a row for each sample", "Z1 = X @ W1.T + b1.T ", "jax.nn.softmax(Z2, axis=1)",
                 "dW2 = dZ2.T @ A1 / m ", "dA1 = dZ2 @ W2   ", "# (m, n1)  product"):  # fmt: skip
        assert line in source


def test_without_samples_there_are_no_rows(jax):
    for net in (mlp([3, 2], samples=1), mlp([3, 2], samples=7)):
        with pytest.raises(DeriveError, match="needs an axis of samples whose size is a symbol"):
            training_step(backprop(net), backend="jax", rows=True).source  # noqa: B018
    with pytest.raises(DeriveError, match="rows=True belongs to backend='jax'"):
        training_step(backprop(mlp([3, 2])), rows=True)
    d = backprop(mlp([3, 2], samples=1))
    found = fastest_step(d, initialize(d), np.ones((3, 1)), np.ones((2, 1)), rounds=1, dtype="float64")
    assert "jax rows" not in found.seconds


ROWS = Rows(frozenset({"A", "B"}), frozenset({"m", "c"}))
TEXTS = [
    # name, text,                            with A and B kept transposed
    ("A", "W @ B",                           "B @ W.T"),
    ("A", "W.T @ B * c",                     "B @ W * c"),
    ("V", "A @ B.T / m",                     "A.T @ B / m"),
    ("A", "B + b",                           "B + b.T"),
    ("V", "A.sum(axis=1, keepdims=True)",    "A.sum(axis=0, keepdims=True).T"),
    ("A", "jax.nn.softmax(B, axis=0)",       "jax.nn.softmax(B, axis=1)"),
    ("A", "jnp.zeros((n, m), dtype=B.dtype)", "jnp.zeros((m, n), dtype=B.dtype)"),
    ("A", "jnp.repeat(b, m, axis=1)",        "jnp.repeat(b, m, axis=1).T"),
    ("J", "jnp.trace(A @ B.T)",              "jnp.trace(A.T @ B)"),
    ("A", "-jnp.where",                      None),
    ("A", "jnp.cumsum(B)",                   None),
    ("A", "B[0]",                            None),
    ("A", "jnp.exp(B, out=A)",               None),
    ("A", "jax.nn.softmax(B, axis=2)",       None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "expected"), TEXTS)
def test_lines(name, text, expected):
    if expected is None:
        with pytest.raises(UnknownNode):
            ROWS.text(name, text)
    else:
        assert ROWS.text(name, text) == expected


