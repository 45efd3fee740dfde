"""The fuzzer: python -m tests.kernel.fuzz COUNT SEED [normal|true|false|all] [OUTCOME ...]

normal   the normal form of a random expression, read back, has the same exact values
true     an expression and its rewriting by laws: never refuted, and proved as often as possible
false    an expression and a fault in it: never proved if exact evaluation shows a difference, not by the prover alone

Cases whose outcome starts with OUTCOME are printed.
"""

import random
import sys
import time
from collections import Counter

from derive.errors import DeriveError
from derive.kernel.algebra import Algebra, Undecided
from derive.kernel.decide import decide
from derive.kernel.facts import gather
from derive.kernel.label import TooHard
from derive.kernel.lower import Lowering
from derive.kernel.opening import opened
from derive.kernel.plan import Plan
from derive.kernel.points import points
from derive.kernel.proof import prove
from derive.kernel.refute import at_point
from derive.kernel.verdict import Proved, Refuted

from .explicit import differ
from .faults import FAULTS
from .grammar import FREE, GENERIC, Grammar, claim
from .laws import LAWS
from .readback import Readback
from .rewriting import changed

BUDGET = 1_000_000            # of a proof
WORK = 60_000               # of an evaluation


def differs(c, seed, kinks=True):
    """Where the sides differ: by exact evaluation at points that the kernel does not use, then by explicit entries.

    Without `kinks`, where nothing jumps: a difference on a null set alone is none.
    """
    plan = Plan()
    for point in points(c, seed=99):
        found = at_point(c, point, WORK, plan)
        if isinstance(found, Refuted) and (kinks or not found.at_kink):
            return found
    return differ(c.left, c.right, FREE, seed, draws=2 if kinks else 1)[0]


def normal_case(rng):
    """(outcome, what to print)"""
    e = Grammar(rng).any()
    al = Algebra(BUDGET, opened)
    try:
        gather(al, claim(e, e))
        low = Lowering(al, GENERIC)
        poly = low.lower(e)
    except (Undecided, TooHard) as stop:
        return f"no normal form: {stop}", (e,)
    al.budget = 10 * BUDGET
    back = Readback(al, low.labels).element(poly)
    found = differs(claim(e, back), rng.random())
    return ("WRONG", (e, back, found)) if found else ("same", None)


def true_case(rng):
    """An expression against its rewriting."""
    e = Grammar(rng).any()
    other, names = e, []
    for _ in range(rng.choice((1, 1, 2, 3))):
        found = changed(rng, other, LAWS)
        if found:
            names.append(found[0])
            other = found[1]
    verdict = decide(claim(e, other), budget=BUDGET)
    detail = names, e, other, verdict
    if isinstance(verdict, Refuted):
        return "WRONG", detail
    if isinstance(verdict, Proved):
        return ("proved but for kinks", detail) if verdict.except_on else ("proved", None)
    if verdict.reason.startswith("no point") or verdict.evidence == 0:
        return "undecided: defined nowhere, as far as points show", detail
    return f"undecided: {verdict.reason[:50]}", detail


def false_case(rng):
    """An expression against a fault in it; what is refuted is given to the prover alone, too."""
    e = Grammar(rng).any()
    found = changed(rng, e, FAULTS)
    if found is None:
        return "no fault fits", None
    name, other = found
    c = claim(e, other)
    verdict = decide(c, budget=BUDGET)
    detail = name, e, other, verdict
    if isinstance(verdict, Refuted):
        return ("WRONG", (*detail, "the prover alone")) if wrongly_proved(c, rng.random()) else ("refuted", None)
    shown = differs(c, rng.random())
    if shown is None:
        same = isinstance(verdict, Proved)
        return "no difference, proved" if same else f"no difference seen: {verdict.reason[:40]}", detail
    if isinstance(verdict, Proved) and not verdict.except_on:
        return "WRONG", (*detail, shown)
    generic = differs(c, rng.random(), kinks=False)
    if isinstance(verdict, Proved):
        return ("WRONG" if generic else "differs on a null set, proved but for it"), (*detail, shown, generic)
    outcome = "false, not refuted" if generic else "differs on a null set, undecided"
    return outcome, (*detail, shown, generic)


def wrongly_proved(c, seed):
    """Does the prover, which sees no point, prove what a point refutes?"""
    proof = prove(c, BUDGET, None)
    if proof.done and (proof.jumps or proof.ties):
        return differ(c.left, c.right, FREE, seed, draws=1)[0] is not None
    return proof.done


CASES = {"normal": normal_case, "true": true_case, "false": false_case}


def run(kind, count, seed, show=(), most_wrong=None):
    """Counts of outcomes, and the wrong cases; ends after so many wrong ones."""
    outcomes: Counter = Counter()
    wrong = []
    for k in range(count):
        try:
            outcome, detail = CASES[kind](random.Random(f"{kind} {seed} {k}"))
        except DeriveError as error:
            outcome, detail = "WRONG", (type(error).__name__, str(error))
        outcomes[outcome] += 1
        if outcome == "WRONG":
            wrong.append((k, detail))
            if len(wrong) == most_wrong:
                break
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
