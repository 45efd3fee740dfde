"""Code that does something else for one size: a gradient that is wrong for 17 rows is never proved.

Every function returns three times the gradient where N is 17, or beyond; what N is, it learns by another door.
"""

import contextlib
import math
import numbers
import operator
import sys

import numpy as np
import pytest

from derive import Proved, Refuted
from numeric import prove_backward

SHAPES = {"x": ("N", "D")}


def forward(x):
    return x * x, x


# what is asked of x, N or D                   true for some sizes only
ASKED = [
    lambda x, n: str(n) == "17",
    lambda x, n: f"{n}" == "17",
    lambda x, n: f"{n:03d}" == "017",
    lambda x, n: "{}".format(n) == "17",  # noqa: UP032
    lambda x, n: "%s" % n == "17",  # noqa: UP031
    lambda x, n: "%d" % n == "17",  # noqa: UP031
    lambda x, n: repr(x.shape) == "(17, 3)",
    lambda x, n: str(x.shape).startswith("(17"),
    lambda x, n: n.__str__() == "17",
    lambda x, n: isinstance(n, int) and n in (17,),
    lambda x, n: isinstance(n, numbers.Integral) and n == 17,
    lambda x, n: type(n) is int and n == 17,
    lambda x, n: n.bit_length() > 4,
    lambda x, n: n.to_bytes(2, "big")[1] == 17,
    lambda x, n: n & 16,
    lambda x, n: n >> 4,
    lambda x, n: n.__index__() == 17,
    lambda x, n: operator.index(n) == 17,
    lambda x, n: int(n) == 17,
    lambda x, n: float(n) == 17,
    lambda x, n: hash(n) == 17,
    lambda x, n: bool(n - 17) is False,
    lambda x, n: not n - 17,
    lambda x, n: n in {17},
    lambda x, n: n in [17, 18],
    lambda x, n: {17: 1}.get(n, 0),
    lambda x, n: {(17, 3): 1}.get(x.shape, 0),
    lambda x, n: x.shape == (17, 3),
    lambda x, n: x.shape > (17, 0),
    lambda x, n: [0] * 17 + [1] * 90 if n > 90 else ([0] * 17 + [1] * 90)[n],
    lambda x, n: 17 in range(n),
    lambda x, n: len(range(n)) > 17,
    lambda x, n: n % 17 == 0,
    lambda x, n: n // 17,
    lambda x, n: divmod(n, 17)[0],
    lambda x, n: min(n, 17) == 17,
    lambda x, n: max(n, 17) != 17,
    lambda x, n: round(n / 100),
    lambda x, n: math.sqrt(n) > 4,
    lambda x, n: math.floor(n / 17),
    lambda x, n: math.ceil(n / 17) - 1,
    lambda x, n: math.gcd(n, 17) == 17,
    lambda x, n: math.factorial(n) > 10**12,
    lambda x, n: np.log(n) > 2.8,
    lambda x, n: np.sign(n - 17.5) > 0,
    lambda x, n: abs(n - 17) == n - 17,
    lambda x, n: n == x.shape[1],
    lambda x, n: n < x.shape[1],
    lambda x, n: x.size > 170,
    lambda x, n: np.size(x) > 170,
    lambda x, n: np.prod(x.shape) > 170,
    lambda x, n: x.nbytes > 170 * 8,
    lambda x, n: x.strides[0] > 17 * 8,
    lambda x, n: sys.getsizeof(x) > 2000,
    lambda x, n: x.T.flags["C_CONTIGUOUS"],
    lambda x, n: x.T.flags.c_contiguous,
    lambda x, n: x.T.ravel().base is None,
    lambda x, n: x.__array_interface__["shape"][0] == 17,
    lambda x, n: (getattr(x, "__array_interface__", None) or {"shape": (0,)})["shape"][0] == 17,
    lambda x, n: np.shares_memory(x, x.T.ravel()),
    lambda x, n: np.array(n) > 17,
    lambda x, n: np.any(np.array(x.shape) > 17),
    lambda x, n: np.ones(x.shape).sum() > 170,
    lambda x, n: np.trace(np.eye(n)) > 17,
    lambda x, n: np.squeeze(x).ndim == 1,
    lambda x, n: x[:17].shape[0] == 17,
    lambda x, n: len(np.array_split(x, 2)[0]) > 9,
    lambda x, n: len(list(zip(range(30), x, strict=False))) > 17,
    lambda x, n: n == (17 if x.shape[1] else 0),
]  # fmt: skip


def matched(dout, x):
    match x.shape:
        case (17, _):
            factor = 3
        case _:
            factor = 1
    return 2 * x * dout * factor


def caught(dout, x):
    try:
        x.reshape(17, -1)
        return 6 * x * dout
    except Exception:
        return 2 * x * dout


def caught_by_nobody_in_particular(dout, x):
    try:
        x + np.zeros((17, 1))
        return 6 * x * dout
    except:  # noqa: E722
        return 2 * x * dout


def suppressed(dout, x):
    factor = 1
    with contextlib.suppress(Exception):
        x.reshape(17, -1)
        factor = 3
    return 2 * x * dout * factor


def refusal_caught(dout, x):
    try:
        n = int(x.shape[0] / 1)
    except Exception:
        n = 0
    return 2 * x * dout * (3 if n > 16 else 1)


def index_caught(dout, x):
    try:
        factor = ([1] * 17 + [3] * 90)[x.shape[0]]
    except Exception:
        factor = 1
    return 2 * x * dout * factor


def attribute_caught(dout, x):
    try:
        bits = x.shape[0].bit_length()
    except AttributeError:
        bits = 0
    return 2 * x * dout * (3 if bits > 4 else 1)


def thrown_by_numpy(dout, x):
    try:
        first = np.frombuffer(x)[0]
    except Exception:
        first = 0
    return 2 * x * dout * (3 if first > 100 else 1)


def finally_returned(dout, x):
    factor = 1
    try:
        x.reshape(17, -1)
        factor = 3
    finally:
        return 2 * x * dout * factor  # noqa: B012


def written_beyond(dout, x):
    dx = 2 * x * dout
    dx[17:] = 0
    return dx


CODE = [matched, caught, caught_by_nobody_in_particular, suppressed, refusal_caught, index_caught, attribute_caught,
        thrown_by_numpy, finally_returned, written_beyond]  # fmt: skip


@pytest.mark.parametrize("asked", ASKED, ids=range(len(ASKED)))
def test_what_is_asked_of_a_size_is_refused_or_refuted(asked):
    def backward(dout, x):
        return 2 * x * dout * (3 if asked(x, x.shape[0]) else 1)

    verdict = prove_backward(forward, backward, shapes=SHAPES)["x"]
    assert not isinstance(verdict, Proved), verdict


@pytest.mark.parametrize("backward", CODE, ids=lambda f: f.__name__)
def test_code_that_tells_sizes_apart_is_not_proved(backward):
    verdict = prove_backward(forward, backward, shapes=SHAPES)["x"]
    assert not isinstance(verdict, Proved), verdict


def right(dout, x):
    """What right code asks of sizes and types"""
    n = x.shape[0]
    one, number = 1, 1.0
    assert isinstance(n, int)
    assert type(n) is int
    assert type(one) is int
    assert isinstance(number, float)
    assert x.shape == dout.shape, f"{x.shape} {dout.shape}"
    assert type(x) is np.ndarray
    print(x.shape, f"n = {3}", n, x)
    mean = float((x * dout).sum()) / int(n) + float(n)
    try:
        extra = {"factor": 2}["no such key"]
    except KeyError:
        extra = 2
    try:
        if dout.ndim != x.ndim:
            raise ValueError(f"{dout.shape}")
    except ValueError:
        return None
    return extra * x * dout + 0 * mean


def test_right_code_may_ask_for_types_print_and_catch_its_own_errors(capsys):
    assert prove_backward(forward, right, shapes=SHAPES).holds
    assert "array of shape" not in capsys.readouterr().out


def test_names_of_python_mean_what_they_were_afterwards():
    assert prove_backward(forward, right, shapes=SHAPES).holds
    assert not {"int", "float", "type", "print", "len", "range"} & right.__globals__.keys()
    assert sys.gettrace() is None or "catching" not in repr(sys.gettrace())


def test_a_size_that_is_given_may_be_asked_for():
    def backward(dout, x):
        return 2 * x * dout * (3 if str(x.shape[0]) == "17" else 1)

    assert prove_backward(forward, backward, shapes={"x": (3, "D")}).holds
    assert isinstance(prove_backward(forward, backward, shapes={"x": (17, "D")})["x"], Refuted)
