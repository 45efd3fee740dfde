"""check_claims: one result for each assert of a claims file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..arrays.shapes import Shape, same, show
from ..arrays.values import Value
from ..errors import DeriveError
from ..kernel.decide import decide
from ..kernel.verdict import Proved, Refuted, Unknown, Verdict
from .equations import equal_shapes, equation
from .errors import Misfit
from .lifting import decide_at_any_size
from .reading import Assertion, Script, read
from .repairs import repair
from .scope import Scope, Sizes

EXHAUSTED = (RecursionError, MemoryError, OverflowError, ValueError)  # of the machine: too deep, too large, too long
EXAMPLE_SIZES = (2, 3, 5, 7, 11, 13, 17, 19)


@dataclass(frozen=True)
class Result:
    """What came out of one assert.  The verdict is on the equation itself, whatever the assert says of it."""

    line: int
    text: str
    verdict: Verdict
    asserted: bool = True  # False for: assert not left == right
    note: str = ""
    hint: str = ""  # a near miss that holds, or a repair of the shapes

    @property
    def holds(self) -> bool | None:
        """Came out as asserted?  None if that is not known."""
        match self.verdict:
            case Proved():
                return self.asserted
            case Refuted():
                return not self.asserted
        return None


def check_claims(text: str, name: str = "<claims>", timeout: float = 20.0) -> tuple[Result, ...]:
    """One result for each assert; a ClaimsError if the text cannot be read."""
    script = read(text, name)
    results = [check(script, assertion, timeout) for assertion in script.assertions]
    return tuple(_compared(script, results))


def check(script: Script, assertion: Assertion, timeout: float) -> Result:
    """The verdict on one equation, and what would hold instead of a refuted one."""
    verdict = judge(script.reader.scope, assertion, timeout)
    hint = repair(script.reader.scope, assertion) if isinstance(verdict, Refuted) else ""
    return Result(assertion.line, assertion.text, verdict, assertion.asserted, assertion.note, hint)


def _compared(script: Script, results: list[Result]) -> Iterator[Result]:
    """A refuted claim without a near miss is shown the proved one that has the same left side."""
    proved = {
        ast.dump(assertion.equation.left): result
        for assertion, result in zip(script.assertions, results, strict=True)
        if isinstance(result.verdict, Proved)
    }
    for assertion, result in zip(script.assertions, results, strict=True):
        known = proved.get(ast.dump(assertion.equation.left))
        if isinstance(result.verdict, Refuted) and not result.hint and known:
            result = replace(result, hint=f"line {known.line} proves {known.text.removeprefix('not ')}")
        yield result


def judge(scope: Scope, assertion: Assertion, timeout: float) -> Verdict:
    """Shapes first, elements then."""
    left, right = assertion.left, assertion.right
    for side in (left, right):
        if isinstance(side, Misfit):
            return _unlike(side.message, ())
    if isinstance(left, Sizes) and isinstance(right, Sizes):
        return _judge_shapes(left.shape, right.shape, timeout)
    assert isinstance(left, Value)
    assert isinstance(right, Value)
    if not same(left.shape, right.shape):
        shapes = f"the left side has shape {show(left.shape)}, the right side {show(right.shape)}"
        return _unlike(shapes, left.shape + right.shape)
    try:
        return decide_at_any_size(equation(scope, left, right, assertion.assumptions), timeout)
    except (DeriveError, *EXHAUSTED) as error:
        return Unknown(f"not decided: {error or type(error).__name__}")


def _judge_shapes(left: Shape, right: Shape, timeout: float) -> Verdict:
    """(A @ B).shape == (4, 2)"""
    if left != right:
        return _unlike(f"the shape is {show(left)}, not {show(right)}", left + right)
    return decide(equal_shapes(left, right), deadline=timeout)


def _unlike(reason: str, sizes: Shape) -> Refuted:
    """Refuted by shapes, with an example of sizes that differ."""
    names = dict.fromkeys(size for size in sizes if isinstance(size, str))
    return Refuted(reason, at=dict(zip(names, EXAMPLE_SIZES, strict=False)))
