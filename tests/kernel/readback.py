"""From a normal form back to an index expression, so that exact evaluation can judge the normal form.

    log|u| = log(u^2) / 2,    |E|^r = (E^2)^(r/2),    [F = 0] = 1 - [F > 0] - [-F > 0]
"""

from fractions import Fraction

from flint import fmpq

from derive.kernel.elementary import ONE, divide, exp, log, minus, mul, negative, number, power
from derive.kernel.index import (
    Add,
    Apply,
    Array,
    Delta,
    Determinant,
    Dim,
    Entry,
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
            case "erf":
                return Apply("erf", 0, self.body(g))
            case "fun":
                return Apply(template.payload[0], template.payload[1], self.body(g))
        parts, ordered, bound = al.open(g)
        if template.kind in ("sum", "max"):
            out = self.element(al.total(al.scale(p, fmpq(tag[1], tag[2])) for tag, p in parts))
            for label in bound:
                out = (Sum if template.kind == "sum" else Largest)(self.index(label), out)
            return out
        name, shape = template.payload
        bodies, by = [{} for _ in shape], []
        for tag, p in parts:
            if tag[0] == -1:
                (((leaf, _),),) = p
                by.append((tag[1], tuple(self.position(q) for q in leaf[1])))
            else:
                bodies[tag[0]] = al.total((bodies[tag[0]], al.scale(p, fmpq(tag[1], tag[2]))))
        arrays, start = [], 0
        for rank, body in zip(shape, bodies, strict=True):
            arrays.append(Array(tuple(self.index(x) for x in ordered[start:start + rank]), self.element(body)))
            start += rank
        match template.kind:
            case "sf":
                return ScalarFunction(name, tuple(arrays), tuple(by))
            case "inv":
                return InverseEntry(arrays[0], *by[0][1])
            case "det":
                return Determinant(arrays[0])
        raise AssertionError(template.kind)
