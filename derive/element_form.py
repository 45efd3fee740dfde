"""The element form: every gradient from the definition, entry by entry, one reason per line.

    dJ/dv_j  =  sum_k dJ/du_k du_k/dv_j            chain rule: v_j reaches J through every u_k
    du_k/dv_j                                      by the definition of u_k, with Kronecker deltas
    the terms with k != j vanish

The derivatives come from the kernel (kernel/partial.py), a route of its own beside the matrix rules; the result is read
as the matrix formula of the derivation.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from .article import Article
from .backward_pass import InductivePass
from .document import Block, Document, Equations, Line, Paragraph, Section
from .element import Lowering, size, times
from .index_layout import IndexWriter
from .induction import induction
from .kernel import index as ix
from .kernel.partial import collapse, partial
from .layout import EQUALS, PLUS, SUM, Big, Layout, letter, row
from .layout import partial as partial_layout
from .mathematics import Named, spaced
from .networks import one_sample
from .notation import Notation
from .program import variables
from .shapes import shape_of
from .sweep import sweep
from .words import Words

J = ix.Index("j", "")


class ElementProof:
    """The proof of one gradient: dJ/dv through the variable u that v enters."""

    def __init__(self, derivation: Any, variable: Any, user: Any = None) -> None:
        self.d, self.v = derivation, variable
        program = derivation.program
        self.definitions = {e.lhs: e.rhs for e in program.equations}
        self.loss = program.equations[-1].lhs
        user = self._users(variable)[0] if user is None else user
        self.through = self._through(user)
        self.inserted = None if variable in variables(self.definitions[self.through]) else user
        self.lowering = Lowering()
        self.at = positions(variable, "jq")
        self.k = positions(self.through, "ki") if shape_of(self.through) else ()

    @property
    def users(self) -> list[Any]:
        """The variables that v enters."""
        return self._users(self.v)

    def _users(self, variable: Any) -> list[Any]:
        return [u for u, e in self.definitions.items() if variable in variables(e)]

    def _through(self, user: Any) -> Any:
        """The next named variable: z_l reaches J through z_{l+1}, z_L through a_L, a_L through J itself."""
        if user == self.loss:
            return user
        further = self._users(user)
        elementwise = variables(self.definitions[user]) == [self.v]
        return further[0] if elementwise and len(further) == 1 and further[0] != self.loss else user

    @cached_property
    def definition(self) -> ix.Expr:
        """u_k in entries, with the activation between v and u written out."""
        expr = self.definitions[self.through]
        found = self.lowering.entry(expr, self.k) if self.k else self.lowering.number(expr)
        if self.inserted is None:
            return found
        return insert_entries(
            found, str(self.inserted), lambda at: self.lowering.entry(self.definitions[self.inserted], at)
        )

    def derivative(self) -> tuple[ix.Expr, ix.Expr]:
        """du_k / dv_j, with deltas and after they are collapsed."""
        raw = lettered(readable(partial(self.definition, str(self.v), self.at)))
        return raw, collapse(raw)

    def result(self) -> tuple[ix.Expr, ix.Expr]:
        """dJ/dv_j = sum_k du_k (du_k/dv_j), before and after the collapse over k."""
        _, inner = self.derivative()
        if self.through == self.loss:
            return inner, inner
        raw: ix.Expr = times(ix.Entry(f"d{self.through}", self.k), inner)
        for k in reversed([p for p in self.k if isinstance(p, ix.Index)]):
            raw = ix.Sum(k, raw)
        return raw, collapse(raw)


def positions(variable: Any, letters: str) -> tuple[ix.Position, ...]:
    """(j, 0) of a column, (j, q) of a matrix."""
    if shape_of(variable) is None:
        return ()
    return tuple(0 if n == 1 else ix.Index(name, size(n)) for n, name in zip(variable.shape, letters, strict=True))


def readable(expr: ix.Expr) -> ix.Expr:
    """delta_00 of a column's only position is 1 and is not written; log' u is 1/u, exp' u is exp u."""
    match expr:
        case ix.Add(parts):
            return ix.Add(tuple(map(readable, parts)))
        case ix.Mul(parts):
            return times(*(readable(p) for p in parts if not (isinstance(p, ix.Delta) and p.left == p.right)))
        case ix.Sum(index, body):
            return ix.Sum(index, readable(body))
        case ix.Apply("log", 1, arg):
            return ix.Pow(arg, Fraction(-1))
        case ix.Apply("exp", 1, arg):
            return ix.Apply("exp", 0, arg)
    return expr


def lettered(expr: ix.Expr) -> ix.Expr:
    """Indices that the kernel made up ("p~4") get letters that are free."""
    used = {i.name for i in indices_of(expr)}
    names: dict[ix.Index, ix.Index] = {}
    for index in indices_of(expr):
        if "~" in index.name and index not in names:
            name = next(c for c in "prstuvwxyzabcdefgh" if c not in used)
            used.add(name)
            names[index] = ix.Index(name, index.size)
    return renamed(expr, names) if names else expr


def parts_of(part: Any) -> list[Any]:
    """What a node holds."""
    if isinstance(part, tuple):
        return list(part)
    return [getattr(part, f.name) for f in fields(part)] if is_dataclass(part) else []


def indices_of(part: Any) -> list[ix.Index]:
    """Every index that stands somewhere in an expression."""
    return [part] if isinstance(part, ix.Index) else [i for p in parts_of(part) for i in indices_of(p)]


def renamed(part: Any, names: dict[ix.Index, ix.Index]) -> Any:
    """The same with other indices, bound ones too."""
    if isinstance(part, ix.Index):
        return names.get(part, part)
    if isinstance(part, tuple):
        return tuple(renamed(p, names) for p in part)
    build: Any = type(part)
    return build(*(renamed(p, names) for p in parts_of(part))) if is_dataclass(part) else part


def insert_entries(expr: ix.Expr, array: str, entry: Any) -> ix.Expr:
    """array[at] -> entry(at), everywhere."""
    match expr:
        case ix.Entry(name, at) if name == array:
            return entry(at)
        case ix.Add(parts):
            return ix.Add(tuple(insert_entries(p, array, entry) for p in parts))
        case ix.Mul(parts):
            return times(*(insert_entries(p, array, entry) for p in parts))
        case ix.Sum(index, body):
            return ix.Sum(index, insert_entries(body, array, entry))
        case ix.Apply(f, order, arg):
            return ix.Apply(f, order, insert_entries(arg, array, entry))
        case ix.Pow(base, exponent):
            return ix.Pow(insert_entries(base, array, entry), exponent)
    return expr


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
        blocks.append(Paragraph(w("element_definition")))
        lines = [Line(u, write(p.definition), w("element_by_definition"))]
        lines.append(Line(du_dv, write(raw), w("element_differentiate")))
        if inner != raw:
            lines.append(Line(None, write(inner), w("element_collapse")))
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
        """What follows when the gradient in u is inserted, and the published form."""
        name, lines = f"d{p.v}", []
        forms = [s for s in derivation.steps if s.target == name and s.kind == "rewrite"]
        for step in forms:
            entry = p.lowering.entry(step.gives[0], p.at)
            if step.rule == "insert" and not p.inserted and entry != after:
                u = self.write.entry(str(p.through), p.k)
                lines.append(
                    Line(
                        None,
                        self.write(entry),
                        self.words("element_known", partial_layout(self.write.entry(str(p.loss), ()), u)),
                    )
                )
            elif step is forms[-1] and lines:
                lines.append(Line(None, self.write(entry), (step.label or self.words.plain(step.rule),)))
        return lines


def element_form(derivation: Any, style: Notation, words: Words) -> Document:
    """The document in element form: of a network made by mlp for one sample, else with the mean taken early.

    With the mean taken late dZ is m times the derivative, and no chain of partial derivatives could name it.
    """
    program = derivation.program
    inductive = isinstance(derivation, InductivePass)
    batch = program.samples is not None and bool(program.recipe) and not inductive
    if batch:
        found = sweep(one_sample(program), derivation.mean)
    elif derivation.factor != 1:
        found = induction(program, "early") if inductive else sweep(program, "early")
    else:
        found = derivation
    a = Article(found, style, words, getattr(found, "hypothesis", ""))
    form = ElementForm(a)
    note = (Paragraph(words("one_sample")),) if batch else ()
    if inductive:
        base, step = found.cases()
        hypothesis = Paragraph(words("induction_text", a.style.variable(f"d{step.program.equations[-2].lhs}")))
        proofs: tuple[Block, ...] = (
            a.section("base_case", *form.proofs(base)),
            a.section("induction_step", hypothesis, *form.proofs(step), parts=("l+1", "l")),
        )
    else:
        proofs = form.proofs(found)
    blocks = (a.conventions(), a.symbols(), a.forward(), a.section("element_form", *note, *proofs), *a.closing())
    return Document(a.title(), blocks, a.facts(), words.language)
