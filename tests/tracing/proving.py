"""One pair of functions of the corpus through the prover, and the outcome in one word."""

from dataclasses import dataclass
from typing import Any

from corpus import Entry
from corpus.numbers import Pair

from derive import Proved, Refuted

PROVED, REFUTED, UNKNOWN = "proved", "refuted", "unknown"


@dataclass(frozen=True)
class Outcome:
    """refuted if one gradient is, proved if all are, else unknown; and the report itself."""

    outcome: str
    report: Any
    verdicts: dict[str, Any]


def prove(entry: Entry, pair: Pair, timeout: float = 20.0) -> Outcome:
    """prove_backward or prove_gradient, as the entry says."""
    from numeric import prove_backward, prove_gradient

    report = (prove_backward if entry.style == "backward" else prove_gradient)(
        *pair,
        shapes=entry.shapes,
        wrt=entry.wrt,
        assume=entry.assume,
        labels=entry.labels,
        given=entry.passed,
        timeout=timeout,
    )
    verdicts = {name: report[name] for name in entry.wrt}
    if any(isinstance(verdict, Refuted) for verdict in verdicts.values()):
        return Outcome(REFUTED, report, verdicts)
    proved = all(isinstance(verdict, Proved) for verdict in verdicts.values())
    return Outcome(PROVED if proved else UNKNOWN, report, verdicts)
