"""The backward pass as people read it: for each gradient a chain of lines, one reason beside each."""

from __future__ import annotations

from typing import Any

from .article import Article
from .backward_pass import InductivePass
from .document import Block, Equations, Inlines, Line, Paragraph, Section
from .functions import a as output
from .functions import canonical, prime, row_of
from .layout import EQUALS, Layout, row
from .mathematics import spaced
from .nodes import elementwise
from .program import variables
from .rewrites import from_scalar

UNSAID = ("cancel entry by entry", "ones disappear", "multiply out")  # their names say what they do


def backward(a: Article, key: bool = False) -> tuple[Section, ...]:
    """The section on the backward pass; for symbolic depth, base case and induction step."""
    if isinstance(a.d, InductivePass):
        return induction(a, key)
    lead = Paragraph(a.words("backward_key" if key else "backward_text"))
    return (a.section("backward", lead, *equations(a, key)),)


def induction(a: Article, key: bool) -> tuple[Section, ...]:
    """Base case, step, and what follows."""
    first, second = a.d.cases()
    base = Article(first, a.style, a.words, prefix=a.prefix)
    step = Article(second, a.style, a.words, a.d.hypothesis, a.prefix)
    known, below = a.style.variable(a.d.hypothesis), a.layers(-1)
    lead = Paragraph(a.words("backward_key" if key else "backward_text"))
    suppose = Paragraph(a.words("induction_text", known, below))
    bp = a.d.bp
    end = a.words(
        "induction_end", *(a(bp[k].lhs) for k in ("BP1", "BP2")), below, *(a(bp[k].lhs) for k in ("BP3", "BP4"))
    )
    return (
        a.section("base_case", lead, *equations(base, key)),
        a.section(
            "induction_step",
            suppose,
            *equations(step, key),
            Paragraph(end),
            parts=(a.layer_letter("l+1"), a.layer_letter("l")),
        ),
    )


def equations(a: Article, key: bool = False) -> list[Block]:
    """One block for each gradient: all its lines, or the first and last made one."""
    blocks: list[Block] = []
    for equation in a.d.equations:
        name = str(equation.lhs)
        if name == a.hypothesis or (key and inlined(a, equation)):
            continue
        lines = (short(a, equation),) if key else chain(a, equation)
        blocks.append(Equations(lines, label=a.label(name)))
    return blocks


def inlined(a: Article, equation: Any) -> bool:
    """A gradient that no other formula names and that is not asked for: dA2 when dZ2 = A2 - Y."""
    if str(equation.lhs)[1:] in {str(p) for case in a.cases for p in case.program.parameters}:
        return False
    return not any(equation.lhs in variables(e.rhs) for e in a.d.equations)


def chain(a: Article, equation: Any) -> tuple[Line, ...]:
    """dZ = what arrived, then one line for each rewrite, the shape at the end."""
    target = str(equation.lhs)
    lines: list[Line] = []
    for step in a.d.steps:
        if step.target != target or step.kind == "rule":
            continue
        left = a(equation.lhs) if not lines else None
        if step.rule == "average":  # until here the chain was that of m dW
            first = lines[0]
            lines[0] = Line(spaced(a(a.program.samples), a(equation.lhs)), first.right, first.reason)
            left = a(equation.lhs)
        reason = arrival(a, target) if step.kind == "paths" else why(a, step)
        lines.append(Line(left, a(step.gives[0]), reason))
    *before, last = lines
    return (*before, Line(last.left, last.right, last.reason, a.shape(equation.lhs)))


def short(a: Article, equation: Any) -> Line:
    """The formula alone, with all that led to it."""
    target = str(equation.lhs)
    label = next((s.label for s in a.d.steps if s.target == target and s.label), "")
    sources = list(arrivals(a, target))
    for step in a.d.steps:
        if step.target == target and step.rule == "insert":
            sources = [*arrivals(a, str(step.given[1].lhs)), *sources]
    reason = (a.words.label(label),) if label else a.words.joined(sources)
    return Line(a(equation.lhs), a(equation.rhs), reason, a.shape(equation.lhs))


def arrival(a: Article, target: str) -> Inlines:
    """The rules that brought something to a variable, with the numbers of the equations in which they were used."""
    return a.words.joined(arrivals(a, target))


def arrivals(a: Article, target: str) -> list[Inlines]:
    """One for each equation that uses the variable: the rule that passed something to it, or the whole derivative."""
    variable = a.program.symbols[target[1:]]
    found: dict[str, dict[str, None]] = {}
    for step in a.d.steps:
        if step.kind == "rule" and variable in step.parts:
            found.setdefault(step.target[1:], {})[step.rule] = None
    if not found and (direct := [e for e in a.program.equations if e.rhs == variable]):
        found[str(direct[0].lhs)] = {"identity": None}
    return [arrived(a, user, list(rules)) for user, rules in found.items()]


def arrived(a: Article, user: str, rules: list[str]) -> Inlines:
    """product in (3); the loss, where a sum over entries stands between, is differentiated as a whole."""
    passed = {s.rule for s in a.d.steps if s.kind == "rule" and s.target == f"d{user}"}
    if len(rules) > 1 or "total" in passed:
        return a.words("differentiate", a.reference(user))
    return a.words("in_equation", rule_name(a, rules[0]), a.reference(user))


def rule_name(a: Article, rule: str) -> str:
    return a.words.plain(f"rule {rule}")


def why(a: Article, step: Any) -> Inlines:
    """The name of a rewrite, with what it uses."""
    words, using = a.words, step.given[1]
    head = step_name(a, step)
    if step.rule == "average":
        return words("average_text", a(a.program.samples))
    if step.rule == "insert":
        return words("insert_from", a(using.lhs), a.reference(str(using.lhs)))
    if step.rule == "derivative from the output":
        known = words("by_equation", (by_output(a, using),), a.reference(str(using.lhs)))
        return words.joined([head, known]) if step.label else known
    if step.rule == "name":
        return words("by_equation", words("name", row(a(using.lhs), EQUALS, a(using.rhs))), a.reference(str(using.lhs)))
    if step.rule == "fact":
        return words.joined(
            [*([head] if step.label else []), words("fact_used", row(a(using.lhs), EQUALS, a(using.rhs)))]
        )
    return (head,)


def by_output(a: Article, using: Any) -> Layout:
    """sigma'(Z) = A * (1 - A), of A = sigma(Z)."""
    A, f = using.args
    found = row_of(canonical(f.function))
    assert found is not None
    assert found.from_output is not None
    return row(
        a(elementwise(prime(canonical(f.function)), f.expr)), EQUALS, a(from_scalar(found.from_output, {output: A}))
    )


def step_name(a: Article, step: Any) -> str:
    """What a step is called: its label, or its rule."""
    if step.label:
        return a.words.label(step.label)
    return a.words.plain(f"rule {step.rule}" if step.kind == "rule" else f"rewrite {step.rule}")
