"""Exact evaluation of an index expression at a point: rationals, and balls where a value is transcendental.

Every node becomes the table of its values over its free indices, bottom up.  A ball (flint.arb) certainly
contains the value; what cannot be decided with balls raises `Ambiguous`, what is not defined raises `Undefined`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from itertools import product
from typing import Any

import flint
from flint import arb, fmpq

from ..errors import DeriveError, UnknownNode
from .index import (
    Add,
    Apply,
    Array,
    Delta,
    Determinant,
    Dim,
    Entry,
    Expr,
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
from .partial import define
from .walk import bound, children, fold, free_indices, nodes, with_children

Value = Any                                         # fmpq or arb
Table = tuple[tuple[Index, ...], dict[tuple[int, ...], Value]]
LIMIT = 200_000                                     # table entries in one evaluation


class Undefined(DeriveError):
    """A value that the reals do not have: 1/0, log 0, an element outside its array."""


class Ambiguous(DeriveError):
    """A ball too wide to decide a sign."""


class TooLarge(DeriveError):
    """More table entries than the budget allows."""


@dataclass(frozen=True)
class Point:
    """Concrete dimensions, arrays and functions; g is the polynomial sum_k c_k x^k."""

    dims: Mapping[str, int]
    arrays: Mapping[str, Mapping[tuple[int, ...], fmpq]]
    functions: Mapping[str, tuple[fmpq, ...]] = field(default_factory=dict)

    def size(self, s: int | str) -> int:
        """A size as an integer."""
        return s if isinstance(s, int) else self.dims[s]


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Balls of so many bits inside the block."""
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


class Plan:
    """Expressions made ready to be evaluated at many points: functions by definition, nodes in order, free indices."""

    def __init__(self) -> None:
        self.defined: dict[int, Expr] = {}
        self.free: dict[int, frozenset[Index]] = {}
        self.order: dict[int, tuple[Index, ...]] = {}
        self.ready: dict[int, tuple[Expr, list[Expr]]] = {}
        self.alive: list[Expr] = []

    def of(self, e: Expr) -> tuple[Expr, list[Expr]]:
        """The expression by definitions, and its nodes, children first."""
        if id(e) not in self.ready:
            self.alive.append(e)
            root = fold(e, _by_definition, self.defined)
            free_indices(root, self.free)
            below = nodes((root,))
            for node in below:
                if id(node) not in self.order:
                    self.order[id(node)] = tuple(sorted(self.free[id(node)], key=lambda i: (i.name, str(i.size))))
            self.ready[id(e)] = root, below
        return self.ready[id(e)]


def _by_definition(e: Expr, below: tuple[Expr, ...]) -> Expr:
    node = with_children(e, below)
    if isinstance(node, Apply):
        return define(node.function, node.order, node.arg) or node
    return node


def evaluate(e: Expr, point: Point, limit: int = LIMIT) -> Table:
    """The values of e over its free indices, which are sorted by name."""
    return Evaluation(point, limit).table(e)


class Evaluation:
    """Tables of values at one point; shared nodes are evaluated once, and a plan may serve many points."""

    def __init__(self, point: Point, limit: int = LIMIT, plan: Plan | None = None) -> None:
        self.plan = plan or Plan()
        self.point = point
        self.left = limit
        self.tables: dict[int, Table] = {}

    def expand(self, e: Expr) -> Expr:
        """e with every function by its definition; what expressions share stays shared."""
        return self.plan.of(e)[0]

    def table(self, e: Expr) -> Table:
        """The table of e."""
        root, below = self.plan.of(e)
        for node in below:
            if id(node) not in self.tables:
                self.tables[id(node)] = self.node(node)
        return self.tables[id(root)]

    def node(self, e: Expr) -> Table:
        """The table of a node whose children have theirs."""
        order = self.plan.order[id(e)]
        ranges = [range(self.point.size(i.size)) for i in order]
        below = [self.tables[id(c)] for c in children(e)]
        inner = [tuple(i for i in bound(e, k)) for k in range(len(below))]
        cost = reduce(lambda a, r: a * len(r), ranges, 1)
        cost *= 1 + sum(reduce(lambda a, i: a * self.point.size(i.size), b, 1) for b in inner)
        self.left -= cost
        if self.left < 0:
            raise TooLarge("evaluation needs more than the budget allows")
        values = {}
        for at in product(*ranges):
            env = dict(zip(order, at, strict=True))
            values[at] = self.value(e, env, below)
        return order, values

    def value(self, e: Expr, env: dict[Index, int], below: list[Table]) -> Value:
        """The value of a node at given indices."""

        def child(k: int = 0, **_: int) -> Value:
            order, table = below[k]
            return table[tuple(env[i] for i in order)]

        match e:
            case Number(v):
                return fmpq(v.numerator, v.denominator)
            case Dim(name):
                return fmpq(self.point.dims[name])
            case Entry(array, at):
                where = tuple(self.position(p, env) for p in at)
                try:
                    return self.point.arrays[array][where]
                except KeyError:
                    raise Undefined(f"{array} has no element {where}") from None
            case Delta(left, right):
                return fmpq(int(self.position(left, env) == self.position(right, env)))
            case Add(terms):
                return reduce(_add, (child(k) for k in range(len(terms))), fmpq(0))
            case Mul(factors):
                return reduce(_mul, (child(k) for k in range(len(factors))), fmpq(1))
            case Pow(_, exponent):
                return raised(child(), exponent)
            case Sum(index, _):
                return reduce(_add, self.over((index,), env, below[0]), fmpq(0))
            case Largest(index, _):
                return reduce(_larger, self.over((index,), env, below[0]))
            case Positive():
                return fmpq(1 if sign(child()) > 0 else 0)
            case Apply(f, order, _):
                return self.apply(f, order, child())
            case ScalarFunction(f, arguments, by):
                tables = [self.over(a.indices, env, below[k]) for k, a in enumerate(arguments)]
                at_by = [(k, self.flat(arguments[k], at, env)) for k, at in by]
                return _scalar_function(self.point.functions.get(f, (fmpq(1),) * 4), tables, at_by)
            case InverseEntry(matrix, row, column):
                rows, n = self.matrix(matrix, env, below[0])
                i, j = self.position(row, env), self.position(column, env)
                if not (0 <= i < n and 0 <= j < n):
                    raise Undefined("an element outside an inverse")
                try:
                    return rows.inv()[i, j]
                except ZeroDivisionError:
                    raise _singular(rows) from None
            case Determinant(matrix):
                return self.matrix(matrix, env, below[0])[0].det()
        raise UnknownNode("evaluate", e)

    def position(self, p: Position, env: dict[Index, int]) -> int:
        """A position as an integer."""
        match p:
            case Index():
                return env[p]
            case Shifted(index, offset):
                return env[index] + offset
        return p

    def over(self, indices: tuple[Index, ...], env: dict[Index, int], table: Table) -> list[Value]:
        """The values of a body over the indices it is bound by, first index outermost."""
        order, values = table
        out = []
        for at in product(*(range(self.point.size(i.size)) for i in indices)):
            inner = env | dict(zip(indices, at, strict=True))
            out.append(values[tuple(inner[i] for i in order)])
        return out

    def flat(self, argument: Array, at: tuple[Position, ...], env: dict[Index, int]) -> int:
        """The number of an element among the elements of an array."""
        out = 0
        for p, i in zip(at, argument.indices, strict=True):
            out = out * self.point.size(i.size) + self.position(p, env)
        return out

    def matrix(self, matrix: Array, env: dict[Index, int], table: Table) -> tuple[Any, int]:
        """The body as a flint matrix."""
        n, k = (self.point.size(i.size) for i in matrix.indices)
        if n != k:
            raise Undefined("an inverse or determinant of a matrix that is not square")
        entries = self.over(matrix.indices, env, table)
        if all(isinstance(v, fmpq) for v in entries):
            return flint.fmpq_mat(n, n, entries), n
        return flint.arb_mat(n, n, [arb(v) for v in entries]), n

    def apply(self, f: str, order: int, u: Value) -> Value:
        """A primitive or a generic function."""
        if f == "exp" and order == 0:
            return fmpq(1) if _is_zero(u) else arb(u).exp()
        if f == "log" and order == 0:
            if sign(u) <= 0:
                raise Undefined("log of a number that is not positive")
            return fmpq(0) if isinstance(u, fmpq) and u == 1 else arb(u).log()
        if f == "erf" and order == 0:
            return fmpq(0) if _is_zero(u) else arb(u).erf()
        if f == "pi" and order == 0:
            return arb.pi()
        if f not in self.point.functions:
            raise UnknownNode("evaluate", Apply(f, order, Number(Fraction(0))))
        return _polynomial(self.point.functions[f], order, u)


def _is_zero(u: Value) -> bool:
    return isinstance(u, fmpq) and u == 0


def _add(a: Value, b: Value) -> Value:
    return a + b if type(a) is type(b) else arb(a) + arb(b)


def _mul(a: Value, b: Value) -> Value:
    if _is_zero(a) or _is_zero(b):
        return fmpq(0)
    return a * b if type(a) is type(b) else arb(a) * arb(b)


def _larger(a: Value, b: Value) -> Value:
    if isinstance(a, fmpq) and isinstance(b, fmpq):
        return a if a > b else b
    return arb(a).max(arb(b))


def sign(u: Value) -> int:
    """-1, 0 or 1; Ambiguous if a ball leaves it open."""
    if u > 0:
        return 1
    if u < 0:
        return -1
    if isinstance(u, fmpq) or u.is_zero():
        return 0
    raise Ambiguous("the sign of a ball")


def raised(base: Value, exponent: Fraction) -> Value:
    """base ** exponent; a root needs base >= 0, a negative exponent base != 0."""
    if exponent == 0:
        return fmpq(1)
    if exponent < 0 and sign(base) == 0:
        raise Undefined("division by zero")
    if exponent.denominator == 1:
        return base ** int(exponent)
    if sign(base) < 0:
        raise Undefined("a root of a negative number")
    if sign(base) == 0:
        return fmpq(0)
    if isinstance(base, fmpq):
        exact = _exact_root(base, exponent.denominator)
        if exact is not None:
            return exact ** exponent.numerator
    if exponent.denominator == 2:
        return arb(base).sqrt() ** exponent.numerator
    return arb(base) ** (arb(exponent.numerator) / arb(exponent.denominator))


def _exact_root(u: fmpq, q: int) -> fmpq | None:
    """The rational q-th root of u > 0, if there is one."""
    top, bottom = flint.fmpz(u.p).root(q), flint.fmpz(u.q).root(q)
    return fmpq(top, bottom) if top ** q == u.p and bottom ** q == u.q else None


def _singular(rows: Any) -> DeriveError:
    if isinstance(rows, flint.fmpq_mat):
        return Undefined("the inverse of a singular matrix")
    return Ambiguous("the inverse of a matrix of balls")


def _polynomial(c: tuple[fmpq, ...], order: int, u: Value) -> Value:
    """d^order/du^order of sum_k c_k u^k"""
    for _ in range(order):
        c = tuple(k * ck for k, ck in enumerate(c))[1:]
    out: Value = fmpq(0)
    for ck in reversed(c):
        out = _add(_mul(out, u), ck)
    return out


def _scalar_function(c: tuple[fmpq, ...], tables: list[list[Value]], by: list[tuple[int, int]]) -> Value:
    """f = q(s) + sum v_k a_k^2,  s = sum w_k a_k,  q(s) = sum c_k s^k, or its partial derivatives."""

    def w(k: int, i: int) -> fmpq:
        return fmpq(1 + (2 * i + 3 * k) % 5, 2)

    def v(k: int, i: int) -> fmpq:
        return fmpq(1 + (i + k) % 3, 3)

    s = reduce(_add, (_mul(w(k, i), a) for k, t in enumerate(tables) for i, a in enumerate(t)), fmpq(0))
    out = _polynomial(c, len(by), s)
    for k, i in by:
        out = _mul(out, w(k, i))
    if not by:
        squares = (_mul(v(k, i), _mul(a, a)) for k, t in enumerate(tables) for i, a in enumerate(t))
        return reduce(_add, squares, out)
    if len(by) == 1:
        k, i = by[0]
        return _add(out, _mul(2 * v(k, i), tables[k][i]))
    if len(by) == 2 and by[0] == by[1]:
        return _add(out, 2 * v(*by[0]))
    return out
