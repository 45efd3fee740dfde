"""Training steps in JAX, on any number of devices and processes: parameters on all of them, samples divided among them.

JAX's own partitioner divides the work; every device computes the gradient of its samples, and one sum over all devices
joins them, once per step.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from derive import DeriveError

from ..arrays import check_shapes
from ..codegen import CompiledDerivation
from ..planning.numbers import python_text
from ..planning.planned import Wish
from ..source import IMPORTS, Line, columns, given_rows, lines_of, shape_text
from .jax_functions import as_arrays, defined_by, required
from .plain_updates import update_lines
from .sample_rows import with_rows
from .translation import translate


class JaxStep:
    """step(params, X, Y): the entries of params are replaced by arrays after the update; `source` shows how.

    Data may be arrays of NumPy, of which each process reads the part that its devices need, or arrays of JAX that lie
    on the devices already.  A batch that cannot be divided evenly is computed on every device.
    """

    def __init__(
        self, f: CompiledDerivation, wish: Wish, batch_size: int | None, devices: Any = None, rows: bool = False
    ) -> None:
        self.jax = required("jax")
        self.f, self.wish, self.batch_size, self.rows = f, wish, batch_size, rows
        self.devices = list(self.jax.devices() if devices is None else devices)
        if wish.dtype == "float64" and not self.jax.config.jax_enable_x64:
            raise DeriveError("dtype='float64' needs jax.config.update('jax_enable_x64', True) first")
        self.state: dict[str, Any] = {}
        self.t = 0
        self._own: dict[str, Any] = {}  # the arrays that the last step gave
        self._compiled: dict[Any, Any] = {}
        self._last: Any = None
        self._shapes: Any = None

    def __repr__(self) -> str:
        return f"<training step, {self.wish.optimizer.name}{self.f.signature}, by JAX; .source shows how>"

    # --- source -------------------------------------------------------------------------------------------------------

    @cached_property
    def source(self) -> str:
        """step(params, state, X, Y, ...) -> (params, state), or (params, state, J); it changes nothing in place."""
        f, wish = self.f, self.wish
        task = f.task if wish.loss else replace(f.task, results=())
        names = f.names
        gradients = {names[g] for _, g in task.gradients}
        lines = lines_of(task)
        used = gradients.union(*(line.used for line in lines)) | {names[p] for p in task.parameters or ()}
        given = ", ".join(f"{names[v]} {shape_text(v, names)}".strip() for v in task.arguments)
        free = [names[v] for v in task.scalars]
        arguments = ["params", "state", *(names[v] for v in task.arguments), *self._changing, *free]
        text = [f"def step({', '.join(arguments)}):", f'    """One step of {wish.optimizer.name}.', "", f"    {given}"]
        text += ['    """']
        numbers = {**wish.optimizer.numbers, **wish.clip}
        rate = {} if self._scheduled else {"learning_rate": float(wish.learning_rate)}
        updates = update_lines(f, wish, self._states)
        spoken = " ".join(line.text for line in updates)
        text += [f"    {name} = {value!r}" for name, value in (rate | numbers).items() if name in spoken]
        text += columns(given_rows(task, names, used))
        text += [f"    {name} = state[{json.dumps(str(p))}][{part!r}]".replace("'", '"')
                 for (p, part), name in self._states.items()]  # fmt: skip
        lines, updates = [self._spelled(line) for line in lines], [self._spelled(line) for line in updates]
        if self.rows:
            turning, lines = with_rows(task, names, f.program.samples, lines)
            text += [f"    {turning}"]
        for section in dict.fromkeys(line.section for line in lines):
            text += ["", f"    # {section}", *columns([line for line in lines if line.section == section])]
        text += ["", f"    # {wish.optimizer.name}", *columns(updates)]
        text += ["", f"    return {self._returned(task)}"]
        return IMPORTS["jax"] + "\n\n" + "\n".join(text) + "\n"

    def _spelled(self, line: Line) -> Line:
        return replace(line, text=translate(line.text, "jax"))

    def _returned(self, task: Any) -> str:
        names = self.f.names
        params = ", ".join(f"{json.dumps(str(p))}: {names[p]}" for p in task.parameters)
        parts: dict[str, list[str]] = {}
        for (p, part), name in self._states.items():
            parts.setdefault(json.dumps(str(p)), []).append(f'"{part}": {name}')
        state = ", ".join(f"{key}: {{{', '.join(own)}}}" for key, own in parts.items())
        return f"{{{params}}}, {{{state}}}" + "".join(f", {names[v]}" for v in task.results)

    @cached_property
    def _states(self) -> dict[tuple[Any, str], str]:
        taken = set(self.f.names.values())
        found = {}
        for p in self.f.task.parameters or ():
            for part in self.wish.optimizer.states:
                name = f"{part}_{self.f.names[p]}"
                while name in taken:
                    name += "_"
                found[p, part] = name
        return found

    @property
    def _scheduled(self) -> bool:
        return bool(self.wish.learning_rate.free_symbols)

    @cached_property
    def _changing(self) -> tuple[str, ...]:
        """Numbers that every step has anew."""
        return (*(["learning_rate"] if self._scheduled else []), *(str(left) for left, _ in self.wish.optimizer.first))

    @cached_property
    def _numbers(self) -> Any:
        """t -> the numbers of step t, computed by Python."""
        wish = self.wish
        text = ["import math", "def numbers(t):"]
        text += [f"    {name} = {value!r}" for name, value in wish.optimizer.numbers.items()]
        text += [f"    learning_rate = {python_text(wish.learning_rate)}"]
        text += [f"    {left} = {python_text(value)}" for left, value in wish.optimizer.first]
        text += [f"    return ({''.join(f'{name}, ' for name in self._changing)})"]
        return defined_by("\n".join(text) + "\n", "numbers")

    # --- devices ------------------------------------------------------------------------------------------------------

    @cached_property
    def _everywhere(self) -> Any:
        """All of an array on every device."""
        return self.jax.sharding.NamedSharding(self._mesh, self.jax.sharding.PartitionSpec())

    @cached_property
    def _mesh(self) -> Any:
        return self.jax.sharding.Mesh(np.array(self.devices), ("batch",))

    def _shardings(self, sizes: Mapping[Any, int]) -> tuple[Any, ...]:
        """Where each input lies: its samples divided among the devices, if they can be divided evenly."""
        m = self.f.program.samples
        even = m in sizes and sizes[m] % len(self.devices) == 0
        spec = self.jax.sharding.PartitionSpec
        return tuple(
            self.jax.sharding.NamedSharding(self._mesh, spec(*("batch" if s == m else None for s in v.shape)))
            if even and m in v.shape else self._everywhere
            for v in self.f.task.arguments
        )  # fmt: skip

    def _place(self, array: Any, sharding: Any) -> Any:
        """An array on its devices; each process reads what its own devices need."""
        if isinstance(array, self.jax.Array) and array.sharding == sharding:
            return array
        if self.jax.process_count() > 1 and not (isinstance(array, self.jax.Array) and not array.is_fully_addressable):
            kept = np.asarray(array)
            dtype = np.dtype(self.wish.dtype)
            return self.jax.make_array_from_callback(kept.shape, sharding, lambda part: kept[part].astype(dtype))
        return self.jax.device_put(self.jax.numpy.asarray(array, self.wish.dtype), sharding)

    # --- steps --------------------------------------------------------------------------------------------------------

    def __call__(self, params: Any, *inputs: Any, **numbers: Any) -> Any:
        """One step; with loss=True the loss before it, as an array that may still be under way."""
        if numbers or not self._usual(params, inputs):
            arguments, shardings, scalars = self._arguments(params, inputs, numbers)
            step = self._jitted(shardings, len(self._changing) + len(scalars))
        else:
            arguments, step, scalars = [self._own, self.state, *inputs], self._last, []
        found, state, *loss = step(*arguments, *self._numbers(self.t + 1), *scalars)
        self.t += 1
        self._own, self.state = found, state
        self._last, self._shapes = step, tuple(np.shape(x) for x in inputs) if not scalars else None
        for name, value in found.items():
            params[name] = value
        return loss[0] if loss else None

    def _usual(self, params: Any, inputs: tuple[Any, ...]) -> bool:
        """The parameters that the last step gave, and data like the last, of which JAX can take care by itself."""
        return (
            self._shapes is not None
            and self.jax.process_count() == 1
            and tuple([getattr(x, "shape", None) for x in inputs]) == self._shapes
            and all(x.dtype == self.wish.dtype for x in inputs)
            and all(params.get(name) is value for name, value in self._own.items())
        )

    def compiled(self, params: Any, *inputs: Any, **numbers: Any) -> str:
        """What JAX makes of the step for these arrays, as text (HLO)."""
        arguments, shardings, scalars = self._arguments(params, inputs, numbers)
        now = self._numbers(self.t + 1)
        lowered = self._jitted(shardings, len(now) + len(scalars)).lower(*arguments, *now, *scalars)
        return str(lowered.compile().as_text())

    def _arguments(self, params: Any, inputs: Any, numbers: Any) -> tuple[list[Any], tuple[Any, ...], list[float]]:
        """(params, state, X, Y, ...) on their devices."""
        known = self._own and all(params.get(name) is value for name, value in self._own.items())
        values = self.f.collect(params, *inputs, **numbers)
        checked = as_arrays(values)
        for name, p in self.f.parameters.items():
            if checked[p].dtype != self.wish.dtype:
                raise DeriveError(
                    f"{name} is {checked[p].dtype}, but this step works in {self.wish.dtype}\n"
                    f"  use training_step(..., dtype='{checked[p].dtype}') or initialize(d, dtype='{self.wish.dtype}')"
                )
        sizes = check_shapes(checked)
        m = self.f.program.samples
        if self.batch_size is not None and sizes.get(m, 0) > self.batch_size:
            raise DeriveError(
                f"the step was planned for at most {self.batch_size} samples, but got {sizes[m]}\n"
                f"  use training_step(..., batch_size={sizes[m]})"
            )
        own = self._own if known else {name: self._copy(params[name]) for name in self.f.parameters}
        if not self.state and self._states:
            for p, part in self._states:
                zeros = np.zeros(np.shape(own[str(p)]), self.wish.dtype)
                self.state.setdefault(str(p), {})[part] = self._place(zeros, self._everywhere)
        shardings = self._shardings(sizes)
        data = [self._place(checked[v], s) for v, s in zip(self.f.task.arguments, shardings, strict=True)]
        return [own, self.state, *data], shardings, [float(values[v]) for v in self.f.task.scalars]

    def _copy(self, array: Any) -> Any:
        """The caller's own array stays as it is: a step gives its arrays back to JAX."""
        if isinstance(array, self.jax.Array) and not array.is_fully_addressable:
            return self.jax.numpy.copy(array)
        return self._place(np.array(array, self.wish.dtype), self._everywhere)

    def _jitted(self, shardings: tuple[Any, ...], numbers: int) -> Any:
        if shardings not in self._compiled:
            step = defined_by(self.source, "step")
            if len(self.devices) == 1:
                self._compiled[shardings] = self.jax.jit(step, donate_argnums=(0, 1))
                return self._compiled[shardings]
            where = (self._everywhere, self._everywhere, *shardings, *[None] * numbers)
            self._compiled[shardings] = self.jax.jit(
                step, in_shardings=where, out_shardings=self._everywhere, donate_argnums=(0, 1)
            )
        return self._compiled[shardings]
