"""The numbers that stand in the third seed's examples, as NumPy gives them."""

import numpy as np
import pytest

ONE = [9, 2, 5, 0, 0, 7, 5, 0, 0, 0, 9, 2, 5, 0, 0]
OTHER = [9, 2, 2, 9, 0, 9, 2, 5, 0, 0, 9, 2, 5, 0, 0]


def test_the_fifteen_numbers():
    assert np.dot(ONE, OTHER) == 278
    outer = np.outer(ONE, OTHER)
    assert outer.shape == (15, 15)
    assert outer[0].tolist() == [81, 18, 18, 81, 0, 81, 18, 45, 0, 0, 81, 18, 45, 0, 0]
    assert outer[5].tolist() == [63, 14, 14, 63, 0, 63, 14, 35, 0, 0, 63, 14, 35, 0, 0]
    assert np.multiply(ONE, OTHER).tolist() == [81, 4, 10, 0, 0, 63, 10, 0, 0, 0, 81, 4, 25, 0, 0]


def test_a_number_is_broadcast():
    assert (np.array([1.0, 2.0, 3.0]) * 2.0).tolist() == [2, 4, 6]


def test_rank_one_arrays():
    a, column = np.arange(5.0), np.arange(5.0).reshape(5, 1)
    assert a.T.shape == (5,)
    assert np.dot(a, a.T).shape == ()
    assert np.dot(column, column.T).shape == (5, 5)


def test_shapes_that_the_text_calls_broadcastable_are_not():
    with pytest.raises(ValueError, match="broadcast"):
        np.ones((4, 3)) * np.ones((3, 1))
    with pytest.raises(ValueError, match="broadcast"):
        np.ones((4, 3)) * np.ones((3, 2))
    assert (np.ones((4, 3)) * np.ones((4, 1))).shape == (4, 3)


def test_an_image_becomes_a_column():
    images = np.arange(2 * 4 * 4 * 3).reshape(2, 4, 4, 3)
    X = images.reshape(images.shape[0], -1).T
    assert X.shape == (48, 2)
    assert X[:, 1].tolist() == images[1].ravel().tolist()
    assert images.reshape(-1, 2)[:, 1].tolist() != X[:, 1].tolist()  # reshaped the other way, samples get mixed


def test_randn_is_normal():
    x = np.random.RandomState(0).randn(200_000)
    assert abs(x.mean()) < 0.01
    assert abs(x.std() - 1) < 0.01
    assert abs((np.abs(x) < 1).mean() - 0.6827) < 0.005  # a uniform distribution of this spread has 0.577


def test_four_halves():
    assert 0.5**4 == 0.0625
