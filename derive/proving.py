"""prove(lhs, rhs): are two expressions equal, for all shapes and all values?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sympy import Symbol, SympifyError, preorder_traversal, sympify

from .computation import definition, element, generic_names, positions, surroundings
from .element import Lowering, any_size, size
from .errors import DeriveError, ShapeError, UnknownNode
from .kernel import index as ix
from .kernel.chain import Definition
from .kernel.claim import Claim, Fact, Sizes
from .kernel.cuts import decide_network
from .kernel.decide import decide
from .kernel.network import Goal, Network
from .kernel.verdict import Proved, Refuted, Unknown, Verdict
from .kernel.walk import free_indices, nodes
from .program import Program, normal, variables
from .shapes import check, same_shape, shape_of, text
from .sympy_functions import by_ours

LEFT, RIGHT = "left side", "right side"
SIGNS = ("nonnegative", "nonpositive", "negative", "nonzero")


def prove(lhs: Any, rhs: Any, given: Program | None, assume: tuple[str, ...], timeout: float) -> Verdict:
    """lhs = rhs, entry by entry; see verification.py"""
    if isinstance(lhs, ix.Expr) and isinstance(rhs, ix.Expr):
        return decide(_kernel_claim(lhs, rhs, assume), deadline=timeout)
    try:
        left, right = _expression(lhs), _expression(rhs)
    except UnknownNode as error:
        return Unknown(str(error))
    if strange := [s for s in _symbols(left, right) if not s.is_commutative or s.is_real is False]:
        return Unknown(f"{strange[0]} is no real number; a matrix is a MatrixSymbol")
    meant, whole = _meant(left, right, given)
    left, right = left.xreplace(meant), right.xreplace(meant)
    try:
        shapes = check(left), check(right)
    except ShapeError as error:
        return Refuted(str(error))
    except UnknownNode as error:
        return Unknown(str(error))
    if not same_shape(*(shape or (1, 1) for shape in shapes)):
        return Refuted(f"the left side has shape {text(shapes[0])}, the right side {text(shapes[1])}")
    try:
        verdict = _decide(left.xreplace(whole), right.xreplace(whole), given, tuple(assume), timeout,
                          Lowering(size=any_size))  # fmt: skip
        if whole and not (isinstance(verdict, Proved) and verdict.except_on is None):
            return _of_integers(_decide(left, right, given, tuple(assume), timeout, Lowering(size=any_size)), whole)
        if isinstance(verdict, Proved) or not _large((left, right), given):
            return verdict
        return Unknown(f"not proved for all sizes ({verdict.reason}); give large sizes a name to see where it fails",
                       verdict.conditions)  # fmt: skip
    except UnknownNode as error:
        return Unknown(str(error))


def _symbols(*sides: Any) -> list[Any]:
    """The numbers of the sides that have names."""
    return sorted({s for side in sides for s in side.free_symbols if isinstance(s, Symbol)}, key=str)


def _meant(left: Any, right: Any, given: Program | None) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Symbols as the kernel takes them: (sizes, which are positive integers; other integers, as real numbers)."""
    parts = [part for side in (left, right) for part in preorder_traversal(side)]
    shapes = [shape_of(v) or () for v in (*parts, *(given.symbols.values() if given else ()))]
    names = {str(symbol) for shape in shapes for n in shape for symbol in sympify(n).free_symbols}
    found = _symbols(left, right)
    others = _distinct(s for s in found if str(s) not in names)
    sizes = {s: Symbol(s.name, integer=True, positive=True) for s in found if str(s) in names}
    whole = {s: Symbol(s.name, **{k: v for k, v in s.assumptions0.items() if k in SIGNS})
             for s in others if s.is_integer and not s.is_positive}  # fmt: skip
    return {old: new for old, new in sizes.items() if old != new}, whole


def _of_integers(verdict: Verdict, whole: dict[Any, Any]) -> Verdict:
    """What is decided of integers from 1 on refutes for all integers, and proves nothing of them."""
    if isinstance(verdict, Refuted) and not any(symbol.is_nonpositive for symbol in whole):
        return verdict
    names = ", ".join(sorted(map(str, whole)))
    return Unknown(f"not proved for all values of {names}; prove knows positive integers, and real numbers")


def _large(sides: tuple[Any, Any], given: Program | None) -> bool:
    """Is a name put in place of a large size?"""
    found = [v for side in sides for v in variables(side)] + list(given.symbols.values() if given else ())
    return any(any_size(n) != size(n) for v in found for n in shape_of(v) or ())


def _expression(given: Any) -> Any:
    try:
        return normal(by_ours(sympify(given, strict=True)))
    except SympifyError:
        raise DeriveError(f"prove compares SymPy expressions, not {given!r}") from None


def _decide(left: Any, right: Any, given: Program | None, assume: tuple[str, ...], timeout: float,
            lowering: Lowering) -> Verdict:  # fmt: skip
    at = positions(lowering.shape(left) or lowering.shape(right))
    sides = [Definition(name, at, element(lowering, side, at if shape_of(side) else ()))
             for name, side in ((LEFT, left), (RIGHT, right))]  # fmt: skip
    forward = tuple(definition(lowering, str(e.lhs), e.rhs) for e in given.equations) if given else ()
    own = {d.name for d in forward}
    free = _distinct(v for side in (left, right) for v in variables(side))
    inputs = [v for v in (*(given.symbols.values() if given else ()), *free) if str(v) not in own]
    around = surroundings(lowering, inputs, given.facts if given else ())
    facts = (*around.facts, *_assumed(assume, dict(around.shapes)))
    generic = generic_names(d.body for d in (*forward, *sides))
    if not forward:
        named = tuple(p for p in at if isinstance(p, ix.Index))
        claim = replace(around, left=sides[0].body, right=sides[1].body, free=named, generic=generic, facts=facts)
        return decide(claim, deadline=timeout)
    network = Network((*forward, sides[1]), (sides[0],), (Goal(LEFT, RIGHT, gradient=False),),
                      dict(around.shapes), around.dims, generic, facts)  # fmt: skip
    return decide_network(network, deadline=timeout)[LEFT]


def _distinct(found: Iterable[Any]) -> list[Any]:
    """Variables, each name once.  Raises ShapeError for one name with two shapes."""
    known: dict[str, Any] = {}
    for variable in found:
        if known.setdefault(str(variable), variable) != variable:
            raise ShapeError(f"{variable} stands for two variables: {text(shape_of(known[str(variable)]))} and "
                             f"{text(shape_of(variable))}")  # fmt: skip
    return list(known.values())


def _assumed(texts: Iterable[str], shapes: dict[str, Sizes]) -> tuple[Fact, ...]:
    from .claims import facts

    return facts(tuple(texts), shapes)


def _kernel_claim(left: ix.Expr, right: ix.Expr, assume: Iterable[str]) -> Claim:
    """Index expressions: shapes are read off their entries."""
    shapes: dict[str, list[ix.Position]] = {}
    for entry in (e for e in nodes((left, right)) if isinstance(e, ix.Entry)):
        known = shapes.setdefault(entry.array, list(entry.at))
        if len(known) != len(entry.at):
            raise ShapeError(f"{entry.array} is used with {len(known)} and with {len(entry.at)} indices")
        for axis, position in enumerate(entry.at):
            known[axis] = _wider(entry.array, known[axis], position)
    arrays = {name: tuple(map(_extent, at)) for name, at in shapes.items()}
    free = sorted(free_indices(left) | free_indices(right), key=lambda i: i.name)
    return Claim(left, right, tuple(free), arrays, generic=generic_names((left, right)), facts=_assumed(assume, arrays))


def _wider(name: str, known: ix.Position, other: ix.Position) -> ix.Position:
    """The position that says more of an axis: an index its size, a number only that it is at least so long."""
    if isinstance(known, int) and isinstance(other, int):
        return max(known, other)
    if isinstance(known, ix.Index) and isinstance(other, ix.Index) and known.size != other.size:
        raise ShapeError(f"an axis of {name} has the sizes {known.size} and {other.size}")
    return other if isinstance(known, int) or isinstance(other, ix.Index) else known


def _extent(position: ix.Position) -> int | str:
    """The size of an axis."""
    if isinstance(position, int):
        return position + 1
    if isinstance(position, ix.Shifted):
        raise ShapeError(f"the size of the axis at {position.index.name} + {position.offset} does not show")
    return position.size
