"""train --save, --resume, --json-lines on the user's own data, and predict."""

import json
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from backproof.train_command import _resumed
from backproof.training import Outcome
from numeric import load_model
from numeric.datasets import planar_flower


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    rows = [(*rng.normal([2 * k, -k], 0.3), "abc"[k]) for k in (0, 1, 2) for _ in range(30)]
    rng.shuffle(rows)
    (tmp_path / "table.csv").write_text("x,y,kind\n" + "\n".join(f"{x},{y},{kind}" for x, y, kind in rows))
    return tmp_path / "table.csv"


def test_own_data_are_learnt_and_predicted(backproof, table, tmp_path):
    result = backproof("train", "--data", table, "--label", "kind", "--epochs", 30, "--save", "model.npz", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["layers"], found["optimizer"]) == ([2, 30, 3], "adam")
    assert found["final_test_accuracy"] > 0.9
    (tmp_path / "new.csv").write_text("0.1,-0.1\n4.1,-2.0\n")
    np.save(tmp_path / "new.npy", np.array([[0.1, -0.1], [4.1, -2.0]]))
    predicted = json.loads(backproof("predict", "model.npz", "new.csv", "new.npy", "--json").stdout)
    assert [p["class"] for p in predicted["predictions"]] == ["a", "c", "a", "c"]
    assert sum(o["output"] for o in predicted["predictions"][0]["outputs"]) == pytest.approx(1)
    assert "minus its mean" in predicted["preparation"]
    shown = backproof("predict", "model.npz", "new.csv", "--top", 2).stdout
    assert re.search(r"│ new\.csv │ 0 +│ a \d+\.\d%, b \d+\.\d%", shown)


def test_a_picture_is_predicted(backproof, tmp_path, needs_extra):
    image = needs_extra("PIL.Image")
    rng = np.random.default_rng(1)
    for name, place in (("left", 0), ("right", 1)):
        (tmp_path / "sides" / name).mkdir(parents=True)
        for k in range(20):
            pixels = rng.integers(0, 60, (6, 6, 3), np.uint8)
            pixels[:, 3 * place : 3 * place + 3] += 180
            image.fromarray(pixels).save(tmp_path / "sides" / name / f"{k}.png")
    result = backproof("train", "--data", "sides", "--save", "sides.npz", "--epochs", 40, "--learning-rate", 0.01)
    assert result.exit_code == 0, result.output
    image.fromarray(np.repeat([[250, 20]], 24, axis=0).repeat(12, axis=1).astype(np.uint8)).save(tmp_path / "own.jpg")
    found = json.loads(backproof("predict", "sides.npz", "own.jpg", "--json").stdout)
    assert found["predictions"][0]["class"] == "left"
    assert found["preparation"] == "pictures of 6 x 6 x 3, row by row; divided by 255"


WRONG = [
    ("none.csv", "no file none.csv"),
    ("three.csv", "three.csv: a sample has 3 numbers; this network takes 2"),
    ("words.csv", "line 2, column 1: 'oh' is not a number; what a network is asked about has no column for the class"),
    ("x.png", "x.png is a picture, but the network was trained on numbers"),
    ("x.txt", "x.txt cannot be read; expected a picture"),
]


@pytest.mark.parametrize(("name", "words"), WRONG)
def test_wrong_inputs_are_refused(name, words, backproof, table, tmp_path):
    backproof("train", "--data", table, "--epochs", 1, "--save", "model.npz")
    (tmp_path / "three.csv").write_text("1,2,3\n")
    (tmp_path / "words.csv").write_text("1,2\noh,3\n")
    for other in ("x.png", "x.txt"):
        (tmp_path / other).write_bytes(b"")
    result = backproof("predict", "model.npz", name)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert words in result.stderr


def test_a_file_that_is_no_model_is_refused(backproof, tmp_path):
    np.savez(tmp_path / "weights.npz", W1=np.ones((1, 2)))
    result = backproof("predict", "weights.npz", "weights.npz")
    assert result.exit_code == 2
    assert "weights.npz holds no trained network; one is made by backproof train --save FILE" in result.stderr


def test_a_run_goes_on(backproof, tmp_path):
    options = ["train", "--batch-size", 30, "--optimizer", "adam", "--learning-rate", 0.01, "--l2", 0.1]
    backproof(*options, "--epochs", 7, "--save", "whole.npz")
    backproof(*options, "--epochs", 3, "--save", "parts.npz")
    again = backproof(*options, "--epochs", 7, "--save", "parts.npz")
    assert again.exit_code == 2
    assert "parts.npz is there already; --resume goes on from it, or remove it" in again.stderr
    assert backproof(*options, "--epochs", 7, "--save", "parts.npz", "--resume").exit_code == 0
    whole, parts = load_model(tmp_path / "whole.npz"), load_model(tmp_path / "parts.npz")
    assert all(np.array_equal(whole.params[k], parts.params[k]) for k in whole.params)
    assert whole.predict(planar_flower().X.T).shape == (1, 400)
    other = backproof(*options, "--epochs", 9, "--seed", 1, "--save", "parts.npz", "--resume")
    assert other.exit_code == 2
    assert "parts.npz cannot go on: it holds a run with " in other.stderr


def test_json_lines(backproof):
    lines = backproof("train", "--epochs", 4, "--validation", 0.2, "--json-lines").stdout.splitlines()
    *epochs, last = map(json.loads, lines)
    assert [line["epoch"] for line in epochs] == [1, 2, 3, 4]
    assert epochs[-1]["cost"] == last["final_cost"]
    assert epochs[last["validation_epoch"] - 1]["validation_cost"] == last["best_validation_cost"]
    assert all(line["samples_per_second"] > 0 for line in epochs)


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_keeps_what_was_reached(tmp_path):
    command = [sys.executable, "-m", "backproof", "train", "--epochs", "10000000", "--save", "run.npz", "--json-lines"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    process.stdout.readline()  # it has begun
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    lines = process.communicate(timeout=60)[0].splitlines()
    last = json.loads(lines[-1])
    assert (process.returncode, last["stopped"]) == (130, "interrupted")
    assert load_model(tmp_path / "run.npz").params["W1"].shape == (4, 2)


def test_the_best_epoch_after_resuming_is_one_of_those_that_were_tested():
    outcome = Outcome({}, (5.0, 4.0, 3.0, 2.0, 1.0), (0.5, 0.75), 0.7, 5, "", 0.0)
    assert (outcome.best_epoch, _resumed(outcome)) == (5, {"tested_epochs": "4 to 5"})
    assert _resumed(replace(outcome, cost=outcome.cost[3:])) == {}
