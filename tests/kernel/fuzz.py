"""The fuzzer: python -m tests.kernel.fuzz COUNT SEED [normal|true|false|all]

normal   the normal form of a random expression, read back, has the same exact values
true     an expression and its rewriting by laws: never refuted, and proved as often as possible
false    an expression and a fault in it: never proved if exact evaluation shows a difference
"""

import random
import sys
import time
from collections import Counter

from derive.errors import DeriveError
from derive.kernel.algebra import Algebra, Undecided
from derive.kernel.claim import Claim
from derive.kernel.decide import decide
from derive.kernel.evaluate import Ambiguous, Undefined
from derive.kernel.facts import gather
from derive.kernel.label import TooHard
from derive.kernel.lower import Lowering
from derive.kernel.points import points
from derive.kernel.refute import at_point
from derive.kernel.verdict import Proved, Refuted

from .grammar import FAULTS, LAWS, Grammar, changed, claim
from .readback import Readback

BUDGET = 150_000
WORK = 60_000


def differs(c: Claim, seed: int = 99):
    """A point that refutes the claim, from draws that the kernel does not use; None without one."""
    for point in points(c, seed=seed):
        found = at_point(c, point, WORK)
        if isinstance(found, Refuted):
            return found
    return None


def normal_case(rng):
    """(outcome, what to print if it is wrong)"""
    e = Grammar(rng).expression(rng.randint(2, 9))
    al = Algebra(BUDGET)
    try:
        gather(al, claim(e, e))
        low = Lowering(al, ("g",))
        poly = low.lower(e)
    except (Undecided, TooHard) as stop:
        return f"no normal form: {stop}", None
    back = Readback(al, low.labels).element(poly)
    found = differs(claim(e, back))
    return ("WRONG", (e, back, found)) if found else ("same", None)


def true_case(rng):
    """An expression against its rewriting."""
    e = Grammar(rng).expression(rng.randint(2, 7))
    other, names = e, []
    for _ in range(rng.randint(1, 3)):
        found = changed(rng, other, LAWS)
        if found:
            names.append(found[0])
            other = found[1]
    verdict = decide(claim(e, other), budget=BUDGET)
    if isinstance(verdict, Refuted):
        return "WRONG", (names, e, other, verdict)
    if isinstance(verdict, Proved):
        return ("proved but for kinks" if verdict.except_on else "proved"), None
    nowhere = "no point" in verdict.reason or verdict.evidence == 0
    return f"unknown: {'nowhere defined' if nowhere else verdict.reason[:50]}", (names, e, other, verdict)


def false_case(rng):
    """An expression against a fault in it."""
    e = Grammar(rng).expression(rng.randint(2, 7))
    found = changed(rng, e, FAULTS)
    if found is None:
        return "no fault fits", None
    name, other = found
    c = claim(e, other)
    verdict = decide(c, budget=BUDGET)
    if isinstance(verdict, Refuted):
        return "refuted", None
    shown = differs(c)
    if shown is None:
        return (
            "no difference, proved" if isinstance(verdict, Proved) else f"no difference seen: {verdict.reason[:40]}"
        ), (name, e, other, verdict)
    if isinstance(verdict, Proved):
        if verdict.except_on:
            return "differs on a null set", (name, e, other, verdict, shown)
        return "WRONG", (name, e, other, verdict, shown)
    return "false, not refuted", (name, e, other, verdict, shown)


CASES = {"normal": normal_case, "true": true_case, "false": false_case}


def run(kind, count, seed, show=()):
    """Counts of outcomes, and the wrong cases."""
    outcomes: Counter = Counter()
    wrong = []
    for k in range(count):
        try:
            outcome, detail = CASES[kind](random.Random(f"{kind} {seed} {k}"))
        except (Undefined, Ambiguous):
            outcome, detail = "not evaluated", None
        except DeriveError as error:
            outcome, detail = "WRONG", (type(error).__name__, str(error))
        outcomes[outcome] += 1
        if outcome == "WRONG":
            wrong.append((k, detail))
        if any(outcome.startswith(s) for s in show):
            print(k, outcome, detail)
    return outcomes, wrong


def main(arguments):
    """Figures for the command line."""
    count, seed = int(arguments[0]), int(arguments[1])
    kinds = [arguments[2]] if len(arguments) > 2 and arguments[2] != "all" else list(CASES)
    for kind in kinds:
        start = time.perf_counter()
        outcomes, wrong = run(kind, count, seed, show=arguments[3:])
        print(f"{kind}: {count} cases, seed {seed}, {time.perf_counter() - start:.1f} s")
        for outcome, n in outcomes.most_common():
            print(f"  {n:7}  {outcome}")
        for k, detail in wrong:
            print(f"  WRONG case {k}: {detail}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
