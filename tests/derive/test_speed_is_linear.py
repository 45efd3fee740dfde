"""The cost of a derivation grows linearly with depth: a fixed number of steps, of fixed size, for each layer.

Nothing is timed: steps, nodes and entries are counted.
"""

from itertools import pairwise

import pytest
from by_entries import compare_entries, small_sizes

from derive import backprop, mlp

DEPTHS = (2, 3, 4, 9, 17, 33)
OPTIONS = {
    "tanh, cross-entropy": {},
    "relu, softmax, l2": {"hidden": "relu", "output": "softmax", "l2": "lambda"},
    "w^T x, one sample": {"weights": "columns", "samples": 1, "loss": "generic"},
    "generic": {"hidden": "g", "output": "g", "loss": "squared_error"},
}
PER_LAYER = {"tanh, cross-entropy": 12, "relu, softmax, l2": 16, "w^T x, one sample": 9, "generic": 12}


def derivation(depth, options):
    return backprop(mlp([f"n{i}" for i in range(depth + 1)], **options))


def size(expr):
    """The nodes of a formula, written out as a tree."""
    return 1 + sum(map(size, expr.args))


@pytest.mark.parametrize("name", OPTIONS)
def test_each_layer_costs_the_same_number_of_steps(name):
    steps = {depth: len(derivation(depth, OPTIONS[name]).steps) for depth in DEPTHS}
    assert {(steps[d] - steps[2]) / (d - 2) for d in DEPTHS[1:]} == {steps[3] - steps[2]}
    assert steps[3] - steps[2] <= PER_LAYER[name] + 4


@pytest.mark.parametrize("name", OPTIONS)
def test_each_layer_has_four_equations(name):
    assert [len(derivation(depth, OPTIONS[name]).equations) for depth in DEPTHS] == [4 * depth for depth in DEPTHS]


@pytest.mark.parametrize("name", OPTIONS)
def test_formulas_do_not_grow_with_depth(name):
    """One gradient for each named intermediate is what keeps them short."""
    largest = {d: max(size(e.rhs) for e in derivation(d, OPTIONS[name]).equations) for d in (3, 33)}
    steps = {d: max(size(g) for s in derivation(d, OPTIONS[name]).steps for g in s.gives) for d in (3, 33)}
    assert largest[3] == largest[33]
    assert steps[3] == steps[33]


@pytest.mark.parametrize("depth", [3, 33])
def test_every_rule_is_applied_once_for_each_node(depth):
    """No node of the program is passed twice, so nothing is computed again."""
    applied = [(s.target, s.given) for s in derivation(depth, {}).steps if s.kind == "rule"]
    assert len(applied) == len(set(applied))


@pytest.mark.parametrize("depth", [2, 5, 9])
def test_the_second_route_compares_a_fixed_number_of_entries_for_each_layer(depth):
    """Four samples: 4 b entries of Z and of A, b a of W and b of b, for a layer from a to b units."""
    d = derivation(depth, {})
    sizes = {str(name): size for name, size in small_sizes(d.program).items()}
    layers = [sizes[f"n{i}"] for i in range(depth + 1)]
    assert set(layers) == {2, 3}
    assert compare_entries(d) == sum(8 * b + b * a + b for a, b in pairwise(layers))
