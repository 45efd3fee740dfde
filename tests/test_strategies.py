"""Networks and batches that Hypothesis draws."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings

from backproof.strategies import LOSSES, batches, networks


@settings(max_examples=25, deadline=None, derandomize=True)
@given(networks().flatmap(batches))
def test_shapes_fit_and_targets_are_what_the_loss_wants(batch):
    net, m = batch.net, batch.X.shape[1]
    assert batch.Y.shape == (net.widths[-1], m)
    for k, (before, after) in enumerate(zip(net.widths, net.widths[1:], strict=False), start=1):
        assert batch.params[f"W{k}"].shape == (after, before)
        assert batch.params[f"b{k}"].shape == (after, 1)
    if net.output == "softmax":
        assert np.array_equal(batch.Y.sum(axis=0), np.ones(m))
    if net.loss == "cross_entropy":
        assert batch.Y.min() >= 0
        assert batch.Y.max() <= 1


@settings(max_examples=8, deadline=None, derandomize=True)
@given(networks(depth=(2, 3), hidden="tanh"))
def test_every_network_is_a_program(net):
    assert len(net.hidden) == len(net.widths) - 2
    assert net.loss in LOSSES[net.output]
    assert net.program() is not None


def test_what_does_not_fit_is_said():
    with pytest.raises(ValueError, match="expected some of sigmoid"):
        networks(output="sine")
    with pytest.raises(ValueError, match="fits none of tanh"):
        networks(output="tanh", loss="cross_entropy")


def test_without_hypothesis_the_extra_is_named():
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "from backproof.strategies import networks\n"
        "try: networks()\nexcept ImportError as e: print(e)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "backproof[hypothesis]" in found
