"""A counterexample as NumPy code that runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .arguments import Leaf
from .problem import Problem, describe, dout_name, parameters
from .reproduction import Point
from .run import Traced

STEP = "1e-6"


def code(problem: Problem, traced: Traced, point: Point, leaf: Leaf, at: tuple[int, ...]) -> str:
    """Arrays, both calls, the gradient that is returned, and the difference quotient of the forward function."""
    lines = ["import numpy as np", *_imports(problem), ""]
    lines += [f"{name} = {_literal(part, point.leaves)}" for name, part in problem.arguments.structure.items()]
    lines += [f"{name} = {value!r}" for name, value in problem.arguments.passed.items()]
    lines += [f"{dout_name(k)} = {_array(d)}" for k, d in enumerate(point.douts)]
    where = f"[{', '.join(map(str, at))}]" if at else ""
    target = leaf.path[0] + "".join(f"[{key!r}]" for key in leaf.path[1:]) + where
    found, loss, step, before, up = (_free(name, problem) for name in ("found", "loss", "step", "before", "up"))
    calls = _backward(problem, traced, found, loss) if problem.backward else _gradients(problem, found, loss)
    return "\n".join([
        *lines, "", *calls,
        f"{step}, {before} = {STEP}, {target}",
        f"{target} = {before} + {step}",
        f"{up} = {loss}()",
        f"{target} = {before} - {step}",
        f"print('returned', {found}, 'difference quotient of {leaf.name}{where}', ({up} - {loss}()) / (2 * {step}))",
    ])  # fmt: skip


def _free(name: str, problem: Problem) -> str:
    """A name that is no argument."""
    taken = {*problem.arguments.structure, *problem.arguments.passed}
    while name in taken:
        name += "_"
    return name


def _imports(problem: Problem) -> list[str]:
    out = []
    for f in (problem.first, problem.second):
        module, name = getattr(f, "__module__", None), getattr(f, "__qualname__", "")
        if module and module != "__main__" and name.isidentifier():
            out.append(f"from {module} import {name}")
        else:
            out.append(f"# {describe(f)}: as it is")
    return list(dict.fromkeys(out))


def _literal(part: Any, leaves: Mapping[str, Any]) -> str:
    if isinstance(part, Leaf):
        return _array(leaves[part.name])
    if isinstance(part, Mapping):
        return "{" + ", ".join(f"{key!r}: {_literal(p, leaves)}" for key, p in part.items()) + "}"
    inside = ", ".join(_literal(p, leaves) for p in part)
    return f"[{inside}]" if isinstance(part, list) else f"({inside},)"


def _array(x: Any) -> str:
    return f"np.array({x.tolist()!r})" if isinstance(x, np.ndarray) else repr(x)


def _name(f: Any) -> str:
    return str(getattr(f, "__name__", "function"))


def _given(problem: Problem, f: Any) -> str:
    known = {*problem.arguments.structure, *problem.arguments.passed}
    return ", ".join(f"{p.name}={p.name}" for p in parameters(f) if p.name in known)


def _gradients(problem: Problem, found: str, loss: str) -> list[str]:
    return [
        f"{found} = {_name(problem.second)}({_given(problem, problem.second)})",
        f"{loss} = lambda: {_name(problem.first)}({_given(problem, problem.first)})",
    ]


def _backward(problem: Problem, traced: Traced, found: str, loss: str) -> list[str]:
    run = traced.run
    outs = [_free(name.removeprefix("d"), problem) for name in map(dout_name, range(len(run.douts)))]
    cache = _free("cache", problem)
    names = ", ".join([*outs, *([cache] if run.kept == 1 else [f"*{cache}"] if run.kept else [])])
    forward = f"{_name(problem.first)}({_given(problem, problem.first)})"
    passed = ", ".join(f"{name}={cache if source == 'cache' else source}" for name, source in run.call)
    total = " + ".join(f"np.sum({dout_name(k)} * {out})" for k, out in enumerate(outs))
    return [
        f"{names} = {forward}",
        f"{found} = {_name(problem.second)}({passed})",
        "",
        f"def {loss}():",
        f"    {names} = {forward}",
        f"    return {total}",
        "",
    ]
