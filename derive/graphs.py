"""The graphs of a derivation: what is computed from what, and which gradient from which, in columns as they are drawn.

A variable stands one column behind the last of those that it is computed from; what is given, one before its use.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .html.companion import Graph, Node
from .program import variables


def forward_graph(derivation: Any) -> Graph:
    """Parameters and data, intermediates, the loss; an edge for every variable on a right side."""
    program = derivation.program
    used = {str(e.lhs): list(dict.fromkeys(map(str, variables(e.rhs)))) for e in program.equations}
    loss, parameters = str(program.equations[-1].lhs), set(map(str, program.parameters))
    edges = [(a, b) for b, found in used.items() for a in found]
    column = _columns(used)
    for given in dict.fromkeys(a for a, _ in edges if a not in used):
        column[given] = min(column[b] for a, b in edges if a == given) - 1
    kinds = {name: "loss" if name == loss else "defined" if name in used else "parameter" if name in parameters
             else "data" for name in column}  # fmt: skip
    return _placed(column, kinds, edges)


def backward_graph(derivation: Any, forward: Graph) -> Graph:
    """From the loss to the gradients; each stands where its variable stands in the forward graph."""
    program = derivation.program
    loss = str(program.equations[-1].lhs)
    names = {str(e.lhs) for e in derivation.equations}
    edges: dict[tuple[str, str], None] = {}
    for equation in derivation.equations:
        target = str(equation.lhs)
        sources = [str(s.given[1].lhs) for s in derivation.steps if s.target == target and s.rule == "insert"]
        sources += [str(v) for v in variables(equation.rhs) if str(v) in names]
        users = [e for e in program.equations if program.symbols[target[1:]] in variables(e.rhs)]
        if any(str(u.lhs) == loss for u in users) or not sources:
            sources.append(loss)
        edges |= {(source, target): None for source in sources}
    place = {n.name: n for n in forward.nodes}
    kept = [place[loss], *(place[name[1:]] for name in names if name[1:] in place)]
    rows: dict[int, int] = {}
    nodes = []
    for node in sorted(kept, key=lambda n: (n.column, n.row)):
        name = loss if node.name == loss else f"d{node.name}"
        nodes.append(Node(name, "loss" if name == loss else "gradient", node.column, rows.get(node.column, 0)))
        rows[node.column] = rows.get(node.column, 0) + 1
    first = min(n.column for n in nodes)
    return Graph(tuple(Node(n.name, n.kind, n.column - first, n.row) for n in nodes), tuple(edges))


def _columns(used: dict[str, list[str]]) -> dict[str, int]:
    """One more than the column of anything that a variable is computed from."""
    column: dict[str, int] = {}
    for name, found in used.items():
        column[name] = 1 + max((column[a] for a in found if a in column), default=0)
    return column


def _placed(column: dict[str, int], kinds: dict[str, str], edges: Iterable[tuple[str, str]]) -> Graph:
    """Rows from above: what is computed first, then what is given, in the order of its use."""
    order = {"defined": 0, "loss": 0, "data": 1, "parameter": 2}
    rows: dict[int, int] = {}
    nodes = []
    first = min(column.values())
    data_alone = [n for n in column if kinds[n] == "data"]
    for name in sorted(column, key=lambda n: (column[n], order[kinds[n]], n in data_alone)):
        at = column[name]
        nodes.append(Node(name, kinds[name], at - first, rows.get(at, 0)))
        rows[at] = rows.get(at, 0) + 1
    return Graph(tuple(nodes), tuple(edges))
