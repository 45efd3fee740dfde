"""What counts as one direction when cut points are guessed by values."""

import pytest

from derive.arrays.matching import _parallel

A, B, ZERO, NONE = (1.0, 0.5), (1.0, -0.5), (0.0, 0.0), ()
PAIRS = [
    ((A, B), (A, B), True),
    ((A, B), (A, A), False),
    ((A, NONE), (A, B), True),              # saturated at one point
    ((NONE, B), (A, B), True),
    ((NONE, NONE), (A, B), False),          # nothing is known
    ((A, NONE), (NONE, B), False),
    ((A, ZERO), (A, B), False),             # dA and dZ = dA * mask, where the mask is zero
    ((A, ZERO), (A, ZERO), True),
    ((ZERO, ZERO), (ZERO, ZERO), False),    # always zero: any factor would do
]  # fmt: skip


@pytest.mark.parametrize(("mine", "other", "expected"), PAIRS)
def test_parallel(mine, other, expected):
    assert _parallel(mine, other) is expected
