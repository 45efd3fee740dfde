"""Random index expressions, laws that keep their value, and faults that may change it."""

from fractions import Fraction

from derive.kernel.claim import AreEqual, Claim, IsPositive
from derive.kernel.elementary import ONE, ZERO, add, divide, exp, log, maximum, minus, mul, negative, number, power
from derive.kernel.index import (
    Add,
    Apply,
    Delta,
    Dim,
    Entry,
    Index,
    Largest,
    Mul,
    Number,
    Positive,
    Pow,
    Sum,
)
from derive.kernel.walk import children, free_indices, nodes, substitute, with_children

ARRAYS = {"x": ("n",), "y": ("n",), "u": ("m",), "A": ("n", "m"), "B": ("n", "m"), "S": ("n", "n"), "c": (), "q": (),
          "P": ("n", "m"), "Y": ("n", "m"), "T": ("n", "n"), "one": (1,), "k": ("n", 1)}
I, J = Index("i", "n"), Index("j", "n")
FREE = (I, J)
_a, _b, _t = Index("a", "n"), Index("b", "n"), Index("t", "m")
FACTS = (
    IsPositive(Entry("q", ())),
    IsPositive(Entry("P", (_a, _t))),
    AreEqual(Sum(_t, Entry("Y", (_a, _t))), ONE),
    AreEqual(Entry("T", (_a, _b)), Entry("T", (_b, _a))),
)
FUNCTIONS = ("exp", "sigmoid", "tanh", "relu", "abs", "softplus", "sign", "g", "g", "leaky_relu", "silu", "erf")


def claim(left, right):
    """A claim over the arrays of the grammar."""
    return Claim(left, right, FREE, ARRAYS, ("n", "m"), ("g",), FACTS)


class Grammar:
    """Expressions by size; `rng` decides everything."""

    def __init__(self, rng):
        self.rng = rng
        self.bound = 0

    def position(self, size, scope):
        """An index in scope, sometimes one that is used already, sometimes element 0."""
        if size == 1:
            return 0
        fits = [i for i in scope if i.size == size]
        if not fits or self.rng.random() < 0.05:
            return 0
        return self.rng.choice(fits)

    def leaf(self, scope):
        roll = self.rng.random()
        if roll < 0.1:
            return number(Fraction(self.rng.choice((-2, -1, 0, 1, 2, 3)), self.rng.choice((1, 1, 2, 3))))
        if roll < 0.16:
            return Dim(self.rng.choice("nm"))
        if roll < 0.2:
            return Delta(self.position("n", scope), self.position("n", scope))
        name = self.rng.choice([*ARRAYS, "x", "y", "A", "x"])
        return Entry(name, tuple(self.position(s, scope) for s in ARRAYS[name]))

    def expression(self, size, scope=FREE):
        if size <= 1:
            return self.leaf(scope)
        roll = self.rng.random()
        if roll < 0.25:
            return add(*self.parts(size - 1, scope))
        if roll < 0.5:
            return mul(*self.parts(size - 1, scope))
        if roll < 0.66:
            self.bound += 1
            i = Index(f"s{self.bound}", self.rng.choice("nm"))
            node = Largest if self.rng.random() < 0.15 else Sum
            return node(i, self.expression(size - 1, (*scope, i, i)))
        inner = self.expression(size - 1, scope)
        if roll < 0.84:
            return Apply(self.rng.choice(FUNCTIONS), int(self.rng.random() < 0.2), inner)
        if roll < 0.89:
            return Positive(inner)
        if roll < 0.92:
            return maximum(inner, self.expression(max(1, size // 3), scope))
        if roll < 0.95:
            return power(inner, self.rng.choice((2, 3, -1, -2)))
        if roll < 0.98:
            return power(self.nonnegative(inner), Fraction(self.rng.choice((1, -1, 3)), 2))
        return log(add(number(self.rng.choice((1, 2))), self.nonnegative(inner)))

    def nonnegative(self, e):
        return self.rng.choice((power(e, 2), exp(e), Apply("abs", 0, e), add(power(e, 2), Entry("q", ())), e))

    def parts(self, size, scope):
        cut = self.rng.randint(1, max(1, size - 1))
        return self.expression(cut, scope), self.expression(max(1, size - cut), scope)


def random_node(rng, e, fits):
    """A node that fits, or None."""
    found = [n for n in nodes((e,)) if fits(n)]
    return rng.choice(found) if found else None


def replace(e, old, new):
    """e with one node replaced, by identity."""
    stack, done = [e], {}
    while stack:
        node = stack[-1]
        if id(node) in done:
            stack.pop()
            continue
        if node is old:
            done[id(node)] = new
            continue
        waiting = [c for c in children(node) if id(c) not in done]
        if waiting:
            stack.extend(waiting)
            continue
        done[id(node)] = with_children(node, tuple(done[id(c)] for c in children(node)))
    return done[id(e)]


# ---- laws: same value wherever both sides are defined

def _apply(name, order=0):
    return lambda n: isinstance(n, Apply) and n.function == name and n.order == order


def _any(n):
    return not isinstance(n, Number)


def sigmoid(u):
    return Apply("sigmoid", 0, u)


def _rename(rng, n):
    j = Index(f"fresh{rng.randint(0, 10**6)}", n.index.size)
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
        return mul(divide(ONE, Dim("n")), Sum(Index("w", "n"), n))
    i = rng.choice(sorted(free, key=lambda i: i.name))
    j = Index(f"pick{rng.randint(0, 10**6)}", i.size)
    return Sum(j, mul(Delta(i, j), substitute(n, {i: j})))


LAWS = {
    "terms in another order": (lambda n: isinstance(n, Add | Mul), _shuffle),
    "another name": (lambda n: isinstance(n, Sum | Largest), _rename),
    "sums swapped": (lambda n: isinstance(n, Sum) and isinstance(n.body, Sum),
                     lambda r, n: Sum(n.body.index, Sum(n.index, n.body.body))),
    "maxima swapped": (lambda n: isinstance(n, Largest) and isinstance(n.body, Largest),
                       lambda r, n: Largest(n.body.index, Largest(n.index, n.body.body))),
    "a sum split": (lambda n: isinstance(n, Sum) and isinstance(n.body, Add),
                    lambda r, n: Add(tuple(Sum(n.index, t) for t in n.body.terms))),
    "distributed": (lambda n: isinstance(n, Mul) and any(isinstance(f, Add) for f in n.factors), _distribute),
    "delta": (_any, _pick),
    "e^(a+b)": (lambda n: _apply("exp")(n) and isinstance(n.arg, Add),
                lambda r, n: Mul(tuple(exp(t) for t in n.arg.terms))),
    "1 - sigmoid(-u)": (_apply("sigmoid"), lambda r, n: minus(ONE, sigmoid(negative(n.arg)))),
    "2 sigmoid(2u) - 1": (_apply("tanh"), lambda r, n: minus(mul(number(2), sigmoid(mul(number(2), n.arg))), ONE)),
    "tanh'": (_apply("tanh", 1), lambda r, n: minus(ONE, power(Apply("tanh", 0, n.arg), 2))),
    "sigmoid'": (_apply("sigmoid", 1), lambda r, n: mul(sigmoid(n.arg), sigmoid(negative(n.arg)))),
    "softplus": (_apply("softplus"), lambda r, n: add(n.arg, Apply("softplus", 0, negative(n.arg)))),
    "relu": (_apply("relu"), lambda r, n: maximum(ZERO, n.arg)),
    "abs": (_apply("abs"), lambda r, n: maximum(n.arg, negative(n.arg))),
    "sqrt of a square": (_apply("abs"), lambda r, n: power(power(n.arg, 2), Fraction(1, 2))),
    "relu twice": (_apply("relu"), lambda r, n: Apply("relu", 0, n)),
    "indicator twice": (lambda n: isinstance(n, Positive), lambda r, n: mul(n, n)),
    "scaled indicator": (lambda n: isinstance(n, Positive), lambda r, n: Positive(mul(number("1.5"), n.arg))),
    "indicator shifted by exp": (lambda n: isinstance(n, Positive), lambda r, n: Positive(minus(exp(n.arg), ONE))),
    "erf": (_apply("erf"), lambda r, n: negative(Apply("erf", 0, negative(n.arg)))),
    "plus and minus": (_any, lambda r, n: minus(add(n, Entry("c", ())), Entry("c", ()))),
    "times and over": (_any, lambda r, n: divide(mul(n, add(ONE, exp(Entry("c", ())))), add(ONE, exp(Entry("c", ()))))),
    "log exp": (_any, lambda r, n: log(exp(n))),
    "times a row of Y": (_any, lambda r, n: mul(n, Sum(_t, Entry("Y", (0, _t))))),
    "symmetric": (lambda n: isinstance(n, Entry) and n.array == "T", lambda r, n: Entry("T", n.at[::-1])),
    "mean of a constant": (_any, lambda r, n: divide(Sum(Index("w0", "m"), n), Dim("m"))),
    "softmax sums to 1": (_any, lambda r, n: mul(n, Sum(_a, divide(exp(Entry("x", (_a,))),
                                                                   Sum(_b, exp(Entry("x", (_b,)))))))),
}


# ---- faults

def _other_number(rng, n):
    return Number(n.value + rng.choice((1, -1, Fraction(1, 2))))


def _swap_positions(rng, n):
    at = list(n.at)
    rng.shuffle(at)
    sizes = ARRAYS[n.array]
    fits = all(p == 0 or (isinstance(p, Index) and p.size == s) for p, s in zip(at, sizes, strict=True))
    return Entry(n.array, tuple(at)) if fits else negative(n)


FAULTS = {
    "sign": (_any, lambda r, n: negative(n)),
    "factor 2": (_any, lambda r, n: mul(number(2), n)),
    "a number changed": (lambda n: isinstance(n, Number), _other_number),
    "a term dropped": (lambda n: isinstance(n, Add) and len(n.terms) > 1, lambda r, n: Add(n.terms[1:])),
    "a factor dropped": (lambda n: isinstance(n, Mul) and len(n.factors) > 1, lambda r, n: Mul(n.factors[1:])),
    "positions swapped": (lambda n: isinstance(n, Entry) and len(n.at) > 1, _swap_positions),
    "another array": (lambda n: isinstance(n, Entry) and n.array == "x", lambda r, n: Entry("y", n.at)),
    "element 0": (lambda n: isinstance(n, Entry) and n.at, lambda r, n: Entry(n.array, (0, *n.at[1:]))),
    "another index": (lambda n: isinstance(n, Entry) and len(n.at) == 1 and ARRAYS[n.array] == ("n",),
                      lambda r, n: Entry(n.array, (r.choice(FREE),))),
    "another function": (lambda n: isinstance(n, Apply), lambda r, n: Apply(r.choice(FUNCTIONS), n.order, n.arg)),
    "a derivative more": (lambda n: isinstance(n, Apply), lambda r, n: Apply(n.function, n.order + 1, n.arg)),
    "an indicator turned": (lambda n: isinstance(n, Positive), lambda r, n: minus(ONE, Positive(negative(n.arg)))),
    "abs dropped": (_apply("abs"), lambda r, n: n.arg),
    "relu dropped": (_apply("relu"), lambda r, n: n.arg),
    "one over": (lambda n: isinstance(n, Pow), lambda r, n: Pow(n.base, n.exponent + 1)),
    "n for m": (lambda n: isinstance(n, Dim), lambda r, n: Dim("n" if n.name == "m" else "m")),
    "max for sum": (lambda n: isinstance(n, Sum), lambda r, n: Largest(n.index, n.body)),
    "exp of a product": (lambda n: _apply("exp")(n) and isinstance(n.arg, Mul),
                         lambda r, n: Mul(tuple(exp(t) for t in n.arg.factors))),
    "a square root's sign": (lambda n: isinstance(n, Pow) and n.exponent == Fraction(1, 2) and isinstance(n.base, Pow),
                             lambda r, n: n.base.base),
}


def changed(rng, e, table):
    """One row of a table applied somewhere: (name, new expression), or None."""
    for name in rng.sample(list(table), len(table)):
        fits, law = table[name]
        node = random_node(rng, e, fits)
        if node is not None:
            return name, replace(e, node, law(rng, node))
    return None
