"""What is not followed: Unknown, naming what it was, and the line.  Never a verdict."""

import inspect

import numpy as np
import pytest

from derive import Unknown
from numeric import prove_backward

SHAPES = {"x": ("N", "D")}


def forward(x):
    return x * x, x


def branch_on_values(dout, x):
    if (x > 0).all():  # here
        return 2 * x * dout
    return dout * 2 * x


def branch_on_an_element(dout, x):
    return 2 * x * dout if x[0, 0] > 1 else 2 * x * dout  # here


def while_norm(dout, x):
    while np.linalg.norm(dout) > 1e9:  # here
        dout = dout / 2
    return 2 * x * dout


def asserted_value(dout, x):
    assert np.allclose(x, x)  # here
    return 2 * x * dout


def maximum_of_two(dout, x):
    return 2 * x * max(dout.sum(), x.sum())  # here


def float_of_an_array(dout, x):
    return 2 * x * dout * float(x)  # here


def loop_over_rows(dout, x):
    out = np.zeros(x.shape)
    for i in range(x.shape[0]):  # here
        out[i] = 2 * x[i] * dout[i]
    return out


def column_of_positions(dout, x):
    return 2 * x * dout * (np.arange(x.shape[0])[:, None] >= 0)  # here


def loop_over_the_array(dout, x):
    return np.array([2 * a * b for a, b in zip(x, dout)])  # noqa: B905  # here


def many_samples(dout, x):
    if x.shape[0] > 100:  # here
        return dout
    return 2 * x * dout


def even_width(dout, x):
    half = x.shape[1] // 2  # here
    return 2 * x * dout + 0 * half


def sliced(dout, x):
    return 2 * x * dout + 0 * np.sum(x[::2])  # here


def two_rows(dout, x):
    return 2 * x * dout + 0 * x[1:3].sum()  # here


def picked_by_mask(dout, x):
    return 2 * x * dout + 0 * x[x > 0].mean()  # here


def positions(dout, x):
    rows, columns = np.where(x > 0)  # here
    dout[rows, columns] *= 2
    return dout * x


def sorted_values(dout, x):
    return 2 * x * dout + 0 * np.sort(x)  # here


def least_squares(dout, x):
    return 2 * x * dout + 0 * np.linalg.lstsq(x, dout)[0]  # here


def rounded(dout, x):
    return 2 * x * dout + 0 * np.round(x)  # here


def arctan(dout, x):
    return 2 * x * dout + 0 * np.arctan(x)  # here


def remainder(dout, x):
    return 2 * x * dout + 0 * (x % 2)  # here


def random_mask(dout, x):
    mask = np.random.rand(*x.shape) < 0.5  # here
    return 2 * x * dout * mask


def generator(dout, x):
    rng = np.random.default_rng(0)  # here
    return 2 * x * dout + 0 * rng.normal()


def infinity(dout, x):
    return np.where(x > 0, 2 * x * dout, -np.inf)  # here


def truncated(dout, x):
    return 2 * x * dout + 0 * x.astype(int)  # here


def integers_in_place(dout, x):
    count = (x > 0).astype(int)
    count += 0.5 * x  # here
    return 2 * x * dout


def unset(dout, x):
    out = np.empty(x.shape)
    out[0] = 0
    return out


def swallowed(dout, x):
    try:
        if x.sum() > 0:  # here
            return dout
    except Exception:
        pass
    return 2 * x * dout


def into_a_list_of_numbers(dout, x):
    out = [0.0]
    out[0] = x[0, 0]
    return 2 * x * dout + 0 * np.sum(out)  # here


def pseudo_inverse(dout, x):
    return 2 * x * dout + 0 * np.linalg.pinv(x).T  # here


def unknown_method(dout, x):
    return 2 * x * dout + 0 * x.tolist()[0][0]  # here


def printed(dout, x):
    return 2 * x * dout + 0 * int(x[0, 0])  # here


def diagonal_off_the_middle(dout, x):
    return 2 * x * dout + 0 * np.diag(x, 1)  # here


# what                        what the reason says
REFUSED = [
    (branch_on_values, "control flow on the values"),
    (branch_on_an_element, "control flow on the values"),
    (while_norm, "control flow on the values"),
    (asserted_value, "np.allclose"),
    (maximum_of_two, "control flow on the values"),
    (float_of_an_array, "float() of an array"),
    (loop_over_rows, "give N as an integer"),
    (loop_over_the_array, "give N as an integer"),
    (column_of_positions, "np.arange(N)[...]"),
    (many_samples, "whether N > 100"),
    (even_width, "D // 2"),
    (sliced, "the slice [::2] of an axis of size N"),
    (two_rows, "the slice [1:3] of an axis of size N"),
    (picked_by_mask, "mean of x[mask]"),
    (positions, "np.where(condition) alone"),
    (sorted_values, "np.sort"),
    (least_squares, "np.linalg.lstsq"),
    (rounded, "np.round"),
    (arctan, "np.arctan"),
    (remainder, "np.remainder"),
    (random_mask, "random"),
    (generator, "random"),
    (infinity, "-inf as a number"),
    (truncated, "astype(int64)"),
    (integers_in_place, "floats written into an array of int64"),
    (unset, "np.empty"),
    (swallowed, "control flow on the values"),
    (into_a_list_of_numbers, "wants numbers"),
    (pseudo_inverse, "np.linalg.pinv"),
    (unknown_method, "ndarray.tolist"),
    (printed, "int() of an array"),
    (diagonal_off_the_middle, "np.diag with an offset"),
]


def marked_line(function):
    """The number of the line that says `# here`; None where there is none."""
    lines, start = inspect.getsourcelines(function)
    return next((start + k for k, line in enumerate(lines) if line.rstrip().endswith("# here")), None)


@pytest.mark.parametrize(("backward", "reason"), REFUSED, ids=lambda v: getattr(v, "__name__", ""))
def test_it_is_unknown_with_the_reason_and_the_line(backward, reason):
    report = prove_backward(forward, backward, shapes=SHAPES)
    verdict = report["x"]
    assert isinstance(verdict, Unknown), report
    assert reason in verdict.reason
    line = marked_line(backward)
    if line is not None:
        place = report.part("x").place
        assert (place.line, place.function) == (line, backward.__name__)
        assert f":{line}, in {backward.__name__}" in verdict.reason


def test_a_loop_over_rows_is_proved_where_their_number_is_given():
    assert prove_backward(forward, loop_over_rows, shapes={"x": (3, "D")}).holds


def test_what_is_refused_in_the_forward_function_is_too():
    report = prove_backward(lambda x: (np.sort(x), x), lambda dout, x: dout, shapes=SHAPES)
    assert "np.sort" in report["x"].reason


def test_a_forward_function_that_raises_is_no_refutation():
    report = prove_backward(lambda x: (x @ x, x), lambda dout, x: dout, shapes=SHAPES)
    assert isinstance(report["x"], Unknown)
    assert "the forward function raises ValueError" in report["x"].reason
