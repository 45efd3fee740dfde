"""LaTeX -> PDF by pdflatex, in a folder of its own; of a log of 300 lines, the first error."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import click

RUNS, SECONDS = 3, 120  # references settle after two runs, long tables after three at most
AGAIN = re.compile(rb"Rerun to get|Rerun LaTeX|have changed\. Rerun")
PACKAGES = "Debian's texlive-latex-base"
CHINESE = "Debian's latex-cjk-chinese and latex-cjk-chinese-arphic-gbsn00lp"
INSTEAD = "or write FILE.tex or FILE.html"


def check_pdflatex() -> str:
    """The path of pdflatex.  Raises ClickException where there is none."""
    found = shutil.which("pdflatex")
    if found is None:
        raise click.ClickException(f"a PDF needs pdflatex, and there is none; install {PACKAGES}, {INSTEAD}")
    return found


def pdf(source: str) -> bytes:
    """The pages of a LaTeX document, the same for the same source.

    Raises ClickException with the first error of the log, and where pdflatex is missing or does not come to an end.
    """
    program = check_pdflatex()
    with tempfile.TemporaryDirectory(prefix="backproof-") as folder:
        (Path(folder) / "document.tex").write_text(source, encoding="utf-8")
        for _ in range(RUNS):
            log = _run(program, folder)
            if not AGAIN.search(log):
                break
        return (Path(folder) / "document.pdf").read_bytes()


def _run(program: str, folder: str) -> bytes:
    """One run; its log."""
    command = [program, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "document.tex"]
    settings = {**os.environ, "SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1", "max_print_line": "1000"}
    try:
        done = subprocess.run(command, cwd=folder, env=settings, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=SECONDS, check=False)  # fmt: skip
    except subprocess.TimeoutExpired:
        raise click.ClickException(f"pdflatex did not come to an end in {SECONDS} s; write FILE.tex instead") from None
    except OSError as error:
        raise click.ClickException(f"cannot run {program}: {error.strerror}; write FILE.tex instead") from error
    path = Path(folder) / "document.log"
    log = path.read_bytes() if path.exists() else done.stdout
    if done.returncode != 0 or not (Path(folder) / "document.pdf").exists():
        raise click.ClickException(f"pdflatex stopped: {first_error(log.decode(errors='replace'))}; {advice(log)}")
    return log


def first_error(log: str) -> str:
    """ "Undefined control sequence, line 12: \\fraction": what the log says first, and where."""
    lines = log.splitlines()
    for k, line in enumerate(lines):
        if line.startswith("!"):
            place = next((m for later in lines[k:] if (m := re.match(r"l\.(\d+) ?(.*)", later))), None)
            said = line.lstrip("! ").rstrip(". ")
            return f"{said}, line {place[1]}: {place[2].strip()[-60:]}" if place else said
    return lines[-1].strip() if lines else "it wrote no log"


def advice(log: bytes) -> str:
    """What to do: install the packages that are missing, or look at the source."""
    missing = re.search(rb"File `([^']+)' not found", log)
    if missing is None:
        return "write FILE.tex to see the document"
    return f"install {CHINESE if missing[1].startswith((b'CJK', b'c70')) else PACKAGES}, {INSTEAD}"
