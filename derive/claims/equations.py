"""Two arrays of a file, said to be equal  ->  a claim for the kernel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from ..arrays.elements import At, Elements, checked_weight
from ..arrays.shapes import Shape, Size, has_one_element
from ..arrays.values import Declared, Dimension, Generic, Mapped, Unit, Value, View, in_order
from ..kernel.claim import AreEqual, Claim, Fact, IsNonNegative, IsPositive
from ..kernel.index import Add, Dim, Expr, Index, Mul, Number
from .reading import Assumption, read_assumption
from .scope import Scope

LETTERS = "ijklpqrstuv"
NOTHING = Number(Fraction(0))


def equation(scope: Scope, left: Value, right: Value, assumptions: Iterable[Assumption] = ()) -> Claim:
    """left == right, element by element, under the assumptions that speak of the same arrays."""
    (left_element, right_element), claim = elements_of(scope, (left, right), assumptions)
    return replace(claim, left=checked_weight(left_element), right=checked_weight(right_element))


def elements_of(scope: Scope, values: Sequence[Value], assumptions: Iterable[Assumption] = ()) -> (
        tuple[list[Expr], Claim]):
    """The elements of values of one shape at the same indices, and what a claim about them says beside its sides."""
    elements = Elements()
    at = axes(scope, next((value.shape for value in values if value.shape), ()))
    about = surroundings(scope, values, assumptions)
    free = (*(index for index in at if isinstance(index, Index)), *about.free)
    where = elements.domains(values)
    return [elements.of(value, _at(value, at)) for value in values], replace(about, free=free, where=where)


def surroundings(scope: Scope, values: Sequence[Value], assumptions: Iterable[Assumption] = ()) -> Claim:
    """What a claim about values says beside its sides."""
    assumed = relevant(assumptions, values)
    nodes = list(dict.fromkeys(node for value in values for node in in_order(value)))
    behind = [*nodes, *(node for fact in assumed for side in (fact.left, fact.right) for node in in_order(side))]
    elements = Elements()
    return Claim(
        NOTHING,
        NOTHING,
        free=_free_indices(nodes),
        arrays=tuple(_in_the_order_of(scope, _declared(behind))),
        dims=_dimensions(scope, behind),
        generic=_generic(scope, behind),
        facts=tuple(_fact(scope, elements, assumption) for assumption in assumed),
    )


def _declared(nodes: Iterable[Value]) -> dict[str, Shape]:
    """The free arrays; those that a gradient puts in have a ~ in their names."""
    return {node.name: node.shape for node in nodes if isinstance(node, Declared) and "~" not in node.name}


def _in_the_order_of(scope: Scope, arrays: dict[str, Shape]) -> list[tuple[str, Shape]]:
    order = {name: k for k, name in enumerate(scope.names)}
    return sorted(arrays.items(), key=lambda item: order[item[0]])


def equal_shapes(left: Shape, right: Shape) -> Claim:
    """Two shapes of as many axes are equal: sum over the axes of (difference of the sizes)^2 = 0."""
    gaps = [Add((_size(a), Mul((Number(Fraction(-1)), _size(b))))) for a, b in zip(left, right, strict=True)]
    dims = tuple(dict.fromkeys(size for size in left + right if isinstance(size, str)))
    return Claim(Add((NOTHING, *(Mul((gap, gap)) for gap in gaps))), NOTHING, dims=dims)


def _size(size: Size) -> Expr:
    return Dim(size) if isinstance(size, str) else Number(Fraction(size))


def relevant(assumptions: Iterable[Assumption], values: Iterable[Value]) -> tuple[Assumption, ...]:
    """Those that share an array with the values, or with another relevant one; those without arrays always."""
    known = {name for value in values for name in _arrays(value)}
    rest, chosen = list(assumptions), []
    found = True
    while found:
        found = False
        for fact in list(rest):
            names = _arrays(fact.left) | _arrays(fact.right)
            if not names or names & known:
                known |= names
                rest.remove(fact)
                chosen.append(fact)
                found = True
    return tuple(chosen)


def _arrays(value: Value) -> set[str]:
    return set(_declared(in_order(value)))


def axes(scope: Scope, shape: Shape) -> At:
    """i, j, ... for the axes; position 0 on an axis of size 1."""
    letters = iter([letter for letter in LETTERS if letter not in scope.names])
    return tuple(0 if size == 1 else Index(next(letters), size) for size in shape)


def _at(value: Value, at: At) -> At:
    """The position in one side of an equation: a scalar stands for a constant array."""
    if has_one_element(value.shape):
        return (0,) * len(value.shape)
    return at


def _free_indices(nodes: Iterable[Value]) -> tuple[Index, ...]:
    """The indices of the file that are used: i = index(m)."""
    used = [source for node in nodes if isinstance(node, View) for source in node.sources if isinstance(source, Index)]
    return tuple(dict.fromkeys(used))


def _dimensions(scope: Scope, nodes: Iterable[Value]) -> tuple[str, ...]:
    """The dimensions that are used, in the order of the file."""
    used = {size for node in nodes for size in node.shape if isinstance(size, str)}
    used |= {node.name for node in nodes if isinstance(node, Dimension)}
    used |= {node.size for node in nodes if isinstance(node, Unit) and isinstance(node.size, str)}
    return tuple(name for name in scope.names if name in used)


def _generic(scope: Scope, nodes: Iterable[Value]) -> tuple[str, ...]:
    used = {node.function for node in nodes if isinstance(node, Mapped | Generic)}
    return tuple(name for name in scope.names if name in used)


def _fact(scope: Scope, elements: Elements, fact: Assumption) -> Fact:
    """The assumption for every element."""
    at = axes(scope, fact.left.shape if fact.left.shape else fact.right.shape)
    left, right = (elements.of(side, _at(side, at)) for side in (fact.left, fact.right))
    if fact.relation == "==":
        return AreEqual(left, right)
    gap = left if right == NOTHING else Add((left, Mul((Number(Fraction(-1)), right))))
    return IsPositive(gap) if fact.relation == ">" else IsNonNegative(gap)


def facts(texts: Iterable[str], shapes: Mapping[str, Shape]) -> tuple[Fact, ...]:
    """What assume(...) would make of each text, for arrays of these shapes: ["eps > 0", "sum(Y, axis=1) == 1"]."""
    scope = Scope(frozenset())
    for name in dict.fromkeys(size for shape in shapes.values() for size in shape if isinstance(size, str)):
        scope.names[name] = Dimension(name)
    for name, shape in shapes.items():
        scope.names[name] = Declared(name, shape)
    return tuple(_fact(scope, Elements(), read_assumption(text, scope)) for text in texts)
