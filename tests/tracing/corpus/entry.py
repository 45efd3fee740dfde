"""One row of the corpus: a forward and a backward function, how to call them, and variants that were planted.

A variant is the same source with a few words changed.  The changed source is compiled as a module of its own, under a
file name of its own that `linecache` knows, so tracebacks, line numbers and `inspect.getsource` work.
"""

import ast
import importlib
import linecache
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

CODE = Path(__file__).parent / "code"

# What a prover has to say of a variant:
WRONG = "wrong"  # Refuted
KINK = "kink"  # differs from the original only where the forward has no derivative
SIDE_EFFECT = "side effect"  # the values are right; an array of the caller, or a cached one, is changed in place
REFUSED = "refused"  # wrong behind a branch on values or on a size: Refuted, or Unknown that names the line
CORRECT = "correct"  # the same function, written in another way: never refuted
KINDS = (WRONG, KINK, SIDE_EFFECT, REFUSED, CORRECT)


@dataclass(frozen=True, repr=False)
class Variant:
    """old -> new in the source of function `inside` (the entry's backward function where empty), once each.

    grade says more: "eps" (the difference vanishes with eps), "shape" (only the shape is wrong), "legal" or "illegal"
    (the value at the kink is, or is not, a subgradient), "square" (right for square shapes), "default" (right for one
    value of a hyperparameter), "ulps" (a small relative difference), "dout" (not linear in dout), "rare" (wrong in a
    small or far region), "samples" (wrong for many samples), "constant" (right if a float is what it was rounded from).
    """

    name: str
    kind: str
    edits: tuple[tuple[str, str], ...]
    inside: str = ""
    grade: str = ""


@dataclass(frozen=True, repr=False)
class Entry:
    """forward and backward as prove_backward takes them; loss and gradients as prove_gradient does (style "gradient").

    shapes, wrt, assume, labels: as the prover takes them; passed: arguments that are what they are (flags, integers).
    draw: what a concrete argument looks like (numbers.py lists the words; standard normal where nothing is said).
    usual: the value at which people check a scalar hyperparameter.  sizes: two odd sets of dimensions, where the
    defaults do not fit.  analytic: the complex step may be used on the forward function.  needs: a package.
    advice: what the answer says if a size has to be an integer: the correct code is Unknown then, never refuted.
    """

    name: str
    code: str
    forward: str
    backward: str
    shapes: Mapping[str, tuple[str | int, ...]]
    wrt: tuple[str, ...]
    style: str = "backward"
    assume: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    passed: Mapping[str, Any] = field(default_factory=dict)
    draw: Mapping[str, str] = field(default_factory=dict)
    usual: Mapping[str, float] = field(default_factory=dict)
    sizes: tuple[Mapping[str, int], ...] = ()
    analytic: bool = True
    kinks: str = ""
    needs: str = ""
    advice: str = ""
    variants: tuple[Variant, ...] = ()

    def functions(self, variant: Variant | None = None) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """(forward, backward), or (loss, gradients), as they are in the file or with the variant's edits."""
        if variant is None:
            module = importlib.import_module(f"{__package__}.code.{self.code}")
        else:
            module = _edited(self.code, variant, variant.inside or self.backward)
        return getattr(module, self.forward), getattr(module, self.backward)

    def of_kind(self, kind: str) -> tuple[Variant, ...]:
        return tuple(variant for variant in self.variants if variant.kind == kind)


def variant(kind: str) -> Callable[..., Variant]:
    """A maker of variants: make(name, old, new, old, new, ..., inside="", grade="")."""

    def make(name: str, *texts: str, inside: str = "", grade: str = "") -> Variant:
        return Variant(name, kind, tuple(zip(texts[::2], texts[1::2], strict=True)), inside, grade)

    return make


wrong, kink, side_effect, refused, correct = map(variant, KINDS)


_VARIANTS: list[types.ModuleType] = []


@cache
def _edited(code: str, variant: Variant, function: str) -> types.ModuleType:
    path = CODE / f"{code}.py"
    source = edited_source(path.read_text(encoding="utf-8"), function, variant.edits)
    filename = f"{path} ({function}: {variant.name})"
    module = types.ModuleType(f"{__package__}.code.{code}__{len(_VARIANTS)}")
    module.__file__ = filename
    module.__package__ = f"{__package__}.code"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), module.__dict__)
    _VARIANTS.append(module)
    sys.modules[module.__name__] = module  # an example in a report imports the functions that it speaks of
    return module


def edited_source(source: str, function: str, edits: tuple[tuple[str, str], ...]) -> str:
    """source with each old text, which stands exactly once inside the function, replaced."""
    first, last = _lines_of(source, function)
    lines = source.splitlines(keepends=True)
    before, body, after = lines[: first - 1], "".join(lines[first - 1 : last]), lines[last:]
    for old, new in edits:
        if body.count(old) != 1:
            raise ValueError(f"{function}: {old!r} stands {body.count(old)} times, not once, in\n{body}")
        body = body.replace(old, new)
    return "".join([*before, body, *after])


def _lines_of(source: str, function: str) -> tuple[int, int]:
    """First and last line of a function, or of a method Class.name."""
    scope: Any = ast.parse(source)
    for name in function.split("."):
        found = [node for node in scope.body if getattr(node, "name", None) == name]
        if len(found) != 1:
            raise ValueError(f"{len(found)} definitions of {function!r}")
        scope = found[0]
    return scope.lineno, scope.end_lineno
