"""Wrong gradients that hide behind memory, state, types, exceptions and far values: none of them is proved.

What is wrong is so only for some sizes, some values, or after many calls; right code in the same style is proved.
"""

import contextlib
import functools
import itertools
import random
import time
import warnings

import numpy as np
import pytest

from derive import Proved
from numeric import prove_backward

SHAPES = {"x": ("N", "D")}


def square(x):
    return x * x, x



# --- memory: a view for some sizes, a copy for others -----------------------------------------------------------------


def scaled_by(change):
    def backward(dout, x):
        dx = 2 * x * dout
        change(dx)
        return dx

    return backward


def trebled(a):
    a *= 3


# dx changes where the result is a view: always, never, or where an axis has size 1
MEMORY = [
    lambda dx: trebled(dx.T.ravel()),
    lambda dx: trebled(np.ravel(dx.T)),
    lambda dx: trebled(dx.T.reshape(-1)),
    lambda dx: trebled(np.reshape(dx.swapaxes(0, 1), -1)),
    lambda dx: trebled(np.ascontiguousarray(dx.T)),
    lambda dx: trebled(np.asfortranarray(dx)),
    lambda dx: trebled(np.asarray(dx.T, order="C")),
    lambda dx: trebled(np.array(dx.T, copy=None, order="C")),
    lambda dx: trebled(np.require(dx.T, requirements="C")),
    lambda dx: trebled(dx.T.astype(float, copy=False, order="C")),
    lambda dx: trebled(dx[:, :1].ravel()),
    lambda dx: trebled(dx[:, 0:1].reshape(-1)),
    lambda dx: trebled(dx.T.ravel(order="K")),
    lambda dx: trebled(dx.ravel(order="A")),
    lambda dx: trebled(dx.reshape(-1)),
    lambda dx: trebled(dx[0]),
    lambda dx: trebled(dx[:, None]),
    lambda dx: trebled(dx.T),
    lambda dx: trebled(np.squeeze(dx)),
    lambda dx: trebled(np.atleast_2d(dx)),
    lambda dx: trebled(np.split(dx, 1)[0]),
    lambda dx: trebled(np.moveaxis(dx, 0, 1)),
]

# --- state: something else after many calls ---------------------------------------------------------------------------

calls = 0
seen: list[float] = []
numbers = itertools.count()
generator = np.random.default_rng(0)


def counted_globally(dout, x):
    global calls
    calls += 1
    return 2 * x * dout * (3 if calls > 1000 else 1)


def counted_in_a_list(dout, x):
    seen.append(0.0)
    return 2 * x * dout * (3 if len(seen) > 1000 else 1)


def counted_in_a_default(dout, x, kept=[0]):  # noqa: B006
    kept[0] += 1
    return 2 * x * dout * (3 if kept[0] > 1000 else 1)


def counted_by_length(dout, x, kept=[]):  # noqa: B006
    kept.append(None)
    return 2 * x * dout * (3 if len(kept) > 1000 else 1)


def counted_by_an_iterator(dout, x):
    return 2 * x * dout * (3 if next(numbers) > 1000 else 1)


def counted_in_an_attribute(dout, x):
    counted_in_an_attribute.n = getattr(counted_in_an_attribute, "n", 0) + 1
    return 2 * x * dout * (3 if counted_in_an_attribute.n > 1000 else 1)


def counted_in_a_closure():
    n = 0

    def backward(dout, x):
        nonlocal n
        n += 1
        return 2 * x * dout * (3 if n > 1000 else 1)

    return backward


class Layer:
    total = 0

    def __init__(self):
        self.n = 0

    def counted_in_its_class(self, dout, x):
        Layer.total += 1
        return 2 * x * dout * (3 if Layer.total > 1000 else 1)

    def __call__(self, dout, x):
        self.n += 1
        return 2 * x * dout * (3 if self.n > 1000 else 1)


def by_a_generator(dout, x):
    return 2 * x * dout * (3 if generator.random() > 0.999 else 1)


def by_random(dout, x):
    return 2 * x * dout * (3 if random.random() > 0.999 else 1)


def by_numpy_s_random(dout, x):
    return 2 * x * dout * (3 if np.random.rand() > 0.999 else 1)


def by_the_clock(dout, x):
    return 2 * x * dout * (3 if time.time() % 1000 > 999 else 1)


@functools.lru_cache(None)
def looked_up(n):
    return 3 if n == 17 else 1


def cached_by_size(dout, x):
    return 2 * x * dout * looked_up(x.shape[0])


STATE = [counted_globally, counted_in_a_list, counted_in_a_default, counted_by_length, counted_by_an_iterator,
         counted_in_an_attribute, counted_in_a_closure(), Layer().counted_in_its_class, Layer(), by_a_generator, by_random,
         by_numpy_s_random, by_the_clock, cached_by_size]  # fmt: skip

# --- values: something else where they are large ----------------------------------------------------------------------


def overflow_raises(dout, x):
    with np.errstate(over="raise"):
        try:
            np.exp(x)
        except FloatingPointError:
            return 6 * x * dout
    return 2 * x * dout


def overflow_warns(dout, x):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            np.exp(100 * x)
        except RuntimeWarning:
            return 6 * x * dout
    return 2 * x * dout


def warnings_counted(dout, x):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        np.exp(100 * x)
    return 2 * x * dout * (1 + 2 * len(found))


def read_by_memoryview(dout, x):
    first = 0.0
    with contextlib.suppress(TypeError):
        first = memoryview(x)[0, 0]
    return 2 * x * dout * (3 if first > 100 else 1)


def one_by_one(dout, x):
    return np.vectorize(lambda a, b: 6 * a * b if a > 100 else 2 * a * b)(x, dout)


def row_by_row(dout, x):
    return np.apply_along_axis(lambda r: 2 * r if r[0] < 100 else r, 1, x) * dout


def strided(dout, x):
    return 2 * np.lib.stride_tricks.as_strided(x, x.shape, x.strides) * dout


# the factor of the gradient: 1 nearly everywhere
FACTORS = [
    lambda x, dout: 3 if "1e+0" in str(x) else 1,
    lambda x, dout: 3 if f"{x.sum()}" == "12345.0" else 1,
    lambda x, dout: {100.5: 3}.get(x[0, 0], 1),
    lambda x, dout: 3 if x[0, 0] in {100.5} else 1,
    lambda x, dout: 1 + 2 * (np.abs(x).max() > 1000),
    lambda x, dout: np.where(np.abs(x) > 1000, 3, 1),
    lambda x, dout: 1 + 2 * np.any(x > 1000),
    lambda x, dout: 3 if np.allclose(x, 1000) else 1,
    lambda x, dout: 3 if x.tolist()[0][0] > 1000 else 1,
    lambda x, dout: 3 if x[0, 0].item() > 1000 else 1,
    lambda x, dout: 3 if float(x.sum()) > 1000 else 1,
    lambda x, dout: 3 if max(x[0]) > 1000 else 1,
    lambda x, dout: 3 if sorted(x[0])[0] > 1000 else 1,
    lambda x, dout: 3 if any(v > 1000 for v in x[0]) else 1,
    lambda x, dout: 1 + len(np.argwhere(x > 1000)),
    lambda x, dout: 1 + np.count_nonzero(x > 1000),
    lambda x, dout: np.sign(x + 1000.5),
    lambda x, dout: np.clip(dout, -1000, 1000) / dout,
    lambda x, dout: np.clip(x, -1000, 1000) / x,
    lambda x, dout: np.maximum(x, -1000) / x,
    lambda x, dout: 1 / np.maximum(1, np.linalg.norm(dout) / 1000),
    lambda x, dout: np.sqrt(x * x) / x,
    lambda x, dout: x / (x + 1e-12),
    lambda x, dout: 1 + 1e-9,
    lambda x, dout: (x.astype(np.float16) / x),
    lambda x, dout: (1 + x).astype(np.int64) / (1 + x),
    lambda x, dout: round(float(x.sum()) * 1e-9) + 1,
    lambda x, dout: 1 + np.argmax(x) // 1000,
]

VALUES = [overflow_raises, overflow_warns, warnings_counted, read_by_memoryview, one_by_one, row_by_row, strided]


@pytest.mark.parametrize("change", MEMORY, ids=range(len(MEMORY)))
def test_memory_that_may_be_shared(change):
    assert not isinstance(prove_backward(square, scaled_by(change), shapes=SHAPES)["x"], Proved)


@pytest.mark.parametrize("backward", STATE, ids=lambda f: getattr(f, "__name__", "callable"))
def test_what_changes_from_call_to_call(backward):
    report = prove_backward(square, backward, shapes=SHAPES)
    assert not isinstance(report["x"], Proved), report


@pytest.mark.parametrize("backward", VALUES, ids=lambda f: f.__name__)
def test_what_hangs_on_values(backward):
    assert not isinstance(prove_backward(square, backward, shapes=SHAPES)["x"], Proved)


@pytest.mark.parametrize("factor", FACTORS, ids=range(len(FACTORS)))
def test_factors_that_are_one_nearly_everywhere(factor):
    def backward(dout, x):
        return 2 * x * dout * factor(x, dout)

    assert not isinstance(prove_backward(square, backward, shapes=SHAPES)["x"], Proved)


# --- right code in the same style -------------------------------------------------------------------------------------

history: list[int] = []


class Net:
    def __init__(self):
        self.factor = 2.0

    def forward(self, x):
        self.x, self.n = x, x.shape[0]
        return x * x

    def backward(self, dout):
        return self.factor * self.x * dout * self.n / len(self.x)


def kept_in_a_list_that_nobody_counts(dout, x):
    history.append(1)
    return 2 * x * dout


def timed(dout, x):
    start = time.perf_counter()
    dx = 2 * x * dout
    print(time.perf_counter() - start)
    return dx


def quiet(dout, x):
    with np.errstate(divide="ignore", over="warn"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return 2 * x * dout


def read_through_a_transpose(dout, x):
    return (2 * x.T.ravel() * np.ascontiguousarray(dout.T).reshape(-1)).reshape(x.shape[::-1]).T


def written_through_a_transpose(dout, x):
    dx = np.zeros_like(x)
    through = dx.T
    through += 2 * x.T * dout.T
    return dx


def written_through_an_axis(dout, x):
    dx = np.zeros(x.shape)
    np.swapaxes(dx, 0, 1)[...] = 2 * (x * dout).T
    return dx


def into_out(dout, x):
    dx = np.empty_like(x)
    np.multiply(x, dout, out=dx)
    np.add(dx, dx, out=dx)
    return dx


def by_halves(dout, x):
    dx = np.zeros_like(x)
    np.multiply(2 * x, dout, out=dx, where=x > 0)
    np.multiply(2 * x, dout, out=dx, where=x <= 0)
    return dx


RIGHT = [kept_in_a_list_that_nobody_counts, timed, quiet, read_through_a_transpose, written_through_a_transpose,
         written_through_an_axis, into_out, by_halves]  # fmt: skip


@pytest.mark.parametrize("backward", RIGHT, ids=lambda f: f.__name__)
def test_right_code_in_the_same_style_is_proved(backward):
    report = prove_backward(square, backward, shapes=SHAPES)
    assert report.holds, report


def test_what_an_object_keeps_between_forward_and_backward_is_no_state():
    net = Net()
    assert prove_backward(net.forward, net.backward, shapes=SHAPES).holds
    assert vars(net) == {"factor": 2.0}


def test_the_reason_names_what_changes():
    assert "calls changes from call to call" in prove_backward(square, counted_globally, shapes=SHAPES)["x"].reason


# --- what methods keep in their object --------------------------------------------------------------------------------


class Counting:
    """Wrong from the fiftieth call on."""

    calls = 0

    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, dout):
        self.calls += 1
        return 2 * self.x * dout * (1 if self.calls < 50 else 2)


class Averaging:
    """A running mean changes from call to call, and no gradient hangs on it."""

    def __init__(self):
        self.running = np.zeros(3)

    def forward(self, x):
        self.x, self.mu = x, x.mean(axis=0)
        self.running = 0.9 * self.running + 0.1 * self.mu
        return (x - self.mu) ** 2

    def backward(self, dout):
        d = 2 * (self.x - self.mu) * dout
        return d - d.mean(axis=0)


def test_what_an_object_counts_is_seen():
    layer = Counting()
    report = prove_backward(layer.forward, layer.backward, shapes=SHAPES)
    assert not report.holds
    assert "Counting.calls changes from call to call" in report["x"].reason
    assert layer.calls == 0


def test_arrays_that_an_object_averages_do_no_harm():
    layer = Averaging()
    assert isinstance(prove_backward(layer.forward, layer.backward, shapes={"x": ("N", 3)})["x"], Proved)
    assert not layer.running.any()
