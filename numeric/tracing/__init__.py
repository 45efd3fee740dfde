"""NumPy functions run once on symbolic arrays: formulas for the kernel come out."""

from .arguments import named_leaves, read_arguments
from .details import report
from .problem import Problem
from .refusal import WrongUse
from .report import Part, Report, SideEffect
from .run import Stopped, Traced, trace

__all__ = [
    "Part",
    "Problem",
    "Report",
    "SideEffect",
    "Stopped",
    "Traced",
    "WrongUse",
    "named_leaves",
    "read_arguments",
    "report",
    "trace",
]
