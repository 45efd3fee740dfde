"""What is assumed of the arguments, as facts for the kernel.

Texts are written in the claims language about whole arrays; where an array is kept in cells its elements are renamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from derive import DeriveError
from derive.arrays.draws import Fact, one_hot
from derive.arrays.unrolling import KEPT, LEFT_OUT, WRITTEN_OUT, unrolled

from .arguments import Symbols
from .grids import Axis
from .refusal import WrongUse


@dataclass(frozen=True)
class Assumptions:
    """Texts of the claims language."""

    texts: tuple[str, ...] = ()

    def facts(self, symbols: Symbols, dims: Mapping[str, int] | None = None) -> tuple[Fact, ...]:
        """The facts about the declared arrays; with `dims`, about arrays of those sizes."""
        named = dims or {}
        shapes: dict[str, Any] = {}
        labels: list[Fact] = []
        for leaf in symbols.arguments.leaves:
            g = symbols.grids[leaf.name]
            if leaf.classes is not None:
                rows = symbols.sources[leaf.name].cells.ravel()
                labels += [one_hot(v.name, tuple(named.get(s, s) for s in v.shape)) for v in rows]
            elif all(len(axis) <= 1 for axis in g.axes):
                shapes[leaf.name] = tuple(_size(axis, named) for axis in g.axes)
        layout = {name: tuple(map(_how, symbols.grids[name].axes)) for name in shapes}
        return (*labels, *unrolled(self._read(shapes), layout))

    def _read(self, shapes: Mapping[str, Any]) -> tuple[Fact, ...]:
        if not self.texts:
            return ()
        from derive.claims import ClaimsError, facts

        try:
            return facts(self.texts, shapes)
        except (ClaimsError, DeriveError) as error:
            raise WrongUse(f"assume: {error}") from None


def _how(axis: Axis) -> str:
    """What becomes of an axis in the cells of a grid."""
    return LEFT_OUT if not axis else KEPT if isinstance(axis[0], str) else WRITTEN_OUT


def _size(axis: tuple[Any, ...], dims: Mapping[str, int]) -> Any:
    if not axis:
        return 1
    return dims.get(axis[0], axis[0]) if isinstance(axis[0], str) else axis[0]
