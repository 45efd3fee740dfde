"""Where planned steps keep their values: nothing is read after something else was written in its place."""

from itertools import groupby

import numpy as np
import pytest
from sympy import Integer
from test_compiled_programs import PROGRAMS

from derive import Program, backprop, mlp
from numeric import initialize, training_step
from numeric.optimizers import OPTIMIZERS
from numeric.planning.statements import Array

NETS = {
    "sigmoid": mlp([20, 30, 10], "sigmoid"),
    "deep": mlp([20, 30, 25, 20, 15, 10], "relu", "softmax", l2=0.1),
    "in blocks": mlp([300, 256, 256, 10], "softplus", "softmax"),
    "erf": mlp([20, 30, 30, 10], "erf", "tanh", "squared_error"),
    "frugal": mlp([784, 30, 10], "relu"),
    **{name: Program(*given) for name, given in PROGRAMS.items()},
}


CHOICES = {  # by whether the loss is wanted
    False: [("sgd", {}), ("adam", {"clip_norm": 1.0}), ("momentum", {"clip_value": 1.0, "weight_decay": 0.1})],
    True: [(name, {}) for name in OPTIMIZERS if name != "momentum"],
}


def in_running_order(statements):
    """Loops run twice: what one pass leaves behind must not disturb the next."""
    for block, run in groupby(statements, key=lambda s: s.block):
        own = list(run)
        yield from own * 2 if block else own


def spans(sheet, sizes):
    """Value -> (block, first byte, byte after the last)"""
    item = np.dtype(sheet.dtype).itemsize

    def number(expr):
        found = expr.subs({s: sizes[str(s)] for s in expr.free_symbols})
        assert found.is_Integer
        return int(found)

    for at, block in enumerate(sheet.memory.blocks):
        unit = 1 if block.boolean else item
        length = max(map(number, block.sizes)) * unit
        for name in block.values:
            value = sheet.values[name]
            start = number(block.starts[name]) * unit
            end = start + number(value.shape[0] * value.shape[1]) * (1 if value.boolean else item)
            assert end <= length
            yield name, (at, start, end)


def meet(a, b):
    """Do two spans share a byte?"""
    return a[0] == b[0] and a[1] < b[2] and b[1] < a[2]


def replay(sheet, sizes):
    """Raises where a value is read that is not there any more."""
    place = dict(spans(sheet, sizes))
    there = set()
    for statement in in_running_order(sheet.statements):
        inputs = [o.name for o in statement.inputs if isinstance(o, Array) and o.name in place]
        assert there >= set(inputs), (set(inputs) - there, statement)
        if (out := statement.output) in place:
            for name in set(inputs) - {out}:    # an entry may be written over only by what reads the same entry
                same = statement.kind == "ufunc" and place[name] == place[out]
                assert same or not meet(place[name], place[out]), (name, statement)
            there = {name for name in there if not meet(place[name], place[out])} | {out}


@pytest.mark.parametrize("loss", [False, True])
@pytest.mark.parametrize("name", NETS)
def test_every_value_is_there_when_it_is_read(name, loss):
    d = backprop(NETS[name])
    for optimizer, options in CHOICES[loss]:
        step = training_step(d, optimizer, batch_size=32, loss=loss, **options)
        sheet = step.planner.sheet({"m": 32, "k": 3, "n": 2})
        for m in (32, 7, 1):
            replay(sheet, {"m": m, "k": 3, "n": 2})


def test_the_replay_finds_what_is_overwritten():
    step = training_step(backprop(NETS["sigmoid"]), batch_size=32)
    sheet = step.planner.sheet({"m": 32})
    values = tuple(v for block in sheet.memory.blocks for v in block.values)
    object.__setattr__(sheet.memory.blocks[0], "values", values)  # everything in one place
    object.__setattr__(sheet.memory.blocks[0], "starts", dict.fromkeys(values, Integer(0)))
    object.__setattr__(sheet.memory, "blocks", sheet.memory.blocks[:1])
    with pytest.raises(AssertionError):
        replay(sheet, {"m": 32})


def test_values_live_beside_each_other():
    """784-20-7-5-1: A2, A3, Z3 and what is in between stand where the gradient of A1 will be."""
    memory = training_step(backprop(mlp([784, 20, 7, 5, 1], "relu")), batch_size=512).memory
    assert any(start != 0 for block in memory.blocks for start in block.starts.values())
    assert memory.taken <= 1.05 * memory.needed


@pytest.mark.parametrize(("optimizer", "times"), [("sgd", 1.05), ("momentum", 1.1), ("adam", 1.25)])
@pytest.mark.parametrize(("sizes", "m"), [((784, 512, 512, 10), 128), ((784, *[256] * 9, 10), 32), ((784, 99, 9), 512)])
def test_memory_is_what_is_alive_at_once(sizes, m, optimizer, times):
    memory = training_step(backprop(mlp(sizes, "relu", "softmax")), optimizer, batch_size=m).memory
    assert memory.needed <= memory.taken <= times * memory.needed
    # the activations and two arrays more are alive when the backward pass begins; an update needs some rows more
    assert memory.needed <= 4 * (m * (sum(sizes[1:]) + 2 * max(sizes[1:])) + 3 * 2**15)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_arrays_of_one_number_are_small_beside_the_step(optimizer):
    """Quicker than the number, but not where the step is large and a twentieth of it would be spent on them."""
    step = training_step(backprop(mlp([784, 30, 10], "relu")), optimizer, batch_size=32)
    constants = step.planner.sheet({"m": 32}).constants
    filled = 4 * sum(int((c.shape[0] * c.shape[1]).subs("m", 32)) for c in constants)
    large = step.memory.needed > 16_000
    assert large == (optimizer == "adam")
    assert any(c.shape[0] == 30 for c in constants) != large
    assert (filled <= step.memory.needed / 20) == large


def test_masks_live_among_numbers():
    """Four booleans take the place of one number; where they do, the step says so."""
    step = training_step(backprop(mlp([784, 512, 512, 10], "relu", "softmax")), batch_size=128)
    assert ".view(bool)" in step.source
    assert not any(block.boolean for block in step.memory.blocks)


@pytest.mark.parametrize("m", [10, 512])
def test_buffers_of_numpy_are_small_beside_a_small_step(m, monkeypatch):
    d = backprop(mlp([784, 30, 10], "sigmoid"))
    params, before, asked = initialize(d, dtype="float32"), np.getbufsize(), []
    step = training_step(d, batch_size=m, dtype="float32")
    X, Y = np.ones((784, m), np.float32), np.ones((10, m), np.float32)
    setbufsize = np.setbufsize
    monkeypatch.setattr(np, "setbufsize", lambda size: (asked.append(size), setbufsize(size))[1])
    step(params, X, Y)
    assert asked == ([] if m == 10 else [64, before])      # small arrays need no more than themselves
    monkeypatch.setattr(np, "exp", None)
    with pytest.raises(TypeError):
        step(params, X, Y)
    assert np.getbufsize() == before
