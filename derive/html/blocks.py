"""The blocks of a document as HTML: derivations unfold, formulas can be copied, reasons lead to their steps."""

from __future__ import annotations

import re
from html import escape

from ..array_code import CLAIMS, identifier
from ..document import Block, Equations, Inline, Inlines, Items, Line, Paragraph, Reference, Section, Table
from ..errors import UnknownNode
from ..latex import latex
from ..layout import EQUALS, Layout, row
from ..text import text
from ..words import Words
from .companion import Companion, ShownStep
from .mathml import display, math


class Printer:
    """Prints blocks; remembers where each variable is defined, so that graphs can lead there."""

    def __init__(self, words: Words, companion: Companion | None = None) -> None:
        self.words, self.companion = words, companion
        variables = companion.variables if companion else ()
        self.marks = {v.layout: v.name for v in variables}
        self.variables = {v.name: v for v in variables}
        self.titles = {law.rule: law.title for law in companion.laws} if companion else {}
        self.codes = dict(companion.codes) if companion else {}
        self.anchors: dict[str, str] = {}  # variable -> the id of the formula that defines it
        self.target = ""  # the gradient whose derivation is being printed
        self.folded = ""  # the label of its last line, if it unfolds

    def say(self, key: str, *parts: object) -> str:
        """Words of the catalogue as HTML."""
        return self.inlines(self.words(key, *parts))

    def block(self, block: Block, depth: int) -> str:
        """One block; `depth` is the level of its title."""
        match block:
            case Section(title, blocks):
                if self.companion and title == self.words("steps"):
                    return ""  # stands below with more: every step with its formulas and its verdict
                inside = "\n".join(self.block(b, depth + 1) for b in blocks)
                return f"<section>\n<h{depth}>{self.inlines(title)}</h{depth}>\n{inside}\n</section>"
            case Paragraph(inlines):
                return f"<p>{self.inlines(inlines)}</p>"
            case Items(items):
                return "<ul>" + "".join(f"<li>{self.inlines(i)}</li>" for i in items) + "</ul>"
            case Table(head, rows):
                return self.table(head, rows)
            case Equations():
                return self.equations(block)
        raise UnknownNode("html_document", block)

    def table(self, head: tuple[str, ...], rows: tuple[tuple[Inlines, ...], ...]) -> str:
        top = "".join(f'<th scope="col">{escape(h)}</th>' for h in head)
        cells = "".join("<tr>" + "".join(f"<td>{self.inlines(c)}</td>" for c in r) + "</tr>" for r in rows)
        return self.scroll(
            f'<table class="grid"><thead><tr>{top}</tr></thead><tbody>{cells}</tbody></table>', tabbed=False
        )

    def scroll(self, inside: str, kind: str = "", tabbed: bool = False) -> str:
        """What is wide scrolls by itself, by keyboard too."""
        more = ' tabindex="0"' if tabbed else ""
        return f'<div class="scroll{" " + kind if kind else ""}"{more}>{inside}</div>'

    def equations(self, block: Equations) -> str:
        """Lines under each other; the derivation of a gradient shows its result, and unfolds."""
        self.target = block.label.removeprefix("eq:")
        folded = bool(block.label and self.companion and len(block.lines) > 1)
        self.folded = block.label if folded else ""
        rows = "".join(map(self.line, block.lines))
        body = self.scroll(f'<table class="eq">{rows}</table>', "boxed" if block.boxed else "")
        return self.unfolding(block, body) if folded else body

    def unfolding(self, block: Equations, body: str) -> str:
        """The result; behind it the lines that lead there."""
        last = block.lines[-1]
        left = next((line.left for line in reversed(block.lines) if line.left is not None), None)
        shown = self.row(left, last, self.shape(last))
        return (
            f'<details class="derived" id="{escape(block.label)}"><summary>'
            f'{self.scroll(f"""<table class="eq"><tr>{shown}</tr></table>""")}'
            f'<span class="count">{self.say("page_lines", len(block.lines))}</span></summary>{body}</details>\n'
        )

    def line(self, line: Line) -> str:
        """left = right, why, and how to copy it."""
        steps = self.steps_of(line.right)
        why = self.reason(line.reason, steps) + self.shape(line)
        if self.companion:
            why += "".join(map(self.step_link, steps)) + self.copy(line)
        return f"<tr{self.anchor(line)}>{self.row(line.left, line, why)}</tr>"

    def row(self, left: Layout | None, line: Line, why: str) -> str:
        """The cells of a line."""
        shown = display(left, self.marks) if left is not None else ""
        number = f"({line.number})" if line.number else ""
        return (
            f'<td class="left">{shown}</td><td class="rel">{math(line.relation or EQUALS)}</td>'
            f'<td class="right">{display(line.right, self.marks)}</td><td class="no">{number}</td>'
            f'<td class="why">{why}</td>'
        )

    def shape(self, line: Line) -> str:
        return f' <span class="shape">{math(line.shape)}</span>' if line.shape is not None else ""

    def anchor(self, line: Line) -> str:
        """A line with a label can be referred to; the first that defines a variable is where graphs lead to."""
        name = self.marks.get(line.left, "") if line.left is not None else ""
        label = line.label if line.label != self.folded else ""
        if self.companion and name not in self.anchors and name:
            label = label or ("" if line.label or self.target == name else f"at:{name}")
            self.anchors[name] = label or self.folded
        identity = f' id="{escape(label)}"' if label else ""
        return identity + (f' data-row="{escape(name)}"' if name and self.companion else "")

    def steps_of(self, right: Layout) -> list[ShownStep]:
        """The steps that led to a line of a derivation: its own, and those that brought the terms of a sum."""
        steps = self.companion.steps if self.companion and self.target else ()
        found = [s for s in steps if s.target == self.target and s.after == (right,)]
        if not any(s.rule == "all paths" for s in found):
            return found
        return [*(s for s in steps if self.target[1:] in s.brings), *found]

    def reason(self, reason: Inlines, steps: list[ShownStep]) -> str:
        """The reason of a line, in which the name of a rule leads to its law."""
        text = self.inlines(reason)
        for rule, title in {s.rule: escape(self.titles[s.rule]) for s in steps}.items():
            link = f'<a class="rule" href="#{rule_id(rule)}">{title}</a>'.replace("\\", r"\\")
            text = re.sub(rf"(?<![\w>-]){re.escape(title)}(?![\w<-])", link, text, count=1)
        return text

    def step_link(self, step: ShownStep) -> str:
        title = escape(f"{step.title}: {plain(step.verdict)}")
        return f' <a class="step" href="#step-{step.number}" title="{title}">{self.say("page_step", step.number)}</a>'

    def copy(self, line: Line) -> str:
        """Buttons: this formula as LaTeX, NumPy, or a claim."""
        whole = row(line.left, line.relation or EQUALS, line.right) if line.left is not None else line.right
        code = self.codes.get(line.right)
        name = self.marks.get(line.left, "") if line.left is not None else self.target
        texts = {"LaTeX": latex(whole)}
        if code is not None:
            texts |= {"NumPy": _assigned(name, code.numpy), "claims": _assigned(name, code.claims)}
        return self.copy_buttons(texts)

    def copy_buttons(self, texts: dict[str, str]) -> str:
        """A small menu that opens in its place; each button holds its text."""
        buttons = "".join(
            f'<button type="button" data-copy="{escape(said)}">{escape(self.kind(kind))}</button>'
            for kind, said in texts.items()
            if said
        )
        return f'<details class="copy"><summary>{self.say("page_copy")}</summary>{buttons}</details>'

    def kind(self, kind: str) -> str:
        return self.words.plain("page_claims") if kind == "claims" else kind

    def inlines(self, inlines: Inlines) -> str:
        return "".join(map(self.inline, inlines))

    def inline(self, inline: Inline) -> str:
        """A word, a formula, or the number of an equation."""
        if isinstance(inline, Reference):
            return f'<a href="#{escape(inline.label)}">{escape(inline)}</a>'
        return escape(inline) if isinstance(inline, str) else math(inline, self.marks)

    def bar(self) -> str:
        """Where the shapes and the rule of the formula in focus are shown, and what was copied is said."""
        shapes = "".join(
            f'<span data-name="{escape(name)}">{math(v.layout)} '
            f"{math(v.shape) if v.shape else self.say('page_number')}</span>"
            for name, v in self.variables.items()
        )
        return (
            f'<div id="bar" role="status" aria-live="polite" data-copied="{self.say("page_copied")}" '
            f'data-failed="{self.say("page_not_copied")}"></div>\n<div id="shapes" hidden>{shapes}</div>\n'
        )


def rule_id(rule: str) -> str:
    """The place of a law on the page."""
    return "law-" + rule.replace(" ", "-")


def plain(inlines: Inlines) -> str:
    """Running text without markup."""
    return "".join(i if isinstance(i, str) else text(i) for i in inlines)


def _assigned(name: str, code: str) -> str:
    """dW1 = text, where the name is one that code can have."""
    return f"{identifier(name, CLAIMS)} = {code}" if name and code else code
