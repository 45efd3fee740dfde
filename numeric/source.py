"""Equations -> the source of one NumPy function: what nothing needs is dropped, what is needed twice gets a name."""

from __future__ import annotations

import inspect
import json
import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any

from sympy import Symbol

from derive import DeriveError

from .backends.translation import translate
from .entrywise import remember
from .fragments import ATOM
from .helpers import HELPERS
from .matrices import MATRICES
from .scalars import SCALARS
from .writer import Writer, fresh

IMPORTS = {
    "numpy": "import numpy as np\n",
    "jax": "import jax\nimport jax.numpy as jnp\n",
    "torch": "import torch\n",
}
RESERVED = {"np", "jnp", "jax", "torch", "params", "state", "ctx", *keyword.kwlist, *keyword.softkwlist, *HELPERS}


@dataclass(frozen=True)
class Line:
    """One assignment: name = text, what it uses, and a comment."""

    name: str
    text: str
    used: frozenset[str]
    comment: str = ""
    section: str = ""


@dataclass(frozen=True, eq=False)
class Task:
    """What to write: a function of `arguments` that computes `equations` and returns `results`.

    `parameters` are read from a dictionary `params`; `scalars` are arguments by keyword.  `results` is one variable
    (or several), and `gradients` maps parameters to the variables that are their gradients.
    """

    name: str
    law: str  # the first line of the docstring
    equations: tuple[tuple[Any, Any], ...]
    results: tuple[Any, ...]
    arguments: tuple[Any, ...]
    scalars: tuple[Any, ...] = ()
    parameters: tuple[Any, ...] | None = None  # None: there is no dictionary
    gradients: tuple[tuple[Any, Any], ...] = ()
    also: frozenset[str] = frozenset()  # names that `params` may hold, although they are not needed
    comments: Mapping[Any, str] = field(default_factory=dict)
    sections: Mapping[Any, str] = field(default_factory=dict)

    @property
    def variables(self) -> tuple[Any, ...]:
        """Everything that is given."""
        return (*(self.parameters or ()), *self.arguments, *self.scalars)


def is_matrix(variable: Any) -> bool:
    return bool(getattr(variable, "is_Matrix", False))


def sizes_of(variables: Iterable[Any]) -> dict[Any, None]:
    """The symbols in the shapes of the variables, in order."""
    shapes = [size for v in variables if is_matrix(v) for size in v.shape]
    return dict.fromkeys(s for size in shapes for s in sorted(size.free_symbols, key=str))


def identifiers(task: Task) -> dict[Any, str]:
    """A Python name for every variable and every size: lambda -> lambda_, W^[1] -> W_1."""
    found: dict[Any, str] = {}
    taken = set(RESERVED)
    defined = [lhs for lhs, _ in task.equations]
    for variable in dict.fromkeys((*task.variables, *defined, *sizes_of((*task.variables, *defined)))):
        found[variable] = fresh(_identifier(str(variable)), taken)
        taken.add(found[variable])
    return found


def _identifier(name: str) -> str:
    """W^[1] -> W_1,  z' -> z_prime: letters, digits and underscores, not starting with a digit."""
    name = unicodedata.normalize("NFKC", name).replace("'", "_prime")
    name = re.sub(r"\W+", "_", name).strip("_")
    return name if name.isidentifier() else "x" + re.sub(r"[^A-Za-z0-9_]", "_", name)


def source_of(task: Task, backend: str = "numpy") -> str:
    """The source: imports, the helpers that are used, and the function; it runs as it stands."""
    names, lines = identifiers(task), lines_of(task)
    used = _results(task, names).union(*(line.used for line in lines))
    helpers = [inspect.getsource(function) for name, function in HELPERS.items() if name in used]
    written = [replace(line, text=translate(line.text, backend)) for line in lines]
    head = [IMPORTS[backend], *(helpers if backend == "numpy" else [])]
    return "\n\n".join([*head, _function(task, names, written, used)])


def lines_of(task: Task) -> list[Line]:
    """What the function does, line by line: what nothing needs is dropped, what is needed twice has a name."""
    names = identifiers(task)
    return _shared(task, names, _alive(_lines(task, names)[0], _results(task, names)))


def _results(task: Task, names: Mapping[Any, str]) -> set[str]:
    return {names[v] for v in (*task.results, *(g for _, g in task.gradients))}


# --- lines ------------------------------------------------------------------------------------------------------------


def _lines(
    task: Task, names: Mapping[Any, str], needed: Set[str] | None = None, hoisted: Set[str] = frozenset()
) -> tuple[list[Line], Writer]:
    """One line for every equation that is needed, after the lines for values that it shares with others."""
    arrays = [v for v in task.variables if is_matrix(v)]
    w = Writer({**SCALARS, **MATRICES}, names, hoisted, f"{names[arrays[0]]}.dtype" if arrays else "float")
    lines: list[Line] = []
    for lhs, rhs in task.equations:
        if needed is None or names[lhs] in needed:
            lines.extend(_assign(w, task, lhs, rhs))
        remember(w, lhs, rhs)
    return lines, w


def _assign(w: Writer, task: Task, lhs: Any, rhs: Any) -> list[Line]:
    w.notes, w.temporary = [], []
    f, name, section = w.full(rhs), w.names[lhs], task.sections.get(lhs, "")
    text = str(f)
    if is_matrix(lhs) and re.fullmatch(r"\w+(\.T)?", text) and lhs in (g for _, g in task.gradients):
        text += ".copy()"  # a gradient is an array of its own
    if (not f.negative and f.level < ATOM) or f.text.endswith(")"):
        w.known.setdefault(text, name)
    comment = "  ".join(filter(None, [shape_text(lhs, w.names), task.comments.get(lhs, ""), *dict.fromkeys(w.notes)]))
    shared = [Line(n, t.text, _identifiers(t.text), "shared", section) for n, t in w.temporary]
    return [*shared, Line(name, text, _identifiers(text), comment, section)]


def _identifiers(text: str) -> frozenset[str]:
    """The names in a text; attributes and keywords of calls are none."""
    return frozenset(re.findall(r"(?<![\w.])[^\W\d]\w*(?!\w*=[^=])", text))


def _alive(lines: list[Line], results: Set[str]) -> set[str]:
    """The names that the results need."""
    alive = set(results)
    for line in reversed(lines):
        if line.name in alive:
            alive |= line.used
    return alive


def _shared(task: Task, names: Mapping[Any, str], needed: Set[str]) -> list[Line]:
    """The lines that are needed, written again until no value is computed twice."""
    hoisted: set[str] = set()
    while True:
        lines, w = _lines(task, names, needed, hoisted)
        again = {text for text, count in w.counts.items() if count > 1}
        if not again:
            return lines
        hoisted |= again


# --- the function -----------------------------------------------------------------------------------------------------


def shape_text(variable: Any, names: Mapping[Any, str]) -> str:
    """(n1, m), with the sizes as they are named; nothing for a number."""
    if not is_matrix(variable):
        return ""
    rows, columns = (size.xreplace({s: Symbol(names[s]) for s in size.free_symbols}) for size in variable.shape)
    return f"({rows}, {columns})"


def _function(task: Task, names: Mapping[Any, str], lines: list[Line], used: Set[str]) -> str:
    positional = [*(["params"] if task.parameters is not None else []), *(names[v] for v in task.arguments)]
    keywords = ["*", *(names[v] for v in task.scalars)] if task.scalars else []
    given = ", ".join(f"{names[v]} {shape_text(v, names)}".strip() for v in task.arguments)
    text = [f"def {task.name}({', '.join([*positional, *keywords])}):"]
    text += (
        [f'    """{task.law}', *(["", f"    {given}"] if given else []), '    """']
        if given
        else [f'    """{task.law}"""']
    )
    rows = given_rows(task, names, used)
    text += columns(rows)
    for section in dict.fromkeys(line.section for line in lines):
        text += ["", *([f"    # {section}"] if section else [])] if section or rows else []
        text += columns([line for line in lines if line.section == section])
    return "\n".join([*text, *_returns(task, names)]) + "\n"


def given_rows(task: Task, names: Mapping[Any, str], used: Set[str]) -> list[Line]:
    """W1 = params["W1"], and m = X.shape[1], for what is used."""
    rows = [Line(names[v], f"params[{json.dumps(str(v))}]", frozenset(), shape_text(v, names))
            for v in task.parameters or () if names[v] in used]  # fmt: skip
    return rows + size_rows(task, names, used)


def size_rows(task: Task, names: Mapping[Any, str], used: Set[str]) -> list[Line]:
    return [Line(names[s], _where(s, task, names), frozenset()) for s in sizes_of(task.variables) if names[s] in used]


def columns(lines: list[Line]) -> list[str]:
    """Assignments, their comments in one column; a sum that is too long gets one line for each term."""
    texts = [f"    {line.name} = {line.text}" for line in lines]
    width = max((len(t) for t, line in zip(texts, lines, strict=True) if len(t) <= 80 and line.comment), default=0)
    rows: list[str] = []
    for text, line in zip(texts, lines, strict=True):
        comment = f"  # {line.comment}" if line.comment else ""
        if len(text) <= 115 and len(text) + len(comment) > 120:
            rows += [f"    # {line.comment}", text]
        elif len(text) > 115 and len(terms := _terms(line.text)) > 1:
            rows += [f"    {line.name} = ({comment}", *(f"        {term}" for term in terms), "    )"]
        else:
            rows.append(f"{text:<{width}}{comment}" if comment else text)
    return rows


def _terms(text: str) -> list[str]:
    """a + b - c -> a, + b, - c: cut where no bracket is open."""
    depth, cuts = 0, [0]
    for k, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and text[k : k + 3] in (" + ", " - "):
            cuts.append(k + 1)
    return [text[i:j].strip() for i, j in zip(cuts, [*cuts[1:], len(text)], strict=True)]


def _where(size: Any, task: Task, names: Mapping[Any, str]) -> str:
    """X.shape[1]: the first argument, or else parameter, that has this size."""
    for variable in (*task.arguments, *(task.parameters or ())):
        if is_matrix(variable) and size in variable.shape:
            return f"{names[variable]}.shape[{variable.shape.index(size)}]"
    raise DeriveError(f"the size {size} cannot be read off the shape of any array; give it as a number")


def _returns(task: Task, names: Mapping[Any, str]) -> list[str]:
    results = ", ".join(names[v] for v in task.results)
    if not task.gradients:
        return ["", f"    return {results}"]
    rows = [f"{json.dumps(str(p))}: {names[g]}" for p, g in task.gradients]
    line = f"    return {results}, {{{', '.join(rows)}}}"
    if len(line) <= 110:
        return ["", line]
    return ["", f"    return {results}, {{", *(f"        {row}," for row in rows), "    }"]
