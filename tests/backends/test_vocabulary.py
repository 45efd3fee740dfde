"""The vocabulary: every function of the table in three spellings, and what has none is refused."""

import numpy as np
import pytest

from derive import UnknownNode, backprop, mlp
from derive.functions import table
from numeric.backends.translation import translate
from numeric.backends.vocabulary import ARRAYS, spellings
from numeric.helpers import HELPERS

FACTS = [
    # NumPy                                  JAX                                        torch
    ("sigmoid(W @ X + b)", "jax.nn.sigmoid(W @ X + b)", "torch.sigmoid(W @ X + b)"),
    ("np.maximum(0, Z1)", "jax.nn.relu(Z1)", "torch.relu(Z1)"),
    ("np.maximum(0.2 * Z, Z)", "jnp.maximum(0.2 * Z, Z)", "torch.maximum(0.2 * Z, Z)"),
    ("-np.sum(Y * A) / m", "-jnp.sum(Y * A) / m", "-torch.sum(Y * A) / m"),
    ("A.T.sum(axis=0, keepdims=True)", "A.T.sum(axis=0, keepdims=True)", "A.T.sum(dim=0, keepdim=True)"),
    ("logsumexp(2 * Z, axis=1)", "jax.nn.logsumexp(2 * Z, axis=1, keepdims=True)",
     "torch.logsumexp(2 * Z, dim=1, keepdim=True)"),
    ("W.copy()", "W", "W.clone()"),
    ("(A > 0) * np.exp(-A**2)", "(A > 0) * jnp.exp(-A**2)", "(A > 0) * torch.exp(-A**2)"),
]  # fmt: skip


@pytest.mark.parametrize(("numpy", "jax", "torch"), FACTS)
def test_an_expression_is_spelled_three_ways(numpy, jax, torch):
    assert (translate(numpy, "numpy"), translate(numpy, "jax"), translate(numpy, "torch")) == (numpy, jax, torch)


UNKNOWN = ["np.fft(A)", "np.cos(A)", "own(A)", "np.sum(A, axis=0)", "A + np.inf", "np.exp(np.cosh(A))"]


@pytest.mark.parametrize("text", UNKNOWN)
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_what_has_no_spelling_is_refused(text, backend):
    with pytest.raises(UnknownNode):
        translate(text, backend)


def test_every_function_of_the_table_is_spelled():
    for row in table():
        assert all("{z}" in spelling for spelling in (row.numpy, row.jax, row.torch)), row.name
    assert len({s.numpy for s in spellings()}) == len(spellings())
    assert {s.numpy for s in ARRAYS} >= {"softmax({A}, axis={k})", "np.trace({A})"}
    z = np.linspace(-3, 3, 7) + 0.1
    for row in table():
        if "np." in row.numpy or row.name in ("sigmoid", "erf", "step"):
            with np.errstate(invalid="ignore"):
                assert np.shape(eval(row.numpy.format(z="z"), {"np": np, "z": z, **HELPERS})) == (7,)


def test_a_translated_source_has_nothing_of_numpy():
    from numeric import lambdify

    for hidden in ("sigmoid", "relu", "leaky_relu", "softplus", "erf", "sign"):
        d = backprop(mlp([2, 3, 2], hidden, "softmax"))
        for backend in ("jax", "torch"):
            assert "np." not in lambdify(d, backend=backend).source.replace("jnp.", "")
