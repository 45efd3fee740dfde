"""How everything that generated code can say is spelled in NumPy, in JAX and in torch.

Functions of one argument stand in the table of functions (derive.functions), with their definitions, derivatives and
LaTeX.  What works on whole arrays stands here.  Capital letters are arrays, small ones numbers, in any spelling.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from derive.functions import table

BACKENDS = ("numpy", "jax", "torch")
MODULES = {"numpy": "np", "jax": "jnp", "torch": "torch"}


@dataclass(frozen=True)
class Spelling:
    """One thing, three ways; {A}, {n} and the like stand for expressions."""

    numpy: str
    jax: str
    torch: str


# fmt: off
ARRAYS = (
    Spelling("np.logaddexp(0, {A})", "jnp.logaddexp(0, {A})", "torch.logaddexp(torch.zeros_like({A}), {A})"),
    Spelling("np.maximum(0, {A})", "jnp.maximum(0, {A})", "torch.clamp({A}, min=0)"),
    Spelling("np.maximum({A}, {B})", "jnp.maximum({A}, {B})", "torch.maximum({A}, {B})"),
    Spelling("np.minimum(1.0, {a})", "jnp.minimum(1.0, {a})", "torch.clamp({a}, max=1.0)"),
    Spelling("np.clip({A}, {a}, {b})", "jnp.clip({A}, {a}, {b})", "torch.clamp({A}, {a}, {b})"),
    Spelling("np.heaviside({A}, 0)", "jnp.heaviside({A}, 0)", "({A} > 0).to({A}.dtype)"),
    Spelling("np.expm1({A})", "jnp.expm1({A})", "torch.expm1({A})"),
    Spelling("np.log1p({A})", "jnp.log1p({A})", "torch.log1p({A})"),
    Spelling("np.abs({A})", "jnp.abs({A})", "torch.abs({A})"),
    Spelling("softmax({A}, axis={k})", "jax.nn.softmax({A}, axis={k})", "torch.softmax({A}, dim={k})"),
    Spelling("logsumexp({A}, axis={k})", "jax.nn.logsumexp({A}, axis={k}, keepdims=True)",
             "torch.logsumexp({A}, dim={k}, keepdim=True)"),
    Spelling("np.sum({A})", "jnp.sum({A})", "torch.sum({A})"),
    Spelling("np.vdot({A}, {A})", "jnp.vdot({A}, {A})", "torch.sum({A} * {A})"),
    Spelling("{A}.sum(axis={k}, keepdims=True)", "{A}.sum(axis={k}, keepdims=True)", "{A}.sum(dim={k}, keepdim=True)"),
    Spelling("np.trace({A})", "jnp.trace({A})", "torch.trace({A})"),
    Spelling("np.diagflat({A})", "jnp.diagflat({A})", "torch.diagflat({A})"),
    Spelling("np.repeat({A}, {n}, axis={k})", "jnp.repeat({A}, {n}, axis={k})",
             "torch.repeat_interleave({A}, {n}, dim={k})"),
    Spelling("np.eye({n}, dtype={A}.dtype)", "jnp.eye({n}, dtype={A}.dtype)",
             "torch.eye({n}, dtype={A}.dtype, device={A}.device)"),
    Spelling("np.zeros(({n}, {k}), dtype={A}.dtype)", "jnp.zeros(({n}, {k}), dtype={A}.dtype)",
             "torch.zeros(({n}, {k}), dtype={A}.dtype, device={A}.device)"),
    Spelling("np.full(({n}, {k}), {a}, dtype={A}.dtype)", "jnp.full(({n}, {k}), {a}, dtype={A}.dtype)",
             "{a} * torch.ones(({n}, {k}), dtype={A}.dtype, device={A}.device)"),
    Spelling("{A}.copy()", "{A}", "{A}.clone()"),
    Spelling("np.pi", "jnp.pi", "torch.pi"),
    Spelling("np.e", "jnp.e", "torch.e"),
)
# fmt: on


@cache
def spellings() -> tuple[Spelling, ...]:
    """Everything, functions of one argument first."""
    functions = (
        Spelling(row.numpy, row.jax, row.torch) for row in table() if row.name not in ("softplus", "leaky_relu")
    )
    return (*functions, *ARRAYS)
