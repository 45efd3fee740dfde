"""The JAX form of the derived formulas against the NumPy form, on one device, several, and two processes."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sympy import sqrt

from derive import DeriveError, Program, backprop, mlp
from numeric import fastest_step, initialize, lambdify, training_step
from numeric.optimizers import t

SCRIPT = Path(__file__).with_name("on_devices.py")
NET = mlp([5, 4, 3], "tanh", "softmax", l2="lambda")


def data(m=6, seed=0, dtype="float64"):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(5, m)).astype(dtype), np.eye(3, dtype=dtype)[rng.integers(3, size=m)].T


def started(*arguments):
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=SCRIPT.parents[2])


def result(process):
    out, err = process.communicate(timeout=400)
    assert process.returncode == 0, err[-3000:]
    return json.loads(out.splitlines()[-1])


def check(found, devices, processes):
    assert (found["devices"], found["processes"]) == (devices, processes)
    assert len(found["rows"]) == 3
    for row in found["rows"]:
        assert row["difference"] < 1e-12, row
        assert row["loss"] < 1e-12, row
        # the gradients of all parameters, and the loss, are summed over the devices together;
        # clipping needs their length, which every device computes from the sums
        assert (row["reductions"], row["others"]) == (1, 0), row


def test_four_devices_give_what_numpy_gives_with_one_reduction_per_step(needs_extra):
    needs_extra("jax")
    check(result(started(4)), 4, 1)


def test_two_processes_give_what_numpy_gives_with_one_reduction_per_step(needs_extra):
    needs_extra("jax")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    both = [started(2, port, number, 2) for number in range(2)]
    for process in both:
        check(result(process), 4, 2)


def test_loss_and_gradients_are_those_of_numpy(jax):
    f = lambdify(backprop(NET))
    by_jax = lambdify(backprop(NET), backend="jax")
    params, (X, Y) = initialize(f), data()
    J, gradients = f(params, X, Y, lambda_=0.3)
    found, others = by_jax(params, X, Y, lambda_=0.3)
    assert abs(float(found) - J) < 1e-13
    assert all(np.abs(np.asarray(others[k]) - g).max() < 1e-13 for k, g in gradients.items())
    for line in ("A1 = jnp.tanh(Z1) ", "A2 = jax.nn.softmax(Z2, axis=0) ", "dZ2 = A2 - Y ", "dA1 = W2.T @ dZ2 "):
        assert line in by_jax.source, by_jax.source
    assert "grad(" not in by_jax.source


def test_a_step_follows_a_schedule_and_changes_the_dictionary_only(jax):
    d = backprop(mlp([5, 4, 3], "tanh", "softmax"))
    options = {"learning_rate": 0.1 / sqrt(t), "optimizer": "adamw", "dtype": "float64"}
    params, found = initialize(d), initialize(d)
    kept = dict(found)
    first = {k: p.copy() for k, p in found.items()}
    here, there = training_step(d, **options), training_step(d, **options, backend="jax")
    for number in range(4):
        here(params, *data(seed=number))
        assert there(found, *data(seed=number)) is None
    assert all(np.abs(np.asarray(found[k]) - p).max() < 1e-13 for k, p in params.items())
    assert all(np.array_equal(kept[k], first[k]) for k in kept)


def test_single_precision_stays(jax):
    d = backprop(mlp([5, 4, 3]))
    params = initialize(d, dtype="float32")
    training_step(d, backend="jax")(params, *data(dtype="float32"))
    assert all(p.dtype == "float32" for p in params.values())


def test_data_are_converted_and_parameters_are_not(jax):
    d = backprop(mlp([5, 4, 3]))
    params = initialize(d, dtype="float32")
    training_step(d, backend="jax")(params, *data())
    assert all(p.dtype == "float32" for p in params.values())
    with pytest.raises(DeriveError, match="W1 is float64, but this step works in float32"):
        training_step(d, backend="jax")(initialize(d), *data())


def test_the_fastest_form_is_found_by_trying(jax):
    d = backprop(mlp([5, 4, 3]))
    params = initialize(d)
    kept = {k: p.copy() for k, p in params.items()}
    choice = fastest_step(d, params, *data(), rounds=1, dtype="float64", optimizer="adam")
    assert choice.seconds.keys() >= {"numpy", "jax", "jax rows"}
    assert choice.seconds[choice.form] == min(choice.seconds.values())
    assert all(np.array_equal(params[k], p) for k, p in kept.items())
    expected = {k: p.copy() for k, p in kept.items()}
    training_step(d, "adam", dtype="float64")(expected, *data())
    choice.step(params, *data())
    assert all(np.abs(np.asarray(params[k]) - p).max() < 1e-13 for k, p in expected.items())


def test_double_precision_is_refused_where_jax_would_round(jax):
    jax.config.update("jax_enable_x64", False)
    d = backprop(mlp([5, 4, 3]))
    with pytest.raises(DeriveError, match="W1 is float64, which JAX would round to float32"):
        lambdify(d, backend="jax")(initialize(d), *data())
    with pytest.raises(DeriveError, match=r"needs jax\.config\.update"):
        training_step(d, backend="jax", dtype="float64")


def test_wrong_input_is_refused(jax):
    d = backprop(mlp([5, 4, 3]))
    with pytest.raises(DeriveError, match=r"X has shape \(6, 5\); expected \(5, m\)"):
        lambdify(d, backend="jax")(initialize(d), data()[0].T, data()[1])
    with pytest.raises(DeriveError, match="at most 4 samples, but got 6"):
        training_step(d, backend="jax", batch_size=4)(initialize(d, dtype="float32"), *data(dtype="float32"))
    with pytest.raises(DeriveError, match="unknown backend 'cuda'; expected one of numpy, jax, torch"):
        lambdify(d, backend="cuda")
    with pytest.raises(DeriveError, match="the backend 'numpy' or 'jax', not 'torch'"):
        training_step(d, backend="torch")
    with pytest.raises(DeriveError, match="takes a whole derivation"):
        lambdify(d["dW1"], backend="jax")


def test_any_program_that_compiles_for_numpy_compiles_for_jax(jax):
    from test_compiled_programs import PROGRAMS, arrays

    for name, given in PROGRAMS.items():
        program = Program(*given)
        f = lambdify(backprop(program))
        params, inputs = arrays(program.parameters), arrays(program.inputs, 1).values()
        numbers = {"c": 0.7} if "c" in program.symbols else {}
        J, gradients = f(params, *inputs, **numbers)
        found, others = lambdify(f, backend="jax")(params, *inputs, **numbers)
        assert abs(float(found) - J) < 1e-12 * max(1, abs(J)), name
        for k, g in gradients.items():
            assert np.abs(np.asarray(others[k]) - g).max() < 1e-12 * max(1, np.abs(g).max()), (name, k)
