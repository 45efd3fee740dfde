"""Are these arrays the derivatives of a loss?  One verdict for each variable.

    dX[p]  =  d loss / d X[p]      for every element p, all shapes and all values
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from ..kernel.claim import Claim, Fact
from ..kernel.cuts import decide_network
from ..kernel.decide import BUDGET, decide
from ..kernel.elementary import ZERO
from ..kernel.index import Index
from ..kernel.verdict import Refuted, Unknown, Verdict
from . import operations as op
from .cutting import Cutting, gradient_name
from .elements import Elements, TooLarge, checked_weight
from .interning import interned
from .shapes import Shape, same, show
from .values import Declared, Derivative, Dimension, Unit, Value, in_order

LETTERS = "ijklpqrstuv"
SHORT = 6  # forward arrays; up to this many, no cut points are looked for


def decide_gradients(
    loss: Value,
    claimed: Mapping[str, Value],
    facts: Iterable[Fact] = (),
    generic: Iterable[str] = (),
    timeout: float = 20.0,
    budget: int = BUDGET,
) -> dict[str, Verdict]:
    """Variable name -> the verdict on its claimed derivative; `timeout` in seconds for each.

    With a budget of 0 nothing is proved that has cut points; values may still refute.

    The loss has one element.  A variable is the name of a declared array that the loss may depend on; the claimed
    array has its shape, else it is refuted by its shape.
    """
    body, *arrays = interned((op.as_scalar(loss, "the loss"), *claimed.values()))
    gradients = dict(zip(claimed, arrays, strict=True))
    known = {node.name: node for node in in_order(body) if isinstance(node, Declared)}
    variables = {name: known.get(name, Declared(name, value.shape)) for name, value in gradients.items()}
    misfits = {name: _misfit(variables[name], value) for name, value in gradients.items()}
    fitting = {name: value for name, value in gradients.items() if misfits[name] is None}
    about = surroundings((body, *gradients.values(), *variables.values()), facts, generic)
    found: dict[str, Verdict] = {name: misfit for name, misfit in misfits.items() if misfit is not None}
    end = time.monotonic() + timeout * len(fitting)
    cutting = Cutting(body, fitting, about)
    if fitting and len(cutting.forward) > SHORT:
        verdicts = decide_network(cutting.network(), budget, deadline=end - time.monotonic())
        found |= {name: verdicts[gradient_name(name)] for name in fitting}
        if not budget:
            return {name: found[name] for name in claimed}
    for name in fitting:
        if isinstance(found.get(name, Unknown("")), Unknown) and time.monotonic() < end:
            found[name] = _written_out(Derivative(body, variables[name]), gradients[name], about, end, found.get(name))
    return {name: found.get(name, Unknown("the time was up")) for name in claimed}


def cut_points(loss: Value, claimed: Mapping[str, Value], among: Iterable[Value]) -> dict[str, int]:
    """What the conditions of `decide_gradients` call ~7: which of the values among which it is looked for."""
    body, *others = interned((op.as_scalar(loss, "the loss"), *claimed.values(), *among))
    arrays, known = others[: len(claimed)], others[len(claimed) :]
    place = {node: k for k, node in reversed(list(enumerate(known)))}
    cutting = Cutting(body, dict(zip(claimed, arrays, strict=True)), surroundings((body,), (), ()))
    return {name: place[node] for node, name in cutting.names.items() if node in place}


def _written_out(slope: Derivative, value: Value, about: Claim, end: float, before: Verdict | None) -> Verdict:
    """Without cut points; what is too large to write out stays as it was."""
    try:
        claim = element_claim(slope, value, about.facts, about.generic)
    except TooLarge as error:
        return before or Unknown(str(error))
    return decide(claim, deadline=end - time.monotonic())


def _misfit(variable: Declared, value: Value) -> Refuted | None:
    """Refuted by its shape, or None."""
    if same(variable.shape, value.shape):
        return None
    return Refuted(f"{variable.name} has shape {show(variable.shape)}, its gradient {show(value.shape)}")


def decide_equal(left: Value, right: Value, facts: Iterable[Fact] = (), timeout: float = 20.0) -> Verdict:
    """Is left == right, element by element?"""
    one, other = interned((left, right))
    return decide(element_claim(one, other, facts), deadline=timeout)


def element_claim(left: Value, right: Value, facts: Iterable[Fact] = (), generic: Iterable[str] = ()) -> Claim:
    """left == right, element by element; a side of one element stands for a constant array."""
    shape = left.shape if left.shape else right.shape
    at = tuple(0 if size == 1 else Index(letter, size) for letter, size in zip(LETTERS, shape, strict=False))
    elements = Elements()
    around = surroundings((left, right), facts, generic)
    return Claim(
        checked_weight(elements.of(left, at[: len(left.shape)])),
        checked_weight(elements.of(right, at[: len(right.shape)])),
        free=tuple(index for index in at if isinstance(index, Index)),
        arrays=around.shapes,
        dims=around.dims,
        generic=around.generic,
        facts=around.facts,
        where=elements.domains((left, right)),
    )


def surroundings(values: Iterable[Value], facts: Iterable[Fact], generic: Iterable[str]) -> Claim:
    """What a claim about values says beside its sides."""
    nodes = in_order(*values)
    sizes: list[int | str] = [size for node in nodes for size in _sizes(node)]
    sizes += [node.name for node in nodes if isinstance(node, Dimension)]
    return Claim(
        ZERO,
        ZERO,
        arrays={node.name: node.shape for node in nodes if isinstance(node, Declared) and "~" not in node.name},
        dims=tuple(dict.fromkeys(size for size in sizes if isinstance(size, str))),
        generic=tuple(generic),
        facts=tuple(facts),
    )


def _sizes(node: Value) -> Shape:
    return (node.size,) if isinstance(node, Unit) else node.shape
