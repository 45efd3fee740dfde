"""Claims: formulas in a file that is parsed, never executed, each decided by the kernel."""

from .checking import Result, check_claims
from .dimensions import fitting_products, infer_shapes
from .equations import facts
from .errors import ClaimsError
from .reading import read

__all__ = ["ClaimsError", "Result", "check_claims", "facts", "fitting_products", "infer_shapes", "read"]
