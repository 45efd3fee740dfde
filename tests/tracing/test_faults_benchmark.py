"""The table of benchmarks/faults.py: numeric checks on a part of the corpus, and how outcomes are counted."""

import importlib.util
import json
import sys

import pytest
from click.testing import CliRunner


@pytest.fixture(scope="module")
def faults(project):
    spec = importlib.util.spec_from_file_location("faults_benchmark", project / "benchmarks" / "faults.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, spec.name, module)  # dataclasses look their module up
        spec.loader.exec_module(module)
        yield module


@pytest.fixture(scope="module")
def printed(faults, tmp_path_factory):
    target = tmp_path_factory.mktemp("faults") / "rows.json"
    chosen = ["--only", "affine", "--only", "relu", "--checks", "relative,complex", "--missed", "--json", str(target)]
    done = CliRunner().invoke(faults.main, chosen, catch_exceptions=False)
    return done.output, json.loads(target.read_text(encoding="utf-8"))


def test_the_table_counts_what_was_caught(printed):
    output, rows = printed
    wrong = [row for row in rows if row["kind"] == "wrong"]
    caught = sum(row["outcome"]["relative"] == "caught" for row in wrong)
    assert 0 < caught < len(wrong)
    assert f"| **all that are wrong** | {len(wrong)} | {caught} |" in output


def test_a_numeric_check_misses_what_one_point_cannot_show(printed):
    output, _ = printed
    assert "relative error 1e-6 lets pass" in output
    assert "  relu: factor 1 + 1e-9\n" in output
    assert "  affine: db over the wrong axis\n" not in output


def test_the_original_passes_and_the_complex_step_says_where_it_cannot_run(printed):
    _, rows = printed
    outcome = {row["entry"]: row["outcome"] for row in rows if not row["variant"]}
    assert outcome["affine"] == {"relative": "passed", "complex": "passed"}
    assert outcome["relu"] == {"relative": "passed", "complex": "cannot run"}


def test_the_proof_is_a_check_like_the_others(faults, tmp_path):
    target = tmp_path / "rows.json"
    done = CliRunner().invoke(faults.main, ["--only", "relu", "--checks", "proof", "--json", str(target)])
    outcome = {row["variant"]: row["outcome"]["proof"] for row in json.loads(target.read_text(encoding="utf-8"))}
    assert done.exit_code == 0
    assert outcome[""] == outcome["where"] == "passed"
    assert outcome["factor 1 + 1e-9"] == outcome["clipped at 5"] == "caught"
    assert outcome["dout is changed"] == "reported"
    assert outcome["branch on a value"] == "undecided"
