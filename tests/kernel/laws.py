"""Laws: rewrites that keep the value wherever both sides are defined.  name -> (what it fits, the new node)."""

from fractions import Fraction

from derive.kernel.elementary import (
    ONE,
    ZERO,
    add,
    divide,
    exp,
    log,
    maximum,
    minimum,
    minus,
    mul,
    negative,
    number,
    power,
    where,
)
from derive.kernel.index import (
    Add,
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
    Mul,
    Number,
    Positive,
    Pow,
    ScalarFunction,
    Shifted,
    Sum,
)
from derive.kernel.walk import children, free_indices, instantiate, substitute, with_children

HALF = Fraction(1, 2)
I, J = Index("i", "n"), Index("j", "n")
C, Q, D = Entry("c", ()), Entry("q", ()), Entry("d", ())


def applied(name, order=0):
    """Fits f^(order)(...)"""
    return lambda n: isinstance(n, Apply) and n.function == name and n.order == order


def is_root(n):
    """Fits a power with a fraction as exponent."""
    return isinstance(n, Pow) and n.exponent.denominator != 1


def anything(n):
    """Fits what is not a number."""
    return not isinstance(n, Number)


def is_element(*names):
    """Fits an element of one of the arrays."""
    return lambda n: isinstance(n, Entry) and n.array in names


def fresh(rng, size, name="w"):
    """An index that no expression has."""
    return Index(f"{name}{rng.randrange(10**9)}", size)


def _sigmoid(u):
    return Apply("sigmoid", 0, u)


def _rename(rng, n):
    j = fresh(rng, n.index.size)
    return type(n)(j, substitute(n.body, {n.index: j}))


def _shuffle(rng, n):
    below = list(children(n))
    rng.shuffle(below)
    return with_children(n, tuple(below))


def _distribute(rng, n):
    k = next(k for k, f in enumerate(n.factors) if isinstance(f, Add))
    rest = n.factors[:k] + n.factors[k + 1:]
    return Add(tuple(Mul((*rest, t)) for t in n.factors[k].terms))


def _pick(rng, n):
    free = [i for i in free_indices(n) if isinstance(i.size, str)]
    if not free:
        return mul(divide(ONE, Dim("n")), Sum(fresh(rng, "n"), n))
    i = rng.choice(sorted(free, key=lambda i: i.name))
    j = fresh(rng, i.size)
    return Sum(j, mul(Delta(i, j), substitute(n, {i: j})))


def _first_apart(rng, n):
    """f(0) and the rest, by a shifted index"""
    j = fresh(rng, n.index.size - 1)
    first = substitute(n.body, {n.index: 0})
    rest = type(n)(j, substitute(n.body, {n.index: Shifted(j, 1)}))
    return add(first, rest) if isinstance(n, Sum) else maximum(first, rest)


def _into_product(rng, n):
    """(sum_i a_i) b = sum_i a_i b"""
    k = next(k for k, f in enumerate(n.factors) if isinstance(f, Sum))
    inner, rest = n.factors[k], n.factors[:k] + n.factors[k + 1:]
    j = fresh(rng, inner.index.size)
    return Sum(j, Mul((*rest, substitute(inner.body, {inner.index: j}))))


def _softmax_total(rng, n):
    a, b = fresh(rng, "n"), fresh(rng, "n")
    return mul(n, Sum(a, divide(exp(Entry("x", (a,))), Sum(b, exp(Entry("x", (b,)))))))


def _inverse_total(rng, n):
    """1 = sum_b S_0b (S^-1)_b0"""
    name = rng.choice("ST")
    a, b, j = (fresh(rng, "n") for _ in range(3))
    inverse = InverseEntry(Array((a, b), Entry(name, (a, b))), j, 0)
    return mul(n, Sum(j, mul(Entry(name, (0, j)), inverse)))


def _transposed_inverse(rng, n):
    a, b = n.matrix.indices
    c, d = fresh(rng, a.size), fresh(rng, b.size)
    return InverseEntry(Array((d, c), substitute(n.matrix.body, {a: c, b: d})), n.column, n.row)


def _twice_inverted(rng, n):
    """M^-1 = M^-1 M M^-1"""
    c, d = fresh(rng, "n"), fresh(rng, "n")
    left, right = InverseEntry(n.matrix, n.row, c), InverseEntry(n.matrix, d, n.column)
    return Sum(c, Sum(d, mul(left, instantiate(n.matrix, (c, d)), right)))


def _transposed_determinant(rng, n):
    return Determinant(Array(n.matrix.indices[::-1], n.matrix.body))


def _renamed_arguments(rng, n):
    out = []
    for a in n.arguments:
        names = {i: fresh(rng, i.size) for i in a.indices}
        out.append(Array(tuple(names.values()), substitute(a.body, dict(names))))
    return ScalarFunction(n.function, tuple(out), n.by)


def _cases(rng, n):
    return where(Positive(rng.choice((C, D, minus(C, D)))), n, n)


def _shifted_largest(rng, n):
    return minus(Largest(n.index, add(n.body, C)), C)


def _relu(u):
    return Apply("relu", 0, u)


def _maxima(rng):
    """A maximum, a maximum over fewer elements, and one of those"""
    i, t = fresh(rng, "n"), fresh(rng, "m")
    x, A, B, E = Entry("x", (i,)), Entry("A", (i, t)), Entry("A", (J, t)), exp(Entry("A", (J, 0)))
    row, all_of_A = Largest(t, B), Largest(t, Largest(i, A))
    return rng.choice((
        (Largest(i, x), substitute(x, {i: I}), substitute(x, {i: I})), (all_of_A, row, substitute(B, {t: 0})),
        (Greatest((C, row, D)), row, substitute(B, {t: 0})), (Greatest((C, row, E, D)), Greatest((C, E, D)), C),
        (Largest(t, mul(Q, B)), mul(Q, substitute(B, {t: 0})), mul(Q, substitute(B, {t: 0}))),
    ))  # fmt: skip


def _none_above(rng, n):
    t = fresh(rng, "m")
    B = Entry("A", (J, t))
    most, fewer, one = rng.choice((
        _maxima(rng), (Largest(t, _relu(B)), _relu(substitute(B, {t: 0})), substitute(B, {t: 0})),
        (Greatest((C, _relu(minus(D, Q)), Largest(t, B))), _relu(minus(D, Q)), ZERO),
    ))  # fmt: skip
    return add(n, Positive(minus(rng.choice((fewer, one)), most)))


def _largest_of_largest(rng, n):
    """[a = b] [b = c] = [a = c]  for  a >= b >= c"""
    a, b, c = _maxima(rng)

    def equal(p, q):
        return minus(ONE, Positive(minus(p, q)))

    return add(n, minus(mul(equal(a, b), equal(b, c)), equal(a, c)))


def _scaled_largest(rng, n):
    return divide(Largest(n.index, mul(Q, n.body)), Q)


LAWS = {
    # sums and products
    "terms in another order": (lambda n: isinstance(n, Add | Mul), _shuffle),
    "another name": (lambda n: isinstance(n, Sum | Largest), _rename),
    "sums swapped": (lambda n: isinstance(n, Sum) and isinstance(n.body, Sum),
                     lambda r, n: Sum(n.body.index, Sum(n.index, n.body.body))),
    "a sum split": (lambda n: isinstance(n, Sum) and isinstance(n.body, Add),
                    lambda r, n: Add(tuple(Sum(n.index, t) for t in n.body.terms))),
    "distributed": (lambda n: isinstance(n, Mul) and any(isinstance(f, Add) for f in n.factors), _distribute),
    "a factor into a sum": (lambda n: isinstance(n, Mul) and any(isinstance(f, Sum) for f in n.factors), _into_product),
    "delta": (anything, _pick),
    "the first apart": (lambda n: isinstance(n, Sum | Largest) and isinstance(n.index.size, int) and n.index.size > 1,
                        _first_apart),
    "plus and minus": (anything, lambda r, n: minus(add(n, C), C)),
    "times and over": (anything, lambda r, n: divide(mul(n, add(ONE, exp(C))), add(ONE, exp(C)))),
    "mean of a constant": (anything, lambda r, n: divide(Sum(fresh(r, "m"), n), Dim("m"))),
    "softmax sums to 1": (anything, _softmax_total),
    # exp, log, roots
    "e^(a+b)": (lambda n: applied("exp")(n) and isinstance(n.arg, Add),
                lambda r, n: Mul(tuple(exp(t) for t in n.arg.terms))),
    "log exp": (anything, lambda r, n: log(exp(n))),
    "log of a product": (applied("log"), lambda r, n: minus(log(mul(Q, n.arg)), log(Q))),
    "log of a root": (applied("log"), lambda r, n: mul(number(2), log(power(n.arg, HALF)))),
    "root of a product": (is_root, lambda r, n: divide(Pow(mul(power(Q, 2), n.base), n.exponent),
                                                     Pow(power(Q, 2), n.exponent))),
    "root by log": (is_root, lambda r, n: exp(mul(Number(n.exponent), log(n.base)))),
    "one over": (is_root, lambda r, n: Pow(power(n.base, -1), -n.exponent)),
    # elementwise functions
    "1 - sigmoid(-u)": (applied("sigmoid"), lambda r, n: minus(ONE, _sigmoid(negative(n.arg)))),
    "2 sigmoid(2u) - 1": (applied("tanh"), lambda r, n: minus(mul(number(2), _sigmoid(mul(number(2), n.arg))), ONE)),
    "tanh'": (applied("tanh", 1), lambda r, n: minus(ONE, power(Apply("tanh", 0, n.arg), 2))),
    "sigmoid'": (applied("sigmoid", 1), lambda r, n: mul(_sigmoid(n.arg), _sigmoid(negative(n.arg)))),
    "softplus": (applied("softplus"), lambda r, n: add(n.arg, Apply("softplus", 0, negative(n.arg)))),
    "softplus'": (applied("softplus", 1), lambda r, n: _sigmoid(n.arg)),
    "silu": (applied("silu"), lambda r, n: mul(n.arg, _sigmoid(n.arg))),
    "erf": (applied("erf"), lambda r, n: negative(Apply("erf", 0, negative(n.arg)))),
    "sin": (applied("sin"), lambda r, n: negative(Apply("sin", 0, negative(n.arg)))),
    "cos": (applied("cos"), lambda r, n: Apply("cos", 0, negative(n.arg))),
    "sine and cosine": (anything, lambda r, n: mul(n, add(power(Apply("sin", 0, C), 2), power(Apply("cos", 0, C), 2)))),
    "elu": (applied("elu"), lambda r, n: where(Positive(n.arg), n.arg, Apply("expm1", 0, n.arg))),
    # indicators, maxima
    "relu": (applied("relu"), lambda r, n: maximum(ZERO, n.arg)),
    "relu by abs": (applied("relu"), lambda r, n: divide(add(n.arg, Apply("abs", 0, n.arg)), number(2))),
    "relu guarded": (applied("relu"), lambda r, n: mul(Positive(n.arg), Apply("abs", 0, n.arg))),
    "relu twice": (applied("relu"), lambda r, n: Apply("relu", 0, n)),
    "abs": (applied("abs"), lambda r, n: maximum(n.arg, negative(n.arg))),
    "root of a square": (applied("abs"), lambda r, n: power(power(n.arg, 2), HALF)),
    "sign": (applied("sign"), lambda r, n: minus(Positive(n.arg), Positive(negative(n.arg)))),
    "indicator twice": (lambda n: isinstance(n, Positive), lambda r, n: mul(n, n)),
    "scaled indicator": (lambda n: isinstance(n, Positive), lambda r, n: Positive(mul(number("1.5"), n.arg))),
    "indicator times a square": (lambda n: isinstance(n, Positive),
                                 lambda r, n: Positive(mul(n.arg, add(ONE, power(C, 2))))),
    "indicator over a positive": (lambda n: isinstance(n, Positive), lambda r, n: Positive(divide(n.arg, Q))),
    "indicator by exp": (lambda n: isinstance(n, Positive), lambda r, n: Positive(minus(exp(n.arg), ONE))),
    "cases": (anything, _cases),
    "none above the largest": (anything, _none_above),
    "the largest of the largest": (anything, _largest_of_largest),
    "terms of a maximum in another order": (lambda n: isinstance(n, Greatest), lambda r, n: Greatest(
        tuple(r.sample(n.terms, len(n.terms))))),
    "a maximum in a maximum": (lambda n: isinstance(n, Greatest), lambda r, n: Greatest(
        (Greatest(n.terms[:2]), *n.terms[1:]))),
    "absorbed": (anything, lambda r, n: maximum(n, minimum(n, C))),
    "greater and lesser": (anything, lambda r, n: minus(add(maximum(n, C), minimum(n, C)), C)),
    "maxima swapped": (lambda n: isinstance(n, Largest) and isinstance(n.body, Largest),
                       lambda r, n: Largest(n.body.index, Largest(n.index, n.body.body))),
    "largest shifted": (lambda n: isinstance(n, Largest), _shifted_largest),
    "largest scaled": (lambda n: isinstance(n, Largest), _scaled_largest),
    # facts
    "times a row of Y": (anything, lambda r, n: mul(n, Sum(Index("t", "m"), Entry("Y", (0, Index("t", "m")))))),
    "times a row of H": (anything, lambda r, n: mul(n, Sum(Index("t", "m"), Entry("H", (0, Index("t", "m")))))),
    "one hot": (is_element("H"), lambda r, n: power(n, r.choice((2, 3)))),
    "symmetric": (is_element("T"), lambda r, n: Entry("T", n.at[::-1])),
    "positive": (is_element("q", "P", "p"), lambda r, n: Apply("abs", 0, n)),
    "root of a positive square": (is_element("q", "P", "p"), lambda r, n: power(power(n, 2), HALF)),
    "exp log": (is_element("q", "P", "p"), lambda r, n: exp(log(n))),
    "not negative": (is_element("s", "V"), lambda r, n: Apply("relu", 0, n)),
    "largest of it and 0": (is_element("s", "V"), lambda r, n: maximum(n, ZERO)),
    "square of a root": (is_element("s", "V"), lambda r, n: power(power(n, HALF), 2)),
    "the greater": (is_element("h"), lambda r, n: maximum(n, Entry("l", n.at))),
    # whole arrays
    "times S inv(S)": (anything, _inverse_total),
    "inverse transposed": (lambda n: isinstance(n, InverseEntry), _transposed_inverse),
    "inverse twice": (lambda n: isinstance(n, InverseEntry), _twice_inverted),
    "determinant transposed": (lambda n: isinstance(n, Determinant), _transposed_determinant),
    "arguments renamed": (lambda n: isinstance(n, ScalarFunction), _renamed_arguments),
}  # fmt: skip
