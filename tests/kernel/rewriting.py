"""A row of a table of laws or faults, applied to a random node of an expression."""

from derive.kernel.elementary import LARGEST
from derive.kernel.index import Apply
from derive.kernel.tree import children, nodes, with_children


def random_node(rng, e, fits):
    """A node that fits, or None; what stands in the slope of a maximum is left alone."""
    every = nodes((e,))
    slopes = [n for n in every if isinstance(n, Apply) and n.function == LARGEST]
    alone = {id(n) for n in nodes(slopes)}
    found = [n for n in every if id(n) not in alone and fits(n)]
    return rng.choice(found) if found else None


def replace(e, old, new):
    """e with one node replaced, by identity."""
    stack, done = [e], {}
    while stack:
        node = stack[-1]
        if id(node) in done:
            stack.pop()
            continue
        if node is old:
            done[id(node)] = new
            continue
        waiting = [c for c in children(node) if id(c) not in done]
        if waiting:
            stack.extend(waiting)
            continue
        done[id(node)] = with_children(node, tuple(done[id(c)] for c in children(node)))
    return done[id(e)]


def changed(rng, e, table):
    """One row of a table applied somewhere: (name, new expression), or None."""
    for name in rng.sample(list(table), len(table)):
        fits, law = table[name]
        node = random_node(rng, e, fits)
        if node is not None:
            return name, replace(e, node, law(rng, node))
    return None
