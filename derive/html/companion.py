"""What a page knows beside its document: shapes, code, steps with their verdicts, laws, graphs, and a program to run.

All of it is plain frozen data; `derive.companion` makes it from a derivation, and a page prints without it too.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..document import Inlines
from ..layout import Layout


@dataclass(frozen=True)
class Variable:
    """A name of the program or of its gradients; a number has no shape."""

    name: str
    layout: Layout
    shape: Layout | None


@dataclass(frozen=True)
class Code:
    """One formula in code: an expression; empty where the language cannot say it."""

    numpy: str
    claims: str


@dataclass(frozen=True)
class ShownStep:
    """One step: what it starts from, what it gives, what it uses, and what the kernel says of it."""

    number: int
    target: str  # "dZ1"
    rule: str  # by its name in the tables
    title: str
    before: tuple[Layout, ...]
    after: tuple[Layout, ...]
    parts: tuple[Layout, ...]  # for a rule: whose gradients `after` are
    shapes: tuple[Layout, Layout]
    verdict: Inlines
    brings: tuple[str, ...] = ()  # variables that receive a gradient by it: "Z1"


@dataclass(frozen=True)
class Law:
    """A rule that is used: its law, where it comes from, and the steps that use it."""

    rule: str
    title: str
    law: Inlines
    source: str
    steps: tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """A variable in a graph: its column and its row."""

    name: str
    kind: str  # "parameter", "data", "defined", "gradient", "loss"
    column: int
    row: int


@dataclass(frozen=True)
class Graph:
    """Nodes, and edges from name to name."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Companion:
    """Everything beside the document."""

    variables: tuple[Variable, ...]
    codes: tuple[tuple[Layout, Code], ...]
    steps: tuple[ShownStep, ...]
    laws: tuple[Law, ...]
    verdicts: tuple[tuple[str, Inlines], ...]  # of the gradients: ("dW1", "Proved: ...")
    claims: str  # a whole claims file, or ""
    forward: Graph | None
    backward: Graph | None
    equations: tuple[tuple[str, Layout, Layout], ...]  # name, left, right: what a reader can compute with numbers
    machine: str  # the same as JSON for the page's script, or ""
    sizes: tuple[tuple[str, Layout], ...] = ()  # the names of sizes in the machine
    numpy: str = ""  # a whole NumPy function, or ""
    why_no_machine: str = ""  # a key of the words
