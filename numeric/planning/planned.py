"""Derivation + optimizer -> the sheet of a planned step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

from sympy import Expr, Symbol

from ..codegen import CompiledDerivation
from ..initialization import inner_sizes
from ..optimizers import Optimizer, t
from ..source import Line, Task, is_matrix, lines_of, shape_text, sizes_of
from .blocks import Loop, in_blocks
from .lowering import Lowering
from .memory import BYTES, Memory, memory_of
from .numbers import python_text
from .order import in_order
from .small import SMALL, Constant, Small
from .statements import Statement, Value
from .updates import Gradient, Updates
from .writing import Sheet, Writing

FRUGAL = 16_000  # bytes: above this need, arrays filled with one number
SPARE = 0.05  # may take no more than this share of it
NOMINAL = 64  # a size that is not known yet: places are shared as if it were this


@dataclass(frozen=True)
class Wish:
    """What a step is to do."""

    optimizer: Optimizer
    learning_rate: Expr  # a number, or a formula in t
    clip: Mapping[str, float]
    dtype: str
    library: str
    loss: bool


@dataclass(frozen=True)
class _Placed:
    """Statements with a place for each value."""

    statements: tuple[Statement, ...]
    values: Mapping[str, Value]
    memory: Memory
    constants: tuple[Constant, ...]
    filled: int  # bytes of the constants
    loops: Mapping[str, Loop]


class Planner:
    """The statements of a step; how they are placed in memory depends on the sizes."""

    def __init__(self, f: CompiledDerivation, wish: Wish) -> None:
        self.f, self.wish = f, wish
        task = f.task if wish.loss else replace(f.task, results=())
        self.task: Task = task
        self.names = f.names
        self.sizes = {self.names[s]: s for s in sizes_of(task.variables)}
        self.result = self.names[task.results[0]] if wish.loss else ""
        lines = lines_of(task)
        taken = {*self.names.values(), *(line.name for line in lines)}
        self.low = Lowering(self._given(), self._numbers(), taken, wish.dtype)
        self._plan(lines)

    def _given(self) -> dict[str, Value]:
        """Inputs and parameters that are arrays."""
        found: dict[str, Value] = {}
        for kind, variables in (("parameter", self.task.parameters or ()), ("input", self.task.arguments)):
            found |= {self.names[v]: Value(self.names[v], self._shape(v), kind) for v in variables if is_matrix(v)}
        return found

    def _shape(self, variable: Any) -> tuple[Any, Any]:
        rows, columns = (
            size.xreplace({s: Symbol(self.names[s]) for s in size.free_symbols}) for size in variable.shape
        )
        return rows, columns

    def _numbers(self) -> set[str]:
        """Names of sizes, free numbers, and parameters that are numbers."""
        scalars = [v for v in self.task.variables if not is_matrix(v)]
        own = {str(symbol) for symbol in self.wish.learning_rate.free_symbols} | {*self.wish.optimizer.numbers}
        own |= {str(left) for left, _ in self.wish.optimizer.first}
        return {*self.sizes, *(self.names[v] for v in scalars), *own, "learning_rate", "t", *self.wish.clip}

    def _plan(self, lines: list[Line]) -> None:
        low = self.low
        gradients = {self.names[g]: self.names[p] for p, g in self.task.gradients}
        shared = {name for line in lines for name in line.used}
        late: list[Gradient] = []
        for line in lines:
            note = line.comment.partition("  ")[2] if line.comment.startswith("(") else line.comment
            note = "" if note == "shared" else note
            if line.name in gradients and line.name not in shared:
                late.append(Gradient(gradients[line.name], line.name, line.text, note))
            else:
                low.line(line.name, line.text, f"{line.name} = {line.text}" + (f"    {note}" if note else ""))
        late += [Gradient(p, name, name) for name, p in gradients.items() if name in shared]
        weights = frozenset(self.names[p] for p in inner_sizes(self.f.program))
        singles, low.statements = low.statements, []
        updates = Updates(low, self.wish.optimizer, weights, self.wish.clip)
        early, groups = updates.groups(late)
        self.states = updates.states
        self.statements = in_order([*singles, *early], groups, [self.result] if self.result else [])

    @cached_property
    def first(self) -> tuple[tuple[str, str], ...]:
        """Numbers that every step computes anew: a learning rate by a schedule, the corrections of Adam."""
        rows = []
        if self.wish.learning_rate.free_symbols:
            rows.append(("learning_rate", python_text(self.wish.learning_rate)))
        return (*rows, *((str(left), python_text(value)) for left, value in self.wish.optimizer.first))

    @cached_property
    def counts(self) -> bool:
        return any(formula.has(t) for _, formula in (*self.wish.optimizer.first, ("", self.wish.learning_rate)))

    def numbers(self) -> dict[str, float]:
        """Numbers with a value: learning_rate=0.1, momentum=0.9, ..."""
        wish = self.wish
        rate = {} if wish.learning_rate.free_symbols else {"learning_rate": float(wish.learning_rate)}
        known = {**rate, **wish.optimizer.numbers, **wish.clip}
        used = {n for s in self.statements for n in s.reads} | {str(s) for _, v in wish.optimizer.first
                                                                for s in v.free_symbols}  # fmt: skip
        return {name: value for name, value in known.items() if name in used}

    def sheet(self, sizes: Mapping[str, int]) -> Sheet:
        """The plan for arrays of these sizes; a size that is missing is taken for NOMINAL."""
        entries = self._entries(sizes)
        plan = self._placed(entries, SMALL)
        if plan.memory.needed > FRUGAL and plan.filled > SPARE * plan.memory.needed:
            plan = self._placed(entries, 0)
        statements, values, memory = plan.statements, plan.values, plan.memory
        task, used = self.task, {n for s in statements for n in (*s.reads, s.output.removesuffix("[...]"))}
        parameters = tuple((self.names[p], str(p)) for p in task.parameters or () if self.names[p] in used)
        keys = {self.names[p]: str(p) for p in task.parameters or ()}
        states = tuple((name, keys[parameter], part) for name, (parameter, part) in self.states.items())
        scalars = tuple(self.names[v] for v in task.scalars)
        notes = {self.names[v]: shape_text(v, self.names) for v in task.variables}
        law = f"{', '.join(self.names[v] for v in task.parameters or ())} after one step of {self.wish.optimizer.name}."
        return Sheet(
            law, statements, values, memory, plan.constants, tuple(self.sizes), self.numbers(),
            parameters, states, tuple(self.names[v] for v in task.arguments), scalars, notes, self.first, self.result,
            self.wish.dtype, self.wish.library, self.counts, plan.loops,
        )  # fmt: skip

    def _placed(self, entries: Callable[[Expr], int], most: int) -> _Placed:
        """The statements, and where their values live; arrays of at most `most` entries count as small."""
        values = dict(self.low.values)
        changing = {name for name, _ in self.first} | {self.names[v] for v in self.task.variables if not is_matrix(v)}
        changing |= {s.output for s in self.statements if not s.on_arrays} | {"t"}
        changing |= {name for name in self.states if name not in values}

        def fixed(number: Expr) -> bool:
            return not {str(s) for s in number.free_symbols} & changing

        statements, loops = in_blocks(self.statements, values, entries)
        small = Small(values, entries, fixed, most)
        statements = small.apply(statements)
        item = BYTES[self.wish.dtype]
        memory = memory_of(statements, values, entries, item)
        return _Placed(statements, values, memory, tuple(small.made.values()), small.filled * item, loops)

    def _entries(self, sizes: Mapping[str, int]) -> Callable[[Expr], int]:
        @cache
        def entries(size: Expr) -> int:
            known = {s: sizes.get(str(s), NOMINAL) for s in size.free_symbols}
            return int(size.subs(known)) if known else int(size)

        return entries


def source_of_sheet(sheet: Sheet) -> str:
    """The code of a planned step."""
    return Writing(sheet).source()
