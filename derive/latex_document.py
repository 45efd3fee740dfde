"""Documents -> LaTeX for pdflatex: amsmath, amssymb, bm, geometry, hyperref, longtable, and CJKutf8 for Chinese."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import groupby

from .document import Block, Document, Equations, Inlines, Items, Line, Paragraph, Reference, Section, Table
from .errors import UnknownNode
from .latex import latex
from .layout import EQUALS, MINUS, PLUS, Layout, Row, Sign
from .text import text
from .width import GAP, text_width, width, words_width, wrapped

PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[a4paper,margin=22mm]{geometry}
\usepackage[fleqn]{amsmath}
\usepackage{amssymb,bm,longtable}
%s\allowdisplaybreaks[1]
\setlength{\mathindent}{12pt}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt plus 1pt}
\setlength{\LTpre}{4pt}
\setlength{\LTpost}{4pt}
\setlength{\fboxsep}{6pt}
\emergencystretch=3em
\raggedbottom
\clubpenalty=10000 \widowpenalty=10000 \displaywidowpenalty=10000
\makeatletter\@beginparpenalty=10000 \makeatother
\AtBeginDocument{\abovedisplayskip=6pt plus 2pt\belowdisplayskip=6pt plus 2pt}
"""
LATIN = r"""\usepackage[hidelinks]{hyperref}
"""
CHINESE = r"""\usepackage{CJKutf8}
\usepackage[hidelinks,unicode]{hyperref}
"""
HEADER = re.compile(r"^% backproof:.*\n(?:%.*\n)*", re.MULTILINE)
PAGE = 455.0  # points across the page, less the indent of a display
NUMBER = 30.0  # what the number of an equation takes
REASON = 120.0  # the least that is left for reasons beside a formula
CONTINUED = Sign(r"\quad", "  ")
TABLE = 440.0  # points of a table
ROOM = r"\par\vskip0pt plus 90pt\penalty-250\vskip0pt plus -90pt"  # no long table begins at the foot of a page
NARROWEST = 90.0  # points of a column of words
TOGETHER = 6  # lines of one derivation that no page break parts
SHORT_TABLE = 16  # rows: a table of more may break across pages
SPECIAL = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
           "$": r"\$", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": "$<$", ">": "$>$", "|": "$|$",
           "∂": r"$\partial$", "σ": r"$\sigma$", "δ": r"$\delta$", "Σ": r"$\Sigma$", "≥": r"$\ge$", "→": r"$\to$",
           "′": r"$'$"}  # fmt: skip


def latex_document(document: Document) -> str:
    """The whole file.  Chinese is set by CJKutf8, which pdflatex knows too."""
    chinese = document.language == "zh"
    body = _joined(_blocks(document.blocks, 0))
    title = rf"\begin{{center}}\LARGE {_words(document.title)}\end{{center}}"
    before, after = ("\\begin{CJK*}{UTF8}{gbsn}\n", "\n\\end{CJK*}") if chinese else ("", "")
    first, preamble = (PREAMBLE % (CHINESE if chinese else LATIN)).split("\n", 1)
    return _once(
        f"{first}\n{_header(document.model)}{preamble}\\begin{{document}}\n{before}{title}\n\n{body}\n"
        f"{after}\n\\end{{document}}\n"
    )


def _header(model: str) -> str:
    """The model that the formulas below speak of, as a comment that `backproof check` reads."""
    return "".join(f"% {line}".rstrip() + "\n" for line in model.split("\n")) if model else ""


def _once(text: str) -> str:
    """A header that says again what the last one said is left out."""
    last = ""

    def kept(found: re.Match[str]) -> str:
        nonlocal last
        said, last = last, found[0]
        return "" if found[0] == said else found[0]

    return HEADER.sub(kept, text)


def _blocks(blocks: tuple[Block, ...], depth: int) -> list[str]:
    """Equations that follow each other stand in one alignment."""
    found = []
    for together, group in groupby(blocks, lambda b: isinstance(b, Equations) and not b.boxed):
        if together:
            found.append(_alignment([b for b in group if isinstance(b, Equations)]))
        else:
            found += [_block(b, depth) for b in group]
    return found


def _joined(pieces: list[str]) -> str:
    """A display belongs to the paragraph before it: no empty line between them, and no page break."""
    found = pieces[0]
    for piece in pieces[1:]:
        found += ("\n" if piece.startswith(r"\begin{align") or piece.startswith(r"\begin{equation") else "\n\n") + piece
    return found


def _block(block: Block, depth: int) -> str:
    match block:
        case Section(title, blocks):
            command = ("section", "subsection", "subsubsection")[min(depth, 2)]
            head = rf"{_header(block.model)}\{command}{{{_title(title)}}}"
            return _joined([head, *_blocks(blocks, depth + 1)])
        case Paragraph(inlines):
            return _inlines(inlines)
        case Items(items):
            return "\n".join([r"\begin{itemize}", *(rf"\item {_inlines(i)}" for i in items), r"\end{itemize}"])
        case Table():
            return _table(block)
        case Equations():
            return _boxed(block)
    raise UnknownNode("latex_document", block)


def _title(title: Inlines) -> str:
    """A heading; for bookmarks, which know no formulas, there is a plain spelling."""
    if all(isinstance(i, str) for i in title):
        return _inlines(title)
    plain = "".join(i if isinstance(i, str) else text(i) for i in title)
    return rf"\texorpdfstring{{{_inlines(title)}}}{{{_words(plain)}}}"


# ---------------------------------------------------------------------- equations


def _boxed(block: Equations) -> str:
    rows = " \\\\[4pt]\n".join(_boxed_line(line) for line in block.lines)
    return f"\\begin{{equation*}}\n\\boxed{{\\begin{{aligned}}\n{rows}\n\\end{{aligned}}}}\n\\end{{equation*}}"


def _boxed_line(line: Line) -> str:
    left = latex(line.left) if line.left is not None else ""
    reason = rf" && \text{{{_inlines(line.reason)}}}" if line.reason else ""
    return f"{left} &{latex(line.relation or EQUALS)} {latex(line.right)}{reason}"


def _alignment(blocks: list[Equations]) -> str:
    """One align for all: the same place for every relation, and one for every reason."""
    groups = [[piece for line in block.lines for piece in _broken(line)] for block in blocks]
    lines = [line for group in groups for line in group]
    left = max(width(line.left) for line in lines)
    right = max(width(line.relation or EQUALS) + width(line.right) for line in lines)
    room = PAGE - left - right - 10.0 - (NUMBER if any(line.label for line in lines) else 0.0)
    if room < REASON and len(blocks) > 1 and any(line.reason for line in lines):
        wide = [i for i, g in enumerate(groups) if _room(g, left) < REASON]
        if len(wide) < len(blocks):  # those with long formulas by themselves
            return "\n\n".join(
                _alignment([blocks[i] for i in run])
                if not isolated
                else "\n\n".join(_alignment([blocks[i]]) for i in run)
                for isolated, group in groupby(range(len(blocks)), lambda i: i in wide)
                for run in [list(group)]
            )
    rows: list[str] = []
    for k, group in enumerate(groups):
        printed = [row for line in group for row in _rows(line, room)]
        if k:
            rows[-1] += r" \\[5pt]"
        stay = r" \\*" if len(printed) <= TOGETHER else r" \\"
        rows += [row + (stay if n < len(printed) - 1 else "") for n, row in enumerate(printed)]
    star = "" if any(line.label for line in lines) else "*"
    return f"\\begin{{align{star}}}\n" + "\n".join(rows) + f"\n\\end{{align{star}}}"


def _room(lines: list[Line], left: float) -> float:
    """What a group leaves for reasons."""
    right = max(width(line.relation or EQUALS) + width(line.right) for line in lines)
    return PAGE - left - right - 10.0 - NUMBER


def _rows(line: Line, room: float) -> list[str]:
    """One printed line, its reason beside it; or two, with the reason below."""
    left = latex(line.left) + " " if line.left is not None else ""
    formula = f"{left}&{latex(line.relation or EQUALS)} {latex(line.right)}"
    end = rf" \label{{{line.label}}}" if line.label else r" \notag"
    notes = _notes(line)
    if not notes:
        return [formula + end]
    if room >= REASON:
        pieces = [rf"\text{{\small {_inlines(piece)}}}" for piece in wrapped(notes, room)]
        note = pieces[0] if len(pieces) == 1 else (
            r"\begin{aligned}&" + r"\\[-3pt]&".join(pieces) + r"\end{aligned}")  # fmt: skip
        return [f"{formula} && {note}{end}"]
    below = r"\\[-1pt]&\qquad ".join(rf"\text{{\small {_inlines(p)}}}" for p in wrapped(notes, PAGE - 100.0))
    return [formula + r" \notag", rf"&\qquad {below}{end}"]


def _notes(line: Line) -> Inlines:
    """The reason, and the shape."""
    if line.shape is None:
        return line.reason
    return (*line.reason, GAP, line.shape) if line.reason else (line.shape,)


def _broken(line: Line) -> list[Line]:
    """A sum that is too long for the page goes on below, at a plus or minus sign."""
    limit = PAGE - width(line.left) - (NUMBER if line.label else 0.0) - 20.0
    if width(line.right) <= limit or not isinstance(line.right, Row):
        return [line]
    pieces: list[list[Layout]] = [[]]
    for part in line.right.parts:
        if part in (PLUS, MINUS) and sum(map(width, pieces[-1])) > limit / 2:
            pieces.append([])
        pieces[-1].append(part)
    first, *rest = (Row(tuple(p)) for p in pieces)
    lines = [Line(line.left, first, relation=line.relation), *(Line(None, piece, relation=CONTINUED) for piece in rest)]
    return [*lines[:-1], replace(lines[-1], reason=line.reason, shape=line.shape, label=line.label)]


# ---------------------------------------------------------------------- tables


def _table(table: Table) -> str:
    """Columns as wide as they are; if that is too much for a page, the widest one of words is broken into lines."""
    places = range(len(table.head))
    widths = [max([text_width(table.head[k]) * 1.05, *(words_width(r[k]) for r in table.rows)]) + 12.0 for k in places]
    spec, size = ["l"] * len(widths), r"\small"
    wide = sum(widths) - TABLE
    if wide > 0:
        wordy = [k for k in places if any(_breaks(r[k]) for r in table.rows)] or list(places)
        widest = max(wordy, key=lambda k: widths[k])
        left = widths[widest] - wide - 12.0
        spec[widest] = rf"p{{{max(NARROWEST, left):.0f}pt}}"
        size = r"\small" if left >= NARROWEST else r"\footnotesize"
    head = " & ".join(rf"\textbf{{{_words(h)}}}" for h in table.head) + r" \\"
    end = r" \tabularnewline" if "".join(spec).strip("l") else r" \\"
    rows = [" & ".join(_cell(c, spec[k]) for k, c in enumerate(row)) + end for row in table.rows]
    columns = "".join(spec)
    rows[0] = r"\rule{0pt}{2.8ex}" + rows[0]
    stretch = "1.7" if any(r"\frac" in r for r in rows) else "1.25"
    if len(rows) > (SHORT_TABLE if stretch == "1.25" else SHORT_TABLE // 2):
        top = [rf"\begin{{longtable}}{{{columns}}}", r"\hline", head, r"\hline", r"\endhead", r"\hline", r"\endfoot"]
        inside, end = [*top, *rows], r"\end{longtable}"
        return "\n".join([ROOM, rf"{{{size}\renewcommand{{\arraystretch}}{{{stretch}}}", *inside, end + "}"])
    inside = [rf"\begin{{tabular}}{{{columns}}}", r"\hline", head, r"\hline", *rows, r"\hline", r"\end{tabular}"]
    return "\n".join(
        [rf"\begin{{center}}{size}", rf"\renewcommand{{\arraystretch}}{{{stretch}}}", *inside, r"\end{center}"]
    )


def _cell(cell: Inlines, column: str) -> str:
    """In a column of several lines the words are not spread."""
    return _inlines(cell) if column == "l" else rf"\raggedright {_inlines(cell)}"


def _breaks(cell: Inlines) -> bool:
    """Has words between which a line may end."""
    return len(wrapped(cell, 1.0)) > 1


# ---------------------------------------------------------------------- words


def _inlines(inlines: Inlines) -> str:
    """CJK swallows a space after a Chinese character, and never ends a line between its comma and a formula."""
    found = re.sub(r"(?<=[⺀-\uffff]) ", r"\\ ", "".join(map(_inline, inlines)))
    return found.replace("，$", r"，\allowbreak $")


def _inline(inline: str | Layout) -> str:
    if isinstance(inline, Reference):
        return rf"\eqref{{{inline.label}}}"
    return _words(inline) if isinstance(inline, str) else f"${latex(inline)}$"


def _words(words: str) -> str:
    return "".join(SPECIAL.get(c, c) for c in words)
