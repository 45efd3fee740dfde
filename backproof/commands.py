"""A group whose commands are imported when they are used, and whose errors take one line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, NoReturn

import click

WRONG_INPUT, INTERRUPTED = 2, 130


class Commands(click.Group):
    """`loaders` gives every command by name, in the order in which help lists them."""

    def __init__(self, *args: Any, loaders: Mapping[str, Callable[[], click.Command]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.loaders = loaders

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.loaders)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self.loaders[cmd_name]() if cmd_name in self.loaders else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; for a name that is unknown, with the command that may have been meant."""
        near = get_close_matches(args[0], self.loaders, n=1)
        if near and args[0] not in self.loaders:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **more: Any) -> NoReturn:
        """Run, and leave with an exit status: 2 and one line on stderr for wrong input, 130 after Ctrl-C."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")  # a terminal without Greek letters shows "?"
        try:
            status = super().main(*args, **{**more, "standalone_mode": False})
        except click.Abort:
            stop("interrupted", INTERRUPTED)
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "backproof"
            stop(f"{error.format_message()}  (see {path} --help)")
        except click.ClickException as error:
            stop(error.format_message())
        except OSError as error:
            stop(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        except MemoryError as error:
            stop(f"not enough memory: {error}" if str(error) else "not enough memory")
        except Exception as error:
            from derive import DeriveError

            if not isinstance(error, DeriveError):
                raise
            stop(str(error))
        sys.exit(status if isinstance(status, int) else 0)


def stop(message: str, status: int = WRONG_INPUT) -> NoReturn:
    """End with one line on stderr."""
    click.echo(f"backproof: {one_line(message)}", err=True)
    sys.exit(status)


def one_line(message: str) -> str:
    """The lines of a message, joined by semicolons where no punctuation joins them."""
    joined = ""
    for line in filter(None, map(str.strip, message.splitlines())):
        joined += line if not joined else f" {line}" if joined[-1] in ",;:." else f"; {line}"
    return joined
