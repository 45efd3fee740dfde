"""A derivation -> what its page shows beside the document: shapes, code, steps and laws with verdicts, graphs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sympy import Equality, Symbol

from .array_code import CLAIMS, NUMPY, code
from .array_tree import array_tree
from .claims_text import claims_text
from .computation import gradients
from .conditions import condition
from .document import Inlines
from .errors import UnknownNode
from .graphs import backward_graph, forward_graph
from .html.companion import Code, Companion, Law, ShownStep, Variable
from .kernel.cuts import decide_network
from .kernel.verdict import Proved, Verdict
from .laws import law
from .layout import COMMA, Bracket, Layout, number, row
from .machine import machine, machine_json
from .mathematics import Writer
from .rewrites import REWRITES
from .rules import RULES
from .shapes import shape_of
from .step_proofs import StepProofs
from .words import Words

SAME_FORM = "both sides have the same normal form"  # the kernel's words
PATHS = "dX = dX' + dX'' + ..."


def companion(derivation: Any, style: Any = "ng", language: str = "en", numpy: str = "") -> Companion:
    """Everything beside the document, in its notation and its language; `numpy` is code that others have written."""
    return _Maker(derivation, style, language).make(numpy)


class _Maker:
    """What the parts share."""

    def __init__(self, derivation: Any, style: Any, language: str) -> None:
        self.d, self.cases = derivation, derivation.cases()
        self.style = derivation.style(style)
        self.words, self.write = Words(language), Writer(self.style).write
        self.single = len(self.cases) == 1

    def make(self, numpy: str) -> Companion:
        steps = tuple(self.steps())
        found = machine(self.d) if self.single else "page_generic"
        forward = forward_graph(self.d) if self.single else None
        equations = (*self.d.program.equations, *self.d.equations)
        return Companion(
            variables=tuple(self.variables()),
            codes=tuple(self.codes()),
            steps=steps,
            laws=tuple(self.laws(steps)),
            verdicts=tuple(self.verdicts()),
            claims=self.claims(),
            forward=forward,
            backward=backward_graph(self.d, forward) if forward else None,
            equations=() if isinstance(found, str)
            else tuple((str(e.lhs), self.write(e.lhs), self.write(e.rhs)) for e in equations),
            machine="" if isinstance(found, str) else machine_json(found),
            sizes=() if isinstance(found, str) else tuple((n, self.write(Symbol(n))) for n, _ in found["sizes"]),
            numpy=numpy,
            why_no_machine=found if isinstance(found, str) else "",
        )  # fmt: skip

    def variables(self) -> Iterator[Variable]:
        """Every variable, and every gradient."""
        symbols = {name: s for c in self.cases for name, s in c.program.symbols.items()}
        symbols |= {str(e.lhs): e.lhs for c in self.cases for e in c.equations}
        for name, symbol in symbols.items():
            yield Variable(name, self.write(symbol), self.shape(symbol))

    def shape(self, expr: Any) -> Layout | None:
        """(n, m), or nothing for a number."""
        shape = shape_of(expr)
        return None if shape is None else Bracket(row(self.write(shape[0]), COMMA, self.write(shape[1])))

    def codes(self) -> Iterator[tuple[Layout, Code]]:
        """Every formula of the model and of the derivation, as the document writes it, and in code."""
        formulas = [e.rhs for c in self.cases for e in (*c.program.equations, *c.equations)]
        formulas += [e for s in self.d.steps for e in (*s.given, *s.gives) if e is not None]
        for formula in dict.fromkeys(f for f in formulas if not isinstance(f, Equality)):
            tree = array_tree(formula)
            yield self.write(formula), Code(_said(tree, NUMPY), _said(tree, CLAIMS))

    def steps(self) -> Iterator[ShownStep]:
        """The steps in their order, each decided by the kernel."""
        count = 0
        for case in self.cases:
            proofs = StepProofs(case.program)
            for step in case.steps:
                count += 1
                given = (
                    step.given[:1] if step.kind == "rewrite" else step.given[1:] if step.kind == "rule" else step.given
                )
                before, after = step.shapes
                yield ShownStep(
                    count, step.target, step.rule, self.title(step),
                    self.written(given), self.written(step.gives), self.written(step.parts),
                    (self.shapes(before[:1]), self.shapes(after)), self.said(proofs.verdict(step)),
                    tuple(map(str, step.parts)),
                )  # fmt: skip

    def written(self, formulas: Iterable[Any]) -> tuple[Layout, ...]:
        return tuple(map(self.write, formulas))

    def verdicts(self) -> Iterator[tuple[str, Inlines]]:
        """What the kernel says of every gradient: that it is the derivative of the loss."""
        for case in self.cases:
            for name, verdict in decide_network(gradients(case)).items():
                yield name, self.said(verdict)

    def title(self, step: Any) -> str:
        """The name of a rule as the language says it, and at which formula it is applied."""
        return step.label or self.rule(step.rule)

    def rule(self, name: str) -> str:
        for key in (f"rule {name}", f"rewrite {name}", name):
            if key in self.words.catalogue:
                return self.words.plain(key).strip(" :：")
        return name

    def shapes(self, shapes: tuple[Any, ...]) -> Layout:
        found = [Bracket(row(self.write(s[0]), COMMA, self.write(s[1]))) if s else number("1") for s in shapes]
        return row(*(q for k, p in enumerate(found) for q in ((COMMA, p) if k else (p,)))) if found else number("1")

    def laws(self, steps: tuple[ShownStep, ...]) -> Iterator[Law]:
        """The rules that are used, in the order of their first use."""
        for name in dict.fromkeys(s.rule for s in steps):
            stated = law(name, self.style) if name in RULES else REWRITES[name].law if name in REWRITES else PATHS
            source = self.words.catalogue.get(f"source {name}", "")
            yield Law(name, self.rule(name), (stated,), source, tuple(s.number for s in steps if s.rule == name))

    def said(self, verdict: Verdict) -> Inlines:
        """Proved: how; what was assumed, in the notation of the page."""
        if not isinstance(verdict, Proved):
            return (str(verdict),)
        known = verdict.reason == SAME_FORM
        reason = self.words.plain("normal_form") if known else verdict.reason
        parts: list[Any] = [*self.words("proved"), *self.words("colon"), " ", reason]
        for text in verdict.details():
            kind, formula, indices = condition(text, self.style)
            shown = self.words("every", formula, indices) if indices else (formula,)
            parts += ["; ", *self.words(kind, shown)]
        return tuple(parts)

    def claims(self) -> str:
        """The claims file; none for symbolic depth, which is two programs."""
        if not self.single:
            return ""
        try:
            return claims_text(self.d)
        except UnknownNode:
            return ""


def _said(tree: Any, dialect: Any) -> str:
    try:
        return code(tree, dialect)
    except UnknownNode:
        return ""
