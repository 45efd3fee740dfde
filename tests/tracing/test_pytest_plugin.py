"""The assertions and the marker, as a test suite uses them."""

import subprocess
import sys
from importlib.metadata import entry_points

import numpy as np
import pytest

from backproof.testing import TIMEOUT, assert_backward_proved, assert_gradient_proved, set_timeout
from derive import DeriveError

SHAPES = {"x": ("N", "D")}


def forward(x):
    return x**2, x


def test_a_proved_pair_passes_and_its_report_comes_back():
    assert assert_backward_proved(forward, lambda dout, x: 2 * x * dout, shapes=SHAPES).holds
    assert assert_gradient_proved(lambda x: np.sum(x**2), lambda x: 2 * x, shapes=SHAPES).holds


def test_a_failure_prints_the_report():
    with pytest.raises(AssertionError) as caught:
        assert_backward_proved(forward, lambda dout, x: x * dout, shapes=SHAPES)
    for words in ("not proved", "x  refuted", "a factor 2 is missing", "dx = 2 * dout * x", "import numpy as np"):
        assert words in str(caught.value)


def test_wrong_arguments_show_the_line_of_the_test_alone():
    with pytest.raises(DeriveError, match="x >> 0") as caught:
        assert_backward_proved(forward, lambda dout, x: x * dout, shapes=SHAPES, assume=["x >> 0"])
    assert [str(entry.path) for entry in caught.traceback if not entry.ishidden(caught)] == [__file__]


def in_place(dout, x):
    dout *= 2 * x
    return dout


def test_strict_minds_side_effects():
    assert_backward_proved(forward, in_place, shapes=SHAPES)
    with pytest.raises(AssertionError, match="changed in place"):
        assert_backward_proved(forward, in_place, shapes=SHAPES, strict=True)


def test_strict_minds_what_is_no_subgradient():
    def backward(dout, x):
        return dout * np.where(x > 0, 1, np.where(x < 0, 0, 5))

    assert_backward_proved(lambda x: (np.maximum(x, 0), x), backward, shapes=SHAPES)
    with pytest.raises(AssertionError, match="no subgradient"):
        assert_backward_proved(lambda x: (np.maximum(x, 0), x), backward, shapes=SHAPES, strict=True)


def test_the_limit_of_time_is_handed_on(monkeypatch):
    import numeric

    seen = []
    real = numeric.prove_backward
    monkeypatch.setattr(numeric, "prove_backward", lambda *a, **k: seen.append(k["timeout"]) or real(*a, **k))
    set_timeout(3)
    try:
        assert_backward_proved(forward, lambda dout, x: 2 * x * dout, shapes=SHAPES)
        assert_backward_proved(forward, lambda dout, x: 2 * x * dout, shapes=SHAPES, timeout=7)
    finally:
        set_timeout(TIMEOUT)
    assert_backward_proved(forward, lambda dout, x: 2 * x * dout, shapes=SHAPES)
    assert seen == [3, 7, 20]


SUITE = '''
import pytest
from backproof.testing import assert_backward_proved, _limit

def forward(x):
    return x * x, x

@pytest.mark.proof(timeout=42)
def test_right():
    assert _limit["seconds"] == 42
    assert_backward_proved(forward, lambda dout, x: 2 * x * dout, shapes={"x": ("N",)})

@pytest.mark.proof
def test_wrong():
    assert _limit["seconds"] == 20
    assert_backward_proved(forward, lambda dout, x: x * dout, shapes={"x": ("N",)})

def test_unmarked():
    assert _limit["seconds"] == 20
'''


def run(folder, project, *options):
    (folder / "test_suite.py").write_text(SUITE)
    known = any(point.value == "backproof.pytest_plugin" for point in entry_points(group="pytest11"))
    plugin = [] if known else ["-p", "backproof.pytest_plugin"]  # an older installation does not know it yet
    command = [sys.executable, "-m", "pytest", *plugin, "--strict-markers", "-q", *options]
    return subprocess.run(command, cwd=folder, env={"PYTHONPATH": str(project), "PATH": ""}, capture_output=True,
                          text=True, check=False).stdout  # fmt: skip


def test_a_suite_with_the_plugin(tmp_path, project):
    out = run(tmp_path, project)
    assert "1 failed, 2 passed" in out
    assert "a factor 2 is missing" in out
    assert "backproof/testing.py" not in out.partition("short test summary")[0].replace("E ", "")


def test_marked_tests_can_be_left_out(tmp_path, project):
    assert "1 passed, 2 deselected" in run(tmp_path, project, "-m", "not proof")
