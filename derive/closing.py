"""What ends a document: summary, the batch, dimension check, all steps, what was proved, cross-checks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import ceil, log10
from typing import Any

from sympy import HadamardProduct, MatAdd, MatMul

from .article import Article
from .backward_pass import InductivePass
from .chains import inlined, rule_name, step_name
from .check import Checked, check
from .conditions import condition
from .cross_check import CrossCheck
from .document import Block, Equations, Inlines, Items, Line, Paragraph, Section, Table
from .laws import law
from .layout import (
    COMMA,
    EQUALS,
    MINUS,
    PLUS,
    SUM,
    Big,
    Bracket,
    Fraction,
    Layout,
    Name,
    Scripts,
    Sign,
    letter,
    number,
    row,
)
from .nodes import reading_order, split
from .notation import NAME
from .shapes import shape_of

ARROW = row(Sign(r"\;", " "), Sign(r"\to", "->"), Sign(r"\;", " "))
SAME_FORM = "both sides have the same normal form"


# ---------------------------------------------------------------------- summary


def summary(a: Article) -> Section:
    """The equations that one keeps, by their usual numbers."""
    if isinstance(a.d, InductivePass):
        lines = tuple(Line(a(e.lhs), a(e.rhs), (f"({name})",)) for name, e in a.d.bp.items())
    else:
        lines = tuple(Line(a(e.lhs), a(e.rhs), usual_number(a, e)) for e in a.d.equations if not inlined(a, e))
    return a.section("summary", Equations(lines, boxed=True))


def usual_number(a: Article, equation: Any) -> Inlines:
    """BP1 for the last layer, BP2 for those below, BP3 for biases, BP4 for weights."""
    found = NAME.fullmatch(str(equation.lhs))
    if not found or not a.program.layers or not found["layer"]:
        return ()
    last = int(found["layer"]) == len(a.program.layers)
    kind = {"W": "BP4", "b": "BP3", "Z": "BP1" if last else "BP2"}.get(found["letter"].replace("z", "Z"))
    return (f"({kind})",) if kind else ()


def kept(a: Article) -> list[Any]:
    """The equations of the summary."""
    if isinstance(a.d, InductivePass):
        return list(a.d.bp.values())
    return [e for e in a.d.equations if not inlined(a, e)]


# ---------------------------------------------------------------------- one sample and the batch


def batch(a: Article, one: Article) -> Section:
    """The same gradients for one sample and for m, side by side, and where 1/m stands."""
    m, small, words = a.program.samples, {str(e.lhs).lower(): e for e in kept(one)}, a.words
    rows = []
    for equation in kept(a):
        alone = small.get(str(equation.lhs).lower())
        if alone is not None:
            rows.append(((formula(one, alone),), (formula(a, equation),)))
    head = (words.plain("one_column"), "".join(map(str, words("batch_column", m))))
    where = "batch_late" if a.late else "batch_early"
    first = a.style.variable(str(kept(a)[0].lhs))
    share = Fraction(number(1), a(m))
    note = words(where, share) if a.late else words(where, share, first)
    table = Table(head, tuple(rows))
    return a.section("batch", Paragraph(words("batch_text", a(m), letter("i"))), Equations((over_samples(a),)), table,
                     Paragraph(note))  # fmt: skip


def formula(a: Article, equation: Any) -> Layout:
    return row(a(equation.lhs), EQUALS, a(equation.rhs))


def over_samples(a: Article) -> Line:
    """dZ A^T = sum_i dz^(i) (a^(i))^T: what a product with a transpose does."""
    layer = "L" if a.depth else str(len(a.program.layers))
    below = "L-1" if a.depth else str(len(a.program.layers) - 1)
    dZ, A = a.style.variable(f"dZ{layer}"), a.style.variable(f"A{below}" if below != "0" else "X")
    dz, x = a.style.variable(f"dz{layer}"), a.style.variable(f"a{below}" if below != "0" else "x")
    T, i = Name("T", "T"), Bracket(letter("i"))

    def up(base: Layout, *more: Layout) -> Layout:
        if not isinstance(base, Scripts):
            return Scripts(base, row(*more))
        assert base.up is not None
        return Scripts(base.base, row(base.up, *more), base.down) if a.style.square else Scripts(
            base.base, row(base.up, COMMA, *more), base.down)  # fmt: skip

    whole_T = up(A, T) if a.style.square or not isinstance(A, Scripts) else Scripts(Bracket(A), T)
    each_T = up(x, i, T) if a.style.square else Scripts(Bracket(up(x, i)), T)
    body = row(up(dz, i), Sign(r"\,", " "), each_T)
    total = Big(SUM, row(letter("i"), EQUALS, number(1)), body, a(a.program.samples))
    return Line(row(dZ, Sign(r"\,", " "), whole_T), total)


# ---------------------------------------------------------------------- dimension check


def dimensions(a: Article) -> tuple[Section, ...]:
    rows = []
    for equation in a.d.equations:
        if shape_of(equation.lhs) is None or inlined(a, equation) or str(equation.lhs) == a.hypothesis:
            continue
        rows.append(((a(equation.lhs),), (a(equation.rhs),), (fit(a, equation.rhs),)))
    if not rows:
        return ()
    table = Table(a.head("gradient", "computed", "fits"), tuple(rows))
    return (a.section("dimensions", Paragraph(a.words("dimensions_text")), table),)


def fit(a: Article, expr: Any) -> Layout:
    """(n1,n2)(n2,m) * (n1,m) -> (n1,m): the shapes of the factors in their order, and what they make."""
    whole = a.shape(expr) or number(1)
    found = _factors(a, expr)
    return whole if found == whole else row(found, ARROW, whole)


def _factors(a: Article, expr: Any) -> Layout:
    _, rest = split(expr)
    shape = a.shape(expr) or number(1)
    if not any(len([p for p in node.args if p.is_Matrix]) > 1 for node in rest.atoms(MatMul)):
        return shape
    if isinstance(rest, MatMul):
        return row(*(Bracket(f) if isinstance(p, MatAdd | HadamardProduct) and f != a.shape(p) else f
                     for p in rest.args if (f := _factors(a, p)) is not None))  # fmt: skip
    if isinstance(rest, HadamardProduct):
        return _between(a, rest.args, lambda p: a.style.hadamard)
    if isinstance(rest, MatAdd):
        return _between(
            a, reading_order(rest.args), lambda p: MINUS if split(p)[0].could_extract_minus_sign() else PLUS
        )
    return shape


def _between(a: Article, parts: Iterable[Any], sign: Any) -> Layout:
    found: list[Layout] = []
    for part in parts:
        inner = _factors(a, part)
        bracketed = isinstance(part, MatAdd) and inner != a.shape(part)
        found += [sign(part), Bracket(inner) if bracketed else inner]
    return row(*found[1:])


# ---------------------------------------------------------------------- all steps


def steps(a: Article) -> Section:
    """The laws that were used, and every step with its shapes."""
    rows = []
    for k, step in enumerate(a.d.steps, 1):
        before, after = step.shapes
        target = step.target[1:] if step.kind == "rule" else step.target
        change = row(shapes(a, before[:1]), ARROW, shapes(a, after))
        rows.append(((str(k),), (a.style.variable(target),), (step_name(a, step),), (change,)))
    used = dict.fromkeys(s.rule for s in a.d.steps if s.kind == "rule")
    laws = tuple(((rule_name(a, name),), (law(name, a.style),), a.words(f"source {name}")) for name in used)
    return a.section(
        "steps",
        a.section("rules_used", Table(a.head("rule", "law", "source"), laws)),
        Paragraph(a.words("steps_text")),
        Table(a.head("number", "for", "rule", "shapes_before_after"), tuple(rows)),
    )


def shapes(a: Article, found: tuple) -> Layout:
    shown = [Bracket(row(a(s[0]), COMMA, a(s[1]))) if s else number("1") for s in found]
    return row(*(q for k, p in enumerate(shown) for q in ((COMMA, p) if k else (p,)))) if shown else number("")


# ---------------------------------------------------------------------- what was proved


@lru_cache(maxsize=32)
def _check(derivation: Any) -> Checked:
    """Once for equal derivations: several forms and formats of one are often printed."""
    return check(derivation)


def checked(a: Article, key: str = "", other: Any = None) -> Section:
    """Replay and proof, the verdict on each gradient, what was assumed, and what a proof speaks of.

    `other` is a second derivation that the document prints: it is checked too, and `key` says so.
    """
    found, words = _check(a.d), a.words
    items = [words("checked_steps", found.steps), words("checked_gradients", len(found.gradients))]
    if other is not None:
        more = _check(other)
        items.append(words(key, more.steps, len(more.gradients)))
    if isinstance(a.d, InductivePass):
        items.append(words("checked_induction"))
    if found.except_on:
        items.append(words("checked_kinks"))
    items.append(words("checked_meaning"))
    names = [a.style.variable(name) for name in found.gradients]
    reason = words.plain("normal_form") if set(found.reasons) <= {SAME_FORM} else words.plain("other_reason")
    table = Table(a.head("gradient", "verdict", "proof"), ((words.joined(names), words("proved"), (reason,)),))
    blocks: list[Block] = [Items(tuple(items)), table]
    if conditions := assumptions(a, found.conditions):
        blocks += [Paragraph((*words("assumptions"), *words("colon"))), Items(tuple(conditions))]
    return a.section("checked", *blocks)


def assumptions(a: Article, conditions: Iterable[str]) -> list[Inlines]:
    """What the kernel assumed, each thing once."""
    found: dict[Inlines, None] = {}
    for text in conditions:
        kind, shown, indices = condition(text, a.style)
        body = a.words("every", shown, indices) if indices else (shown,)
        found[a.words(kind, body)] = None
    return list(found)


def cross_checked(a: Article, found: Iterable[CrossCheck]) -> tuple[Section, ...]:
    """One row for each seed."""
    rows = []
    for c in found:
        sizes = [row(a.style.variable(name), EQUALS, number(value)) for name, value in c.sizes]
        entries = a.words("left_out", c.entries, c.left_out) if c.left_out else (str(c.entries),)
        rows.append(((str(c.seed),), a.words.joined(sizes), a.words(c.method), entries, (bound(c.error),)))
    if not rows:
        return ()
    table = Table(a.head("seed", "sizes_used", "method", "entries", "error"), tuple(rows))
    return (a.section("cross_check", Paragraph(a.words("cross_check_text")), table),)


def bound(error: float) -> Layout:
    """< 10^-9: a power of ten, since the last digits differ from machine to machine."""
    if error == 0:
        return number(0)
    if not error < float("inf"):
        return Name(r"\infty", "∞")
    power = ceil(log10(error) + 1e-9)
    shown = number(abs(power)) if power >= 0 else row(MINUS, number(-power))
    return row(Sign("<", "<"), Scripts(number(10), shown))
