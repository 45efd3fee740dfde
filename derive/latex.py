"""Layouts and documents -> LaTeX: amsmath, amssymb, bm, geometry and hyperref only, a subset that KaTeX renders too."""

from __future__ import annotations

from .errors import UnknownNode
from .layout import Big, Bracket, Fraction, Layout, Name, Root, Row, Scripts, Sign, tall

SPACED = {"tanh", "log", "exp"}


def latex(part: Layout) -> str:
    """Layout -> LaTeX, without dollar signs."""
    match part:
        case Name(latex=code) | Sign(latex=code):
            return code
        case Row(parts):
            return _joined([latex(p) for p in parts])
        case Scripts(base, up, down):
            return _base(base) + (f"_{{{latex(down)}}}" if down else "") + (f"^{{{latex(up)}}}" if up else "")
        case Fraction(top, bottom):
            return rf"\frac{{{latex(top)}}}{{{latex(bottom)}}}"
        case Root(inside):
            return rf"\sqrt{{{latex(inside)}}}"
        case Bracket(inside, square):
            left, right = ("[", "]") if square else ("(", ")")
            return rf"\left{left}{latex(inside)}\right{right}" if tall(inside) else f"{left}{latex(inside)}{right}"
        case Big(sign, below, body, above):
            return _joined(
                [f"{sign.latex}_{{{latex(below)}}}" + (f"^{{{latex(above)}}}" if above else ""), latex(body)]
            )
    raise UnknownNode("latex", part)


def _joined(pieces: list[str]) -> str:
    """Pieces side by side; a command needs a space before a letter."""
    text = ""
    for piece in pieces:
        command = text.rpartition("\\")[2]
        if text and ("\\" in text and command.isalpha() and piece[:1].isalpha()):
            text += " "
        text += (" " + piece + " ") if piece in ("=", "+", "-", r"\ast", r"\odot", r"\times") else piece
    return text.strip()


def _base(base: Layout) -> str:
    code = latex(base)
    return code if isinstance(base, Name | Bracket | Sign) else f"{{{code}}}"


def aligned(lines: list[tuple[Layout, Layout]]) -> str:
    r"""$$\begin{aligned} ... \end{aligned}$$, one equation a line: what a notebook shows."""
    body = " \\\\\n".join(rf"{latex(left)} &= {latex(right)}" for left, right in lines)
    return f"$$\\begin{{aligned}}\n{body}\n\\end{{aligned}}$$"
