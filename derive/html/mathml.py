"""Layouts -> MathML, which browsers print by themselves: no fonts, no script, and read aloud by screen readers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from ..errors import UnknownNode
from ..layout import EQUALS, Big, Bracket, Fraction, Layout, Name, Root, Row, Scripts, Sign

SYMBOLS = {"*": "∗", "-": "−", "sum": "∑", "prod": "∏", "'": "′", "''": "″", " ": "",
           "->": "→", " => ": "⇒"}  # fmt: skip
Marks = Mapping[Layout, str]  # variables by their layout: their parts of a formula carry data-v="W1"
NO_MARKS: Marks = {}


def math(part: Layout, marks: Marks = NO_MARKS) -> str:
    """A formula in running text."""
    return f"<math><mrow>{mathml(part, marks)}</mrow></math>"


def display(part: Layout, marks: Marks = NO_MARKS) -> str:
    """A formula that stands alone: large fractions and limits below, yet within its line."""
    return (
        '<math display="block" style="display:inline math; math-style:normal">'
        f"<mrow>{mathml(part, marks)}</mrow></math>"
    )


def mathml(part: Layout, marks: Marks = NO_MARKS) -> str:
    """Layout -> MathML, without the outer element."""
    name = marks and (marks.get(part) or marks.get(_plain(part)))
    inside = _mathml(part, marks)
    return f'<mrow data-v="{escape(name)}">{inside}</mrow>' if name else inside


def _plain(part: Layout) -> Layout:
    """W^[1]T -> W^[1],  W^T -> W: the variable that is transposed."""
    match part:
        case Scripts(base, Row((up, Name(text="T"))), down):
            return Scripts(base, up, down)
        case Scripts(base, Name(text="T"), None):
            return base
    return part


def _mathml(part: Layout, marks: Marks) -> str:
    match part:
        case Name(text=plain, upright=upright, latex=code):
            return _name(plain, upright, bold="mathbf" in code)
        case Sign(latex=r"\,"):
            return '<mspace width="0.17em"/>'
        case Sign(text=plain):
            return f"<mo>{escape(SYMBOLS.get(plain, plain))}</mo>"
        case Row(parts):
            return f"<mrow>{''.join(mathml(p, marks) for p in parts)}</mrow>"
        case Scripts(base, up, down):
            return _scripts(base, up, down, marks)
        case Fraction(top, bottom):
            return f"<mfrac>{_one(top, marks)}{_one(bottom, marks)}</mfrac>"
        case Root(inside):
            return f"<msqrt>{mathml(inside, marks)}</msqrt>"
        case Bracket(inside, square):
            left, right = "[]" if square else "()"
            return f"<mrow><mo>{left}</mo>{mathml(inside, marks)}<mo>{right}</mo></mrow>"
        case Big(sign, below, body, above):
            limits = (
                f"<munderover>{mathml(sign)}{_one(below, marks)}{_one(above, marks)}</munderover>"
                if above
                else f"<munder>{mathml(sign)}{_one(below, marks)}</munder>"
            )
            return f"<mrow>{limits}{mathml(body, marks)}</mrow>"
    raise UnknownNode("mathml", part)


def _name(plain: str, upright: bool, bold: bool = False) -> str:
    if plain.lstrip("-").replace(".", "").isdigit():
        weight = ' style="font-weight:bold"' if bold else ""
        return f"<mn{weight}>{plain}</mn>"
    if plain.startswith("["):
        return f"<mtext>{escape(plain)}</mtext>"
    if not upright and len(plain) == 2 and plain.isascii() and plain.isalpha():  # dZ: both letters in italics
        return "".join(f"<mi>{letter}</mi>" for letter in plain)
    return (
        f'<mi mathvariant="normal">{escape(plain)}</mi>' if upright or len(plain) > 2 else f"<mi>{escape(plain)}</mi>"
    )


def _one(part: Layout, marks: Marks) -> str:
    """MathML arguments are single elements."""
    return f"<mrow>{mathml(part, marks)}</mrow>"


def _scripts(base: Layout, up: Layout | None, down: Layout | None, marks: Marks) -> str:
    if up and down:
        return f"<msubsup>{_one(base, marks)}{_one(down, marks)}{_one(up, marks)}</msubsup>"
    tag, script = ("msup", up) if up else ("msub", down)
    assert script is not None
    return f"<{tag}>{_one(base, marks)}{_one(script, marks)}</{tag}>"


def aligned(lines: Iterable[tuple[Layout, Layout]]) -> str:
    """left = right, one equation a line, as a small table: what a notebook shows without MathJax."""
    rows = "".join(
        f'<tr><td style="text-align:right">{display(left)}</td><td>{math(EQUALS)}</td>'
        f'<td style="text-align:left">{display(right)}</td></tr>'
        for left, right in lines
    )
    return f"<table>{rows}</table>"
