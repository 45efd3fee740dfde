"""backproof train: one table or one JSON object, the same for the same seed; the file holds what was trained."""

import json
import re

import numpy as np
import pytest

from derive import backprop, mlp
from numeric import datasets, initialize, lambdify, train

KEYS = {
    "data", "samples", "layers", "hidden", "output", "loss", "epochs", "batch_size", "learning_rate", "init", "seed",
    "optimizer", "l2",
    "dtype", "iterations", "stopped", "final_cost", "train_accuracy", "final_test_accuracy", "best_test_accuracy",
    "best_epoch", "seconds", "cost", "test_accuracy",
}  # fmt: skip


def figures(backproof, *arguments):
    result = backproof("train", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_flower_is_learnt(backproof):
    found = figures(backproof)
    assert found.keys() == KEYS
    assert (found["data"], found["layers"], found["epochs"]) == ("planar flower", [2, 4, 1], 10000)
    assert found["train_accuracy"] > 0.85
    assert found["cost"][0] == pytest.approx(np.log(2), rel=1e-3)
    assert len(found["cost"]) == 10000
    assert found["test_accuracy"] is None


def test_the_table(backproof):
    result = backproof("train", "--epochs", "3")
    assert result.stdout.startswith("Trained on planar flower")
    assert re.search(r"│ layers +│ 2, 4, 1 +│", result.stdout)
    assert re.search(r"│ batch size +│ all samples +│", result.stdout)
    assert re.search(r"│ epochs +│ 3 +│", result.stdout)
    assert "None" not in result.stdout


OPTIONS = [
    "--layers 2,1",
    "--layers 2,3,3,1 --hidden relu,softplus --init he --learning-rate 0.1",
    "--dtype float32 --batch-size 7",
    "--batch-size 1 --max-iterations 50 --init normal",
    "--output identity --loss squared_error --learning-rate 0.05",
    "--hidden sign",
    "--seed 3 --init xavier",
    "--optimizer adam --learning-rate 0.01 --schedule cosine --batch-size 50",
    "--optimizer nesterov --momentum 0.8 --l2 0.5 --learning-rate 0.1 --schedule steps:0.5,2",
    "--validation 0.25 --patience 2 --clip-norm 0.1 --weight-decay 0.01 --schedule exponential:0.9",
]


@pytest.mark.parametrize("options", OPTIONS)
def test_options(options, backproof):
    first, second = (figures(backproof, "--epochs", "4", *options.split()) for _ in range(2))
    assert np.isfinite(first["cost"]).all()
    del first["seconds"], second["seconds"]
    assert first == second


def test_it_stops_at_a_small_change(backproof):
    found = figures(backproof, "--stop", "1e-3", "--init", "normal")
    assert found["stopped"] == "small change"
    assert found["iterations"] == found["epochs"] < 10000


def test_it_stops_after_iterations(backproof):
    found = figures(backproof, "--max-iterations", "7")
    assert (found["stopped"], found["iterations"]) == ("max_iterations", 7)


def test_the_file_holds_what_was_trained(backproof, tmp_path):
    result = backproof("train", "--epochs", "5", "--seed", "4", "-o", "weights.npz")
    assert result.exit_code == 0
    assert result.stderr.endswith("wrote weights.npz\n")
    flower = datasets.planar_flower()
    f = lambdify(backprop(mlp([2, 4, 1], "tanh", "sigmoid", "cross_entropy")))
    params = initialize(f.program, 4, 0.01)
    expected = train(f, flower.X, flower.Y, learning_rate=1.2, epochs=5, params=params, seed=4).params
    with np.load(tmp_path / "weights.npz") as found:
        assert set(found.files) == set(expected)
        assert all(np.array_equal(found[name], expected[name]) for name in expected)


def test_digits(backproof, needs_extra):
    needs_extra("sklearn")
    found = figures(backproof, "--data", "digits", "--epochs", "8")
    assert found["layers"] == [64, 30, 10]
    assert found["best_test_accuracy"] == max(found["test_accuracy"]) > 0.88
    assert found["test_accuracy"][found["best_epoch"] - 1] == found["best_test_accuracy"]
    assert found["final_test_accuracy"] == found["test_accuracy"][-1]


def test_softmax_cross_entropy_brings_its_output(backproof, needs_extra):
    needs_extra("sklearn")
    found = figures(backproof, "--data", "digits", "--epochs", "1", "--loss", "softmax_cross_entropy")
    assert found["output"] == "softmax"


def test_layers_of_digits(backproof, needs_extra):
    needs_extra("sklearn")
    result = backproof("train", "--data", "digits", "--layers", "784,30,10")
    assert result.exit_code == 2
    assert "digits, which has 64 inputs and 10 outputs; did you mean --layers 64,30,10?" in result.stderr


@pytest.mark.slow
def test_mnist(backproof, data_folder):
    found = figures(backproof, "--data", "mnist", "--data-dir", data_folder, "--epochs", "2")
    assert (found["layers"], found["learning_rate"], found["batch_size"]) == ([784, 30, 10], 3.0, 10)
    assert found["best_test_accuracy"] > 0.9


def test_a_long_run_shows_its_progress_on_stderr(in_process):
    done = in_process("-m", "backproof", "train", "--epochs", "60000", "--json")
    assert json.loads(done.stdout)["epochs"] == 60000
    assert "training on planar flower" in done.stderr
    assert re.search(r"cost 0\.\d+ +accuracy \d", done.stderr)


def test_a_short_run_is_silent(in_process):
    assert in_process("-m", "backproof", "train", "--epochs", "5", "--json").stderr == ""
