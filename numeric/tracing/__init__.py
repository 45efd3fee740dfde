"""NumPy functions run once on symbolic arrays: formulas for the kernel come out."""

from .arguments import named_leaves, read_arguments
from .asked import given_by, problem_of, seconds, texts_of
from .details import report
from .problem import Problem, takes_no_gradient
from .refusal import NoLoss, WrongUse
from .report import Part, Report, SideEffect
from .run import Stopped, Traced, trace

__all__ = [
    "NoLoss",
    "Part",
    "Problem",
    "Report",
    "SideEffect",
    "Stopped",
    "Traced",
    "WrongUse",
    "given_by",
    "named_leaves",
    "problem_of",
    "read_arguments",
    "report",
    "seconds",
    "takes_no_gradient",
    "texts_of",
    "trace",
]
