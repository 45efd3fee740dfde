"""backproof derive -o x.pdf: pages, or one line that says why not; never half a file."""

import shutil

import click
import pytest

from backproof import typesetting
from derive import backprop, mlp

SOURCE = backprop(mlp([2, 1])).to_latex(detail="key")


def test_a_pdf_is_written(backproof, tmp_path, needs_program):
    needs_program("pdflatex")
    result = backproof("derive", "2,1", "--detail", "key", "-o", "bp.pdf")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "wrote bp.pdf\n")
    assert (tmp_path / "bp.pdf").read_bytes().startswith(b"%PDF-")
    assert [f.name for f in tmp_path.iterdir()] == ["bp.pdf"]


def test_a_chinese_pdf_is_written(backproof, tmp_path, needs_program, needs_tex):
    needs_tex("CJKutf8.sty")
    needs_tex("gbsnu4e.pfb")
    assert backproof("derive", "L", "--detail", "key", "--language", "zh", "-o", "bp.pdf").exit_code == 0
    assert (tmp_path / "bp.pdf").stat().st_size > 30_000


def test_the_same_source_gives_the_same_pages(needs_program):
    needs_program("pdflatex")
    assert typesetting.pdf(SOURCE) == typesetting.pdf(SOURCE)


def test_without_pdflatex_the_message_says_what_to_do(backproof, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    (tmp_path / "bp.pdf").write_text("precious")
    result = backproof("derive", "2,1", "-o", "bp.pdf")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "backproof: a PDF needs pdflatex, and there is none; install Debian's texlive-latex-base, or write FILE.tex or "
        "FILE.html\n"
    )
    assert (tmp_path / "bp.pdf").read_text() == "precious"


@pytest.mark.parametrize("more", [[], ["-o", "-"]])
def test_a_pdf_goes_to_a_file(more, backproof):
    result = backproof("derive", "2,1", "--format", "pdf", *more)
    assert result.exit_code == 2
    assert "a PDF goes to a file; say -o FILE.pdf" in result.stderr


WRONG = [
    # in the source       instead              the message
    (r"\frac", r"\fraction", "pdflatex stopped: Undefined control sequence, line"),
    ("amssymb,bm", "amssymb,nowhere", "`nowhere.sty' not found"),
    (r"\end{document}", "", "pdflatex stopped: "),
]


@pytest.mark.parametrize(("old", "new", "said"), WRONG)
def test_the_first_error_of_the_log_is_shown(old, new, said, needs_program):
    needs_program("pdflatex")
    assert old in SOURCE
    with pytest.raises(click.ClickException) as found:
        typesetting.pdf(SOURCE.replace(old, new))
    assert said in found.value.message
    assert len(found.value.message) < 250


def test_a_failure_leaves_the_old_file(backproof, tmp_path, monkeypatch, needs_program):
    needs_program("pdflatex")
    real = typesetting.pdf
    monkeypatch.setattr("backproof.derive_command.pdf", lambda source: real(source.replace(r"\frac", r"\fraction")))
    (tmp_path / "bp.pdf").write_text("precious")
    result = backproof("derive", "2,1", "-o", "bp.pdf")
    assert result.exit_code == 2
    assert result.stderr.startswith("backproof: pdflatex stopped: Undefined control sequence, line ")
    assert (tmp_path / "bp.pdf").read_text() == "precious"
    assert [f.name for f in tmp_path.iterdir()] == ["bp.pdf"]


LOGS = [
    ("! Undefined control sequence.\nl.12 \\foo\n", "Undefined control sequence, line 12: \\foo"),
    ("a\n! LaTeX Error: File `x.sty' not found.\n", "LaTeX Error: File `x.sty' not found"),
    ("nothing\nused", "used"),
    ("", "it wrote no log"),
]


@pytest.mark.parametrize(("log", "said"), LOGS)
def test_what_a_log_says_first(log, said):
    assert typesetting.first_error(log) == said


def test_missing_chinese_names_its_packages():
    said = typesetting.advice(b"! LaTeX Error: File `CJKutf8.sty' not found.")
    assert said.startswith("install Debian's latex-cjk-chinese and latex-cjk-chinese-arphic-gbsn00lp")
