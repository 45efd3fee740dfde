"""From a normal form back to an index expression, so that exact evaluation can judge the normal form.

    log|u| = log(u^2) / 2,    |E|^r = (E^2)^(r/2),    [F = 0] = 1 - [F > 0] - [-F > 0]
"""

from fractions import Fraction

from derive.kernel.elementary import ONE, divide, exp, log, minus, mul, negative, number, power
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
    Positive,
    ScalarFunction,
    Shifted,
    Sum,
)


class Readback:
    """Reads elements of one algebra; `indices` maps labels of free indices to their names."""

    def __init__(self, al, indices):
        self.al = al
        self.names = {label: index for index, label in indices.items()}
        self.known = {}

    def index(self, label):
        return self.names.get(label) or Index(f"r{label}", self.al.sizes[label])

    def position(self, p):
        label, offset = p
        if label == -1:
            return offset
        return Shifted(self.index(label), offset) if offset else self.index(label)

    def element(self, poly):
        terms = []
        for mono, c in poly.items():
            factors = [number(Fraction(int(c.p), int(c.q)))]
            factors += [self.power(g, e) for g, e in mono]
            terms.append(Mul(tuple(factors)))
        return Add(tuple(terms))

    def power(self, g, e):
        kind = self.al.kind(g)
        if kind == "root":
            return power(power(self.body(g), 2), Fraction(e) / 2)
        if kind == "exp":
            return exp(mul(number(Fraction(e)), self.body(g)))
        return self.gen(g) if e == 1 else power(self.gen(g), e)

    def body(self, g):
        return self.element(self.al.body(g))

    def gen(self, g):
        if g not in self.known:
            self.known[g] = self.made(g)
        return self.known[g]

    def made(self, g):
        al, template = self.al, self.al.templates[g[0]]
        match template.kind:
            case "entry":
                return Entry(template.payload, tuple(self.position(p) for p in g[1]))
            case "dim":
                return Dim(template.payload)
            case "delta":
                return Delta(self.position(g[1][0]), self.position(g[1][1]))
            case "den":
                return self.body(g)
            case "ind":
                return Positive(self.body(g))
            case "zero":
                return minus(minus(ONE, Positive(self.body(g))), Positive(negative(self.body(g))))
            case "log":
                return divide(log(power(self.body(g), 2)), number(2))
            case "logp":
                return log(number(int(template.payload)))
            case "pi":
                return Apply("pi", 0, number(0))
            case "opaque":
                return self.opaque(self.body(g), *template.payload)
            case "erf" | "sin" | "cos":
                return Apply(template.kind, 0, self.body(g))
            case "fun":
                return Apply(template.payload[0], template.payload[1], self.body(g))
        inside = al.open(g)
        if template.kind in ("sum", "max"):
            out = self.element(inside.parts[0])
            for label in inside.bound:
                out = (Sum if template.kind == "sum" else Largest)(self.index(label), out)
            return out
        if template.kind == "greatest":
            parts = [*inside.parts, *[{}] * (template.payload - len(inside.parts))]
            return Greatest(tuple(map(self.element, parts)))
        name, shape = template.payload or (None, (2,))
        by = [(k, tuple(self.position(q) for q in at)) for k, at in inside.slots]
        bodies = [*inside.parts, *[{}] * (len(shape) - len(inside.parts))]
        arrays, start = [], 0
        for rank, body in zip(shape, bodies, strict=True):
            arrays.append(Array(tuple(self.index(x) for x in inside.ordered[start:start + rank]), self.element(body)))
            start += rank
        match template.kind:
            case "sf":
                return ScalarFunction(name, tuple(arrays), tuple(by))
            case "inv":
                return InverseEntry(arrays[0], *by[0][1])
            case "det":
                return Determinant(arrays[0])
        raise AssertionError(template.kind)

    def opaque(self, u, law, *rest):
        """A function of too many cases."""
        match law:
            case "exp_of":
                return exp(u)
            case "log_of":
                return divide(log(power(u, 2)), number(2))
            case "root_of":
                return power(power(u, 2), Fraction(rest[0]) / 2)
            case "indicator":
                return Positive(u)
            case "zero_set":
                return minus(minus(ONE, Positive(u)), Positive(negative(u)))
            case "generic":
                return Apply(rest[0], rest[1], u)
            case "erf_of" | "sin_of" | "cos_of":
                return Apply(law.removesuffix("_of"), 0, u)
            case "reciprocal":
                return power(u, -1)
        raise AssertionError(law)
