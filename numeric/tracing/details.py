"""From findings to a report: examples, expected formulas, kinks, small numbers, side effects, conditions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from derive import Proved, Refuted
from derive.arrays.expected import expected
from derive.arrays.values import Declared

from .arguments import GIVEN, Leaf
from .assumptions import Assumptions
from .causes import Cause, likely_cause
from .conditions import conditions, scope, side_effects
from .derivation import lines_for, speaks_of_results
from .example_code import code, shapes_code
from .examples import has_kinks
from .grids import OTHER_FACTORS
from .judging import Finding, Judgement, judge
from .kinks import ANOTHER, NONE, Kinks
from .problem import Problem, describe
from .refusal import Place
from .report import Formula, Part, Report
from .reproduction import point_of, points, sizes_of
from .run import Traced
from .specifications import against
from .vanishing import difference, order_of, readable
from .writing import in_elements, words

LONG = 180  # characters of a formula in one piece


def report(problem: Problem, texts: tuple[str, ...], timeout: float, spec: Any = None) -> Report:
    """The verdicts; what is said beside them waits until somebody reads it."""
    assumptions = Assumptions(texts)
    judged = judge(problem, assumptions, timeout)
    if any(OTHER_FACTORS in f.verdict.reason for f in judged.findings) and (same := problem.in_one_order()) is not None:
        problem, judged = same, judge(same, assumptions, timeout)
    verdicts = tuple(
        Part(f.leaf.name, f.verdict, f.leaf.shown, f.shape or (f.leaf.shown if f.cell else ""), f.place)
        for f in judged.findings
    )

    def explain() -> tuple[Part, ...]:
        cause = _cause(judged, assumptions)
        kinks = None if judged.traced is None else Kinks(judged.traced, assumptions)
        found = zip(verdicts, judged.findings, strict=True)
        return tuple(_explained(problem, assumptions, judged, part, f, cause, kinks) for part, f in found)

    return Report(
        f"{'prove_backward' if problem.backward else 'prove_gradient'}({describe(problem.first)},"
        f" {describe(problem.second)})",
        scope(problem, judged),
        verdicts,
        conditions(problem, assumptions, judged),
        side_effects(problem, assumptions, judged),
        None if spec is None else against(problem, assumptions, judged, spec, timeout),
        explain,
    )


def _explained(
    problem: Problem,
    assumptions: Assumptions,
    judged: Judgement,
    part: Part,
    f: Finding,
    cause: Cause | None,
    kinks: Kinks | None,
) -> Part:
    """One gradient with what there is to say about it."""
    traced = judged.traced
    if traced is not None and isinstance(f.verdict, Refuted) and f.shape:
        return _misshapen(problem, traced, assumptions, f, part)
    if traced is None or f.cell is None or f.value is None:
        return part
    if kinks is not None and isinstance(f.verdict, Proved):
        cells = traced.cells(f.leaf.name)
        found = kinks.at(cells) if has_kinks(traced.loss, *(value for _, value in cells)) else ""
        if traced.unique and found == NONE:
            return part  # at ties the trace takes all of the largest, NumPy's argmax the first
        said = {ANOTHER: "another legal subgradient", NONE: "not a subgradient"}
        return replace(part, kink=said.get(found, found))
    if isinstance(f.verdict, Refuted) and f.example is not None:
        mine = cause if cause is not None and f.cell.name in cause.repairs else None
        return _refuted(problem, traced, f, part, mine)
    return part


def _cause(judged: Judgement, assumptions: Assumptions) -> Cause | None:
    """One change that would repair gradients."""
    if judged.traced is None:
        return None
    claimed = {f.cell.name: (f.cell, f.value) for f in judged.findings if f.cell is not None and f.value is not None}
    wrong = frozenset(f.cell.name for f in judged.findings if f.cell is not None and f.example is not None)
    return likely_cause(judged.traced, assumptions, claimed, wrong) if wrong else None


def _refuted(problem: Problem, traced: Traced, f: Finding, part: Part, cause: Cause | None) -> Part:
    """The example, the formula that was expected, and what may have gone wrong."""
    assert f.example is not None
    assert f.examples is not None
    assert f.cell is not None
    assert f.value is not None
    vanishing = order_of(traced, f.cell, f.value, f.example.draw)
    small = f.examples.smaller(f.example)
    draw, verdict = small.draw, small.refuted
    point = point_of(traced, draw, draw.dims)
    at = position(traced, f, verdict.index, draw.dims)
    none_for_floats, apart = difference(verdict.left, verdict.right)
    return replace(
        part,
        verdict=replace(
            verdict, reason=f"wrong at {f.leaf.name}{_brackets(at)} of the example" + (f", {f.note}" if f.note else "")
        ),
        place=cause.place if cause else _first_line(traced, f),
        cause=cause.text if cause else "",
        vanishing=vanishing or none_for_floats,
        apart=apart,
        expected=formula(traced, f.cell),
        example=code(problem, traced, point, f.leaf, at),
        values=readable(verdict.left, verdict.right),
    )


def _misshapen(problem: Problem, traced: Traced, assumptions: Assumptions, f: Finding, part: Part) -> Part:
    """A gradient of another shape than its array: where it was made, and what it should be."""
    cell = traced.symbols.grids[f.leaf.name].cells.ravel()[0]
    point = next(points(traced, assumptions, sizes_of(traced.dimensions, 0, traced.asked)), None)
    return replace(
        part,
        place=_first_line(traced, f),
        cause=_about_axes(traced, f),
        expected=formula(traced, cell),
        example="" if point is None else shapes_code(problem, traced, point, f.leaf),
    )


def _about_axes(traced: Traced, f: Finding) -> str:
    """What is off by axes of size 1 alone."""
    own, given = traced.symbols.grids[f.leaf.name].axes, traced.gradients[f.leaf.name].axes  # type: ignore[union-attr]
    if [axis for axis in own if axis] != [axis for axis in given if axis]:
        return ""
    return "an axis of size 1 too many: keepdims=True, or None" if len(given) > len(own) else "keepdims=True is missing"


def formula(traced: Traced, variable: Declared) -> Formula | None:
    """What the gradient should be: one formula if it is short, else the lines that lead to it."""
    whole = _whole(traced, variable)
    short = whole is not None and len(whole.text) <= LONG and len(whole.numpy) <= LONG
    found = whole if short and not speaks_of_results(traced) else _shorter(whole if short else None, traced, variable)
    if found is None:
        return None
    return Formula(
        _tidy(in_elements(found.text, traced)), found.numpy.replace(GIVEN, "").replace(" + -", " - "), found.latex
    )


def _whole(traced: Traced, variable: Declared) -> Formula | None:
    """Everything in one formula."""
    vocabulary = words(traced)
    written = vocabulary[variable.name]
    found = expected(traced.loss, variable, vocabulary, written.axes)
    if found is None:
        return None
    where = f"[{', '.join(found.indices)}]" if found.indices else ""
    return Formula(
        f"d{variable.name}{where} = {found.text}", found.numpy and written.assigned(found.numpy), found.latex
    )


def _shorter(whole: Formula | None, traced: Traced, variable: Declared) -> Formula | None:
    """Line by line, in the names of the forward function, unless one formula is shorter."""
    lines = lines_for(traced, variable)
    if lines is None:
        return whole
    code = [line.numpy for line in lines]
    latex = [line.latex for line in lines]
    if whole is not None and (not all(code) or len(whole.numpy) <= len("\n".join(code))):
        return whole
    return Formula(
        "\n".join(line.text for line in lines),
        "\n".join(code) if all(code) else "",
        " \\\\\n".join(latex) if all(latex) else "",
    )


def _tidy(text: str) -> str:
    """a - b for a + -1 * b"""
    return text.replace(" + -1 * ", " - ").replace("-1 * ", "-")


def _brackets(at: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, at))}]" if at else ""


def position(traced: Traced, f: Finding, index: tuple[int, ...], dims: Any) -> tuple[int, ...]:
    """The element of the whole array that an element of a cell is."""
    g = traced.symbols.grids[f.leaf.name]
    cell = next(at for at in np.ndindex(g.cells.shape) if g.cells[at] is f.cell)
    ints, named = iter(cell), iter((*index, *(0 for _ in g.names)))
    out = []
    for axis in g.axes:
        at = 0
        for factor in axis:
            size = factor if isinstance(factor, int) else dims[factor]
            at = at * size + next(ints if isinstance(factor, int) else named)
        out.append(at)
    return tuple(out)


def _first_line(traced: Traced, f: Finding) -> Place | None:
    """The line that made the gradient, if it was computed there as a whole."""
    for g, place in reversed(traced.steps[traced.forward_steps :]):
        if any(v is w for v in g.cells.ravel() for w in traced.gradients[f.leaf.name].cells.ravel()):  # type: ignore[union-attr]
            return place
    return None


__all__ = ["Leaf", "report"]
