"""Are these arrays the derivatives of a loss?  One verdict for each variable.

    dX[p]  =  d loss / d X[p]      for every element p, all shapes and all values
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..kernel.claim import Claim, Fact
from ..kernel.decide import decide
from ..kernel.index import Index
from ..kernel.verdict import Refuted, Verdict
from . import operations as op
from .elements import Elements, checked_weight
from .shapes import Shape, same, show
from .values import Declared, Derivative, Dimension, Unit, Value, in_order

LETTERS = "ijklpqrstuv"


def decide_gradients(
    loss: Value,
    claimed: Mapping[str, Value],
    facts: Iterable[Fact] = (),
    generic: Iterable[str] = (),
    timeout: float = 20.0,
) -> dict[str, Verdict]:
    """Variable name -> the verdict on its claimed derivative; `timeout` in seconds for each.

    The loss has one element.  A variable is the name of a declared array that the loss may depend on; the claimed
    array has its shape, else it is refuted by its shape.
    """
    body = op.as_scalar(loss, "the loss")
    arrays = {node.name: node for node in in_order(body) if isinstance(node, Declared)}
    verdicts: dict[str, Verdict] = {}
    for name, value in claimed.items():
        variable = arrays.get(name, Declared(name, value.shape))
        if not same(variable.shape, value.shape):
            reason = f"{name} has shape {show(variable.shape)}, its gradient {show(value.shape)}"
            verdicts[name] = Refuted(reason)
            continue
        claim = element_claim(Derivative(body, variable), value, facts, generic)
        verdicts[name] = decide(claim, deadline=timeout)
    return verdicts


def element_claim(left: Value, right: Value, facts: Iterable[Fact] = (), generic: Iterable[str] = ()) -> Claim:
    """left == right, element by element; a side of one element stands for a constant array."""
    shape = left.shape if left.shape else right.shape
    at = tuple(0 if size == 1 else Index(letter, size) for letter, size in zip(LETTERS, shape, strict=False))
    elements = Elements()
    nodes = [*in_order(left), *in_order(right)]
    return Claim(
        checked_weight(elements.of(left, at[: len(left.shape)])),
        checked_weight(elements.of(right, at[: len(right.shape)])),
        free=tuple(index for index in at if isinstance(index, Index)),
        arrays={node.name: node.shape for node in nodes if isinstance(node, Declared) and "~" not in node.name},
        dims=_dimensions(nodes),
        generic=tuple(generic),
        facts=tuple(facts),
    )


def _dimensions(nodes: list[Value]) -> tuple[str, ...]:
    sizes: list[int | str] = [size for node in nodes for size in _sizes(node)]
    sizes += [node.name for node in nodes if isinstance(node, Dimension)]
    return tuple(dict.fromkeys(size for size in sizes if isinstance(size, str)))


def _sizes(node: Value) -> Shape:
    return (node.size,) if isinstance(node, Unit) else node.shape
