"""Hand-written NumPy, as it is met, with faults planted: what a prover of NumPy code has to decide.

code/    forward and backward functions, plain NumPy (one file needs SciPy), which import nothing of this project
faults/  one row for each pair: how it is called, and its variants: faults, kinks, side effects, correct rewrites

    for entry in ENTRIES:
        forward, backward = entry.functions()
        for variant in entry.variants:
            forward, backward = entry.functions(variant)
"""

from .entry import CORRECT, KINDS, KINK, REFUSED, SIDE_EFFECT, WRONG, Entry, Variant
from .faults import ENTRIES

__all__ = ["CORRECT", "ENTRIES", "KINDS", "KINK", "REFUSED", "SIDE_EFFECT", "WRONG", "Entry", "Variant"]
