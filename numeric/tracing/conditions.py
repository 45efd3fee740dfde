"""What all verdicts rest on: sizes, assumptions, where everything is defined, what is changed in place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from derive import Proved
from derive.arrays import cut_points
from derive.arrays.values import Value

from .assumptions import Assumptions
from .judging import Judgement
from .naming import assigned
from .problem import Problem
from .report import SideEffect
from .reproduction import points, run_real, sizes_of
from .run import Traced

CUT = re.compile(r"(?P<name>~\d+)(?P<at>\[[^\]]*\])?")
INDEX = re.compile(r"k\d+\.\d+")  # what the kernel calls an index


def scope(problem: Problem, judged: Judgement) -> str:
    """For which sizes the verdicts hold."""
    names = problem.arguments.dimensions
    if judged.sizes is not None:
        return "looked at where " + ", ".join(f"{n} = {v}" for n, v in judged.sizes.items())
    given = sorted(problem.arguments.given)
    every = f"for all {', '.join(names)} >= 1" if names else "for the shapes given"
    return every + (f", sizes {', '.join(map(str, given))} as given" if given and names else "")


def conditions(problem: Problem, assumptions: Assumptions, judged: Judgement) -> tuple[str, ...]:
    """Assumptions, where everything is defined, what was taken as it is."""
    found = [f"assumed: {text}" for text in assumptions.texts]
    for leaf in problem.arguments.leaves:
        if leaf.classes is not None:
            found.append(f"assumed: {leaf.name} holds integers from 0 to {'*'.join(map(str, leaf.classes))} - 1")
    said = [c for f in judged.findings if isinstance(f.verdict, Proved) for c in f.verdict.conditions]
    found += _in_words(dict.fromkeys(c for c in said if not c.startswith("assumed")), judged)
    found += list(judged.traced.conditions if judged.traced else ())
    if judged.failing is not None:
        found.append(f"left out: {judged.failing}")
    found += [f"as given: {name} = {value!r}" for name, value in problem.arguments.passed.items()]
    if judged.traced is not None and judged.traced.run.ignored:
        found.append(f"not looked at: {', '.join(judged.traced.run.ignored)} of what is returned, called like no array")
    if judged.traced is not None and problem.backward and problem.wrt is None:
        returned = judged.traced.gradients
        lacking = [x.name for x in problem.arguments.leaves if x.classes is None and x.sizes and x.name not in returned]
        found += [f"no gradient is returned for {', '.join(lacking)}"] if lacking else []
    return tuple(dict.fromkeys(_strongest([_lettered(text) for text in found])))


def _lettered(text: str) -> str:
    """x[k1.0] > 0 for every k1.0 -> x[i] > 0 for every i;  z (line 3) > 0 for every k1.0 -> ... everywhere"""
    formula, every, _ = text.partition(" for every ")
    if every and not INDEX.search(formula):
        return f"{formula} everywhere"
    letters = (c for c in "ijklpqrstuv" if not re.search(rf"(?<![^\W_]){c}(?![^\W_])", text))
    names = dict(zip(dict.fromkeys(INDEX.findall(text)), letters, strict=False))
    return INDEX.sub(lambda m: names.get(m[0], m[0]), text)


def _strongest(found: list[str]) -> Iterator[str]:
    """Not >= 0 where > 0 is said."""
    every = set(found)
    return (c for c in found if not (" >= 0" in c and c.replace(" >= 0", " > 0") in every))


def _in_words(said: Iterable[str], judged: Judgement) -> list[str]:
    """Results on the way are called ~7 by the kernel: the code that works them out stands there instead."""
    said = list(said)
    traced = judged.traced
    if traced is None or not any(CUT.search(c) for c in said):
        return said
    known = _results(traced)
    claimed = {f.cell.name: f.value for f in judged.findings if f.cell is not None and f.value is not None}
    meant = cut_points(traced.loss, claimed, [value for value, _ in known])

    def word(m: re.Match[str]) -> str:
        k = meant.get(m["name"])
        return "an intermediate result" if k is None else known[k][1]

    return [CUT.sub(word, c) for c in said]


def _results(traced: Traced) -> list[tuple[Value, str]]:
    """Results and how they are spoken of: a name, or the expression, and its line."""
    names = {id(n.value): f"{n.name} (line {n.place.line})" for n in assigned(traced.steps)}
    out = []
    for g, place in traced.steps:
        if g.cells.shape == () and place is not None:
            code = place.expression or place.text
            out.append((g.cells[()], names.get(id(g.cells[()]), f"{code} (line {place.line})")))
    return out


def side_effects(problem: Problem, assumptions: Assumptions, judged: Judgement) -> tuple[SideEffect, ...]:
    """Changes in place that the trace saw, and those that happen when the functions run."""
    traced = judged.traced
    if traced is None:
        return ()
    found = dict(traced.changed)
    dims = sizes_of(traced.dimensions, 0, traced.asked)
    for point in points(traced, assumptions, dims):
        for name in run_real(problem, point).changed:
            found.setdefault(name, None)
        break
    return tuple(SideEffect(name, place) for name, place in found.items())
