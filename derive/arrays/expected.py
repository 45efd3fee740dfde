"""The derivative of a loss as a formula that people read: element by element, sums of deltas carried out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..errors import DeriveError
from ..index_layout import IndexWriter
from ..kernel.elementary import DERIVATIVES
from ..kernel.index import Add, Apply, Delta, Expr, Index, Largest, Mul, Number, Sum
from ..kernel.partial import collapse, product, total
from ..kernel.text import text
from ..kernel.walk import bound, fold, nodes, substitute, with_children
from ..latex import latex
from ..mathematics import Writer
from ..notation import NOTATIONS
from . import operations as op
from .elements import TooLarge
from .gradients import element_claim
from .numpy_text import Vocabulary, numpy_text
from .rewriting import weight
from .shapes import Shape
from .values import Declared, Derivative, Value, View

LETTERS = "klpqrstuvabcdefgh"
ROUNDS = 2  # a delta may have to leave an inner sum before the outer one meets it
LONGEST = 300  # nodes of a formula that anybody reads


@dataclass(frozen=True)
class Expected:
    """One element in words, the whole array in NumPy ("" where it has no code), one element in LaTeX."""

    indices: tuple[str, ...]  # of the element
    text: str
    numpy: str
    latex: str


def expected(
    loss: Value, variable: Declared, words: Vocabulary | None = None, wanted: Sequence[bool] = ()
) -> Expected | None:
    """d loss / d variable; None if it is too long to be read.

    `words`: how arrays are written in NumPy; `wanted`: the axes of the result there, False for those of size 1.
    """
    return in_words(Derivative(op.as_scalar(loss, "the loss"), variable), variable.shape, words, wanted)


def in_words(
    value: Value, shape: Shape, words: Vocabulary | None = None, wanted: Sequence[bool] = ()
) -> Expected | None:
    """A value of this shape; None if it is too long to be read."""
    try:
        claim = element_claim(value, View(op.number(0), shape, ()))
    except (TooLarge, RecursionError):
        return None
    if weight(claim.left) > 40 * LONGEST:
        return None
    expr = renamed(simple(claim.left), claim.free)
    if weight(expr) > LONGEST:
        return None
    return Expected(
        tuple(i.name for i in claim.free),
        text(expr),
        _or_nothing(lambda: numpy_text(expr, claim.free, words, wanted)),
        _or_nothing(lambda: latex(IndexWriter(Writer(NOTATIONS["ng"]))(expr))),
    )


def _or_nothing(write: Any) -> str:
    """What cannot be written is left out; the formula stands in words in any case."""
    try:
        return str(write())
    except DeriveError:
        return ""


def simple(e: Expr) -> Expr:
    """Known derivatives written out, products of sums that hold deltas multiplied out, deltas carried out."""
    for _ in range(ROUNDS):
        e = collapse(fold(e, lambda node, below: _drawn_out(_spread(_known(with_children(node, below))))))
    return _without_zeros(e)


def _known(e: Expr) -> Expr:
    if isinstance(e, Apply) and e.order == 1 and e.function in ("exp", "log", "sqrt", "abs", "relu", "log1p"):
        return DERIVATIVES[e.function](e.arg)
    return e


def _spread(e: Expr) -> Expr:
    """a (delta b + c) = a delta b + a c"""
    if not isinstance(e, Mul):
        return e
    for k, f in enumerate(e.factors):
        if isinstance(f, Add) and any(isinstance(n, Delta) for n in nodes((f,))):
            rest = (*e.factors[:k], *e.factors[k + 1 :])
            return total(*(_spread(product(*rest, t)) for t in f.terms))
    return e


def _drawn_out(e: Expr) -> Expr:
    """sum_k delta_ij b_k = delta_ij sum_k b_k"""
    if not isinstance(e, Sum) or not isinstance(e.body, Mul):
        return e
    out = [f for f in e.body.factors if isinstance(f, Delta) and e.index not in (f.left, f.right)]
    inside = [f for f in e.body.factors if f not in out]
    return product(*out, Sum(e.index, product(*inside))) if out and inside else e


def _without_zeros(e: Expr) -> Expr:
    def one(node: Expr, below: tuple[Expr, ...]) -> Expr:
        made = with_children(node, below)
        if isinstance(made, Add):
            return _counted(total(*made.terms))
        if isinstance(made, Mul):
            return product(*made.factors)
        return made.body if isinstance(made, Sum) and made.body == Number(Fraction(0)) else made

    found: Expr = fold(e, one)
    return found


def _counted(e: Expr) -> Expr:
    """a + a = 2 a"""
    if not isinstance(e, Add) or len(set(e.terms)) == len(e.terms):
        return e
    counts = Counter(e.terms)
    return total(*(t if n == 1 else product(Number(Fraction(n)), t) for t, n in counts.items()))


def renamed(e: Expr, free: tuple[Index, ...]) -> Expr:
    """Bound indices with letters for names."""
    letters = iter([x for x in LETTERS if x not in {i.name for i in free}])
    names: dict[Index, Index] = {}
    for node in nodes((e,)):
        for index in bound(node):
            if index not in names and index not in free:
                names[index] = Index(next(letters, index.name), index.size)

    def one(node: Expr, below: tuple[Expr, ...]) -> Expr:
        made = with_children(node, below)
        if isinstance(made, Sum | Largest) and made.index in names:
            return type(made)(names[made.index], substitute(made.body, {made.index: names[made.index]}))
        return made

    found: Expr = fold(e, one)
    return found
