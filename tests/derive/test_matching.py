"""What counts as one direction when cut points are guessed by values."""

import pytest

from derive.arrays.matching import _parallel

A, B, NONE = (1.0, 0.5), (1.0, -0.5), ()
PAIRS = [
    ((A, B), (A, B), True),
    ((A, B), (A, A), False),
    ((A, NONE), (A, B), True),              # saturated at one point
    ((NONE, B), (A, B), True),
    ((NONE, NONE), (A, B), False),          # nothing is known
    ((A, NONE), (NONE, B), False),
]  # fmt: skip


@pytest.mark.parametrize(("mine", "other", "expected"), PAIRS)
def test_parallel(mine, other, expected):
    assert _parallel(mine, other) is expected
