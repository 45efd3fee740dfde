"""The backward pass that the forward code wants, line by line, in its own names.

xhat = xmu * ivar        ->        dxmu += dxhat * ivar,   divar = sum_n dxhat * xmu
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from derive.arrays.expected import Expected, expected, in_words
from derive.arrays.numpy_text import Written
from derive.arrays.values import Declared, Value, children, in_order

from . import formulas as form
from .grids import Grid
from .known_results import KnownResult, cut, known_results
from .naming import Named, assigned, unique
from .refusal import Place
from .run import Traced
from .writing import words

MOST = 40  # lines
NOWHERE = Place("", 0, "", "")


@dataclass(frozen=True)
class Line:
    """d<name> = the sum of what arrives from everything that uses it."""

    name: str
    written: Written
    parts: tuple[Expected, ...]
    uses: frozenset[str]  # the gradients on the right side
    element: str = ""  # one of the array itself, in LaTeX

    @property
    def text(self) -> str:
        """One element, in words."""
        (first, *_) = self.parts
        return f"d{self.name}{_at(first)} = {' + '.join(p.text for p in self.parts)}"

    @property
    def numpy(self) -> str:
        """The whole array; "" where a part has no code."""
        if not all(p.numpy for p in self.parts):
            return ""
        return self.written.assigned(" + ".join(p.numpy for p in self.parts))

    @property
    def latex(self) -> str:
        """One element; "" where a part cannot be written."""
        if not self.element or not all(p.latex for p in self.parts):
            return ""
        return rf"\frac{{\partial J}}{{\partial {self.element}}} = {' + '.join(p.latex for p in self.parts)}"


def outputs(traced: Traced) -> set[int]:
    """The loss, and outputs that nothing else is computed from: their gradients are given."""
    used = {id(c) for n in in_order(traced.loss) for c in children(n)}
    given = {id(v) for g in traced.outputs for v in g.cells.ravel()}
    several = [id(c) for n in in_order(traced.loss) for c in children(n) if id(c) in given]
    return {id(traced.loss), *(v for v in given if several.count(v) <= 1 or v not in used)}


def _at(e: Expected) -> str:
    return f"[{', '.join(e.indices)}]" if e.indices else ""


def lines_for(traced: Traced, variable: Declared) -> tuple[Line, ...] | None:
    """The lines that lead from the loss to one variable, in the order in which they are computed; None if too long."""
    given = outputs(traced)
    results = named_results(traced)
    known = _known(traced, results)
    forward = [n for n in results if id(n.value) not in given or n.name in known]
    arriving = {n.name: d for n, d in _arriving(traced, forward)}
    local = _local(traced.loss, forward, known)
    lines: dict[str, Line] = {}
    vocabulary = words(traced, forward)
    variables = [(n.name, Declared(n.name, n.value.shape)) for n in reversed(forward) if n.name not in arriving]
    for name, declared in [*variables, (variable.name, variable)]:
        parts: list[Expected] = []
        uses: set[str] = set()
        for consumer, value in local.items():
            if name not in _arrays(value) or (consumer and consumer not in lines and consumer not in arriving):
                continue
            if consumer in known:
                gradient = arriving.get(consumer) or Declared(f"d{consumer}", value.shape)
                slope = known[consumer].slope(gradient, Declared(consumer, value.shape))
                found = in_words(slope, value.shape, vocabulary, vocabulary[name].axes)
            else:
                found = expected(_seeded(consumer, value), declared, vocabulary, vocabulary[name].axes)
            if found is None:
                return None
            parts.append(found)
            uses |= {consumer} - {""}
        if parts:
            own = in_words(declared, declared.shape)
            lines[name] = Line(name, vocabulary[name], tuple(parts), frozenset(uses), own.latex if own else "")
    return _leading_to(lines, variable.name)


def speaks_of_results(traced: Traced) -> bool:
    """Is a result of the forward function a softmax, a sigmoid or a tanh?"""
    return bool(_known(traced, named_results(traced)))


def named_results(traced: Traced) -> list[Named]:
    """What the forward function gives names to, in order; an output without a name is called out."""
    inside = {id(n) for n in in_order(traced.loss)} - {id(traced.loss)}
    taken = set(traced.shapes()) | {name.removeprefix("d") for name in traced.douts}
    found = [n for n in unique(assigned(traced.forward()), taken) if id(n.value) in inside]
    own = {id(g.cells[()]): (d.removeprefix("d"), g) for d, g in zip(traced.douts, traced.outputs, strict=False)
           if g.cells.shape == () and id(g.cells[()]) in inside & outputs(traced)}  # fmt: skip
    named = [
        Named(own[id(n.value)][0], n.grid, n.place) if _is_copy(n.name, own.get(id(n.value))) else n for n in found
    ]
    known = {id(n.value) for n in found}
    return [*named, *(Named(name, g, NOWHERE) for at, (name, g) in own.items() if at not in known)]


def _is_copy(name: str, own: tuple[str, Grid] | None) -> bool:
    """out_2, for the output that is out"""
    return own is not None and name.startswith(f"{own[0]}_")


def _known(traced: Traced, results: list[Named]) -> dict[str, KnownResult]:
    """Results by name that are a function with a short derivative."""
    arrays = [Declared(name, shape) for name, shape in traced.symbols.shapes().items()]
    return {k.name: k for k in known_results({n.name: n.value for n in results}, arrays)}


def _arriving(traced: Traced, forward: list[Named]) -> Iterator[tuple[Named, Declared]]:
    """Outputs that nothing else is computed from, and the gradients that are given for them."""
    given = outputs(traced)
    for d, g in zip(traced.douts.values(), traced.outputs, strict=False):
        for n in forward:
            if g.cells.shape == () and g.cells[()] is n.value and id(n.value) in given:
                yield n, d.cells[()]


def _local(loss: Value, forward: list[Named], known: Mapping[str, KnownResult]) -> dict[str, Value]:
    """Every named result as a formula of arguments and earlier names; the loss under the name ""."""
    names = {id(n.value): Declared(n.name, n.value.shape) for n in forward}
    out: dict[str, Value] = {}
    for name, root in [*((n.name, n.value) for n in forward), ("", loss)]:
        out[name] = Declared(known[name].of, root.shape) if name in known else cut(root, names)
    return out


def _seeded(name: str, value: Value) -> Value:
    """sum of d<name> * value: its derivative is what arrives by this way"""
    if not name:
        return value
    both = form.multiply(Declared(f"d{name}", value.shape), value)
    return form.sums(both, tuple(range(len(value.shape))), value.shape)


def _arrays(value: Value) -> set[str]:
    return {n.name for n in in_order(value) if isinstance(n, Declared)}


def _leading_to(lines: Mapping[str, Line], name: str) -> tuple[Line, ...] | None:
    """A line and all that it uses."""
    wanted, stack = set(), [name]
    while stack:
        one = stack.pop()
        if one in lines and one not in wanted:
            wanted.add(one)
            stack += lines[one].uses
    found = tuple(line for n, line in lines.items() if n in wanted)
    return found if found and len(found) <= MOST else None
