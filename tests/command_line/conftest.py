"""A shell for tests: backproof("derive", "2,1") -> exit status, stdout, stderr."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backproof.cli import main

Backproof = Callable[..., Result]


@pytest.fixture
def backproof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Backproof:
    """Run a command inside this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    more = {"prog_name": "backproof"}
    return lambda *arguments, **given: CliRunner().invoke(main, [str(a) for a in arguments], **more, **given)


@pytest.fixture
def in_process(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run python with arguments in a fresh process, in an empty folder."""

    def run(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, **more)  # type: ignore[call-overload]

    return run


def examples(text: str) -> list[str]:
    """The commands that a help text gives as examples."""
    lines = text.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    return [re.split(r"\s{3,}", line.strip())[0] for line in lines]
