"""Slices of axes of named size: x[:, 1:], x[:, :-1], dx[:, i:i + width] += d, x[-1].

Each pair is right, or wrong in a way that one shape may hide; right ones are proved for all sizes, wrong ones refuted.
"""

import numpy as np
import pytest

from derive import Proved, Refuted
from numeric import prove_backward

MATRIX, VECTOR = {"x": ("N", "T")}, {"x": ("T",)}


def exp_of_differences(x):
    return np.exp(x[:, 1:] - x[:, :-1]), x


def spread(dout, x):
    d = dout * np.exp(x[:, 1:] - x[:, :-1])
    dx = np.zeros_like(x)
    dx[:, 1:] += d
    dx[:, :-1] -= d
    return dx


def spread_the_wrong_way(dout, x):
    d = dout * np.exp(x[:, 1:] - x[:, :-1])
    dx = np.zeros_like(x)
    dx[:, :-1] += d
    dx[:, 1:] -= d
    return dx


def overwritten(dout, x):
    d = dout * np.exp(x[:, 1:] - x[:, :-1])
    dx = np.zeros_like(x)
    dx[:, 1:] = d
    dx[:, :-1] = -d
    return dx


def with_a_slice_too_early(dout, x):
    d = dout * np.exp(x[:, 1:] - x[:, :-1])
    dx = np.zeros((x.shape[0], d.shape[1] + 1))
    dx[:, :-1] += d
    dx[:, :-1] -= d
    return dx


def second_differences(x):
    return (x[:, 2:] - 2 * x[:, 1:-1] + x[:, :-2]) ** 2 / 2, x


def second_spread(dout, x):
    d = dout * (x[:, 2:] - 2 * x[:, 1:-1] + x[:, :-2])
    dx = np.zeros_like(x)
    for k, factor in enumerate((1, -2, 1)):
        dx[:, k : k + d.shape[1]] += factor * d
    return dx


def second_spread_without_a_factor(dout, x):
    d = dout * (x[:, 2:] - 2 * x[:, 1:-1] + x[:, :-2])
    dx = np.zeros_like(x)
    for k, factor in enumerate((1, -1, 1)):
        dx[:, k : k + d.shape[1]] += factor * d
    return dx


def by_diff(x):
    return np.diff(x) ** 2, x


def by_diff_spread(dout, x):
    d = 2 * dout * np.diff(x)
    dx = np.zeros(x.shape)
    dx[..., 1:] += d
    dx[..., :-1] -= d
    return dx


def by_diff_one_sided(dout, x):
    d = 2 * dout * np.diff(x)
    dx = np.zeros(x.shape)
    dx[..., 1:] += d
    return dx


def delayed(x):
    out = np.zeros_like(x)
    out[:, 1:] = x[:, :-1]
    return out


def advanced(dout):
    dx = np.zeros_like(dout)
    dx[:, :-1] = dout[:, 1:]
    return dx


def delayed_again(dout):
    return delayed(dout)


def tail_scaled(x):
    out = 2 * x
    out[1:] *= 3
    return out


def head_scaled(x):
    out = 2 * x
    out[:-1] *= 3
    return out


def tail_scaled_back(dout):
    return tail_scaled(dout)


def head_scaled_back(dout):
    return head_scaled(dout)


def last_state(x):
    return np.tanh(x[:, -1]), x


def put_last(dout, x):
    dx = np.zeros_like(x)
    dx[:, -1] = dout * (1 - np.tanh(x[:, -1]) ** 2)
    return dx


def put_last_but_one(dout, x):
    dx = np.zeros_like(x)
    dx[:, -2] = dout * (1 - np.tanh(x[:, -1]) ** 2)
    return dx


def put_first(dout, x):
    dx = np.zeros_like(x)
    dx[:, 0] = dout * (1 - np.tanh(x[:, 0]) ** 2)
    return dx


def put_third(dout, x):
    dx = np.zeros_like(x)
    dx[:, 3] = dout * (1 - np.tanh(x[:, -1]) ** 2)
    return dx


def beyond_five(x):
    return x[:, 5:].sum(axis=1), x


def put_beyond_five(dout, x):
    dx = np.zeros_like(x)
    dx[:, 5:] = dout[:, None]
    return dx


def put_beyond_four(dout, x):
    dx = np.zeros_like(x)
    dx[:, 4:] = dout[:, None]
    return dx


def products(x):
    return x[1:] * x[:-1], x


def crosswise(dout, x):
    dx = np.zeros(len(x))
    dx[1:] += dout * x[:-1]
    dx[:-1] += dout * x[1:]
    return dx


def straight(dout, x):
    dx = np.zeros(len(x))
    dx[1:] += dout * x[1:]
    dx[:-1] += dout * x[:-1]
    return dx


def mean_of_the_tail(x):
    return x[:, 1:].mean(axis=1), x


def put_mean(dout, x):
    dx = np.zeros_like(x)
    dx[:, 1:] = dout[:, None] / (x.shape[1] - 1)
    return dx


def put_mean_of_all(dout, x):
    dx = np.zeros_like(x)
    dx[:, 1:] = dout[:, None] / x.shape[1]
    return dx


def padded(x):
    p = np.pad(x, ((0, 0), (1, 1)))
    return p[:, :-2] + 3 * p[:, 2:], x


def unpadded(dout, x):
    dp = np.zeros((x.shape[0], x.shape[1] + 2))
    dp[:, :-2] += dout
    dp[:, 2:] += 3 * dout
    return dp[:, 1:-1]


def unpadded_otherwise(dout, x):
    dp = np.zeros((x.shape[0], x.shape[1] + 2))
    dp[:, :-2] += 3 * dout
    dp[:, 2:] += dout
    return dp[:, 1:-1]


def in_place_through_a_view(x):
    h = x.copy()
    tail = h[:, 1:]
    tail += x[:, :-1]
    return h * h, h


def back_through_a_view(dout, h):
    dx = 2 * h * dout
    head = dx[:, :-1]
    head += 2 * h[:, 1:] * dout[:, 1:]
    return dx


def back_through_the_same_array(dout, h):
    """dx[:, 1:] has changed before it is added"""
    dx = 2 * h * dout
    tail = dx[:, 1:]
    tail += dx[:, :-1]
    return dx


def with_the_mirrored(x):
    return np.exp(x[:, ::-1]) * x, x


def mirrored_back(dout, x):
    e = np.exp(x[:, ::-1])
    return dout * e + (dout * x * e)[:, ::-1]


def not_mirrored_back(dout, x):
    e = np.exp(x[:, ::-1])
    return dout * e + dout * x * e


# forward, shapes, right, wrong
PAIRS = [
    (exp_of_differences, MATRIX, [spread], [spread_the_wrong_way, overwritten, with_a_slice_too_early]),
    (second_differences, MATRIX, [second_spread], [second_spread_without_a_factor]),
    (by_diff, MATRIX, [by_diff_spread], [by_diff_one_sided]),
    (by_diff, VECTOR, [by_diff_spread], [by_diff_one_sided]),
    (delayed, MATRIX, [advanced], [delayed_again]),
    (tail_scaled, MATRIX, [tail_scaled_back], [head_scaled_back]),
    (last_state, MATRIX, [put_last], [put_last_but_one, put_first, put_third]),
    (products, VECTOR, [crosswise], [straight]),
    (mean_of_the_tail, MATRIX, [put_mean], [put_mean_of_all]),
    (padded, MATRIX, [unpadded], [unpadded_otherwise]),
    (in_place_through_a_view, MATRIX, [back_through_a_view], [back_through_the_same_array]),
    (with_the_mirrored, MATRIX, [mirrored_back], [not_mirrored_back]),
    (beyond_five, MATRIX, [put_beyond_five], []),
]
RIGHT = [(f, shapes, b) for f, shapes, right, _ in PAIRS for b in right]
WRONG = [(f, shapes, b) for f, shapes, _, wrong in PAIRS for b in wrong]


@pytest.mark.parametrize(("forward", "shapes", "backward"), RIGHT, ids=lambda p: getattr(p, "__name__", ""))
def test_right_slices_are_proved_for_all_sizes(forward, shapes, backward):
    report = prove_backward(forward, backward, shapes=shapes)
    assert report.holds, report
    assert not report.side_effects


@pytest.mark.parametrize(("forward", "shapes", "backward"), WRONG, ids=lambda p: getattr(p, "__name__", ""))
def test_wrong_slices_are_not_proved(forward, shapes, backward):
    report = prove_backward(forward, backward, shapes=shapes)
    assert not isinstance(report["x"], Proved), report
    if backward is not put_third:  # raises at small sizes
        assert isinstance(report["x"], Refuted), report


def test_a_fault_that_needs_more_positions_than_are_tried_is_not_proved():
    assert not prove_backward(beyond_five, put_beyond_four, shapes=MATRIX).holds


@pytest.mark.parametrize(
    ("forward", "backward", "least"),
    [(exp_of_differences, spread, 2), (second_differences, second_spread, 3), (beyond_five, put_beyond_five, 6)],
)
def test_the_verdict_says_how_large_a_dimension_has_to_be(forward, backward, least):
    assert f"T >= {least}" in str(prove_backward(forward, backward, shapes=MATRIX))


def bias_column(x, w):
    extended = np.hstack([np.ones((x.shape[0], 1)), x])
    return extended[:, 1:] @ w, extended


def test_a_column_of_ones_is_put_before_the_others():
    shapes = {"x": ("N", "D"), "w": ("D", "C")}
    right = prove_backward(bias_column, lambda dout, cache: cache[:, 1:].T @ dout, shapes=shapes, wrt=["w"])
    assert right.holds, right
    wrong = prove_backward(bias_column, lambda dout, cache: cache[:, :-1].T @ dout, shapes=shapes, wrt=["w"])
    assert isinstance(wrong["w"], Refuted), wrong


def total_variation(x):
    return np.sum((x[1:] - x[:-1]) ** 2) + np.sum((x[:, 1:] - x[:, :-1]) ** 2), x


def total_variation_back(dout, x):
    dx = np.zeros_like(x)
    a, b = 2 * (x[1:] - x[:-1]), 2 * (x[:, 1:] - x[:, :-1])
    dx[1:] += a
    dx[:-1] -= a
    dx[:, 1:] += b
    dx[:, :-1] -= b
    return dx * dout


def test_stretches_of_two_axes():
    assert prove_backward(total_variation, total_variation_back, shapes={"x": ("H", "W")}).holds


def filtered(x, k):
    h, w = x.shape[0] - 2, x.shape[1] - 2
    out = np.zeros((h, w))
    for i in range(3):
        for j in range(3):
            out += k[i, j] * x[i : i + h, j : j + w]
    return out, (x, k)


def filtered_back(dout, cache):
    x, k = cache
    h, w = dout.shape
    dx, dk = np.zeros_like(x), np.zeros_like(k)
    for i in range(3):
        for j in range(3):
            dx[i : i + h, j : j + w] += k[i, j] * dout
            dk[i, j] = np.sum(x[i : i + h, j : j + w] * dout)
    return dx, dk


def turned(dout, cache):
    x, k = cache
    return filtered_back(dout, (x, k[::-1, ::-1]))


def test_a_convolution_of_any_size_with_a_kernel_of_given_size():
    shapes = {"x": ("H", "W"), "k": (3, 3)}
    assert prove_backward(filtered, filtered_back, shapes=shapes).holds
    assert isinstance(prove_backward(filtered, turned, shapes=shapes)["x"], Refuted)


def test_where_no_proof_is_found_an_integer_is_asked_for():
    def parts(x):
        return x[:1].sum() + x[1:].sum(), x

    found = prove_backward(parts, lambda dout, x: dout * np.ones_like(x), shapes=VECTOR)
    assert "give T as an integer" in found["x"].reason
    assert prove_backward(parts, lambda dout, x: dout * np.ones_like(x), shapes={"x": (4,)}).holds
