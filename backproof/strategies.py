"""Hypothesis strategies: networks and batches of small sizes, for property tests of one's own backward code.

    from hypothesis import given
    from backproof.strategies import batches, networks

    @given(networks(hidden=("tanh",)).flatmap(batches))
    def test_my_backprop(batch): ...

A batch carries its network, parameters and data; samples are columns.  Hypothesis is loaded at the first call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from derive import Program

LOSSES = {"sigmoid": ("cross_entropy", "squared_error"), "softmax": ("cross_entropy",), "identity": ("squared_error",),
          "tanh": ("squared_error",)}  # fmt: skip
BOUNDED = {"cross_entropy": (0.0, 1.0)}  # what the targets of a loss lie between
LARGEST = 2.0  # of parameters and inputs: nothing saturates


@dataclass(frozen=True)
class Net:
    """Widths from the input on, one hidden function per hidden layer, and what stands on top."""

    widths: tuple[int, ...]
    hidden: tuple[str, ...]
    output: str
    loss: str

    def program(self) -> Program:
        """The network as `derive` knows it."""
        from derive import mlp

        return mlp(list(self.widths), hidden=list(self.hidden), output=self.output, loss=self.loss)


@dataclass(frozen=True)
class Batch:
    """params "W1" (n1, n0), "b1" (n1, 1), ...; X (n0, m); Y (nL, m), columns of it sum to 1 under softmax."""

    net: Net
    params: dict[str, Any]
    X: Any
    Y: Any


def _strategies() -> Any:
    try:
        from hypothesis import strategies
    except ImportError as error:
        raise ImportError(
            "backproof.strategies needs Hypothesis, which is not installed\n  pip install 'backproof[hypothesis]'"
        ) from error
    return strategies


def networks(
    depth: tuple[int, int] = (1, 3),
    hidden: str | Sequence[str] = ("sigmoid", "tanh", "relu"),
    output: str | Sequence[str] | None = None,
    loss: str | Sequence[str] | None = None,
    width: int = 4,
) -> SearchStrategy[Net]:
    """Networks of depth[0] to depth[1] layers, each 1 to `width` wide; outputs with losses that fit them."""
    st = _strategies()
    if not 1 <= depth[0] <= depth[1]:
        raise ValueError(f"depth {depth!r}: expected the fewest and the most layers, at least 1")
    inside = (hidden,) if isinstance(hidden, str) else tuple(hidden)
    tops = tuple(LOSSES) if output is None else (output,) if isinstance(output, str) else tuple(output)
    if unknown := set(tops) - set(LOSSES):
        raise ValueError(f"output {', '.join(sorted(unknown))}: expected some of {', '.join(LOSSES)}")
    asked = (
        {f for fs in LOSSES.values() for f in fs} if loss is None else {loss} if isinstance(loss, str) else set(loss)
    )
    pairs = [(o, f) for o in tops for f in LOSSES[o] if f in asked]
    if not pairs:
        raise ValueError(f"loss {loss!r} fits none of {', '.join(tops)}")

    @st.composite
    def made(draw: Any) -> Net:
        layers = draw(st.integers(*depth))
        top, cost = draw(st.sampled_from(pairs))
        widths = draw(st.lists(st.integers(1, width), min_size=layers + 1, max_size=layers + 1))
        return Net(tuple(widths), tuple(draw(st.sampled_from(inside)) for _ in range(layers - 1)), top, cost)

    found: SearchStrategy[Net] = made()
    return found


def batches(net: Net, most: int = 4) -> SearchStrategy[Batch]:
    """Parameters and 1 to `most` samples for a network, of moderate size."""
    st = _strategies()
    import numpy as np

    @st.composite
    def made(draw: Any) -> Batch:
        def array(rows: int, columns: int, low: float = -LARGEST, high: float = LARGEST) -> Any:
            cells = st.lists(st.floats(low, high, width=32), min_size=rows * columns, max_size=rows * columns)
            return np.array(draw(cells)).reshape(rows, columns)

        m = draw(st.integers(1, most))
        params: dict[str, Any] = {}
        for k, (before, after) in enumerate(zip(net.widths, net.widths[1:], strict=False), start=1):
            params |= {f"W{k}": array(after, before), f"b{k}": array(after, 1)}
        X, n = array(net.widths[0], m), net.widths[-1]
        if net.output == "softmax":
            labels = draw(st.lists(st.integers(0, n - 1), min_size=m, max_size=m))
            return Batch(net, params, X, np.eye(n)[:, labels])
        return Batch(net, params, X, array(n, m, *BOUNDED.get(net.loss, (-LARGEST, LARGEST))))

    found: SearchStrategy[Batch] = made()
    return found
