"""Data that are not in memory: maps of files, and batches that are made elsewhere, with the same result."""

import tracemalloc

import numpy as np
import pytest

from derive import DeriveError, ShapeError, backprop, mlp
from numeric import train

NET = mlp([5, 4, 3], "tanh", "softmax")
D = backprop(NET)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 103))
Y = np.eye(3)[RNG.integers(3, size=103)].T
OPTIONS = {"learning_rate": 0.3, "epochs": 3, "seed": 4}
IN_MEMORY = train(D, X, Y, batch_size=10, **OPTIONS)


def saved(folder, name, array):
    np.save(folder / name, array)
    return np.load(folder / f"{name}.npy", mmap_mode="r")


def same(result):
    assert result.history == IN_MEMORY.history
    assert all(np.array_equal(result.params[k], p) for k, p in IN_MEMORY.params.items())


@pytest.mark.parametrize("order", [np.ascontiguousarray, np.asfortranarray])
def test_maps_of_files_give_the_same_result(order, tmp_path):
    same(train(D, saved(tmp_path, "X", order(X)), saved(tmp_path, "Y", order(Y)), batch_size=10, **OPTIONS))
    same(train(D, saved(tmp_path, "X", order(X)), Y, batch_size=10, **OPTIONS))


def test_labels_of_another_type_are_converted_batch_by_batch(tmp_path):
    same(train(D, X, saved(tmp_path, "Y", np.asfortranarray(Y.astype("uint8"))), batch_size=10, **OPTIONS))


def drawn(epochs):
    """The batches that train draws."""
    rng, found = np.random.default_rng((4, 1)), []
    for _ in range(epochs):
        order = rng.permutation(103)
        found.append([(X[:, order[k : k + 10]], Y[:, order[k : k + 10]]) for k in range(0, 103, 10)])
    return found


def test_batches_from_elsewhere_give_the_same_result():
    batches = drawn(3)
    same(train(D, batches=lambda epoch: iter(batches[epoch - 1]), **OPTIONS))
    once = train(D, batches=batches[0], learning_rate=0.3, epochs=1, seed=4)
    assert once.history == IN_MEMORY.history[:1]


@pytest.mark.parametrize("kind", ["file", "iterator"])
def test_memory_does_not_grow_with_the_data(kind, tmp_path):
    peaks = []
    for m in (4_000, 40_000):
        big = np.lib.format.open_memmap(tmp_path / f"{m}.npy", "w+", "float32", (64, m), fortran_order=True)
        big.T[...] = np.random.default_rng(1).random((m, 64), "float32")
        labels = np.zeros((1, m), "float32")
        labels[0, ::2] = 1
        big.flush()
        d = backprop(mlp([64, 8, 1]))
        mapped = np.load(tmp_path / f"{m}.npy", mmap_mode="r")
        one = {"learning_rate": 0.1, "epochs": 1}

        def parts(epoch, mapped=mapped, labels=labels, m=m):
            return ((mapped[:, k : k + 100], labels[:, k : k + 100]) for k in range(0, m, 100))

        train(d, batches=parts, max_iterations=1, **one)
        tracemalloc.start()
        if kind == "file":
            train(d, mapped, labels, batch_size=100, **one)
        else:
            train(d, batches=parts, **one)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # 36000 more samples take 9.2 MB; the order of the samples takes 8 bytes each, a label 4
    assert peaks[1] - peaks[0] < (600_000 if kind == "file" else 200_000), peaks


NAN = X.copy()
NAN[2, 50] = np.nan


def test_what_is_wrong_is_found_when_it_is_read(tmp_path):
    with pytest.raises(DeriveError, match="X is not finite: nan at"):
        train(D, saved(tmp_path, "X", NAN), Y, batch_size=10, **OPTIONS)
    with pytest.raises(DeriveError, match="the formulas assume columns of Y sum to 1, but that is wrong by 1"):
        train(D, X, saved(tmp_path, "Y", np.where(np.arange(103) == 60, 0.0, Y)), batch_size=10, **OPTIONS)
    with pytest.raises(ShapeError, match=r"the same number of samples, but got \{'X': 103, 'Y': 100\}"):
        train(D, saved(tmp_path, "X", X), saved(tmp_path, "Y", Y[:, :100]), batch_size=10, **OPTIONS)
    with pytest.raises(DeriveError, match=r"there is no batch in epoch 2\n  batches is a list, or a function"):
        train(D, batches=iter(drawn(1)[0]), **OPTIONS)
    with pytest.raises(DeriveError, match="batches has no batch"):
        train(D, batches=[], **OPTIONS)
    with pytest.raises(DeriveError, match="give arrays, or batches"):
        train(D, X, Y, batches=[], **OPTIONS)
