"""A short run of the fuzzer.  The long one: python -m tests.kernel.fuzz 20000 SEED all"""

import pytest

from .fuzz import run
from .laws import LAWS

RUNS = [("normal", 100, 1), ("true", 200, 5), ("false", 200, 5)]


@pytest.mark.parametrize(("kind", "count", "seed"), RUNS)
def test_nothing_is_wrong(kind, count, seed):
    outcomes, wrong = run(kind, count, seed)
    assert not wrong
    if kind == "true":
        nowhere = outcomes["undecided: defined nowhere, as far as points show"]
        undecided = sum(n for outcome, n in outcomes.items() if outcome.startswith("undecided")) - nowhere
        assert undecided <= 0.03 * (count - nowhere)
    if kind == "false":
        assert outcomes["false, not refuted"] <= 1
        assert outcomes["refuted"] > count / 2


def test_every_law_is_tried():
    """The grammar reaches what the laws are about."""
    from random import Random

    from .grammar import Grammar
    from .rewriting import random_node

    rng = Random("laws")
    made = [Grammar(rng).any() for _ in range(1500)]
    assert not [name for name, (fits, _) in LAWS.items() if not any(random_node(rng, e, fits) for e in made)]
