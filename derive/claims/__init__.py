"""Claims: formulas in a file that is parsed, never executed, each decided by the kernel."""

from .beside import known_beside
from .checking import Result, check, check_claims, decide_all_together, explain, kind
from .data import of_assertion, of_error, of_result
from .dimensions import fitting_products, infer_shapes
from .equations import facts
from .errors import ClaimsError
from .reading import read

__all__ = [
    "ClaimsError",
    "Result",
    "check",
    "check_claims",
    "decide_all_together",
    "explain",
    "facts",
    "fitting_products",
    "infer_shapes",
    "kind",
    "known_beside",
    "of_assertion",
    "of_error",
    "of_result",
    "read",
]
