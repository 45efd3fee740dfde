"""Checkpoints: a run that is killed at any moment goes on to the same bits; a file of another run is refused."""

import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from derive import DeriveError, backprop, mlp
from numeric import lambdify, train
from numeric.archives import read_archive, write_archive
from numeric.datasets import DataError, planar_flower

FLOWER = planar_flower()
F = lambdify(backprop(mlp([2, 4, 1], l2="lambda")))
RUN = {"learning_rate": 0.01, "optimizer": "adam", "epochs": 6, "batch_size": 30, "lambda_": 0.1, "validation": 0.2,
       "patience": 4, "seed": 3}  # fmt: skip


def run(**changed):
    return train(F, FLOWER.X, FLOWER.Y, **{**RUN, **changed})


def same(a, b):
    assert (a.history, a.validation, a.best_epoch, a.iterations, a.stopped) == (
        b.history, b.validation, b.best_epoch, b.iterations, b.stopped)  # fmt: skip
    assert a.params.keys() == b.params.keys()
    for name in a.params:
        assert np.array_equal(a.params[name], b.params[name]), name


class Killed(Exception):
    """Stands for the end of the process."""


def until(update):
    def every_batch(now):
        if now.iterations == update:
            raise Killed

    return every_batch


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
@pytest.mark.parametrize("update", [1, 10, 11, 12, 37])  # 11 updates are an epoch, its last batch is short
def test_a_run_goes_on_from_any_update_to_the_same_bits(update, suffix, tmp_path, needs_extra):
    if suffix == "safetensors":
        needs_extra("safetensors")
    path = tmp_path / f"run.{suffix}"
    with pytest.raises(Killed):
        run(checkpoint=path, checkpoint_every=0, every_batch=until(update))
    assert path.exists() == (update > 1)  # the callback comes before the file
    same(run(checkpoint=path, resume=True), run())


OPTIONS = [
    {"optimizer": "sgd", "learning_rate": 0.5},
    {"optimizer": "momentum", "learning_rate": 0.1, "momentum": 0.5, "validation": None, "patience": None},
    {"batch_size": None, "epochs": 70, "patience": 70},
    {"batch_size": None, "stop": 9e-3, "epochs": 500, "patience": 500},
    {"clip_norm": 0.1, "optimizer": "rmsprop"},
    {"max_iterations": 50},
    {"learning_rate": 0.2, "epochs": 60},  # patience ends it
]


@pytest.mark.parametrize("options", OPTIONS)
def test_every_kind_of_run_goes_on(options, tmp_path):
    path = tmp_path / "run.npz"
    with pytest.raises(Killed):
        run(checkpoint=path, checkpoint_every=0, every_batch=until(23), **options)
    same(run(checkpoint=path, resume=True, **options), whole := run(**options))
    same(run(checkpoint=path, resume=True, **options), whole)  # a run that is over stays as it is


def test_a_run_that_is_over_goes_on_to_more_epochs(tmp_path):
    path = tmp_path / "run.npz"
    run(checkpoint=path, epochs=3)
    same(run(checkpoint=path, resume=True, epochs=5), run(epochs=5))
    run(checkpoint=path, max_iterations=17)
    same(run(checkpoint=path, resume=True), run())


def test_batches_from_elsewhere_go_on_too(tmp_path):
    def batches(epoch):
        order = np.random.default_rng(epoch).permutation(400)
        return ((FLOWER.X[:, k], FLOWER.Y[:, k]) for k in np.array_split(order, [10, 150, 230]))

    def stream(**more):
        return train(F, batches=batches, learning_rate=0.01, optimizer="adam", epochs=5, lambda_=0.1, **more)

    path = tmp_path / "run.npz"
    with pytest.raises(Killed):
        stream(checkpoint=path, checkpoint_every=0, every_batch=until(7))
    same(stream(checkpoint=path, resume=True), stream())


OTHERS = [
    ({"learning_rate": 0.02}, r"it holds a run with learning_rate = 0\.01, but now it is 0\.02"),
    ({"seed": 4}, "it holds a run with seed = 3, but now it is 4\n  only the same run"),
    ({"optimizer": "sgd"}, "it holds a run with optimizer = adam, but now it is sgd"),
    ({"batch_size": 31}, "it holds a run with batch_size = 30, but now it is 31"),
    ({"validation": (FLOWER.X, FLOWER.Y)}, "it holds a run with other data\n"),
    ({"lambda_": 0.2}, "it holds a run with numbers = "),
]


@pytest.mark.parametrize(("changed", "words"), OTHERS)
def test_the_file_of_another_run_is_refused(changed, words, tmp_path):
    run(checkpoint=tmp_path / "run.npz", epochs=1)
    with pytest.raises(DataError, match=words):
        run(checkpoint=tmp_path / "run.npz", resume=True, **changed)


def test_other_files_are_refused(tmp_path):
    for name, content in {"run.npz": b"", "run.safetensors": b"no"}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=r"is not an archive|is not a safetensors file"):
            run(checkpoint=tmp_path / name, resume=True)
    np.savez(tmp_path / "weights.npz", W1=np.ones(3))
    with pytest.raises(DataError, match="holds no training run"):
        run(checkpoint=tmp_path / "weights.npz", resume=True)
    with pytest.raises(DeriveError, match="no folder"):
        run(checkpoint=tmp_path / "nowhere" / "run.npz")
    with pytest.raises(DeriveError, match="checkpoint_every is a number of seconds"):
        run(checkpoint=tmp_path / "run.npz", checkpoint_every=-1)


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_an_archive_gives_back_what_was_written(suffix, tmp_path, needs_extra):
    if suffix == "safetensors":
        needs_extra("safetensors")
    arrays = {"a": np.arange(6.0).reshape(2, 3).T, "b/c": np.float32(3) * np.ones(()), "n": np.array(7)}
    write_archive(tmp_path / f"x.{suffix}", arrays, {"number": 2**100, "text": "σ"})
    found, about = read_archive(tmp_path / f"x.{suffix}")
    assert about == {"number": 2**100, "text": "σ"}
    assert found.keys() == arrays.keys()
    assert all(np.array_equal(found[k], x) and found[k].dtype == x.dtype for k, x in arrays.items())
    assert [p.name for p in tmp_path.iterdir()] == [f"x.{suffix}"]


SCRIPT = """
import sys
import numpy as np
from derive import backprop, mlp
from numeric import train
from numeric.datasets import planar_flower
flower = planar_flower()
result = train(backprop(mlp([2, 5, 1])), flower.X, flower.Y, learning_rate=0.01, optimizer="adam", epochs=60,
               batch_size=30, checkpoint=sys.argv[1], checkpoint_every=0, resume=True,
               every_batch=lambda now: print(now.iterations, flush=True))
np.savez(sys.argv[2], history=result.history, **result.params)
"""


def test_a_killed_process_goes_on_to_the_same_bits(tmp_path, project):
    """kill -9 at moments drawn at random, during updates, writing and renaming, until a process comes to its end."""
    (tmp_path / "run.py").write_text(SCRIPT)
    rng, kills, updates = random.Random(5), 0, set()
    for _ in range(40):
        command = [sys.executable, tmp_path / "run.py", tmp_path / "run.npz", tmp_path / "end.npz"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=project, text=True)
        assert process.stdout is not None
        if kills < 6 and (line := process.stdout.readline()):
            updates.add(int(line))
            time.sleep(rng.random() * 0.15)
            process.send_signal(signal.SIGKILL)
        process.communicate(timeout=120)
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
        kills += 1
    assert kills >= 5
    assert len(updates) > 1  # it did go on
    flower = planar_flower()
    whole = train(backprop(mlp([2, 5, 1])), flower.X, flower.Y, learning_rate=0.01, optimizer="adam", epochs=60,
                  batch_size=30)  # fmt: skip
    with np.load(tmp_path / "end.npz") as found:
        assert tuple(found["history"]) == whole.history
        assert all(np.array_equal(found[name], whole.params[name]) for name in whole.params)
