"""Programs and derivations as the kernel sees them: named arrays, each computed from earlier ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sympy import Symbol

from .backward_pass import BackwardPass
from .element import Lowering, any_size
from .kernel.chain import Definition
from .kernel.claim import AreEqual, Claim, IsNonNegative, IsPositive, Sizes
from .kernel.claim import Fact as KernelFact
from .kernel.elementary import KNOWN, ONE, ZERO, negative
from .kernel.index import Apply, Entry, Expr, Index, Position
from .kernel.network import Goal, Network
from .kernel.walk import nodes
from .program import Fact, Program, variables
from .shapes import shape_of

LETTERS = "ij"


def positions(shape: Sizes) -> tuple[Position, ...]:
    """i, j for the axes; 0 on an axis of size 1."""
    return tuple(0 if n == 1 else Index(letter, n) for letter, n in zip(LETTERS, shape, strict=False))


def element(lowering: Lowering, expr: Any, at: tuple[Position, ...]) -> Expr:
    """The entry of a matrix, or a number."""
    return lowering.entry(expr, at) if at else lowering.number(expr)


def definition(lowering: Lowering, name: str, expr: Any) -> Definition:
    """name[i, j] = expr[i, j]"""
    at = positions(lowering.shape(expr))
    return Definition(name, at, element(lowering, expr, at))


def surroundings(lowering: Lowering, given: Iterable[Any], facts: Iterable[Fact] = ()) -> Claim:
    """What a claim about variables says beside its sides: their shapes, what SymPy and the program assume of them."""
    known = list(dict.fromkeys(given))
    scalars = [v for v in known if isinstance(v, Symbol) and not v.is_integer]
    return Claim(
        ZERO,
        ZERO,
        arrays={str(v): lowering.shape(v) for v in known if v in scalars or shape_of(v) is not None},
        facts=(
            *(IsPositive(Entry(str(v), ())) for v in scalars if v.is_positive),
            *(IsNonNegative(Entry(str(v), ())) for v in scalars if v.is_nonnegative and not v.is_positive),
            *(IsPositive(negative(Entry(str(v), ()))) for v in scalars if v.is_negative),
            *(IsNonNegative(negative(Entry(str(v), ()))) for v in scalars if v.is_nonpositive and not v.is_negative),
            *(equality(Lowering(size=lowering.size), fact) for fact in facts),
        ),
    )


def equality(lowering: Lowering, fact: Fact) -> KernelFact:
    """left = right, entry by entry"""
    at = positions(lowering.shape(fact.left))
    return AreEqual(element(lowering, fact.left, at), element(lowering, fact.right, at))


def generic_names(expressions: Iterable[Expr]) -> tuple[str, ...]:
    """The elementwise functions that no table defines."""
    found = (e.function for e in nodes(expressions) if isinstance(e, Apply) and e.function not in KNOWN)
    return tuple(dict.fromkeys(found))


def network(program: Program, claims: Iterable[tuple[str, Any, Goal]]) -> Network:
    """A program, and expressions by name with what they are claimed to be."""
    lowering = Lowering(size=any_size)
    forward = tuple(definition(lowering, str(e.lhs), e.rhs) for e in program.equations)
    rows = tuple(claims)
    claimed = tuple(definition(lowering, name, expr) for name, expr, _ in rows)
    own = {d.name for d in (*forward, *claimed)}
    free = [v for _, expr, _ in rows for v in variables(expr) if str(v) not in own]
    around = surroundings(lowering, [v for v in (*program.symbols.values(), *free) if str(v) not in own], program.facts)
    return Network(forward, claimed, tuple(goal for _, _, goal in rows), dict(around.shapes), around.dims,
                   generic_names(d.body for d in (*forward, *claimed)), around.facts)  # fmt: skip


def gradients(derivation: BackwardPass) -> Network:
    """dX = factor * dJ/dX for every equation of a derivation, factor m for intermediates if the mean is taken late."""
    factor = Lowering().number(derivation.factor)
    parameters = set(map(str, derivation.program.parameters))

    def row(name: str, expr: Any) -> tuple[str, Any, Goal]:
        variable = name.removeprefix("d")
        return name, expr, Goal(name, variable, scale=ONE if variable in parameters else factor)

    return network(derivation.program, [row(str(e.lhs), e.rhs) for e in derivation.equations])
