"""The command line.  A command is loaded when it is run, so that --help loads neither SymPy nor NumPy."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

COMMANDS = {  # name: (module, what it does)
    "derive": ("derive_command", "Derive the backpropagation formulas of a network and write them as a document."),
    "train": ("train_command", "Train a network with the formulas that were derived for it."),
    "demo": ("demo_command", "The main job, end to end: derive, check, write, compile, train; in backproof-demo/."),
}


class Commands(click.Group):
    """A group whose commands are imported when they are needed, and whose errors are one clear line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        return import_module(f".{COMMANDS[name][0]}", __package__).command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Names and purposes from the table, without loading anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, purpose) for name, (_, purpose) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Errors of the project become one line and exit status 2; an interrupt ends with 130."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            sys.exit(130)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            from derive.errors import DeriveError

            if not isinstance(error, DeriveError | OSError):
                raise
            raise click.UsageError(str(error)) from error


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every command has examples in its own help: backproof derive --help",
)
@click.version_option(package_name="backproof", message="%(prog)s %(version)s")
def main() -> None:
    """Derive backpropagation formulas, check them, run them.

    \b
    backproof derive 784,30,10 --hidden sigmoid     BP1 to BP4 of this network, as text
    backproof derive L --form element               any depth, proved entry by entry
    backproof train                                 train on a set of points made by a formula
    backproof demo                                  all of it, in the folder backproof-demo/

    Exit status 2 means wrong input; the message says what was expected.
    """
