"""Graphs as SVG: every node leads to the formula that defines it, by mouse and by keyboard."""

from __future__ import annotations

from html import escape

from .blocks import Printer
from .companion import Companion, Graph, Node
from .mathml import math

ACROSS, DOWN = 116, 58  # between the middles of neighbours, in pixels
WIDE, HIGH = 74, 38  # a node
MARGIN = 8


def graphs(companion: Companion, printer: Printer) -> str:
    """The forward graph and the backward graph, where there are any."""
    shown = [
        f"<figure><figcaption>{printer.say(key)}</figcaption>"
        f"{printer.scroll(svg(graph, printer, key), 'graph', tabbed=True)}</figure>"
        for key, graph in (("page_forward_graph", companion.forward), ("page_backward_graph", companion.backward))
        if graph is not None
    ]
    if not shown:
        return ""
    title, hint = printer.say("page_graphs"), printer.say("page_graphs_hint")
    return f'<section id="graphs">\n<h2>{title}</h2>\n<p>{hint}</p>\n{"".join(shown)}</section>\n'


def svg(graph: Graph, printer: Printer, key: str) -> str:
    """One graph, forward or backward, from left to right as the network is drawn."""
    columns, rows = max(n.column for n in graph.nodes), max(n.row for n in graph.nodes)
    width, height = columns * ACROSS + WIDE + 2 * MARGIN, rows * DOWN + HIGH + 2 * MARGIN
    at = {n.name: (MARGIN + n.column * ACROSS, MARGIN + n.row * DOWN) for n in graph.nodes}
    arrow = f"arrow-{key}"
    edges = "".join(_edge(a, b, at, arrow) for a, b in graph.edges)
    nodes = "".join(_node(n, at[n.name], printer) for n in graph.nodes)
    label = escape(printer.words.plain(key))
    return (
        f'<svg class="graph" role="group" aria-label="{label}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><defs><marker id="{arrow}" viewBox="0 0 8 8" refX="7" refY="4" '
        'markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z"/></marker></defs>'
        f"{edges}{nodes}</svg>"
    )


def _edge(a: str, b: str, at: dict[str, tuple[int, int]], arrow: str) -> str:
    """A curve from the side of one node to the facing side of the other."""
    (x1, y1), (x2, y2) = at[a], at[b]
    forward = x2 >= x1
    start, end = (x1 + WIDE, x2 - 1) if forward else (x1, x2 + WIDE + 1)
    if x1 == x2:  # one above the other
        start, end = x1 + WIDE, x2 + WIDE + 1
    h, bend = HIGH / 2, max(24, abs(end - start) / 2) * (1 if forward else -1)
    back = bend if x1 != x2 else -bend
    return (
        f'<path class="edge" data-from="{escape(a)}" data-to="{escape(b)}" marker-end="url(#{arrow})" '
        f'd="M{start} {y1 + h:g} C{start + bend:g} {y1 + h:g} {end - back:g} {y2 + h:g} {end} {y2 + h:g}"/>'
    )


def _node(node: Node, place: tuple[int, int], printer: Printer) -> str:
    """A box with the name of a variable; a link where its formula stands on the page."""
    x, y = place
    variable = printer.variables[node.name]
    radius = {"defined": 8, "gradient": 8, "loss": 19}.get(node.kind, 2)
    box = (
        f'<rect x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="{radius}"/>'
        f'<foreignObject x="{x}" y="{y}" width="{WIDE}" height="{HIGH}">'
        f'<div class="label">{math(variable.layout)}</div></foreignObject>'
    )
    kind = f'class="node {node.kind}" data-node="{escape(node.name)}"'
    anchor = printer.anchors.get(node.name)
    if anchor is None:
        return f"<g {kind}>{box}</g>"
    name = escape(printer.words.plain("page_go_to", node.name))
    return f'<a {kind} href="#{escape(anchor)}" aria-label="{name}">{box}</a>'
