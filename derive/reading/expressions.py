r"""LaTeX -> the SymPy expressions that print so: `from_latex` undoes the printer, and reads handwriting.

from_latex(r"dW^{[2]} = \frac{1}{m} dZ^{[2]} A^{[1]T}", net)      Eq(dW2, dZ2*A1.T/m)
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from sympy import (
    Eq,
    Function,
    HadamardPower,
    HadamardProduct,
    Integer,
    MatMul,
    MatrixSymbol,
    Rational,
    Symbol,
    Transpose,
    pi,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix
from sympy.matrices.expressions.special import Identity, OneMatrix
from sympy.matrices.expressions.trace import Trace

from ..errors import DeriveError
from ..functions import BY_NAME, canonical, composed, prime, step, z
from ..nodes import (
    GenericLoss,
    LogSumExp,
    LossGradient,
    Softmax,
    add,
    elementwise,
    hadamard,
    ones,
    product,
    scale,
    split,
    total,
    transpose,
)
from ..notation import Notation, notation
from ..program import Program
from ..shapes import shape_of, text
from . import formula as f
from .errors import LatexError, UnknownName
from .meaning import Habits, read_formula


def from_latex(written: str, program: Program, style: str | Notation = "ng", mean: str = "late") -> Any:
    """The expression, or the equation, that a formula says about a program.

    dZ is m dJ/dZ with mean="late", and dJ/dZ with mean="early", as in `backprop`.  Raises LatexError,
    with an offset, for what cannot be read or has names that the program does not have.
    """
    if mean not in ("late", "early"):
        raise DeriveError(f"mean must be 'late' or 'early', not {mean!r}")
    names = Names([program], notation(style), mean=mean)
    statements = read_formula(written, names.habits)
    if len(statements) != 1:
        raise LatexError(0, f"expected one formula, found {len(statements)}")
    sides = [Reader(names).read(side) for side in statements[0].sides if side is not None]
    if len(sides) == 1:
        return sides[0]
    if len(sides) > 2 or statements[0].signs != ("=",):
        raise LatexError(0, "expected an expression or one equation")
    return Eq(sides[0], sides[1], evaluate=False)


class Names:
    """Symbols by the names that a notation prints: those of programs, of their gradients and sizes, and others."""

    def __init__(
        self, programs: Iterable[Program], style: Notation, others: Iterable[Any] = (), mean: str = "late"
    ) -> None:
        self.style = style
        self.times: dict[Any, Any] = {}  # Z1 -> m, where dZ1 is m dJ/dZ1
        self.losses: dict[Any, GenericLoss] = {}
        self.activations: dict[Any, Any] = {}  # Z1 -> f(z)
        self.symbols: dict[str, Any] = {str(s): s for s in others}
        for program in programs:
            for equation in program.equations:
                self._note(equation.rhs)
            for name, symbol in program.symbols.items():
                self._add(name, symbol)
            if mean == "late" and program.samples is not None:
                self.times |= {e.lhs: program.samples for e in program.equations}

    def _note(self, expr: Any) -> None:
        """Generic losses, activations, sizes and numbers of an equation."""
        self.losses |= {loss.args[1]: loss for loss in expr.atoms(GenericLoss)}
        if isinstance(expr, ElementwiseApplyFunction):
            self.activations.setdefault(expr.expr, canonical(expr.function))
        self.symbols |= {str(s): s for s in expr.free_symbols if isinstance(s, Symbol)}

    def _add(self, name: str, symbol: Any) -> None:
        shape = shape_of(symbol)
        self.symbols[name] = symbol
        self.symbols.setdefault(f"d{name}", Symbol(f"d{name}") if shape is None else MatrixSymbol(f"d{name}", *shape))

    @property
    def habits(self) -> Habits:
        names = {n for n in self.symbols if "_" in n or n.endswith("'")}
        functions = frozenset({"g", "h", "f", "sigma", "Sigma"}) - self.symbols.keys()
        losses = {str(x.args[0]) for x in self.losses.values()} | {"C", "L", "J"}
        return Habits(self.style.square, functions, frozenset(losses - self.symbols.keys()), frozenset(names))

    def name(self, v: f.Var) -> str:
        """Z1 for Z^[1], or for Z^2 where the input is layer 1."""
        letter = v.letter
        gradient = v.is_gradient
        if letter in ("delta", "Delta") and not gradient and "delta" not in self.symbols:
            letter, gradient = ("z" if letter == "delta" else "Z"), True
        found = ("d" if gradient else "") + letter + (self.layer(v.layer) if v.layer is not None else "")
        if found not in self.symbols and f"{found}_{v.sub}" in self.symbols:
            return f"{found}_{v.sub}"
        return found

    def layer(self, place: f.Place) -> str:
        return str(place) if place.letter else str(place.offset - self.style.shift)


class Reader:
    """One method for each kind of formula."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def read(self, formula: f.Formula) -> Any:
        method = getattr(self, f"_{type(formula).__name__.lower()}", None)
        if method is None:
            raise LatexError(formula.at, "this is not read as a matrix expression")
        return method(formula)

    def _num(self, n: f.Num) -> Any:
        return Rational(n.value.numerator, n.value.denominator)

    def _var(self, v: f.Var) -> Any:
        name = self.names.name(v)
        if name == "pi" and name not in self.names.symbols:
            return pi
        if name not in self.names.symbols:
            raise UnknownName(
                v.at, f"unknown name {name}", f"the program has {', '.join(list(self.names.symbols)[:12])}"
            )
        return self.names.symbols[name]

    def _add(self, a: f.Add) -> Any:
        """A number in a sum of matrices is added to every entry."""
        terms = [self.read(t) for t in a.terms]
        shape = next((t.shape for t in terms if _is_matrix(t)), None)
        if shape is None:
            return add(*terms)
        return add(*(t if _is_matrix(t) else scale(t, OneMatrix(*shape)) for t in terms))

    def _neg(self, n: f.Neg) -> Any:
        inner = self.read(n.inner)
        return scale(-1, inner) if _is_matrix(inner) else -inner

    def _mul(self, m: f.Mul) -> Any:
        factors = [self.read(x) for x in m.factors]
        if not any(map(_is_matrix, factors)):
            result = Integer(1)
            for factor in factors:
                result = result * factor
            return result
        return _product(factors, m.at)

    def _hadamard(self, h: f.Hadamard) -> Any:
        factors = [self.read(x) for x in h.factors]
        if not any(map(_is_matrix, factors)):
            return self._mul(f.Mul(h.factors, at=h.at))
        return hadamard(*factors)

    def _div(self, d: f.Div) -> Any:
        top, bottom = self.read(d.top), self.read(d.bottom)
        if not _is_matrix(bottom):
            return scale(1 / bottom, top) if _is_matrix(top) else top / bottom
        below = [_inverted(x) for x in (bottom.args if isinstance(bottom, HadamardProduct) else (bottom,))]
        if not _is_matrix(top):
            return scale(top, hadamard(*below))
        return hadamard(top, *below)

    def _power(self, p: f.Power) -> Any:
        if isinstance(p.base, f.Var) and p.base.letter == "e" and "e" not in self.names.symbols:
            return elementwise("exp", self.read(p.exponent))
        base, exponent = self.read(p.base), self.read(p.exponent)
        if _is_matrix(base) and not p.circle:
            raise LatexError(p.at, "a power of a matrix", r"write A^{\circ 2} entry by entry")
        return HadamardPower(base, exponent) if _is_matrix(base) else base**exponent

    def _transposed(self, t: f.Transposed) -> Any:
        inner = self.read(t.inner)
        return Transpose(inner) if isinstance(inner, MatrixSymbol) else transpose(inner)

    def _ones(self, o: f.Ones) -> Any:
        sizes = [self.read(s) for s in o.sizes]
        if len(sizes) == 2:
            return ones(*sizes)
        return ones(1, sizes[0]) if o.transposed else ones(sizes[0])

    def _unit(self, u: f.Unit) -> Any:
        if u.size is None:
            raise LatexError(u.at, "the identity has a size", "write I_n")
        return Identity(self.read(u.size))

    def _indicator(self, i: f.Indicator) -> Any:
        left, right = self.read(i.left), self.read(i.right)
        return elementwise(step(z), add(left, -right) if right != 0 else left)

    def _over(self, o: f.Over) -> Any:
        """sum_{j,i} [A]_ji is the sum of all entries."""
        inner: f.Formula = o
        indices = []
        while isinstance(inner, f.Over) and inner.sign == "sum" and inner.lower is None and inner.upper is None:
            indices.append(inner.index)
            inner = inner.body
        if isinstance(inner, f.Entry) and {p.letter for p in inner.entry} == set(indices) and len(indices) <= 2:
            return total(self.read(inner.inner))
        raise LatexError(o.at, "of sums, those of all entries are read as a matrix expression")

    def _partial(self, p: f.Partial) -> Any:
        """dJ/dW is the gradient dW; nabla_A C of a generic loss is its own gradient."""
        by = self.read(p.by)
        if isinstance(p.of, f.Var) and p.of.letter == "C" and by in self.names.losses:
            return LossGradient(*self.names.losses[by].args)
        if isinstance(p.of, f.Var) and p.of.letter == "C" and f"d{by}" not in self.names.symbols:
            return LossGradient("C", by)
        if isinstance(p.of, f.Var) and p.of.letter in ("J", "C", "L"):
            found = self._var(f.Var(f"d{by}", at=p.at))
            share = 1 / self.names.times.get(by, Integer(1))
            return scale(share, found) if _is_matrix(found) else share * found
        raise LatexError(p.at, "of derivatives, those of the loss are read as a matrix expression")

    def _apply(self, a: f.Apply) -> Any:
        losses = {str(x.args[0]) for x in self.names.losses.values()}
        arguments = [self.read(x) for x in a.arguments]
        if a.function in losses:
            return GenericLoss(a.function, *arguments)
        simple = {"softmax": Softmax, "lse": LogSumExp, "trace": Trace, "diag": DiagMatrix}
        if a.function in simple and len(arguments) == 1:
            return simple[a.function](arguments[0])
        if a.function == "np.sum":
            return self.row_sum(a, arguments[0])
        if len(arguments) != 1:
            raise LatexError(a.at, f"{a.function} takes one argument, {len(arguments)} given")
        if a.function == "Sigma" and arguments[0] in self.names.activations:
            return DiagMatrix(elementwise(prime(self.names.activations[arguments[0]]), arguments[0]))
        return elementwise(self.body(a), arguments[0])

    def row_sum(self, a: f.Apply, inner: Any) -> Any:
        """np.sum(A, axis=1, keepdims=True) is A 1."""
        axis = dict(a.options).get("axis")
        if axis is None:
            return total(inner)
        rows, columns = inner.shape
        return product(inner, ones(columns)) if axis == f.Num(1) else product(ones(1, rows), inner)  # type: ignore[arg-type]

    def body(self, a: f.Apply) -> Any:
        """f(z) or f'(z) as the table of functions has it."""
        name, layer = a.function, self.names.layer(a.layer) if a.layer is not None else ""
        name = "sigmoid" if name == "sigma" else name
        known = name in BY_NAME or name in composed()
        found = canonical(name) if known and name != "step" else step(z) if known else Function(f"{name}{layer}")(z)
        for _ in range(a.order):
            found = prime(found)
        return found


def _product(factors: list[Any], at: int) -> Any:
    """c A B: numbers first, nothing else changed.  Raises LatexError for shapes that do not fit."""
    c: Any = Integer(1)
    matrices: list[Any] = []
    for factor in factors:
        k, rest = split(factor) if _is_matrix(factor) else (factor, None)
        c = c * k
        matrices += [] if rest is None else rest.args if isinstance(rest, MatMul) else [rest]
    for left, right in pairwise(matrices):
        if left.shape[1] != right.shape[0]:
            raise LatexError(at, f"cannot multiply {left}: {text(left.shape)} by {right}: {text(right.shape)}",
                             "inner dimensions must agree")  # fmt: skip
    return scale(c, MatMul(*matrices) if len(matrices) > 1 else matrices[0])


def _is_matrix(expr: Any) -> bool:
    return bool(getattr(expr, "is_Matrix", False))


def _inverted(factor: Any) -> Any:
    if isinstance(factor, HadamardPower):
        return HadamardPower(factor.args[0], -factor.args[1])
    return HadamardPower(factor, -1)


__all__ = ["Names", "Reader", "from_latex"]
