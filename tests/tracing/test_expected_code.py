"""The NumPy code that a report gives for a gradient runs in the caller's names, and gives the derivative."""

import re

import numpy as np
import pytest
from corpus import ENTRIES

from derive.arrays.numpy_text import numpy_text
from derive.kernel.elementary import number
from derive.kernel.index import Entry, Greatest, Index, Largest
from numeric.tracing.arguments import GIVEN, named_leaves, read_arguments
from numeric.tracing.assumptions import Assumptions
from numeric.tracing.derivation import lines_for, named_results
from numeric.tracing.details import formula
from numeric.tracing.numbers import Numbers, gradient
from numeric.tracing.problem import Problem
from numeric.tracing.reproduction import points, sizes_of
from numeric.tracing.run import Stopped, trace

CODED = [entry for entry in ENTRIES if not entry.needs and not entry.advice]


def traced_of(entry):
    arguments = read_arguments(entry.shapes, entry.labels, entry.passed)
    parts = tuple(named_leaves(arguments, entry.wrt))
    return trace(Problem(*entry.functions(), arguments, parts, entry.style == "backward"))


def point_for(traced, entry):
    for point in points(traced, Assumptions(tuple(entry.assume)), sizes_of(traced.dimensions, 0, traced.asked), 1):
        if np.isfinite(Numbers(point.dims, point.declared).of(traced.loss)).all():
            return point
    raise AssertionError("no point")


def namespace(traced, point):
    """Everything that the code may speak of: sizes, arguments, what arrives, and what the forward function named."""
    numbers = Numbers(point.dims, point.declared)
    sizes = {name.removeprefix(GIVEN): n for name, n in point.dims.items() if not name.startswith(GIVEN)}
    named = {n.name: numbers.grid(n.grid) for n in named_results(traced)}
    douts = dict(zip(traced.douts, point.douts, strict=True))
    helpers = {"np": np, "sigmoid": lambda u: 1 / (1 + np.exp(-u)), "erf": np.vectorize(__import__("math").erf)}
    lists = {}
    for leaf in traced.symbols.arguments.leaves:
        argument, _, rest = leaf.name.partition("[")
        if rest:
            lists.setdefault(argument, {})[int(rest.rstrip("]"))] = point.leaves[leaf.name]
    return {**helpers, **sizes, **named, **douts, **lists, **point.leaves}


def value_of(code, space):
    """The last line assigns the gradient, or a part of it."""
    space = dict(space)
    for line in code.splitlines():
        left, _, right = line.partition(" = ")
        name = re.match(r"\w+", left)[0]
        if left != name:  # a slice, or a place in a list: what stands there alone is looked at
            space["_part"] = eval(right, space)
            left = "_part"
        else:
            space[left] = eval(right, space)
    return np.asarray(space[left])


@pytest.mark.parametrize("entry", CODED, ids=lambda e: e.name)
def test_the_expected_code_gives_the_derivative(entry):
    traced = traced_of(entry)
    if isinstance(traced, Stopped):
        pytest.skip("not traced")
    point = point_for(traced, entry)
    space = namespace(traced, point)
    for name in [name for name, g in traced.gradients.items() if g is not None]:
        cell = traced.symbols.grids[name].cells.ravel()[0]
        found = formula(traced, cell)
        if found is not None and found.numpy:
            true = gradient(traced.loss, point, cell.name)
            with np.errstate(all="ignore"):
                ours = value_of(found.numpy, space)
            if cell.name == name:
                assert ours.shape == np.shape(point.leaves[name]), found.numpy
            np.testing.assert_allclose(ours.reshape(true.shape), true, rtol=1e-6, atol=1e-9, err_msg=found.numpy)


def test_most_gradients_have_code():
    found = total = 0
    for entry in CODED:
        traced = traced_of(entry)
        if isinstance(traced, Stopped):
            continue
        for name, g in traced.gradients.items():
            if g is not None:
                total += 1
                made = formula(traced, traced.symbols.grids[name].cells.ravel()[0])
                found += bool(made and made.numpy)
    assert found >= 0.9 * total, (found, total)


def test_lines_are_those_of_the_code():
    entry = next(e for e in CODED if e.name.startswith("batch"))
    traced = traced_of(entry)
    assert lines_for(traced, traced.symbols.grids["x"].cells[()])


I, J = Index("i", "n"), Index("j", "m")
X, B, C = Entry("x", (I, J)), Entry("b", (J,)), Entry("c", (I,))


@pytest.mark.parametrize("terms", [(X, X), (X, B), (B, X, C), (C, B), (B, number(2)), (X, Largest(J, X))], ids=str)
def test_the_larger_of_arrays_of_any_axes(terms):
    x, b, c = np.arange(6.0).reshape(2, 3) % 4, np.array([1.0, 3.0, 2.0]), np.array([2.0, 5.0])
    space = {"np": np, "x": x, "b": b, "c": c, "n": 2, "m": 3}
    whole = {X: x, B: b[None, :], C: c[:, None], Largest(J, X): x.max(axis=1)[:, None], number(2): np.array(2.0)}
    expected = np.max([np.broadcast_to(whole[t], (2, 3)) for t in terms], axis=0)
    np.testing.assert_array_equal(eval(numpy_text(Greatest(terms), (I, J)), space), expected)
