"""Layouts -> MathML, documents -> one self-contained HTML page: no script, no network, light and dark, prints well."""

from __future__ import annotations

from html import escape

from .document import Block, Document, Equations, Inlines, Items, Line, Paragraph, Section, Table
from .errors import UnknownNode
from .layout import EQUALS, Big, Bracket, Fraction, Layout, Name, Row, Scripts, Sign

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --mark: #2563eb; }
body { font: 17px/1.55 Georgia, 'Times New Roman', serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.25rem; margin-top: 2.2rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin-bottom: .3rem; }
.scroll { overflow-x: auto; } table.eq { border-collapse: collapse; margin: .6rem 0; }
table.eq td { padding: .3rem .35rem; vertical-align: middle; white-space: nowrap; }
table.eq td.left { text-align: right; }
table.eq td.why { padding-left: 1.6rem; font-size: .88em; opacity: .8; white-space: normal; }
table.eq td.why { min-width: 12rem; }
.boxed { display: inline-block; border: 1.5px solid var(--mark); border-radius: 6px; padding: .4rem .9rem; }
table.grid { border-collapse: collapse; margin: .8rem 0; font-size: .95em; }
table.grid th, table.grid td { border-bottom: 1px solid var(--line); padding: .3rem .8rem .3rem 0; text-align: left; }
@media (max-width: 700px) { table.eq tr { display: block; margin-bottom: .5rem; } table.eq td { display: inline-block; }
table.eq td.why { display: block; padding-left: 1.6rem; } }
math { font-size: 1.08em; } @media print { body { margin: 0; max-width: none; } }
"""
SYMBOLS = {"*": "∗", "-": "−", "sum": "∑", "prod": "∏", "'": "′", "''": "″", " ": ""}


def mathml(part: Layout) -> str:
    """Layout -> MathML, without the outer element."""
    match part:
        case Name(text=plain, upright=upright, latex=code):
            return _name(plain, upright, bold="mathbf" in code)
        case Sign(latex=r"\,"):
            return '<mspace width="0.17em"/>'
        case Sign(text=plain):
            return f"<mo>{escape(SYMBOLS.get(plain, plain))}</mo>"
        case Row(parts):
            return f"<mrow>{''.join(map(mathml, parts))}</mrow>"
        case Scripts(base, up, down):
            return _scripts(base, up, down)
        case Fraction(top, bottom):
            return f"<mfrac>{_one(top)}{_one(bottom)}</mfrac>"
        case Bracket(inside, square):
            left, right = "[]" if square else "()"
            return f"<mrow><mo>{left}</mo>{mathml(inside)}<mo>{right}</mo></mrow>"
        case Big(sign, below, body, above):
            limits = f"<munderover>{mathml(sign)}{_one(below)}{_one(above)}</munderover>" if above else (
                f"<munder>{mathml(sign)}{_one(below)}</munder>")  # fmt: skip
            return f"<mrow>{limits}{mathml(body)}</mrow>"
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


def _one(part: Layout) -> str:
    """MathML arguments are single elements."""
    return f"<mrow>{mathml(part)}</mrow>"


def _scripts(base: Layout, up: Layout | None, down: Layout | None) -> str:
    if up and down:
        return f"<msubsup>{_one(base)}{_one(down)}{_one(up)}</msubsup>"
    tag, script = ("msup", up) if up else ("msub", down)
    assert script is not None
    return f"<{tag}>{_one(base)}{_one(script)}</{tag}>"


def html_document(document: Document) -> str:
    """The whole page."""
    body = "\n".join(_block(b, 2) for b in document.blocks)
    title = escape(document.title)
    return (
        f'<!doctype html>\n<html lang="{document.language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _block(block: Block, depth: int) -> str:
    match block:
        case Section(title, blocks):
            inside = "\n".join(_block(b, depth + 1) for b in blocks)
            return f"<section>\n<h{depth}>{_inlines(title)}</h{depth}>\n{inside}\n</section>"
        case Paragraph(inlines):
            return f"<p>{_inlines(inlines)}</p>"
        case Items(items):
            return "<ul>" + "".join(f"<li>{_inlines(i)}</li>" for i in items) + "</ul>"
        case Table(head, rows):
            top = "".join(f"<th>{escape(h)}</th>" for h in head)
            cells = "".join("<tr>" + "".join(f"<td>{_inlines(c)}</td>" for c in r) + "</tr>" for r in rows)
            grid = f"<thead><tr>{top}</tr></thead><tbody>{cells}</tbody>"
            return f'<div class="scroll"><table class="grid">{grid}</table></div>'
        case Equations(lines, label, boxed):
            body = "".join(map(_line, lines))
            identity = f' id="{escape(label)}"' if label else ""
            return f'<div class="scroll{" boxed" if boxed else ""}"{identity}><table class="eq">{body}</table></div>'
    raise UnknownNode("html_document", block)


def _line(line: Line) -> str:
    left = _math(line.left) if line.left is not None else ""
    why = _inlines(line.reason)
    if line.shape is not None:
        why += f" {_math(line.shape)}"
    right = (
        f'<math display="block" style="display:inline math; math-style:normal"><mrow>{mathml(line.right)}</mrow></math>'
    )
    relation = _math(line.relation or EQUALS)
    return f'<tr><td class="left">{left}</td><td>{relation}</td><td>{right}</td><td class="why">{why}</td></tr>'


def _math(part: Layout) -> str:
    return f"<math><mrow>{mathml(part)}</mrow></math>"


def _inlines(inlines: Inlines) -> str:
    return "".join(escape(i) if isinstance(i, str) else _math(i) for i in inlines)
