"""Training steps: the derived formulas and an optimizer in one planned function, which updates parameters in place.

step = training_step(backprop(net), optimizer="sgd", learning_rate=0.1, batch_size=10);   step(params, X, Y)
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property, partial
from itertools import count
from typing import Any

import numpy as np
from sympy import Expr, Float, sympify

from derive import DeriveError, ShapeError

from .arrays import check_shapes
from .backends.jax_steps import JaxStep
from .blas import routine
from .codegen import CompiledDerivation, lambdify
from .door import Door
from .optimizers import optimizer_of, t
from .planning.planned import Planner, Wish, source_of_sheet

Array = np.ndarray[Any, Any]
DTYPES = ("float32", "float64")
FILES = count(1)
BUFFER = 64  # numbers; NumPy would take 8192
LONG = 1024  # numbers: shorter arrays need no more than themselves


def training_step(
    d: Any,
    optimizer: Any = "sgd",
    learning_rate: Any = 0.1,
    batch_size: int | None = None,
    dtype: Any = "float32",
    *,
    loss: bool = False,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    backend: str = "numpy",
    library: str = "numpy",
    devices: Any = None,
    rows: bool = False,
    **numbers: float,
) -> Any:
    """Derivation -> step(params, X, Y), which updates the arrays of params in place and allocates nothing.

    `optimizer` is sgd, momentum, nesterov, rmsprop, adam or adamw; `numbers` are its numbers, such as momentum=0.9, and
    weight_decay, which acts on weights and not on biases.  `learning_rate` is a number, or a SymPy formula in the
    symbol t = 1, 2, ..., the number of the step (see schedules).  `clip_norm` bounds the length of all gradients
    together, `clip_value` each of their entries.  `batch_size` is the largest number of samples; without it, memory
    grows with the largest batch.  With `loss`, a step returns the loss before the update.  `library` is the BLAS that
    adds products to arrays: "numpy" (its own), "mkl", or "none".

    `backend="jax"` gives the same formulas compiled by JAX, with the samples divided among `devices` (all there are);
    its steps replace the entries of params.  With `rows` they compute with one row for each sample, which is
    quicker for some sizes; what is given and returned stays as it is.  Raises DeriveError for what is not known.
    """
    f = d if isinstance(d, CompiledDerivation) else lambdify(d)
    if not isinstance(f, CompiledDerivation):
        raise DeriveError(f"training_step takes a derivation, not {type(d).__name__}: {d}")
    name = np.dtype(dtype).name
    if name not in DTYPES:
        raise DeriveError(f"a training step works in {' or '.join(DTYPES)}, not {name}")
    routine(library, np.dtype(name))
    if batch_size is not None and (isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1):
        raise DeriveError(f"batch_size must be an integer of at least 1, not {batch_size!r}")
    clip = {k: float(v) for k, v in (("clip_norm", clip_norm), ("clip_value", clip_value)) if v is not None}
    for key, value in clip.items():
        if not 0 < value < float("inf"):
            raise DeriveError(f"{key} must be a positive number, not {value!r}")
    wish = Wish(optimizer_of(optimizer, numbers), _rate(learning_rate), clip, name, library, loss)
    if backend == "jax":
        return JaxStep(f, wish, batch_size, devices, rows)
    if backend != "numpy":
        raise DeriveError(f"a training step has the backend 'numpy' or 'jax', not {backend!r}")
    if rows:
        raise DeriveError("rows=True belongs to backend='jax'; NumPy's products are as quick with samples as columns")
    return Step(f, wish, batch_size)


def _rate(given: Any) -> Expr:
    """A positive number, or a formula in t."""
    if isinstance(given, Expr) and given.free_symbols:
        if given.free_symbols != {t}:
            raise DeriveError(f"a learning rate is a number or a formula in t, not {given}")
        return given
    try:
        value = float(given)
    except (TypeError, ValueError):
        raise DeriveError(f"a learning rate is a number or a formula in t, not {given!r}") from None
    if isinstance(given, bool) or not 0 < value < float("inf"):
        raise DeriveError(f"learning_rate must be a positive number, not {given!r}")
    return Float(value) if not isinstance(given, Expr) else sympify(given)


class Step(partial[Any]):
    """step(params, X, Y): one update in place; `source` shows how, `memory` where, `state` what is remembered.

    Names, shapes and types are checked when arrays are seen for the first time; after that, a call compares identities
    and shapes only.  One step object is for one thread: its arrays are reused from call to call.
    """

    f: CompiledDerivation
    wish: Wish
    batch_size: int | None
    planner: Planner
    state: dict[str, Any]
    _door: Door
    planned_for: dict[str, int]
    _sizes: dict[str, int]
    _pieces: tuple[Array, ...]

    def __new__(cls, f: CompiledDerivation, wish: Wish, batch_size: int | None, planner: Planner | None = None) -> Step:
        """A partial function without arguments: that is the quickest object that can be called."""

        def enter(*arguments: Any, **numbers: Any) -> Any:
            return self._enter(*arguments, **numbers)

        door = Door(f.parameters, list(f.arguments[1:]), wish.dtype, enter)
        self = super().__new__(cls, door.call)
        self.f, self.wish, self.batch_size, self._door = f, wish, batch_size, door
        self.planner, self.state, self._sizes, self._pieces = planner or Planner(f, wish), {}, {}, ()
        self.planned_for = {}
        return self

    def again(self, learning_rate: float | None = None) -> Step:
        """Another step by the same plan, which does the same to the last bit; it remembers nothing yet.

        With another learning rate it does the same by that; both must be numbers.
        """
        other = Step(self.f, self.wish, self.batch_size, self.planner)
        other.planned_for = dict(self.planned_for)
        if learning_rate is not None:
            other.wish = replace(self.wish, learning_rate=_rate(learning_rate))
            other.planner = copy(self.planner)
            other.planner.wish = other.wish
        return other

    def for_batches(self, batch_size: int | None) -> Step:
        """Another step for at most so many samples, of arrays of any other sizes."""
        return Step(self.f, self.wish, batch_size, self.planner)

    def __repr__(self) -> str:
        return f"<training step, {self.wish.optimizer.name}{self.f.signature}; .source shows how>"

    @property
    def source(self) -> str:
        """Readable source that runs as it stands: step = make_step(memory(...), ...)."""
        return self._planned[0]

    @property
    def memory(self) -> Any:
        """What a step writes to: `taken` bytes, of which `needed` are alive at once."""
        return self._planned[1].memory

    @cached_property
    def _planned(self) -> tuple[str, Any]:
        samples = self.f.program.samples
        known = dict(self._sizes)
        if self.batch_size is not None and samples is not None and samples.is_Symbol:
            known[self.f.names[samples]] = self.batch_size
        sheet = self.planner.sheet(known)
        return source_of_sheet(sheet), sheet

    @cached_property
    def _scope(self) -> dict[str, Any]:
        """What the source defines; its lines show in tracebacks."""
        file = f"<training step {next(FILES)}>"
        linecache.cache[file] = (len(self.source), None, self.source.splitlines(keepends=True), file)
        scope: dict[str, Any] = {}
        exec(compile(self.source, file, "exec"), scope)
        return scope

    # --- the door -----------------------------------------------------------------------------------------------------

    def _enter(self, params: Any, *inputs: Any, **numbers: Any) -> Any:
        """The thorough check, with messages that say what was expected."""
        dtype = np.dtype(self.wish.dtype)
        values = self.f.bind(params, *inputs, **numbers)
        self._check_parameters(params, dtype)
        positional, scalars = self.f.plain(values)
        arrays = tuple(x.astype(dtype, copy=False) for x in positional[1:])
        key = tuple(x.shape for x in arrays)
        if key not in self._door.runs:
            self._door.runs[key] = self._make(check_shapes(values), params)
        return self._door.remember(params, arrays, bool(scalars))(params, *arrays, **scalars)

    def _check_parameters(self, params: Mapping[str, Any], dtype: Any) -> None:
        for name in self.f.parameters:
            p = params[name]
            if type(p) is not np.ndarray or not (p.flags.c_contiguous and p.flags.writeable):
                raise DeriveError(
                    f"{name} is updated in place and must be a writable, C-contiguous array, not {_spoken(p)}\n"
                    f"  params[{name!r}] = np.array({name}, dtype='{dtype}', order='C') makes one"
                )
            if p.dtype != dtype:
                raise DeriveError(
                    f"{name} is {p.dtype}, but this step works in {dtype}\n"
                    f"  use training_step(..., dtype='{p.dtype}') or initialize(d, dtype='{dtype}')"
                )

    def _make(self, sizes: Mapping[Any, int], params: Mapping[str, Array]) -> Callable[..., Any]:
        """The function for arrays of these sizes; all share one memory."""
        found = {name: int(sizes[s]) for name, s in self.planner.sizes.items()}
        samples = self.f.names.get(self.f.program.samples)
        if not self._sizes:
            own = {**found, **({samples: self.batch_size} if samples in found and self.batch_size else {})}
            self._sizes = self.planned_for or own
            self.planned_for = dict(self._sizes)
            self.__dict__.pop("_planned", None)
            self._scope_of(params)
        for name, size in found.items():
            if name == samples and size > self._sizes[name] and self.batch_size is None:
                self._sizes[name] = size
                self._door.runs.clear()
                self._pieces = self._scope["memory"](*self._sizes.values())
            elif size > self._sizes[name] if name == samples else size != self._sizes[name]:
                raise ShapeError(_too_large(name, size, self._sizes[name], name == samples))
        arguments = [self._pieces, *([self.state] if self.planner.states or self.planner.counts else [])]
        run = self._scope["make_step"](*arguments, *found.values())
        return _with_small_buffers(run) if _crowded(self._pieces, self.memory.needed) else run

    def _scope_of(self, params: Mapping[str, Array]) -> None:
        """Memory for the largest batch, and what the optimizer remembers: zeros at first."""
        self._pieces = self._scope["memory"](*self._sizes.values())
        keys = {self.f.names[v]: name for name, v in self.f.parameters.items()}
        for parameter, part in self.planner.states.values():
            own = self.state.setdefault(keys[parameter], {})
            own.setdefault(part, np.zeros_like(params[keys[parameter]]))
        if self.planner.counts:
            self.state.setdefault("t", 0)


def _crowded(pieces: tuple[Array, ...], needed: int) -> bool:
    """Would a buffer of NumPy, which it takes for what it repeats along an axis, be much beside what is needed?"""
    longest = max((p for p in pieces if p.dtype != bool), key=np.size, default=np.empty(0))
    return longest.size > LONG and min(longest.size, np.getbufsize()) * longest.itemsize > needed / 20


def _with_small_buffers(run: Callable[..., Any]) -> Callable[..., Any]:
    def step(*arguments: Any, **numbers: Any) -> Any:
        size = np.setbufsize(BUFFER)
        try:
            return run(*arguments, **numbers)
        finally:
            np.setbufsize(size)

    return step


def _spoken(value: Any) -> str:
    if type(value) is not np.ndarray:
        return f"a {type(value).__name__}"
    return "a read-only array" if not value.flags.writeable else f"one with strides {value.strides}"


def _too_large(name: str, size: int, planned: int, samples: bool) -> str:
    if samples:
        advice = f"use training_step(..., batch_size={size})"
        return f"the step was planned for at most {planned} samples, but got {size}\n  {advice}"
    return f"the step was planned for {name} = {planned}, but got arrays with {name} = {size}; make another step"
