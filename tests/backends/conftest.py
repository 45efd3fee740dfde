"""JAX, as the tests of its form want it."""

import pytest


@pytest.fixture
def jax(needs_extra):
    """JAX in double precision."""
    jax = needs_extra("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", before)
