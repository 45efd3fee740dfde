"""The derived formulas in JAX: compiled as they are; nothing is differentiated by JAX."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from itertools import count
from typing import Any

import numpy as np

from derive import DeriveError

from ..arrays import check_shapes
from ..codegen import CompiledDerivation
from ..source import source_of

FILES = count(1)


def required(name: str) -> Any:
    """The package, or an error that says how to get it."""
    try:
        return import_module("jax") if name == "jax" else import_module("torch")
    except ImportError:
        raise DeriveError(f"backend={name!r} needs {name}\n  pip install 'backproof[{name}]'") from None


def defined_by(source: str, name: str) -> Any:
    """What a source defines; its lines show in tracebacks."""
    file = f"<{name} {next(FILES)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    scope: dict[str, Any] = {}
    exec(compile(source, file, "exec"), scope)
    return scope[name]


def as_arrays(values: Mapping[Any, Any]) -> dict[Any, Any]:
    """{variable: array of JAX, where it was one, else of NumPy}.  Raises ShapeError for arrays that do not fit."""
    jax = required("jax")
    found = {v: x if isinstance(x, jax.Array) else np.asarray(x) for v, x in values.items()}
    for name, value in found.items():
        if np.dtype(value.dtype).kind not in "fbiuV":  # V: what NumPy says of bfloat16
            raise DeriveError(f"{name} holds {value.dtype}; expected an array of numbers")
    check_shapes(found)
    return found


def refuse_rounding(values: Mapping[Any, Any]) -> None:
    """Raises DeriveError where JAX would round without a word."""
    for name, value in values.items():
        if value.dtype == np.float64 and value.ndim == 2 and not required("jax").config.jax_enable_x64:
            raise DeriveError(
                f"{name} is float64, which JAX would round to float32\n"
                f"  say jax.config.update('jax_enable_x64', True) first, or convert: {name}.astype('float32')"
            )


@dataclass(frozen=True, eq=False, repr=False)
class JaxFunction:
    """f(params, X, Y) = (J, {"W1": dW1, ...}), compiled by JAX from the derived formulas; `source` shows them."""

    f: CompiledDerivation

    @cached_property
    def source(self) -> str:
        """The JAX code of the derived formulas."""
        return source_of(self.f.task, "jax")

    @cached_property
    def run(self) -> Callable[..., Any]:
        """The function of the source, compiled by `jax.jit`."""
        return required("jax").jit(defined_by(self.source, self.f.task.name))

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        values = as_arrays(self.f.collect(*arguments, **keywords))
        refuse_rounding(values)
        params = {name: values[p] for name, p in self.f.parameters.items()}
        rest = (values[v] for v in self.f.task.arguments)
        return self.run(params, *rest, **{self.f.names[v]: float(values[v]) for v in self.f.task.scalars})

    def __repr__(self) -> str:
        return f"<{self.f.task.name}{self.f.signature}, compiled by JAX; .source shows how>"
