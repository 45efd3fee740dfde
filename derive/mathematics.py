"""SymPy expressions -> layouts: one case per node type, brackets where the reader needs them."""

from __future__ import annotations

from typing import Any

from sympy import (
    Add,
    Derivative,
    Function,
    HadamardPower,
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixSymbol,
    Mul,
    NumberSymbol,
    Pow,
    Rational,
    Symbol,
    Trace,
    Transpose,
)
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix
from sympy.matrices.expressions.special import Identity, OneMatrix, ZeroMatrix

from .errors import UnknownNode
from .functions import BY_NAME, canonical, composed_of, derivative_of, generic_of, row_of, sigmoid, step, z
from .layout import (
    COMMA,
    EQUALS,
    MINUS,
    PLUS,
    SUM,
    THIN,
    Big,
    Bracket,
    Fraction,
    Layout,
    Name,
    Root,
    Row,
    Scripts,
    Sign,
    letter,
    number,
    row,
)
from .nodes import ONE, GenericLoss, LogSumExp, LossGradient, Softmax, Total, reading_order, split
from .notation import Notation, notation

SUM_LEVEL, HADAMARD_LEVEL, PRODUCT_LEVEL, ATOM = range(4)  # what binds how tightly
HALF = Rational(1, 2)
TRANSPOSED = Name("T", "T")
BOLD_ONE = Name(r"\mathbf{1}", "1")


def layout(expr: Any, style: str | Notation = "ng") -> Layout:
    """The layout of an expression in a notation."""
    return Writer(notation(style)).write(expr)


def equation(left: Any, right: Any, style: str | Notation = "ng") -> Layout:
    """left = right."""
    return row(layout(left, style), EQUALS, layout(right, style))


class Writer:
    """Writes expressions in one notation."""

    def __init__(self, style: Notation, primes: bool = True) -> None:
        self.style = style
        self.primes = primes  # may sigma(u) (1 - sigma(u)) be written sigma'(u)?

    def write(self, expr: Any, level: int = SUM_LEVEL) -> Layout:
        """The layout; in brackets if it binds less tightly than `level`."""
        own, found = self.dispatch(expr)
        return Bracket(found) if own < level else found

    def dispatch(self, expr: Any) -> tuple[int, Layout]:
        """(how tightly it binds, its layout)."""
        match expr:
            case MatrixSymbol() | Symbol():
                found = self.style.variable(str(expr))
                return (PRODUCT_LEVEL if self.style.is_product(str(expr)) else ATOM), found
            case OneMatrix():
                return ATOM, self.ones(expr)
            case ZeroMatrix():
                return ATOM, number(0)
            case Identity():
                return ATOM, Scripts(letter("I"), None, self.write(expr.shape[0]))
            case MatAdd():
                return SUM_LEVEL, self.sum(reading_order(expr.args))
            case Add():
                return SUM_LEVEL, self.sum(expr.as_ordered_terms())
            case MatMul() | Mul() | HadamardProduct():
                return self.product(expr)
            case HadamardPower():
                return self.power(expr)
            case Transpose():
                return ATOM, self.transposed(expr.arg)
            case ElementwiseApplyFunction():
                return self.applied(canonical(expr.function), expr.expr)
            case Softmax():
                return ATOM, self.call(Name(r"\operatorname{softmax}", "softmax", True), expr.matrix)
            case LogSumExp():
                return ATOM, self.call(Name(r"\operatorname{lse}", "logsumexp", True), expr.matrix)
            case DiagMatrix():
                return ATOM, self.diagonal(expr)
            case Total():
                return PRODUCT_LEVEL, self.total(expr.args[0])
            case Trace():
                return ATOM, self.call(Name(r"\operatorname{tr}", "tr", True), expr.arg)
            case GenericLoss():
                inside = [
                    q for k, p in enumerate(expr.args[1:]) for q in ((COMMA, self.write(p)) if k else (self.write(p),))
                ]
                return ATOM, row(letter(str(expr.args[0])), Bracket(row(*inside)))
            case LossGradient():
                base = Scripts(Name(r"\nabla", "∇"), None, self.write(expr.args[1]))
                return ATOM, row(base, letter(str(expr.args[0])))
            case Rational():
                return self.rational(expr)
            case NumberSymbol():
                return ATOM, letter(str(expr))
            case Pow():
                return self.scalar_power(expr)
            case Derivative() if isinstance(expr.expr, AppliedUndef | sigmoid):
                return ATOM, row(self.primed(self.function_name(expr.expr), 1), Bracket(self.write(expr.variables[0])))
            case Function():
                return self.scalar_function(expr)
        raise UnknownNode("the printer", expr)

    def ones(self, expr: Any) -> Layout:
        """1_m, 1_m^T, or 1_{n x m}."""
        rows, columns = expr.shape
        if rows == columns == 1:
            return number(1)
        if columns == 1:
            return Scripts(BOLD_ONE, None, self.write(rows))
        if rows == 1:
            return Scripts(BOLD_ONE, TRANSPOSED, self.write(columns))
        return Scripts(BOLD_ONE, None, row(self.write(rows), Sign(r"\times", "×"), self.write(columns)))

    def sum(self, terms: Any) -> Layout:
        """a + b - c; a matrix of ones in a sum is the number 1 added to every entry."""
        parts: list[Layout] = []
        for k, term in enumerate(terms):
            c, rest = _coefficient(term)
            negative = c.could_extract_minus_sign()
            if negative:
                parts.append(MINUS)
            elif k:
                parts.append(PLUS)
            shown = _times(-c if negative else c, rest)
            parts.append(self.one_in_sum(shown))
        return row(*parts)

    def one_in_sum(self, term: Any) -> Layout:
        c, rest = _coefficient(term)
        if isinstance(rest, OneMatrix):
            return self.write(c, HADAMARD_LEVEL)
        return self.write(term, HADAMARD_LEVEL)

    def product(self, expr: Any) -> tuple[int, Layout]:
        """c A B, c A * B: the number first, as a fraction where it is one."""
        c, rest = _coefficient(expr)
        if c.could_extract_minus_sign():
            return SUM_LEVEL, row(MINUS, self.write(_times(-c, rest), HADAMARD_LEVEL))
        if isinstance(rest, HadamardProduct):
            body = self.hadamard(rest)
            level = PRODUCT_LEVEL if isinstance(body, Fraction) else HADAMARD_LEVEL
        elif isinstance(rest, MatMul | Mul):
            level, body = PRODUCT_LEVEL, spaced(*(self.factor(f) for f in _factors(rest, self.primes)))
        else:
            level, body = PRODUCT_LEVEL, self.write(rest, PRODUCT_LEVEL)
        if c == 1:
            return level, body
        if rest == 1:
            return PRODUCT_LEVEL, self.number(c)
        return PRODUCT_LEVEL, spaced(self.number(c), Bracket(body) if level == HADAMARD_LEVEL else body)

    def factor(self, expr: Any) -> Layout:
        """A factor of a matrix product; a gradient that is m times a derivative stands in brackets."""
        return self.write(expr, ATOM if self.style.is_product(str(expr)) else PRODUCT_LEVEL)

    def number(self, c: Any) -> Layout:
        """A coefficient: 1/m as a fraction."""
        top, bottom = c.as_numer_denom()
        if bottom == 1:
            return self.plain_product(top)
        return Fraction(self.plain_product(top), self.plain_product(bottom))

    def plain_product(self, c: Any) -> Layout:
        return row(*(self.write(f, PRODUCT_LEVEL) for f in (_factors(c) if isinstance(c, Mul) else [c])))

    def hadamard(self, expr: Any) -> Layout:
        """A * B, factors of negative power below a fraction line."""
        above = [f for f in expr.args if not _below(f)]
        below = [HadamardPower(f.args[0], -f.args[1]) if f.args[1] != -1 else f.args[0] for f in expr.args if _below(f)]
        top = self.joined(above) if above else number(1)
        return Fraction(top, self.joined(below)) if below else top

    def joined(self, factors: list[Any]) -> Layout:
        if len(factors) == 1:
            return self.write(factors[0])
        parts: list[Layout] = []
        for factor in factors:
            parts += [self.style.hadamard, self.write(factor, PRODUCT_LEVEL)]
        return row(*parts[1:])

    def power(self, expr: Any) -> tuple[int, Layout]:
        """A to a power, entry by entry."""
        base, p = expr.args
        if p.is_negative:
            below = base if p == -1 else HadamardPower(base, -p)
            return PRODUCT_LEVEL, Fraction(number(1), self.write(below))
        return ATOM, Scripts(self.raised(base), row(Sign(r"\circ", "∘"), self.write(p)))

    def raised(self, base: Any) -> Layout:
        """A base that takes a superscript: bracketed unless it is a bare name."""
        found = self.write(base, ATOM)
        return Bracket(found) if isinstance(found, Scripts) and found.up is not None else found

    def transposed(self, arg: Any) -> Layout:
        """W^T; W^[1]T in ng, (W^l)^T in nielsen."""
        found = self.write(arg, ATOM)
        if isinstance(found, Scripts) and found.up is not None and self.style.square:
            return Scripts(found.base, row(found.up, TRANSPOSED), found.down)
        several = isinstance(found, Row | Fraction) or (isinstance(found, Scripts) and found.up is not None)
        return Scripts(Bracket(found) if several else found, TRANSPOSED)

    def call(self, name: Layout, arg: Any) -> Layout:
        return row(name, Bracket(self.write(arg)))

    def applied(self, body: Any, arg: Any) -> tuple[int, Layout]:
        """f(Z), f'(Z) by name; a function without a name is written out."""
        if (name := self.named(body)) is not None:
            return ATOM, self.call(name, arg)
        inner = Symbol("argument")
        shown = Entrywise(self.style, {inner: self.write(arg, ATOM)}).dispatch(body.xreplace({z: inner}))
        return (HADAMARD_LEVEL if shown[0] == PRODUCT_LEVEL else shown[0]), shown[1]

    def named(self, body: Any) -> Layout | None:
        """sigma, tanh', g, g^[1]' for a function of z."""
        if generic := generic_of(body):
            name = self.style.function(generic[0])
            return self.primed(name, generic[1])
        if derivative := derivative_of(body):
            return self.primed(self.elementary(derivative.name), 1)
        if found := composed_of(body):
            return self.primed(self.elementary(found[0]), found[1])
        return self.elementary(known.name) if (known := row_of(body)) else None

    def elementary(self, name: str) -> Layout:
        """sigma, tanh, silu"""
        code = BY_NAME[name].latex if name in BY_NAME else rf"\operatorname{{{name}}}"
        return Name(code, "σ" if name == "sigmoid" else name, True)

    def primed(self, name: Layout, order: int) -> Layout:
        if order == 0:
            return name
        prime = Sign(r"\prime" * order, "'" * order)
        if isinstance(name, Scripts) and name.up is not None:
            return Scripts(name.base, row(name.up, prime))
        return Scripts(name, prime)

    def diagonal(self, expr: Any) -> Layout:
        """Sigma'(z) for the diagonal matrix of f'(z), else diag(v)."""
        inside = expr.args[0]
        if isinstance(inside, ElementwiseApplyFunction):
            body = canonical(inside.function)
            if derivative_of(body) or (generic_of(body) or composed_of(body) or ("", 0))[1] == 1:
                return self.call(Scripts(Name(r"\Sigma", "Σ"), Sign(r"\prime", "'")), inside.expr)
        return self.call(Name(r"\operatorname{diag}", "diag", True), inside)

    def total(self, matrix: Any) -> Layout:
        """sum over all entries: sum_{j,i} [ ... ]_{ji}, or sum_j [ ... ]_j for a column."""
        indices = letter("j") if matrix.shape[1] == 1 else row(letter("j"), COMMA, letter("i"))
        entry = letter("j") if matrix.shape[1] == 1 else row(letter("j"), letter("i"))
        return Big(SUM, indices, Scripts(Bracket(self.write(matrix), square=True), None, entry))

    def rational(self, expr: Any) -> tuple[int, Layout]:
        if expr.q == 1:
            return (ATOM if expr.p >= 0 else SUM_LEVEL), (
                number(expr.p) if expr.p >= 0 else row(MINUS, number(-expr.p))
            )
        top = Fraction(number(abs(expr.p)), number(expr.q))
        return (PRODUCT_LEVEL, top) if expr.p > 0 else (SUM_LEVEL, row(MINUS, top))

    def scalar_power(self, expr: Any) -> tuple[int, Layout]:
        base, p = expr.as_base_exp()
        if p.could_extract_minus_sign():
            return PRODUCT_LEVEL, Fraction(number(1), self.write(base**-p))
        if p == HALF:
            return ATOM, Root(self.write(base))
        found = self.raised(base)
        layered = base == z and not self.style.square  # z^2 is z of layer 2 there
        return ATOM, Scripts(Bracket(found) if layered else found, self.write(p))

    def function_name(self, expr: Any) -> Layout:
        if not isinstance(expr, AppliedUndef):
            if (known := row_of(expr.func(z, *expr.args[1:]))) is None:
                raise UnknownNode("the printer", expr)
            return self.elementary(known.name)
        name = expr.func.__name__
        if "_" in name:
            base, sub = name.split("_", 1)
            return Scripts(letter(base), None, letter(sub))
        return self.style.function(name)

    def scalar_function(self, expr: Any) -> tuple[int, Layout]:
        if isinstance(expr, AppliedUndef):
            return ATOM, row(self.function_name(expr), Bracket(self.write(expr.args[0])))
        if isinstance(expr, step):
            return ATOM, Bracket(row(self.write(expr.args[0]), Sign(">", ">"), number(0)), square=True)
        name = self.named(expr.func(z, *expr.args[1:]))
        if name is None:
            raise UnknownNode("the printer", expr)
        return ATOM, row(name, Bracket(self.write(expr.args[0])))


def spaced(*parts: Layout) -> Layout:
    """Factors with a thin space between them."""
    return row(*(q for k, p in enumerate(parts) for q in ((THIN, p) if k else (p,))))


class Named(Writer):
    """A writer to which some symbols have been given their layouts."""

    def __init__(self, style: Notation, names: dict[Any, Layout]) -> None:
        super().__init__(style)
        self.names = names

    def dispatch(self, expr: Any) -> tuple[int, Layout]:
        return (ATOM, self.names[expr]) if expr in self.names else super().dispatch(expr)


class Entrywise(Named):
    """Writes a formula in numbers as one in matrices, entry by entry: Z * exp(Z), powers with a circle."""

    def product(self, expr: Any) -> tuple[int, Layout]:
        c, rest = _coefficient(expr)
        moving = [f for f in _factors(rest) if not (isinstance(f, Pow) and f.exp.could_extract_minus_sign())]
        below = [f**-1 for f in _factors(rest) if f not in moving]
        if c.could_extract_minus_sign() or not isinstance(rest, Mul):
            return super().product(expr)
        top = self.joined(moving) if moving else number(1)
        body = Fraction(top, self.joined(below)) if below else top
        if c == 1:
            return HADAMARD_LEVEL, body
        return PRODUCT_LEVEL, spaced(self.number(c), Bracket(body) if not below and len(moving) > 1 else body)

    def scalar_power(self, expr: Any) -> tuple[int, Layout]:
        base, p = expr.as_base_exp()
        if base.free_symbols.isdisjoint(self.names):
            return super().scalar_power(expr)
        if p.could_extract_minus_sign():
            return PRODUCT_LEVEL, Fraction(number(1), self.write(base**-p))
        return ATOM, Scripts(self.raised(base), row(Sign(r"\circ", "∘"), self.write(p)))


def _coefficient(term: Any) -> tuple[Any, Any]:
    """c A -> (c, A), for matrices and numbers."""
    if getattr(term, "is_Matrix", False):
        return split(term)
    if isinstance(term, Mul):
        moving = term.has(Total, Trace, GenericLoss)
        constants = [f for f in term.args if f.is_number or _is_size_power(f)
                     or (moving and not f.has(Total, Trace, GenericLoss))]  # fmt: skip
        return Mul(*constants), Mul(*(f for f in term.args if f not in constants))
    return (term, ONE) if isinstance(term, Rational) else (ONE, term)


def _is_size_power(factor: Any) -> bool:
    """1/m: a negative power of a plain symbol goes into the coefficient."""
    return isinstance(factor, Pow) and factor.exp.is_negative is True and factor.base.is_Symbol


def _times(c: Any, rest: Any) -> Any:
    if not getattr(rest, "is_Matrix", False):
        return c * rest
    if c == 1:
        return rest
    return MatMul(c, *(rest.args if isinstance(rest, MatMul) else (rest,)))


def _factors(expr: Any, primes: bool = True) -> Any:
    """The factors in reading order; sigma(u) (1 - sigma(u)) of numbers is sigma'(u)."""
    if isinstance(expr, MatMul):
        return expr.args
    factors = list(expr.as_ordered_factors())
    for found in [f for f in factors if isinstance(f, sigmoid) and primes]:
        if 1 - found in factors and found.args[0].is_Symbol:
            factors = [f for f in factors if f not in (found, 1 - found)]
            factors.insert(0, Derivative(found, found.args[0], evaluate=False))
    return factors


def _below(factor: Any) -> bool:
    return isinstance(factor, HadamardPower) and bool(factor.args[1].is_negative)
