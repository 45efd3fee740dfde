"""Every formula that documents of small networks print: the expression, how it is printed, and of what it speaks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sympy import Basic

from derive import backprop, mlp
from derive.index_layout import IndexWriter
from derive.latex import latex
from derive.mathematics import Named, Writer
from derive.networks import one_sample
from derive.program import Program

NETWORKS = {
    "sizes": lambda: mlp([3, 4, 1]),
    "classes": lambda: mlp([2, 3, 4], hidden="relu", output="softmax"),
    "generic": lambda: mlp(["n0", "n1", "n2", "n3"], hidden=["g1", "g2"], output="g3", loss="generic"),
    "composed": lambda: mlp(["n", "h", "c"], hidden="gelu", output="silu", loss="squared_error"),
    "one sample": lambda: mlp(["n0", "n1", "n2"], hidden="leaky_relu", loss="squared_error", samples=1),
    "l2, columns": lambda: mlp(["n0", "n1", "n2"], hidden="softplus", l2="lambda", weights="columns"),
    "any depth": lambda: mlp("L"),
    "any depth, samples": lambda: mlp("L", samples="m"),
}


@dataclass(frozen=True)
class Formula:
    """An expression and its LaTeX; `programs` have the names in it."""

    network: str
    notation: str
    expr: Any
    latex: str
    programs: tuple[Program, ...]

    def __repr__(self) -> str:
        return f"{self.network}, {self.notation}: {self.latex}"


@contextmanager
def recorded() -> Iterator[list[tuple[Any, Any, Any]]]:
    """(writer, expression, layout) of whatever is written inside of the block, without the parts it is made of."""
    found: list[tuple[Any, Any, Any]] = []
    inside = 0
    plain = {kind: kind.write for kind in (Writer, IndexWriter)}

    def recording(kind: Any) -> Any:
        def write(self: Any, expr: Any, level: int = 0) -> Any:
            nonlocal inside
            inside += 1
            try:
                shown = plain[kind](self, expr, level)
            finally:
                inside -= 1
            if not inside and not isinstance(self, Named):  # to which layouts were given that no formula tells
                found.append((self, expr, shown))
            return shown

        return write

    try:
        for kind in plain:
            kind.write = recording(kind)
        yield found
    finally:
        for kind, write in plain.items():
            kind.write = write


def formulas() -> Iterator[Formula]:
    """All networks, notations and forms; each formula of a network once."""
    for name, build in NETWORKS.items():
        derivation = backprop(build())
        programs = tuple(case.program for case in derivation.cases())
        programs += tuple(case.program for case in backprop(one_sample(derivation.program)).cases())
        for notation in ("ng", "nielsen"):
            seen = set()
            with recorded() as found:
                derivation.document(notation=notation, form="all")
            for _, expr, shown in found:
                text = latex(shown)
                key = text, expr if isinstance(expr, Basic) else repr(expr)
                if key not in seen:
                    seen.add(key)
                    yield Formula(name, notation, expr, text, programs)
