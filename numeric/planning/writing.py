"""A plan as source: the memory, the arrays in it, and the step, which allocates nothing."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count, groupby
from typing import Any

from sympy import Expr

from ..helpers import HELPERS
from .blocks import Loop
from .memory import BYTES, Block, Memory
from .numbers import text_of
from .small import Constant
from .statements import Array, Number, Operand, Statement, Value


@dataclass(frozen=True)
class Sheet:
    """Everything that the source says."""

    law: str
    statements: tuple[Statement, ...]
    values: Mapping[str, Value]
    memory: Memory
    constants: tuple[Constant, ...]
    sizes: tuple[str, ...]  # arguments: sizes that are symbols
    numbers: Mapping[str, float]  # arguments: learning_rate=0.1, ...
    parameters: tuple[tuple[str, str], ...]  # (name in the source, key)
    states: tuple[tuple[str, str, str], ...]  # (name, key of the parameter, name of the state)
    inputs: tuple[str, ...]
    scalars: tuple[str, ...]
    given: Mapping[str, str]  # note beside an argument or parameter
    first: tuple[tuple[str, str], ...]  # numbers that are computed anew in each step
    result: str
    dtype: str
    library: str
    counts: bool  # the step needs to know its number
    loops: Mapping[str, Loop]  # parameters that are updated some rows at a time


class Writing:
    """The source of one sheet."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.names = self._names()
        self.runtime = {name for name, _ in sheet.first} | set(sheet.scalars)
        self.runtime |= {s.output for s in sheet.statements if s.kind in ("total", "number")}
        self.products: dict[str, str] = {}  # name of an update -> how it is made
        self.by_library = sheet.library == "mkl"

    def source(self) -> str:
        body = self._body()
        calls = {s.function for s in self.sheet.statements if s.kind == "call"}
        texts = " ".join(s.function for s in self.sheet.statements if s.kind == "number")
        helpers = [inspect.getsource(f) for name, f in HELPERS.items() if name in calls or f"{name}(" in texts]
        imports = "import math\n\n" if any("math." in how for _, how in self.sheet.first) else ""
        imports += "import numpy as np\n"
        if self.products:
            imports += "\nfrom numeric.blas import Gemm  # C <- alpha A B + beta C in one call of the BLAS of NumPy\n"
        return "\n\n".join([imports, *helpers, self._memory(), self._step(body)])

    # --- names --------------------------------------------------------------------------------------------------------

    def _names(self) -> dict[str, str]:
        """A value without a name is called like the value that is computed over it."""
        later: dict[str, str] = {}
        for over, under in self.sheet.memory.merged.items():
            later[under] = over
        names: dict[str, str] = {}
        for name in self.sheet.values:
            end = name
            while self._unnamed(end) and end in later:
                end = later[end]
            names[name] = end
        taken = {n for n in names.values() if not self._unnamed(n)}
        taken |= {s.output for s in self.sheet.statements if not s.on_arrays} | set(self.sheet.inputs)
        numbers = (f"T{k}" for k in count(1) if f"T{k}" not in taken)
        shown: dict[str, str] = {}
        for s in self.sheet.statements:
            if s.output in names and self._unnamed(names[s.output]):
                shown.setdefault(names[s.output], "")
        shown = {name: next(numbers) for name in shown}
        return {name: shown.get(end, end) for name, end in names.items()}

    def _unnamed(self, name: str) -> bool:
        return _nameless(name) and name in self.sheet.values and self.sheet.values[name].kind == "buffer"

    def _operand(self, o: Operand, block: str = "") -> str:
        if isinstance(o, Number):
            return text_of(o.value)
        return f"{self._array(o, block)}.T" if o.flipped else self._array(o, block)

    def _array(self, o: Array, block: str = "") -> str:
        """The name; inside of a loop the rows of it that belong to the block."""
        name, loop = self.names.get(o.name, o.name), self.sheet.loops.get(block)
        if loop is None or self.sheet.values[o.name].shape[1 if o.flipped else 0] != loop.count:
            return name
        return f"{name}[:, rows]" if o.flipped else f"{name}[rows]"

    def _out(self, s: Statement) -> str:
        return self._array(Array(s.output), s.block) if s.output in self.sheet.values else s.output

    # --- memory -------------------------------------------------------------------------------------------------------

    def _memory(self) -> str:
        arguments = ", ".join(self.sheet.sizes)
        rows = []
        for block in self.sheet.memory.blocks:
            size = ", ".join(text_of(s) for s in block.sizes)
            size = f"max({size})" if len(block.sizes) > 1 else size
            kind = "bool" if block.boolean else f"np.{self.sheet.dtype}"
            names = dict.fromkeys(self.names[v] for v in block.values)
            named = [n for n in names if not _nameless(n)]
            shown = [*named, *(["temporary values"] if len(named) < len(names) else [])]
            rows.append(f"        np.empty({size}, {kind}),  # {', '.join(shown)}")
        law = f'    """What a step writes to beside the parameters: {len(rows)} pieces, used again and again."""'
        body = ["    return (", *rows, "    )"] if rows else ["    return ()"]
        return "\n".join([f"def memory({arguments}):", law, *body]) + "\n"

    def _views(self) -> list[str]:
        """Z1 = M1[: 30 * m].reshape(30, m)"""
        rows = []
        for k, block in enumerate(self.sheet.memory.blocks, start=1):
            for (shape, boolean, start), names in self._by_shape(block).items():
                among = boolean and not block.boolean
                piece = f"M{k}.view(bool)" if among else f"M{k}"
                size = shape[0] * shape[1]
                whole = block.sizes == (size,) and not self._short() and not among
                begin = start * BYTES[self.sheet.dtype] if among else start
                cut = "" if whole else f"[{text_of(begin) + ' ' if start else ''}: {text_of(begin + size)}]"
                rows.append(f"    {' = '.join(names)} = {piece}{cut}.reshape({text_of(shape[0])}, {text_of(shape[1])})")
        return rows

    def _short(self) -> bool:
        """The memory may be larger than needed: it was made for more samples."""
        return bool(self.sheet.sizes)

    def _by_shape(self, block: Block) -> dict[Any, list[str]]:
        found: dict[Any, list[str]] = {}
        for value, start in block.starts.items():
            names = found.setdefault((self.sheet.values[value].shape, self.sheet.values[value].boolean, start), [])
            if self.names[value] not in names:
                names.append(self.names[value])
        return found

    def _constants(self) -> list[str]:
        kind = f"np.{self.sheet.dtype}"
        rows = []
        used = {n for s in self.sheet.statements for n in s.reads}
        for name, value in self.sheet.values.items():
            if value.kind == "constant" and name in used and name not in {c.name for c in self.sheet.constants}:
                rows.append(f"    {name} = np.ones(({text_of(value.shape[0])}, {text_of(value.shape[1])}), {kind})")
        for c in self.sheet.constants:
            shape, longer = f"({text_of(c.shape[0])}, {text_of(c.shape[1])})", self._longer(c)
            full = f"np.full({shape}, {text_of(c.number)}, {kind})"
            rows.append(f"    {c.name} = {full if longer is c else f'{longer.name}[: {text_of(c.shape[0])}]'}")
        return sorted(rows, key=lambda row: "np." not in row)

    def _longer(self, c: Constant) -> Constant:
        """The constant with the most rows whose first rows are c."""
        same = [o for o in self.sheet.constants if o.number == c.number and o.shape[1] == c.shape[1]]
        longer = [o for o in same if o.shape[0].is_Integer and c.shape[0].is_Integer]
        return max(longer, key=lambda o: int(o.shape[0]), default=c)

    # --- the step -----------------------------------------------------------------------------------------------------

    def _step(self, body: list[str]) -> str:
        sheet = self.sheet
        arguments = ["memory", *(["state"] if sheet.states or sheet.counts else []), *sheet.sizes]
        arguments += [f"{name}={value!r}" for name, value in sheet.numbers.items()]
        text = [f"def make_step({', '.join(arguments)}):", f'    """{sheet.law}"""']
        pieces = [f"M{k}" for k in range(1, len(sheet.memory.blocks) + 1)]
        if pieces:
            text.append(f"    {', '.join(pieces)}{',' if len(pieces) == 1 else ''} = memory")
        text += [*self._views(), *self._constants()]
        text += [f"    {name} = {how}" for name, how in self.products.items()]
        keywords = ["*", *sheet.scalars] if sheet.scalars else []
        text.append("")
        text.append(f"    def step({', '.join(['params', *sheet.inputs, *keywords])}):")
        reads = [(name, f'params["{_escaped(key)}"]') for name, key in sheet.parameters]
        reads += [(name, f'state["{_escaped(key)}"]["{part}"]') for name, key, part in sheet.states]
        text += [f"        {name} = {how}{self._note(name)}" for name, how in reads]
        if sheet.counts:
            text.append('        t = state["t"] = state["t"] + 1')
        text += [f"        {name} = {how}" for name, how in sheet.first]
        text += body
        if sheet.result:
            text.append(f"        return {sheet.result}")
        return "\n".join([*text, "", "    return step"]) + "\n"

    def _note(self, name: str) -> str:
        return f"  # {self.sheet.given[name]}" if self.sheet.given.get(name) else ""

    def _body(self) -> list[str]:
        rows: list[str] = []
        for block, run in groupby(self.sheet.statements, key=lambda s: s.block):
            indent = " " * 8
            if block:
                loop = self.sheet.loops[block]
                rows.append(f"{indent}for k in range(0, {loop.count}, {loop.rows}):  # {block} in blocks of rows")
                indent += "    "
                rows.append(f"{indent}rows = slice(k, k + {loop.rows})")
            for s in run:
                rows += [f"{indent}# {row}" for line in s.comment.splitlines() for row in _wrapped(line)]
                rows += [f"{indent}{line}" for line in self._statement(s)]
        return rows

    def _statement(self, s: Statement) -> list[str]:
        inputs = [self._operand(o, s.block) for o in s.inputs]
        out = self._out(s)
        match s.kind:
            case "ufunc":
                booleans = [o for o in s.inputs if isinstance(o, Array) and self.sheet.values[o.name].boolean]
                others = [o for o in s.inputs if isinstance(o, Array) and o not in booleans]
                kind = f", dtype=np.{self.sheet.dtype}" if booleans and not others else ""
                return [f"np.{s.function}({', '.join(inputs)}, out={out}{kind})"]
            case "product" if not self.by_library:
                return [f"np.dot({', '.join(inputs)}, out={out})"]
            case "product" | "accumulate":
                return self._product(s, out)
            case "copy":
                return [f"np.copyto({out}, {inputs[0]})"]
            case "reduce":
                return [f"np.{s.function}.reduce({inputs[0]}, axis={s.options}, keepdims=True, out={out})"]
            case "total":
                return [f"{out} = {s.function}({', '.join(inputs)})"]
            case "number":
                return [f"{out} = {s.function or inputs[0]}"]
        return [f"np.copyto({out}, {s.function}({', '.join(inputs)}))"]

    def _product(self, s: Statement, out: str) -> list[str]:
        """C <- alpha A B + beta C, by an object that keeps its arguments."""
        beta = s.beta if s.kind == "accumulate" else 0 * s.beta
        kind = self.sheet.values[s.output].kind
        name = f"{'product' if kind == 'buffer' else 'update'}_{self.names[s.output]}"
        while name in self.products:
            name += "_"
        flips = "".join("T" if isinstance(o, Array) and o.flipped else "N" for o in s.inputs)
        later = self._names_in(s.alpha, beta) & self.runtime
        factors = [] if later else [f"alpha={text_of(s.alpha)}"] if s.alpha != 1 else []
        factors += [] if later or beta == 1 else [f"beta={text_of(beta)}"]
        library = [f'library="{self.sheet.library}"'] if self.sheet.library != "numpy" else []
        self.products[name] = f"Gemm({', '.join([f'np.{self.sheet.dtype}', repr(flips), *factors, *library])})".replace(
            "'", '"'
        )
        left, right = (o for o in s.inputs if isinstance(o, Array))
        arrays = [self._array(left, s.block), self._array(right)]
        scale = [f"{name}.scale({text_of(s.alpha)}, {text_of(beta)})"] if later else []
        return [*scale, f"{name}({', '.join([*arrays, out])})"]

    @staticmethod
    def _names_in(*values: Expr) -> set[str]:
        return {str(symbol) for value in values for symbol in value.free_symbols}


def _wrapped(comment: str) -> list[str]:
    return textwrap.wrap(comment, 104, subsequent_indent="    ", drop_whitespace=True, break_long_words=False)


def _nameless(name: str) -> bool:
    return name[:1] == "T" and name[1:].isdigit()


def _escaped(key: str) -> str:
    return key.encode("unicode_escape").decode("ascii").replace('"', '\\"')
