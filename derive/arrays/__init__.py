"""Arrays of symbolic shape, by NumPy's rules: what the claims language writes and what NumPy code computes."""

from ..kernel.claim import Fact, IsOneHot
from ..kernel.index import Entry, Index
from ..kernel.verdict import Proved, Refuted, Unknown, Verdict
from . import draws, indexing, operations, shapes, values
from .elements import Elements
from .gradients import decide_equal, decide_gradients, element_claim

__all__ = [
    "Elements",
    "Entry",
    "Fact",
    "Index",
    "IsOneHot",
    "Proved",
    "Refuted",
    "Unknown",
    "Verdict",
    "decide_equal",
    "decide_gradients",
    "draws",
    "element_claim",
    "indexing",
    "operations",
    "shapes",
    "values",
]
