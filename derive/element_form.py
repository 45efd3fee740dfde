"""The element form: every gradient from the definition, entry by entry, one reason per line.

    dJ/dv_j  =  sum_k dJ/du_k du_k/dv_j            chain rule: v_j reaches J through every u_k
    du_k/dv_j                                      by the definition of u_k, with Kronecker deltas
    the terms with k != j vanish

The derivatives come from the kernel (kernel/partial.py), a route of its own beside the matrix rules; the result is read
as the matrix formula of the derivation.
"""

from __future__ import annotations

from typing import Any

from .article import Article
from .backward_pass import InductivePass
from .chains import step_name
from .document import Block, Equations, Inlines, Line, Paragraph, Section
from .element import Lowering
from .element_proof import ElementProof, lettered, readable
from .index_layout import IndexWriter
from .kernel import index as ix
from .kernel.partial import partial
from .layout import EQUALS, PARTIAL, PLUS, SUM, Big, Bracket, Fraction, Layout, Name, Scripts, letter, row
from .layout import partial as partial_layout
from .mathematics import Named, spaced
from .nodes import Softmax
from .program import variables
from .shapes import shape_of


class ElementForm:
    """Prints the proofs of one derivation."""

    def __init__(self, article: Article) -> None:
        self.a, self.words = article, article.words
        self.write = IndexWriter(article.writer)

    def proofs(self, derivation: Any) -> tuple[Section, ...]:
        """One section for each gradient, in the order of the backward pass."""
        found = []
        for equation in derivation.equations:
            variable = derivation.program.symbols[str(equation.lhs)[1:]]
            if shape_of(variable) is None:
                found.append(self.number_proof(derivation, variable))
            elif self.wanted(derivation, equation):
                found.append(self.proof(derivation, variable))
        return tuple(found)

    def number_proof(self, derivation: Any, variable: Any) -> Section:
        """dC/dv = sum over the u that v enters of dC/du du/dv, for a network written in numbers."""
        program, w = derivation.program, self.words
        loss = self.a(program.equations[-1].lhs)
        v = self.a(variable)
        users = [e for e in program.equations if variable in variables(e.rhs)]
        lines: list[Line] = []
        terms: list[Layout] = []
        for user in users:
            u = self.a(user.lhs)
            inner = readable(partial(Lowering().number(user.rhs), str(variable), ()))
            lines.append(
                Line(partial_layout(u, v), self.write(inner), (*w("element_from"), row(u, EQUALS, self.a(user.rhs))))
            )
            if user is not program.equations[-1]:
                terms += [PLUS, spaced(partial_layout(loss, u), partial_layout(u, v))]
        blocks: list[Block] = []
        if terms:
            reached = [q for k, e in enumerate(users) for q in ((", ", self.a(e.lhs)) if k else (self.a(e.lhs),))]
            reason = (*w("element_reaches", v), *reached)
            blocks.append(Equations((Line(partial_layout(loss, v), row(*terms[1:]), reason),)))
        blocks.append(Equations(tuple(lines)))
        equation = derivation[f"d{variable}"]
        if terms:
            blocks.append(
                Equations(
                    (Line(partial_layout(loss, v), self.in_partials(derivation, equation.rhs), w("element_put")),)
                )
            )
        return self.a.section("gradient_in", *blocks, parts=(v,))

    def in_partials(self, derivation: Any, expr: Any) -> Layout:
        """A formula with dC/dz written for dz."""
        loss = self.a(derivation.program.equations[-1].lhs)
        names = {e.lhs: partial_layout(loss, self.a(derivation.program.symbols[str(e.lhs)[1:]])) for e in derivation}
        return Named(self.a.style, names).write(expr)

    def wanted(self, derivation: Any, equation: Any) -> bool:
        """Activations of hidden layers are passed over: z_l reaches J through z_{l+1}."""
        variable = derivation.program.symbols[str(equation.lhs)[1:]]
        users = [e for e in derivation.program.equations if variable in variables(e.rhs)]
        definition = derivation.program.by_name.get(str(variable))
        activation = (
            definition is not None
            and len(variables(definition.rhs)) == 1
            and definition.lhs not in derivation.program.parameters
        )
        if str(equation.lhs) == self.a.hypothesis:
            return False
        return not (activation and users[0] is not derivation.program.equations[-1])

    def proof(self, derivation: Any, variable: Any) -> Section:
        """Chain rule, definition, derivative with deltas, collapse, result, matrix form."""
        users = [e.lhs for e in derivation.program.equations if variable in variables(e.rhs)]
        routes = [ElementProof(derivation, variable, user) for user in users]
        blocks = [b for p in routes for b in self.route(derivation, p)]
        if len(routes) > 1:
            first = routes[0]
            loss, v = self.write.entry(str(first.loss), ()), self.write.entry(str(variable), first.at)
            whole = ix.Add(tuple(p.result()[1] for p in routes))
            blocks.append(Equations((Line(partial_layout(loss, v), self.write(whole), self.words("element_all")),)))
        equation = derivation[f"d{variable}"]
        matrix = row(self.a(equation.lhs), EQUALS, self.a(equation.rhs))
        blocks.append(Paragraph((*self.words("element_matrix"), matrix, ".")))
        return self.a.section("gradient_in", *blocks, parts=(self.a(variable),))

    def route(self, derivation: Any, p: ElementProof) -> list[Block]:
        """What one variable u that v enters contributes."""
        w, write = self.words, self.write
        v, u = write.entry(str(p.v), p.at), write.entry(str(p.through), p.k)
        loss = write.entry(str(p.loss), ())
        only = len(p.users) == 1
        dv, du_dv = partial_layout(loss, v), partial_layout(u, v)
        raw, inner = p.derivative()
        blocks: list[Block] = []
        chained = p.through != p.loss
        if chained:
            indices = [q for q in p.k if isinstance(q, ix.Index)]
            chain: Layout = spaced(partial_layout(loss, u), du_dv)
            for q in reversed(indices):
                chain = Big(SUM, letter(q.name), chain)
            if only:
                blocks.append(Equations((Line(dv, chain, w("element_chain", v, u)),)))
            else:
                blocks.append(Paragraph((*w("element_one_way", v, u), chain, ".")))
        elif not only:
            blocks.append(Paragraph(w("element_direct", v)))
        lines = [Line(u, write(p.definition), w("element_by_definition"))]
        left = du_dv if only or chained else spaced(_by(v), Bracket(write(p.direct)))  # J has more than what is direct
        lines.append(Line(left, write(raw), w("element_differentiate")))
        if inner != raw:
            lines.append(Line(None, write(inner), w("element_collapse")))
        if (known_by := p.by_output()) != inner:
            lines.append(Line(None, write(known_by), w("element_output", u)))
        blocks.append(Equations(tuple(lines)))
        if chained:
            before, after = p.result()
            known, named = partial_layout(loss, u), write.entry(f"d{p.through}", p.k)
            reason = w("element_insert", known, named) if known != named else w("element_put")
            found = [Line(dv if only else chain, write(before), reason)]
            if after != before:
                found.append(Line(None, write(after), w("element_collapse")))
            if only:
                found += self.inserted(derivation, p, after)
            blocks.append(Equations(tuple(found)))
        return blocks

    def inserted(self, derivation: Any, p: ElementProof, after: ix.Expr) -> list[Line]:
        """What follows when the gradient in u is inserted: every rewrite of the derivation, entry by entry."""
        if p.inserted:
            return []
        lines: list[Line] = []
        shown, reasons = self.write(after), []
        for step in [s for s in derivation.steps if s.target == f"d{p.v}" and s.kind == "rewrite"]:
            entry = self.write(lettered(p.lowered(step.gives[0])))
            reasons.append(self.reason(p, step))
            if entry != shown and not holds_exponentials(step.gives[0]):
                lines.append(Line(None, entry, self.words.joined(list(dict.fromkeys(reasons)))))
                shown, reasons = entry, []
        return lines

    def reason(self, p: ElementProof, step: Any) -> Inlines:
        """Why a rewrite may be made, in entries."""
        if step.rule == "insert":
            u, loss = self.write.entry(str(p.through), p.k), self.write.entry(str(p.loss), ())
            return self.words("element_known", partial_layout(loss, u))
        if step.rule == "name":
            return self.words("element_output", self.a(step.given[1].lhs))
        if step.rule == "fact":
            using = step.given[1]
            return self.words("fact_used", row(self.a(using.lhs), EQUALS, self.a(using.rhs)))
        return (step_name(self.a, step),)


def _by(v: Layout) -> Layout:
    """d/dv in front of what is differentiated"""
    return Fraction(PARTIAL, row(PARTIAL, v))


def holds_exponentials(expr: Any) -> bool:
    """softmax(z) is still in it: in entries a long fraction, and the next step names it."""
    return bool(expr.atoms(Softmax))


def element_section(article: Article, forward: tuple[Block, ...] = ()) -> Section:
    """The proofs in element form; `forward` are the equations of one sample, where others stood before."""
    a, form, words = article, ElementForm(article), article.words
    note: tuple[Block, ...] = (
        (Paragraph(words("one_sample")),) if a.program.samples is None and a.program.recipe else ()
    )
    delta = Scripts(Name(r"\delta", "δ"), None, row(letter("k"), letter("j")))
    note += (Paragraph(words("element_definition", delta, row(letter("k"), EQUALS, letter("j")))),)
    if not isinstance(a.d, InductivePass):
        return a.section("element_form", *note, *forward, *form.proofs(a.d))
    base, step = a.d.cases()
    hypothesis = Paragraph(words("induction_text", a.style.variable(a.hypothesis), a.layers(-1)))
    proofs = (
        a.section("base_case", *form.proofs(base)),
        a.section("induction_step", hypothesis, *form.proofs(step),
                  parts=(a.layer_letter("l+1"), a.layer_letter("l"))),
    )  # fmt: skip
    return a.section("element_form", *note, *forward, *proofs)
