"""The prover on hand-written NumPy: correct code is proved, faults are refuted, nothing wrong is ever proved.

Every answer is compared with what the corpus says of the variant; the corpus itself is checked by numbers elsewhere.
Of plain faults (a sign, a transpose) each row's first two are asked here, all with BACKPROOF_CORPUS=all, which takes
minutes; benchmarks/faults.py asks for all of them too.
"""

import importlib.util
import os
from collections.abc import Iterator

import pytest
from corpus import CORRECT, ENTRIES, KINK, REFUSED, SIDE_EFFECT, WRONG, Entry, Variant
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

PLAIN = 1000 if os.environ.get("BACKPROOF_CORPUS") == "all" else 2


def asked(entry: Entry) -> Iterator[Variant | None]:
    """The original, every variant that is special in some way, and the first plain faults."""
    plain = [variant for variant in entry.variants if variant.kind == WRONG and not variant.grade]
    yield None
    yield from (variant for variant in entry.variants if variant not in plain[PLAIN:])


CASES = [
    pytest.param(entry, variant, id=f"{entry.name}: {variant.name if variant else 'original'}")
    for entry in ENTRIES
    for variant in asked(entry)
]


@pytest.mark.parametrize(("entry", "variant"), CASES)
def test_the_answer(entry: Entry, variant: Variant | None) -> None:
    if entry.needs and importlib.util.find_spec(entry.needs) is None:
        pytest.skip(f"needs {entry.needs}")
    kind = variant.kind if variant else CORRECT
    found = prove(entry, entry.functions(variant))
    assert found.outcome != NEVER[kind], found.verdicts
    if found.outcome == UNKNOWN and may_stay_open(entry, variant, found):
        return
    assert found.outcome in ANSWERS[kind], found.verdicts
    if kind == KINK:  # either may be the one that agrees with the derivation at the kink too
        assert said_to_be_a_kink(found) or said_to_be_a_kink(prove(entry, entry.functions())), found.verdicts
    if kind == REFUSED and found.outcome == UNKNOWN:
        assert names_the_line(found, variant.edits), found.verdicts


def may_stay_open(entry: Entry, variant: Variant | None, found: Outcome) -> bool:
    """The entry needs an integer, and the answer says so; or it is written down as open."""
    if (entry.name, variant.name if variant else "") in OPEN:
        return True
    reasons = [verdict.reason for verdict in found.verdicts.values() if isinstance(verdict, Unknown)]
    return bool(entry.advice) and all(entry.advice in reason for reason in reasons)


def said_to_be_a_kink(found: Outcome) -> bool:
    verdicts = found.verdicts.values()
    if found.outcome == UNKNOWN:
        return all("kink" in verdict.reason for verdict in verdicts if isinstance(verdict, Unknown))
    if found.outcome == PROVED:
        return any(verdict.except_on for verdict in verdicts)
    return all(verdict.at_kink for verdict in verdicts if isinstance(verdict, Refuted))


def names_the_line(found: Outcome, edits: tuple[tuple[str, str], ...]) -> bool:
    """A line that the variant brought in stands in the reason."""
    lines = [line.strip() for _, new in edits for line in new.splitlines() if " if " in f" {line.strip()} "]
    reasons = [verdict.reason for verdict in found.verdicts.values() if isinstance(verdict, Unknown)]
    return bool(lines) and all(any(line in reason for line in lines) for reason in reasons)
