"""Laws that most proofs do without: which file has them, opened where a proof needs them.

A verdict names the files that its proof opened: what it rests on beside those that every proof rests on.
"""

from __future__ import annotations

FILES = {
    "nonlinear": ("exp_of", "log_of", "root_of", "erf_of", "sin_of", "cos_of", "indicator", "zero_set"),
    "maxima":    ("max_over", "greatest", "rarely_twice"),
    "matrices":  ("packed", "inverse_law"),
    "one_hot":   ("picked",),
    "facts":     ("gather",),
    "cases":     ("simpler", "vanishes", "joined", "zero_by_cases", "left_out"),
}  # fmt: skip
MAKERS = {  # kinds of generators that these files make again
    "nonlinear": ("exp", "root", "ind", "zero", "log", "erf", "sin", "cos", "opaque"),
    "maxima":    ("max", "greatest"),
    "matrices":  ("sf", "inv", "det"),
}  # fmt: skip
FILE_OF = {name: file for file, names in FILES.items() for name in names}
MAKER_OF = {kind: file for file, kinds in MAKERS.items() for kind in kinds}
