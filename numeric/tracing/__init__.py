"""NumPy functions run once on symbolic arrays: formulas for the kernel come out."""

from .arguments import named_leaves, read_arguments
from .problem import Problem
from .report import Report, report
from .run import Stopped, Traced, trace

__all__ = ["Problem", "Report", "Stopped", "Traced", "named_leaves", "read_arguments", "report", "trace"]
