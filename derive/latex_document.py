"""Documents -> a LaTeX file that compiles with pdflatex: amsmath, amssymb, bm, geometry and hyperref only."""

from __future__ import annotations

from dataclasses import replace

from .document import Block, Document, Equations, Inlines, Items, Line, Paragraph, Section, Table
from .errors import UnknownNode
from .latex import latex
from .layout import EQUALS, MINUS, PLUS, Layout, Row, Sign
from .text import text

PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[a4paper,margin=22mm]{geometry}
\usepackage{amsmath,amssymb,bm}
\usepackage[hidelinks]{hyperref}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\emergencystretch=3em
\AtBeginDocument{\setlength{\abovedisplayskip}{4pt}\setlength{\belowdisplayskip}{4pt}}
"""
LONGEST = 74  # characters of one formula
CONTINUED = Sign(r"\quad", "  ")
ROWS = 36  # of a table on one page
PAGE = 95  # characters of a table that fit across the page
WIDTH = 78  # characters of plain text that fit on one line beside their reason
SPECIAL = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
           "$": r"\$", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": "$<$", ">": "$>$", "|": "$|$",
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
            return "\n\n".join([rf"\{command}{{{_title(title)}}}", *(_block(b, depth + 1) for b in blocks)])
        case Paragraph(inlines):
            return _inlines(inlines)
        case Items(items):
            return "\n".join([r"\begin{itemize}", *(rf"\item {_inlines(i)}" for i in items), r"\end{itemize}"])
        case Table():
            return _table(block)
        case Equations():
            return _equations(block)
    raise UnknownNode("latex_document", block)


def _title(title: Inlines) -> str:
    """A heading; for bookmarks, which know no formulas, there is a plain spelling."""
    if all(isinstance(i, str) for i in title):
        return _inlines(title)
    plain = "".join(i if isinstance(i, str) else text(i) for i in title)
    return rf"\texorpdfstring{{{_inlines(title)}}}{{{_words(plain)}}}"


def _equations(block: Equations) -> str:
    if block.boxed:
        rows = " \\\\[4pt]\n".join(_boxed_line(line) for line in block.lines)
        return f"\\begin{{equation*}}\n\\boxed{{\\begin{{aligned}}\n{rows}\n\\end{{aligned}}}}\n\\end{{equation*}}"
    block = Equations(tuple(piece for line in block.lines for piece in _broken(line)), block.label, block.boxed)
    widest = max(_width(line.left) + _width(line.right) for line in block.lines)
    beside = all(widest + _words_width(line.reason) + _width(line.shape) <= WIDTH for line in block.lines)
    lines = [piece for line in block.lines for piece in _line(line, beside)]
    if block.label:
        lines[-1] += rf" \label{{{block.label}}}"
        lines = [line + (r" \notag" if k < len(lines) - 1 else "") for k, line in enumerate(lines)]
        return "\\begin{align}\n" + " \\\\\n".join(lines) + "\n\\end{align}"
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"


def _boxed_line(line: Line) -> str:
    left = latex(line.left) if line.left is not None else ""
    reason = rf" && \text{{{_inlines(line.reason)}}}" if line.reason else ""
    return f"{left} &{latex(line.relation or EQUALS)} {latex(line.right)}{reason}"


def _broken(line: Line) -> list[Line]:
    """A sum that is too long for the page goes on below, at a plus or minus sign."""
    if _width(line.left) + _width(line.right) <= LONGEST or not isinstance(line.right, Row):
        return [line]
    pieces: list[list[Layout]] = [[]]
    for part in line.right.parts:
        if part in (PLUS, MINUS) and sum(map(_width, pieces[-1])) > LONGEST // 2:
            pieces.append([])
        pieces[-1].append(part)
    first, *rest = (Row(tuple(p)) for p in pieces)
    lines = [Line(line.left, first, relation=line.relation), *(Line(None, piece, relation=CONTINUED) for piece in rest)]
    return [*lines[:-1], replace(lines[-1], reason=line.reason, shape=line.shape)]


def _line(line: Line, beside: bool) -> list[str]:
    """One or two printed lines: reasons stand beside the formulas, or below them when one does not fit."""
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
    if beside:
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
    rows = [" & ".join(_inlines(c) for c in row) + r" \\" for row in table.rows]
    pieces = [rows[k : k + ROWS] for k in range(0, len(rows), ROWS)]  # a tabular does not break across pages
    return "\n\n".join(_tabular("".join(spec), head, piece) for piece in pieces)


def _tabular(spec: str, head: str, rows: list[str]) -> str:
    stretch = [r"\renewcommand{\arraystretch}{1.6}"] if any(r"\frac" in r for r in rows) else []
    begin, end = rf"\begin{{tabular}}{{{spec}}}", r"\end{tabular}"
    ruled = [r"\hline", head + r" \\", r"\hline", *rows, r"\hline"]
    lines = [r"\begin{center}\small", *stretch, begin, *ruled, end, r"\end{center}"]
    return "\n".join(lines)


def _inlines(inlines: Inlines) -> str:
    return "".join(_words(i) if isinstance(i, str) else f"${latex(i)}$" for i in inlines)


def _words(words: str) -> str:
    return "".join(SPECIAL.get(c, c) for c in words)
