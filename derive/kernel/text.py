"""Index expressions as short text, for messages and conditions."""

from __future__ import annotations

from fractions import Fraction

from flint import arb, fmpq

from .index import (
    Add,
    Apply,
    Delta,
    Determinant,
    Dim,
    Entry,
    Expr,
    Greatest,
    Index,
    InverseEntry,
    Largest,
    Mul,
    Number,
    Position,
    Positive,
    Pow,
    ScalarFunction,
    Shifted,
    Sum,
)
from .walk import fold

LONGEST = 160
LARGE = 10**60


def position(p: Position) -> str:
    """i, i+1, 0"""
    match p:
        case Index(name, _):
            return name
        case Shifted(index, offset):
            return f"{index.name}{offset:+d}"
    return str(p)


SUM, PRODUCT, ATOM = range(3)  # how tightly a text holds together
Written = tuple[int, str]


def text(e: Expr) -> str:
    """sum_i(W[k,i] * A[i,t]) + b[k,0]; long ones are cut."""
    _, whole = fold(e, _show)
    return whole if len(whole) <= LONGEST else whole[: LONGEST - 4] + " ..."


def _at(name: str, at: tuple[Position, ...]) -> str:
    return f"{name}[{','.join(position(p) for p in at)}]" if at else name


def _show(e: Expr, b: tuple[Written, ...]) -> Written:
    match e:
        case Add():
            return (SUM, _added(b)) if len(b) != 1 else b[0]
        case Mul():
            return _multiplied(e, b)
        case Pow(_, exponent):
            if exponent == -1:
                return PRODUCT, f"1 / {_within(b[0], ATOM)}"
            plain = exponent.denominator == 1 and exponent > 0
            return PRODUCT, f"{_within(b[0], ATOM)}**{exponent if plain else f'({exponent})'}"
        case Number(v) if v < 0 or v.denominator != 1:
            return PRODUCT, _number(v)
    return ATOM, _atom(e, tuple(inside for _, inside in b))


def _atom(e: Expr, b: tuple[str, ...]) -> str:
    match e:
        case Number(v):
            return _number(v)
        case Dim(name):
            return name
        case Entry(array, at):
            return _at(array, at)
        case Delta(left, right):
            return f"delta[{position(left)},{position(right)}]"
        case Sum(index, _):
            return f"sum_{index.name}({b[0]})"
        case Largest(index, _):
            return f"max_{index.name}({b[0]})"
        case Greatest():
            return f"max({', '.join(b)})"
        case Positive():
            return f"[{b[0]} > 0]"
        case Apply(f, order, _):
            return f"{f}{chr(39) * order}({b[0]})"
        case ScalarFunction(f, _, by):
            slots = "".join(f", {_at(f'arg{k}', at)}" for k, at in by)
            return f"{f}({', '.join(b)}{slots})"
        case InverseEntry(_, row, column):
            return f"inv({b[0]})[{position(row)},{position(column)}]"
        case Determinant():
            return f"det({b[0]})"
    return repr(e)


def _number(v: Fraction) -> str:
    short = max(abs(v.numerator), v.denominator) < LARGE
    return str(v) if short else str(arb(fmpq(v.numerator, v.denominator)))


def _within(part: Written, level: int) -> str:
    """In brackets if it holds together less tightly than what it stands in."""
    own, inside = part
    return inside if own >= level else f"({inside})"


def _added(terms: tuple[Written, ...]) -> str:
    """a - b + c"""
    found = ""
    for level, term in terms:
        minus = term.startswith("-")
        if minus and level == SUM:
            term, minus = f"({term})", False
        found += (f" - {term[1:]}" if minus else f" + {term}") if found else term
    return found or "0"


def _multiplied(e: Mul, b: tuple[Written, ...]) -> Written:
    """-2 * a * b / c"""
    sign = ""
    above: list[str] = []
    below: list[str] = []
    for factor, part in zip(e.factors, b, strict=True):
        if isinstance(factor, Pow) and factor.exponent == -1:
            below.append(_within((part[0], part[1].removeprefix("1 / ")), PRODUCT))
        elif isinstance(factor, Number) and factor.value < 0 and not (sign or above):
            sign = "-"
            above += [_number(-factor.value)] if factor.value != -1 else []
        else:
            inside = _within(part, PRODUCT)
            above.append(f"({inside})" if inside.startswith("-") and (sign or above) else inside)
    top = sign + (" * ".join(above) or "1")
    return PRODUCT, top if not below else f"{top} / {below[0] if len(below) == 1 else '(' + ' * '.join(below) + ')'}"
