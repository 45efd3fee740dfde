"""A verdict on every gradient.

The trace is checked against the functions, the kernel decides cell by cell, and a refutation stands only if the
functions themselves bear it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from derive import DeriveError, Proved, Refuted, Unknown, Verdict
from derive.arrays import decide_gradients
from derive.arrays.draws import Draw, one_hot
from derive.arrays.values import Declared, Value

from .arguments import Leaf, leaves_of
from .assumptions import Assumptions
from .breaking import raises
from .checking import Failing, check
from .constants_moved import hangs_on
from .examples import Example, Examples
from .grids import OTHER_FACTORS, Grid, shown, size
from .null_sets import wrong_where_smooth
from .problem import Problem
from .refusal import Place
from .reproduction import departure, point_of, run_real
from .run import Stopped, Traced, trace

SMALL = ((3, 4, 5), (1, 2, 4), (4, 2, 3))  # sizes to look for a counterexample at, where no size may stay symbolic
MOST = 400  # cells of one such look
AT_SIZES = 1.0  # seconds for each gradient of such a look: differences show at once


@dataclass(frozen=True)
class Finding:
    """What came out for one gradient; `cell` is the part of it that the example is about."""

    leaf: Leaf
    verdict: Verdict
    shape: str = ""
    place: Place | None = None
    cell: Declared | None = None
    value: Value | None = None
    example: Example | None = None
    examples: Examples | None = None  # where smaller ones come from
    note: str = ""  # what is said beside where it is wrong


@dataclass(frozen=True)
class Judgement:
    """All findings, and the trace that they rest on (None where there is none)."""

    findings: tuple[Finding, ...]
    traced: Traced | None = None
    stopped: Stopped | None = None
    sizes: Mapping[str, int] | None = None  # the only sizes that were looked at, if not all
    failing: Failing | None = None  # sizes at which the backward function gives nothing


Settled = Mapping[str, Finding]
NOTHING: Settled = {}


def judge(problem: Problem, assumptions: Assumptions, timeout: float) -> Judgement:
    """Symbolic sizes first; where they cannot be followed, a few small ones may still refute."""
    found = trace(problem)
    if isinstance(found, Stopped):
        same = problem.in_one_order() if OTHER_FACTORS in found.reason else None
        same = same or _followed_in_reverse(problem, found)
        return _cut(problem, found, assumptions, timeout) if same is None else judge(same, assumptions, timeout)
    judged = _checked(problem, found, assumptions, timeout)
    if any(_elsewhere(f, found) for f in judged.findings):
        return _at_given_sizes(problem, judged, assumptions, timeout)
    return judged


def _followed_in_reverse(problem: Problem, stopped: Stopped) -> Problem | None:
    """With sizes h*2 for 2*h, if the code can be followed then: x.reshape(N, h, 2), x[0::2]"""
    turned = problem.in_reverse_order() if stopped.sizes else None
    return None if turned is None or isinstance(trace(turned), Stopped) else turned


def _cut(problem: Problem, stopped: Stopped, assumptions: Assumptions, timeout: float) -> Judgement:
    """x[1:] on an axis of named size: what can be proved of any positions is; for the rest small sizes may refute."""
    found = trace(problem, cuts=True) if stopped.sizes else stopped
    if isinstance(found, Stopped):
        return _without_trace(problem, stopped, assumptions, timeout)
    cut = _checked(problem, found, assumptions, timeout)
    proved = {f.leaf.name: f for f in cut.findings if isinstance(f.verdict, Proved)}
    if len(proved) == len(cut.findings):
        return cut
    settled = {name: replace(f, cell=None, value=None) for name, f in proved.items()}
    rest = _without_trace(problem, stopped, assumptions, timeout, settled)
    if rest.traced is not None or any(isinstance(f.verdict, Refuted) for f in rest.findings):
        return rest
    return replace(cut, findings=tuple(proved.get(f.leaf.name, f) for f in rest.findings), stopped=stopped)


def _checked(
    problem: Problem,
    traced: Traced,
    assumptions: Assumptions,
    timeout: float,
    settled: Settled = NOTHING,
    proofs: bool = True,
) -> Judgement:
    """Decided, if the trace does what the functions do; without `proofs`, differences are looked for and no more."""
    checked = check(problem, traced, assumptions)
    if checked.fault is not None:
        return _all(problem, traced, f"the trace does not reproduce the functions: {checked.fault}")
    judged = _decided(problem, traced, assumptions, timeout, settled, proofs)
    judged = replace(judged, findings=tuple(_without_gaps(f, checked.gaps) for f in judged.findings))
    return judged if checked.failing is None else _where_it_fails(judged, checked.failing)


def _without_gaps(f: Finding, gaps: Mapping[str, str]) -> Finding:
    """What is proved where both sides are defined is no gradient where only the function has one."""
    proved = isinstance(f.verdict, Proved) and f.leaf.name in gaps
    return replace(f, verdict=Unknown(gaps[f.leaf.name])) if proved else f


def _where_it_fails(judged: Judgement, failing: Failing) -> Judgement:
    """Code that raises at some sizes, and gives numbers at others, is no gradient for all sizes."""
    if not failing.raises:
        return replace(judged, failing=failing)
    raised = Refuted(str(failing), at=failing.dims)
    return replace(
        judged,
        findings=tuple(
            f if isinstance(f.verdict, Refuted) else replace(f, verdict=raised, example=None, examples=None)
            for f in judged.findings
        ),
    )


def _all(problem: Problem, traced: Traced | None, reason: str, stopped: Stopped | None = None) -> Judgement:
    """Unknown for every gradient."""
    place = None if stopped is None else stopped.place
    findings = tuple(Finding(leaf, Unknown(reason), place=place) for leaf in wanted(problem, traced))
    return Judgement(findings, traced, stopped)


def wanted(problem: Problem, traced: Traced | None) -> list[Leaf]:
    """The arrays whose gradients are asked for."""
    if traced is not None:
        return [problem.arguments.leaf(name) for name in traced.gradients]
    if problem.wrt is not None:
        return [leaf for part in problem.wrt for leaf in leaves_of(part)]
    return [leaf for leaf in problem.arguments.leaves if leaf.classes is None and leaf.sizes]


# --- with a trace -----------------------------------------------------------------------------------------------------


def _decided(
    problem: Problem, traced: Traced, assumptions: Assumptions, timeout: float, settled: Settled, proofs: bool
) -> Judgement:
    """The kernel's verdicts, shapes first."""
    pairs: dict[str, tuple[Declared, Value]] = {}
    mine: dict[str, list[str]] = {}
    findings: dict[str, Finding] = {}
    for name, g in traced.gradients.items():
        leaf, own = problem.arguments.leaf(name), traced.symbols.grids[name]
        if name in settled:
            findings[name] = settled[name]
        elif g is None:
            findings[name] = Finding(leaf, Unknown("None is returned as its gradient"))
        elif g.axes != own.axes and tuple(map(size, g.axes)) == tuple(map(size, own.axes)):
            reason = f"{shown(g.axes)} and {shown(own.axes)} are one shape, {OTHER_FACTORS}: give integers"
            findings[name] = Finding(leaf, Unknown(reason))
        elif g.axes != own.axes:
            findings[name] = Finding(leaf, _by_shape(name, own, g), _given(g, traced))
        else:
            cells = traced.cells(name)
            mine[name] = [v.name for v, _ in cells]
            pairs |= {v.name: (v, value) for v, value in cells}
    verdicts = _decide(traced, {name: value for name, (_, value) in pairs.items()}, assumptions, timeout, proofs)
    for name, own_cells in mine.items():
        found = _joined(
            [Finding(problem.arguments.leaf(name), verdicts[c], cell=pairs[c][0], value=pairs[c][1]) for c in own_cells]
        )
        findings[name] = _confirmed(problem, traced, assumptions, found)
    return Judgement(tuple(findings[name] for name in traced.gradients), traced)


def _given(g: Grid, traced: Traced) -> str:
    """A shape in the words of the caller."""
    text = shown(g.axes)
    for name, n in traced.symbols.known.items():
        text = text.replace(name, str(n))
    return text


def _by_shape(name: str, own: Grid, g: Grid) -> Verdict:
    return Refuted(f"{name} has shape {shown(own.axes)}, its gradient {shown(g.axes)}".replace("size_", ""))


def _decide(
    traced: Traced, claimed: Mapping[str, Value], assumptions: Assumptions, timeout: float, proofs: bool
) -> dict[str, Verdict]:
    facts = (
        *assumptions.facts(traced.symbols),
        *(one_hot(s.name, s.matrix.shape) for s in traced.stretches if s.one_hot),
    )
    each = timeout * len(traced.gradients) / max(1, len(claimed))  # a gradient may be kept in many cells
    budget: dict[str, Any] = {} if proofs else {"budget": 0}
    try:
        return decide_gradients(traced.loss, claimed, facts, timeout=min(timeout, each), **budget)
    except (DeriveError, RecursionError, MemoryError) as error:
        return dict.fromkeys(claimed, Unknown(f"not decided: {error or type(error).__name__}"))


def _joined(findings: list[Finding]) -> Finding:
    """One finding of many cells: refuted if one is, proved if all are."""
    for kind in (Refuted, Unknown):
        for f in findings:
            if isinstance(f.verdict, kind):
                return f
    return next((f for f in findings if isinstance(f.verdict, Proved) and f.verdict.except_on), findings[0])


def _elsewhere(f: Finding, traced: Traced) -> bool:
    """Refuted for other sizes than those that were given?"""
    at = f.verdict.at if isinstance(f.verdict, Refuted) else {}
    return any(at.get(name, n) != n for name, n in traced.symbols.known.items())


def _at_given_sizes(problem: Problem, judged: Judgement, assumptions: Assumptions, timeout: float) -> Judgement:
    """What is false for other sizes may hold for the given ones: all of them are written out."""
    traced = trace(problem, concrete=problem.arguments.given)
    if not isinstance(traced, Stopped):
        return _checked(problem, traced, assumptions, timeout)
    assert judged.traced is not None
    reason = f"false for other sizes; not decided for the given ones: {traced.reason}"
    return replace(
        judged,
        findings=tuple(
            replace(f, verdict=Unknown(reason)) if _elsewhere(f, judged.traced) else f for f in judged.findings
        ),
    )


# --- a refutation has to stand ----------------------------------------------------------------------------------------


def _confirmed(problem: Problem, traced: Traced, assumptions: Assumptions, f: Finding) -> Finding:
    """Refuted only off kinks, not by the last digits of a constant, and by the functions themselves."""
    if f.cell is None or f.value is None or traced.cut:
        return f
    if isinstance(f.verdict, Proved) and (not f.verdict.except_on or traced.unique):
        return f

    def real(draw: Draw) -> str | None:
        point = point_of(traced, draw, draw.dims)
        return departure(traced, point, run_real(problem, point))

    if isinstance(f.verdict, Proved):
        return _on_null_set(f, Examples(traced, assumptions, f.cell, f.value, lambda draw: real(draw) is None))
    try:
        examples = Examples(traced, assumptions, f.cell, f.value, lambda draw: real(draw) is None)
    except (RecursionError, MemoryError) as error:
        return f if isinstance(f.verdict, Unknown) else replace(f, verdict=Unknown(f"refuted, not confirmed: {error}"))
    elsewhere = _elsewhere(f, traced)
    example = examples.at_given_sizes() if elsewhere else _example(examples, f.verdict)
    if elsewhere and example is None:
        return f
    if example is None:
        if isinstance(f.verdict, Unknown):
            return f
        if examples.witness.too_large:
            return replace(f, verdict=Unknown(f"refuted, not confirmed: {examples.witness.too_large}"))
        return replace(f, verdict=Unknown("the gradient differs where a kink is; elsewhere no difference was found"))
    if constants := hangs_on(traced, f.cell, f.value, example.draw):
        return replace(f, verdict=Unknown(_about_constants(constants, traced)))
    if found := real(example.draw):
        return replace(f, verdict=Unknown(f"refuted for the trace, which does not reproduce the functions: {found}"))
    return replace(f, verdict=example.refuted, example=example, examples=examples)


def _on_null_set(f: Finding, examples: Examples) -> Finding:
    """Proved except on a null set: that has to be where the function has a kink."""
    found = wrong_where_smooth(examples.traced, examples)
    if found is None:
        return f
    note = "on a set of measure zero, where the function itself has no kink"
    return replace(f, verdict=found.refuted, example=found, examples=examples, note=note)


def _example(examples: Examples, verdict: Verdict) -> Example | None:
    """The point of a refutation, if it stands off kinks; else one that is searched for."""
    if isinstance(verdict, Refuted):
        draw = examples.complete(verdict.at)
        if not examples.witness.at(draw).defined and examples.differs_by_floats(draw):
            return Example(draw, verdict)
        for candidate in (draw, *(examples.near(draw) if examples.kinks else ())):
            if (found := examples.differs(candidate)) is not None:
                return Example(candidate, found)
    return examples.search() if examples.kinks and not examples.witness.too_large else None


def _about_constants(constants: list[Any], traced: Traced) -> str:
    lines = []
    for c in constants:
        at = traced.numbers.get(c, traced.numbers.get(-c))
        lines.append(f"{float(c)!r}" + (f" ({at})" if at else ""))
    return "the verdict hangs on the last digits of " + ", ".join(lines)


# --- without a trace --------------------------------------------------------------------------------------------------


def _without_trace(
    problem: Problem, stopped: Stopped, assumptions: Assumptions, timeout: float, settled: Settled = NOTHING
) -> Judgement:
    """The code raised, or it cannot be followed for all sizes: small sizes may refute, nothing else is said.

    `settled`: gradients that are proved for all sizes.
    """
    reason = stopped.reason if stopped.place is None else f"{stopped.reason}\n  {stopped.place}"
    if stopped.broken:
        return _raised(problem, assumptions, stopped) or _all(problem, None, reason, stopped)
    for sizes in SMALL if stopped.sizes else ():
        dims = {name: sizes[k % 3] for k, name in enumerate(problem.arguments.dimensions)}
        judged = _at_sizes(problem, dims, assumptions, timeout, settled)
        if judged is not None and any(isinstance(f.verdict, Refuted) for f in judged.findings):
            findings = tuple(
                settled[f.leaf.name]
                if f.leaf.name in settled
                else f
                if isinstance(f.verdict, Refuted)
                else replace(f, verdict=Unknown(reason), place=stopped.place)
                for f in judged.findings
            )
            return replace(judged, findings=findings, stopped=stopped, sizes=dims)
    also = _stops_anyway(problem) if stopped.sizes else None
    return _all(problem, None, reason, stopped) if also is None else _without_trace(problem, also, assumptions, timeout)


def _stops_anyway(problem: Problem) -> Stopped | None:
    """What is not covered at given sizes either: the advice to give integers would be in vain."""
    dims = {name: SMALL[0][k % 3] for k, name in enumerate(problem.arguments.dimensions)}
    found = trace(problem, dims, problem.arguments.given | set(dims.values()))
    return found if isinstance(found, Stopped) and not found.sizes and not found.broken else None


def _raised(problem: Problem, assumptions: Assumptions, stopped: Stopped) -> Judgement | None:
    """Code that raises wherever it is tried is no gradient; None if it does not."""
    found = raises(problem, assumptions)
    if found is None:
        return None
    sizes, error, backward = found
    where = ", ".join(f"{n} = {v}" for n, v in sizes.items()).replace("size_", "")
    if not backward:
        return _all(problem, None, f"the forward function raises {error} where {where}", stopped)
    verdict = Refuted(f"the backward function raises {error} where {where}", at=sizes)
    return Judgement(
        tuple(Finding(leaf, verdict, place=stopped.place) for leaf in wanted(problem, None)), None, stopped
    )


def _at_sizes(
    problem: Problem, dims: Mapping[str, int], assumptions: Assumptions, timeout: float, settled: Settled
) -> Judgement | None:
    """The verdicts for one choice of sizes, everything written out; None where that cannot be followed either."""
    if not dims:
        return None
    found = trace(problem, dims, problem.arguments.given | set(dims.values()))
    if isinstance(found, Stopped):
        return _raised(problem, assumptions, found) if found.broken else None
    if sum(g.cells.size for g in found.gradients.values() if g is not None) > MOST:
        return None
    return _checked(problem, found, assumptions, min(timeout, AT_SIZES), settled, proofs=False)
