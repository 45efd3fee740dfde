"""The part of a page where readers put in small numbers and see every value, forward and backward."""

from __future__ import annotations

from html import escape

from ..layout import EQUALS, row
from .blocks import Printer
from .companion import Companion
from .mathml import math


def numbers(companion: Companion, printer: Printer) -> str:
    """Fields for sizes and numbers, made by the script from the program's JSON, and one place for every value."""
    say = printer.say
    title = f'<section id="numbers">\n<h2>{say("page_numbers")}</h2>\n'
    if not companion.machine:
        return f"{title}<p>{say(companion.why_no_machine)}</p>\n</section>\n" if companion.why_no_machine else ""
    rows = "".join(
        f'<tr data-row="{escape(name)}"><td>{math(row(left, EQUALS, right), printer.marks)}</td>'
        f'<td><output data-value="{escape(name)}"></output></td></tr>'
        for name, left, right in companion.equations
    )
    head = "".join(f'<th scope="col">{say(key)}</th>' for key in ("page_formula", "page_value"))
    names = [*((v.name, v.layout) for v in companion.variables), *companion.sizes]
    labels = "".join(f'<span data-label="{escape(name)}">{math(layout)}</span>' for name, layout in names)
    said = {key: printer.words.plain(f"page_{key}", "{0}", "{1}", "{2}") for key in
            ("rows_expected", "not_a_number", "size_expected", "computed", "differences")}  # fmt: skip
    texts = "".join(f' data-{key.replace("_", "-")}="{escape(text)}"' for key, text in said.items())
    machine = companion.machine.replace("<", "\\u003c")
    return (
        f"{title}<p>{say('page_numbers_hint')}</p>\n"
        f'<form id="fields"{texts}><fieldset><legend>{say("page_sizes")}</legend><div id="sizes"></div></fieldset>'
        f'<fieldset><legend>{say("page_given")}</legend><div id="given"></div></fieldset>'
        f'<p><button type="button" id="again">{say("page_other_numbers")}</button> '
        '<span id="said" role="status" aria-live="polite"></span></p></form>\n'
        f'<div id="labels" hidden>{labels}</div>\n'
        + printer.scroll(
            f'<table class="grid" id="values"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>', tabbed=True
        )
        + f"\n<noscript><p>{say('page_no_script')}</p></noscript>\n"
        f'<script type="application/json" id="machine">{machine}</script>\n</section>\n'
    )
