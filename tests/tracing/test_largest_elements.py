"""A maximum over any axes: of all elements, of two axes, of windows, by loops and by reshape."""

from itertools import product

import numpy as np
import pytest

from derive import Proved, Refuted
from derive.arrays.indexing import Slice, select
from derive.arrays.operations import expand, largest, transpose
from derive.arrays.values import Declared
from derive.errors import ShapeError
from numeric import prove_backward
from numeric.tracing.elements import is_largest_of
from numeric.tracing.numbers import Numbers

ALL, IMAGES = ("m", "n", "p"), ("N", "C", 2, 4)


def over(*axes):
    """max over axes, and its backward by a mask"""

    def forward(x):
        return x.max(axis=axes or None), x

    def backward(dout, x):
        kept = tuple(slice(None) if k not in axes and axes else None for k in range(x.ndim))
        return np.asarray(dout)[kept] * (x == np.max(x, axis=axes or None, keepdims=True))

    return forward, backward


def windows(size, stride, axis=(2, 3), assign=False):
    """Maxima of windows in loops"""

    def places(x):
        steps = range((x.shape[2] - size) // stride + 1)
        return [(i, j, slice(stride * i, stride * i + size), slice(stride * j, stride * j + size))
                for i in steps for j in range((x.shape[3] - size) // stride + 1)]  # fmt: skip

    def forward(x):
        k, j = ((n - size) // stride + 1 for n in x.shape[2:])
        out = np.zeros((x.shape[0], x.shape[1], k, j))
        for i, j, rows, columns in places(x):
            out[:, :, i, j] = np.max(x[:, :, rows, columns], axis=(2, 3))
        return out, x

    def backward(dout, x):
        dx = np.zeros_like(x)
        for i, j, rows, columns in places(x):
            w = x[:, :, rows, columns]
            part = (w == np.max(w, axis=axis, keepdims=True)) * dout[:, :, i, j][:, :, None, None]
            if assign:
                dx[:, :, rows, columns] = part
            else:
                dx[:, :, rows, columns] += part
        return dx

    return forward, backward


def by_reshape(best=np.max, at=(3, 5)):
    """Maxima of windows of 2 by 2, as axes of their own"""

    def tiled(x):
        n, c, h, w = x.shape
        return x.reshape(n, c, h // 2, 2, w // 2, 2)

    def forward(x):
        return best(tiled(x), axis=(3, 5)), x

    def backward(dout, x):
        most = best(tiled(x), axis=at, keepdims=True)
        return ((tiled(x) == most) * dout[:, :, :, None, :, None]).reshape(x.shape)

    return forward, backward


def after_relu(pair, slope=np.greater):
    """max(0, x), and then maxima"""

    def forward(x):
        out, cache = pair[0](np.maximum(0, x))
        return out, (x, cache)

    def backward(dout, cache):
        return pair[1](dout, cache[1]) * slope(cache[0], 0)

    return forward, backward


def after(f, slope, pair):
    """A function that rises, and then maxima; its values are transcendental."""
    return lambda x: (pair[0](f(x))[0], x), lambda dout, x: pair[1](dout, f(x)) * slope(f(x))


def twice(pair):
    """A backward with a factor 2 too much"""
    return pair[0], lambda *given: 2 * pair[1](*given)


RIGHT = {
    "all elements": (over(), ALL), "two axes": (over(0, 2), ALL), "the last two": (over(1, 2), ALL),
    "one axis": (over(1), ALL), "windows": (windows(2, 2), IMAGES), "windows that overlap": (windows(2, 1), (1, 1, 3, 3)),
    "windows of 9": (windows(3, 1), ("N", 1, 3, 4)), "tiles": (by_reshape(), IMAGES), "least": (by_reshape(np.min), ("N", 1, 2, 4)),
    "relu, all": (after_relu(over()), ALL), "relu, two axes": (after_relu(over(0, 2)), ALL),
    "tanh, one axis": (after(np.tanh, lambda h: 1 - h**2, over(1)), ALL), "exp, all": (after(np.exp, lambda h: h, over()), ALL),
    "relu, windows that overlap": (after_relu(windows(2, 1)), (1, 1, 3, 3)), "relu, tiles": (after_relu(by_reshape()), IMAGES),
}  # fmt: skip
SHARED = {  # equal elements on an open set, or at some sizes: not proved
    "a norm": lambda x, c: np.sqrt(x * x) + x + c, "a root of a sum": lambda x, c: x.sum(axis=1) + np.linalg.norm(x, axis=1) + c,
    "centred": lambda x, c: (x - x.mean(axis=1, keepdims=True)) + c, "a variance": lambda x, c: x.var(axis=1) + c,
}  # fmt: skip
WRONG = {
    "all elements, twice": (twice(over()), ALL), "two axes, twice": (twice(over(1, 2)), ALL),
    "one axis for two": ((over(1, 2)[0], lambda dout, x: dout[:, None, None] * (x == x.max(axis=1, keepdims=True))), ALL),
    "all for two": ((over(1, 2)[0], lambda dout, x: dout[:, None, None] * (x == x.max())), ALL),
    "windows, twice": (twice(windows(2, 2)), IMAGES), "rows of windows": (windows(2, 2, axis=(2,)), IMAGES),
    "overlap forgotten": (windows(2, 1, assign=True), (1, 1, 3, 3)), "tiles, twice": (twice(by_reshape()), IMAGES),
    "columns of tiles": (by_reshape(at=(5,)), IMAGES),
    "relu forgotten": (after_relu(over(1), lambda x, _: x == x), ALL), "relu, tiles, twice": (after_relu(twice(by_reshape())), IMAGES),
    "tanh forgotten": (after(np.tanh, lambda h: 1 - h, over(1)), ALL),
    "relu turned": (after_relu(by_reshape(), np.less), IMAGES),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_maxima_are_proved(name):
    (forward, backward), shape = RIGHT[name]
    part = prove_backward(forward, backward, shapes={"x": shape}).part("x")
    assert isinstance(part.verdict, Proved), part
    assert "attained twice" in part.verdict.except_on


@pytest.mark.parametrize("name", WRONG)
def test_faults_in_maxima_are_refuted(name):
    (forward, backward), shape = WRONG[name]
    assert isinstance(prove_backward(forward, backward, shapes={"x": shape}).part("x").verdict, Refuted)


@pytest.mark.parametrize("name", SHARED)
def test_elements_that_are_equal_too_often(name):
    def backward(dout, x, c):
        z = SHARED[name](x, c)
        return dout * np.sum(z == z.max())

    report = prove_backward(lambda x, c: SHARED[name](x, c).max(), backward, {"x": ("N", "D"), "c": ()}, wrt="c")
    assert not isinstance(report["c"], Proved)


def picked(x, b):
    """The largest of max(0, x) + b, by its place"""
    z = np.maximum(0, x) + b
    return z[np.arange(x.shape[0]), z.argmax(axis=1)], (x, z)


def first_largest(dout, cache):
    x, z = cache
    hot = np.zeros_like(x)
    hot[np.arange(x.shape[0]), z.argmax(axis=1)] = dout
    return hot * (x > 0), hot.sum()


def every_largest(dout, cache):
    x, z = cache
    hot = dout[:, None] * (z == z.max(axis=1, keepdims=True))
    return hot * (x > 0), hot.sum()


def test_where_argmax_has_a_choice_on_an_open_set():
    """All x < 0: each element is the largest, and the derivative in b is 1."""
    shapes = {"x": ("N", 3), "b": ()}
    right = prove_backward(picked, first_largest, shapes, wrt=["x", "b"])
    wrong = prove_backward(picked, every_largest, shapes, wrt=["x", "b"])
    assert isinstance(right["b"], Proved)
    assert "several elements are the largest" in wrong["b"].reason


def test_no_refutation_where_argmax_has_a_choice():
    right = prove_backward(lambda x, b: (picked(x, 0)[0] + b, picked(x, 0)[1]),
                           lambda dout, cache: (first_largest(dout, cache)[0], dout.sum()),
                           {"x": ("N", "D"), "b": ()}, wrt=["x", "b"])  # fmt: skip
    assert not isinstance(right["b"], Refuted)


ANOTHER_ROW = {  # none of them compares an element with the largest of its own row
    "the first row": (lambda z: z.max(axis=1)[0], ("N", "M")), "of the column's number": (lambda z: z.max(axis=1), ("N", "N")),
    "turned": (lambda z: z.T.max(axis=1)[:, None], ("N", "N")),
}  # fmt: skip


@pytest.mark.parametrize("name", ANOTHER_ROW)
def test_the_largest_of_another_row(name):
    """z == that is not z >= that; beside a large number this shows at rare points only."""
    best, shape = ANOTHER_ROW[name]

    def forward(x):
        z = x.copy()
        z[0] = z[0] + 20
        return np.sum(x * (z == best(z))), z

    assert not isinstance(prove_backward(forward, lambda dout, z: dout * (z >= best(z)), {"x": shape})["x"], Proved)


def test_what_is_taken_for_the_largest_is_nowhere_below():
    """Every maximum of views of z beside every view of z, by numbers."""
    z = Declared("z", (3, 3, 3))
    views = [z, transpose(z), select(z, (0,)), select(z, (Slice(None, None), 1)), select(z, (Slice(None, 2),)),
             expand(select(z, (0,)), 0), select(z, (Slice(None, None), Slice(1, None)))]  # fmt: skip
    maxima = [largest(v, axes, keep) for v in views for axes in ((0,), (1,), (0, 1), (1, 2))
              if max(axes) < len(v.shape) for keep in (False, True)]  # fmt: skip
    maxima += [select(m, (0,)) for m in maxima if m.shape] + [transpose(m) for m in maxima]
    draws = [Numbers({}, {"z": np.random.default_rng(seed).normal(size=(3, 3, 3))}) for seed in range(8)]
    taken = 0
    for most, a in product(maxima, views):
        try:
            found = is_largest_of(most, a)
            above = all(np.all(numbers.of(most) >= numbers.of(a)) for numbers in draws)
        except ShapeError:  # they do not broadcast
            continue
        assert above or not found, (most, a)
        taken += found
    assert taken > 20


def test_a_maximum_of_maxima():
    """One axis of the tiles after the other"""

    def tiled(x):
        return x.reshape(x.shape[0], 1, 2, 2, 2)

    def forward(x):
        return tiled(x).max(axis=2).max(axis=3), x

    def backward(dout, x):
        most = tiled(x).max(axis=2).max(axis=3)
        return ((tiled(x) == most[:, :, None, :, None]) * dout[:, :, None, :, None]).reshape(x.shape)

    assert isinstance(prove_backward(forward, backward, shapes={"x": ("N", 2, 4)})["x"], Proved)


def test_no_time_at_all():
    report = prove_backward(lambda x, w: (x * w, (x, w)), lambda dout, c: (dout * c[1], dout * c[0]),
                            {"x": ("N",), "w": ("N",)}, timeout=1e-9)  # fmt: skip
    assert {type(report[name]).__name__ for name in ("x", "w")} == {"Unknown"}


def test_a_tie_shared_by_a_window_is_no_subgradient():
    """Both get all of dout; each alone would be a subgradient."""
    (forward, backward), _ = RIGHT["windows"]
    assert prove_backward(forward, backward, shapes={"x": (1, 1, 2, 2)}).part("x").kink == "not a subgradient"
