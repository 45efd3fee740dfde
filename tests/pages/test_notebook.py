"""The example notebook runs from top to bottom, is stored without outputs, and every value shows itself richly."""

import json
import os

import pytest

from derive import backprop, check_claims, mlp

CLAIMS = "n = dims\nx: (n, 1)\nJ = sum(x * x)\nassert grad(J, x) == 2 * x\nassert grad(J, x) == x\n"
NET = mlp(["n0", "n1", "n2"])


def shown(value):
    """What a notebook is given of a value."""
    bundle = getattr(value, "_repr_mimebundle_", None)
    if bundle is not None:
        return "".join(bundle().values())
    return "".join(getattr(value, name)() for name in ("_repr_html_", "_repr_latex_") if hasattr(value, name))


REPRS = {
    # value                                            what its rich form must hold
    "program": (lambda: NET, r"Z^{[1]} &= W^{[1]}\,X"),
    "derivation": (lambda: backprop(NET), r"dZ^{[2]} &= A^{[2]} - Y"),
    "step": (lambda: backprop(NET).steps[14], "sigmoid + cross-entropy: <table><tr>"),
    "step in LaTeX": (lambda: backprop(NET).steps[14], r"dZ^{[2]} &= A^{[2]} - Y"),
    "without MathJax": (lambda: backprop(NET), "<mi>d</mi><mi>Z</mi>"),
    "checked": (lambda: backprop(NET).check(), "<b>33 steps replayed and proved</b>"),
    "proved": (lambda: check_claims(CLAIMS)[0].verdict, "<b>Proved</b>: both sides have the same normal form"),
    "refuted": (lambda: check_claims(CLAIMS)[1].verdict, "<b>Refuted</b>: "),
    "claim": (lambda: check_claims(CLAIMS)[1], "5: <code>grad(J, x) == x</code><br><b>Refuted</b>"),
}


@pytest.mark.parametrize("name", REPRS)
def test_values_show_themselves(name):
    make, expected = REPRS[name]
    assert expected in shown(make())


def test_a_verdict_is_escaped():
    found = check_claims('n = dims\nx: (n, 1)\nassert grad(sum(x), x) == ones((n, 1)), "<b>"\n')[0]
    assert "<script" not in shown(found)


@pytest.fixture(scope="module")
def executed(project, needs_extra, tmp_path_factory):
    """The notebook after it has been run."""
    nbformat, nbclient = needs_extra("nbformat"), needs_extra("nbclient")
    needs_extra("ipykernel")
    notebook = nbformat.read(project / "docs" / "tour.ipynb", as_version=4)
    os.environ.setdefault("PYTHONPATH", str(project))
    folder = tmp_path_factory.mktemp("notebook")
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def outputs(notebook):
    """The last output of each cell of code that has one, all its forms joined."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", [])[-1:]:
            found.append("".join(output.get("data", {}).values()) or output.get("text", ""))
    return found


SAID = [r"dZ^{[1]} &= W^{[2]T}\,dZ^{[2]}", "33 steps replayed and proved", "<b>Refuted</b>", "def loss_and_gradients",
        "array([[0."]  # fmt: skip


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_the_notebook_runs(executed):
    said = "\n".join(outputs(executed))
    assert [words for words in SAID if words not in said] == []
    assert "Proved" in said


def test_the_notebook_is_stored_without_outputs(project):
    notebook = json.loads((project / "docs" / "tour.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(cells) > 8
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)
