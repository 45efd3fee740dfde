"""What means something else while code is traced, and that it means the same again afterwards."""

import functools
import math
import sys
import threading
import types

import numpy as np
import pytest
from numpy import sqrt as root
from numpy import zeros

from derive import Refuted
from numeric import prove_backward, prove_gradient

xp = np
SHAPES = {"x": ("N", "D")}


def forward(x):
    return x * x, x


def plain(dout, x):
    out = np.zeros(x.shape)
    out += 2 * x * dout
    return out


def by_another_name(dout, x):
    return xp.zeros((len(x), x.shape[1])) + 2 * x * dout


def imported_by_name(dout, x):
    return zeros(x.shape) + 2 * x * dout


def helper(shape):
    return np.ones(shape)


def by_a_helper(dout, x):
    return helper(x.shape) * 2 * x * dout


def enclosing():
    make = np.zeros
    numpy = np

    def backward(dout, x):
        return make(x.shape) + numpy.ones(x.shape) * 2 * x * dout

    return backward


class Layer:
    factor = 2

    @staticmethod
    def ones(x):
        return np.ones(x.shape)

    @property
    def doubled(self):
        return np.full((1, 1), self.factor)

    def backward(self, dout, x):
        return self.ones(x) * self.doubled * x * dout


def by_an_object(dout, x, layer):
    return layer.backward(dout, x)


def recursive(dout, x, depth=3):
    return recursive(dout, x, depth - 1) if depth else np.zeros(x.shape) + 2 * x * dout


def inner_function(dout, x):
    def twice(a):
        return np.zeros(a.shape) + 2 * a

    return twice(x) * dout


def by_comprehension(dout, x):
    return sum([np.zeros(x.shape) for _ in range(2)]) + 2 * x * dout


def decorated(function):
    @functools.wraps(function)
    def wrapper(*given, **options):
        return function(*given, **options)

    return wrapper


@decorated
def by_decorator(dout, x):
    return np.zeros(x.shape) + 2 * x * dout


def size_of_math(dout, x):
    return 2 * x * dout * math.sqrt(x.shape[1]) / root(x.shape[1])


helpers = types.ModuleType("helpers")
exec("import numpy as np\ndef twice(x):\n    return np.zeros(x.shape) + 2 * x\n", helpers.__dict__)


def by_a_module(dout, x):
    return helpers.twice(x) * dout


FOLLOWED = [plain, by_another_name, imported_by_name, by_a_helper, enclosing(), recursive, inner_function,
            by_comprehension, by_decorator, size_of_math, by_a_module,
            functools.partial(by_an_object, layer=Layer())]  # fmt: skip


def names():
    assert np.random  # NumPy loads it when it is asked for
    return {name: id(value) for name, value in [*globals().items(), *vars(np).items(), *vars(math).items(),
                                                *vars(helpers).items()]}  # fmt: skip


@pytest.mark.parametrize("backward", FOLLOWED, ids=lambda f: getattr(f, "__name__", "partial"))
def test_new_arrays_of_symbolic_size_are_followed(backward):
    before = names()
    assert prove_backward(forward, backward, shapes=SHAPES).holds
    assert names() == before


def raises(dout, x):
    np.zeros(x.shape)
    raise RuntimeError("on purpose")


def test_all_names_come_back_after_an_error():
    before, closed = names(), enclosing()
    contents = [cell.cell_contents for cell in closed.__closure__]
    assert isinstance(prove_backward(forward, raises, shapes=SHAPES)["x"], Refuted)
    assert prove_backward(forward, closed, shapes=SHAPES).holds
    assert names() == before
    assert "len" not in globals()
    assert all(a is b for a, b in zip(contents, (c.cell_contents for c in closed.__closure__), strict=True))


def test_numpy_itself_stays_as_it_is_while_tracing():
    """Compiled code looks names up in numpy: it must find numpy's own."""
    seen = []

    def backward(dout, x):
        seen.append((vars(sys.modules["numpy"])["empty"], np.empty))
        return 2 * x * dout

    original = np.empty
    assert prove_backward(forward, backward, shapes=SHAPES).holds
    assert seen[0][0] is original
    assert seen[0][1] is not original


def test_other_threads_get_numpy_s_own_arrays():
    kinds = []

    def found():
        kinds[:] = [(type(np.zeros(3)), type(np.sqrt(2)), len([1]))]

    def backward(dout, x):
        thread = threading.Thread(target=found)
        thread.start()
        thread.join()
        return 2 * x * dout

    assert prove_backward(forward, backward, shapes=SHAPES).holds
    assert kinds[0] == (np.ndarray, np.float64, 1)


def test_integers_stay_numpy_s_own():
    def backward(dout, x):
        order = np.zeros(2, dtype=int)
        assert type(order) is np.ndarray
        assert type(np.arange(3)) is np.ndarray
        return 2 * x * dout

    assert prove_backward(forward, backward, shapes=SHAPES).holds


def test_a_numpy_imported_inside_is_refused_not_misread():
    def backward(dout, x):
        import numpy

        return numpy.zeros(x.shape) + 2 * x * dout

    report = prove_backward(forward, backward, shapes=SHAPES)
    assert "is used as an integer" in report["x"].reason


def test_exact_numbers_stay_floats():
    def loss(x):
        assert isinstance(np.sqrt(2), float)
        assert np.pi == math.pi
        assert np.sqrt(np.array([4.0]))[0] == 2
        assert np.sqrt.nin == 1
        return np.sum(x * np.sqrt(2) * np.sqrt(8))

    assert prove_gradient(loss, lambda x: np.full(x.shape, 4.0), shapes={"x": ("N",)}).holds
