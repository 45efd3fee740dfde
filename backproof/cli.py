"""backproof derive | check | train | demo | seeds: the group of commands, each in <name>_command.py.

A new command is a file, a function here that imports it, and a row in the table.  Nothing here or at the top of those
files may be slow to import: `backproof --help` answers at once.
"""

from __future__ import annotations

import click

from .commands import Commands


def _derive() -> click.Command:
    from .derive_command import derive

    return derive


def _check() -> click.Command:
    from .check_command import check

    return check


def _train() -> click.Command:
    from .train_command import train

    return train


def _predict() -> click.Command:
    from .predict_command import predict

    return predict


def _demo() -> click.Command:
    from .demo_command import demo

    return demo


def _seeds() -> click.Command:
    from .seeds_command import seeds

    return seeds


@click.group(
    cls=Commands,
    loaders={"derive": _derive, "check": _check, "train": _train, "predict": _predict, "demo": _demo, "seeds": _seeds},
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="backproof", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Derive backpropagation formulas, check them, run them.

    \b
    Examples:
      backproof demo                               the main job, end to end
      backproof derive n0,n1,n2                    the formulas of a two-layer network
      backproof derive L                           BP1 to BP4 for any depth
      backproof derive 784,30,10 -o bp.tex         as a LaTeX document
      backproof check gradients.claims             your formulas, proved or refuted
      backproof train                              a small network, trained from its formulas
      backproof seeds --quick                      the runs of the seed texts, beside what was published

    Each command explains itself: backproof derive --help.  Results go to stdout; progress and errors go to stderr.
    Wrong input ends with exit status 2 and one line that says what is wrong.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
