"""check_claims: one result for each assert of a claims file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape
from time import monotonic

from ..arrays.rewriting import weight
from ..arrays.shapes import Shape, same, show
from ..arrays.values import Value
from ..errors import DeriveError
from ..kernel.claim import Claim
from ..kernel.decide import EVALUATION, decide
from ..kernel.plan import Plan
from ..kernel.refute import at_point, describe
from ..kernel.verdict import Proved, Refuted, Unknown, Verdict
from .beside import known_beside
from .equations import equal_shapes, equation, relevant, surroundings
from .errors import Misfit, Unsaid
from .lifting import decide_at_any_size
from .reading import Assertion, Script, read
from .repairs import repair
from .scope import Scope, Sizes
from .simplest import simplest
from .together import decide_together

EXHAUSTED = {  # of the machine
    RecursionError: "nested too deep",
    MemoryError: "more memory than there is",
    OverflowError: "numbers too large",
    ValueError: "numbers too large to be written down",
}
DIGITS = "integer string conversion"  # what Python says of such numbers; any other ValueError is a fault of ours
EXAMPLE_SIZES = (2, 3, 5, 7, 11, 13, 17, 19)
PATIENCE = 20.0  # seconds for one claim, and
TOGETHER = 5  # times as many for all claims that are decided together
WORK = 200_000  # nodes of expressions that are evaluated on the way to a simpler counterexample
LETTERS = "klpqrstuvabcdefh"  # for the indices that only the kernel names


@dataclass(frozen=True)
class Result:
    """What came out of one assert.  The verdict is on the equation itself, whatever the assert says of it."""

    line: int
    text: str
    verdict: Verdict
    asserted: bool = True  # False for: assert not left == right
    note: str = ""
    hint: str = ""  # a near miss that holds, or a repair of the shapes
    conditions: tuple[str, ...] = ()  # what is assumed, and where the sides are defined, in the words of the file

    @property
    def holds(self) -> bool | None:
        """Came out as asserted?  None if that is not known."""
        match self.verdict:
            case Proved():
                return self.asserted
            case Refuted():
                return not self.asserted
        return None

    def _repr_html_(self) -> str:
        """For notebooks: the line, the claim, its verdict."""
        said = self.verdict._repr_html_() + (f"<br>{escape(self.hint)}" if self.hint else "")
        return f"{self.line}: <code>{escape(self.text)}</code><br>{said}"


def check_claims(text: str, name: str = "<claims>", timeout: float = PATIENCE) -> tuple[Result, ...]:
    """One result for each assert; a ClaimsError if the text cannot be read.  `timeout`: seconds for each of them."""
    script = read(text, name)
    together = decide_all_together(script, monotonic() + timeout * min(len(script.assertions), TOGETHER))
    results = []
    for number in range(len(script.assertions)):
        end = monotonic() + timeout
        result = together.get(number) or check(script, number, end)
        hint = explain(script, number, end) if isinstance(result.verdict, Refuted) else ""
        results.append(replace(result, hint=hint))
    hints = known_beside(script, [kind(result.verdict) for result in results], [bool(r.hint) for r in results])
    return tuple(replace(result, hint=hints.get(k, result.hint)) for k, result in enumerate(results))


def decide_all_together(script: Script, end: float) -> dict[int, Result]:
    """Number of an assert -> its result, for claims about the gradients of one loss; `end` by the monotonic clock."""
    verdicts = decide_together(script.reader.scope, script.assertions, end)
    return {number: _result(script, number, verdict) for number, verdict in verdicts.items()}


def check(script: Script, number: int, end: float) -> Result:
    """The verdict on one equation; `end` is the time of the monotonic clock when nobody waits any longer."""
    return _result(script, number, judge(script.reader.scope, script.assertions[number], end))


def _result(script: Script, number: int, verdict: Verdict) -> Result:
    assertion = script.assertions[number]
    said = tuple(_conditions(script.reader.scope, assertion, verdict))
    return Result(assertion.line, assertion.text, verdict, assertion.asserted, assertion.note, conditions=said)


def explain(script: Script, number: int, end: float) -> str:
    """What would hold instead of a refuted equation; nothing if nothing is found in time."""
    return repair(script.reader.scope, script.assertions[number], end)


def kind(verdict: Verdict) -> str:
    """proved, refuted or unknown"""
    return type(verdict).__name__.lower()


def judge(scope: Scope, assertion: Assertion, end: float) -> Verdict:
    """Shapes first, elements then."""
    left, right = assertion.left, assertion.right
    for side in (left, right):
        if isinstance(side, Unsaid):
            return Unknown(f"{side.message}; with sizes as integers it can be said")
    for side in (left, right):
        if isinstance(side, Misfit):
            return _unlike(side.message, ())
    if isinstance(left, Sizes) and isinstance(right, Sizes):
        return _judge_shapes(left.shape, right.shape)
    assert isinstance(left, Value)
    assert isinstance(right, Value)
    if not same(left.shape, right.shape):
        shapes = f"the left side has shape {show(left.shape)}, the right side {show(right.shape)}"
        return _unlike(shapes, left.shape + right.shape)
    try:
        claim = equation(scope, left, right, assertion.assumptions)
        verdict = decide_at_any_size(claim, end - monotonic())
        return _simplest(claim, verdict, end) if isinstance(verdict, Refuted) else verdict
    except DeriveError as error:
        return Unknown(f"not decided: {error}")
    except tuple(EXHAUSTED) as error:
        return Unknown(f"not decided: {_why(error)}")


def _why(error: Exception) -> str:
    if isinstance(error, ValueError) and DIGITS not in str(error):
        return f"an error of backproof, please report it: {error!r}"
    return next(why for limit, why in EXHAUSTED.items() if isinstance(error, limit))


def _simplest(claim: Claim, refuted: Refuted, end: float) -> Refuted:
    """The counterexample, as simple as it can be made."""
    plan, moves = Plan(), WORK // (weight(claim.left) + weight(claim.right))
    return simplest(claim, refuted, lambda point: at_point(claim, point, EVALUATION, plan), moves, end)


def _judge_shapes(left: Shape, right: Shape) -> Verdict:
    """(A @ B).shape == (4, 2)"""
    if left != right:
        return _unlike(f"the shape is {show(left)}, not {show(right)}", left + right)
    return decide(equal_shapes(left, right))


def _unlike(reason: str, sizes: Shape) -> Refuted:
    """Refuted by shapes, with an example of sizes that differ."""
    names = dict.fromkeys(size for size in sizes if isinstance(size, str))
    return Refuted(reason, at=dict(zip(names, EXAMPLE_SIZES, strict=False)))


# --- conditions -------------------------------------------------------------------------------------------------------


def _conditions(scope: Scope, assertion: Assertion, verdict: Verdict) -> Iterator[str]:
    """The conditions of a verdict: assumptions as they are written in the file, the rest with short index names."""
    if not verdict.conditions:
        return
    written = _assumptions(scope, assertion)
    for condition in verdict.conditions:
        yield written.get(condition) or _short_names(condition, scope)


def _assumptions(scope: Scope, assertion: Assertion) -> Mapping[str, str]:
    """How the kernel spells an assumption -> how the file does"""
    sides = [side for side in (assertion.left, assertion.right) if isinstance(side, Value)]
    facts = surroundings(scope, sides, assertion.assumptions).facts
    assumed = relevant(assertion.assumptions, sides)
    return {f"assumed: {describe(f)}": f"assumed: {a.text}" for f, a in zip(facts, assumed, strict=True)}


def _short_names(condition: str, scope: Scope) -> str:
    """sum_k3.0(X[k3.0,i])  ->  sum_k(X[k,i])"""
    own = dict.fromkeys(re.findall(r"\bk\d+\.\d+", condition.replace("sum_", "sum_ ").replace("max_", "max_ ")))
    free = [letter for letter in LETTERS if not re.search(rf"\b{letter}\b", condition) and letter not in scope.names]
    for name, letter in zip(own, free, strict=False):
        condition = re.sub(rf"(\b|_){re.escape(name)}\b", rf"\g<1>{letter}", condition)
    return condition
