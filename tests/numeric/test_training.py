"""Training: it learns, it is reproducible, it stops where it says, and it tells what went wrong."""

import numpy as np
import pytest
from sympy import symbols

from derive import DeriveError, Program, ShapeError, backprop, mlp
from numeric import accuracy, datasets, initialize, lambdify, train
from numeric.samples import Samples

FLOWER = datasets.planar_flower()
D = backprop(mlp([2, 4, 1]))


def test_batch_gradient_descent_is_the_written_rule():
    f = lambdify(D)
    params = initialize(f, seed=3)
    expected = dict(params)
    history = []
    for _ in range(5):
        J, gradients = f(expected, FLOWER.X, FLOWER.Y)
        history.append(J)
        expected = {k: v - 0.5 * gradients[k] for k, v in expected.items()}
    result = train(D, FLOWER.X, FLOWER.Y, learning_rate=0.5, epochs=5, seed=3)
    assert result.history == pytest.approx(history)
    assert all(np.allclose(result.params[k], expected[k], rtol=1e-12) for k in expected)
    assert (result.stopped, result.iterations, result.seed) == ("epochs", 5, 3)


@pytest.mark.parametrize(("batch_size", "learning_rate"), [(None, 1.0), (32, 0.5), (1, 0.05)])
def test_the_flower_is_learned(batch_size, learning_rate):
    epochs = 600 if batch_size is None else 30
    result = train(D, FLOWER.X, FLOWER.Y, learning_rate=learning_rate, epochs=epochs, batch_size=batch_size)
    assert result.history[-1] < 0.7 * result.history[0]
    assert accuracy(lambdify(D).predict(result.params, FLOWER.X), FLOWER.Y) > 0.8
    assert result.iterations == epochs * -(-400 // (batch_size or 400))


def test_the_same_seed_gives_the_same_result_and_another_does_not():
    first, again, other = (
        train(D, FLOWER.X, FLOWER.Y, learning_rate=0.5, epochs=3, batch_size=7, seed=s) for s in (1, 1, 2)
    )
    assert first.history == again.history
    assert all(np.array_equal(first.params[k], again.params[k]) for k in first.params)
    assert first.history != other.history


def test_the_arrays_of_the_caller_stay_as_they_are():
    params, X, Y = initialize(D), FLOWER.X.copy(), FLOWER.Y.copy()
    kept = {k: v.copy() for k, v in params.items()}
    result = train(D, X, Y, learning_rate=0.5, epochs=2, batch_size=10, params=params)
    assert np.array_equal(X, FLOWER.X)
    assert np.array_equal(Y, FLOWER.Y)
    for name, before in kept.items():
        assert np.array_equal(params[name], before)
        assert not np.array_equal(result.params[name], before)
        assert not np.shares_memory(result.params[name], params[name])


def test_every_sample_is_seen_once_in_an_epoch(monkeypatch):
    seen = []
    gather = Samples.gather
    monkeypatch.setattr(Samples, "gather", lambda *given: (batch := gather(*given), seen.append(batch[0].copy()))[0])
    d = backprop(mlp([1, 1], output="identity", loss="squared_error"))
    X = np.arange(10.0)[None, :]
    train(d, X, X, learning_rate=1e-6, epochs=2, batch_size=4)
    assert [x.shape for x in seen] == [(1, 4), (1, 4), (1, 2)] * 2
    for epoch in (seen[:3], seen[3:]):
        assert sorted(np.concatenate(epoch, axis=1)[0]) == list(range(10))
    assert not np.array_equal(seen[0], seen[3])


def test_single_precision_stays():
    X, Y = FLOWER.X.astype("float32"), FLOWER.Y
    assert all(p.dtype == "float32" for p in train(D, X, Y.astype(int), learning_rate=0.5, epochs=2).params.values())
    params = initialize(D, dtype="float32")
    assert all(
        p.dtype == "float32" for p in train(D, FLOWER.X, Y, learning_rate=1, epochs=2, params=params).params.values()
    )


def test_training_stops_at_a_small_change():
    result = train(D, FLOWER.X, FLOWER.Y, learning_rate=0.1, epochs=10_000, stop=2e-3)
    f = lambdify(D)
    before = max(np.abs(0.1 * g).max() for g in f(result.params, FLOWER.X, FLOWER.Y)[1].values())
    assert result.stopped == "small change"
    assert before < 2.1e-3
    assert train(D, FLOWER.X, FLOWER.Y, learning_rate=0.1, epochs=50, stop=1e-12).stopped == "epochs"


def test_training_stops_after_max_iterations_and_at_a_callback():
    result = train(D, FLOWER.X, FLOWER.Y, learning_rate=0.1, epochs=9, batch_size=100, max_iterations=6)
    assert (result.stopped, result.iterations, len(result.history)) == ("max_iterations", 6, 2)
    told = []
    result = train(
        D, FLOWER.X, FLOWER.Y, learning_rate=0.1, epochs=9, callback=lambda p: told.append(p) or p.epoch == 3
    )
    assert (result.stopped, [p.epoch for p in told]) == ("callback", [1, 2, 3])
    assert tuple(p.cost for p in told) == result.history


def test_no_epoch_gives_the_start():
    params = initialize(D)
    result = train(D, FLOWER.X, FLOWER.Y, learning_rate=1, epochs=0, params=params)
    assert result.history == ()
    assert all(np.array_equal(result.params[k], params[k]) for k in params)


def test_a_cost_that_is_not_finite_names_epoch_and_batch():
    d = backprop(mlp([2, 4, 1], "relu", "identity", "squared_error"))
    with pytest.raises(DeriveError, match=r"the cost became (inf|nan) in epoch 1, batch \d+ \(learning_rate=10000\)"):
        train(d, FLOWER.X, FLOWER.Y, learning_rate=1e4, batch_size=10)
    with pytest.raises(DeriveError, match=r"is not finite after the last update, in epoch 1"):
        train(d, FLOWER.X, FLOWER.Y, learning_rate=1e308, epochs=1)


NAN = FLOWER.X.copy()
NAN[1, 7] = np.nan
ONE = backprop(mlp([2, 4, 1], samples=1))
WRONG = [
    ((D, NAN, FLOWER.Y), {}, "X is not finite: nan at [1, 7]"),
    ((D, FLOWER.X.T, FLOWER.Y), {}, "X has shape (400, 2); expected (2, m)\n  did you mean X.T, of shape (2, 400)?"),
    ((D, FLOWER.X), {}, "the program has the inputs X, Y, but got 1 arrays"),
    ((D, FLOWER.X + 1j, FLOWER.Y), {}, "X is complex"),
    ((D, FLOWER.X, FLOWER.Y), {"learning_rate": 0}, "learning_rate must be a positive number, not 0"),
    ((D, FLOWER.X, FLOWER.Y), {"learning_rate": float("nan")}, "learning_rate must be a positive number, not nan"),
    ((D, FLOWER.X, FLOWER.Y), {"batch_size": 0}, "batch_size must be an integer of at least 1, not 0"),
    ((D, FLOWER.X, FLOWER.Y), {"batch_size": 2.5}, "batch_size must be an integer of at least 1, not 2.5"),
    ((D, FLOWER.X, FLOWER.Y), {"epochs": -1}, "epochs must be an integer of at least 0, not -1"),
    ((D, FLOWER.X, FLOWER.Y), {"stop": -1.0}, "stop must be a positive number, not -1.0"),
    ((D, FLOWER.X, FLOWER.Y), {"scale": "big"}, "unknown scale 'big'; expected one of normal, he, xavier"),
    ((D, FLOWER.X, FLOWER.Y), {"params": {"W1": FLOWER.X}}, "params lacks b1, W2, b2"),
    ((ONE, FLOWER.X[:, :1], FLOWER.Y[:, :1]), {"batch_size": 1}, "the program speaks of one sample"),
    ((backprop(mlp(["n0", "n1", 1])), FLOWER.X, FLOWER.Y), {}, "n1 has no value; give sizes={'n1': ...}"),
]


@pytest.mark.parametrize(("arguments", "options", "words"), WRONG)
def test_wrong_input_is_refused_at_the_door(arguments, options, words):
    with pytest.raises(DeriveError) as error:
        train(*arguments, **{"learning_rate": 0.1, **options})
    assert words in str(error.value)


def test_free_numbers_are_passed_on():
    d = backprop(mlp([2, 4, 1], l2="lambda"))
    small, large = (train(d, FLOWER.X, FLOWER.Y, learning_rate=0.1, epochs=200, lambda_=l2) for l2 in (0.0, 40.0))
    assert np.abs(large.params["W1"]).sum() < 0.5 * np.abs(small.params["W1"]).sum()


def test_one_sample_and_numbers_are_trained_as_they_are():
    assert train(ONE, FLOWER.X[:, :1], FLOWER.Y[:, :1], learning_rate=0.5, epochs=50).history[-1] < 0.05
    w, J = symbols("w J")
    result = train(backprop(Program([(J, (w - 3) ** 2)], [w])), learning_rate=0.1, epochs=200)
    assert result.params["w"] == pytest.approx(3)


# --- where training starts --------------------------------------------------------------------------------------------


def test_the_normal_start_draws_in_the_order_of_the_parameters():
    rng = np.random.default_rng(5)
    params = initialize(mlp([3, 4, 2]), seed=5)
    for name, shape in (("W1", (4, 3)), ("b1", (4, 1)), ("W2", (2, 4)), ("b2", (2, 1))):
        assert np.array_equal(params[name], rng.standard_normal(shape))


@pytest.mark.parametrize("weights", ["rows", "columns"])
@pytest.mark.parametrize(("scale", "expected"), [("he", (2 / 200) ** 0.5), ("xavier", (1 / 200) ** 0.5), (0.01, 0.01)])
def test_other_starts_scale_the_weights_and_leave_biases_at_0(scale, expected, weights):
    params = initialize(mlp([200, 100, 1], weights=weights), scale=scale, dtype="float32")
    assert params["W1"].std() == pytest.approx(expected, rel=0.05)
    assert not params["b1"].any()
    assert not params["b2"].any()
    assert params["W2"].any()
    assert all(p.dtype == "float32" for p in params.values())


def test_a_column_of_weights_is_no_bias():
    params = initialize(mlp([1, 3, 2]), scale="he")
    assert params["W1"].shape == params["b1"].shape
    assert params["W1"].all()
    assert not params["b1"].any()


# --- accuracy ---------------------------------------------------------------------------------------------------------


def test_accuracy_counts_samples():
    assert accuracy([[0.2, 0.7, 0.9, 0.4]], [[0, 1, 0, 0]]) == 0.75
    assert accuracy(np.eye(3), np.eye(3)[:, ::-1]) == pytest.approx(1 / 3)
    with pytest.raises(ShapeError, match=r"got \(3,\) and \(3, 1\)"):
        accuracy(np.ones(3), np.ones((3, 1)))


@pytest.mark.slow
def test_digits_of_mnist_are_read_after_one_epoch(data_folder):
    data = datasets.mnist(data_folder)
    f = lambdify(backprop(mlp([784, 30, 10], "sigmoid", "sigmoid", "squared_error")))
    result = train(f, data.X, data.Y, learning_rate=3.0, epochs=1, batch_size=10)
    assert accuracy(f.predict(result.params, data.X_test), data.Y_test) >= 0.90
