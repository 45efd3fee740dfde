"""The benchmark runs, and its JSON has what its README speaks of."""

import json

import pytest


@pytest.mark.slow
def test_the_benchmark_runs(in_process, project):
    done = in_process(str(project / "benchmarks" / "derivation.py"), "--rounds", "1", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    wanted = {"import sympy", "import derive", "backproof --help", "backproof, 16 layers", "backproof, 128 layers"}
    assert found["seconds"].keys() >= wanted
    assert {"import derive / import sympy", "backproof, growth exponent"} <= found["figures"].keys()
