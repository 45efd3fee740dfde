"""Documents -> a LaTeX file that compiles with pdflatex: amsmath, amssymb, bm, geometry and hyperref only."""

from __future__ import annotations

from .document import Block, Document, Equations, Inlines, Items, Line, Paragraph, Section, Table
from .errors import UnknownNode
from .latex import latex
from .layout import EQUALS, Layout
from .text import text

PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[a4paper,margin=22mm]{geometry}
\usepackage{amsmath,amssymb,bm}
\usepackage[hidelinks]{hyperref}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\emergencystretch=3em
"""
PAGE = 95  # characters of a table that fit across the page
WIDTH = 78  # characters of plain text that fit on one line beside their reason
SPECIAL = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}", "$": r"\$",
           "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": "$<$", ">": "$>$", "|": "$|$",
           "∂": r"$\partial$", "σ": r"$\sigma$", "≥": r"$\ge$", "→": r"$\to$"}  # fmt: skip


def latex_document(document: Document) -> str:
    """The whole file."""
    body = "\n\n".join(_block(b, 0) for b in document.blocks)
    title = rf"\title{{{_words(document.title)}}}" + "\n" + r"\author{}" + "\n" + r"\date{}"
    return f"{PREAMBLE}{title}\n\\begin{{document}}\n\\maketitle\n\n{body}\n\n\\end{{document}}\n"


def _block(block: Block, depth: int) -> str:
    match block:
        case Section(title, blocks):
            command = ("section", "subsection", "subsubsection")[min(depth, 2)]
            return "\n\n".join([rf"\{command}{{{_words(title)}}}", *(_block(b, depth + 1) for b in blocks)])
        case Paragraph(inlines):
            return _inlines(inlines)
        case Items(items):
            return "\n".join([r"\begin{itemize}", *(rf"\item {_inlines(i)}" for i in items), r"\end{itemize}"])
        case Table():
            return _table(block)
        case Equations():
            return _equations(block)
    raise UnknownNode("latex_document", block)


def _equations(block: Equations) -> str:
    if block.boxed:
        rows = " \\\\[4pt]\n".join(_boxed_line(line) for line in block.lines)
        return f"\\begin{{equation*}}\n\\boxed{{\\begin{{aligned}}\n{rows}\n\\end{{aligned}}}}\n\\end{{equation*}}"
    widest = max(_width(line.left) + _width(line.right) for line in block.lines)
    lines = [piece for line in block.lines for piece in _line(line, widest)]
    if block.label:
        lines[-1] += rf" \label{{{block.label}}}"
        lines = [line + (r" \notag" if k < len(lines) - 1 else "") for k, line in enumerate(lines)]
        return "\\begin{align}\n" + " \\\\\n".join(lines) + "\n\\end{align}"
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"


def _boxed_line(line: Line) -> str:
    left = latex(line.left) if line.left is not None else ""
    reason = rf" && \text{{{_inlines(line.reason)}}}" if line.reason else ""
    return f"{left} &{latex(line.relation or EQUALS)} {latex(line.right)}{reason}"


def _line(line: Line, widest: int) -> list[str]:
    """One or two printed lines: a reason that does not fit beside the widest formula goes below."""
    left = latex(line.left) + " " if line.left is not None else ""
    formula = f"{left}&{latex(line.relation or EQUALS)} {latex(line.right)}"
    notes = []
    if line.reason:
        notes.append(rf"\text{{\small {_inlines(line.reason)}}}")
    if line.shape is not None:
        notes.append(rf"\text{{\small ${latex(line.shape)}$}}")
    if not notes:
        return [formula]
    note = r"\quad ".join(notes)
    if widest + _words_width(line.reason) + _width(line.shape) <= WIDTH:
        return [rf"{formula} && {note}"]
    return [formula, rf"&\qquad {note}"]


def _width(part: Layout | None) -> int:
    return 0 if part is None else len(text(part)) + 2


def _words_width(inlines: Inlines) -> int:
    return sum(len(i) if isinstance(i, str) else _width(i) for i in inlines)


def _table(table: Table) -> str:
    """Columns as wide as they are; if that is too much for a page, the widest one is broken into lines."""
    widths = [max([len(h), *(_words_width(r[k]) for r in table.rows)]) for k, h in enumerate(table.head)]
    spec = ["l"] * len(widths)
    if sum(widths) > PAGE:
        widest = widths.index(max(widths))
        spec[widest] = f"p{{{max(20, int((PAGE - sum(widths) + widths[widest]) * 1.55))}mm}}"
    head = " & ".join(rf"\textbf{{{_words(h)}}}" for h in table.head)
    rows = "\n".join(" & ".join(_inlines(c) for c in row) + r" \\" for row in table.rows)
    begin = rf"\begin{{longtable}}{{{''.join(spec)}}}"
    return f"{{\\small\n{begin}\n\\hline\n{head} \\\\\n\\hline\n\\endhead\n{rows}\n\\hline\n\\end{{longtable}}}}"


def _inlines(inlines: Inlines) -> str:
    return "".join(_words(i) if isinstance(i, str) else f"${latex(i)}$" for i in inlines)


def _words(words: str) -> str:
    return "".join(SPECIAL.get(c, c) for c in words)
