"""Arrays of symbolic shape, by NumPy's rules: what the claims language writes and what NumPy code computes."""

from . import draws, indexing, operations, shapes, values
from .elements import Elements
from .gradients import cut_points, decide_equal, decide_gradients, element_claim

__all__ = [
    "Elements",
    "cut_points",
    "decide_equal",
    "decide_gradients",
    "draws",
    "element_claim",
    "indexing",
    "operations",
    "shapes",
    "values",
]
