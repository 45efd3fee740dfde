"""The laws of the rules as formulas: each rule is applied to an example, and what it says is its law.

So the table in a document shows what the program does, not what a docstring says of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sympy import Function, HadamardPower, MatrixSymbol, Symbol, Trace, symbols

from .functions import z
from .layout import EQUALS, Layout, Sign, letter, row
from .mathematics import Named, Writer
from .nodes import GenericLoss, LogSumExp, Softmax, add, elementwise, hadamard, ones, product, scale, total, transpose
from .notation import Notation, notation
from .rules import RULES
from .shapes import shape_of

GIVES, AND = Sign(r"\;\Rightarrow\;", " => "), Sign(r",\quad ", ", ")


class _Exponent(Symbol):
    """A number that is not said."""

    is_number = True


def examples() -> dict[str, Callable[[], Any]]:
    """One application of every law, by name."""
    m, n, k = symbols("m n k", integer=True, positive=True)
    A, B, R = MatrixSymbol("A", m, n), MatrixSymbol("B", m, n), MatrixSymbol("B", n, k)
    b, row_, S, Z, Y = MatrixSymbol("b", m, 1), ones(1, n), MatrixSymbol("A", n, n), MatrixSymbol("Z", m, n), B
    a, other, c = symbols("a b c")
    return {
        "sum": lambda: add(A, B),
        "scaling": lambda: scale(c, A),
        "product": lambda: product(A, R),
        "transposition": lambda: transpose(A),
        "Hadamard product": lambda: hadamard(A, B),
        "Hadamard power": lambda: HadamardPower(A, _Exponent("p", positive=True)),
        "elementwise function": lambda: elementwise(Function("f")(z), A),
        "broadcast": lambda: product(b, row_),
        "row sum": lambda: product(A, ones(n)),
        "column sum": lambda: product(ones(1, m), A),
        "total": lambda: total(A),
        "trace": lambda: Trace(S),
        "softmax": lambda: Softmax(Z),
        "log sum exp": lambda: LogSumExp(Z),
        "generic loss": lambda: GenericLoss("C", A, Y),
        "number product": lambda: a * other,
        "number function": lambda: Function("f")(a),
    }


def law(name: str, style: str | Notation = "ng") -> Layout:
    """C = A B  =>  dA = G B^T,  dB = A^T G, from the rule itself.  G is the gradient that arrives at C."""
    shown = notation(style)
    node = examples()[name]()
    left = letter("c" if shape_of(node) is None else "C")
    plain = replace(shown, square=True, shift=0)
    writer, known = Writer(plain), Named(plain, {node: left})  # in a gradient the node has its name
    G = Symbol("G") if shape_of(node) is None else MatrixSymbol("G", *node.shape)
    parts: list[Layout] = []
    for part, gradient in RULES[name](node, G):
        parts += [AND, row(letter("d"), writer.write(part)), EQUALS, known.write(gradient)]
    return row(left, EQUALS, writer.write(node), GIVES, *parts[1:])
