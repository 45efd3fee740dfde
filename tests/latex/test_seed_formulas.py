"""The formulas of the five seed texts, in their notation: right ones are proved, wrong ones refuted, all are read."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from backproof.cli import main

SEEDS = Path(__file__).parent / "seeds"
EXPECTED = [
    # file      proved  refuted  claiming nothing
    ("000.md",  26,     1,       0),
    ("001.md",  60,     1,       1),
    ("002.md",  75,     3,       3),
    ("003.md",  39,     0,       3),
    ("004.md",  16,     1,       0),
]  # fmt: skip


@pytest.mark.parametrize(("name", "proved", "refuted", "nothing"), EXPECTED)
def test_every_formula_has_a_verdict(name, proved, refuted, nothing):
    result = CliRunner().invoke(main, ["check", str(SEEDS / name), "--json", "--timeout", "120"])
    (file,) = json.loads(result.stdout)["files"]
    assert [(c["claim"], c["reason"]) for c in file["claims"] if c["holds"] is not True] == []
    assert [o for o in file.get("formulas", []) if o["kind"] == "cannot be read"] == []
    kinds = [claim["verdict"] for claim in file["claims"]]
    assert (kinds.count("proved"), kinds.count("refuted")) == (proved, refuted)
    assert sum(o["kind"] == "not a claim" for o in file.get("formulas", [])) == nothing
    assert result.exit_code == 0


def test_a_formula_with_a_slip_is_refuted(tmp_path):
    text = (SEEDS / "001.md").read_text().replace(r"dW^{[2]} = \frac{1}{m} dZ", r"dW^{[2]} = dZ")
    (tmp_path / "slip.md").write_text(text[text.index("<!-- backproof: mlp 2 layers hidden=g output=sigmoid loss=cross_entropy notation=ng -->"):])  # fmt: skip  # noqa: E501
    result = CliRunner().invoke(main, ["check", str(tmp_path / "slip.md")])
    assert result.exit_code == 1
    assert "it holds with dZ2 @ A1.T / m (a missing factor 1/m)" in result.stdout
