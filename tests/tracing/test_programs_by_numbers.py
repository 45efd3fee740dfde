"""Random programs of views, masks and changes in place: the trace against NumPy, statement by statement the same source.

What is shared and what is a copy shows in the numbers: every array that is alive at the end is compared.
"""

import random

import numpy as np
import pytest

from numeric.tracing import Stopped, read_arguments
from numeric.tracing.arguments import symbols
from numeric.tracing.numbers import Numbers
from numeric.tracing.run import trace_function

DIMS = {"N": 2, "D": 3}
SHAPES = {"x": ("N", "D"), "y": ("N", "D"), "c": ("N", 1), "v": ("D",), "s": (), "six": ("N", 6)}
PROGRAMS, STATEMENTS = 120, 9

# statements; {a}, {b} are arrays of shape (N, D), {t} of (D, N), {six} of (N, 6), {new} is a new name
ROWS = (
    "{new} = {a} + {b}", "{new} = {a} * v - c", "{new} = {a}.copy()", "{new} = {a}", "{new} = {a}[:]", "{new} = {t}.T",
    "{new} = {a}.reshape({a}.shape)", "{new} = np.where({a} > {b}, {a}, {b} * s)", "{new} = np.array({a}, copy=True)",
    "{new} = {a}.reshape(-1).reshape({b}.shape)", "{new} = np.maximum({a}, 0)", "{new} = {a}[...]", "{new} = np.ones({a}.shape)",
    "{new} = {a} / (1 + {b} ** 2)", "{new} = {a}.T.copy().T", "{new} = np.asarray({a})", "{new} = {a}[:, :]",
)  # fmt: skip
TURNED = ("{new} = {a}.T", "{new} = {t}.copy()", "{new} = np.transpose({a})", "{new} = {t} * 2")
SIXES = ("{new} = {six}.copy()", "{new} = {six}", "{new} = {six}[:, ::-1]", "{new} = {six} * c", "{new} = {six}.T.T")
CHANGES = (
    "{a} += {b}", "{a} -= v", "{a} *= 2", "{a} /= 4", "{a}[{a} > 0] = 1", "{a}[{b} < 0] *= 3", "{a}[0] = v", "{a}[0] += 1",
    "{a}[:, 0] = 0", "{a}[:, 0] += c[:, 0]", "{a}[...] = {b}", "{a}[:] = 1", "{t} += 1", "{t}[{t} < 0] = 0", "{t}[0] *= 2",
    "np.add({a}, {b}, out={a})", "np.exp(-np.abs({a}), out={b})", "{a}[{b} > 0] = {b}[{b} > 0] + 1", "{six}[:, 1:3] = 7",
    "{six}[:, 4] += {six}[:, 0]", "{six}[:, ::2] *= 2", "{six}[:, :3] = {a}[:, :1]", "{six}.reshape(-1, 2, 3)[:, 1] -= 5",
    "{six}[{six} > 2] = 0", "{six}[:, [0, 5]] = 1", "{a}.fill(2)", "{a}.reshape(-1)[...] = 3", "{six}[0, 1:] = 4",
)  # fmt: skip


def program(seed):
    """Source of a function that returns all its arrays, flat, in one list."""
    rng = random.Random(seed)
    names = {"a": ["x", "y"], "t": ["turned"], "six": ["six"]}
    lines = ["turned = np.zeros(x.shape).T"]
    for k in range(STATEMENTS):
        kind, rows = rng.choice([("a", ROWS), ("a", ROWS), ("t", TURNED), ("six", SIXES), ("", CHANGES), ("", CHANGES)])
        chosen = {"a": rng.choice(names["a"]), "b": rng.choice(names["a"]), "t": rng.choice(names["t"]),
                  "six": rng.choice(names["six"]), "new": f"z{k}"}  # fmt: skip
        lines.append(rng.choice(rows).format(**chosen))
        if kind:
            names[kind].append(f"z{k}")
    every = dict.fromkeys(names["a"] + names["t"] + names["six"])
    body = "\n    ".join([*lines, f"return np.concatenate([u.reshape(-1) for u in ({', '.join(every)},)])"])
    return f"def f(x, y, c, v, s, six):\n    {body}\n"


def function(source):
    space = {"np": np, "__name__": "programs"}
    exec(source, space)
    return space["f"]


def by_numpy(f, given):
    copies = {name: np.array(value) if isinstance(value, np.ndarray) else value for name, value in given.items()}
    with np.errstate(all="ignore"):
        return f(**copies)


def by_trace(f, given):
    arguments = read_arguments(SHAPES, {}, {})
    made = symbols(arguments, frozenset({2, 3, 6}), DIMS)
    found = trace_function(f, made)
    if isinstance(found, Stopped):
        return found
    arrays = {}
    for name, g in made.grids.items():
        for at in np.ndindex(g.cells.shape):
            arrays[g.cells[at].name] = np.asarray(given[name]).reshape(g.cells.shape)[at]
    return Numbers({}, arrays).grid(found)


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_a_program_gives_what_numpy_gives(seed):
    source = program(seed)
    f = function(source)
    rng = np.random.default_rng(seed)
    given = {n: rng.standard_normal([DIMS.get(s, s) for s in shape]) for n, shape in SHAPES.items()}
    given["s"] = float(given["s"])
    found = by_trace(f, given)
    if isinstance(found, Stopped):
        assert "may or may not be shared" in found.reason, f"{found.reason}\n{source}"
        return
    np.testing.assert_allclose(found, by_numpy(f, given), rtol=1e-12, atol=1e-12, err_msg=source)

