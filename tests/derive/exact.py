"""A second route to every derivative: forward-mode dual numbers over exact fractions, on matrices written out as lists.

Nothing here knows a backprop rule.  A function is any rational stand-in with the formal derivative that calculus gives
it (sigma' = sigma (1 - sigma), log' = 1/u, ...), so a whole network is differentiated exactly, without a tolerance.
"""

import random
from fractions import Fraction
from itertools import product as every
from math import prod

from sympy import (
    Derivative,
    HadamardPower,
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixSymbol,
    Rational,
    Symbol,
    Trace,
    Transpose,
    pi,
)
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix
from sympy.matrices.expressions.special import Identity, OneMatrix, ZeroMatrix

from derive.kernel import index as ix
from derive.nodes import GenericLoss, LogSumExp, LossGradient, Softmax, Total


class Dual:
    """value + slope * epsilon, epsilon^2 = 0."""

    def __init__(self, value, slope=Fraction(0)):
        self.value, self.slope = Fraction(value), Fraction(slope)

    def __add__(self, other):
        other = dual(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other):
        other = dual(other)
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)

    def __pow__(self, p):
        assert p.denominator == 1, p
        p = int(p)
        return Dual(self.value**p, p * self.value ** (p - 1) * self.slope) if p else Dual(1)

    __radd__, __rmul__ = __add__, __mul__


def dual(x):
    return x if isinstance(x, Dual) else Dual(x)


def _sigmoid(u):
    return (u * u + u + 1) / (u * u + u + 3)


def _polynomial(name):
    """A generic function: u^4 + c u^3 + u, another one for each name; derivatives of any order."""
    coefficients = [Fraction(0), Fraction(1), Fraction(0), Fraction(2 + sum(map(ord, name)) % 7), Fraction(1)]

    def derivative(order):
        found = coefficients
        for _ in range(order):
            found = [k * c for k, c in enumerate(found)][1:]
        return lambda u: sum((c * u**k for k, c in enumerate(found)), Fraction(0))

    return derivative


def _exp(u):
    return u * u + u + 1


def _tanh(u):
    return u / (1 + u * u)


def _step(u):
    """Two values, neither of them zero, so that log(relu(z)) is defined in the stand-ins."""
    return Fraction(2, 3) if u > 0 else Fraction(-1, 5)


def _sqrt(u):
    return (u * u + 2) / 3


ROOT_PI = Fraction(7, 4)
FUNCTIONS = {  # f, f' by the textbook, in the stand-ins
    "sigmoid": (_sigmoid, lambda u: _sigmoid(u) * (1 - _sigmoid(u))),
    "tanh": (_tanh, lambda u: 1 - _tanh(u) ** 2),
    "relu": (lambda u: u * _step(u), lambda u: _step(u)),
    "leaky_relu": (lambda u, s: s * u + (1 - s) * u * _step(u), lambda u, s: s + (1 - s) * _step(u)),
    "softplus": (lambda u: u * u - u, _sigmoid),
    "sign": (lambda u: Fraction(3 if u > 0 else -2, 5), lambda u: Fraction(0)),
    "step": (lambda u: _step(u), lambda u: Fraction(0)),
    "exp": (_exp, _exp),
    "log": (lambda u: u * u - 3 * u, lambda u: 1 / u),
    "sqrt": (_sqrt, lambda u: 1 / (2 * _sqrt(u))),
    "erf": (lambda u: u**3, lambda u: 2 * _exp(-u * u) / ROOT_PI),
}


def apply(name, x, *more, order=0):
    """f(x), or f'(x), on a dual number."""
    x = dual(x)
    if name in FUNCTIONS:
        f, slope = FUNCTIONS[name]
        if order == 0:
            return Dual(f(x.value, *more), slope(x.value, *more) * x.slope)
        assert order == 1
        assert x.slope == 0
        return Dual(slope(x.value, *more))
    family = _polynomial(name)
    return Dual(family(order)(x.value), family(order + 1)(x.value) * x.slope)


def loss(first, *others):
    """A generic loss: any function that couples all entries of its arguments."""
    mixed = sum(((k + 2) * x for k, x in enumerate(first)), Dual(0))
    rest = sum(((k + 1) * y for k, y in enumerate(v for o in others for v in o)), Dual(0))
    return sum((x**3 for x in map(dual, first)), Dual(0)) + mixed * mixed * Fraction(1, 2) + mixed * rest


def loss_gradient(first, *others):
    """Its partial derivatives in the entries of the first argument, each by one dual number."""
    return [
        Dual(loss([Dual(dual(x).value, k == i) for i, x in enumerate(first)], *others).slope) for k in range(len(first))
    ]


# ---------------------------------------------------------------- SymPy expressions


def rows_columns(expr, env):
    return tuple(int(s) if s.is_Integer else env[str(s)] for s in expr.shape)


def value(expr, env):
    """A matrix expression as a list of rows; a number as a Dual.  env: names -> rows, numbers, or sizes."""
    if not getattr(expr, "is_Matrix", False):
        return number(expr, env)
    if isinstance(expr, MatrixSymbol):
        return env[expr.name]
    n, m = rows_columns(expr, env)
    if isinstance(expr, OneMatrix | ZeroMatrix):
        return [[Dual(isinstance(expr, OneMatrix)) for _ in range(m)] for _ in range(n)]
    if isinstance(expr, Identity):
        return [[Dual(i == j) for j in range(m)] for i in range(n)]
    if isinstance(expr, MatMul):
        c, (first, *rest) = expr.as_coeff_matrices()
        found = value(first, env)
        for right in (value(f, env) for f in rest):
            found = [[sum((a * b for a, b in zip(row, col, strict=True)), Dual(0)) for col in zip(*right, strict=True)]
                     for row in found]  # fmt: skip
        return [[number(c, env) * x for x in row] for row in found]
    if isinstance(expr, Transpose):
        return [list(col) for col in zip(*value(expr.arg, env), strict=True)]
    if isinstance(expr, LossGradient):
        flat = iter(loss_gradient(*(entries(value(a, env)) for a in expr.args[1:])))
        return [[next(flat) for _ in range(m)] for _ in range(n)]
    parts = [value(p, env) for p in expr.args if getattr(p, "is_Matrix", False)]
    if isinstance(expr, MatAdd | HadamardProduct):
        join = sum_of if isinstance(expr, MatAdd) else prod
        return [[join(p[i][j] for p in parts) for j in range(m)] for i in range(n)]
    (inner,) = parts
    if isinstance(expr, HadamardPower):
        return [[x ** fraction(expr.args[1]) for x in row] for row in inner]
    if isinstance(expr, ElementwiseApplyFunction):
        (u,), body = expr.function.variables, expr.function.expr
        return [[number(body, {**env, str(u): x}) for x in row] for row in inner]
    if isinstance(expr, DiagMatrix):
        return [[inner[i][0] if i == j else Dual(0) for j in range(n)] for i in range(n)]
    assert isinstance(expr, Softmax | LogSumExp), type(expr)
    lines = list(zip(*inner, strict=True)) if expr.axis == 0 else inner
    powers = [[apply("exp", x) for x in line] for line in lines]
    if isinstance(expr, Softmax):
        found = [[x * sum_of(line) ** Fraction(-1) for x in line] for line in powers]
    else:
        found = [[apply("log", sum_of(line))] for line in powers]
    return [list(col) for col in zip(*found, strict=True)] if expr.axis == 0 else found


def number(expr, env):
    """A scalar expression."""
    if isinstance(expr, Rational):
        return Dual(fraction(expr))
    if expr.is_Symbol:
        return dual(env[str(expr)])
    if isinstance(expr, Total):
        return sum_of(entries(value(expr.args[0], env)))
    if isinstance(expr, Trace):
        return sum_of(row[i] for i, row in enumerate(value(expr.arg, env)))
    if isinstance(expr, GenericLoss):
        return loss(*(entries(value(a, env)) for a in expr.args[1:]))
    if expr.is_Add or expr.is_Mul:
        return (sum_of if expr.is_Add else prod)(number(a, env) for a in expr.args)
    if expr.is_Pow and expr.exp.is_Integer:
        return number(expr.base, env) ** fraction(expr.exp)
    if expr.is_Pow and expr.base == pi:
        return Dual(ROOT_PI) ** fraction(2 * expr.exp)
    if expr.is_Pow:
        return apply("sqrt", number(expr.base, env)) ** fraction(2 * expr.exp)
    if isinstance(expr, Derivative):
        (inner,) = expr.expr.args
        return apply(expr.expr.func.__name__, number(inner, env), order=int(expr.derivative_count))
    inner, *more = expr.args
    assert isinstance(expr, AppliedUndef) or expr.func.__name__ in FUNCTIONS, expr
    return apply(expr.func.__name__, number(inner, env), *map(fraction, more))


def sum_of(parts):
    return sum(parts, Dual(0))


def fraction(x):
    return Fraction(int(x.p), int(x.q))


def entries(rows):
    return [x for row in rows for x in row]


ARGUMENT = Symbol("argument")


def same(left, right):
    """The same formula but for the order of sums and of entry-by-entry products, which SymPy sorts for its users.

    Nothing is simplified: 1 (1^T Y) and A * 1 1^T are not the formulas that they are equal to.
    """
    return _sorted(left) == _sorted(right)


def _sorted(expr):
    """A formula as nested tuples."""
    if isinstance(expr, ElementwiseApplyFunction):
        return "f", expr.function.expr.xreplace({expr.function.variables[0]: ARGUMENT}), _sorted(expr.expr)
    if isinstance(expr, MatAdd | HadamardProduct):
        return type(expr).__name__, sorted(map(_sorted, _terms(expr)), key=str)
    if isinstance(expr, MatMul):
        c, factors = expr.as_coeff_matrices()
        return (c, *map(_sorted, factors)) if c != 1 or len(factors) > 1 else _sorted(factors[0])
    if getattr(expr, "is_Matrix", False) and expr.args and not isinstance(expr, MatrixSymbol):
        return type(expr).__name__, *map(_sorted, expr.args)
    return expr


def _terms(expr):
    """a + (b + c) is a + b + c."""
    return [t for part in expr.args for t in (_terms(part) if isinstance(part, type(expr)) else [part])]


# ---------------------------------------------------------------- programs and derivations


def random_values(program, seed=0, sizes=None):
    """Small exact fractions for every variable that no equation defines; facts about Y hold."""
    source = random.Random(seed)
    free = [s for n, s in program.symbols.items() if n not in program.by_name]
    env = dict(sizes or {})
    for n in dict.fromkeys(n for s in program.symbols.values() for n in getattr(s, "shape", ())):
        if not n.is_Integer:
            env.setdefault(str(n), 2 + (len(env) + 1) % 2)

    def entry():
        return Dual(Fraction(source.choice([-3, -2, -1, 1, 2, 3]), source.randint(1, 4)))

    for s in free:
        shape = rows_columns(s, env) if getattr(s, "is_Matrix", False) else None
        env[str(s)] = entry() if shape is None else [[entry() for _ in range(shape[1])] for _ in range(shape[0])]
    for fact in program.facts:
        (Y,) = [a for a in fact.left.args if isinstance(a, MatrixSymbol)]
        for t, column in enumerate(zip(*env[Y.name], strict=True)):
            env[Y.name][-1][t] = Dual(1 - sum(x.value for x in column[:-1]))
    return env


def forward(program, env, seed=None):
    """All values of a program; seed = (name, i, j) moves one entry of one variable."""
    env = dict(env)

    def move(name):
        if seed and seed[0] == name:
            rows, (_, i, j) = env[name], seed
            if not isinstance(rows, list):
                env[name] = Dual(rows.value, 1)
            else:
                env[name] = [[Dual(x.value, (a, b) == (i, j)) for b, x in enumerate(r)] for a, r in enumerate(rows)]

    for name in list(env):
        move(name)
    for equation in program.equations:
        env[str(equation.lhs)] = value(equation.rhs, env)
        move(str(equation.lhs))
    return env


def slopes(program, env, name):
    """dJ/d(name), entry by entry: one forward pass for each."""
    here = forward(program, env)[name]
    last = program.equations[-1].lhs
    shape = (len(here), len(here[0])) if isinstance(here, list) else (1, 1)
    found = []
    for i, j in every(*map(range, shape)):
        J = forward(program, env, (name, i, j))[str(last)]
        found.append((entries(J)[0] if isinstance(J, list) else J).slope)
    return found


def flat(found):
    return [x.value for x in entries(found)] if isinstance(found, list) else [found.value]


def disagreements(derivation, seed=0, sizes=None):
    """The equations of a derivation whose value is not `factor` times the exact derivative (parameters: times 1)."""
    program = derivation.program
    data = random_values(program, seed, sizes)
    env, wrong = forward(program, data), []
    factor = number(derivation.factor, env).value
    for equation in derivation.equations:
        name = str(equation.lhs)[1:]
        env[f"d{name}"] = value(equation.rhs, env)
        scale = 1 if name in map(str, program.parameters) else factor
        if flat(env[f"d{name}"]) != [scale * s for s in slopes(program, data, name)]:
            wrong.append(f"d{name}")
    return wrong


# ---------------------------------------------------------------- index expressions


def element(e, env, at=()):
    """One entry of an index expression; `at` gives the values of its free indices."""
    at = dict(at)

    def place(p):
        return (
            at[p] if isinstance(p, ix.Index) else p.index and at[p.index] + p.offset if isinstance(p, ix.Shifted) else p
        )

    def size(i):
        return i.size if isinstance(i.size, int) else env[i.size]

    def array(a):
        return [
            element(a.body, env, at | dict(zip(a.indices, k, strict=True)))
            for k in every(*(range(size(i)) for i in a.indices))
        ]

    match e:
        case ix.Number(v):
            return Dual(v)
        case ix.Dim(name):
            return Dual(env[name])
        case ix.Entry(name, ()):
            return dual(env[name])
        case ix.Entry(name, (i, j)):
            return env[name][place(i)][place(j)]
        case ix.Delta(i, j):
            return Dual(place(i) == place(j))
        case ix.Positive(u):
            return apply("step", element(u, env, at))
        case ix.Add(parts):
            return sum_of(element(p, env, at) for p in parts)
        case ix.Mul(parts):
            return prod((element(p, env, at) for p in parts), start=Dual(1))
        case ix.Pow(base, p):
            return element(base, env, at) ** p
        case ix.Sum(i, body):
            return sum_of(element(body, env, at | {i: k}) for k in range(size(i)))
        case ix.Apply(f, order, u):
            return apply(f, element(u, env, at), order=order)
        case ix.ScalarFunction(_, arguments, ()):
            return loss(*map(array, arguments))
        case ix.ScalarFunction(_, arguments, ((0, where),)):
            every_place = list(every(*(range(size(i)) for i in arguments[0].indices)))
            here = tuple(place(p) for p, i in zip(_matching(where, arguments[0]), arguments[0].indices, strict=True))
            return loss_gradient(*map(array, arguments))[every_place.index(here)]
    raise AssertionError(f"no such index expression: {e}")


def _matching(where, array):
    """The positions that belong to the indices of an array: a column's second position is always 0."""
    return where if len(where) == len(array.indices) else tuple(p for p in where if p != 0)
