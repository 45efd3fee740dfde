"""Fragments of NumPy source: text with its precedence, its sign, and the shape that it has when it runs.

A shape may be smaller than the mathematics says: b of shape (n, 1) stands for b 1^T of shape (n, m), 1 for a matrix of
ones; NumPy broadcasts.  The sign is kept apart, so that signs meet and cancel: -(-a) is a.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sympy import Integer

ONE = Integer(1)
SUM, MATMUL, PRODUCT, POWER, ATOM = range(5)  # how strongly the outermost operator binds

Shape = tuple[Any, Any] | None  # None is a number


@dataclass(frozen=True)
class Fragment:
    """One expression in NumPy."""

    text: str  # without its sign
    level: int = ATOM
    shape: Shape = None
    negative: bool = False
    mask: str = ""  # what may stand for it as a factor beside an array of numbers: a comparison

    def __str__(self) -> str:
        return f"-{bracket(self, MATMUL)}" if self.negative else self.text


NUMBER_ONE = Fragment("1")  # also a matrix of ones
NUMBER_ZERO = Fragment("0")


def bracket(f: Fragment, level: int) -> str:
    """The text without its sign, in brackets if it binds less than `level`."""
    return f.text if f.level >= level else f"({f.text})"


def positive(f: Fragment) -> Fragment:
    """|f|: the fragment without its sign."""
    return replace(f, negative=False)


def atom(f: Fragment) -> str:
    """The text with its sign, fit to be followed by a dot or an index."""
    return f"({f})" if f.negative or f.level < ATOM else f.text


def broadcast(*shapes: Shape) -> Shape:
    """(n, 1) and (1, m) -> (n, m); a number fits everything."""
    kept = [s for s in shapes if s is not None]
    if not kept:
        return None
    rows, columns = ([s[k] for s in kept if s[k] != 1] or [ONE] for k in (0, 1))
    return (rows[0], columns[0])


def add(*terms: Fragment) -> Fragment:
    """a + b - c; a positive term first, a smaller one such as b after the one that it is broadcast to."""
    if len(terms) == 1:
        return terms[0]
    shape = broadcast(*(t.shape for t in terms))
    if all(t.negative for t in terms):
        return replace(add(*map(positive, terms)), negative=True)
    first, *rest = sorted(terms, key=lambda t: (t.negative, t.shape is not None and t.shape != shape))
    text = first.text + "".join(f" {'-' if t.negative else '+'} {bracket(t, MATMUL)}" for t in rest)
    return Fragment(text, SUM, shape)


def multiply(*factors: Fragment) -> Fragment:
    """a * b, entry by entry; a comparison may stand among arrays of numbers."""
    kept = [f for f in factors if f.text != "1"] or [NUMBER_ONE]
    negative = sum(f.negative for f in factors) % 2 == 1
    shape = broadcast(*(f.shape for f in factors))
    if len(kept) == 1:
        return replace(kept[0], negative=negative, shape=shape)
    numbers = any(f.shape is not None and not f.mask for f in kept)
    texts = [f"({f.mask})" if f.mask and numbers else bracket(f, PRODUCT) for f in kept]
    return Fragment(" * ".join(texts), PRODUCT, shape, negative)


def divide(above: Fragment, below: Fragment) -> Fragment:
    """a / b, entry by entry."""
    negative = above.negative != below.negative
    if below.text == "1":
        return replace(above, negative=negative)
    text = f"{bracket(above, MATMUL)} / {bracket(below, POWER)}"
    return Fragment(text, PRODUCT, broadcast(above.shape, below.shape), negative)


def power(base: Fragment, exponent: Fragment) -> Fragment:
    """a**p, entry by entry."""
    if exponent.text == "2" and base.negative:
        base = positive(base)
    return Fragment(f"{atom(base)}**{atom(exponent)}", POWER, base.shape)


def matmul(left: Fragment, right: Fragment) -> Fragment:
    """A @ B,  (n, p)(p, m) -> (n, m)"""
    assert left.shape is not None
    assert right.shape is not None
    first = bracket(left, MATMUL if left.level == MATMUL else POWER)
    text = f"{first} @ {bracket(right, POWER)}"
    return Fragment(text, MATMUL, (left.shape[0], right.shape[1]), left.negative != right.negative)


def transpose(f: Fragment) -> Fragment:
    """A.T,  (n, m) -> (m, n)"""
    if f.shape is None or f.shape == (1, 1):
        return f
    text = f.text[:-2] if f.level == ATOM and f.text.endswith(".T") else f"{bracket(f, ATOM)}.T"
    return replace(f, text=text, level=ATOM, shape=f.shape[::-1], mask=f"({f.mask}).T" if f.mask else "")


def call(function: str, f: Fragment, options: str = "", shape: Shape = None) -> Fragment:
    """function(A, options)"""
    return Fragment(f"{function}({f}{options and ', ' + options})", ATOM, shape)


def sums(f: Fragment, axis: int) -> Fragment:
    """A.sum(axis=1, keepdims=True): row sums for axis 1, column sums for axis 0."""
    assert f.shape is not None
    shape = (f.shape[0], ONE) if axis == 1 else (ONE, f.shape[1])
    return replace(Fragment(f"{bracket(f, ATOM)}.sum(axis={axis}, keepdims=True)", ATOM, shape), negative=f.negative)
