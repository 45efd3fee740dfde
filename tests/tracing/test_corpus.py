"""The prover on hand-written NumPy: correct code is proved, faults are refuted, nothing wrong is ever proved.

Every answer is compared with what the corpus says of the variant; the corpus itself is checked by numbers elsewhere.
Two faults of each row are asked here; all of them with BACKPROOF_CORPUS=all, which takes minutes.
"""

import contextlib
import importlib.util
import io
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from corpus import CORRECT, ENTRIES, KINK, REFUSED, SIDE_EFFECT, WRONG, Entry, Variant
from corpus.numbers import Pair, by_differences, gradients
from proving import PROVED, REFUTED, UNKNOWN, Outcome, prove

from derive import Refuted, Unknown

# What may be said of a variant, the best answer first.
ANSWERS = {
    CORRECT: (PROVED,),
    WRONG: (REFUTED,),
    KINK: (PROVED, REFUTED, UNKNOWN),  # and it is said that the difference is at a kink
    SIDE_EFFECT: (PROVED,),
    REFUSED: (UNKNOWN, REFUTED),
}
NEVER = {CORRECT: REFUTED, WRONG: PROVED, KINK: None, SIDE_EFFECT: REFUTED, REFUSED: PROVED}

# What is not decided yet, and why: Unknown is right for these, a wrong answer is not.
OPEN: dict[tuple[str, str], str] = {}

ALL = os.environ.get("BACKPROOF_CORPUS") == "all"


def asked(entry: Entry) -> Iterator[Variant | None]:
    """The original, every variant that is not simply wrong, one plain fault and one of another grade."""
    wrong = entry.of_kind(WRONG)
    first = {bool(variant.grade): variant for variant in reversed(wrong)}.values()
    yield None
    yield from (variant for variant in entry.variants if ALL or variant not in wrong or variant in first)


CASES = [
    pytest.param(entry, variant, id=f"{entry.name}: {variant.name if variant else 'original'}")
    for entry in ENTRIES
    for variant in asked(entry)
]
SMOOTH = ("", "square", "default", "dout")  # grades of faults that differences show, at the point of the example


@pytest.mark.parametrize(("entry", "variant"), CASES)
def test_the_answer(entry: Entry, variant: Variant | None) -> None:
    if entry.needs and importlib.util.find_spec(entry.needs) is None:
        pytest.skip(f"needs {entry.needs}")
    kind = variant.kind if variant else CORRECT
    pair = entry.functions(variant)
    found = prove(entry, pair)
    assert found.outcome != NEVER[kind], found.report
    if variant and found.outcome == UNKNOWN and may_stay_open(entry, variant, found):  # originals are proved, all
        return
    assert found.outcome in ANSWERS[kind], found.report
    if kind == CORRECT:
        assert not found.report.side_effects, found.report
    elif variant.kind == KINK:  # either may be the one that agrees with the derivation at the kink too
        assert said_to_be_a_kink(found) or said_to_be_a_kink(prove(entry, entry.functions())), found.report
    elif variant.kind == SIDE_EFFECT:
        assert found.report.side_effects, found.report
    elif found.outcome == UNKNOWN:  # refused
        assert all(new_line_in(variant, reason) for reason in reasons(found)), found.report
    else:
        for part in map(found.report.part, entry.wrt):
            if part.values and isinstance(part.verdict, Refuted):
                the_example_shows_it(entry, pair, part, by_numbers=variant.grade in SMOOTH)


def reasons(found: Outcome) -> list[str]:
    """Why what is unknown is unknown."""
    return [verdict.reason for verdict in found.verdicts.values() if isinstance(verdict, Unknown)]


def may_stay_open(entry: Entry, variant: Variant | None, found: Outcome) -> bool:
    """An integer is needed, or a rounded constant matters, and the answer says so; or it is written above."""
    if variant and variant.grade == "constant":
        return all("last digits" in reason for reason in reasons(found))
    if (entry.name, variant.name if variant else "") in OPEN:
        return True
    return bool(entry.advice) and all(entry.advice in reason for reason in reasons(found))


def said_to_be_a_kink(found: Outcome) -> bool:
    """Every gradient that is not equal everywhere differs at a kink."""
    verdicts = found.verdicts.values()
    if found.outcome == UNKNOWN:
        return all("kink" in reason for reason in reasons(found))
    if found.outcome == PROVED:
        return any(verdict.except_on for verdict in verdicts)
    return all(verdict.at_kink for verdict in verdicts if isinstance(verdict, Refuted))


def new_line_in(variant: Variant, text: str) -> bool:
    """Does the text show a line of code that the variant brought in?"""
    lines = [line.strip() for _, new in variant.edits for line in new.splitlines()]
    return any(line and line in text for line in lines)


def the_example_shows_it(entry: Entry, pair: Pair, part: Any, by_numbers: bool) -> None:
    """It runs; the two values differ; and so do the gradient and the difference quotients at its arguments."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(part.example, {})
    assert printed.getvalue()
    assert part.values[0] != part.values[1]
    if by_numbers:
        scope: dict[str, Any] = {}
        exec("\n\n".join(part.example.split("\n\n")[:2]), scope)  # the imports and the arguments
        args = {name: scope[name] for name in entry.shapes} | dict(entry.passed)
        dout = scope.get("dout")
        quotient = by_differences(entry, pair[0], args, dout, part.name)
        assert np.max(np.abs(quotient - gradients(entry, pair, args, dout)[part.name])) > 1e-8, part.example
