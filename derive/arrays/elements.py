"""The elements of an array as index expressions.

    (A @ B)[i, j]  =  Sum(k, Mul(A[i, k], B[k, j]))

Every node binds indices of its own, named after the node, so that the same node at the same position gives the same
expression, and no index is ever captured: what stands below a node cannot contain the node.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from fractions import Fraction

from ..errors import DeriveError, UnknownNode
from ..kernel.index import (
    Add,
    Apply,
    Array,
    Delta,
    Determinant,
    Dim,
    Entry,
    Expr,
    Greatest,
    Index,
    InverseEntry,
    Largest,
    Mul,
    Number,
    Position,
    Positive,
    Pow,
    ScalarFunction,
    Shifted,
    Sum,
)
from ..kernel.partial import partial
from .rewriting import entries, substituted, weight
from .shapes import Shape
from .values import (
    Along,
    Constant,
    Declared,
    Derivative,
    DeterminantOf,
    Dimension,
    Elementwise,
    Generic,
    Inverted,
    IsAbove,
    IsNotBelow,
    Mapped,
    MaximumOf,
    Named,
    Picked,
    Plus,
    Power,
    Reduced,
    Source,
    Times,
    Unit,
    Value,
    View,
    in_order,
)

At = tuple[Position, ...]
Asking = Generator[tuple[Value, At], Expr, Expr]
MOST_ELEMENTS = 50_000
HEAVIEST = 200_000  # nodes of an expression that is differentiated or decided

ONE, MINUS_ONE = Number(Fraction(1)), Number(Fraction(-1))


class TooLarge(DeriveError):
    """An expression that has more parts than anybody wants to wait for."""


def checked_weight(expr: Expr) -> Expr:
    """The expression, unless it is too large to work with."""
    if weight(expr) > HEAVIEST:
        raise TooLarge(f"written out, the expression has more than {HEAVIEST:,} parts")
    return expr


class Elements:
    """Element expressions of the values of one claim, each worked out once.

    A value with a name is an entry of an array of that name wherever it is used; `of` itself looks below it.
    """

    def __init__(self, names: Mapping[Value, str] | None = None) -> None:
        self._names = names or {}
        self._known: dict[tuple[Value, At], Expr] = {}
        self._numbers: dict[Value, int] = {}

    def of(self, value: Value, at: At) -> Expr:
        """The element of a value at a position, without recursion: definitions may be thousands deep."""
        wanted = (value, _at_ones(value.shape, at))
        stack: list[tuple[tuple[Value, At], Asking]] = [(wanted, self._work(*wanted))]
        answer: Expr | None = None
        while stack:
            key, work = stack[-1]
            try:
                child, place = work.send(answer)  # type: ignore[arg-type]
            except StopIteration as done:
                self._remember(key, done.value)
                answer = done.value
                stack.pop()
                continue
            asked = (child, _at_ones(child.shape, place))
            if child in self._names:
                answer = Entry(self._names[child], asked[1])
                continue
            answer = self._known.get(asked)
            if answer is None:
                stack.append((asked, self._work(*asked)))
        return self._known[wanted]

    def _remember(self, key: tuple[Value, At], expr: Expr) -> None:
        self._known[key] = expr
        if len(self._known) > MOST_ELEMENTS:
            raise TooLarge(f"the definitions lead to more than {MOST_ELEMENTS:,} different elements")

    def indices(self, value: Value, shape: Shape) -> At:
        """Indices that belong to a node; position 0 on an axis of size 1."""
        number = self._numbers.setdefault(value, len(self._numbers) + 1)
        return tuple(0 if size == 1 else Index(f"k{number}.{axis}", size) for axis, size in enumerate(shape))

    def array(self, owner: Value, value: Value) -> Generator[tuple[Value, At], Expr, Array]:
        """A whole array, as the argument of what is not elementwise; all its axes are kept."""
        at, number = self.indices(owner, value.shape), self._numbers[owner]
        kept = tuple(p if isinstance(p, Index) else Index(f"k{number}.{axis}", 1) for axis, p in enumerate(at))
        return Array(kept, (yield value, at))

    def _work(self, value: Value, at: At) -> Asking:
        """One case for each kind of node; what is yielded is asked for, and comes back as its element."""
        match value:
            case Declared(name):
                return Entry(name, at)
            case Named(_, child):
                return (yield child, at)
            case Constant(number):
                return Number(number)
            case Dimension(name):
                return Dim(name)
            case View(child, _, sources):
                return (yield child, tuple(_source(source, at) for source in sources))
            case Elementwise(all_children):
                parts = []
                for child in all_children:
                    parts.append((yield child, at[len(at) - len(child.shape) :]))
                return _elementwise(value, tuple(parts))
            case Reduced(child, axes, largest):
                return (yield from self._reduced(value, child, axes, largest, at))
            case Picked(child, hot, rows):
                k = self.indices(value, child.shape)[-1]
                chosen = yield hot, (*(at[row] for row in rows), k)
                body = Mul((chosen, (yield child, (*at, k))))
                return Sum(k, body) if isinstance(k, Index) else body
            case Unit():
                return ONE if at == (0, 0) else Delta(*at)
            case Generic(function, all_children):
                arrays = []
                for child in all_children:
                    arrays.append((yield from self.array(value, child)))
                return ScalarFunction(function, tuple(arrays))
            case Inverted(child):
                return InverseEntry((yield from self.array(value, child)), *at)
            case DeterminantOf(child):
                return Determinant((yield from self.array(value, child)))
            case Derivative(body, variable, definition):
                return (yield from self._derivative(body, variable, definition, at))
        raise UnknownNode("the claims reader", value)

    def _reduced(self, value: Value, child: Value, axes: tuple[int, ...], largest: bool, at: At) -> Asking:
        """sum_k or max_k: the bound indices are put in at the axes that disappear."""
        rest, own = iter(at), self.indices(value, child.shape)
        full = tuple(own[axis] if axis in axes else next(rest) for axis in range(len(child.shape)))
        body = yield child, full
        for axis in axes:
            bound = own[axis]
            if isinstance(bound, Index):
                body = Largest(bound, body) if largest else Sum(bound, body)
        return body

    def domains(self, values: Iterable[Value]) -> tuple[Expr, ...]:
        """What is differentiated anywhere in values, at indices of its own: where a derivative is taken."""
        slopes = dict.fromkeys(n for n in in_order(*values) if isinstance(n, Derivative))
        found = [self.of(slope.body, self.indices(slope, slope.body.shape)) for slope in slopes]
        for slope in [s for s in slopes if s.at is not None for _ in slopes]:  # variables put in, by their definitions
            found = [self._put_back(slope, checked_weight(e)) for e in found]
        return tuple(found)

    def _put_back(self, slope: Derivative, expr: Expr) -> Expr:
        definition = slope.at
        assert definition is not None
        return substituted(expr, slope.variable.name, lambda entry: self.of(definition, entry.at))

    def _derivative(self, body: Value, variable: Declared, definition: Value | None, at: At) -> Asking:
        """d body[q] / d variable[p], with the variable's definition put back in."""
        split = len(variable.shape)
        inner = checked_weight((yield body, at[split:]))
        slope = partial(inner, variable.name, at[:split])
        if definition is None:
            return slope
        meaning: dict[At, Expr] = {}
        for entry in entries(slope, variable.name):
            if entry.at not in meaning:
                meaning[entry.at] = yield definition, entry.at
        return substituted(slope, variable.name, lambda entry: meaning[entry.at])


def _at_ones(shape: Shape, at: At) -> At:
    """An axis of size 1 has one position: 0."""
    return tuple(0 if size == 1 else position for size, position in zip(shape, at, strict=True))


def _source(source: Source, at: At) -> Position:
    """Where an axis of the child is read."""
    if not isinstance(source, Along):
        return source
    match at[source.axis]:
        case int(number):
            return number + source.offset
        case Shifted(index, offset):
            return Shifted(index, offset + source.offset) if offset + source.offset else index
        case index:
            return Shifted(index, source.offset) if source.offset else index


def _elementwise(value: Elementwise, parts: tuple[Expr, ...]) -> Expr:
    """The operation on the elements."""
    match value:
        case Plus():
            return Add(parts)
        case Times():
            return Mul(parts)
        case MaximumOf():
            return Greatest(parts)
        case Power(_, exponent):
            return Pow(parts[0], exponent)
        case Mapped(_, function, order):
            return Apply(function, order, parts[0])
        case IsAbove():
            return Positive(parts[0])
        case IsNotBelow():
            return Add((ONE, Mul((MINUS_ONE, Positive(Mul((MINUS_ONE, parts[0])))))))
    raise UnknownNode("the claims reader", value)
