"""Arrays of symbolic shape, by NumPy's rules: what the claims language writes and what NumPy code computes."""

from . import indexing, operations, shapes, values
from .elements import Elements
from .gradients import decide_gradients, element_claim

__all__ = ["Elements", "decide_gradients", "element_claim", "indexing", "operations", "shapes", "values"]
