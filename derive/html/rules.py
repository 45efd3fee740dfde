"""Every step with its formulas, shapes and verdict; every rule that is used with its law, its source and its proofs."""

from __future__ import annotations

from html import escape

from ..latex import latex
from ..layout import Layout, Sign, row
from .blocks import Printer, rule_id
from .companion import Companion, Law, ShownStep
from .mathml import display, math


def whole_texts(companion: Companion, printer: Printer) -> str:
    """The whole derivation as NumPy code and as a claims file, to copy."""
    texts = {"NumPy": companion.numpy, "claims": companion.claims}
    if not any(texts.values()):
        return ""
    return f'<div class="whole">{printer.say("page_whole")} {printer.copy_buttons(texts)}</div>\n'


def steps_and_laws(companion: Companion, printer: Printer) -> str:
    """Two sections: the laws, and the steps by the gradient that they work on."""
    laws = "".join(_law(law, companion, printer) for law in companion.laws)
    blocks = []
    for target in dict.fromkeys(s.target for s in companion.steps):
        steps = "".join(_step(s, printer) for s in companion.steps if s.target == target)
        name = printer.variables.get(target) or printer.variables.get(target[1:])  # of the loss: J
        title = math(name.layout) if name else escape(target)
        blocks.append(f"<h3>{printer.say('page_steps_for')} {title}</h3>\n{steps}")
    proofs = "".join(
        f"<li>{math(printer.variables[name].layout)}: {printer.inlines(verdict)}</li>"
        for name, verdict in companion.verdicts
        if name in printer.variables
    )
    return (
        f'<section id="laws">\n<h2>{printer.say("page_laws")}</h2>\n'
        f"<p>{printer.say('page_laws_hint')}</p>\n{laws}</section>\n"
        f'<section id="steps">\n<h2>{printer.say("page_steps")}</h2>\n{"".join(blocks)}</section>\n'
        f'<section id="proofs">\n<h2>{printer.say("page_verdicts")}</h2>\n<ul>{proofs}</ul></section>\n'
    )


def _law(law: Law, companion: Companion, printer: Printer) -> str:
    used = " ".join(f'<a href="#step-{n}">{n}</a>' for n in law.steps)
    said = dict.fromkeys(s.verdict for s in companion.steps if s.number in law.steps)
    verdicts = "<br>".join(map(printer.inlines, said))
    rows = [("page_law", printer.inlines(law.law)), ("page_source", escape(law.source)),
            ("page_used_in", used), ("page_kernel", verdicts)]  # fmt: skip
    body = "".join(f"<dt>{printer.say(key)}</dt><dd>{text}</dd>" for key, text in rows if text)
    head = f'<details class="law" id="{rule_id(law.rule)}"><summary>{escape(law.title)}</summary>'
    return f"{head}<dl>{body}</dl></details>\n"


def _step(step: ShownStep, printer: Printer) -> str:
    """before -> after, in shapes and in formulas."""
    arrow = Sign(r"\to", "→")
    law = f'<a href="#{rule_id(step.rule)}">{escape(printer.titles[step.rule])}</a>'
    shapes = math(row(step.shapes[0], Sign(r"\;", " "), arrow, Sign(r"\;", " "), step.shapes[1]))
    rows = [
        ("page_from", _formulas(step.before, printer)),
        ("page_gives", _formulas(step.after, printer, step.parts)),
        ("page_shapes", shapes),
        ("page_rule", law),
        ("page_kernel", printer.inlines(step.verdict)),
    ]
    body = "".join(f"<dt>{printer.say(key)}</dt><dd>{text}</dd>" for key, text in rows)
    short = math(step.after[0], printer.marks) if len(step.after) == 1 else ""
    return (
        f'<details class="step" id="step-{step.number}"><summary>{step.number}. {escape(step.title)}'
        f'<span class="short">{short}</span></summary>'
        f"<dl>{body}</dl></details>\n"
    )


def _formulas(formulas: tuple[Layout, ...], printer: Printer, parts: tuple[Layout, ...] = ()) -> str:
    """One formula a line, each with its buttons; for a rule, the part whose gradient it is."""
    shown = []
    for k, formula in enumerate(formulas):
        code = printer.codes.get(formula)
        texts = {"LaTeX": latex(formula)} | ({"NumPy": code.numpy, "claims": code.claims} if code else {})
        part = f'<span class="for">{printer.say("page_for")} {math(parts[k], printer.marks)}: </span>' if parts else ""
        shown.append(
            f'<div class="formula">{part}{display(formula, printer.marks)} {printer.copy_buttons(texts)}</div>'
        )
    return printer.scroll("".join(shown))
