"""A report for a notebook: one piece of HTML that needs nothing else, in light and in dark."""

from __future__ import annotations

from html import escape

from .sheet import PROVED, REFUTED, Note, Row, Sheet

MARKS = {PROVED: "✓", REFUTED: "✗"}
LIGHT = "--ink:#1c2026;--soft:#5c6570;--line:#d9dde3;--code:#f4f6f8;--proved:#176639;--refuted:#b3261e;--unknown:#750"
DARK = "--ink:#e4e7eb;--soft:#a2abb6;--line:#3a414a;--code:#20252b;--proved:#6fd199;--refuted:#ff8a80;--unknown:#f0c060"
STYLE = f"""\
.backproof{{{LIGHT}}}
@media (prefers-color-scheme:dark){{.backproof{{{DARK}}}}}
[data-jp-theme-light=true] .backproof{{{LIGHT}}}
[data-jp-theme-light=false] .backproof{{{DARK}}}
""" + """\
.backproof{color:var(--ink);font:14px/1.5 system-ui,sans-serif;max-width:60rem;text-align:left}
.backproof h4{font-size:1em;margin:.2em 0 .6em;font-weight:600}
.backproof section{border-top:1px solid var(--line);padding:.5em 0}
.backproof .name{font:600 1em ui-monospace,monospace;margin-right:.8em}
.backproof .proved{color:var(--proved)}.backproof .refuted{color:var(--refuted)}
.backproof .unknown{color:var(--unknown)}
.backproof .word{font-weight:600}
.backproof .reason{margin:.2em 0 0;white-space:pre-line}
.backproof dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15em 1em;margin:.3em 0 0}
.backproof dt{color:var(--soft)}.backproof dd{margin:0}
.backproof pre,.backproof code{font:12.5px/1.45 ui-monospace,monospace;background:var(--code);color:var(--ink)}
.backproof code{padding:.05em .3em;border-radius:3px;overflow-wrap:anywhere}
.backproof pre{padding:.5em .7em;border-radius:4px;margin:.2em 0;overflow-x:auto;white-space:pre}
.backproof summary{color:var(--soft);cursor:pointer}
.backproof ul{border-top:1px solid var(--line);margin:0;padding:.5em 0 0 1.2em;color:var(--soft)}
""".strip()


def html(sheet: Sheet) -> str:
    """A division with its own style."""
    below = "".join(f"<li>{escape(line)}</li>" for line in sheet.below)
    return (
        f'<div class="backproof"><style>{STYLE}</style><h4>{escape(sheet.title)}, {escape(sheet.scope)}</h4>'
        + "".join(map(_row, sheet.rows))
        + (f"<ul>{below}</ul>" if below else "")
        + "</div>"
    )


def _row(row: Row) -> str:
    reason = f'<p class="reason">{escape(row.reason)}</p>' if row.reason else ""
    notes = [n for n in row.notes if n.page]
    plain = "".join(f"<dt>{escape(n.heading)}</dt><dd>{_body(n)}</dd>" for n in notes if not n.folded)
    folded = "".join(f"<details><summary>{escape(n.heading)}</summary>{_body(n)}</details>" for n in notes if n.folded)
    return (
        f'<section><span class="name">{escape(row.name)}</span>'
        f'<span class="word {row.word}">{MARKS.get(row.word, "?")} {row.word}</span>{reason}'
        + (f"<dl>{plain}</dl>" if plain else "")
        + f"{folded}</section>"
    )


def _body(note: Note) -> str:
    if not note.code:
        return escape(note.text)
    return f"<pre>{escape(note.text)}</pre>" if "\n" in note.text else f"<code>{escape(note.text)}</code>"
