"""Training: it learns, it is reproducible, it stops where it says, and it tells what went wrong."""

import signal

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


LARGE = FLOWER.X.copy()
LARGE[:, 200:210] = 1e200
DIVERGING = [
    # learning rate, X, what is named
    (1e-30, LARGE, r"in epoch 1, batch \d .*\n  first not finite: J, in the forward pass of batch \d"),
    (1e4, FLOWER.X, r"in epoch 1, batch \d.*\n  first not finite: (Z|A|dW|db|W|b|J)\d?.*of batch \d"),
    (1e306, FLOWER.X, r"in epoch 1, batch 2 .*\n  first not finite: W\d, layer \d, in the update of batch 1"),
]


@pytest.mark.parametrize(("rate", "X", "words"), DIVERGING)
def test_the_layer_where_it_began_is_named(rate, X, words):
    d = backprop(mlp([2, 4, 1], "relu", "identity", "squared_error"))
    with pytest.raises(DeriveError, match=words):
        train(d, X, 1e5 * FLOWER.Y if rate > 1e300 else FLOWER.Y, learning_rate=rate, batch_size=50)


def test_data_that_are_not_finite_name_epoch_and_batch():
    good, bad = (FLOWER.X, FLOWER.Y), (NAN, FLOWER.Y)
    with pytest.raises(DeriveError, match=r"in epoch 2, batch 3: X is not finite: nan at \[1, 7\]"):
        train(D, batches=lambda epoch: [good, good, bad if epoch == 2 else good], learning_rate=0.1, epochs=3)


NAN = FLOWER.X.copy()
NAN[1, 7] = np.nan
C3, CLASSES = backprop(mlp([2, 4, 3], output="softmax")), np.arange(400) % 3
ONE = backprop(mlp([2, 4, 1], samples=1))
WRONG = [
    ((D, NAN, FLOWER.Y), {}, "X is not finite: nan at [1, 7]"),
    ((D, FLOWER.X.T, FLOWER.Y), {}, "X has shape (400, 2); expected (2, m)\n  did you mean X.T, of shape (2, 400)?"),
    ((D, FLOWER.X, FLOWER.Y[0]), {}, "Y has shape (400,); expected (1, 400), that is (1, m) with m = 400 from X"),
    ((D, FLOWER.X, FLOWER.Y[0]), {}, "did you mean Y.reshape(1, -1), of shape (1, 400)?"),
    ((D, FLOWER.X[:, 0], FLOWER.Y[:, :1]), {}, "did you mean X.reshape(-1, 1), of shape (2, 1)?"),
    ((D, FLOWER.X, FLOWER.Y + 1), {}, "cross-entropy takes labels from 0 to 1, but Y has 2\n  Y - 1 counts from 0"),
    ((D, FLOWER.X, 2 * FLOWER.Y - 1), {}, "but Y has -1\n  (Y + 1) / 2 has 0 for -1"),
    ((D, FLOWER.X, FLOWER.Y * 3), {}, "one_hot(labels, classes) makes rows of 0 and 1"),
    ((C3, FLOWER.X, CLASSES), {}, "are these classes? numeric.datasets.one_hot(Y, 3) has shape (3, 400)"),
    ((C3, FLOWER.X, CLASSES[None]), {}, "are these classes? numeric.datasets.one_hot(Y.ravel(), 3) has shape (3, 400)"),
    ((C3, FLOWER.X, np.ones((3, 400))), {}, "the formulas assume columns of Y sum to 1, but that is wrong by 2"),
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


# --- comforts ---------------------------------------------------------------------------------------------------------


def test_validation_gives_the_best_epoch():
    told = []
    result = train(D, FLOWER.X, FLOWER.Y, learning_rate=3.0, epochs=60, batch_size=20, validation=0.25, patience=6,
                   callback=told.append)  # fmt: skip
    assert result.best_epoch == 1 + int(np.argmin(result.validation))
    assert [p.validation for p in told] == list(result.validation)
    assert result.stopped == "no improvement"
    assert len(result.history) == result.best_epoch + 6
    assert {p.samples for p in told} == {300}
    assert all(p.samples_per_second > 0 for p in told)
    again = train(D, FLOWER.X, FLOWER.Y, learning_rate=3.0, epochs=result.best_epoch, batch_size=20, validation=0.25)
    assert all(np.array_equal(again.params[k], result.params[k]) for k in again.params)


def test_validation_samples_are_not_trained_on():
    kept = (FLOWER.X[:, ::2], FLOWER.Y[:, ::2])
    own = train(D, FLOWER.X[:, 1::2], FLOWER.Y[:, 1::2], learning_rate=0.5, epochs=5, validation=kept)
    without = train(D, FLOWER.X[:, 1::2], FLOWER.Y[:, 1::2], learning_rate=0.5, epochs=5)
    assert own.history == without.history
    assert own.validation[0] != own.history[0]
    with pytest.raises(DeriveError, match="validation is a pair"):
        train(D, FLOWER.X, FLOWER.Y, learning_rate=0.5, validation=1.5)
    with pytest.raises(DeriveError, match="patience watches the validation samples"):
        train(D, FLOWER.X, FLOWER.Y, learning_rate=0.5, patience=3)


def test_every_callback_is_called_and_every_update_told():
    first, second, updates = [], [], []
    train(D, FLOWER.X, FLOWER.Y, learning_rate=0.1, epochs=2, batch_size=150, every_batch=updates.append,
          callback=[lambda p: first.append(p) or True, second.append])  # fmt: skip
    assert (len(first), len(second)) == (1, 1)
    assert [(p.epoch, p.iterations, p.samples) for p in updates] == [(1, 1, 150), (1, 2, 300), (1, 3, 400)]


def test_ctrl_c_ends_after_the_update_under_way():
    def press(now):
        if now.iterations == 5:
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    result = train(D, FLOWER.X, FLOWER.Y, learning_rate=0.1, epochs=50, batch_size=100, every_batch=press)
    assert (result.stopped, result.iterations, len(result.history)) == ("interrupted", 6, 2)
    assert signal.getsignal(signal.SIGINT) is before

    def press_twice(now):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(D, FLOWER.X, FLOWER.Y, learning_rate=0.1, callback=press_twice)
    assert signal.getsignal(signal.SIGINT) is before


# --- where training starts --------------------------------------------------------------------------------------------


def test_the_normal_start_draws_in_the_order_of_the_parameters():
    rng = np.random.default_rng(5)
    params = initialize(mlp([3, 4, 2]), seed=5)
    for name, shape in (("W1", (4, 3)), ("b1", (4, 1)), ("W2", (2, 4)), ("b2", (2, 1))):
        assert np.array_equal(params[name], rng.standard_normal(shape))


def test_legacy_numbers_are_those_of_published_runs():
    np.random.seed(2)  # the global generator is what published code uses
    W1, W2 = np.random.randn(4, 2) * 0.01, np.random.randn(1, 4) * 0.01
    params = initialize(mlp([2, 4, 1]), seed=2, scale=0.01, legacy=True)
    assert np.array_equal(params["W1"], W1)
    assert np.array_equal(params["W2"], W2)
    f = lambdify(D)
    assert f(params, FLOWER.X, FLOWER.Y)[0] == pytest.approx(0.693048, abs=5e-7)
    assert not any(np.signbit(p).any() or p.any() for p in initialize(D, scale=0).values())


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


@pytest.mark.parametrize(("arguments", "words"), [
    (([2, 3, 1],), r"initialize takes a program, .* not \[2, 3, 1\]"),
    ((D, "a"), "seed must be an integer of at least 0, not 'a'"),
    ((D, -1), "seed must be an integer of at least 0, not -1"),
])  # fmt: skip
def test_initialize_says_what_it_takes(arguments, words):
    with pytest.raises(DeriveError, match=words):
        initialize(*arguments)
