"""backproof seeds: every run, shortened, gives the figures it is expected to give; the report holds them all."""

import dataclasses
import json
import os
import signal
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from click.testing import CliRunner

from backproof.seeds import table
from backproof.seeds.finding import Finding, Picture, Row, Run, Wish
from backproof.seeds.report import Done, data, page
from backproof.seeds.starts import constant, legacy
from backproof.seeds.table import BY_NAME, RUNS
from backproof.seeds.zero import CLAIMS

CATS = [12288, 20, 7, 5, 1]
COMPARED = {  # what a shortened run lays beside published figures: nobody takes a row out unseen
    "logistic-flower": 1, "logistic-cats": 2, "flower": 2, "shallow-cats": 2, "deep-cats": 2, "stall": 1,
}  # fmt: skip


@pytest.mark.parametrize("name", BY_NAME)
def test_a_run_gives_what_is_expected(name, data_folder, needs_extra):
    needs_extra("matplotlib")
    if name in ("logistic-flower", "descents"):
        needs_extra("scipy")
    finding = BY_NAME[name].work(Wish(data_folder, quick=True))
    assert finding.holds, [row for row in finding.rows if row.holds is False]
    compared = [row for row in finding.rows if row.published is not None and row.within is not None]
    assert len(compared) >= COMPARED.get(name, 0)
    assert all(picture.png.startswith(b"\x89PNG") for picture in finding.pictures)


def test_another_start_would_be_seen(monkeypatch, needs_extra):
    """The first cost of the flower depends on the seed in its sixth digit."""
    needs_extra("matplotlib")
    from backproof.seeds import flower

    monkeypatch.setattr(flower, "legacy", lambda sizes, seed, factor: legacy(sizes, seed + 1, factor))
    assert not flower.flower(Wish(None, quick=True)).holds


def test_a_legacy_start_has_the_published_shapes():
    params = legacy(CATS, 1, None)
    assert [params[f"W{k}"].shape for k in (1, 2, 3, 4)] == [(20, 12288), (7, 20), (5, 7), (1, 5)]
    assert [params[f"b{k}"].shape for k in (1, 2, 3, 4)] == [(20, 1), (7, 1), (5, 1), (1, 1)]
    np.random.seed(1)
    assert (params["W1"] == np.random.randn(20, 12288) / np.sqrt(12288)).all()
    assert {float(p.max()) for name, p in constant(CATS, 0.5).items() if name[0] == "W"} == {0.5}


def test_the_proved_claims_are_those_of_the_claims_file(project):
    assert (project / "tests/claims/seed_003_zero_initialisation.claims").read_text(encoding="utf-8") == CLAIMS


def test_no_backward_pass_by_hand_is_used(project):
    for file in (project / "backproof" / "seeds").glob("*.py"):
        assert "by_hand" not in file.read_text(encoding="utf-8"), file


ROWS = [
    # row                                              holds   expected, as it is shown
    (Row("a", 0.5),                                    None,   ""),
    (Row("a", 0.6931, 0.693, 2e-4),                    True,   "0.693 ± 0.0002"),
    (Row("a", 0.6931, 0.693, 5e-5),                    False,  "0.693 ± 5e-05"),
    (Row("a", 0.6931, 0.693),                          None,   "0.693"),
    (Row("a", 0.95, least=0.948, is_share=True),       True,   "at least 94.80 %"),
    (Row("a", 0.94, least=0.948, is_share=True),       False,  "at least 94.80 %"),
    (Row("a", 3, most=2),                              False,  "at most 2"),
    (Row("a", float("nan"), most=2.0),                 False,  "at most 2"),
    (Row("a", float("nan"), 0.5, 0.1),                 False,  "0.5 ± 0.1"),
    (Row("a", True),                                   True,   ""),
    (Row("a", False),                                  False,  ""),
    (Row("a", "epochs, 300"),                          None,   ""),
]  # fmt: skip


@pytest.mark.parametrize(("row", "holds", "expected"), ROWS)
def test_a_row_says_whether_it_holds(row, holds, expected):
    assert row.holds is holds
    assert row.expected == expected


# --- the report -------------------------------------------------------------------------------------------------------

RUN = Run("a<b", "Title & more", "a seed", None, lambda wish: FOUND)
FOUND = Finding((Row("cost <at> 0", 0.69, 0.7, 0.1), Row("wrong", 2.0, most=1.0)),
                (Picture("p", b"\x89PNG", 'a "picture"'),), ("a remark",), "dZ2 = A2 - Y")  # fmt: skip


class Tags(HTMLParser):
    """Tags that are opened, with their attributes; those that are not closed again."""

    def __init__(self, text):
        super().__init__()
        self.seen, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in ("meta", "img", "!doctype"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_report_is_one_page_that_needs_nothing():
    text = page([Done(RUN, FOUND, 1.0), Done(RUN, None, 0.0, "needs <a file>")], quick=True)
    tags = Tags(text)
    assert tags.open == []
    assert not {"script", "link", "iframe"} & {tag for tag, _ in tags.seen}
    sources = [attributes["src"] for tag, attributes in tags.seen if tag == "img"]
    assert sources == ["data:image/png;base64,iVBORw=="]
    for shown in ("cost &lt;at&gt; 0", "0.69", "0.7 ± 0.1", "holds", "DIFFERS", "needs &lt;a file&gt;", "a remark",
                  "1 of 2 expected figures came out"):  # fmt: skip
        assert shown in text


def test_the_same_as_json():
    (run,) = json.loads(data([Done(RUN, FOUND, 1.0)], quick=False))["runs"].values()
    figures = [(f["measured"], f["published"], f["holds"]) for f in run["figures"]]
    assert figures == [(0.69, 0.7, True), (2.0, None, False)]
    assert run["holds"] is False


# --- the command ------------------------------------------------------------------------------------------------------


def seeds(*arguments):
    from backproof.seeds_command import seeds as command

    return CliRunner().invoke(command, [str(a) for a in arguments], env={"BACKPROOF_DATA": None})


def test_the_command_writes_table_report_and_pictures(tmp_path, needs_extra):
    needs_extra("matplotlib")
    done = seeds("--only", "flower", "--quick", "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "0.693048" in done.output
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert names == {"report.html", "report.json", "flower-cost.png", "flower-boundary.png", "flower-passes.png"}


def test_a_figure_that_differs_is_status_1(tmp_path, monkeypatch):
    monkeypatch.setitem(table.BY_NAME, "flower", RUN)
    done = seeds("--only", "flower", "-o", tmp_path)
    assert done.exit_code == 1
    assert "NO" in done.output


def test_runs_without_their_data_are_left_out_and_say_so(tmp_path, monkeypatch):
    monkeypatch.setitem(table.BY_NAME, "flower", RUN)
    done = seeds("--only", "deep-cats", "--only", "flower", "--data-dir", tmp_path, "-o", tmp_path)
    assert "needs catvnoncat.npz" in done.output.replace("\n", " ")
    assert "left_out" in json.loads((tmp_path / "report.json").read_text())["runs"]["deep-cats"]


def test_ctrl_c_writes_what_was_reached(tmp_path, monkeypatch):
    from derive import backprop, mlp
    from numeric import train

    def long(wish):
        os.kill(os.getpid(), signal.SIGINT)
        train(backprop(mlp([1, 1])), np.ones((1, 1)), np.ones((1, 1)), learning_rate=0.1, epochs=10**9)

    monkeypatch.setitem(table.BY_NAME, "flower", RUN)
    monkeypatch.setitem(table.BY_NAME, "sizes", dataclasses.replace(RUN, name="sizes", work=long))
    monkeypatch.setitem(table.BY_NAME, "zero", dataclasses.replace(RUN, name="zero"))
    done = seeds("--only", "flower", "--only", "sizes", "--only", "zero", "-o", tmp_path)
    assert done.exit_code == 1  # click's own; the program's main makes it 130
    runs = json.loads((tmp_path / "report.json").read_text())["runs"]
    assert [run.get("left_out") for run in runs.values()] == [None, "interrupted", "interrupted"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("missing", ["data", "matplotlib"])
def test_nothing_to_run_is_an_error_that_says_what_to_do(missing, tmp_path, monkeypatch):
    if missing == "matplotlib":
        for name in [*sys.modules]:
            if name.partition(".")[0] == "matplotlib":
                monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = seeds("--only", {"data": "mnist", "matplotlib": "activations"}[missing], "--quick", "-o", tmp_path / "out")
    assert done.exit_code == 1  # click's own; the program's main makes it 2
    advice = {"data": "needs mnist.npz (no --data-dir)", "matplotlib": 'pip install "backproof[plots]"'}
    assert advice[missing] in done.output
    assert not (tmp_path / "out").exists()


def test_another_file_of_the_same_name_is_refused(tmp_path):
    from derive import DeriveError

    np.savez(tmp_path / "catvnoncat.npz", train_set_x=np.zeros(3))
    with pytest.raises(DeriveError, match="is not the expected file"):
        BY_NAME["deep-cats"].work(Wish(tmp_path, quick=True))


def test_the_list_names_every_run():
    output = seeds("--list").output
    assert all(run.name in output for run in RUNS)
