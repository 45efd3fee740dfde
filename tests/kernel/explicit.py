"""A second evaluation: every element written out, in 50 digits, by rules that share nothing with the kernel's."""

import random
from fractions import Fraction

import mpmath as mp

from derive.kernel.index import (
    Add,
    Apply,
    Delta,
    Determinant,
    Dim,
    Entry,
    Greatest,
    Index,
    InverseEntry,
    Largest,
    Mul,
    Number,
    Positive,
    Pow,
    ScalarFunction,
    Shifted,
    Sum,
)
from derive.kernel.walk import free_indices, nodes

SIZES = ((2, 3), (3, 2), (1, 1))            # of n and m
DIGITS = 50
LARGE = 5000
NEAR = mp.mpf(10) ** -25


class NotDefined(Exception):
    """No value here."""


def _sigmoid(u):
    return 1 / (1 + mp.exp(-u))


def _smooth(f, slope, bend):
    return {0: f, 1: slope, 2: bend}


FUNCTIONS = {
    "exp": _smooth(mp.exp, mp.exp, mp.exp),
    "sigmoid": _smooth(_sigmoid, lambda u: _sigmoid(u) * _sigmoid(-u),
                       lambda u: _sigmoid(u) * _sigmoid(-u) * (1 - 2 * _sigmoid(u))),
    "tanh": _smooth(mp.tanh, lambda u: 1 - mp.tanh(u) ** 2, lambda u: -2 * mp.tanh(u) * (1 - mp.tanh(u) ** 2)),
    "relu": _smooth(lambda u: max(u, 0), lambda u: int(u > 0), lambda u: 0),
    "leaky_relu": _smooth(lambda u: u if u > 0 else u / 100, lambda u: 1 if u > 0 else mp.mpf(1) / 100, lambda u: 0),
    "abs": _smooth(abs, mp.sign, lambda u: 0),
    "sign": _smooth(mp.sign, lambda u: 0, lambda u: 0),
    "softplus": _smooth(lambda u: mp.log(1 + mp.exp(u)), _sigmoid, lambda u: _sigmoid(u) * _sigmoid(-u)),
    "expm1": _smooth(lambda u: mp.exp(u) - 1, mp.exp, mp.exp),
    "cosh": _smooth(mp.cosh, mp.sinh, mp.cosh),
    "sin": _smooth(mp.sin, mp.cos, lambda u: -mp.sin(u)),
    "cos": _smooth(mp.cos, lambda u: -mp.sin(u), lambda u: -mp.cos(u)),
    "is_largest": _smooth(lambda u: int(u <= 0), lambda u: 0, lambda u: 0),
    "erf": _smooth(mp.erf, lambda u: 2 / mp.sqrt(mp.pi) * mp.exp(-u * u),
                   lambda u: -4 * u / mp.sqrt(mp.pi) * mp.exp(-u * u)),
    "elu": _smooth(lambda u: u if u > 0 else mp.exp(u) - 1, lambda u: 1 if u > 0 else mp.exp(u),
                   lambda u: 0 if u > 0 else mp.exp(u)),
    "silu": _smooth(lambda u: u * _sigmoid(u), lambda u: _sigmoid(u) * (1 + u * _sigmoid(-u)),
                    lambda u: _sigmoid(u) * _sigmoid(-u) * (2 + u * (1 - 2 * _sigmoid(u)))),
}  # fmt: skip


def draw(rng, n, m, kind):
    """Values of all arrays of the grammar that satisfy its facts."""
    def real():
        if kind == "ties":
            return mp.mpf(rng.choice((-1, 0, 0, 1)))
        return mp.mpf(2 * rng.randint(-10**5, 10**5) + 1) / 2 ** rng.choice((14, 15, 17))

    def above():
        return abs(real()) + mp.mpf(1) / 4

    def not_below():
        return max(real(), mp.mpf(0)) if kind == "ties" else abs(real())

    vectors = {"x": n, "y": n, "u": m, "z": 4, "one": 1, "l": n}
    out = {name: {(i,): real() for i in range(k)} for name, k in vectors.items()}
    out |= {name: {(): real()} for name in "cd"}
    shapes = {"A": (n, m), "B": (n, m), "S": (n, n), "k": (n, 1), "C": (2, m)}
    out |= {name: {(i, j): real() for i in range(a) for j in range(b)} for name, (a, b) in shapes.items()}
    out |= {"q": {(): above()}, "s": {(): not_below()}, "p": {(i,): above() for i in range(n)}}
    cells = [(i, j) for i in range(n) for j in range(m)]
    out["P"] = {at: above() for at in cells}
    out["V"] = {at: not_below() for at in cells}
    out["Y"] = {at: real() for at in cells}
    for i in range(n):
        out["Y"][i, 0] = 1 - sum(out["Y"][i, j] for j in range(1, m))
    hot = [rng.randrange(m) for _ in range(n)]
    out["H"] = {(i, j): mp.mpf(hot[i] == j) for i, j in cells}
    out["T"] = {(i, j): out["S"][min(i, j), max(i, j)] for i in range(n) for j in range(n)}
    out["h"] = {(i,): out["l"][i,] + above() for i in range(n)}
    return out


def divides_by_indicator(e):
    """1 / (... [u > 0] ...), 1 / relu(u), log'(relu(u))"""
    jumps = ("relu", "abs", "sign", "leaky_relu")
    below = e.base if isinstance(e, Pow) and e.exponent < 0 else None
    if isinstance(e, Apply) and e.function == "log" and e.order > 0:
        below = e.arg
    return below is not None and any(
        isinstance(n, Positive | Delta) or (isinstance(n, Apply) and n.function in jumps) for n in nodes((below,)))


class Explicit:
    """Values at one point; the generic function g is slope u + bend u^2 + sin(slope u) - 1, or 0 without a bend."""

    def __init__(self, n, m, arrays, slope, bend):
        self.dims, self.arrays, self.slope, self.bend = {"n": n, "m": m}, arrays, slope, bend
        self.free, self.known = {}, {}

    def position(self, p, env):
        if isinstance(p, Shifted):
            return env[p.index] + p.offset
        return env[p] if isinstance(p, Index) else p

    def span(self, size):
        return range(size if isinstance(size, int) else self.dims[size])

    def value(self, e, env):
        """The value of e with its free indices as in env; a shared node is evaluated once."""
        if id(e) not in self.free:
            free_indices(e, self.free)
        key = id(e), tuple((i.name, i.size, env[i]) for i in self.free[id(e)])
        if key not in self.known:
            try:
                self.known[key] = self.work(e, env)
            except (NotDefined, OverflowError, ZeroDivisionError):
                self.known[key] = NotDefined
        if self.known[key] is NotDefined:
            raise NotDefined
        return self.known[key]

    def work(self, e, env):
        """The value by the rule of its kind."""
        match e:
            case Number(v):
                return mp.mpf(v.numerator) / v.denominator
            case Dim(name):
                return mp.mpf(self.dims[name])
            case Entry(name, at):
                where = tuple(self.position(p, env) for p in at)
                if where not in self.arrays[name]:
                    raise NotDefined
                return self.arrays[name][where]
            case Delta(a, b):
                return int(self.position(a, env) == self.position(b, env))
            case Add(terms):
                return sum((self.value(t, env) for t in terms), mp.mpf(0))
            case Mul(factors):
                return self.product(factors, env)
            case Pow(base, exponent):
                return self.power(self.value(base, env), exponent)
            case Sum(i, body):
                return sum((self.value(body, env | {i: k}) for k in self.span(i.size)), mp.mpf(0))
            case Largest(i, body):
                return max(self.value(body, env | {i: k}) for k in self.span(i.size))
            case Greatest(terms):
                return max(self.value(t, env) for t in terms)
            case Positive(arg):
                return int(self.sure(self.value(arg, env)) > 0)
            case Apply("is_largest", 0, Add((most, _)) as gap):
                values = self.elements(most, env)
                if sum(max(values) - v < NEAR for v in values) > 1:
                    raise NotDefined
                return int(self.value(gap, env) < NEAR)
            case Apply(f, order, arg):
                return self.apply(f, order, self.value(arg, env))
            case InverseEntry(matrix, row, column):
                return _inverse(self.matrix(matrix, env), self.position(row, env), self.position(column, env))
            case Determinant(matrix):
                return _determinant(self.matrix(matrix, env))
            case ScalarFunction():
                return self.loss(e, env)
        raise AssertionError(e)

    def elements(self, most, env):
        """What a maximum runs over."""
        if isinstance(most, Greatest):
            return [self.value(t, env) for t in most.terms]
        return [self.value(most.body, env | {most.index: k}) for k in self.span(most.index.size)]

    def sure(self, u):
        """u, unless it is so near a jump that 50 digits may not say on which side."""
        if u != 0 and abs(u) < NEAR:
            raise NotDefined
        return u

    def product(self, factors, env):
        guards = [f for f in factors if isinstance(f, Positive | Delta)]
        if any(self.value(f, env) == 0 for f in guards):
            for f in factors:
                if divides_by_indicator(f):         # [x > 0] / relu(x) is 0 / 0, and no guard saves it
                    self.value(f, env)
            return 0
        out = mp.mpf(1)
        for f in factors:
            out *= self.value(f, env)
        return out

    def power(self, base, exponent):
        if (exponent < 0 and abs(base) < NEAR) or (exponent.denominator != 1 and base < 0):
            raise NotDefined
        if exponent.denominator == 1:
            return base ** int(exponent)
        return mp.power(base, mp.mpf(exponent.numerator) / exponent.denominator) if base else mp.mpf(0)

    def apply(self, f, order, u):
        if f == "log":
            if order == 0 and u <= NEAR:
                raise NotDefined
            if order == 0:
                return mp.log(u)
            return self.power(u, Fraction(-order)) * (-1) ** (order - 1) * mp.fac(order - 1)
        if f == "pi":
            return +mp.pi
        if f == "g":
            if self.bend is None:
                return mp.mpf(0)
            s, b = self.slope, self.bend
            polynomial = {0: s * u + b * u * u - 1, 1: s + 2 * b * u, 2: 2 * b}.get(order, 0)
            return polynomial + s ** order * mp.sin(s * u + order * mp.pi / 2)
        if order > 2 or (abs(u) > LARGE and f not in ("relu", "abs", "sign", "leaky_relu", "is_largest")):
            raise NotDefined
        return FUNCTIONS[f][order](self.sure(u))

    def matrix(self, array, env):
        a, b = array.indices
        return [[self.value(array.body, env | {a: i, b: j}) for j in self.span(b.size)] for i in self.span(a.size)]

    def loss(self, e, env):
        """f = cos(s) + s^2 with s = sum of weights times elements; weights differ everywhere"""
        total = mp.mpf(0)
        for k, array in enumerate(e.arguments):
            for number, at in enumerate(_cells([self.span(i.size) for i in array.indices])):
                total += mp.mpf(3 + 7 * k + number) / 16 * self.value(array.body, env | dict(zip(array.indices, at,
                                                                                            strict=True)))
        out = mp.cos(total + len(e.by) * mp.pi / 2) + {0: total ** 2, 1: 2 * total, 2: mp.mpf(2)}.get(len(e.by), 0)
        for k, at in e.by:
            spans = [self.span(i.size) for i in e.arguments[k].indices]
            here = tuple(self.position(p, env) for p in at)
            if here not in (cells := _cells(spans)):
                raise NotDefined
            out *= mp.mpf(3 + 7 * k + cells.index(here)) / 16
        return out


def _determinant(rows):
    """Along the first row."""
    if not rows:
        return mp.mpf(1)
    return sum((-1) ** j * rows[0][j] * _determinant(_without(rows, 0, j)) for j in range(len(rows)))


def _without(rows, i, j):
    return [row[:j] + row[j + 1:] for k, row in enumerate(rows) if k != i]


def _inverse(rows, i, j):
    """The cofactor of (j, i) over the determinant."""
    whole = _determinant(rows)
    if abs(whole) < NEAR:
        raise NotDefined
    return (-1) ** (i + j) * _determinant(_without(rows, j, i)) / whole


def _cells(spans):
    out = [()]
    for span in spans:
        out = [(*at, k) for at in out for k in span]
    return out


def differ(left, right, free, seed, draws=2):
    """(sizes, indices, left, right) where both sides are defined and differ, or None; and at how many points."""
    compared = 0
    for n, m in SIZES:
        for kind in ("any", "ties")[:draws]:
            values = _sides(left, right, free, (n, m), kind, f"{seed} {n} {m} {kind}", DIGITS)
            compared += values is not None
            if _gap(values) is not None:
                again = _sides(left, right, free, (n, m), kind, f"{seed} {n} {m} {kind}", 100 * DIGITS)
                if (found := _gap(again)) is not None:
                    return ((n, m), kind, *found), compared
    return None, compared


def _sides(left, right, free, sizes, kind, seed, digits):
    """Element -> both values, at one point; None where an element is not defined."""
    rng = random.Random(seed)
    with mp.workdps(digits):
        arrays = draw(rng, *sizes, kind)
        slope, bend = (mp.mpf(rng.randint(-9, 9)) / k for k in (4, 8))
        point = Explicit(*sizes, arrays, slope, bend if rng.random() < 0.7 else None)
        try:
            cells = _cells([point.span(i.size) for i in free])
            envs = {at: dict(zip(free, at, strict=True)) for at in cells}
            return {at: (point.value(left, env), point.value(right, env)) for at, env in envs.items()}
        except NotDefined:
            return None


def _gap(values):
    for at, (a, b) in (values or {}).items():
        if abs(a - b) > NEAR * (1 + abs(a)):
            return at, a, b
    return None
