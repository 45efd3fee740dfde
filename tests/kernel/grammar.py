"""Random index expressions over a fixed set of arrays, facts and functions.

They hold what traps a normal form: indices that coincide, axes of size 1 and of known size, shifted positions, guards,
logarithms and roots of products, maxima, inverses and determinants, generic functions and losses, derivatives.
"""

from fractions import Fraction

from derive.kernel.claim import AreEqual, Claim, IsNonNegative, IsOneHot, IsPositive
from derive.kernel.elementary import ONE, add, exp, log, maximum, minimum, minus, mul, negative, number, power, where
from derive.kernel.index import (
    Apply,
    Array,
    Delta,
    Determinant,
    Dim,
    Entry,
    Greatest,
    Index,
    InverseEntry,
    Largest,
    Positive,
    ScalarFunction,
    Shifted,
    Sum,
)
from derive.kernel.partial import partial

ARRAYS = {
    "x": ("n",), "y": ("n",), "u": ("m",), "A": ("n", "m"), "B": ("n", "m"), "S": ("n", "n"), "c": (), "d": (),
    "one": (1,), "k": ("n", 1), "z": (4,), "C": (2, "m"),
    "q": (), "P": ("n", "m"), "p": ("n",),              # positive
    "s": (), "V": ("n", "m"),                           # not negative
    "Y": ("n", "m"),                                    # its rows sum to 1
    "T": ("n", "n"),                                    # symmetric
    "h": ("n",), "l": ("n",),                           # h_i > l_i
    "H": ("n", "m"),                                    # one 1 in each row, else 0
}  # fmt: skip
I, J = Index("i", "n"), Index("j", "n")
FREE = (I, J)
_a, _b, _t = Index("a", "n"), Index("b", "n"), Index("t", "m")


def vector(name, at):
    """An element of an array with one axis."""
    return Entry(name, (at,))


FACTS = (
    IsPositive(Entry("q", ())),
    IsPositive(Entry("P", (_a, _t))),
    IsPositive(vector("p", _a)),
    IsNonNegative(Entry("s", ())),
    IsNonNegative(Entry("V", (_a, _t))),
    AreEqual(Sum(_t, Entry("Y", (_a, _t))), ONE),
    AreEqual(Entry("T", (_a, _b)), Entry("T", (_b, _a))),
    IsPositive(minus(vector("h", _a), vector("l", _a))),
    IsOneHot(Entry("H", (_a, _t))),
)
GENERIC = ("g",)
FUNCTIONS = ("exp", "sigmoid", "tanh", "relu", "abs", "softplus", "sign", "g", "g", "leaky_relu", "silu", "erf", "elu",
             "expm1", "cosh", "sin", "cos")  # fmt: skip


def claim(left, right):
    """A claim over the arrays of the grammar."""
    return Claim(left, right, FREE, ARRAYS, ("n", "m"), GENERIC, FACTS)


class Grammar:
    """Expressions by size; `rng` decides everything."""

    def __init__(self, rng):
        self.rng = rng
        self.bound = 0

    def index(self, size):
        """A new index."""
        self.bound += 1
        return Index(f"s{self.bound}", size)

    def position(self, size, scope):
        """An index in scope, often the same one again; sometimes a number, sometimes a shifted index."""
        fits = [i for i in scope if i.size == size]
        if isinstance(size, int):
            shifts = [
                Shifted(i, k)
                for i in scope
                if isinstance(i.size, int) and i.size < size
                for k in range(1, size - i.size + 1)
            ]
            return self.rng.choice([*fits, *shifts, *shifts, self.rng.randrange(size)]) if size > 1 else 0
        return 0 if not fits or self.rng.random() < 0.05 else self.rng.choice(fits)

    def entry(self, name, scope):
        """An element of an array."""
        return Entry(name, tuple(self.position(s, scope) for s in ARRAYS[name]))

    def leaf(self, scope):
        """An element, a number, a dimension or a delta."""
        roll = self.rng.random()
        if roll < 0.1:
            return number(Fraction(self.rng.choice((-2, -1, 0, 1, 2, 3)), self.rng.choice((1, 1, 2, 3))))
        if roll < 0.14:
            return Dim(self.rng.choice("nm"))
        if roll < 0.18:
            return self.delta(scope)
        return self.entry(self.rng.choice([*ARRAYS, "x", "x", "y", "A", "A"]), scope)

    def delta(self, scope):
        """A delta of two positions, which need not have the same range."""
        size = self.rng.choice([i.size for i in scope])
        if self.rng.random() < 0.5:
            return Delta(self.position(size, scope), self.position(size, scope))
        places = [*scope, *(Shifted(i, k) for i in scope for k in (1, -1)), 0, 1, 2]
        return Delta(self.rng.choice(places), self.rng.choice(places))

    def any(self, size=None):
        """An expression over the free indices; sometimes a derivative."""
        size = size or self.rng.choice((2, 3, 4, 5, 6, 7, 8, 9, 11, 13))
        e = self.expression(size)
        roll = self.rng.random()
        if roll < 0.08:
            return partial(e, "x", (self.rng.choice(FREE),))
        if roll < 0.12:
            return partial(e, self.rng.choice("AS"), (I, J if roll < 0.1 else self.rng.choice((I, 0))))
        return e

    def expression(self, size, scope=FREE):
        """An expression of about `size` nodes over the indices in scope."""
        if size <= 1:
            return self.leaf(scope)
        kinds, weights = zip(*KINDS, strict=True)
        return self.rng.choices(kinds, weights)[0](self, size, scope)

    def parts(self, size, scope):
        """Two expressions that share a size."""
        cut = self.rng.randint(1, max(1, size - 1))
        return self.expression(cut, scope), self.expression(max(1, size - cut), scope)

    def nonnegative(self, size, scope):
        """Something to take a root of: often not negative, sometimes a product, sometimes anything."""
        e = self.expression(size, scope)
        return self.rng.choice((
            power(e, 2), exp(e), Apply("abs", 0, e), add(power(e, 2), Entry("q", ())), e, mul(e, self.leaf(scope)),
            mul(power(e, 2), self.leaf(scope)), mul(self.entry("P", scope), power(e, 2)), self.entry("V", scope),
            add(minus(self.entry("h", scope), self.entry("l", scope)), Apply("relu", 0, e)),
        ))  # fmt: skip

    def indicator(self, size, scope):
        """A condition; sometimes one of two conditions, or its opposite."""
        e = Positive(self.expression(size, scope))
        return self.rng.choice((e, e, minus(ONE, e), mul(e, Positive(self.leaf(scope)))))

    def array(self, sizes, size, scope):
        """A whole array given by its elements."""
        indices = tuple(self.index(s) for s in sizes)
        body = self.expression(size, (*indices, *scope) if self.rng.random() < 0.4 else indices)
        return Array(indices, body)

    def matrix(self, scope):
        """A square matrix, often one that can be inverted."""
        a, b = self.index("n"), self.index("n")
        t = self.index("m")
        gram = Sum(t, mul(Entry("A", (a, t)), Entry("A", (b, t))))
        delta = Delta(a, b)
        body = self.rng.choice((
            Entry("S", (a, b)), Entry("S", (b, a)), Entry("T", (a, b)),
            add(Entry("S", (a, b)), mul(Entry("q", ()), delta)),
            add(gram, delta), add(mul(vector("x", a), vector("x", b)), delta), mul(vector("p", a), delta),
            mul(vector("p", a), Entry("S", (a, b))), self.expression(2, (a, b, *scope)),
        ))  # fmt: skip
        return Array((a, b), body)


# ---- the kinds of nodes: function of (grammar, size, scope), and how often

def _sum(g, size, scope):
    i = g.index(g.rng.choice(("n", "n", "m", "m", 2, 3)))
    return Sum(i, g.expression(size - 1, (*scope, i, i)))


def _largest(g, size, scope):
    i = g.index(g.rng.choice(("n", "m", 2)))
    return Largest(i, g.expression(size - 1, (*scope, i, i)))


def _greatest(g, size, scope):
    return Greatest((*g.parts(size - 1, scope), g.leaf(scope)))


def _apply(g, size, scope):
    return Apply(g.rng.choice(FUNCTIONS), g.rng.choice((0, 0, 0, 0, 1, 1, 2)), g.expression(size - 1, scope))


def _choice(g, size, scope):
    return where(g.indicator(1, scope), g.expression(size - 2, scope), g.expression(max(1, size // 3), scope))


def _extreme(g, size, scope):
    return g.rng.choice((maximum, minimum))(g.expression(size - 1, scope), g.expression(max(1, size // 3), scope))


def _guarded(g, size, scope):
    u = g.expression(max(1, size - 2), scope)
    return mul(Positive(u), g.rng.choice((log(u), power(u, Fraction(1, 2)), power(u, -1), power(u, Fraction(-1, 2)))))


def _scalar(g, size, scope):
    first, second = g.array(("n",), max(1, size - 2), scope), g.array(("n", "m"), 1, scope)
    spots = ((), ((0, (g.position("n", scope),)),), ((1, (g.position("n", scope), g.position("m", scope))),))
    return ScalarFunction("f", (first, second), g.rng.choice(spots))


KINDS = (
    (lambda g, size, scope: add(*g.parts(size - 1, scope)), 22),
    (lambda g, size, scope: mul(*g.parts(size - 1, scope)), 24),
    (_sum, 14),
    (_largest, 3),
    (_greatest, 1),
    (_apply, 16),
    (lambda g, size, scope: g.indicator(size - 1, scope), 5),
    (_choice, 2),
    (_extreme, 3),
    (lambda g, size, scope: power(g.expression(size - 1, scope), g.rng.choice((2, 3, -1, -1, -2))), 5),
    (lambda g, size, scope: power(g.nonnegative(size - 1, scope), Fraction(g.rng.choice((1, -1, 3)), 2)), 4),
    (lambda g, size, scope: log(g.nonnegative(size - 1, scope)), 3),
    (_guarded, 2),
    (_scalar, 1),
    (lambda g, size, scope: InverseEntry(g.matrix(scope), g.position("n", scope), g.position("n", scope)), 3),
    (lambda g, size, scope: Determinant(g.matrix(scope)), 2),
    (lambda g, size, scope: negative(g.expression(size - 1, scope)), 1),
)
