"""backproof seeds: every run of the seed texts from derived formulas, measured beside published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


def _known(ctx: click.Context, param: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    from .seeds.table import BY_NAME

    for name in names:
        if name not in BY_NAME:
            raise click.BadParameter(f"no run {name!r}; there are {', '.join(BY_NAME)}")
    return names


@click.command(short_help="The seeds' runs from derived formulas, in one report.")
@click.option("--quick", is_flag=True, help="Shortened runs, under a minute in all.")
@click.option("--only", multiple=True, metavar="NAME", callback=_known, help="This run only; may be repeated.")
@click.option("--list", "listed", is_flag=True, help="Print the names of the runs and end.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    envvar="BACKPROOF_DATA",
    metavar="DIR",
    help="The folder that holds mnist.npz and catvnoncat.npz; runs that need them are left out without it.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default="backproof-seeds",
    show_default=True,
    metavar="FOLDER",
    help="Where the report is written.",
)
def seeds(quick: bool, only: tuple[str, ...], listed: bool, data_dir: Path | None, output: Path) -> None:
    """Reproduce the runs of the texts that this project grew from, and lay the figures beside the published ones.

    Logistic regression, the planar flower, cat pictures and handwritten digits; saturation, initialisation, batch
    sizes, activations; each with formulas derived a moment before.  Writes report.html with pictures and report.json
    to FOLDER.

    \b
    Examples:
      backproof seeds --quick
      backproof seeds --only activations --only demon
      backproof seeds --data-dir ~/data -o report

    The exit status is 0 if every expected figure came out, else 1; Ctrl-C writes what was reached (exit status 130).
    """
    from .seeds.table import BY_NAME, RUNS
    from .tables import show

    if listed:
        show("Runs", ("name", "what", "where", "needs"), [(r.name, r.title, r.source, r.needs or "") for r in RUNS])
        return
    _work([BY_NAME[name] for name in dict.fromkeys(only)] or list(RUNS), quick, data_dir, output)


def _work(runs: list[Any], quick: bool, data_dir: Path | None, output: Path) -> None:
    from .files import write
    from .progress import progress
    from .seeds.finding import Wish
    from .seeds.report import data, page
    from .seeds.running import INTERRUPTED, run_all
    from .tables import show

    with progress("the seeds' runs", len(runs)) as advance:
        seen = []

        def tell(done: Any) -> None:
            seen.append(done)
            advance(len(seen), done.run.name)

        done = run_all(runs, Wish(data_dir, quick), tell)
    interrupted = done[-1].left_out == INTERRUPTED
    if all(one.finding is None for one in done):
        if interrupted:
            raise click.Abort
        reasons = dict.fromkeys(one.left_out for one in done)
        raise click.ClickException(f"nothing could run: {'; '.join(reasons)}")
    output.mkdir(parents=True, exist_ok=True)
    write(output / "report.html", page(done, quick))
    write(output / "report.json", data(done, quick))
    for one in done:
        for picture in one.finding.pictures if one.finding else ():
            write(output / f"{picture.name}.png", picture.png)
    show("The seeds' runs", ("run", "figure", "measured", "published or expected", "holds"), list(_rows(done)))
    click.echo(f"Written to {output}/: report.html, report.json and the pictures")
    if interrupted:
        raise click.Abort
    if any(one.finding is not None and not one.finding.holds for one in done):
        click.get_current_context().exit(1)


def _rows(done: list[Any]) -> Any:
    for one in done:
        if one.finding is None:
            yield (one.run.name, "left out", one.left_out, "", "")
            continue
        for row in one.finding.rows:
            holds = {True: "yes", False: "NO", None: ""}[row.holds]
            yield (one.run.name, row.what, row.shown(row.measured), row.expected, holds)
