"""Questions about signs: is it a sum, is it a differential, how many primes is it, what text does it make."""

from __future__ import annotations

from dataclasses import replace

from . import formula as f
from .errors import LatexError
from .tree import Big, Bracket, Letter, Node, Number, Product, Raised, Run, Scripted, Sum


def is_raised(part: Node) -> bool:
    r"""\circ p, in braces or not"""
    return isinstance(part, Raised) or (isinstance(part, Bracket) and [*map(type, part.parts)] == [Raised])


def beside(up: Node) -> tuple[Node, ...]:
    """The parts of a superscript: [2] and T, [1] and \\circ 2."""
    match up:
        case Run(factors):
            return factors
        case Product((first, exponent), ("circ",)):
            return (*beside(first), Raised(exponent, start=exponent.start, end=exponent.end))
    return (up,)


def multiplied(found: list[f.Formula]) -> f.Formula:
    return found[0] if len(found) == 1 else f.Mul(tuple(found), at=found[0].at)


def gradient_of(value: f.Formula, at: int) -> f.Formula:
    """d Z^T is the transpose of dZ."""
    match value:
        case f.Var():
            return replace(value, is_gradient=True, at=at)
        case f.Transposed(inner):
            return f.Transposed(gradient_of(inner, at), at=at)
        case f.Power(inner, exponent, circle):
            return f.Power(gradient_of(inner, at), exponent, circle, at=at)
    raise LatexError(at, "d stands in front of something that is no variable")


def is_big(node: Node) -> bool:
    return isinstance(node, Big) or (isinstance(node, Scripted) and isinstance(node.base, Big))


def before_big(run: Node) -> list[Node]:
    factors = list(run.factors) if isinstance(run, Run) else [run]
    return factors[: next(k for k, x in enumerate(factors) if is_big(x))]


def the_big(run: Node) -> Node:
    factors = list(run.factors) if isinstance(run, Run) else [run]
    return next(x for x in factors if is_big(x))


def after_big(run: Node) -> Node:
    """What follows the sign of a sum in its run."""
    factors = list(run.factors) if isinstance(run, Run) else [run]
    rest = factors[next(k for k, x in enumerate(factors) if is_big(x)) + 1 :]
    if not rest:
        raise LatexError(run.end, "a sum of nothing", "expected what is summed")
    return rest[0] if len(rest) == 1 else Run(tuple(rest), start=rest[0].start, end=rest[-1].end)


def is_round(node: Node) -> bool:
    return (isinstance(node, Bracket) and node.kind == "(") or (isinstance(node, Scripted) and is_round(node.base))


def is_differential(node: Node) -> bool:
    return sign_of(node) in ("d", "partial") and isinstance(node, Run)


def sign_of(node: Node) -> str:
    return node.factors[0].name if isinstance(node, Run) and isinstance(node.factors[0], Letter) else ""


def count_primes(node: Node) -> int:
    """How many primes a superscript is."""
    match node:
        case Letter("prime" | "'" | "’" | "‘" | "′"):
            return 1
        case Run(factors) if all(map(count_primes, factors)):
            return sum(map(count_primes, factors))
        case Scripted(base, (), (), primes) if count_primes(base):
            return count_primes(base) + primes
    return 0


def as_text(node: Node) -> str:
    """A subscript as text."""
    match node:
        case Number(text):
            return text
        case Letter(name):
            return name
        case Run(factors):
            return "".join(map(as_text, factors))
        case Bracket(parts=parts):
            return ",".join(map(as_text, parts))
        case Sum(terms, signs):
            return "".join(f"{s}{as_text(t)}" for s, t in zip(signs, terms, strict=True)).removeprefix("+")
    return "?"
