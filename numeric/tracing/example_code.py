"""A counterexample as a NumPy script that runs: both calls, the element returned, and the difference quotient."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .arguments import Leaf
from .problem import Problem, describe, dout_name, parameters
from .reproduction import Point
from .run import Traced

STEP = "1e-6"


def code(problem: Problem, traced: Traced, point: Point, leaf: Leaf, at: tuple[int, ...]) -> str:
    """Arrays, both calls, the gradient that is returned, and the difference quotient of the forward function."""
    where = f"[{', '.join(map(str, at))}]" if at else ""
    target = leaf.path[0] + "".join(f"[{key!r}]" for key in leaf.path[1:]) + where
    lines, found, loss = _calls(problem, traced, point)
    step, before, up = (_free(name, problem) for name in ("step", "before", "up"))
    shown = found + traced.run.places.get(leaf.name, "")
    return "\n".join([
        *lines,
        f"{step}, {before} = {STEP}, {target}",
        f"{target} = {before} + {step}",
        f"{up} = {loss}()",
        f"{target} = {before} - {step}",
        f'print("gradient of {leaf.name}{where}: returned", {shown}{where if leaf.name in traced.run.places else ""})',
        f'print("difference quotient:", ({up} - {loss}()) / (2 * {step}))',
    ])  # fmt: skip


def shapes_code(problem: Problem, traced: Traced, point: Point, leaf: Leaf) -> str:
    """The shapes of an array and of the gradient that is returned for it."""
    lines, found, _ = _calls(problem, traced, point)
    target = leaf.path[0] + "".join(f"[{key!r}]" for key in leaf.path[1:])
    shown = found + traced.run.places.get(leaf.name, "")
    return "\n".join([
        *lines,
        f'print("{leaf.name} has shape", np.shape({target}), "and its gradient", np.shape({shown}))',
    ])  # fmt: skip


def _calls(problem: Problem, traced: Traced, point: Point) -> tuple[list[str], str, str]:
    """Up to what was found, and the names of that and of the loss."""
    first, second = imports = [_call_of(f) for f in (problem.first, problem.second)]
    lines = _imports([*imports])
    lines += [f"{name} = {_literal(name, part, problem, point)}" for name, part in problem.arguments.structure.items()]
    lines += [
        f"{name} = {value!r}"
        for name, value in problem.arguments.passed.items()
        if name not in problem.arguments.structure
    ]
    lines += [f"{dout_name(k)} = {_array(d)}" for k, d in enumerate(point.douts)]
    found, loss = _free("found", problem), _free("loss", problem)
    calls = _backward if problem.backward else _gradients
    return [*lines, "", *calls(problem, traced, (first.code, second.code), found, loss)], found, loss


def _free(name: str, problem: Problem) -> str:
    """A name that is no argument."""
    taken = {*problem.arguments.structure, *problem.arguments.passed}
    taken |= {_call_of(f).code.partition(".")[0] for f in (problem.first, problem.second)}
    while name in taken:
        name += "_"
    return name


# --- where functions come from ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Call:
    """How a function is called, and what has to be imported for it; `note` where nothing can be."""

    code: str
    module: str = ""
    name: str = ""
    root: str = ""
    note: str = ""


def _call_of(f: Any) -> _Call:
    """Functions and methods that a module knows by name are imported; others have to be there."""
    owner = f.__self__ if isinstance(f, types.MethodType) else None
    name = getattr(f, "__name__", "function")
    module = sys.modules.get(getattr(f if owner is None else type(owner), "__module__", None) or "")
    known = _known(module, f if owner is None else owner)
    if module is not None and known:
        root, imported = _home(module)
        return _Call(known if owner is None else f"{known}.{name}", imported, known.partition(".")[0], root)
    code = getattr(f, "__code__", None)
    where = f" of {code.co_filename}, line {code.co_firstlineno}" if code is not None else ""
    if owner is not None:
        name = f"{type(owner).__name__.lower()}.{name}"
    elif not name.isidentifier():
        name = "function"
    return _Call(name, note=f"# {name}: {describe(f)}{where}")


def _known(module: types.ModuleType | None, thing: Any) -> str:
    """The name under which a module has it: layers.relu, or Layer.forward of a class."""
    if module is None:
        return ""
    path = getattr(thing, "__qualname__", "")
    found: Any = module
    for part in path.split(".") if path else ():
        found = getattr(found, part, None)
    if path and found is thing:
        return str(path)
    return next((name for name, value in vars(module).items() if value is thing and name.isidentifier()), "")


def _home(module: types.ModuleType) -> tuple[str, str]:
    """The folder that has to be on the path, and the module's name there."""
    file = getattr(module, "__file__", None)
    if not file or not Path(file).is_file():
        return "", module.__name__
    path = Path(file)
    if module.__name__ == "__main__":
        return str(path.parent), path.stem
    folder = path.parent
    for _ in range(module.__name__.count(".") + (path.stem == "__init__")):
        folder = folder.parent
    return ("" if "site-packages" in path.parts or str(folder) == sys.prefix else str(folder)), module.__name__


def _imports(calls: list[_Call]) -> list[str]:
    roots = list(dict.fromkeys(c.root for c in calls if c.root))
    names: dict[str, dict[str, None]] = {}
    for c in calls:
        if c.module:
            names.setdefault(c.module, {})[c.name] = None
    lines = ["import sys", "import numpy as np"] if roots else ["import numpy as np"]
    lines += [f"sys.path.insert(0, {root!r})" for root in roots]
    lines += [f"from {module} import {', '.join(found)}" for module, found in names.items()]
    lines += list(dict.fromkeys(c.note for c in calls if c.note))
    return [*lines, ""]


# --- values and calls -------------------------------------------------------------------------------------------------


def _literal(name: str, part: Any, problem: Problem, point: Point) -> str:
    if isinstance(part, Leaf):
        return _array(point.leaves[part.name])
    if isinstance(part, Mapping):
        items = [f"{key!r}: {_literal(name, p, problem, point)}" for key, p in part.items()]
        passed = problem.arguments.passed.get(name) if name in problem.arguments.structure else None
        same = passed if isinstance(passed, Mapping) and part is problem.arguments.structure[name] else {}
        return "{" + ", ".join([*(f"{key!r}: {value!r}" for key, value in same.items()), *items]) + "}"
    inside = ", ".join(_literal(name, p, problem, point) for p in part)
    return f"[{inside}]" if isinstance(part, list) else f"({inside},)"


def _array(x: Any) -> str:
    return f"np.array({x.tolist()!r})" if isinstance(x, np.ndarray) else repr(x)


def _given(problem: Problem, f: Any) -> str:
    known = dict.fromkeys([*problem.arguments.structure, *problem.arguments.passed])
    return ", ".join(_passed(parameters(f), list(known)))


def _passed(every: list[Any], known: list[str]) -> Iterator[str]:
    """The arguments of a call, in the words of `problem.called`."""
    if any(p.kind is p.VAR_KEYWORD for p in every):
        return (f"{name}={name}" for name in known)
    if any(p.kind is p.VAR_POSITIONAL for p in every):
        return iter(known)
    return (p.name if p.kind is p.POSITIONAL_ONLY else f"{p.name}={p.name}" for p in every if p.name in known)


def _gradients(problem: Problem, traced: Traced, called: tuple[str, str], found: str, loss: str) -> list[str]:
    return [
        f"{found} = {called[1]}({_given(problem, problem.second)})",
        "",
        f"def {loss}():",
        f"    return {called[0]}({_given(problem, problem.first)})",
        "",
    ]


def _backward(problem: Problem, traced: Traced, called: tuple[str, str], found: str, loss: str) -> list[str]:
    run = traced.run
    outs = [_free(name.removeprefix("d"), problem) for name in map(dout_name, range(len(run.douts)))]
    cache = _free("cache", problem)
    names = ", ".join([*outs, *([cache] if run.kept == 1 else [f"*{cache}"] if run.kept else [])])
    forward = f"{called[0]}({_given(problem, problem.first)})"
    passed = ", ".join(f"{name}={cache if source == 'cache' else source}" for name, source in run.call)
    total = " + ".join(f"np.sum({dout_name(k)} * {out})" for k, out in enumerate(outs))
    return [
        f"{names} = {forward}",
        f"{found} = {called[1]}({passed})",
        "",
        f"def {loss}():",
        f"    {names} = {forward}",
        f"    return {total}",
        "",
    ]
