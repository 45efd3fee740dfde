"""Faults: changes that may change the value.  name -> (what it fits, the new node)."""

from fractions import Fraction

from derive.kernel.elementary import ONE, add, divide, exp, log, maximum, minimum, minus, mul, negative, number, power
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
from derive.kernel.walk import positions, substitute

from .grammar import ARRAYS, FREE, FUNCTIONS
from .laws import HALF, C, anything, applied


def _other_number(rng, n):
    return Number(n.value + rng.choice((1, -1, Fraction(1, 2), Fraction(1, 10**9))))


def _swap_positions(rng, n):
    at = list(n.at)
    rng.shuffle(at)
    fits = all(p == 0 or (isinstance(p, Index) and p.size == s) for p, s in zip(at, ARRAYS[n.array], strict=True))
    return Entry(n.array, tuple(at)) if fits else negative(n)


def _another_array(rng, n):
    same = [name for name, sizes in ARRAYS.items() if sizes == ARRAYS[n.array] and name != n.array]
    return Entry(rng.choice(same), n.at) if same else mul(n, n)


def _another_index(rng, n):
    sizes = ARRAYS[n.array]
    return Entry(n.array, tuple(rng.choice(FREE) if s == "n" and rng.random() < 0.6 else p
                                for p, s in zip(n.at, sizes, strict=True)))


def _unshifted(rng, n):
    return Entry(n.array, tuple(p.index if isinstance(p, Shifted) else p for p in n.at))


def _has_shift(n):
    return isinstance(n, Entry) and any(isinstance(p, Shifted) for p in positions(n))


def _guard_dropped(rng, n):
    k = next(k for k, f in enumerate(n.factors) if isinstance(f, Positive | Delta))
    return Mul(n.factors[:k] + n.factors[k + 1:])


def _has_guard(n):
    return isinstance(n, Mul) and any(isinstance(f, Positive | Delta) for f in n.factors)


def _both_signs(rng, n):
    """[F > 0] + [-F > 0] is not 1 where F is 0 on more than a null set."""
    j, t = Index(f"b{rng.randrange(10**9)}", "n"), Index(f"b{rng.randrange(10**9)}", "m")
    i, other = rng.choice(FREE), rng.choice(FREE)
    F = rng.choice((
        Sum(j, Apply("relu", 0, Entry("S", (i, j)))), Largest(j, Apply("relu", 0, Entry("S", (i, j)))),
        Apply("g", 0, Entry("x", (i,))), minus(Entry("x", (i,)), Entry("x", (other,))),
        minus(Sum(t, Entry("Y", (i, t))), ONE), minus(Entry("T", (i, other)), Entry("T", (other, i))),
        minus(Sum(j, Entry("S", (i, j))), Sum(j, Apply("relu", 0, Entry("S", (i, j))))), Entry("H", (i, 0)),
        Sum(j, mul(Delta(i, j), Delta(other, j), Entry("x", (j,)))), Delta(i, other), Apply("relu", 0, n),
    ))  # fmt: skip
    return mul(n, add(Positive(F), Positive(negative(F))))


def _sign_by_another(rng, n):
    """|u| beside logarithms and roots that say nothing of the sign of u"""
    first = Entry(n.array, (0,) * len(n.at))
    beside = rng.choice((
        log(first), mul(Positive(n), log(n)), log(power(n, 2)), power(mul(power(Entry("c", ()), 2), n), HALF),
        power(mul(Positive(Entry("c", ())), n), HALF), Apply("relu", 1, log(n)), power(first, HALF),
        Sum(Index("w", "n"), log(power(n, 2))),
    ))  # fmt: skip
    return add(Apply("abs", 0, n), minus(beside, beside))


def _denominators(rng, n):
    """1 / (u v) + 1 / u  is not  (1 + u) / (u v)"""
    u, v = Entry("x", (FREE[0],)), Entry("y", (FREE[1],))
    return add(n, minus(add(divide(ONE, mul(u, v)), divide(ONE, u)), divide(add(ONE, u), mul(u, v))))


def _delta_out_of_range(rng, n):
    """sum_j delta_jp = 1 only if p is in the range of j"""
    j = Index(f"b{rng.randrange(10**9)}", rng.choice((2, "m", "n")))
    p = rng.choice((FREE[0], 2, Shifted(FREE[0], 1), Shifted(FREE[0], -1)))
    return mul(n, Sum(j, Delta(j, p)))


def _none_above(rng, n):
    """Not of what the maximum does not run over: another array, a row of another, an element out of range."""
    i, t, two = (Index(f"b{rng.randrange(10**9)}", size) for size in ("n", "m", 2))
    x, A, z, c = Entry("x", (i,)), Entry("A", (i, t)), Entry("z", (two,)), Entry("c", ())
    most, one = rng.choice((
        (Largest(i, x), Entry("y", (0,))), (Largest(t, A), Entry("A", (FREE[1], 0))),
        (Largest(two, z), Entry("z", (3,))), (Greatest((c, Largest(i, x))), Entry("y", (0,))),
        (Largest(i, x), mul(number(2), Entry("x", (0,)))),
        (Largest(i, x), Largest(i, Entry("p", (i,)))), (Largest(i, mul(c, x)), mul(c, c, Entry("x", (0,)))),
        (Largest(i, mul(x, Positive(minus(x, ONE)))), Entry("x", (0,))),
        (Largest(i, negative(Apply("relu", 0, x))), negative(Entry("x", (0,)))),
    ))  # fmt: skip
    return add(n, Positive(minus(one, substitute(most, {i: FREE[0]}))))


FAULTS = {
    "a delta out of range": (anything, _delta_out_of_range),
    "both signs": (anything, _both_signs),
    "a sign by another element": (lambda n: isinstance(n, Entry), _sign_by_another),
    "denominators mixed up": (anything, _denominators),
    "a sign through max": (lambda n: isinstance(n, Largest),
                           lambda r, n: negative(Largest(n.index, negative(n.body)))),
    "a factor through max": (lambda n: isinstance(n, Largest),
                             lambda r, n: divide(Largest(n.index, mul(Entry("c", ()), n.body)), Entry("c", ()))),
    "nothing above a maximum": (anything, _none_above),
    "e^(u v) = e^u e^v": (lambda n: isinstance(n, Mul) and len(n.factors) > 1,
                          lambda r, n: log(Mul(tuple(exp(f) for f in n.factors)))),
    "the root of a square": (anything, lambda r, n: power(power(n, 2), HALF)),
    "a power by logarithms": (anything, lambda r, n: exp(divide(log(power(n, 2)), number(2)))),
    "sign": (anything, lambda r, n: negative(n)),
    "factor 2": (anything, lambda r, n: mul(number(2), n)),
    "an even sine": (anything, lambda r, n: add(n, minus(Apply("sin", 0, C), Apply("sin", 0, negative(C))))),
    "a number changed": (lambda n: isinstance(n, Number), _other_number),
    "a term dropped": (lambda n: isinstance(n, Add) and len(n.terms) > 1, lambda r, n: Add(n.terms[1:])),
    "a factor dropped": (lambda n: isinstance(n, Mul) and len(n.factors) > 1, lambda r, n: Mul(n.factors[1:])),
    "a guard dropped": (_has_guard, _guard_dropped),
    "positions swapped": (lambda n: isinstance(n, Entry) and len(n.at) > 1, _swap_positions),
    "another array": (lambda n: isinstance(n, Entry), _another_array),
    "element 0": (lambda n: isinstance(n, Entry) and n.at, lambda r, n: Entry(n.array, (0, *n.at[1:]))),
    "another index": (lambda n: isinstance(n, Entry) and "n" in ARRAYS[n.array], _another_index),
    "a shift dropped": (_has_shift, _unshifted),
    "another function": (lambda n: isinstance(n, Apply), lambda r, n: Apply(r.choice(FUNCTIONS), n.order, n.arg)),
    "a derivative more": (lambda n: isinstance(n, Apply), lambda r, n: Apply(n.function, n.order + 1, n.arg)),
    "an indicator turned": (lambda n: isinstance(n, Positive), lambda r, n: minus(ONE, Positive(negative(n.arg)))),
    "an indicator's opposite": (lambda n: isinstance(n, Positive), lambda r, n: minus(ONE, n)),
    "abs dropped": (applied("abs"), lambda r, n: n.arg),
    "relu dropped": (applied("relu"), lambda r, n: n.arg),
    "relu added": (anything, lambda r, n: Apply("relu", 0, n)),
    "capped": (anything, lambda r, n: r.choice((maximum, minimum))(n, number(r.choice((-3, 0, 3))))),
    "another power": (lambda n: isinstance(n, Pow), lambda r, n: Pow(n.base, n.exponent + 1)),
    "n for m": (lambda n: isinstance(n, Dim), lambda r, n: Dim("n" if n.name == "m" else "m")),
    "max for sum": (lambda n: isinstance(n, Sum), lambda r, n: Largest(n.index, n.body)),
    "sum for max": (lambda n: isinstance(n, Largest), lambda r, n: Sum(n.index, n.body)),
    "delta dropped": (lambda n: isinstance(n, Delta), lambda r, n: ONE),
    "exp of a product": (lambda n: applied("exp")(n) and isinstance(n.arg, Mul),
                         lambda r, n: Mul(tuple(exp(t) for t in n.arg.factors))),
    "a square root's sign": (lambda n: isinstance(n, Pow) and n.exponent == Fraction(1, 2) and isinstance(n.base, Pow),
                             lambda r, n: n.base.base),
    "an inverse transposed": (lambda n: isinstance(n, InverseEntry),
                              lambda r, n: InverseEntry(n.matrix, n.column, n.row)),
    "an inverse forgotten": (lambda n: isinstance(n, InverseEntry), lambda r, n: Delta(n.row, n.column)),
    "a determinant squared": (lambda n: isinstance(n, Determinant), lambda r, n: mul(n, n)),
    "a loss by nothing": (lambda n: isinstance(n, ScalarFunction) and n.by,
                          lambda r, n: ScalarFunction(n.function, n.arguments, ())),
}  # fmt: skip
