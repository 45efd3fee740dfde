"""The benchmarks of training steps run, and their programs do the same work."""

import json
import subprocess
import sys

import pytest


def found(project, name, *options):
    command = [sys.executable, str(project / "benchmarks" / name), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_programs_of_the_speed_benchmark_do_the_same_work(project):
    only = ("--only", "plain NumPy", "--only", "per sample", "--only", "ours, plain form", "--rounds", "1")
    (result,) = json.loads(found(project, "train_step.py", *only, "--shape", "small", "--json"))["results"]
    assert result["agree"].keys() == {"ours", "plain NumPy", "per sample", "ours, plain form"}
    assert max(result["agree"].values()) < 1e-6
    assert result["ratios"]["limit (matmul)"] == 1
    assert result["ratios"]["ours"] < result["ratios"]["per sample"]


@pytest.mark.slow
def test_memory_is_measured(project):
    rows = json.loads(found(project, "memory.py", "--network", "784-512-512-10", "--json"))["rows"]
    large = {row["m"]: row for row in rows if row["m"] >= 128 and row["optimizer"] == "sgd"}
    assert all(row["kept"] >= row["needed"] for row in rows)
    assert large.keys() == {128, 512}
    assert all(row["peak"] <= 1.1 * row["needed"] < row["plain"] for row in large.values())


@pytest.mark.slow
def test_a_step_is_taken_apart(project):
    out = found(project, "step_profile.py", "--rounds", "1")
    assert "np.dot(W2.T, dZ2, out=dA1)" in out
    assert out.count(" µs ") > 20
