"""Index expressions as short text, for messages and conditions."""

from __future__ import annotations

from flint import arb, fmpq

from .index import (
    Add,
    Apply,
    Delta,
    Determinant,
    Dim,
    Entry,
    Expr,
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


def text(e: Expr) -> str:
    """sum_i (W[k,i] * A[i,t]) + b[k,0]; long ones are cut."""
    whole: str = fold(e, _show)
    return whole if len(whole) <= LONGEST else whole[: LONGEST - 4] + " ..."


def _at(name: str, at: tuple[Position, ...]) -> str:
    return f"{name}[{','.join(position(p) for p in at)}]" if at else name


def _show(e: Expr, b: tuple[str, ...]) -> str:
    match e:
        case Number(v):
            short = max(abs(v.numerator), v.denominator) < LARGE
            return str(v) if short else str(arb(fmpq(v.numerator, v.denominator)))
        case Dim(name):
            return name
        case Entry(array, at):
            return _at(array, at)
        case Delta(left, right):
            return f"delta[{position(left)},{position(right)}]"
        case Add():
            return "(" + " + ".join(b) + ")" if len(b) != 1 else b[0]
        case Mul():
            return " * ".join(b) if b else "1"
        case Pow(base, exponent):
            inner = b[0] if isinstance(base, Entry | Dim | Add | Apply) else f"({b[0]})"
            return f"{inner}**{exponent}" if exponent.denominator == 1 and exponent > 0 else f"{inner}**({exponent})"
        case Sum(index, _):
            return f"sum_{index.name}({b[0]})"
        case Largest(index, _):
            return f"max_{index.name}({b[0]})"
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
