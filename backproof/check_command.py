"""backproof check: every assert of claims files and every equation of notes, proved or refuted for all shapes."""

from __future__ import annotations

import json
import sys

import click

from .claims_report import as_data, print_file, summary
from .guard import Checked, check_file
from .notes import check_notes, is_notes, unread
from .parameters import Positive
from .process import Process
from .progress import progress
from .sources import read_source, spoken

AS_ASSERTED, FAILED, UNREADABLE, UNDECIDED = 0, 1, 2, 3
LONGEST = 86_400.0  # seconds: a day


@click.command(short_help="Prove or refute the formulas of a file.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--timeout",
    type=Positive(),
    default=20.0,
    show_default=True,
    metavar="SECONDS",
    help="For each claim; then it is undecided.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with every verdict and counterexample.")
@click.option("-v", "--verbose", is_flag=True, help="Counterexamples also where a claim is refuted as asserted.")
def check(files: tuple[str, ...], timeout: float, as_json: bool, verbose: bool) -> int:
    """Prove or refute the formulas of a file, for all shapes and all values.

    FILE is a text in the claims language, in which declarations look like Python and nothing is executed; - is stdin.
    Of a Markdown or LaTeX file (.md, .tex) the equations are checked against the model that a comment in it names.
    A claim comes out proved, refuted with a counterexample, or unknown with the reason.

    Exit status: 0 every claim came out as asserted; 1 any that did not; 3 none of these, but some are undecided;
    2 a file, or a formula in it, cannot be read.

    \b
    Examples:
      backproof check gradients.claims
      backproof check gradients.claims --verbose --timeout 5
      backproof check notes.md paper.tex
      backproof check - --json < gradients.claims
    """
    checked = []
    with Process() as worker:
        for path in files:
            found = check_one(worker, path, min(timeout, LONGEST))
            checked.append(found)
            if not as_json:
                print_file(found, verbose)
            tell(found)
    status = exit_status(checked)
    if as_json:
        click.echo(json.dumps(as_data(checked, status), indent=2))
    else:
        click.echo(summary(checked))
    return status


def check_one(worker: Process, path: str, timeout: float) -> Checked:
    """One file, or what is wrong with it."""
    name = spoken(path)
    try:
        text = read_source(path)
    except click.ClickException as error:
        return Checked(name, error={"message": error.message, "text": f"backproof: {error.message}"})
    with progress(f"checking {name}") as advance:

        def tell_progress(done: int, total: int) -> None:
            advance(done, f"{done} of {total}")

        if is_notes(path):
            return check_notes(worker, name, path, text, timeout, tell_progress)
        checked = check_file(worker, name, text, timeout, tell_progress)
    if not checked.claims and not checked.error:
        message = f"{name} asserts nothing; a claim is written: assert left == right"
        return Checked(name, error={"message": message, "text": f"backproof: {message}"})
    return checked


def tell(checked: Checked) -> None:
    """What went wrong, on stderr, after what is on stdout already."""
    sys.stdout.flush()
    if checked.error:
        click.echo(checked.error["text"], err=True)
    for formula in unread(checked):
        click.echo(formula["error"], err=True)
    for crash in checked.crashes:
        click.echo(crash, err=True, nl=False)


def exit_status(checked: list[Checked]) -> int:
    """The worst of all files: unreadable, failed, undecided."""
    if any(file.error or any(unread(file)) for file in checked):
        return UNREADABLE
    outcomes = {claim["holds"] for file in checked for claim in file.claims}
    return FAILED if False in outcomes else UNDECIDED if None in outcomes else AS_ASSERTED
