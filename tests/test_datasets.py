"""The data sets: the formula against its golden file, shapes and splits, and every way in which a file can be wrong."""

import hashlib
import sys
from pathlib import Path

import numpy as np
import pytest

from derive import DeriveError
from numeric.datasets import MNIST, DataError, MissingExtra, Source, digits, mnist, one_hot, planar_flower, read

FLOWER_SHA256 = "461273933631e966fe96142c32f8eb44960ee9ce5e9b3606be9770ff375a20e9"
FIRST, LAST = (1.204442292254319, 3.5761141481288448), (0.7307808250007513, 3.0683292081876545)

# --- planar flower ----------------------------------------------------------------------------------------------------


def test_planar_flower_is_its_golden_file(data_folder):
    source = Source("planar_flower.npz", FLOWER_SHA256, (("X", (2, 400)), ("Y", (1, 400))))
    golden, flower = read(source, data_folder), planar_flower()
    np.testing.assert_allclose(flower.X, golden["X"], rtol=1e-12, atol=1e-13)  # sin and cos may differ in the last bit
    assert np.array_equal(flower.Y, golden["Y"])


def test_planar_flower_leaves_the_global_generator_alone():
    before = np.random.get_state()[1].copy()
    first, second = planar_flower(), planar_flower()
    assert (before == np.random.get_state()[1]).all()
    assert (first.X == second.X).all()


def test_planar_flower_values():
    """The first and the last point of the golden file, so that the formula is checked without it too."""
    ends = planar_flower().X[:, [0, -1]]
    np.testing.assert_allclose(ends.T, [FIRST, LAST], rtol=1e-12)


# --- digits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_digits(needs_extra, dtype):
    pixels, labels = needs_extra("sklearn.datasets").load_digits(return_X_y=True)
    data = digits(dtype)
    assert (data.X.shape, data.Y.shape) == ((64, 1500), (10, 1500))
    X, Y = np.concatenate([data.X, data.X_test], axis=1), np.concatenate([data.Y, data.Y_test], axis=1)
    assert (X * 16 == pixels.T).all()
    assert (Y.argmax(axis=0) == labels).all()
    assert {X.dtype, Y.dtype} == {np.dtype(dtype)}


def test_digits_without_scikit_learn_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtra, match=r'pip install "backproof\[data\]"') as caught:
        digits()
    assert isinstance(caught.value, DeriveError)
    assert "\n" not in str(caught.value)


# --- mnist ------------------------------------------------------------------------------------------------------------


def test_mnist(data_folder):
    data = mnist(data_folder, "float32")
    assert [a.shape for a in (data.X, data.X_valid, data.X_test)] == [(784, 50000), (784, 10000), (784, 10000)]
    assert [a.shape for a in (data.Y, data.Y_valid, data.Y_test)] == [(10, 50000), (10, 10000), (10, 10000)]
    assert {a.dtype for a in (data.X, data.Y, data.X_test, data.Y_test)} == {np.dtype("float32")}
    with np.load(data_folder / "mnist.npz", allow_pickle=False) as raw:
        x, y, x_test, y_test = (raw[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    for j in (0, 1, 49999):
        assert (data.X[:, j] == x[j].ravel() / np.float32(256)).all()
    assert (data.X_valid[:, 0] == x[50000].ravel() / np.float32(256)).all()
    assert (data.X_test[:, -1] == x_test[-1].ravel() / np.float32(256)).all()
    labels = np.concatenate([data.Y, data.Y_valid, data.Y_test], axis=1)
    assert (labels.argmax(axis=0) == np.concatenate([y, y_test])).all()
    assert (labels.sum(axis=0) == 1).all()


# --- files that are not what they should be ---------------------------------------------------------------------------

GOOD = {"x": np.zeros((2, 3)), "y": np.arange(2)}
SHAPES = (("x", (2, 3)), ("y", (2,)))
OBJECTS = np.empty(2, dtype=object)

BAD_ARRAYS = {
    "an array is missing":    ({"x": GOOD["x"]},                  "holds x, but no array y"),
    "no array at all":        ({},                                "holds nothing, but no array x"),
    "another shape":          (GOOD | {"x": np.zeros((3, 2))},    r"x has shape \(3, 2\), expected \(2, 3\)"),
    "objects, to unpickle":   (GOOD | {"y": OBJECTS},             "not an archive of plain arrays"),
}  # fmt: skip
BAD_BYTES = {
    "not an archive": b"<html>not found</html>",
    "empty": b"",
    "cut short": b"PK\x03\x04\x14\x00\x00\x00",
    "one bare array": b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (), }",
}


def source_of(path: Path) -> Source:
    return Source(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), SHAPES)


def test_a_good_file_is_read(tmp_path):
    np.savez(tmp_path / "good.npz", **GOOD)
    assert (read(source_of(tmp_path / "good.npz"), tmp_path)["y"] == GOOD["y"]).all()


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_wrong_arrays_are_refused(case, tmp_path):
    arrays, message = BAD_ARRAYS[case]
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(DataError, match=message):
        read(source_of(tmp_path / "bad.npz"), tmp_path)


@pytest.mark.parametrize("case", BAD_BYTES)
def test_wrong_bytes_are_refused(case, tmp_path):
    (tmp_path / "bad.npz").write_bytes(BAD_BYTES[case])
    with pytest.raises(DataError, match=r"bad\.npz is not an archive of plain arrays"):
        read(source_of(tmp_path / "bad.npz"), tmp_path)


def test_a_file_of_the_right_name_and_shapes_with_one_other_pixel_is_refused(tmp_path):
    arrays = {name: np.zeros(shape, dtype="uint8") for name, shape in MNIST.shapes}
    np.savez_compressed(tmp_path / "mnist.npz", **arrays)
    with pytest.raises(DataError, match=f"not the expected file\n  SHA-256  .*\n  expected {MNIST.sha256}"):
        mnist(tmp_path)


def test_a_missing_file_names_the_path(tmp_path):
    with pytest.raises(DataError, match=r"no file .*mnist\.npz\n  name the folder that holds mnist\.npz"):
        mnist(tmp_path)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="no file"):
        mnist(tmp_path / "file")


# --- values -----------------------------------------------------------------------------------------------------------


def test_one_hot():
    """Y_kj = [labels_j = k]"""
    assert one_hot(np.array([2, 0]), 3, "float32").tolist() == [[0, 1], [0, 0], [1, 0]]


def test_a_data_set_cannot_be_changed():
    data = planar_flower("float32")
    assert (data.X.dtype, data.Y.dtype, data.X_test) == (np.float32, np.float32, None)
    with pytest.raises(ValueError, match="read-only"):
        data.X[0, 0] = 0
    with pytest.raises(AttributeError):
        data.name = "other"
